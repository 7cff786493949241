import { boxedValue, columnFromValues, type Column } from './column.js';
import type { DataType } from './data-type.js';
import { INSERT, rowKindName, type RowKind } from './row-kind.js';
import type { Value } from './value.js';

/** Rows a source aims at per batch; five milliseconds end a batch sooner. */
export const BATCH_ROWS = 4096;

/**
 * A run of changelog rows, by column.
 *
 * Ownership: a batch and its columns belong to the one who made it, and are valid only until the call that received it returns; its
 * buffers may be views over memory that the next batch overwrites. Whoever keeps a row copies it. A consumer never writes into a batch
 * it received; it may share columns of it in a batch that it passes on within the same call.
 */
export class Batch {
  constructor(
    readonly length: number,
    readonly columns: readonly Column[],
    /** One RowKind per row, null while every row is +I. */
    readonly kinds: Uint8Array | null = null,
  ) {}
}

/** A changelog row in boxed form. */
export interface ChangelogRow {
  readonly kind: RowKind;
  readonly fields: readonly Value[];
}

export function batchFromRows(types: readonly DataType[], rows: readonly ChangelogRow[]): Batch {
  const columns = types.map((type, c) =>
    columnFromValues(
      type,
      rows.map((r) => r.fields[c]),
    ),
  );
  const appendOnly = rows.every((r) => r.kind === INSERT);
  return new Batch(rows.length, columns, appendOnly ? null : Uint8Array.from(rows, (r) => r.kind));
}

export function rowsFromBatch(types: readonly DataType[], batch: Batch): ChangelogRow[] {
  const rows: ChangelogRow[] = new Array<ChangelogRow>(batch.length);
  for (let i = 0; i < batch.length; i++) {
    rows[i] = {
      kind: (batch.kinds === null ? INSERT : batch.kinds[i]) as RowKind,
      fields: types.map((type, c) => boxedValue(batch.columns[c], type, i)),
    };
  }
  return rows;
}

/** `+I 1 a`: a changelog row as tests write it. */
export function changelogText(kind: number, cells: readonly string[]): string {
  return [rowKindName(kind), ...cells].join(' ');
}
