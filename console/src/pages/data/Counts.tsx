import { Button } from 'antd';
import { queries } from '../../api/client';
import { timeText } from '../../format/time';
import { DataTable } from '../../parts/DataTable';
import { Foreign } from '../../parts/Tags';
import { useTexts } from '../../texts/language';

interface Props {
  topic: string | null;
  code: string | null;
  choose: (filters: Record<string, string>) => void;
}

/** How many records were refused for what; each number opens its list. */
export function Counts({ topic, code, choose }: Props) {
  const { t, word } = useTexts();
  const { data } = queries.useQuery('get', '/data/dead-letters');
  const counted = (data?.counts ?? []).reduce((sum, { count }) => sum + count, 0);
  return (
    <section className="panel" aria-label={t('data.counts')}>
      <h2>{t('data.counts')}</h2>
      <DataTable
        caption={t('data.counts')}
        rows={data?.counts ?? []}
        rowKey={(count) => `${count.topic} ${count.code}`}
        currentKey={topic === null || code === null ? undefined : `${topic} ${code}`}
        columns={[
          { title: t('data.topic'), cell: (count) => <Foreign text={count.topic} /> },
          { title: t('data.code'), cell: (count) => <span>{word('refusal', count.code)}</span> },
          {
            title: t('data.count'),
            className: 'num narrow',
            cell: (count) => (
              <Button size="small" type="link" onClick={() => choose({ topic: count.topic, code: count.code })}>
                {count.count}
              </Button>
            ),
          },
          { title: t('data.newest'), className: 'narrow', cell: (count) => <span className="num">{timeText(count.newest_at)}</span> },
        ]}
      />
      {data !== undefined && counted > data.listed && (
        <p className="soft">{t('data.listed', { most: data.most_listed, time: timeText(data.oldest_at), counted })}</p>
      )}
    </section>
  );
}
