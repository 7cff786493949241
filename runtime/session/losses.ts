import { counted } from '../protocol/display-bundle.js';
import type { JobInfo, Session, Statement } from './session.js';

/** What a job left out under the policies that were configured, in words; empty when nothing. */
export function losses(job: JobInfo): readonly string[] {
  const sum = (of: 'malformed' | 'lateRows'): number => job.operators.reduce((n, o) => n + o[of], 0);
  const malformed = sum('malformed');
  const late = sum('lateRows');
  return [
    ...(malformed > 0 ? [`${counted(malformed, 'malformed record')} skipped or set to NULL`] : []),
    ...(late > 0 ? [`${counted(late, 'late row')} dropped`] : []),
  ];
}

/** The same of a statement's job. */
export async function lossesOf(session: Session, statement: Statement): Promise<readonly string[]> {
  const job = (await session.jobs().catch(() => [])).find((j) => j.id === statement.jobId);
  return job === undefined ? [] : losses(job);
}
