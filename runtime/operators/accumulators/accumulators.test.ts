import { describe, expect, test } from '@jest/globals';
import {
  ARRAY,
  BIGINT,
  DECIMAL,
  DOUBLE,
  INT,
  MULTISET,
  STRING,
  TINYINT,
  VARCHAR,
  type DataType,
} from '../../types/index.js';
import type { AggregateCall } from '../../expressions/bound.js';
import { GroupAggregate } from '../group-aggregate.js';
import { OperatorHarness } from '../harness.js';

/** Result of one aggregate over the rows of a global group. */
function aggregate(
  types: DataType[],
  call: Partial<AggregateCall> & { fn: string; type: DataType },
  rows: string[],
): string {
  const args = call.args ?? [0];
  const full: AggregateCall = {
    argTypes: args.map((a) => types[a]),
    args,
    distinct: false,
    filter: null,
    name: 'x',
    ...call,
  };
  const make = (): OperatorHarness =>
    new OperatorHarness(
      new GroupAggregate({
        keys: [],
        aggregates: [full],
        inputRetracts: rows.some((r) => r.startsWith('-')),
        ttl: 0,
        inputTypes: [types],
        outputTypes: [call.type],
        emission: 'folded',
        updateBefore: false,
      }),
      [types],
      [call.type],
    );
  const whole = make();
  whole.elements(rows);
  // The same through a snapshot in the middle.
  const half = Math.floor(rows.length / 2);
  const first = make();
  first.elements(rows.slice(0, half));
  const second = make();
  second.restore(first.snapshot());
  second.elements(rows.slice(half));
  const result = whole.take().at(-1)?.slice(3) as string;
  expect((second.take().at(-1) ?? first.take().at(-1))?.slice(3)).toBe(result);
  return result;
}

describe('numbers', () => {
  test('SUM keeps the argument type and wraps', () => {
    expect(aggregate([TINYINT()], { fn: 'SUM', type: TINYINT() }, ['+I 100', '+I 100'])).toBe('-56');
    const big = ['+I 9223372036854775807', '+I 9223372036854775807', '-D 9223372036854775807', '+I 1'];
    expect(aggregate([BIGINT()], { fn: 'SUM', type: BIGINT() }, big)).toBe('-9223372036854775808');
    expect(aggregate([INT()], { fn: '$SUM0', type: INT(false) }, ['+I null', '+I null'])).toBe('0');
    expect(aggregate([INT()], { fn: 'SUM', type: INT() }, ['+I null', '+I null'])).toBe('null');
  });

  test('AVG divides integers towards zero and rounds decimals half up', () => {
    expect(aggregate([INT()], { fn: 'AVG', type: INT() }, ['+I -7', '+I 0'])).toBe('-3');
    expect(aggregate([DECIMAL(10, 2)], { fn: 'AVG', type: DECIMAL(38, 6) }, ['+I 100', '+I 100', '+I 101'])).toBe(
      '1003333',
    );
    expect(aggregate([DECIMAL(3, 0)], { fn: 'AVG', type: DECIMAL(38, 0) }, ['+I 1', '+I 2'])).toBe('2');
    expect(aggregate([DECIMAL(3, 0)], { fn: 'AVG', type: DECIMAL(38, 0) }, ['+I -1', '+I -2'])).toBe('-2');
  });

  test('AVG as SUM / COUNT wraps with the sum', () => {
    const rows = ['+I 2147483647', '+I 2147483647', '+I 2'];
    expect(aggregate([INT()], { fn: 'AVG', type: INT() }, rows)).toBe('1431655765');
    expect(aggregate([INT()], { fn: 'AVG', type: INT(), options: { sumOverCount: true } }, rows)).toBe('0');
  });

  test('DECIMAL sums beyond 38 digits are NULL', () => {
    const nines = '9'.repeat(38);
    expect(aggregate([DECIMAL(38, 0)], { fn: 'SUM', type: DECIMAL(38, 0) }, [`+I ${nines}`, '+I 0'])).toBe(nines);
    expect(aggregate([DECIMAL(38, 0)], { fn: 'SUM', type: DECIMAL(38, 0) }, [`+I ${nines}`, '+I 1'])).toBe('null');
  });

  // Expected values of Flink's own function tests.
  test('variance and deviation in the type of the argument', () => {
    const ints = ['+I 256', '+I 512', '+I 768'];
    expect(aggregate([INT()], { fn: 'STDDEV_POP', type: INT() }, ints)).toBe('209');
    expect(aggregate([INT()], { fn: 'VAR_SAMP', type: INT() }, ints)).toBe('65536');
    expect(aggregate([DOUBLE()], { fn: 'VAR_POP', type: DOUBLE() }, ['+I 0.27', '+I 0.27', '+I 0.27'])).toBe('0');
    expect(aggregate([DOUBLE()], { fn: 'STDDEV_SAMP', type: DOUBLE() }, ['+I 1', '+I 2', '-D 2', '+I null'])).toBe(
      'null',
    );
    expect(aggregate([INT()], { fn: 'VAR_POP', type: INT() }, ['+I 2147483647', '+I -2147483647'])).toBe('2147483647');
    expect(aggregate([TINYINT()], { fn: 'VAR_POP', type: TINYINT() }, ['+I 100', '+I -100'])).toBe('16');
    expect(aggregate([DECIMAL(10, 2)], { fn: 'STDDEV_POP', type: DECIMAL(38, 6) }, ['+I 27', '+I 28', '+I 29'])).toBe(
      '8165',
    );
  });

  test('the values that PERCENTILE keeps count as state', () => {
    const call: AggregateCall = {
      fn: 'PERCENTILE',
      type: DOUBLE(),
      args: [0],
      argTypes: [INT()],
      constants: { 1: 0.5 },
      distinct: false,
      filter: null,
      name: 'p',
    };
    const h = new OperatorHarness(
      new GroupAggregate({
        keys: [],
        aggregates: [call],
        inputRetracts: false,
        ttl: 0,
        inputTypes: [[INT()]],
        outputTypes: [DOUBLE()],
        emission: 'folded',
        updateBefore: false,
      }),
      [[INT()]],
      [DOUBLE()],
    );
    for (let k = 0; k < 10; k++) h.elements(Array.from({ length: 2000 }, (_, i) => `+I ${k * 2000 + i}`));
    expect(h.metrics.stateBytes).toBeGreaterThan(20_000 * 8);
  });

  test('PERCENTILE interpolates, weighs by frequency, and takes rows back', () => {
    const values = ['+I 1', '+I 5', '+I 4', '+I 2', '+I 9', '+I 1', '+I 4'];
    const one = (fraction: number | number[], type: DataType, rows: string[]): string =>
      aggregate([DOUBLE()], { fn: 'PERCENTILE', type, constants: { 1: fraction } }, rows);
    expect(one(0.3, DOUBLE(), values)).toBe('1.7999999999999998');
    expect(one([0.9, 1], ARRAY(DOUBLE()), values)).toBe('[6.600000000000001,9]');
    expect(one(0.5, DOUBLE(), [...values, '-D 9', '-D 5'])).toBe('2');
    const weighted = aggregate(
      [DOUBLE(), INT()],
      { fn: 'PERCENTILE', type: DOUBLE(), args: [0, 1], constants: { 1: 0.3 } },
      ['+I 6 2', '+I 4 1', '+I 3 null', '+I 2 -1'],
    );
    expect(weighted).toBe('5.2');
  });
});

