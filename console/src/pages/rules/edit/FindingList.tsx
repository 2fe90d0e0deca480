import { Button } from 'antd';
import { Problem } from '../../../parts/Problem';
import { Foreign, Mark } from '../../../parts/Tags';
import { useTexts } from '../../../texts/language';
import type { Diagnostic } from '../studio';
import type { Check } from './useFindings';

/** Tells findings of one check apart. */
export function keyOf({ path, line, column, code }: Diagnostic): string {
  return [path, line, column, code].join(':');
}

/** Everything that the check found, in all files: each goes to its place. */
export function FindingList({ check, onGo }: { check: Check; onGo: (finding: Diagnostic) => void }) {
  const { t } = useTexts();
  const { findings, running, took, error } = check;
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const words = running
    ? t('check.running')
    : findings.length === 0
      ? t('check.none')
      : t('check.counts', { errors, warnings: findings.length - errors });
  return (
    <section className="panel" aria-label={t('check.title')}>
      <h2>{t('check.title')}</h2>
      <p role="status" className={errors > 0 ? 'clock-over' : 'soft'}>
        {error === null && words} {took !== null && !running && <span className="soft small num">{t('check.took', { time: took })}</span>}
      </p>
      {error !== null && <Problem error={error} />}
      <ul className="findings">
        {findings.map((finding) => (
          <li key={keyOf(finding)}>
            <FindingText finding={finding} onGo={onGo} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** One finding: what, where, and what to do. */
export function FindingText({ finding, onGo }: { finding: Diagnostic; onGo?: (finding: Diagnostic) => void }) {
  const { t, of } = useTexts();
  const { severity, code, message, hint, path, line, column } = finding;
  const file = path ?? t('check.whole');
  const place = line === null ? file : `${file}:${line}:${column ?? 1}`;
  return (
    <>
      <Mark strong={severity === 'error'}>{t(severity === 'error' ? 'check.error' : 'check.warning')}</Mark> <Foreign text={of(message)} />
      {hint !== null && (
        <div className="soft">
          <bdi className="foreign">{t('studio.hint', { hint: of(hint) })}</bdi>
        </div>
      )}
      <div className="soft small">
        {onGo === undefined || path === null ? (
          <bdi className="foreign num">{place}</bdi>
        ) : (
          <Button type="link" size="small" aria-label={t('check.go', { path, line: line ?? 1 })} onClick={() => onGo(finding)}>
            <bdi className="foreign num">{place}</bdi>
          </Button>
        )}{' '}
        <code>{code}</code>
      </div>
    </>
  );
}
