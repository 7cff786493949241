import type { DataType } from '../types/index.js';
import { subtaskOfHash } from '../state/hash.js';
import { KeyBatch, type KeyTable } from '../state/key-table.js';
import { readRows, writeRows } from '../state/row-snapshot.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';

/** Saving and restoring the keys of a table, by key group. */

export function writeKeys(writer: SnapshotWriter, name: string, table: KeyTable, slots: Int32Array): void {
  writeRows(
    writer,
    name,
    table.types,
    table.columns.map((c) => c.column),
    slots,
    slots.length,
  );
}

/**
 * Enters the saved keys that belong to this subtask.
 * @returns the slot of each saved key by position, -1 for those of other subtasks; as `load` of the states wants it.
 */
export function readKeys(
  reader: SnapshotReader,
  name: string,
  table: KeyTable,
  place: { readonly subtask: number; readonly parallelism: number },
  /** How many leading columns decide the owner; all by default. */
  keyColumns: number = table.types.length,
): Int32Array {
  const keys = readRows(reader, name, table.types);
  const batch = new KeyBatch();
  const all = table.types.map((_: DataType, c: number) => c);
  batch.prepare(keys.columns, all.slice(0, keyColumns), keys.length);
  const rows = new Int32Array(keys.length);
  let n = 0;
  for (let i = 0; i < keys.length; i++) {
    if (place.parallelism === 1 || subtaskOfHash(batch.hashes[i], place.parallelism) === place.subtask) rows[n++] = i;
  }
  if (keyColumns !== all.length) batch.prepare(keys.columns, all, keys.length);
  const targets = new Int32Array(keys.length).fill(-1);
  table.upsert(batch, rows, n, targets);
  return targets;
}

const IDENTITY: { rows: Int32Array } = { rows: new Int32Array(0) };

/** 0, 1, 2, ...: the rows of a whole batch. Never written to. */
export function allRows(length: number): Int32Array {
  if (IDENTITY.rows.length < length) IDENTITY.rows = Int32Array.from({ length: Math.max(4096, length) }, (_, i) => i);
  return IDENTITY.rows;
}