describe('collections', () => {
  const rows = ['+I b', '+I a', '+I null', '+I b', '+I c', '-D b'];

  test('in order of arrival, the first of equal values leaves', () => {
    expect(aggregate([STRING()], { fn: 'LISTAGG', type: STRING() }, rows)).toBe('a,b,c');
    expect(aggregate([STRING()], { fn: 'LISTAGG', type: STRING(), constants: { 1: '|' } }, rows)).toBe('a|b|c');
    expect(aggregate([STRING()], { fn: 'ARRAY_AGG', type: ARRAY(STRING()) }, rows)).toBe('[a,null,b,c]');
    expect(
      aggregate([STRING()], { fn: 'ARRAY_AGG', type: ARRAY(STRING()), options: { ignoreNulls: true } }, ['+I null']),
    ).toBe('null');
    expect(aggregate([STRING()], { fn: 'COLLECT', type: MULTISET(STRING(), false) }, rows)).toBe('{b=1,a=1,c=1}');
    expect(aggregate([STRING()], { fn: 'FIRST_VALUE', type: STRING() }, rows)).toBe('a');
    expect(aggregate([STRING()], { fn: 'LAST_VALUE', type: STRING() }, [...rows, '-D c'])).toBe('b');
    expect(aggregate([STRING()], { fn: 'FIRST_VALUE', type: STRING() }, ['+I null', '+I x', '+I y'])).toBe('x');
    expect(aggregate([STRING()], { fn: 'LAST_VALUE', type: STRING() }, ['+I x', '+I y', '+I null'])).toBe('y');
  });

  test('JSON', () => {
    const text = VARCHAR(2000, false);
    expect(
      aggregate([STRING()], { fn: 'JSON_ARRAYAGG', type: text, options: { onNull: 'NULL' } }, ['+I A', '+I null']),
    ).toBe('["A",null]');
    expect(aggregate([STRING()], { fn: 'JSON_ARRAYAGG', type: text }, ['+I A', '+I null'])).toBe('["A"]');
    const pairs: DataType[] = [STRING(), INT()];
    const object = { fn: 'JSON_OBJECTAGG', type: text, args: [0, 1] };
    expect(aggregate(pairs, object, ['+I A 1', '+I B null', '+I C 3', '-D A 1'])).toBe('{"B":null,"C":3}');
    expect(aggregate(pairs, { ...object, options: { onNull: 'ABSENT' } }, ['+I A 1', '+I B null'])).toBe('{"A":1}');
  });

  test('SINGLE_VALUE takes no second row', () => {
    expect(aggregate([INT()], { fn: 'SINGLE_VALUE', type: INT() }, ['+I 1', '-D 1', '+I 2'])).toBe('2');
    expect(() => aggregate([INT()], { fn: 'SINGLE_VALUE', type: INT() }, ['+I 1', '+I 2'])).toThrow(
      'more than one element',
    );
  });
});
