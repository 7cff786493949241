import { describe, expect, test } from '@jest/globals';
import {
  ARRAY,
  BIGINT,
  DOUBLE,
  INT,
  STRING,
  StrColumn,
  TIMESTAMP,
  Timestamp,
  columnFromValues,
  widen,
  type Column,
  type DataType,
  type I64Column,
  type Value,
} from '../types/index.js';
import { hashColumns, keyGroupOf, subtaskOfGroup } from './hash.js';
import { KeyBatch, KeyTable } from './key-table.js';

function slotsOf(table: KeyTable, columns: Column[], n: number, insert = true): number[] {
  const batch = new KeyBatch();
  batch.prepare(
    columns,
    columns.map((_, c) => c),
    n,
  );
  const slots = new Int32Array(n);
  const rows = Int32Array.from({ length: n }, (_, i) => i);
  if (insert) table.upsert(batch, rows, n, slots);
  else table.find(batch, rows, n, slots);
  return [...slots];
}

function columnsOf(types: readonly DataType[], rows: readonly (readonly Value[])[]): Column[] {
  return types.map((t, c) =>
    columnFromValues(
      t,
      rows.map((r) => r[c]),
    ),
  );
}

describe('hashes', () => {
  test('do not depend on the form of a column', () => {
    const narrow = columnFromValues(BIGINT(), [1n, -1n, 5_000_000_000n, -5_000_000_000n, 0n]) as I64Column;
    const wide = columnFromValues(BIGINT(), [1n, -1n, 5_000_000_000n, -5_000_000_000n, 0n]) as I64Column;
    widen(wide, 5, false);
    const strings = columnFromValues(STRING(), [
      '',
      'a',
      'abcde',
      'ä€😀',
      'a string of more than thirty-two characters',
    ]);
    const bytes = StrColumn.fromBytes(new Uint8Array(0), new Int32Array(5), new Int32Array(5));
    const parts = (strings as StrColumn).strings!.map((s) => Buffer.from(s as string));
    bytes.data = new Uint8Array(Buffer.concat(parts));
    let at = 0;
    parts.forEach((part, i) => {
      bytes.starts[i] = at;
      bytes.lengths[i] = part.length;
      at += part.length;
    });
    const a = new Int32Array(5);
    const b = new Int32Array(5);
    hashColumns([narrow, strings], 5, a);
    hashColumns([wide, bytes], 5, b);
    expect([...a]).toEqual([...b]);
    // A snapshot of another run must find its keys: the function is part of the format.
    expect([...a].map(keyGroupOf)).toEqual([24, 71, 51, 41, 113]);
  });

  test('groups are dealt in contiguous, even ranges', () => {
    const counts = [0, 0, 0];
    for (let group = 0; group < 128; group++) counts[subtaskOfGroup(group, 3)]++;
    expect(counts.every((c) => c >= 42 && c <= 43)).toBe(true);
  });
});

describe('keys to slots', () => {
  test.each<[string, DataType[], Value[][]]>([
    ['bigint', [BIGINT()], [[1n], [2n], [9_223_372_036_854_775_807n], [null], [-1n]]],
    [
      'int and string',
      [INT(), STRING()],
      [
        [1, 'a'],
        [1, 'b'],
        [1, null],
        [null, 'a'],
        [null, null],
        [1, ''],
      ],
    ],
    ['double', [DOUBLE()], [[0], [-0], [NaN], [1.5]]],
    ['timestamp', [TIMESTAMP(9)], [[new Timestamp(1)], [new Timestamp(1, 5)], [new Timestamp(-1)], [null]]],
    ['nested', [ARRAY(INT())], [[[1, 2]], [[1]], [[]], [null]]],
    ['none', [], [[]]],
  ])('%s: equal keys share a slot, others do not', (_, types, keys) => {
    const table = new KeyTable(types);
    const first = slotsOf(table, columnsOf(types, keys), keys.length);
    expect(new Set(first).size).toBe(keys.length);
    expect(slotsOf(table, columnsOf(types, keys), keys.length)).toEqual(first);
    expect(slotsOf(table, columnsOf(types, keys.slice(0, 1)), 1, false)).toEqual(first.slice(0, 1));
    expect(table.size).toBe(keys.length);
  });

  test('grows, forgets and reuses: as a Map does', () => {
    const types = [INT(), STRING()];
    const table = new KeyTable(types);
    const model = new Map<string, number>();
    let seed = 1;
    const random = (n: number): number => (seed = (seed * 48271) % 2147483647) % n;
    for (let round = 0; round < 60; round++) {
      const rows = Array.from({ length: 50 }, (): Value[] => [random(40), `k${random(30)}`]);
      const slots = slotsOf(table, columnsOf(types, rows), rows.length);
      rows.forEach((row, i) => {
        const key = row.join('|');
        if (model.has(key)) expect(slots[i]).toBe(model.get(key));
        model.set(key, slots[i]);
      });
      expect(new Set(model.values()).size).toBe(model.size);
      for (const [key, slot] of [...model]) {
        if (random(3) > 0) continue;
        table.remove(slot);
        model.delete(key);
      }
      expect(table.size).toBe(model.size);
      expect([...table.liveSlots()]).toEqual([...model.values()].sort((a, b) => a - b));
    }
    table.clear();
    expect(slotsOf(table, columnsOf(types, [[1, 'k1']]), 1, false)).toEqual([-1]);
  });
});
