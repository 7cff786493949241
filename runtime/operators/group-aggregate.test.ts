import { describe, expect, test } from '@jest/globals';
import { BIGINT, DECIMAL, DOUBLE, INT, STRING, type DataType } from '../types/index.js';
import type { AggregateCall } from '../expressions/bound.js';
import { GroupAggregate, type GroupAggregateSpec } from './group-aggregate.js';
import { OperatorHarness } from './harness.js';

const input: DataType[] = [STRING(), INT()];

function call(fn: string, type: DataType, more: Partial<AggregateCall> = {}): AggregateCall {
  return { fn, args: [1], argTypes: [input[1]], distinct: false, filter: null, type, name: fn, ...more };
}
const count = call('COUNT', BIGINT(false), { args: [], argTypes: [] });

function harness(aggregates: AggregateCall[], more: Partial<GroupAggregateSpec> = {}): OperatorHarness {
  const keys = more.keys ?? [0];
  const types = more.inputTypes ?? [input];
  const outputTypes = [...keys.map((k) => types[0][k]), ...aggregates.map((a) => a.type)];
  const spec: GroupAggregateSpec = {
    keys,
    aggregates,
    inputRetracts: false,
    ttl: 0,
    inputTypes: types,
    outputTypes,
    emission: 'row',
    updateBefore: true,
    ...more,
  };
  return new OperatorHarness(new GroupAggregate(spec), types, outputTypes);
}

describe('row emission, as Flink without mini-batch', () => {
  test('first +I, then -U +U for every row that changes the result, nothing for one that does not', () => {
    const h = harness([count, call('MAX', INT())]);
    h.elements(['+I a 1', '+I b 5', '+I a 3', '+I a null']);
    expect(h.take()).toEqual(['+I a 1 1', '+I b 1 5', '-U a 1 1', '+U a 2 3', '-U a 2 3', '+U a 3 3']);
    const max = harness([call('MAX', INT())]);
    max.elements(['+I a 2', '+I a 1', '+I a 3']);
    expect(max.take()).toEqual(['+I a 2', '-U a 2', '+U a 3']);
  });

  test('without update-before only +U', () => {
    const h = harness([count], { updateBefore: false });
    h.elements(['+I a 1', '+I a 1']);
    expect(h.take()).toEqual(['+I a 1', '+U a 2']);
  });

  test('the last row of a key taken back sends -D, and the key starts anew within the same batch', () => {
    const h = harness([call('SUM', INT()), count], { inputRetracts: true });
    h.elements(['+I a 1', '-D a 1', '+I a 7', '-U a 7', '+U a 8', '-D b 1']);
    expect(h.take()).toEqual(['+I a 1 1', '-D a 1 1', '+I a 7 1', '-D a 7 1', '+I a 8 1']);
    h.elements(['+I b 4']);
    expect(h.take()).toEqual(['+I b 4 1']);
  });

  test('MIN and MAX go back to the value before', () => {
    const h = harness([call('MIN', INT()), call('MAX', INT())], { inputRetracts: true });
    h.elements(['+I a 5', '+I a 1', '+I a 9', '-D a 1', '-D a 9', '+I a 9', '+I a 9', '-D a 9']);
    expect(h.take()).toEqual([
      '+I a 5 5',
      '-U a 5 5',
      '+U a 1 5',
      '-U a 1 5',
      '+U a 1 9',
      '-U a 1 9',
      '+U a 5 9',
      '-U a 5 9',
      '+U a 5 5',
      '-U a 5 5',
      '+U a 5 9',
    ]);
  });

  test('DISTINCT counts a value once, under its own filter', () => {
    const types: DataType[] = [STRING(), INT(), { root: 'BOOLEAN', nullable: true }];
    const h = harness(
      [call('COUNT', BIGINT(false), { distinct: true }), call('COUNT', BIGINT(false), { distinct: true, filter: 2 })],
      { inputTypes: [types], inputRetracts: true },
    );
    h.elements(['+I a 1 false', '+I a 1 true', '+I a 2 null', '-D a 1 false', '-D a 1 true']);
    expect(h.take()).toEqual(['+I a 1 0', '-U a 1 0', '+U a 1 1', '-U a 1 1', '+U a 2 1', '-U a 2 1', '+U a 1 0']);
  });
});

