import type { JobInfo } from '../session/session.js';

/** What a job left out under the policies that were configured, in words; empty when nothing. */
export function losses(job: JobInfo): readonly string[] {
  const sum = (of: 'malformed' | 'lateRows'): number => job.operators.reduce((n, o) => n + o[of], 0);
  const malformed = sum('malformed');
  const late = sum('lateRows');
  const told: string[] = [];
  if (malformed > 0) told.push(`${count(malformed, 'malformed record')} skipped or set to NULL`);
  if (late > 0) told.push(`${count(late, 'late row')} dropped`);
  return told;
}

function count(n: number, what: string): string {
  return `${n.toLocaleString('en-US')} ${what}${n === 1 ? '' : 's'}`;
}
