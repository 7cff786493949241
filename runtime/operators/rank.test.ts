import { describe, expect, test } from '@jest/globals';
import { BIGINT, INT, STRING, type DataType } from '../types/index.js';
import { OperatorHarness } from './harness.js';
import { createRank, type RankSpec } from './rank.js';

const types: DataType[] = [INT(), STRING()];

function harness(more: Partial<RankSpec>): OperatorHarness {
  const outputTypes = more.outputRank === true ? [...types, BIGINT(false)] : types;
  const spec: RankSpec = {
    function: 'ROW_NUMBER',
    partitionKeys: [0],
    sort: [{ column: 1, ascending: true, nullsLast: false }],
    start: 1,
    end: 2,
    outputRank: false,
    strategy: 'append',
    inputKey: null,
    ttl: 0,
    inputTypes: [types],
    outputTypes,
    emission: 'row',
    updateBefore: true,
    ...more,
  };
  return new OperatorHarness(createRank(spec), [types], outputTypes);
}

const rows = ['+I 1 x', '+I 1 y', '+I 1 z', '+I 2 p', '+I 1 w', '+I 2 q'];

// Every expectation of this block was seen on Flink 2.3.
describe('append', () => {
  test('without rank column: the row that leaves, then the one that enters', () => {
    const h = harness({});
    h.elements(rows);
    expect(h.take()).toEqual(['+I 1 x', '+I 1 y', '+I 2 p', '-D 1 y', '+I 1 w', '+I 2 q']);
  });

  test('with rank column: every shifted rank is an update', () => {
    const h = harness({ outputRank: true });
    h.elements(rows);
    expect(h.take()).toEqual([
      '+I 1 x 1',
      '+I 1 y 2',
      '+I 2 p 1',
      '-U 1 x 1',
      '+U 1 w 1',
      '-U 1 y 2',
      '+U 1 x 2',
      '+I 2 q 2',
    ]);
  });

  test('with an offset, with and without rank column', () => {
    const ranked = harness({ outputRank: true, start: 2, end: 3 });
    ranked.elements(rows);
    expect(ranked.take()).toEqual(['+I 1 y 2', '+I 1 z 3', '-U 1 y 2', '+U 1 x 2', '-U 1 z 3', '+U 1 y 3', '+I 2 q 2']);
    const plain = harness({ start: 2, end: 3 });
    plain.elements(rows);
    expect(plain.take()).toEqual(['+I 1 y', '+I 1 z', '-U 1 y', '+U 1 x', '-U 1 z', '+U 1 y', '+I 2 q']);
  });

  test('the first alone is updated in place; of equal rows the earlier stays', () => {
    const h = harness({ end: 1 });
    h.elements([...rows, '+I 1 w']);
    expect(h.take()).toEqual(['+I 1 x', '+I 2 p', '-U 1 x', '+U 1 w']);
  });
});

// Counts per key, as they come out of an aggregation: 1 -> 1, 2, 3, then 2 -> 1, then 1 -> 4, then 2 -> 2.
const counts: DataType[] = [INT(), BIGINT(false)];
const byCount = { partitionKeys: [], inputTypes: [counts] };
const updates = ['+I 1 1', '+U 1 2', '+U 1 3', '+I 2 1', '+U 1 4', '+U 2 2'];
const retractions = [
  '+I 1 1',
  '-U 1 1',
  '+U 1 2',
  '-U 1 2',
  '+U 1 3',
  '+I 2 1',
  '-U 1 3',
  '+U 1 4',
  '-U 2 1',
  '+U 2 2',
];

function counted(more: Partial<RankSpec>): OperatorHarness {
  const outputTypes = more.outputRank === true ? [...counts, BIGINT(false)] : counts;
  const h = harness({ ...byCount, ...more });
  return new OperatorHarness(h.operator, [counts], outputTypes);
}

