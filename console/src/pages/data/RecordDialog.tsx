import { queries } from '../../api/client';
import { timeText } from '../../format/time';
import { Dialog } from '../../parts/Dialog';
import { Facts } from '../../parts/Facts';
import { Loading } from '../../parts/Loading';
import { Problem } from '../../parts/Problem';
import { Foreign } from '../../parts/Tags';
import { useTexts } from '../../texts/language';
import { keyOf, type DeadLetter } from './letters';

/** A refused record as it came, personal data masked. */
export function RecordDialog({ letter, close }: { letter: DeadLetter; close: () => void }) {
  const { t, word } = useTexts();
  const { topic, partition, offset } = letter;
  const { data, error, refetch } = queries.useQuery('get', '/data/dead-letters/{topic}/{partition}/{offset}', {
    params: { path: { topic, partition, offset } },
  });
  return (
    <Dialog open title={t('data.record')} footer={null} width={760} onCancel={close}>
      <Facts
        facts={[
          [t('data.place'), <Foreign key="place" text={keyOf(letter)} />],
          [t('data.at'), timeText(letter.at)],
          [t('data.code'), word('refusal', letter.code)],
          [t('data.what'), <Foreign key="what" text={letter.message} />],
          [t('data.length'), data === undefined ? null : t('data.bytes', { count: data.length })],
          ['SHA-256', data === undefined ? null : <span className="num">{data.sha256}</span>],
        ]}
      />
      {error !== null && <Problem error={error} retry={refetch} />}
      {error === null && data === undefined && <Loading />}
      {data !== undefined && (
        <>
          {data.headers.length > 0 && (
            <>
              <h2>{t('data.headers')}</h2>
              <Facts facts={data.headers.map(({ name, value }) => [name, <Foreign key={name} text={value} />])} />
            </>
          )}
          <p className="soft">{data.document === null ? t('data.unreadable') : t('data.masked')}</p>
          {data.document !== null && (
            <pre className="data-document" tabIndex={0}>
              <bdi>{data.document}</bdi>
            </pre>
          )}
        </>
      )}
    </Dialog>
  );
}
