import { App, Button, Checkbox } from 'antd';
import { useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { api, queries, type Schema } from '../../api/client';
import { timeText } from '../../format/time';
import { DataTable } from '../../parts/DataTable';
import { Loading } from '../../parts/Loading';
import { Problem } from '../../parts/Problem';
import { Foreign, Mark } from '../../parts/Tags';
import { useTexts } from '../../texts/language';
import { useDone } from '../administration/useDone';
import { Counts } from './Counts';
import { RecordDialog } from './RecordDialog';
import './data.css';

export type DeadLetter = Schema<'DeadLetter'>;

const PAGE = 50;
/** Refused once, refused for good. */
const FINAL = 'not_permitted';

export const keyOf = ({ topic, partition, offset }: DeadLetter) => `${topic}/${partition}/${offset}`;

/** Refused records by reason, each with what is wrong, and sent again. */
export default function DataPage() {
  const { t } = useTexts();
  const [params, setParams] = useSearchParams();
  const topic = params.get('topic');
  const code = params.get('code');
  return (
    <>
      <div className="page-head">
        <h1>{t('data.title')}</h1>
      </div>
      <p className="soft">{t('data.note')}</p>
      <Counts topic={topic} code={code} choose={(next) => setParams(next, { replace: true })} />
      <List key={`${topic ?? ''} ${code ?? ''}`} topic={topic} code={code} />
    </>
  );
}

function List({ topic, code }: { topic: string | null; code: string | null }) {
  const { t } = useTexts();
  const [chosen, setChosen] = useState<ReadonlyMap<string, DeadLetter>>(new Map());
  const [seen, setSeen] = useState<DeadLetter | null>(null);
  const query = { ...(topic === null ? {} : { topic }), ...(code === null ? {} : { code }), limit: PAGE };
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = queries.useInfiniteQuery(
    'get',
    '/data/dead-letters/list',
    { params: { query } },
    { pageParamName: 'cursor', initialPageParam: undefined, getNextPageParam: ({ next }: Schema<'DeadLetterList'>) => next ?? undefined },
  );
  if (error !== null) return <Problem error={error} retry={refetch} />;
  if (data === undefined) return <Loading />;
  const choose = (letter: DeadLetter, on: boolean) => {
    const next = new Map(chosen);
    if (on) next.set(keyOf(letter), letter);
    else next.delete(keyOf(letter));
    setChosen(next);
  };
  return (
    <>
      <Steps chosen={[...chosen.values()]} topic={topic} code={code} done={() => setChosen(new Map())} />
      <p className="soft" aria-live="polite">
        {t('app.total', { count: data.pages[0]?.total ?? 0 })}
      </p>
      <Letters letters={data.pages.flatMap(({ dead_letters: letters }) => letters)} chosen={chosen} choose={choose} see={setSeen} />
      {hasNextPage && (
        <p>
          <Button loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t('app.more')}
          </Button>
        </p>
      )}
      {seen !== null && <RecordDialog letter={seen} close={() => setSeen(null)} />}
    </>
  );
}

/** Sends again what is chosen, or all that the filters leave. */
function Steps({ chosen, topic, code, done }: { chosen: DeadLetter[]; topic: string | null; code: string | null; done: () => void }) {
  const texts = useTexts();
  const { t, word } = texts;
  const { modal, message } = App.useApp();
  const { done: refresh, failed } = useDone();
  const [sending, setSending] = useState(false);

  async function send(requests: Schema<'RetryRequest'>[]) {
    setSending(true);
    try {
      let asked = 0;
      for (const body of requests) {
        const { data, error } = await api.POST('/data/retries', { body });
        if (data === undefined) {
          refresh(error);
          return;
        }
        asked += data.asked;
      }
      void message.success(t('data.asked', { count: asked }));
      done();
      refresh(undefined);
    } catch (error) {
      failed(error);
    } finally {
      setSending(false);
    }
  }
  const topics = [...new Set(chosen.map((letter) => letter.topic))];
  const ofTopic = (name: string) => chosen.filter((letter) => letter.topic === name).map(({ partition, offset }) => ({ partition, offset }));
  return (
    <p className="data-steps">
      <Button disabled={chosen.length === 0} loading={sending} onClick={() => void send(topics.map((name) => ({ topic: name, places: ofTopic(name) })))}>
        {t('data.retry_selected', { count: chosen.length })}
      </Button>
      {topic !== null && code !== null && code !== FINAL && (
        <Button
          loading={sending}
          onClick={() =>
            void modal.confirm({
              title: t('data.sure', { code: word('refusal', code) }),
              okText: t('app.yes'),
              cancelText: t('app.cancel'),
              onOk: () => send([{ topic, code }]),
            })
          }
        >
          {t('data.retry_all', { code: word('refusal', code) })}
        </Button>
      )}
    </p>
  );
}

interface LettersProps {
  letters: DeadLetter[];
  chosen: ReadonlyMap<string, DeadLetter>;
  choose: (letter: DeadLetter, on: boolean) => void;
  see: (letter: DeadLetter) => void;
}

function Letters({ letters, chosen, choose, see }: LettersProps) {
  const { t, word } = useTexts();
  return (
    <DataTable
      caption={t('data.title')}
      rows={letters}
      rowKey={keyOf}
      columns={[
        {
          title: t('data.retry_state'),
          className: 'narrow',
          cell: (letter) =>
            letter.retry !== null ? (
              <span>{word('retry', letter.retry.state)}</span>
            ) : letter.cut ? (
              <Mark>{t('data.cut')}</Mark>
            ) : letter.code === FINAL ? (
              <span>—</span>
            ) : (
              <Checkbox
                aria-label={t('data.select', { name: keyOf(letter) })}
                checked={chosen.has(keyOf(letter))}
                onChange={(event) => choose(letter, event.target.checked)}
              />
            ),
        },
        { title: t('data.at'), className: 'narrow', cell: ({ at }) => <span className="num">{timeText(at)}</span> },
        { title: t('data.topic'), cell: ({ topic }) => <Foreign text={topic} /> },
        { title: t('data.code'), cell: ({ code }) => <span>{word('refusal', code)}</span> },
        { title: t('data.publisher'), cell: ({ publisher }) => <Foreign text={publisher ?? '—'} clamp /> },
        { title: t('data.event'), cell: ({ event_id: id }) => <Foreign text={id ?? '—'} clamp /> },
        { title: t('data.operator'), cell: ({ operator_id: id }) => <Foreign text={id ?? '—'} clamp /> },
        { title: t('data.what'), cell: ({ message }) => <Foreign text={message} clamp /> },
        {
          title: t('data.record'),
          className: 'narrow',
          cell: (letter) => (
            <Button size="small" onClick={() => see(letter)}>
              {t('data.see')}
            </Button>
          ),
        },
      ]}
    />
  );
}
