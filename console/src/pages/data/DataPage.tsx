import { Button, Checkbox } from 'antd';
import { useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { queries, type Schema } from '../../api/client';
import { timeText } from '../../format/time';
import { DataTable } from '../../parts/DataTable';
import { Loading } from '../../parts/Loading';
import { Problem } from '../../parts/Problem';
import { Foreign, Mark } from '../../parts/Tags';
import { useTexts } from '../../texts/language';
import { Counts } from './Counts';
import { FILTERS, FINAL, keyOf, type DeadLetter, type Filters } from './letters';
import { RecordDialog } from './RecordDialog';
import { Steps } from './Steps';
import { Traffic } from './Traffic';
import './data.css';

const PAGE = 50;

/** What comes, from whom, and what is refused: by reason, each with what is wrong, and sent again. */
export default function DataPage() {
  const { t } = useTexts();
  const [params, setParams] = useSearchParams();
  const filters: Filters = Object.fromEntries(FILTERS.flatMap((name) => (params.get(name) === null ? [] : [[name, params.get(name) ?? '']])));
  const choose = (next: Record<string, string>) => setParams(next, { replace: true });
  return (
    <>
      <div className="page-head">
        <h1>{t('data.page')}</h1>
      </div>
      <Traffic choose={choose} />
      <h2>{t('data.title')}</h2>
      <p className="soft">{t('data.note')}</p>
      <Counts topic={filters.topic ?? null} code={filters.code ?? null} choose={choose} />
      <Chosen filters={filters} clear={() => choose({})} />
      <List key={params.toString()} filters={filters} />
    </>
  );
}

/** What the list is narrowed to. */
function Chosen({ filters: { topic, code, publisher, since }, clear }: { filters: Filters; clear: () => void }) {
  const { t, word } = useTexts();
  const parts = [topic, code !== undefined && word('refusal', code), publisher, since !== undefined && t('data.since', { time: timeText(since) })];
  const shown = parts.filter((part): part is string => typeof part === 'string');
  if (shown.length === 0) return null;
  return (
    <p>
      <Foreign text={shown.join(' · ')} />{' '}
      <Button size="small" onClick={clear}>
        {t('warnings.clear')}
      </Button>
    </p>
  );
}

function List({ filters }: { filters: Filters }) {
  const { t } = useTexts();
  const [chosen, setChosen] = useState<ReadonlyMap<string, DeadLetter>>(new Map());
  const [seen, setSeen] = useState<DeadLetter | null>(null);
  const query = { ...filters, limit: PAGE };
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
      <Steps chosen={[...chosen.values()]} filters={filters} done={() => setChosen(new Map())} />
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
