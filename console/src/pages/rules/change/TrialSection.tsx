import { useQueryClient } from '@tanstack/react-query';
import { Alert, Button, InputNumber } from 'antd';
import { useState } from 'react';
import { api, queries, type Schema } from '../../../api/client';
import { timeText } from '../../../format/time';
import { Foreign } from '../../../parts/Tags';
import { Loading } from '../../../parts/Loading';
import { Problem } from '../../../parts/Problem';
import { useTexts } from '../../../texts/language';
import type { Change } from '../studio';
import { TrialResult } from './TrialResult';

/** So often a trial that runs is asked for, in milliseconds. */
const RUNNING = 1000;

/** What the change would have done with the events that are kept, beside the ruleset in force. */
export function TrialSection({ change: { id, may } }: { change: Change }) {
  const { t } = useTexts();
  const path = { params: { path: { id } } };
  const { data, error, refetch } = queries.useQuery('get', '/rules/changes/{id}/trial', path, {
    refetchInterval: ({ state }) => (isRunning(state.data) ? RUNNING : false),
  });
  return (
    <section className="panel" aria-label={t('trial.title')}>
      <h2>{t('trial.title')}</h2>
      <p className="soft">{t('trial.note')}</p>
      {error !== null && <Problem error={error} retry={refetch} />}
      {data === undefined ? error === null && <Loading /> : <State trial={data} />}
      {data !== undefined && may.includes('trial') && <Controls id={id} trial={data} />}
    </section>
  );
}

function isRunning(trial: Schema<'Trial'> | undefined): boolean {
  return trial?.state === 'queued' || trial?.state === 'running';
}

function State({ trial: { state, stale, progress, failure, result, ended_at } }: { trial: Schema<'Trial'> }) {
  const { t, of, word } = useTexts();
  return (
    <div aria-live="polite">
      {state === 'none' && <p>{t('trial.none')}</p>}
      {state === 'queued' && <p>{t('trial.queued')}</p>}
      {state === 'running' && (
        <p>
          {t('trial.running')}
          {progress !== null && `${t('studio.colon')}${word('trialStage', progress.stage)} `}
          {progress !== null && progress.of > 0 && (
            <>
              <progress max={progress.of} value={progress.done} aria-label={t('trial.running')} />{' '}
              <span className="num">{Math.floor((progress.done / progress.of) * 100)}%</span>
            </>
          )}
        </p>
      )}
      {state === 'cancelled' && <p className="soft">{t('trial.cancelled')}</p>}
      {state === 'failed' && (
        <Alert type="error" showIcon message={t('trial.failed')} description={failure === null ? null : <Foreign text={of(failure)} />} />
      )}
      {stale && state === 'done' && <Alert type="warning" showIcon message={t('trial.stale')} />}
      {result !== null && (
        <>
          <p className="soft small">{t('trial.made', { time: timeText(ended_at) })}</p>
          <TrialResult result={result} />
        </>
      )}
    </div>
  );
}

function Controls({ id, trial }: { id: string; trial: Schema<'Trial'> }) {
  const { t } = useTexts();
  const queryClient = useQueryClient();
  const [days, setDays] = useState<number | null>(30);
  const [budget, setBudget] = useState<number | null>(20);
  const [acting, setActing] = useState(false);
  const [trouble, setTrouble] = useState<unknown>(null);
  const path = { params: { path: { id } } };

  async function ask(asked: () => Promise<{ data?: Schema<'Trial'>; error?: unknown }>) {
    setActing(true);
    setTrouble(null);
    try {
      const { data, error } = await asked();
      if (data === undefined) setTrouble(error);
      else queryClient.setQueryData(['get', '/rules/changes/{id}/trial', path], data);
    } catch (thrown) {
      setTrouble(thrown);
    } finally {
      setActing(false);
    }
  }
  const start = () =>
    ask(() =>
      api.POST('/rules/changes/{id}/trial', {
        ...path,
        body: { ...(days === null ? {} : { days }), ...(budget === null ? {} : { budget }) },
      }),
    );

  if (isRunning(trial)) {
    return (
      <p className="buttons">
        <Button loading={acting} onClick={() => void ask(() => api.DELETE('/rules/changes/{id}/trial', path))}>
          {t('trial.cancel')}
        </Button>
      </p>
    );
  }
  return (
    <>
      {trouble !== null && <Problem error={trouble} />}
      <div className="buttons">
        <label htmlFor="trial-days">{t('trial.days')}</label>
        <InputNumber id="trial-days" min={1} max={365} precision={0} value={days} onChange={setDays} />
        <label htmlFor="trial-budget">{t('trial.budget')}</label>
        <InputNumber id="trial-budget" min={0} max={10_000} precision={0} value={budget} onChange={setBudget} />
        <Button loading={acting} onClick={() => void start()}>
          {trial.state === 'none' ? t('trial.start') : t('trial.again')}
        </Button>
      </div>
    </>
  );
}
