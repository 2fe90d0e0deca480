import { Button } from 'antd';
import { useNavigate, useSearchParams } from 'react-router-dom';
import { queries, type Schema } from '../../api/client';
import type { paths } from '../../api/contract';
import { Choice } from '../../parts/Choice';
import { Loading } from '../../parts/Loading';
import { More } from '../../parts/More';
import { Problem } from '../../parts/Problem';
import { SearchBox } from '../../parts/SearchBox';
import { WarningTable } from '../../parts/WarningTable';
import { useRowKeys } from '../../parts/useRowKeys';
import { useTexts } from '../../texts/language';
import { LEVELS } from '../situation/Breakdown';

type Query = NonNullable<paths['/warnings']['get']['parameters']['query']>;

const STATES: Schema<'HandlingState'>[] = ['new', 'acknowledged', 'in_progress', 'answered', 'reviewed', 'closed'];
const SCOPES = { open: { open: 'true' }, overdue: { open: 'true', overdue: 'true' }, ended: { open: 'false' }, all: {} } as const;
type Scope = keyof typeof SCOPES;
const PAGE = 100;

/** The list behind a figure: its address holds the filters, so that it can be kept and sent on. */
export default function WarningsPage() {
  const { t, word } = useTexts();
  const [params, setParams] = useSearchParams();
  const set = (changes: Record<string, string | null>) => {
    const next = new URLSearchParams(params);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === '') next.delete(name);
      else next.set(name, value);
    }
    setParams(next, { replace: true });
  };
  const setScope = (scope: Scope) => set({ open: null, overdue: null, ...SCOPES[scope] });
  // What no box here shows came with the figure, and can only be taken away.
  const others = [...params].filter(([name]) => !['open', 'overdue', 'level', 'state', 'q', 'order'].includes(name));
  return (
    <>
      <div className="page-head">
        <h1>{t('warnings.title')}</h1>
        <SearchBox value={params.get('q') ?? ''} onSearch={(q) => set({ q })} />
        <Choice
          label={t('warnings.scope')}
          value={scopeOf(params)}
          onChange={setScope}
          options={[
            { value: 'all', label: t('app.all') },
            { value: 'open', label: t('warnings.open') },
            { value: 'overdue', label: t('situation.overdue') },
            { value: 'ended', label: t('warnings.past') },
          ]}
        />
        <Choice<string>
          label={t('warnings.level')}
          value={params.get('level') ?? ''}
          onChange={(level) => set({ level })}
          options={[{ value: '', label: t('app.all') }, ...LEVELS.map((level) => ({ value: level, label: word('level', level) }))]}
        />
        <Choice<string>
          label={t('warnings.state')}
          value={params.get('state') ?? ''}
          onChange={(state) => set({ state })}
          options={[{ value: '', label: t('app.all') }, ...STATES.map((state) => ({ value: state, label: word('state', state) }))]}
        />
      </div>
      {others.length > 0 && (
        <p className="soft">
          {t('warnings.filters')}{t('app.colon')}{others.map(([, value]) => value).join(t('app.semicolon'))}{' '}
          <Button size="small" type="link" onClick={() => set(Object.fromEntries(others.map(([name]) => [name, null])))}>
            {t('warnings.clear')}
          </Button>
        </p>
      )}
      <List query={Object.fromEntries(params)} />
    </>
  );
}

function scopeOf(params: URLSearchParams): Scope {
  if (params.get('open') === 'false') return 'ended';
  if (params.get('overdue') === 'true') return 'overdue';
  return params.get('open') === 'true' ? 'open' : 'all';
}

function List({ query }: { query: Query }) {
  const { t } = useTexts();
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = queries.useInfiniteQuery(
    'get',
    '/warnings',
    { params: { query: { ...query, limit: PAGE } } },
    { pageParamName: 'cursor', initialPageParam: undefined, getNextPageParam: ({ next }: Schema<'WarningList'>) => next ?? undefined },
  );
  const warnings = data?.pages.flatMap(({ warnings }) => warnings) ?? [];
  const navigate = useNavigate();
  const current = useRowKeys(
    warnings.map(({ warning_id }) => warning_id),
    (id) => navigate(`/warnings/${id}`),
  );
  if (error !== null) return <Problem error={error} retry={refetch} />;
  if (data === undefined) return <Loading />;
  return (
    <>
      <p className="soft" aria-live="polite">
        {t('app.total', { count: data.pages[0]?.total ?? 0 })}
      </p>
      <WarningTable caption={t('warnings.title')} warnings={warnings} current={current} />
      <More hasNextPage={hasNextPage} isFetchingNextPage={isFetchingNextPage} fetchNextPage={fetchNextPage} />
    </>
  );
}
