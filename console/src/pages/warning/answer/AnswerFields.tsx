import { Input, Radio } from 'antd';
import { useId } from 'react';
import { queries, type Schema } from '../../../api/client';
import { Choice } from '../../../parts/Choice';
import { Choices } from '../../../parts/Choices';
import { useTexts } from '../../../texts/language';
import type { TextKey } from '../../../texts/texts';
import type { WarningFile } from '../events';
import type { Draft, DraftField } from './draft';
import { PhotographField } from './PhotographField';
import type { Photographs } from './usePhotographs';

const VERDICTS: Schema<'Verdict'>[] = ['confirmed', 'partly', 'unfounded'];
const MEASURES: Schema<'Measure'>[] = ['on_the_spot_correction', 'written_order', 'sealing', 'sampling', 'case_opened', 'referral'];
/** Characters that a text may have. */
const MAX_RESULT = 200;

interface Props {
  file: WarningFile;
  draft: Draft;
  change: (fields: Partial<Draft>) => void;
  missing: DraftField[];
  titleOf: (post: string) => string;
  photographs: Photographs;
}

/** The fields of the action that was chosen. */
export function AnswerFields(props: Props) {
  const { t } = useTexts();
  const { draft, change, missing } = props;
  const { action } = draft;
  const needsTime = action === 'extension_asked' || action === 'extension_granted';
  if (action === undefined) return <Missing field="action" text="answer.action_missing" missing={missing} />;
  return (
    <>
      {action === 'answered' && <Verdict {...props} />}
      {needsTime && (
        <>
          <TimeField label={t('answer.extend_to')} value={draft.extend} onChange={(extend) => change({ extend })} />
          <Missing field="extend" text="answer.extend_missing" missing={missing} />
        </>
      )}
      {action === 'transferred' && <Transfer {...props} />}
      <Result {...props} />
      <PhotographField file={props.file} photographs={props.photographs} />
      <TimeField
        label={t('answer.occurred_at')}
        note={t('answer.occurred_note')}
        value={draft.occurred}
        onChange={(occurred) => change({ occurred })}
      />
    </>
  );
}

function Missing({ field, text, missing }: { field: DraftField; text: TextKey; missing: DraftField[] }) {
  const { t } = useTexts();
  return missing.includes(field) ? (
    <p className="answer-error" role="alert">
      {t(text)}
    </p>
  ) : null;
}

function Verdict({ file, draft, change, missing }: Props) {
  const { t, word, of } = useTexts();
  const findings = file.newest?.findings ?? [];
  return (
    <>
      <fieldset>
        <legend>{t('answer.verdict')}</legend>
        <Radio.Group
          value={draft.verdict ?? null}
          onChange={(event) => change({ verdict: event.target.value as Schema<'Verdict'> })}
          options={VERDICTS.map((verdict) => ({ value: verdict, label: word('verdict', verdict) }))}
        />
        <Missing field="verdict" text="answer.verdict_missing" missing={missing} />
      </fieldset>
      <fieldset>
        <legend>{t('answer.measures')}</legend>
        <Choices
          value={draft.measures ?? []}
          onChange={(measures) => change({ measures })}
          options={MEASURES.map((measure) => ({ value: measure, label: word('measure', measure) }))}
        />
      </fieldset>
      {findings.length > 1 && (
        <fieldset>
          <legend>{t('answer.findings')}</legend>
          <Choices
            value={draft.findings ?? []}
            onChange={(rules) => change({ findings: rules })}
            options={findings.map(({ rule, title }) => ({ value: rule, label: of(title) }))}
          />
          <div className="soft small">{t('answer.findings_note')}</div>
        </fieldset>
      )}
    </>
  );
}

function Transfer({ file, draft, change, missing, titleOf }: Props) {
  const { t } = useTexts();
  const { data } = queries.useQuery('get', '/posts');
  const posts = (data?.posts ?? []).filter(({ id }) => id !== file.handling?.assignee.id);
  return (
    <>
      <Choice
        label={t('answer.transfer_to')}
        value={draft.transfer ?? ''}
        onChange={(transfer) => change({ transfer })}
        options={[{ value: '', label: '—' }, ...posts.map(({ id }) => ({ value: id, label: titleOf(id) }))]}
      />
      <Missing field="transfer" text="answer.transfer_missing" missing={missing} />
    </>
  );
}

function Result({ draft, change }: Props) {
  const { t } = useTexts();
  const id = useId();
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {t('answer.result')}
      </label>
      <Input.TextArea
        id={id}
        aria-describedby={`${id}-note`}
        rows={3}
        maxLength={MAX_RESULT}
        showCount
        dir="auto"
        value={draft.result ?? ''}
        onChange={(event) => change({ result: event.target.value })}
      />
      <div id={`${id}-note`} className="soft small">
        {t('answer.result_note')}
      </div>
    </div>
  );
}

interface TimeProps {
  label: string;
  note?: string;
  value: string | undefined;
  onChange: (value: string) => void;
}

function TimeField({ label, note, value = '', onChange }: TimeProps) {
  const id = useId();
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      <input id={id} type="datetime-local" value={value} onChange={(event) => onChange(event.target.value)} />
      {note !== undefined && <span className="soft small"> {note}</span>}
    </div>
  );
}
