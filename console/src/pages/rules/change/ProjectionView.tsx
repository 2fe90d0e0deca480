import { Alert } from 'antd';
import { Link } from 'react-router-dom';
import type { Schema } from '../../../api/client';
import { timeText } from '../../../format/time';
import { DataTable } from '../../../parts/DataTable';
import { Foreign, LevelTag } from '../../../parts/Tags';
import { useTexts } from '../../../texts/language';

type Projection = Schema<'Projection'>;

/** What the change would do at once to the levels of operators as they are now, by the engine itself. */
export function ProjectionView({ projection }: { projection: Projection }) {
  const { t } = useTexts();
  const { at, unchanged, operators, raised, lowered, opened, levels, examples, failures } = projection;
  const failing = Object.entries(failures);
  return (
    <div className="trial">
      <h3>{t('projection.title')}</h3>
      {unchanged ? (
        <p>{t('projection.unchanged')}</p>
      ) : (
        <>
          <p>{t('projection.sum', { operators, raised, lowered, opened })}</p>
          <p className="soft small">{t('projection.made', { time: timeText(at) })}</p>
        </>
      )}
      {failing.length > 0 && (
        <Alert
          type="error"
          showIcon
          message={t('projection.failures')}
          description={failing.map(([what, count]) => (
            <div key={what}>
              <bdi className="foreign">{what}</bdi> <span className="num">{t('projection.times', { count })}</span>
            </div>
          ))}
        />
      )}
      {levels.length > 0 && (
        <ul className="moves" aria-label={t('projection.moves')}>
          {levels.map(({ from, to, operators: count }) => (
            <li key={`${from}/${to}`}>
              <LevelTag level={from} /> → <LevelTag level={to} /> <span className="num">{t('trial.operators', { count })}</span>
            </li>
          ))}
        </ul>
      )}
      <Rising rising={projection.rising} />
      {examples.length > 0 && (
        <details>
          <summary>{t('projection.examples', { count: examples.length })}</summary>
          <ul className="operators-list">
            {examples.map(({ operator_id, from, to }) => (
              <li key={operator_id}>
                <Link to={`/operators/${encodeURIComponent(operator_id)}`}>
                  <bdi className="foreign num">{operator_id}</bdi>
                </Link>{' '}
                <LevelTag level={from} /> → <LevelTag level={to} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

/** The rules behind levels that would rise. */
function Rising({ rising }: { rising: Projection['rising'] }) {
  const { t, of } = useTexts();
  if (rising.length === 0) return null;
  return (
    <DataTable
      caption={t('projection.rising')}
      rows={rising}
      rowKey={({ rule }) => rule}
      columns={[
        { title: t('projection.rule'), cell: ({ title }) => <Foreign text={of(title)} /> },
        { title: t('projection.rising_operators'), className: 'num', cell: ({ operators }) => operators },
        { title: t('projection.decisive'), className: 'num', cell: ({ decisive }) => decisive },
      ]}
    />
  );
}
