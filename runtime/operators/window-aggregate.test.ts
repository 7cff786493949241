import { describe, expect, test } from '@jest/globals';
import { simpleEnvironment } from '../expressions/index.js';
import { BIGINT, INSERT, INT, STRING, TIMESTAMP, TIMESTAMP_LTZ, Timestamp, type DataType } from '../types/index.js';
import type { AggregateCall } from '../expressions/bound.js';
import { OperatorHarness } from './harness.js';
import { MAX_WATERMARK } from './operator.js';
import { createWindowAggregate, type WindowAggregateSpec } from './window-aggregate.js';
import type { WindowSpec, Windowing } from './windowing.js';

const rowtime = TIMESTAMP(3, true, 'rowtime');
const input: DataType[] = [STRING(), INT(), rowtime];

function call(fn: string, type: DataType, more: Partial<AggregateCall> = {}): AggregateCall {
  return { fn, args: [1], argTypes: [INT()], distinct: false, filter: null, type, name: fn, ...more };
}
const count = call('COUNT', BIGINT(false), { args: [], argTypes: [] });

function harness(
  window: WindowSpec | Windowing,
  more: Partial<WindowAggregateSpec> & { aggregates?: AggregateCall[]; types?: DataType[]; timeZone?: string } = {},
): OperatorHarness {
  const types = more.types ?? input;
  const aggregates = more.aggregates ?? [count, call('SUM', INT())];
  const windowing: Windowing =
    'gap' in window || 'size' in window
      ? { kind: 'time', time: 2, rowtime: true, spec: window as WindowSpec }
      : (window as Windowing);
  const keys = more.keys ?? [0];
  const properties = more.properties ?? ['start', 'end'];
  const outputTypes = [
    ...keys.map((k) => types[k]),
    ...aggregates.map((a) => a.type),
    ...properties.map((p) => (p === 'time' ? types[2] : TIMESTAMP(3, false))),
  ];
  const operator = createWindowAggregate({
    keys,
    aggregates,
    windowing,
    properties,
    inputRetracts: more.inputRetracts ?? false,
    inputTypes: [types],
    outputTypes,
    env: simpleEnvironment(more.timeZone ?? 'UTC'),
  });
  return new OperatorHarness(operator, [types], outputTypes);
}

describe('TUMBLE', () => {
  test('fires when the watermark reaches the end less one; late rows are dropped and counted', () => {
    const h = harness({ kind: 'tumble', size: 10, offset: 0 }, { properties: ['start', 'end', 'time'] });
    h.elements(['+I a 1 1', '+I a 2 9', '+I b 5 10', '+I a 7 3']);
    h.watermarkIn(8);
    expect(h.take()).toEqual(['watermark 8']);
    h.watermarkIn(9);
    expect(h.take()).toEqual(['+I a 3 10 0 10 9', 'watermark 9']);
    h.elements(['+I a 1 9', '+I b 1 19']);
    h.watermarkIn(MAX_WATERMARK);
    expect(h.take()).toEqual(['+I b 2 6 10 20 19', `watermark ${MAX_WATERMARK}`]);
    expect(h.metrics.lateRows).toBe(1);
    expect(h.metrics.stateKeys).toBe(1);
  });

  test('fires in order of time, however many windows a bounded input leaves to its end', () => {
    const windows = 20_000;
    const h = harness({ kind: 'tumble', size: 10, offset: 0 }, { keys: [], properties: ['start'] });
    const at = (k: number): number => ((k * 7919) % windows) * 10;
    for (let k = 0; k < windows; k += 5000)
      h.changelog(
        Array.from({ length: 5000 }, (_, i) => ({ kind: INSERT, fields: ['a', 1, new Timestamp(at(k + i), 0)] })),
      );
    h.watermarkIn(MAX_WATERMARK);
    expect(h.rows.map((row) => (row.fields[2] as Timestamp).millis)).toEqual(
      Array.from({ length: windows }, (_, k) => k * 10),
    );
  });

  test('offset, times before 1970, no keys', () => {
    const h = harness({ kind: 'tumble', size: 10, offset: 3 }, { keys: [] });
    h.elements(['+I a 1 2', '+I a 1 3', '+I a 1 -8']);
    h.watermarkIn(100);
    expect(h.takeRows()).toEqual(['+I 1 1 -17 -7', '+I 1 1 -7 3', '+I 1 1 3 13']);
  });

  test('rows taken back: a window without rows is not sent', () => {
    const h = harness(
      { kind: 'tumble', size: 10, offset: 0 },
      { inputRetracts: true, aggregates: [count, call('MAX', INT())] },
    );
    h.elements(['+I a 1 1', '+I b 2 1', '+I a 9 2', '-D a 9 2', '-D b 2 1']);
    h.watermarkIn(9);
    expect(h.takeRows()).toEqual(['+I a 1 1 0 10']);
  });
});

