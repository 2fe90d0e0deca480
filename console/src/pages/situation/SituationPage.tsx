import { queries } from '../../api/client';
import { timeText } from '../../format/time';
import { Loading } from '../../parts/Loading';
import { Problem } from '../../parts/Problem';
import { useTexts } from '../../texts/language';
import { Areas } from './Areas';
import { Breakdown, LevelBreakdown } from './Breakdown';
import { ageText } from './age';
import { Health } from './Health';
import { Risers } from './Risers';
import { Trend } from './Trend';
import './situation.css';

/** The leader's picture: every figure opens the list that it counts. */
export default function SituationPage() {
  const { t, word } = useTexts();
  const { data, error, refetch } = queries.useQuery('get', '/situation');
  if (error !== null) return <Problem error={error} retry={refetch} />;
  if (data === undefined) return <Loading />;
  return (
    <>
      <div className="page-head">
        <h1>{t('situation.title')}</h1>
        <span className="soft">{t('stream.as_of', { time: timeText(data.areas[0]?.as_of ?? data.stream.read_at) })}</span>
      </div>
      <div className="situation">
        <LevelBreakdown levels={data.by_level} overdue={data.overdue} unrouted={data.unrouted} />
        <Breakdown
          title={t('situation.by_state')}
          items={data.by_state.map(({ state, figure }) => ({ label: word('state', state), figure }))}
        />
        <Breakdown
          title={t('situation.by_age')}
          items={data.by_age.map((age) => ({ label: ageText(age, t), figure: age.figure }))}
        />
        <Trend days={data.trend} />
        <Risers risers={data.risers} />
        <Areas areas={data.areas} hasMap={data.has_map} />
        <Health deadLetters={data.dead_letters} />
      </div>
    </>
  );
}
