import { areaText } from '../../format/area';
import { Foreign, LevelTag } from '../../parts/Tags';
import { useTexts } from '../../texts/language';
import type { WarningFile } from '../warning/events';
import { Line } from './Sheet';

/** Whom the warning is about, and its level: the first lines of either sheet. */
export function WhoLines({ file: { summary } }: { file: WarningFile }) {
  const { t } = useTexts();
  const { operator } = summary;
  return (
    <>
      <Line label={t('print.operator')}>
        <Foreign text={operator.name ?? operator.operator_id} />
        <div>
          {t('operators.licence')} <Foreign text={operator.operator_id} />
        </div>
        <div>
          <Foreign text={[areaText(operator.area), operator.address ?? ''].filter(Boolean).join(t('app.comma'))} />
        </div>
      </Line>
      <Line label={t('print.level')}>
        <LevelTag level={summary.open ? summary.level : summary.highest_level} />
      </Line>
    </>
  );
}
