import { describe, expect, test } from '@jest/globals';
import { bindCall, simpleEnvironment, type BoundExpr } from '../expressions/index.js';
import type { AfterMatchSkip, PathReader, PatternVariable, RowPattern } from '../expressions/row-pattern.js';
import { BIGINT, INT, STRING, TIMESTAMP, TIMESTAMP_LTZ, type DataType } from '../types/index.js';
import { OperatorHarness } from './harness.js';
import { MatchRecognize, type MatchSpec } from './match-recognize.js';

const types: DataType[] = [STRING(), INT(), TIMESTAMP(3, true, 'rowtime')];
const price: BoundExpr = { kind: 'input', index: 1, type: INT() };
const number = (n: number): BoundExpr => ({ kind: 'literal', type: INT(false), value: n });
const call = (fn: string, ...args: BoundExpr[]): BoundExpr =>
  bindCall(fn, args, { span: { start: 0, end: 0 }, timeZone: 'UTC' });
const variable = (
  name: string,
  quantifier: Partial<PatternVariable>,
  condition: BoundExpr | null,
): PatternVariable => ({
  name,
  min: 1,
  max: 1,
  greedy: false,
  ...quantifier,
  definition: condition && { condition, readers: [] },
});
const row = (from: 'first' | 'last', of: number | null): PathReader => ({
  kind: 'row',
  variable: of,
  from,
  offset: 0,
  column: 1,
  type: INT(),
});
const count: PathReader = {
  kind: 'aggregate',
  variable: 0,
  call: { fn: 'COUNT', args: [], argTypes: [], distinct: false, filter: null, type: BIGINT(false), name: 'n' },
  values: [],
  columns: [],
  type: BIGINT(false),
};
const low = variable('A', { max: null, greedy: true }, call('<', price, number(10)));
const high = variable('B', {}, call('>=', price, number(10)));

interface Options extends Partial<Omit<MatchSpec, 'pattern'>> {
  readonly variables?: readonly PatternVariable[];
  readonly skip?: AfterMatchSkip;
  readonly within?: number;
}

/** Sends the first row of A, the last one of B, how many A took, and when the match was found. */
function harness({
  variables = [low, high],
  skip = { kind: 'pastLastRow' },
  within = 0,
  ...more
}: Options = {}): OperatorHarness {
  const readers = [row('first', 0), row('last', 1), count, { kind: 'time', type: TIMESTAMP(3, false) } as const];
  const pattern: RowPattern = {
    variables,
    skip,
    within,
    readers,
    measures: readers.map((r, index) => ({ name: `m${index}`, expr: { kind: 'input', index, type: r.type } })),
  };
  const inputTypes = more.inputTypes?.[0] ?? types;
  const outputTypes = [STRING(), ...readers.map((r) => r.type)];
  const operator = new MatchRecognize({
    partitionKeys: [0],
    sort: [{ column: 2, ascending: true, nullsLast: false }],
    rowtime: true,
    pattern,
    outputTypes,
    env: simpleEnvironment(),
    ...more,
    inputTypes: [inputTypes],
  });
  return new OperatorHarness(operator, [inputTypes], outputTypes);
}

describe('by event time', () => {
  test('rows wait for the watermark; partitions are matched apart', () => {
    const h = harness();
    h.elements(['+I a 20 5', '+I a 1 2', '+I b 3 3', '+I a 2 4', '+I b 30 9']);
    expect(h.takeRows()).toEqual([]);
    h.watermarkIn(6);
    expect(h.take()).toEqual(['+I a 1 20 2 5', 'watermark 6']);
    h.watermarkIn(9);
    expect(h.takeRows()).toEqual(['+I b 3 30 1 9']);
  });

  test('a late row is dropped and counted', () => {
    const h = harness();
    h.element('+I a 1 2');
    h.watermarkIn(4);
    h.elements(['+I a 2 4', '+I a 20 5']);
    expect(h.metrics.lateRows).toBe(1);
    h.watermarkIn(5);
    expect(h.takeRows()).toEqual(['+I a 1 20 1 5']);
  });

  test('NULL takes no part in a condition, but is a row of the partition', () => {
    const h = harness();
    h.elements(['+I a 1 1', '+I a null 2', '+I a 20 3', '+I null 1 4', '+I null 20 5']);
    h.watermarkIn(9);
    expect(h.takeRows()).toEqual(['+I null 1 20 1 5']);
  });

  test('without a match under way nothing is kept', () => {
    const h = harness();
    h.elements(['+I a 20 1', '+I b 1 2', '+I b 20 3', '+I c 2 3']);
    h.watermarkIn(5);
    expect(h.metrics.stateKeys).toBe(1);
    h.element('+I c 20 6');
    h.watermarkIn(7);
    expect(h.takeRows()).toEqual(['+I b 1 20 1 3', '+I c 2 20 1 6']);
    expect(h.metrics.stateKeys).toBe(0);
  });
});

