import { useMemo } from 'react';
import { CasesPanel } from '../edit/CasesPanel';
import { useCases } from '../edit/useCases';
import type { Change } from '../studio';

/** The cases of the whole folder with the change in it, for who is about to propose or to decide. */
export function CasesSection({ change: { files } }: { change: Change }) {
  const texts = useMemo(() => files.map(({ path, text }) => ({ path, text })), [files]);
  return <CasesPanel control={useCases(texts)} rule={null} />;
}
