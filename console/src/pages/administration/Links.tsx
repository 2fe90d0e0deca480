import { Button } from 'antd';
import { api, queries } from '../../api/client';
import { timeText } from '../../format/time';
import { DataTable } from '../../parts/DataTable';
import { Foreign } from '../../parts/Tags';
import { useConfirm } from '../../parts/useConfirm';
import { useTexts } from '../../texts/language';
import { areaName } from './AccountsPage';
import { useDone } from './useDone';

/** One-time links that nobody has used yet. */
export function Links() {
  const { t, word } = useTexts();
  const confirm = useConfirm();
  const { done, failed } = useDone();
  const { data } = queries.useQuery('get', '/invitations');
  async function revoke(id: string) {
    const { error } = await api.DELETE('/invitations/{id}', { params: { path: { id } } });
    done(error);
  }
  const sure = (id: string) => confirm(t('links.sure_revoke'), () => revoke(id).catch(failed));
  return (
    <section className="panel" aria-label={t('links.title')}>
      <h2>{t('links.title')}</h2>
      <DataTable
        caption={t('links.title')}
        rows={data?.invitations ?? []}
        rowKey={({ id }) => id}
        columns={[
          {
            title: t('links.for'),
            cell: ({ account, access }) => (
              <div>
                {account === null ? t('links.new') : t('links.reset', { name: account })}
                {account === null && (
                  <div className="soft">
                    <Foreign
                      clamp
                      text={[
                        access.roles.map((role) => word('accountRole', role)).join('、'),
                        access.areas.map((area) => areaName(area, t)).join('、'),
                        access.duties.map(({ post }) => post).join('、'),
                      ]
                        .filter(Boolean)
                        .join('；')}
                    />
                  </div>
                )}
              </div>
            ),
          },
          { title: t('links.by'), className: 'narrow', cell: ({ made_by: by }) => <Foreign text={by ?? t('links.command')} /> },
          { title: t('links.made'), className: 'narrow', cell: ({ made_at: at }) => <span className="num">{timeText(at)}</span> },
          { title: t('links.until'), className: 'narrow', cell: ({ expires_at: at }) => <span className="num">{timeText(at)}</span> },
          {
            title: t('accounts.actions'),
            className: 'narrow',
            cell: ({ id }) => (
              <Button size="small" danger onClick={() => sure(id)}>
                {t('links.revoke')}
              </Button>
            ),
          },
        ]}
      />
    </section>
  );
}