describe('HOP', () => {
  test('a row counts in every window that holds it; a row late for some counts for those to come', () => {
    const h = harness({ kind: 'hop', size: 10, slide: 5, offset: 0 });
    h.elements(['+I a 1 1', '+I a 2 7']);
    h.watermarkIn(4);
    expect(h.takeRows()).toEqual(['+I a 1 1 -5 5']);
    h.element('+I a 10 2');
    h.watermarkIn(9);
    expect(h.takeRows()).toEqual(['+I a 3 13 0 10']);
    h.element('+I a 100 3');
    expect(h.metrics.lateRows).toBe(1);
    h.watermarkIn(100);
    expect(h.takeRows()).toEqual(['+I a 1 2 5 15']);
  });
});

describe('CUMULATE', () => {
  test('each later step is sent again, new rows or not', () => {
    const h = harness({ kind: 'cumulate', size: 15, step: 5, offset: 0 });
    h.elements(['+I a 1 1', '+I b 2 7']);
    h.watermarkIn(4);
    expect(h.takeRows()).toEqual(['+I a 1 1 0 5']);
    h.element('+I a 10 2');
    h.watermarkIn(100);
    expect(h.takeRows()).toEqual(['+I a 2 11 0 10', '+I b 1 2 0 10', '+I a 2 11 0 15', '+I b 1 2 0 15']);
  });
});

describe('SESSION', () => {
  const session = (gap: number): WindowSpec => ({ kind: 'session', gap, partitionKeys: [0] });

  test('a gap exactly as long merges; keys have their own sessions', () => {
    const h = harness(session(5));
    h.elements(['+I a 1 0', '+I a 2 5', '+I a 4 11', '+I b 8 6']);
    h.watermarkIn(100);
    expect(h.takeRows()).toEqual(['+I a 2 3 0 10', '+I b 1 8 6 11', '+I a 1 4 11 16']);
  });

  test('a row between two sessions merges them', () => {
    const h = harness(session(5), { aggregates: [count, call('MAX', INT())] });
    h.elements(['+I a 1 0', '+I a 9 10', '+I a 2 5', '+I a 3 30']);
    h.watermarkIn(14);
    expect(h.takeRows()).toEqual(['+I a 3 9 0 15']);
    h.watermarkIn(MAX_WATERMARK);
    expect(h.takeRows()).toEqual(['+I a 1 3 30 35']);
    expect(h.metrics.stateKeys).toBe(1);
  });

  test('a late row opens a session while that one is not over, else it is dropped', () => {
    const h = harness(session(5));
    h.element('+I a 1 0');
    h.watermarkIn(6);
    expect(h.takeRows()).toEqual(['+I a 1 1 0 5']);
    h.elements(['+I a 2 3', '+I a 3 2', '+I b 3 1']);
    expect(h.metrics.lateRows).toBe(1);
    h.watermarkIn(7);
    expect(h.takeRows()).toEqual(['+I a 2 5 2 8']);
  });

  test('rows taken back', () => {
    const h = harness(session(5), { inputRetracts: true, aggregates: [count, call('MIN', INT())] });
    h.elements(['+I a 1 0', '+I a 2 10', '-D a 1 0', '+I a 3 5', '+I b 1 0', '-D b 1 0']);
    h.watermarkIn(100);
    expect(h.takeRows()).toEqual(['+I a 2 2 0 15']);
  });
});

