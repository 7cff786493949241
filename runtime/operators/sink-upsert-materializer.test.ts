import { describe, expect, test } from '@jest/globals';
import { INT, STRING, type DataType } from '../types/index.js';
import { OperatorHarness } from './harness.js';
import { SinkUpsertMaterializer } from './sink-upsert-materializer.js';

/** key of the sink, upsert key of the query, value */
const TYPES: DataType[] = [INT(), INT(), STRING()];

function harness(upsertKey: number[] | null, ttl = 0): OperatorHarness {
  return new OperatorHarness(
    new SinkUpsertMaterializer({ primaryKey: [0], upsertKey, ttl, inputTypes: [TYPES] }),
    [TYPES],
    TYPES,
  );
}

describe('SinkUpsertMaterializer', () => {
  test('the sink shows the latest row of a key that was not taken back', () => {
    const h = harness(null);
    h.elements(['+I 1 1 a', '+U 1 2 b', '+U 1 3 c', '-U 1 2 b', '-D 1 3 c', '-D 1 1 a', '-D 1 9 z']);
    expect(h.take()).toEqual(['+I 1 1 a', '+U 1 2 b', '+U 1 3 c', '+U 1 1 a', '-D 1 1 a']);
    expect(h.metrics.stateKeys).toBe(0);
  });

  test('changes out of order: the old row is taken back after the new one came', () => {
    const h = harness([1]);
    h.elements(['+I 1 1 a', '+I 2 2 b', '+U 1 2 b2', '-U 1 1 a', '-U 2 2 b']);
    expect(h.take()).toEqual(['+I 1 1 a', '+I 2 2 b', '+U 1 2 b2', '-D 2 2 b']);
  });

  test('with an upsert key a row replaces the row of its key in its place', () => {
    const h = harness([1]);
    h.elements(['+I 1 1 a', '+U 1 2 b', '+U 1 1 a2', '-D 1 2 x', '-D 1 1 x']);
    expect(h.take()).toEqual(['+I 1 1 a', '+U 1 2 b', '+U 1 1 a2', '+U 1 1 a2', '-D 1 1 x']);
  });

  test('goes on after a restore', () => {
    const h = harness(null);
    h.elements(['+I 1 1 a', '+U 1 2 b', '+I 2 5 c']);
    const next = harness(null);
    next.restore(h.snapshot());
    next.elements(['-D 1 2 b', '-D 2 5 c']);
    expect(next.take()).toEqual(['+U 1 1 a', '-D 2 5 c']);
  });

  test('a key expires as a whole', () => {
    const h = harness(null, 10);
    h.elements(['+I 1 1 a', '+U 1 2 b']);
    h.processingTime(10);
    h.elements(['-D 1 2 b', '+I 1 3 c']);
    expect(h.take()).toEqual(['+I 1 1 a', '+U 1 2 b', '+I 1 3 c']);
  });
});
