import { useQueryClient } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { useState } from 'react';
import { api, queries, type Schema } from '../../../api/client';
import { timeText } from '../../../format/time';
import { DataTable } from '../../../parts/DataTable';
import { Loading } from '../../../parts/Loading';
import { Problem } from '../../../parts/Problem';
import { Foreign } from '../../../parts/Tags';
import { useTexts } from '../../../texts/language';
import type { Change } from '../studio';

/** So often a shadow is asked for while the engine is about to judge by it, in milliseconds. */
const STARTING = 3000;

/** How the change does live, beside what is in force, without anybody being told. */
export function ShadowSection({ change: { id, may } }: { change: Change }) {
  const { t } = useTexts();
  const queryClient = useQueryClient();
  const path = { params: { path: { id } } };
  const { data, error, refetch } = queries.useQuery('get', '/rules/changes/{id}/shadow', path, {
    refetchInterval: ({ state }) => (state.data?.state === 'starting' ? STARTING : false),
  });
  const [starting, setStarting] = useState(false);
  const [trouble, setTrouble] = useState<unknown>(null);

  async function start() {
    setStarting(true);
    setTrouble(null);
    try {
      const answer = await api.POST('/rules/changes/{id}/shadow', path);
      if (answer.data === undefined) setTrouble(answer.error);
      else queryClient.setQueryData(['get', '/rules/changes/{id}/shadow', path], answer.data);
    } catch (thrown) {
      setTrouble(thrown);
    } finally {
      setStarting(false);
    }
  }

  const mayStart = may.includes('shadow') && data !== undefined && data.state !== 'off';
  return (
    <section className="panel" aria-label={t('shadow.title')}>
      <h2>{t('shadow.title')}</h2>
      <p className="soft">{t('shadow.note')}</p>
      {error !== null && <Problem error={error} retry={refetch} />}
      {data === undefined ? error === null && <Loading /> : <State shadow={data} />}
      {trouble !== null && <Problem error={trouble} />}
      {mayStart && (
        <p className="buttons">
          <Button loading={starting} onClick={() => void start()}>
            {data.state === 'none' ? t('shadow.start') : t('shadow.again')}
          </Button>
        </p>
      )}
    </section>
  );
}

function State({ shadow: { state, how, since, refusal, steps } }: { shadow: Schema<'Shadow'> }) {
  const { t, of } = useTexts();
  return (
    <div aria-live="polite">
      <p>
        {t(`shadow.${state}`)} {since !== null && <span className="soft">{t('shadow.since', { time: timeText(since) })}</span>}
      </p>
      {how !== null && (
        <p className="soft">
          <Foreign text={of(how)} />
        </p>
      )}
      {refusal !== null && <Alert type="error" showIcon message={<Foreign text={of(refusal)} />} />}
      {state === 'judging' && <Steps steps={steps} />}
    </div>
  );
}

function Steps({ steps }: { steps: Schema<'ShadowStep'>[] }) {
  const { t, word } = useTexts();
  return (
    <DataTable
      caption={t('shadow.title')}
      rows={steps}
      rowKey={({ step }) => step}
      empty={t('trial.no_steps')}
      columns={[
        { title: t('trial.step'), cell: ({ step }) => word('step', step) },
        { title: t('trial.both'), className: 'num', cell: ({ both }) => both },
        { title: t('trial.only_in_force'), className: 'num', cell: ({ only_in_force }) => only_in_force },
        { title: t('trial.only_change'), className: 'num', cell: ({ only_change }) => only_change },
      ]}
    />
  );
}
