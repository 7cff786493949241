/**
 * RowKind of a changelog row, as small integers so that a batch can carry them in a Uint8Array.
 * Bit 0 set means the row takes back (retracts), bit 1 set means it belongs to an update.
 */
export const INSERT = 0;
export const DELETE = 1;
export const UPDATE_AFTER = 2;
export const UPDATE_BEFORE = 3;

export type RowKind = typeof INSERT | typeof DELETE | typeof UPDATE_AFTER | typeof UPDATE_BEFORE;

const SHORT = ['+I', '-D', '+U', '-U'] as const;
const LONG = ['INSERT', 'DELETE', 'UPDATE_AFTER', 'UPDATE_BEFORE'] as const;

export type RowKindName = (typeof SHORT)[number];

/** `+I -D +U -U`, as Flink prints it. */
export function rowKindName(kind: number): RowKindName {
  return SHORT[kind & 3];
}

/** `INSERT DELETE UPDATE_AFTER UPDATE_BEFORE`, as the SQL Gateway writes it. */
export function rowKindLongName(kind: number): (typeof LONG)[number] {
  return LONG[kind & 3];
}

/** @returns the kind, or undefined for a text that names none. Accepts both spellings. */
export function parseRowKind(text: string): RowKind | undefined {
  const short = SHORT.indexOf(text as RowKindName);
  const index = short >= 0 ? short : LONG.indexOf(text as (typeof LONG)[number]);
  return index < 0 ? undefined : (index as RowKind);
}

export function isRetraction(kind: number): boolean {
  return (kind & 1) !== 0;
}

/** How a stream of changelog rows behaves. append: only +I; upsert: no -U, keyed; retract: every change takes its old row back. */
export type ChangelogMode = 'append' | 'upsert' | 'retract';
