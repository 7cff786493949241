import { counted } from '@streamcell/runtime/protocol/display-bundle';
import type { Session, Statement } from '@streamcell/runtime/session/session';

/** What a statement's job left out under the policies that were configured, in words; empty when nothing. */
export async function losses(session: Session, statement: Statement): Promise<readonly string[]> {
  const job = (await session.jobs().catch(() => [])).find((j) => j.id === statement.jobId);
  const sum = (of: 'malformed' | 'lateRows'): number => (job?.operators ?? []).reduce((n, o) => n + o[of], 0);
  const malformed = sum('malformed');
  const late = sum('lateRows');
  return [
    ...(malformed > 0 ? [counted(malformed, 'malformed record')] : []),
    ...(late > 0 ? [`${counted(late, 'late row')} dropped`] : []),
  ];
}
