import { describe, expect, test } from '@jest/globals';
import { simpleEnvironment } from '@streamcell/runtime/expressions/index';
import { IntervalJoin } from '@streamcell/runtime/operators/interval-join';
import { consolidated } from '@streamcell/runtime/operators/join-harness';
import type { JoinType } from '@streamcell/runtime/operators/join-spec';
import { createOverAggregate, type OverAggregateSpec } from '@streamcell/runtime/operators/over-aggregate';
import { INT, STRING, TIMESTAMP, Timestamp, type DataType, type Value } from '@streamcell/runtime/types/index';
import fc from 'fast-check';
import { checkLaws, groupBy, inserts, type Event, type Subject } from './one-input.js';
import { drive, spread, type Place, type Step } from './two-inputs.js';
import { aggregate, byClock, calls, passingTime } from './windows-reference.js';

/** Operators by processing time but for window aggregations (windows.laws) and sorts (sorts.laws). */

const env = simpleEnvironment();
const types: DataType[] = [STRING(), INT(), TIMESTAMP(3, true, 'proctime')];
const fields = fc
  .tuple(fc.constantFrom('a', 'b'), fc.option(fc.nat(4), { nil: null }))
  .map(([k, v]): Value[] => [k, v, new Timestamp(0)]);
const step = fc.integer({ min: 1, max: 4 }).map((time): Event => ({ kind: 'clock', time }));
const arriving = inserts(fields, step).map(passingTime);

describe('OVER by processing time', () => {
  const over = (frame: OverAggregateSpec['frame']): Subject => {
    const aggregates = calls(types);
    const outputTypes = [...types, ...aggregates.map((c) => c.type)];
    return {
      inputTypes: types,
      outputTypes,
      keys: [0],
      make: (emission) =>
        createOverAggregate({
          partitionKeys: [0],
          sort: [{ column: 2, ascending: true, nullsLast: false }],
          rowtime: false,
          time: 2,
          frame,
          aggregates,
          ttl: 0,
          inputTypes: [types],
          outputTypes,
          emission,
          updateBefore: true,
        }),
      recompute: (events) => {
        const rows = byClock(events).flatMap((e) => (e.kind === 'row' ? [e] : []));
        return [...groupBy(rows, (e) => String(e.row[0])).values()].flatMap((group) =>
          group.map((e, at) => {
            const { unit, preceding } = frame;
            // By RANGE rows of one millisecond see each other; unbounded, each is sent as it comes and sees those before it.
            const frameOf =
              preceding === null
                ? group.slice(0, at + 1)
                : unit === 'rows'
                  ? group.slice(Math.max(0, at - preceding), at + 1)
                  : group.filter((o) => o.time >= e.time - preceding && o.time <= e.time);
            return [...e.row, ...aggregate(frameOf.map((o) => o.row))];
          }),
        );
      },
    };
  };
  test('rows, unbounded', () => checkLaws(over({ unit: 'rows', preceding: null }), arriving));
  test('range, unbounded', () => checkLaws(over({ unit: 'range', preceding: null }), arriving));
  test('rows, bounded', () => checkLaws(over({ unit: 'rows', preceding: 2 }), arriving, 100));
  test('range, bounded', () => checkLaws(over({ unit: 'range', preceding: 6 }), arriving, 100));
});

/** Rows of key and number on two inputs, and time that passes between them. */
const rowsAndTime = fc
  .array(
    fc.record({
      input: fc.constantFrom(0, 1),
      rows: fc.array(fc.tuple(fc.constantFrom('1', '2', 'null'), fc.nat(9)), { minLength: 1, maxLength: 4 }),
      pass: fc.nat(8),
    }),
    { maxLength: 10 },
  )
  .map((made): Step[] => {
    let now = 0;
    const steps = made.flatMap(({ input, rows, pass }): Step[] => {
      const sent: Step = { kind: 'rows', input, rows: rows.map(([k, n]) => `+I ${k} ${n} 0`) };
      if (pass === 0) return [sent];
      now += pass;
      return [sent, { kind: 'clock', time: now }];
    });
    return [...steps, { kind: 'clock', time: 100_000 }];
  });

interface Arrival {
  readonly text: string;
  readonly key: string;
  readonly at: number;
}

function arrivals(steps: readonly Step[], input: number): Arrival[] {
  let now = 0;
  return steps.flatMap((s) => {
    if (s.kind === 'clock') now = s.time;
    if (s.kind !== 'rows' || s.input !== input) return [];
    return s.rows.map((line) => ({ text: line.slice(3), key: line.split(' ')[1], at: now }));
  });
}

describe('interval join by processing time', () => {
  const [lower, upper] = [-4, 6];
  const inputTypes: DataType[] = [INT(), INT(), TIMESTAMP(3, true, 'proctime')];
  const place = (type: JoinType, subtask = 0, parallelism = 1): Place => ({
    make: () =>
      new IntervalJoin({
        join: { type, leftKeys: [0], rightKeys: [0], nullSafe: [false], condition: null },
        rowtime: false,
        leftTime: 2,
        rightTime: 2,
        lower,
        upper,
        inputTypes: [inputTypes, inputTypes],
        env,
      }),
    inputTypes: [inputTypes, inputTypes],
    outputTypes: [...inputTypes, ...inputTypes],
    subtask,
    parallelism,
  });

  /** From the definition, NULL-padded where a side is outer. */
  function expected(type: JoinType, steps: readonly Step[]): string[] {
    const [left, right] = [arrivals(steps, 0), arrivals(steps, 1)];
    const meet = (l: Arrival, r: Arrival): boolean =>
      l.key !== 'null' && l.key === r.key && l.at + lower <= r.at && r.at <= l.at + upper;
    const pad = 'null null null';
    const out = left.flatMap((l) => right.filter((r) => meet(l, r)).map((r) => `${l.text} ${r.text}`));
    if (type === 'left' || type === 'full')
      out.push(...left.filter((l) => !right.some((r) => meet(l, r))).map((l) => `${l.text} ${pad}`));
    if (type === 'right' || type === 'full')
      out.push(...right.filter((r) => !left.some((l) => meet(l, r))).map((r) => `${pad} ${r.text}`));
    return out.sort();
  }

  test('it is the join of rows that came within the bounds, however cut, restarted and spread', () => {
    const types = fc.constantFrom<JoinType>('inner', 'left', 'right', 'full');
    fc.assert(
      fc.property(types, rowsAndTime, fc.nat(20), (type, steps, half) => {
        const whole = consolidated(drive(place(type)).all(steps));
        expect(whole).toEqual(expected(type, steps));
        expect(consolidated(drive(place(type)).all(steps, { cut: true }))).toEqual(whole);
        expect(consolidated(drive(place(type)).all(steps, { restart: true }))).toEqual(whole);
        const two = [place(type, 0, 2), place(type, 1, 2)];
        const at = Math.min(half, steps.length);
        expect(consolidated(spread([place(type)], two, steps, at, inputTypes, [0]))).toEqual(whole);
        expect(consolidated(spread(two, [place(type)], steps, at, inputTypes, [0]))).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });
});