describe('WITHIN', () => {
  test('a match as long as the interval is none, and frees its rows', () => {
    const h = harness({ within: 5 });
    h.elements(['+I a 1 1', '+I a 20 6', '+I b 1 1', '+I b 20 5']);
    h.watermarkIn(6);
    expect(h.takeRows()).toEqual(['+I b 1 20 1 5']);
    h.element('+I a 2 8');
    h.watermarkIn(8);
    expect(h.metrics.stateKeys).toBe(1);
    h.watermarkIn(13);
    expect(h.metrics.stateKeys).toBe(0);
  });

  test('a match that waited for an earlier one is sent when that one is out of time', () => {
    // A B* C: A = 1 wants rows for ever; the match that begins with 2 waits for it.
    const first = variable('A', {}, call('<', price, number(3)));
    const between = variable('B', { min: 0, max: null, greedy: true }, call('>', price, number(5)));
    const last = variable('C', {}, call('=', price, number(4)));
    const h = harness({
      variables: [
        first,
        { ...between, definition: { condition: call('=', reader, number(1)), readers: [row('first', 0)] } },
        last,
      ],
      skip: { kind: 'nextRow' },
      within: 10,
    });
    h.elements(['+I a 1 1', '+I a 2 2', '+I a 4 3', '+I a 7 4']);
    h.watermarkIn(5);
    expect(h.takeRows()).toEqual([]);
    const snapshot = h.snapshot();
    h.watermarkIn(11);
    expect(h.takeRows()).toEqual(['+I a 2 null 1 11']);
    const again = harness({
      variables: [
        first,
        { ...between, definition: { condition: call('=', reader, number(1)), readers: [row('first', 0)] } },
        last,
      ],
      skip: { kind: 'nextRow' },
      within: 10,
    });
    again.restore(snapshot);
    again.watermarkIn(12);
    expect(again.takeRows()).toEqual(['+I a 2 null 1 12']);
  });
});

const reader: BoundExpr = { kind: 'input', index: types.length, type: INT() };

describe('AFTER MATCH SKIP', () => {
  const rows = ['+I a 1 1', '+I a 2 2', '+I a 20 3'];

  test('on with the next row finds matches within matches', () => {
    const h = harness({ skip: { kind: 'nextRow' } });
    h.elements(rows);
    h.watermarkIn(9);
    expect(h.takeRows()).toEqual(['+I a 1 20 2 3', '+I a 2 20 1 3']);
  });

  test('to the row that begins the match fails, since it would be found for ever', () => {
    const h = harness({ skip: { kind: 'first', variable: 0 } });
    h.elements(rows);
    expect(() => h.watermarkIn(9)).toThrow('Could not skip to first element of a match.');
  });

  test('to a variable without a row fails', () => {
    const h = harness({
      variables: [
        low,
        variable('B', { min: 0 }, call('=', price, number(15))),
        variable('C', {}, call('>', price, number(15))),
      ],
      skip: { kind: 'last', variable: 1 },
    });
    h.elements(rows);
    expect(() => h.watermarkIn(9)).toThrow('Could not skip to B.');
  });
});

describe('by processing time', () => {
  const processing: DataType[] = [STRING(), INT(), TIMESTAMP_LTZ(3, false, 'proctime')];

  test('rows are matched as they come', () => {
    const h = harness({ rowtime: false, inputTypes: [processing] });
    h.now = 100;
    h.elements(['+I a 1 0', '+I a 20 0']);
    expect(h.takeRows()).toEqual(['+I a 1 20 1 100']);
  });

  test('with further columns, those of a millisecond in their order', () => {
    const sort = [2, 1].map((column) => ({ column, ascending: true, nullsLast: false }));
    const h = harness({ rowtime: false, inputTypes: [processing], sort });
    h.now = 100;
    h.elements(['+I a 20 0', '+I a 2 0', '+I a 1 0']);
    expect(h.takeRows()).toEqual([]);
    h.processingTime(101);
    expect(h.takeRows()).toEqual(['+I a 1 20 2 100']);
  });

  test('WITHIN ends by the clock', () => {
    const h = harness({ rowtime: false, inputTypes: [processing], within: 50 });
    h.now = 100;
    h.element('+I a 1 0');
    expect(h.metrics.stateKeys).toBe(1);
    h.processingTime(151);
    expect(h.metrics.stateKeys).toBe(0);
  });
});