describe('update', () => {
  const descending = [{ column: 1, ascending: false, nullsLast: true }];

  test('with rank column', () => {
    const h = counted({ strategy: 'update', inputKey: [0], sort: descending, outputRank: true });
    h.elements(updates);
    expect(h.take()).toEqual([
      '+I 1 1 1',
      '-U 1 1 1',
      '+U 1 2 1',
      '-U 1 2 1',
      '+U 1 3 1',
      '+I 2 1 2',
      '-U 1 3 1',
      '+U 1 4 1',
      '-U 2 1 2',
      '+U 2 2 2',
    ]);
  });

  test('a row that overtakes others', () => {
    const h = counted({ strategy: 'update', inputKey: [0], sort: descending, outputRank: true, end: 3 });
    h.elements(['+I 1 3', '+I 2 2', '+I 3 1']);
    h.take();
    h.element('+U 3 9');
    expect(h.take()).toEqual(['-U 1 3 1', '-U 3 1 3', '+U 3 9 1', '-U 2 2 2', '+U 1 3 2', '+U 2 2 3']);
  });

  test('the first alone', () => {
    const h = counted({ strategy: 'update', inputKey: [0], sort: descending, end: 1 });
    h.elements(updates);
    expect(h.take()).toEqual(['+I 1 1', '-U 1 1', '+U 1 2', '-U 1 2', '+U 1 3', '-U 1 3', '+U 1 4']);
  });
});

describe('retract', () => {
  const ascending = [{ column: 1, ascending: true, nullsLast: false }];

  test('with rank column', () => {
    const h = counted({ strategy: 'retract', sort: ascending, outputRank: true });
    h.elements(retractions);
    expect(h.take()).toEqual([
      '+I 1 1 1',
      '-D 1 1 1',
      '+I 1 2 1',
      '-D 1 2 1',
      '+I 1 3 1',
      '-U 1 3 1',
      '+U 2 1 1',
      '+I 1 3 2',
      '-D 1 3 2',
      '+I 1 4 2',
      '-U 2 1 1',
      '+U 1 4 1',
      '-D 1 4 2',
      '-U 1 4 1',
      '+U 2 2 1',
      '+I 1 4 2',
    ]);
  });

  test('without', () => {
    const h = counted({ strategy: 'retract', sort: ascending, end: 1 });
    h.elements(retractions);
    expect(h.take()).toEqual([
      '+I 1 1',
      '-D 1 1',
      '+I 1 2',
      '-D 1 2',
      '+I 1 3',
      '-D 1 3',
      '+I 2 1',
      '-D 2 1',
      '+I 1 4',
      '-D 1 4',
      '+I 2 2',
    ]);
  });

  test('an unknown row taken back is ignored; an empty partition is forgotten', () => {
    const h = harness({ strategy: 'retract' });
    h.elements(['-D 1 a', '+I 1 b', '-D 1 b']);
    expect(h.take()).toEqual(['+I 1 b', '-D 1 b']);
    expect(h.metrics.stateKeys).toBe(0);
  });
});

test('folded: only what the batch changed', () => {
  const h = harness({ strategy: 'retract', emission: 'folded', outputRank: true });
  h.elements(['+I 1 c', '+I 1 b', '+I 1 a', '-D 1 b']);
  expect(h.take()).toEqual(['+I 1 a 1', '+I 1 c 2']);
  h.elements(['-D 1 a', '+I 1 b', '-D 1 b', '+I 1 a']);
  expect(h.take()).toEqual([]);
});

test('a large partition', () => {
  const h = harness({ strategy: 'retract', partitionKeys: [], end: 3 });
  const n = 5000;
  const name = (i: number): string => String((i * 7919) % n).padStart(5, '0');
  h.elements(Array.from({ length: n }, (_, i) => `+I 1 ${name(i)}`));
  for (let i = 0; i < n - 2; i++) h.element(`-D 1 ${String(i).padStart(5, '0')}`);
  const table = new Map<string, number>();
  for (const line of h.take()) {
    const row = line.slice(3);
    table.set(row, (table.get(row) ?? 0) + (line.startsWith('+') ? 1 : -1));
  }
  expect([...table].filter(([, c]) => c !== 0)).toEqual([
    ['1 04998', 1],
    ['1 04999', 1],
  ]);
});
