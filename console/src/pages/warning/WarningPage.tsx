import { Link, useParams } from 'react-router-dom';
import { queries } from '../../api/client';
import { areaText } from '../../format/area';
import { Loading } from '../../parts/Loading';
import { Problem } from '../../parts/Problem';
import { Foreign, LevelTag, Mark } from '../../parts/Tags';
import { useMay } from '../../api/session';
import { useTexts } from '../../texts/language';
import { AnswerPanel } from './answer/AnswerPanel';
import { Clocks } from './Clocks';
import { typed, type WarningFile } from './events';
import { Findings } from '../../parts/Findings';
import { People } from './People';
import { Proof } from './Proof';
import { Steps } from './Steps';
import './warning.css';

/** One warning in full: what, why, since when, who does what until when, and whether it can be recomputed. */
export default function WarningPage() {
  const { warningId = '' } = useParams();
  const { data, error, refetch } = queries.useQuery('get', '/warnings/{warning_id}', {
    params: { path: { warning_id: warningId } },
  });
  if (data === undefined) return error === null ? <Loading /> : <Problem error={error} retry={refetch} />;
  return <File key={warningId} file={typed(data)} />;
}

function File({ file }: { file: WarningFile }) {
  const mayAnswer = useMay('answer');
  const { newest } = file;
  return (
    <>
      <Head file={file} />
      <div className="warning">
        <div className="warning-main">
          {newest !== undefined && <Findings record={newest} operatorId={file.summary.operator.operator_id} />}
          <Steps file={file} />
          <People file={file} />
        </div>
        <div className="warning-side">
          <Clocks file={file} />
          {mayAnswer && <AnswerPanel file={file} />}
          <Proof warningId={file.summary.warning_id} sequence={file.summary.sequence} />
        </div>
      </div>
    </>
  );
}

function Head({ file: { summary } }: { file: WarningFile }) {
  const { t, word, of } = useTexts();
  const { operator, open, state, step, unrouted } = summary;
  const level = open ? summary.level : summary.highest_level;
  return (
    <section className="panel warning-head">
      <h1>
        <LevelTag level={level} /> <span className="heard">{t('warning.title', { level: word('level', level) })}</span>
        <Link to={`/operators/${encodeURIComponent(operator.operator_id)}`}>
          <Foreign text={operator.name ?? operator.operator_id} clamp />
        </Link>
        <Mark>{open ? (state === null ? word('step', step) : word('state', state)) : `${t('warning.ended')} · ${word('step', step)}`}</Mark>
        {unrouted && <Mark strong>{t('warning.unrouted')}</Mark>}
      </h1>
      <p className="warning-text foreign">{of(summary.text)}</p>
      <p className="soft warning-links">
        <span className="foreign">
          {areaText(operator.area)} <bdi>{operator.address}</bdi>
        </span>
        <span>
          {t('warning.number')} <span className="num">{summary.warning_id}</span>
        </span>
        <Link to={`/print/notice/${summary.warning_id}`}>{t('warning.notice')}</Link>
        <Link to={`/print/answer/${summary.warning_id}`}>{t('warning.answer_sheet')}</Link>
      </p>
    </section>
  );
}
