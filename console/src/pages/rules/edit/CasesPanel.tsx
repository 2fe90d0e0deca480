import { Button, Checkbox } from 'antd';
import { useState } from 'react';
import { Problem } from '../../../parts/Problem';
import { useTexts } from '../../../texts/language';
import { CaseList } from '../change/CaseList';
import type { CasesControl } from './useCases';

interface Props {
  control: CasesControl;
  /** The rule of the file that is open; null if it is of none. */
  rule: string | null;
}

/** Runs the cases over what is on the page, and tells the story of those that fail. */
export function CasesPanel({ control, rule }: Props) {
  const { t } = useTexts();
  const [all, setAll] = useState(false);
  const { run, running, result, error } = control;
  return (
    <section className="panel" aria-label={t('cases.title')}>
      <h2>{t('cases.title')}</h2>
      <p className="buttons">
        <Button type="primary" loading={running} onClick={() => void run(all ? null : rule)}>
          {t('cases.run')}
        </Button>
        {rule !== null && (
          <Checkbox checked={!all} onChange={(event) => setAll(!event.target.checked)}>
            {t('cases.only_rule')}
          </Checkbox>
        )}
      </p>
      {error !== null && <Problem error={error} />}
      {result !== null && result.cases.length === 0 && !result.ok && <p className="clock-over">{t('cases.not_run')}</p>}
      {result !== null && (result.ok || result.cases.length > 0) && <CaseList cases={result.cases} />}
    </section>
  );
}
