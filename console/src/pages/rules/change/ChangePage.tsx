import { Alert, Button } from 'antd';
import { Link, useParams } from 'react-router-dom';
import { queries } from '../../../api/client';
import { timeText } from '../../../format/time';
import { Facts } from '../../../parts/Facts';
import { Loading } from '../../../parts/Loading';
import { Problem } from '../../../parts/Problem';
import { Foreign } from '../../../parts/Tags';
import { useTexts } from '../../../texts/language';
import { ChangeStateMark } from '../ChangeStateMark';
import { StudioHead } from '../StudioHead';
import { shortVersion, type Change } from '../studio';
import { CasesSection } from './CasesSection';
import { Decision } from './Decision';
import { DifferenceSection } from './DifferenceSection';
import { ExaminationSection } from './ExaminationSection';
import { Outdated } from './Outdated';
import { ShadowSection } from './ShadowSection';
import { StepsSection } from './StepsSection';
import { TrialSection } from './TrialSection';
import { useAct } from './useAct';

/** So often a change is asked for while the engine is about to take it, in milliseconds. */
const WAITING = 2000;

/** One change: what it is, what it does, what it would have done, and who decided. */
export default function ChangePage() {
  const { id = '' } = useParams();
  const { data, error, refetch } = queries.useQuery(
    'get',
    '/rules/changes/{id}',
    { params: { path: { id } } },
    { refetchInterval: ({ state }) => (state.data?.state === 'approved' ? WAITING : false) },
  );
  return (
    <>
      <StudioHead />
      {error !== null && <Problem error={error} retry={refetch} />}
      {data === undefined ? error === null && <Loading /> : <Sections key={id} change={data} />}
    </>
  );
}

function Sections({ change }: { change: Change }) {
  return (
    <div className="change">
      <Head change={change} />
      <DifferenceSection change={change} />
      <ExaminationSection change={change} />
      <CasesSection change={change} />
      <TrialSection change={change} />
      <ShadowSection change={change} />
      <StepsSection change={change} />
      <Decision change={change} />
    </div>
  );
}

function Head({ change }: { change: Change }) {
  const { t, of } = useTexts();
  const { act, acting, error } = useAct(change);
  const { id, title, reason, state, outdated, may, failure } = change;
  return (
    <section className="panel">
      <h2 className="change-title">
        <Foreign text={title} /> <ChangeStateMark state={state} outdated={outdated} />
      </h2>
      <Facts
        facts={[
          [t('change.author'), <Foreign key="author" text={change.author_name} />],
          [t('change.created'), timeText(change.created_at)],
          [t('change.base'), <code key="base">{shortVersion(change.base_version)}</code>],
          [t('change.revision'), change.revision],
          [t('change.version'), change.ruleset === null ? null : <code key="version">{shortVersion(change.ruleset)}</code>],
        ]}
      />
      <p className="change-reason">
        <span className="soft">
          {t('change.reason')}
          {t('studio.colon')}
        </span>
        <Foreign text={reason} />
      </p>
      {state === 'approved' && <Alert type="info" showIcon message={t('change.waiting_force')} />}
      {failure !== null && <Alert type="error" showIcon message={t('change.failed')} description={<Foreign text={of(failure)} />} />}
      <Outdated change={change} />
      {error !== null && <Problem error={error} />}
      <p className="buttons">
        {may.includes('edit') && (
          <Link className="ant-btn ant-btn-default" to={`/rules/changes/${id}/edit`}>
            {t('change.edit')}
          </Link>
        )}
        {may.includes('propose') && (
          <Button type="primary" loading={acting} onClick={() => void act('propose')}>
            {t('change.propose')}
          </Button>
        )}
        {may.includes('rebase') && (
          <Button loading={acting} onClick={() => void act('rebase')}>
            {t('change.rebase')}
          </Button>
        )}
        {may.includes('withdraw') && (
          <Button loading={acting} onClick={() => void act('withdraw')}>
            {t('change.withdraw')}
          </Button>
        )}
      </p>
    </section>
  );
}
