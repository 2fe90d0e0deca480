import { Alert } from 'antd';
import { useState } from 'react';
import { api, queries, type Schema } from '../../api/client';
import { Choices } from '../../parts/Choices';
import { Dialog } from '../../parts/Dialog';
import { problemText } from '../../parts/Problem';
import { useTexts } from '../../texts/language';
import { AreaList } from './AreaList';
import { DutyList } from './DutyList';
import { useDone } from './useDone';

type Access = Schema<'NewInvitation'>;

const ROLES: Schema<'Role'>[] = ['viewer', 'officer', 'reviewer', 'analyst', 'approver', 'administrator'];

/** What the dialog is for: a link for an account that is to be, or what an account may. */
export type AccessTask = { is: 'invite' } | { is: 'change'; account: Schema<'Account'> };

interface Props {
  task: AccessTask;
  close: () => void;
  onLink: (link: Schema<'Invitation'>) => void;
}

/** Roles, areas and posts of an account. */
export function AccessDialog({ task, close, onLink }: Props) {
  const texts = useTexts();
  const { t, word } = texts;
  const { done } = useDone();
  const { data: directory } = queries.useQuery('get', '/directory');
  const [access, setAccess] = useState<Access>(() => accessOf(task));
  const [sending, setSending] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const set = (changes: Partial<Access>) => setAccess((before) => ({ ...before, ...changes }));

  async function send() {
    if (access.roles.length === 0) {
      setTrouble(t('accounts.roles_missing'));
      return;
    }
    setSending(true);
    try {
      const error = task.is === 'invite' ? await invite() : await change(task.account.id);
      if (error === undefined) close();
      else setTrouble(problemText(error, texts));
    } catch (error) {
      setTrouble(problemText(error, texts));
    } finally {
      setSending(false);
    }
  }
  async function invite() {
    const { data, error } = await api.POST('/invitations', { body: access });
    if (data !== undefined) {
      onLink(data);
      done(undefined);
    }
    return error;
  }
  async function change(id: string) {
    const { error } = await api.PATCH('/accounts/{id}', { params: { path: { id } }, body: access });
    if (error === undefined) done(undefined);
    return error;
  }

  const title = task.is === 'invite' ? t('accounts.invite') : `${t('accounts.form')}：${task.account.name}`;
  return (
    <Dialog
      open
      title={title}
      okText={task.is === 'invite' ? t('accounts.make_link') : t('accounts.save')}
      cancelText={t('app.cancel')}
      confirmLoading={sending}
      onOk={() => void send()}
      onCancel={close}
    >
      {trouble !== null && <Alert type="error" showIcon role="alert" message={trouble} />}
      {task.is === 'change' && <p className="soft">{t('accounts.changes_end')}</p>}
      <fieldset className="access-part">
        <legend>{t('accounts.roles')}</legend>
        <Choices value={access.roles} options={ROLES.map((role) => ({ value: role, label: word('accountRole', role) }))} onChange={(roles) => set({ roles })} />
      </fieldset>
      <AreaList areas={access.areas} known={directory?.areas ?? []} onChange={(areas) => set({ areas })} />
      <DutyList duties={access.duties} posts={directory?.posts ?? []} roles={directory?.roles ?? []} onChange={(duties) => set({ duties })} />
    </Dialog>
  );
}

function accessOf(task: AccessTask): Access {
  if (task.is === 'invite') return { roles: [], duties: [], areas: [] };
  const { roles, duties, areas } = task.account;
  return { roles, duties, areas };
}
