import { describe, test } from '@jest/globals';
import type { AggregateCall } from '@streamcell/runtime/expressions/bound';
import { GroupAggregate } from '@streamcell/runtime/operators/group-aggregate';
import { BIGINT, BOOLEAN, INT, STRING, type DataType, type Value } from '@streamcell/runtime/types/index';
import fc from 'fast-check';
import { changes, checkLaws, groupBy, inserts, liveRows, type Event, type Subject } from './one-input.js';

const types: DataType[] = [STRING(), INT(), BIGINT(), BOOLEAN()];
const fields = fc.tuple(
  fc.constantFrom('a', 'ä', 'long enough to be encoded natively, ü', null),
  fc.option(fc.integer({ min: -5, max: 5 }), { nil: null }),
  fc.option(fc.constantFrom(1n, -7n, 9007199254740991n, 4611686018427387904n), { nil: null }),
  fc.option(fc.boolean(), { nil: null }),
) as fc.Arbitrary<Value[]>;

function call(fn: string, arg: number | null, type: DataType, more: Partial<AggregateCall> = {}): AggregateCall {
  const args = arg === null ? [] : [arg];
  return { fn, args, argTypes: args.map((a) => types[a]), distinct: false, filter: null, type, name: fn, ...more };
}

const calls: AggregateCall[] = [
  call('COUNT', null, BIGINT(false)),
  call('SUM', 1, INT()),
  call('SUM', 2, BIGINT()),
  call('MIN', 1, INT()),
  call('MAX', 2, BIGINT()),
  call('AVG', 1, INT()),
  call('COUNT', 1, BIGINT(false), { distinct: true }),
  call('COUNT', 1, BIGINT(false), { distinct: true, filter: 3 }),
  call('SUM', 1, INT(), { distinct: true }),
  call('MAX', 0, STRING()),
];

function result(c: AggregateCall, rows: readonly (readonly Value[])[]): Value {
  const filtered = c.filter === null ? rows : rows.filter((r) => r[c.filter as number] === true);
  if (c.args.length === 0) return BigInt(filtered.length);
  let values = filtered.map((r) => r[c.args[0]]).filter((v) => v !== null);
  if (c.distinct) values = [...new Set(values)];
  if (c.fn === 'COUNT') return BigInt(values.length);
  if (values.length === 0) return null;
  const sum = values.reduce((s: bigint, v) => s + (typeof v === 'string' ? 0n : BigInt(v as number | bigint)), 0n);
  switch (c.fn) {
    case 'SUM':
      return c.type.root === 'INTEGER' ? Number(sum) : BigInt.asIntN(64, sum);
    case 'AVG':
      return Number(sum / BigInt(values.length));
    default: {
      const sorted = [...values].sort((a, b) => ((a as number) < (b as number) ? -1 : 1));
      return c.fn === 'MIN' ? sorted[0] : sorted[sorted.length - 1];
    }
  }
}

function subject(keys: readonly number[], inputRetracts: boolean): Subject {
  const outputTypes = [...keys.map((k) => types[k]), ...calls.map((c) => c.type)];
  return {
    inputTypes: types,
    outputTypes,
    keys: keys.length === 0 ? null : keys,
    make: (emission) =>
      new GroupAggregate({
        keys,
        aggregates: calls,
        inputRetracts,
        ttl: 0,
        inputTypes: [types],
        outputTypes,
        emission,
        updateBefore: true,
      }),
    recompute: (events: readonly Event[]) =>
      [...groupBy(liveRows(events), (r) => keys.map((k) => String(r[k])).join('|')).values()].map((rows) => [
        ...keys.map((k) => rows[0][k]),
        ...calls.map((c) => result(c, rows)),
      ]),
  };
}

describe('group aggregation', () => {
  test('insert-only', () => checkLaws(subject([0], false), inserts(fields)));
  test('with retractions', () => checkLaws(subject([0], true), changes(fields), 120));
  test('several keys', () => checkLaws(subject([1, 2, 0], true), changes(fields)));
  test('no keys', () => checkLaws(subject([], true), changes(fields)));
});
