import { Button, Input } from 'antd';
import { useId, useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { API, queries, type Schema } from '../../api/client';
import { exactTimeText } from '../../format/time';
import { Choice } from '../../parts/Choice';
import { DataTable } from '../../parts/DataTable';
import { Loading } from '../../parts/Loading';
import { Problem } from '../../parts/Problem';
import { Foreign } from '../../parts/Tags';
import { useTexts } from '../../texts/language';
import { WORDS } from '../../texts/words';
import './administration.css';

const PAGE = 100;
const FILTERS = ['account', 'action', 'object', 'from', 'to'] as const;
type Filter = (typeof FILTERS)[number];
type Filters = Partial<Record<Filter, string>>;

/** Who saw and did what: the address of the page holds the filters, and an export has the same. */
export default function AuditPage() {
  const { t, word } = useTexts();
  const [params, setParams] = useSearchParams();
  const given: Filters = Object.fromEntries(FILTERS.flatMap((name) => (params.get(name) ? [[name, params.get(name)]] : [])));
  const set = (name: Filter, value: string) => {
    const next = new URLSearchParams(params);
    if (value === '') next.delete(name);
    else next.set(name, value);
    setParams(next, { replace: true });
  };
  return (
    <>
      <div className="page-head">
        <h1>{t('audit.title')}</h1>
        <Text label={t('audit.account')} value={given.account ?? ''} onChange={(value) => set('account', value)} />
        <Choice<string>
          label={t('audit.action')}
          value={given.action ?? ''}
          onChange={(action) => set('action', action)}
          options={[{ value: '', label: t('app.all') }, ...Object.keys(WORDS.audit).map((action) => ({ value: action, label: word('audit', action) }))]}
        />
        <Text label={t('audit.object')} value={given.object ?? ''} onChange={(value) => set('object', value)} />
        <Instant label={t('audit.from')} value={given.from ?? ''} onChange={(value) => set('from', value)} />
        <Instant label={t('audit.to')} value={given.to ?? ''} onChange={(value) => set('to', value)} />
        <Button href={`${API}/audit/export?${new URLSearchParams(given).toString()}`} download>
          {t('audit.export')}
        </Button>
      </div>
      <p className="soft">{t('audit.note')}</p>
      <List filters={given} />
    </>
  );
}

/** A filter that holds when one leaves its field or presses Enter. */
function Text({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const id = useId();
  const [typed, setTyped] = useState(value);
  return (
    <span className="choice">
      <label htmlFor={id}>{label}</label>
      <Input
        id={id}
        maxLength={128}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={() => onChange(typed.trim())}
        onPressEnter={() => onChange(typed.trim())}
      />
    </span>
  );
}

/** An instant of the office's day. */
function Instant({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const id = useId();
  const shown = value === '' ? '' : exactTimeText(value).slice(0, 16).replace(' ', 'T');
  return (
    <span className="choice">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="datetime-local"
        value={shown}
        onChange={({ target }) => onChange(target.value === '' ? '' : new Date(`${target.value}:00+08:00`).toISOString())}
      />
    </span>
  );
}

function List({ filters }: { filters: Filters }) {
  const { t, word } = useTexts();
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = queries.useInfiniteQuery(
    'get',
    '/audit',
    { params: { query: { ...filters, limit: PAGE } } },
    { pageParamName: 'cursor', initialPageParam: undefined, getNextPageParam: ({ next }: Schema<'AuditList'>) => next ?? undefined },
  );
  if (error !== null) return <Problem error={error} retry={refetch} />;
  if (data === undefined) return <Loading />;
  return (
    <>
      <p className="soft" aria-live="polite">
        {t('app.total', { count: data.pages[0]?.total ?? 0 })}
      </p>
      <DataTable
        caption={t('audit.title')}
        rows={data.pages.flatMap(({ entries }) => entries)}
        rowKey={({ id }) => String(id)}
        columns={[
          { title: t('audit.at'), className: 'narrow', cell: ({ at }) => <span className="num">{exactTimeText(at)}</span> },
          { title: t('audit.account'), cell: ({ account }) => <Foreign text={account ?? '—'} /> },
          { title: t('audit.action'), cell: ({ action }) => <span>{word('audit', action)}</span> },
          { title: t('audit.object'), cell: ({ object }) => <Foreign text={object ?? '—'} clamp /> },
          { title: t('audit.address'), cell: ({ address }) => <Foreign text={address ?? '—'} /> },
          { title: t('audit.detail'), className: 'audit-detail', cell: ({ detail }) => <Foreign text={detail ?? '—'} clamp /> },
        ]}
      />
      {hasNextPage && (
        <p>
          <Button loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t('app.more')}
          </Button>
        </p>
      )}
    </>
  );
}
