import { Alert, Button, Radio } from 'antd';
import { useState } from 'react';
import type { Schema } from '../../../api/client';
import { Choice } from '../../../parts/Choice';
import { useTexts } from '../../../texts/language';
import type { WarningFile } from '../events';
import { usePostTitle } from '../usePostTitle';
import { missingFields, type Draft, type DraftField } from './draft';
import { AnswerFields } from './AnswerFields';
import { useDraft } from './useDraft';
import { usePhotographs } from './usePhotographs';
import { useSend } from './useSend';

function dutyKey({ post, role }: Schema<'Duty'>): string {
  return `${post}\n${role}`;
}

/** The duties of the account that may do something, each once. */
function dutiesOf({ actions }: WarningFile): Schema<'Duty'>[] {
  return [...new Map(actions.map(({ duty }) => [dutyKey(duty), duty])).values()];
}

/** The answer that a person writes; what is typed is kept until it is sent. */
export function AnswerForm({ file }: { file: WarningFile }) {
  const { t, word } = useTexts();
  const { draft, state, change, discard } = useDraft(file.summary.warning_id, file.draft);
  const { send, sending, trouble } = useSend(file, change, discard);
  const photographs = usePhotographs(file, draft, change);
  const [asked, setAsked] = useState(false);
  const titleOf = usePostTitle(file.events);

  const duties = dutiesOf(file);
  const duty = duties.find(({ post, role }) => post === draft.post && role === draft.role) ?? duties[0];
  if (duty === undefined) return null;
  const possible = file.actions.filter((action) => dutyKey(action.duty) === dutyKey(duty)).map(({ action }) => action);
  const action = draft.action !== undefined && possible.includes(draft.action) ? draft.action : undefined;
  const full: Draft = { ...draft, post: duty.post, role: duty.role };
  if (action === undefined) delete full.action;
  const missing: DraftField[] = asked ? missingFields(full) : [];

  function submit() {
    setAsked(true);
    if (photographs.busy) return;
    if (missingFields(full).length === 0) void send(full).then((sent) => sent && setAsked(false));
  }

  function discardAll() {
    photographs.clear();
    discard();
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {duties.length > 1 && (
        <Choice
          label={t('answer.duty')}
          value={dutyKey(duty)}
          onChange={(key) => {
            const chosen = duties.find((duty) => dutyKey(duty) === key);
            if (chosen !== undefined) change({ post: chosen.post, role: chosen.role });
          }}
          options={duties.map((duty) => ({ value: dutyKey(duty), label: `${titleOf(duty.post)}${t('app.comma')}${word('role', duty.role)}` }))}
        />
      )}
      <fieldset>
        <legend>{t('answer.action')}</legend>
        <Radio.Group
          value={action ?? null}
          onChange={(event) => change({ action: event.target.value as Schema<'Action'> })}
          options={possible.map((action) => ({ value: action, label: word('action', action) }))}
        />
      </fieldset>
      <AnswerFields file={file} draft={full} change={change} missing={missing} titleOf={titleOf} photographs={photographs} />
      {asked && photographs.busy && (
        <p className="answer-error" role="alert">
          {t('answer.photos_wait')}
        </p>
      )}
      {trouble !== null && <Alert type="error" showIcon role="alert" message={trouble} className="answer-trouble" />}
      <div className="answer-foot">
        <Button type="primary" htmlType="submit" loading={sending}>
          {t('answer.submit')}
        </Button>
        {state !== 'none' && (
          <>
            <Button onClick={discardAll}>{t('answer.discard')}</Button>
            <span className="soft small" role="status">
              {t(`answer.${state}`)}
            </span>
          </>
        )}
      </div>
    </form>
  );
}
