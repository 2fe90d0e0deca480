import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Checkbox } from 'antd';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { queries, type Schema } from '../../api/client';
import { Choice } from '../../parts/Choice';
import { Loading } from '../../parts/Loading';
import { More } from '../../parts/More';
import { Problem, problemText } from '../../parts/Problem';
import { useKeys } from '../../parts/keys';
import { useRowKeys } from '../../parts/useRowKeys';
import { useTexts } from '../../texts/language';
import { acknowledgeAll, canAcknowledge, itemKey } from './acknowledge';
import { InboxTable } from './InboxTable';
import './inbox.css';

type Relation = Schema<'InboxItem'>['relation'];
const RELATIONS: Relation[] = ['act', 'review', 'extension', 'above', 'copy'];
const PAGE = 100;

/** What the account's posts must answer, the earliest due first. */
export default function InboxPage() {
  const { t, word } = useTexts();
  const [relation, setRelation] = useState<Relation | 'all'>('all');
  const [onlyOverdue, setOnlyOverdue] = useState(false);
  const query = { ...(relation === 'all' ? {} : { relation }), ...(onlyOverdue ? { overdue: true } : {}), limit: PAGE };
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = queries.useInfiniteQuery(
    'get',
    '/inbox',
    { params: { query } },
    { pageParamName: 'cursor', initialPageParam: undefined, getNextPageParam: ({ next }: Schema<'InboxList'>) => next ?? undefined },
  );
  const counts = data?.pages[0];
  return (
    <>
      <div className="page-head">
        <h1>{t('inbox.title')}</h1>
        {counts !== undefined && (
          <span className="soft" aria-live="polite">
            {t('inbox.counts', { total: counts.total, unread: counts.unread, overdue: counts.overdue })}
          </span>
        )}
        <Choice
          label={t('inbox.relation')}
          value={relation}
          onChange={setRelation}
          options={[
            { value: 'all', label: t('app.all') },
            ...RELATIONS.map((value) => ({ value, label: word('relation', value) })),
          ]}
        />
        <Checkbox checked={onlyOverdue} onChange={(event) => setOnlyOverdue(event.target.checked)}>
          {t('inbox.only_overdue')}
        </Checkbox>
      </div>
      {error !== null && <Problem error={error} retry={refetch} />}
      {data === undefined ? error === null && <Loading /> : <Items items={data.pages.flatMap(({ items }) => items)} />}
      <More hasNextPage={hasNextPage} isFetchingNextPage={isFetchingNextPage} fetchNextPage={fetchNextPage} />
    </>
  );
}

/** The list with the keyboard and what can be done with several at once. */
function Items({ items }: { items: Schema<'InboxItem'>[] }) {
  const texts = useTexts();
  const { t } = texts;
  const { message } = App.useApp();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [sending, setSending] = useState(false);
  const itemOf = (key: string | undefined) => items.find((item) => itemKey(item) === key);
  const current = useRowKeys(items.map(itemKey), (key) => {
    const item = itemOf(key);
    if (item !== undefined) navigate(`/warnings/${item.warning.warning_id}`);
  });
  // What has been acknowledged meanwhile is no longer chosen.
  const selected = items.filter((item) => chosen.has(itemKey(item)) && canAcknowledge(item));

  function toggle(item: Schema<'InboxItem'> | undefined) {
    if (item === undefined || !canAcknowledge(item)) return;
    const key = itemKey(item);
    const next = new Set(chosen);
    if (!next.delete(key)) next.add(key);
    setChosen(next);
  }

  async function acknowledge() {
    if (selected.length === 0 || sending) return;
    setSending(true);
    const { done, failures } = await acknowledgeAll(selected);
    setSending(false);
    setChosen(new Set());
    if (done > 0) void message.success(t('inbox.acknowledged', { count: done }));
    if (failures.length > 0) {
      void message.error(t('inbox.acknowledge_failed', { count: failures.length, reason: problemText(failures[0], texts) }));
    }
    void queryClient.invalidateQueries({ queryKey: ['get', '/inbox'] });
  }

  useKeys({
    x: () => toggle(itemOf(current)),
    a: () => void acknowledge(),
  });

  const possible = items.filter(canAcknowledge);
  return (
    <>
      <div className="inbox-bar">
        <Button type="primary" disabled={selected.length === 0} loading={sending} onClick={() => void acknowledge()}>
          {t('inbox.acknowledge', { count: selected.length })}
        </Button>
        <span className="soft inbox-keys">{t('inbox.keys')}</span>
      </div>
      <InboxTable
        items={items}
        current={current}
        chosen={chosen}
        onToggle={toggle}
        allChosen={possible.length > 0 && selected.length === possible.length}
        onToggleAll={(all) => setChosen(new Set(all ? possible.map(itemKey) : []))}
      />
    </>
  );
}
