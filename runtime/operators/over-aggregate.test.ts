import { describe, expect, test } from '@jest/globals';
import { BIGINT, INT, STRING, TIMESTAMP, TIMESTAMP_LTZ, type DataType } from '../types/index.js';
import type { AggregateCall } from '../expressions/bound.js';
import { OperatorHarness } from './harness.js';
import { createOverAggregate, type OverAggregateSpec } from './over-aggregate.js';
import { createSort } from './sort.js';
import { createLimit } from './limit.js';

const types: DataType[] = [STRING(), INT(), TIMESTAMP(3, true, 'rowtime')];
function call(fn: string, args: readonly number[], type: DataType, more: Partial<AggregateCall> = {}): AggregateCall {
  return { fn, args, argTypes: args.map((a) => types[a]), distinct: false, filter: null, type, name: fn, ...more };
}
const sum = call('SUM', [1], INT());

function harness(more: Partial<OverAggregateSpec>): OperatorHarness {
  const inputTypes = more.inputTypes?.[0] ?? types;
  const aggregates = more.aggregates ?? [sum];
  const outputTypes = [...inputTypes, ...aggregates.map((a) => a.type)];
  const spec: OverAggregateSpec = {
    partitionKeys: [0],
    sort: [{ column: 2, ascending: true, nullsLast: false }],
    rowtime: true,
    time: 2,
    frame: { unit: 'rows', preceding: null },
    aggregates,
    ttl: 0,
    inputTypes: [inputTypes],
    outputTypes,
    emission: 'row',
    updateBefore: true,
    ...more,
  };
  return new OperatorHarness(createOverAggregate(spec), [inputTypes], outputTypes);
}

describe('along rowtime', () => {
  test('rows wait for the watermark and come out in order of time', () => {
    const h = harness({});
    h.elements(['+I a 1 5', '+I a 2 3', '+I b 4 5', '+I a 8 9']);
    h.watermarkIn(5);
    expect(h.take()).toEqual(['+I a 2 3 2', '+I a 1 5 3', '+I b 4 5 4', 'watermark 5']);
    h.element('+I a 16 4');
    expect(h.metrics.lateRows).toBe(1);
    h.watermarkIn(9);
    expect(h.takeRows()).toEqual(['+I a 8 9 11']);
  });

  test('RANGE gives peers one result', () => {
    const h = harness({ frame: { unit: 'range', preceding: 2 } });
    h.elements(['+I a 1 3', '+I a 2 5', '+I a 4 5', '+I a 8 6']);
    h.watermarkIn(10);
    expect(h.takeRows()).toEqual(['+I a 1 3 1', '+I a 2 5 7', '+I a 4 5 7', '+I a 8 6 14']);
  });

  test('a bounded RANGE forgets a partition one and a half frames after its last row, and then what was late', () => {
    const make = (): OperatorHarness => harness({ frame: { unit: 'range', preceding: 4 } });
    const h = make();
    h.element('+I a 1 10');
    h.watermarkIn(16);
    h.element('+I a 2 9');
    expect(h.metrics.lateRows).toBe(1);
    const restored = make();
    restored.restore(h.snapshot());
    restored.watermarkIn(17);
    restored.element('+I a 4 9');
    restored.watermarkIn(18);
    expect([...h.takeRows(), ...restored.takeRows()]).toEqual(['+I a 1 10 1', '+I a 4 9 4']);
    expect(restored.metrics.lateRows).toBe(0);
  });

  test('LAG reaches back by its offset, with a default', () => {
    const lag = call('LAG', [1], INT(), { constants: { 1: 2 } });
    const h = harness({ aggregates: [lag, call('ROW_NUMBER', [], BIGINT(false))] });
    h.elements(['+I a 1 1', '+I a 2 2', '+I a 3 3']);
    h.watermarkIn(10);
    expect(h.takeRows()).toEqual(['+I a 1 1 null 1', '+I a 2 2 null 2', '+I a 3 3 1 3']);
  });
});