test('processing time windows fire by the clock', () => {
  const windowing: Windowing = { kind: 'time', time: 2, rowtime: false, spec: { kind: 'tumble', size: 10, offset: 0 } };
  const types: DataType[] = [STRING(), INT(), TIMESTAMP_LTZ(3, false, 'proctime')];
  const h = harness(windowing, { types });
  h.processingTime(3);
  h.elements(['+I a 1 0', '+I a 2 0']);
  h.processingTime(9);
  expect(h.take()).toEqual([]);
  h.processingTime(10);
  expect(h.take()).toEqual(['+I a 2 3 0 10']);
});

test('windows on TIMESTAMP_LTZ follow the local clock through daylight saving', () => {
  const types: DataType[] = [STRING(), INT(), TIMESTAMP_LTZ(3, true, 'rowtime')];
  const day = 86_400_000;
  const h = harness(
    { kind: 'tumble', size: day, offset: 0 },
    { types, timeZone: 'Europe/Berlin', properties: ['start', 'end', 'time'] },
  );
  const midnight = Date.UTC(2021, 2, 27, 23);
  h.elements([`+I a 1 ${midnight}`, `+I a 2 ${midnight + 23 * 3_600_000 - 1}`, `+I a 4 ${midnight + 23 * 3_600_000}`]);
  h.watermarkIn(midnight + 23 * 3_600_000 - 2);
  expect(h.takeRows()).toEqual([]);
  h.watermarkIn(midnight + 23 * 3_600_000 - 1);
  const local = Date.UTC(2021, 2, 28);
  expect(h.takeRows()).toEqual([`+I a 2 3 ${local} ${local + day} ${midnight + 23 * 3_600_000 - 1}`]);
});

test('windows that rows carry already', () => {
  const types: DataType[] = [STRING(), INT(), rowtime, TIMESTAMP(3), TIMESTAMP(3)];
  const windowing: Windowing = {
    kind: 'attached',
    start: 3,
    end: 4,
    rowtime: true,
    spec: { kind: 'hop', size: 10, slide: 5, offset: 0 },
  };
  const h = harness(windowing, { types });
  h.elements(['+I a 1 9 0 10', '+I a 2 14 5 15', '+I a 4 9 0 10']);
  h.watermarkIn(9);
  expect(h.takeRows()).toEqual(['+I a 2 5 0 10']);
  h.element('+I a 1 9 0 10');
  h.watermarkIn(14);
  expect(h.takeRows()).toEqual(['+I a 1 2 5 15']);
});

test.each<[string, WindowSpec]>([
  ['tumble', { kind: 'tumble', size: 10, offset: 0 }],
  ['hop', { kind: 'hop', size: 10, slide: 5, offset: 0 }],
  ['cumulate', { kind: 'cumulate', size: 10, step: 5, offset: 0 }],
  ['session', { kind: 'session', gap: 5, partitionKeys: [0] }],
])('%s: a snapshot goes on where it was taken', (_, spec) => {
  const aggregates = [count, call('MAX', INT()), call('COUNT', BIGINT(), { distinct: true })];
  const whole = harness(spec, { aggregates });
  const first = harness(spec, { aggregates });
  const before = ['+I a 1 1', '+I b 2 3', '+I a 3 7', '+I c 9 12'];
  const after = ['+I a 1 2', '+I c 3 16', '+I b 9 8', '+I c 1 0'];
  for (const h of [whole, first]) {
    h.elements(before);
    h.watermarkIn(4);
  }
  const second = harness(spec, { aggregates });
  second.restore(first.snapshot());
  whole.take();
  for (const h of [whole, second]) {
    h.elements(after);
    h.watermarkIn(100);
  }
  expect(second.take()).toEqual(whole.take());
});
