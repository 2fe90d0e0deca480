import { Button } from 'antd';
import { useState } from 'react';
import { api, queries, type Schema } from '../../api/client';
import { areaText } from '../../format/area';
import { timeText } from '../../format/time';
import { DataTable } from '../../parts/DataTable';
import { Loading } from '../../parts/Loading';
import { Problem } from '../../parts/Problem';
import { Foreign, Mark } from '../../parts/Tags';
import { useConfirm } from '../../parts/useConfirm';
import { useTexts, type Texts } from '../../texts/language';
import { AccessDialog, type AccessTask } from './AccessDialog';
import { LinkDialog } from './LinkDialog';
import { Links } from './Links';
import { useDone } from './useDone';
import './administration.css';

type Standing = Schema<'AccountStanding'>;

/** Accounts: what each may, whether it is kept out, and links for further ones. */
export default function AccountsPage() {
  const { t } = useTexts();
  const { data, error, refetch } = queries.useQuery('get', '/accounts');
  const [task, setTask] = useState<AccessTask | null>(null);
  const [link, setLink] = useState<Schema<'Invitation'> | null>(null);
  if (error !== null) return <Problem error={error} retry={refetch} />;
  if (data === undefined) return <Loading />;
  return (
    <>
      <div className="page-head">
        <h1>{t('accounts.title')}</h1>
        <Button type="primary" onClick={() => setTask({ is: 'invite' })}>
          {t('accounts.invite')}
        </Button>
      </div>
      <Accounts accounts={data.accounts} change={(account) => setTask({ is: 'change', account })} onLink={setLink} />
      <Links />
      {task !== null && <AccessDialog task={task} close={() => setTask(null)} onLink={setLink} />}
      {link !== null && <LinkDialog link={link} close={() => setLink(null)} />}
    </>
  );
}

interface Props {
  accounts: Standing[];
  change: (account: Schema<'Account'>) => void;
  onLink: (link: Schema<'Invitation'>) => void;
}

function Accounts({ accounts, change, onLink }: Props) {
  const texts = useTexts();
  const { t, word } = texts;
  return (
    <DataTable
      caption={t('accounts.title')}
      rows={accounts}
      rowKey={({ account }) => account.id}
      columns={[
        {
          title: t('accounts.name'),
          cell: ({ account }) => (
            <div>
              <Foreign text={account.name} />
              <div className="soft">
                <Foreign text={account.display_name} />
              </div>
              {account.from_provider && <Mark>{t('accounts.provider')}</Mark>}
            </div>
          ),
        },
        { title: t('accounts.roles'), cell: ({ account }) => <span>{account.roles.map((role) => word('accountRole', role)).join('、')}</span> },
        { title: t('accounts.areas'), cell: ({ account }) => <Areas areas={account.areas} /> },
        { title: t('accounts.duties'), cell: ({ account }) => <Duties duties={account.duties} /> },
        { title: t('accounts.state'), className: 'narrow', cell: (standing) => <State standing={standing} /> },
        { title: t('accounts.made'), className: 'narrow', cell: ({ account }) => <span className="num">{timeText(account.created_at)}</span> },
        {
          title: t('accounts.actions'),
          className: 'narrow',
          cell: (standing) => <Actions standing={standing} change={change} onLink={onLink} />,
        },
      ]}
    />
  );
}

export function areaName(area: Schema<'Area'>, t: Texts['t']): string {
  return areaText(area) || t('app.district');
}

function Areas({ areas }: { areas: Schema<'Area'>[] }) {
  const { t } = useTexts();
  return <Foreign text={areas.map((area) => areaName(area, t)).join('；') || '—'} clamp />;
}

function Duties({ duties }: { duties: Schema<'Duty'>[] }) {
  const { word } = useTexts();
  return <Foreign text={duties.map(({ post, role }) => `${post}（${word('role', role)}）`).join('；') || '—'} clamp />;
}

function State({ standing: { account, sessions, locked_until: locked } }: { standing: Standing }) {
  const { t } = useTexts();
  return (
    <span className="account-state">
      {account.disabled ? <Mark strong>{t('accounts.disabled')}</Mark> : <span>{t('accounts.active')}</span>}
      {locked !== null && <Mark strong>{t('accounts.locked', { time: timeText(locked) })}</Mark>}
      {sessions > 0 && <span className="soft num">{t('accounts.sessions', { count: sessions })}</span>}
    </span>
  );
}

function Actions({ standing, change, onLink }: { standing: Standing } & Omit<Props, 'accounts'>) {
  const { t } = useTexts();
  const confirm = useConfirm();
  const { done, failed } = useDone();
  const { account, sessions } = standing;
  const params = { path: { id: account.id } };
  const sure = (title: string, act: () => Promise<void>) => confirm(title, () => act().catch(failed));

  async function setDisabled(disabled: boolean) {
    const { error } = await api.PATCH('/accounts/{id}', { params, body: { disabled } });
    done(error);
  }
  async function endSessions() {
    const { error } = await api.DELETE('/accounts/{id}/sessions', { params });
    done(error);
  }
  async function reset() {
    const { data, error } = await api.POST('/accounts/{id}/reset', { params });
    if (data !== undefined) onLink(data);
    done(error);
  }

  const { name } = account;
  return (
    <span className="account-actions">
      {!account.from_provider && (
        <Button size="small" onClick={() => change(account)}>
          {t('accounts.change')}
        </Button>
      )}
      {account.disabled ? (
        <Button size="small" onClick={() => void setDisabled(false).catch(failed)}>
          {t('accounts.enable')}
        </Button>
      ) : (
        <>
          {!account.from_provider && (
            <Button size="small" onClick={() => sure(t('accounts.sure_reset', { name }), reset)}>
              {t('accounts.reset')}
            </Button>
          )}
          {sessions > 0 && (
            <Button size="small" onClick={() => sure(t('accounts.sure_end', { name }), endSessions)}>
              {t('accounts.end_sessions')}
            </Button>
          )}
          <Button size="small" danger onClick={() => sure(t('accounts.sure_disable', { name }), () => setDisabled(true))}>
            {t('accounts.disable')}
          </Button>
        </>
      )}
    </span>
  );
}