describe('along processing time', () => {
  const proctime: DataType[] = [STRING(), INT(), TIMESTAMP_LTZ(3, false, 'proctime')];

  test('ROWS at once', () => {
    const h = harness({ rowtime: false, inputTypes: [proctime], frame: { unit: 'rows', preceding: 1 } });
    h.elements(['+I a 1 0', '+I a 2 0', '+I a 4 0']);
    expect(h.take()).toEqual(['+I a 1 0 1', '+I a 2 0 3', '+I a 4 0 6']);
  });

  test('bounded RANGE when the millisecond is over', () => {
    const h = harness({ rowtime: false, inputTypes: [proctime], frame: { unit: 'range', preceding: 10 } });
    h.elements(['+I a 1 0', '+I a 2 0']);
    expect(h.take()).toEqual([]);
    h.processingTime(1);
    expect(h.take()).toEqual(['+I a 1 0 3', '+I a 2 0 3']);
    h.processingTime(11);
    h.element('+I a 4 0');
    h.processingTime(12);
    expect(h.take()).toEqual(['+I a 4 0 4']);
  });
});

test('along another order, a row changes those behind it', () => {
  const keyed: DataType[] = [STRING(), INT(), INT()];
  const rows = harness({ rowtime: false, inputTypes: [keyed] });
  rows.elements(['+I a 1 5', '+I a 2 3', '+I a 4 5', '-D a 2 3']);
  expect(rows.take()).toEqual([
    '+I a 1 5 1',
    '+I a 2 3 2',
    '-U a 1 5 1',
    '+U a 1 5 3',
    '+I a 4 5 7',
    '-D a 2 3 2',
    '-U a 1 5 3',
    '+U a 1 5 1',
    '-U a 4 5 7',
    '+U a 4 5 5',
  ]);
  const range = harness({ rowtime: false, inputTypes: [keyed], frame: { unit: 'range', preceding: null } });
  range.elements(['+I a 1 5', '+I a 4 5', '-D a 1 5']);
  expect(range.take()).toEqual([
    '+I a 1 5 1',
    '-U a 1 5 1',
    '+U a 1 5 5',
    '+I a 4 5 5',
    '-D a 1 5 5',
    '-U a 4 5 5',
    '+U a 4 5 4',
  ]);
});

test('temporal sort: by time, ties by the other columns, what is behind is late', () => {
  const operator = createSort({
    mode: 'temporal',
    sort: [
      { column: 2, ascending: true, nullsLast: false },
      { column: 1, ascending: false, nullsLast: true },
    ],
    inputTypes: [types],
    outputTypes: types,
  });
  const h = new OperatorHarness(operator, [types], types);
  h.elements(['+I a 1 5', '+I b 2 5', '+I c 3 2']);
  h.watermarkIn(6);
  h.elements(['+I late 1 5', '+I d 1 6']);
  h.watermarkIn(7);
  expect(h.takeRows()).toEqual(['+I c 3 2', '+I b 2 5', '+I a 1 5', '+I d 1 6']);
  expect(h.metrics.lateRows).toBe(1);
});

test('full sort at the end of the input, rows taken back left out', () => {
  const keyed: DataType[] = [STRING(), INT()];
  const operator = createSort({
    mode: 'full',
    sort: [{ column: 1, ascending: false, nullsLast: true }],
    inputTypes: [keyed],
    outputTypes: keyed,
  });
  const h = new OperatorHarness(operator, [keyed], keyed);
  h.elements(['+I a 1', '+I b null', '+I c 3', '+I d 1', '-D c 3', '+I a 1']);
  h.endInput();
  expect(h.take()).toEqual(['+I a 1', '+I a 1', '+I d 1', '+I b null', 'end']);
});

test('limit: the first rows after the offset; under retraction the next ones move up', () => {
  const keyed: DataType[] = [STRING(), INT()];
  const limit = (inputRetracts: boolean): OperatorHarness =>
    new OperatorHarness(
      createLimit({
        offset: 1,
        fetch: 2,
        inputRetracts,
        inputTypes: [keyed],
        outputTypes: keyed,
        emission: 'row',
        updateBefore: true,
      }),
      [keyed],
      keyed,
    );
  const inserts = limit(false);
  inserts.elements(['+I a 1', '+I b 2']);
  inserts.elements(['+I c 3', '+I d 4']);
  expect(inserts.take()).toEqual(['+I b 2', '+I c 3']);
  const changes = limit(true);
  changes.elements(['+I a 1', '+I b 2', '+I c 3', '-D a 1']);
  expect(changes.take()).toEqual(['+I b 2', '+I c 3', '-U b 2', '+U c 3', '-D c 3']);
});
