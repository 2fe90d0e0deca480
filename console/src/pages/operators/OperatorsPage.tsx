import { Link, useNavigate, useSearchParams } from 'react-router-dom';
import { queries, type Schema } from '../../api/client';
import type { paths } from '../../api/contract';
import type { Level } from '../../api/records';
import { areaText } from '../../format/area';
import { Choice } from '../../parts/Choice';
import { DataTable } from '../../parts/DataTable';
import { Loading } from '../../parts/Loading';
import { More } from '../../parts/More';
import { Problem } from '../../parts/Problem';
import { SearchBox } from '../../parts/SearchBox';
import { Foreign, LevelTag, Mark } from '../../parts/Tags';
import { useRowKeys } from '../../parts/useRowKeys';
import { useTexts } from '../../texts/language';

type Query = NonNullable<paths['/operators']['get']['parameters']['query']>;

const LEVELS: Level[] = ['red', 'orange', 'yellow', 'blue', 'none'];
const PAGE = 100;

/** Operators by search and level; other filters come with the figure that was opened. */
export default function OperatorsPage() {
  const { t, word } = useTexts();
  const [params, setParams] = useSearchParams();
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(params);
    if (value === '') next.delete(name);
    else next.set(name, value);
    setParams(next, { replace: true });
  };
  const others = [...params].filter(([name]) => !['q', 'level', 'order'].includes(name));
  return (
    <>
      <div className="page-head">
        <h1>{t('operators.title')}</h1>
        <SearchBox value={params.get('q') ?? ''} onSearch={(q) => set('q', q)} />
        <Choice<string>
          label={t('warnings.level')}
          value={params.get('level') ?? ''}
          onChange={(level) => set('level', level)}
          options={[{ value: '', label: t('app.all') }, ...LEVELS.map((level) => ({ value: level, label: word('level', level) }))]}
        />
      </div>
      {others.length > 0 && (
        <p className="soft">
          {t('warnings.filters')}{t('app.colon')}{others.map(([, value]) => value).join(t('app.semicolon'))} <Link to="/operators">{t('warnings.clear')}</Link>
        </p>
      )}
      <List query={Object.fromEntries(params)} />
    </>
  );
}

function List({ query }: { query: Query }) {
  const { t } = useTexts();
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = queries.useInfiniteQuery(
    'get',
    '/operators',
    { params: { query: { ...query, limit: PAGE } } },
    {
      pageParamName: 'cursor',
      initialPageParam: undefined,
      getNextPageParam: ({ next }: Schema<'OperatorList'>) => next ?? undefined,
      // What was found stays until the next answer is here.
      placeholderData: (before) => before,
    },
  );
  const operators = data?.pages.flatMap(({ operators }) => operators) ?? [];
  const navigate = useNavigate();
  const current = useRowKeys(
    operators.map(({ operator_id }) => operator_id),
    (id) => navigate(`/operators/${encodeURIComponent(id)}`),
  );
  if (error !== null) return <Problem error={error} retry={refetch} />;
  if (data === undefined) return <Loading />;
  return (
    <>
      <p className="soft" aria-live="polite">
        {t('app.total', { count: data.pages[0]?.total ?? 0 })}
      </p>
      <OperatorTable operators={operators} current={current} />
      <More hasNextPage={hasNextPage} isFetchingNextPage={isFetchingNextPage} fetchNextPage={fetchNextPage} />
    </>
  );
}

function OperatorTable({ operators, current }: { operators: Schema<'OperatorSummary'>[]; current: string | undefined }) {
  const { t, word } = useTexts();
  return (
    <DataTable
      caption={t('operators.title')}
      rows={operators}
      rowKey={({ operator_id }) => operator_id}
      currentKey={current}
      columns={[
        { title: t('warnings.level'), className: 'narrow', cell: ({ level }) => <LevelTag level={level} /> },
        {
          title: t('operators.name'),
          cell: ({ operator_id, name, registered, degraded }) => (
            <>
              <Link to={`/operators/${encodeURIComponent(operator_id)}`}>
                <Foreign text={name ?? operator_id} clamp />
              </Link>
              {!registered && <Mark>{t('operators.unregistered')}</Mark>} {degraded && <Mark>{t('operators.degraded')}</Mark>}
            </>
          ),
        },
        { title: t('operators.licence'), cell: ({ operator_id }) => <Foreign text={operator_id} clamp /> },
        { title: t('operators.form'), className: 'narrow', cell: ({ business_form }) => (business_form === null ? '—' : word('businessForm', business_form)) },
        {
          title: t('operators.group'),
          className: 'narrow',
          cell: ({ protected_group }) => (protected_group === null || protected_group === 'none' ? '—' : word('protectedGroup', protected_group)),
        },
        { title: t('warnings.area'), cell: ({ area }) => <Foreign text={areaText(area)} clamp /> },
        { title: t('operators.address'), cell: ({ address }) => <Foreign text={address} clamp /> },
        {
          title: t('operators.score'),
          className: 'narrow num',
          cell: ({ operator_id, score }) => <Link to={`/operators/${encodeURIComponent(operator_id)}`}>{score}</Link>,
        },
      ]}
    />
  );
}