describe('folded emission', () => {
  test('one change per key and batch', () => {
    const h = harness([count], { emission: 'folded' });
    h.elements(['+I a 1', '+I a 1', '+I b 1']);
    h.elements(['+I a 1', '+I a 1']);
    expect(h.take()).toEqual(['+I a 2', '+I b 1', '-U a 2', '+U a 4']);
  });

  test('a key that comes and goes within a batch is never seen', () => {
    const h = harness([count], { emission: 'folded', inputRetracts: true });
    h.elements(['+I a 1', '-D a 1', '-D b 1']);
    expect(h.take()).toEqual([]);
    h.elements(['+I a 1']);
    h.elements(['-D a 1']);
    expect(h.take()).toEqual(['+I a 1', '-D a 1']);
  });
});

test('no keys: one row, and none before the first input', () => {
  const h = harness([count], { keys: [] });
  h.endInput();
  expect(h.take()).toEqual(['end']);
  const g = harness([count], { keys: [] });
  g.elements(['+I a 1', '+I b 1']);
  expect(g.take()).toEqual(['+I 1', '-U 1', '+U 2']);
});

test('numbers: INT wraps, BIGINT wraps, decimals keep what they need, NULL keys group', () => {
  const types: DataType[] = [STRING(), BIGINT(), DECIMAL(20, 2), DOUBLE()];
  const h = harness(
    [
      { ...call('SUM', BIGINT()), args: [1], argTypes: [BIGINT()] },
      { ...call('SUM', DECIMAL(38, 2)), args: [2], argTypes: [types[2]] },
      { ...call('AVG', DECIMAL(38, 6)), args: [2], argTypes: [types[2]] },
      { ...call('AVG', DOUBLE()), args: [3], argTypes: [types[3]] },
    ],
    { inputTypes: [types], emission: 'folded' },
  );
  h.elements([
    '+I null 9223372036854775807 99999999999999999999 1.5',
    '+I null 1 99999999999999999999 2.5',
    '+I null null 1 null',
  ]);
  expect(h.take()).toEqual([`+I null -9223372036854775808 199999999999999999999 666666666666666666663333 2`]);
  const i = harness([call('SUM', INT()), call('AVG', INT())]);
  i.elements(['+I a 2147483647', '+I a 1', '+I a -9']);
  expect(i.takeRows().at(-1)).toBe('+U a 2147483639 715827879');
});

test('TTL: an expired key starts anew; unchanged results refresh', () => {
  const h = harness([call('MAX', INT())], { ttl: 100 });
  h.element('+I a 1');
  h.processingTime(50);
  h.element('+I a 1');
  h.processingTime(149);
  h.element('+I a 2');
  h.processingTime(249);
  h.element('+I a 1');
  expect(h.take()).toEqual(['+I a 1', '-U a 1', '+U a 1', '-U a 1', '+U a 2', '+I a 1']);
  h.processingTime(1000);
  h.element('+I b 1');
  expect(h.metrics.stateKeys).toBe(1);
});

test('a snapshot goes on where it was taken', () => {
  const make = (): OperatorHarness =>
    harness([count, call('MIN', INT()), call('COUNT', BIGINT(), { distinct: true })], { inputRetracts: true });
  const h = make();
  h.elements(['+I a 1', '+I a 2', '+I ä 3']);
  const g = make();
  g.restore(h.snapshot());
  g.elements(['-D a 1', '+I a 2', '-D ä 3']);
  expect(g.take()).toEqual(['-U a 2 1 2', '+U a 1 2 1', '-U a 1 2 1', '+U a 2 2 1', '-D ä 1 3 1']);
});
