import type { SplitOffset } from './connector.js';

/**
 * The splits of one subtask when a job starts from offsets: all splits of the earlier run, in one order that every subtask sees alike,
 * dealt out round robin. So a job may be restored at any parallelism.
 */
export function assignedOffsets(
  offsets: readonly SplitOffset[],
  subtask: number,
  parallelism: number,
): readonly SplitOffset[] {
  const sorted = [...offsets].sort((a, b) => (a.split < b.split ? -1 : a.split > b.split ? 1 : 0));
  return sorted.filter((_, i) => i % parallelism === subtask);
}
