import { describe, test } from '@jest/globals';
import { simpleEnvironment } from '@streamcell/runtime/expressions/index';
import { createWindowAggregate } from '@streamcell/runtime/operators/window-aggregate';
import { createWindowTvf } from '@streamcell/runtime/operators/window-tvf';
import type { WindowSpec } from '@streamcell/runtime/operators/windowing';
import { INT, STRING, TIMESTAMP, Timestamp, type DataType, type Value } from '@streamcell/runtime/types/index';
import fc from 'fast-check';
import { changes, checkLaws, inserts, type Event, type Subject } from './one-input.js';
import {
  aligned,
  among,
  byWatermark,
  calls,
  passingTime,
  byClock,
  resultOf,
  risingWatermarks,
  sessions,
  windowsOf,
  type AlignedSpec,
  type Row,
  type Timed,
  type Window,
} from './windows-reference.js';

const types: DataType[] = [STRING(), INT(), TIMESTAMP(3, true, 'rowtime')];
const arrivals: DataType[] = [STRING(), INT(), TIMESTAMP(3, true, 'proctime')];
const fields = fc
  .tuple(
    fc.constantFrom('a', 'b'),
    fc.option(fc.integer({ min: 0, max: 4 }), { nil: null }),
    fc.integer({ min: -20, max: 60 }),
  )
  .map(([k, v, t]): Value[] => [k, v, new Timestamp(t)]);
const watermark = fc.integer({ min: -20, max: 60 }).map((time): Event => ({ kind: 'watermark', time }));
const step = fc.nat(9).map((time): Event => ({ kind: 'clock', time }));
const timeOf = (row: Row): number => (row[2] as Timestamp).millis;

const events = inserts(fields, watermark).map(risingWatermarks);
const updates = among(changes(fields), watermark).map(risingWatermarks);
const arriving = inserts(fields, step).map(passingTime);
const env = simpleEnvironment();

/** The windows that are over, by either time. */
function windows(spec: WindowSpec, all: readonly Timed[]): Window[] {
  return spec.kind === 'session' ? sessions(spec.gap, all) : aligned(all, (_, time) => windowsOf(spec, time));
}

function aggregation(spec: WindowSpec, rowtime: boolean, inputRetracts: boolean): Subject {
  const inputTypes = rowtime ? types : arrivals;
  const aggregates = calls(inputTypes);
  const outputTypes = [STRING(), ...aggregates.map((c) => c.type), TIMESTAMP(3, false), TIMESTAMP(3, false)];
  return {
    inputTypes,
    outputTypes,
    keys: [0],
    make: () =>
      createWindowAggregate({
        keys: [0],
        aggregates,
        windowing: { kind: 'time', time: 2, rowtime, spec },
        properties: ['start', 'end'],
        inputRetracts,
        inputTypes: [inputTypes],
        outputTypes,
        env,
      }),
    recompute: (all) => windows(spec, rowtime ? byWatermark(all, timeOf) : byClock(all)).map(resultOf),
  };
}

const SPECS: Record<string, WindowSpec> = {
  tumble: { kind: 'tumble', size: 10, offset: 0 },
  'tumble with an offset': { kind: 'tumble', size: 7, offset: -3 },
  hop: { kind: 'hop', size: 12, slide: 4, offset: 0 },
  cumulate: { kind: 'cumulate', size: 15, step: 5, offset: 2 },
  session: { kind: 'session', gap: 5, partitionKeys: [0] },
};

describe('window aggregation', () => {
  test.each(Object.entries(SPECS))('%s', (_, spec) => checkLaws(aggregation(spec, true, false), events, 120));
});

describe('window aggregation over updates', () => {
  /** A session without its row, which a row taken back alone would make, is nothing that rows on time come to. */
  const punctual = (gap: number) =>
    updates.map((all) => {
      let highest = -Infinity;
      return all.filter((e) => {
        if (e.kind === 'watermark') highest = e.time;
        return e.kind !== 'row' || timeOf(e.row.fields) + gap - 1 > highest;
      });
    });
  test.each(Object.entries(SPECS))('%s', (_, spec) =>
    checkLaws(aggregation(spec, true, true), spec.kind === 'session' ? punctual(spec.gap) : updates, 120),
  );
});

describe('window aggregation by processing time', () => {
  test.each(Object.entries(SPECS))('%s', (_, spec) => checkLaws(aggregation(spec, false, false), arriving, 120));
});

/** Rows that carry the windows that another query put them into. */
const carried: DataType[] = [STRING(), INT(), TIMESTAMP(3), TIMESTAMP(3)];

function attached(spec: WindowSpec): Subject {
  const aggregates = calls(carried);
  const outputTypes = [STRING(), ...aggregates.map((c) => c.type), TIMESTAMP(3, false), TIMESTAMP(3, false)];
  const bounds = (row: Row): [number, number][] => [[(row[2] as Timestamp).millis, (row[3] as Timestamp).millis]];
  return {
    inputTypes: carried,
    outputTypes,
    // Sessions of different keys may end together, and are spread by their starts too.
    keys: spec.kind === 'session' ? [0, 2] : [0],
    make: () =>
      createWindowAggregate({
        keys: [0],
        aggregates,
        windowing: { kind: 'attached', start: 2, end: 3, rowtime: true, spec },
        properties: ['start', 'end'],
        inputRetracts: false,
        inputTypes: [carried],
        outputTypes,
        env,
      }),
    recompute: (all) => aligned(byWatermark(all, timeOf), bounds).map(resultOf),
  };
}

/** Gives each row one of the windows of its time. */
function carrying(spec: WindowSpec): fc.Arbitrary<Value[]> {
  return fc.tuple(fields, fc.nat(20)).map(([row, pick]) => {
    const time = timeOf(row);
    const of: [number, number][] =
      spec.kind === 'session'
        ? // Of several lengths, and many of them with one end.
          [[Math.floor(time / 10) * 10 - (pick % 3), Math.floor(time / 10) * 10 + 10]]
        : windowsOf(spec, time);
    const [start, end] = of[pick % of.length];
    return [row[0], row[1], new Timestamp(start), new Timestamp(end)];
  });
}

describe('window aggregation over windows that rows carry', () => {
  test.each(Object.entries(SPECS))('%s', (_, spec) =>
    checkLaws(attached(spec), inserts(carrying(spec), watermark).map(risingWatermarks), 120),
  );
});

describe('SESSION as a table function', () => {
  const table = (rowtime: boolean, partitionKeys: readonly number[]): Subject => {
    const inputTypes = rowtime ? types : arrivals;
    const spec: WindowSpec = { kind: 'session', gap: 5, partitionKeys };
    const outputTypes = [...inputTypes, TIMESTAMP(3, false), TIMESTAMP(3, false), TIMESTAMP(3, false)];
    // Without keys all rows are of one.
    const keyed = (all: readonly Timed[]): Timed[] =>
      partitionKeys.length > 0 ? [...all] : all.map((e) => (e.kind === 'row' ? { ...e, row: ['', ...e.row] } : e));
    return {
      inputTypes,
      outputTypes,
      keys: partitionKeys.length > 0 ? partitionKeys : null,
      make: () =>
        createWindowTvf({
          windowing: { kind: 'time', time: 2, rowtime, spec },
          inputTypes: [inputTypes],
          outputTypes,
          env,
        }),
      recompute: (all) =>
        sessions(5, keyed(rowtime ? byWatermark(all, timeOf) : byClock(all))).flatMap((w) =>
          w.rows.map((row) => [
            ...row.slice(-3),
            new Timestamp(w.start),
            new Timestamp(w.end),
            // window_time: the last instant of the window, by processing time when it was sent.
            new Timestamp(rowtime ? w.end - 1 : w.end),
          ]),
        ),
    };
  };
  test('by key', () => checkLaws(table(true, [0]), events, 150));
  test('over updates', () => checkLaws(table(true, [0]), updates.map(onTime), 120));
  test('without a key', () => checkLaws(table(true, []), events, 100));
  test('by processing time', () => checkLaws(table(false, [0]), arriving, 100));

  /** What is taken back is in the session of its row as long as that is not over. */
  function onTime(all: readonly Event[]): Event[] {
    let highest = -Infinity;
    return all.filter((e) => {
      if (e.kind === 'watermark') highest = e.time;
      return e.kind !== 'row' || timeOf(e.row.fields) + 4 > highest;
    });
  }
});

describe('TUMBLE, HOP and CUMULATE as table functions', () => {
  test.each(Object.entries(SPECS).filter(([, s]) => s.kind !== 'session'))('%s', (_, given) => {
    const spec = given as AlignedSpec;
    const outputTypes = [...types, TIMESTAMP(3, false), TIMESTAMP(3, false), TIMESTAMP(3, false)];
    checkLaws(
      {
        inputTypes: types,
        outputTypes,
        keys: [0],
        make: () =>
          createWindowTvf({
            windowing: { kind: 'time', time: 2, rowtime: true, spec },
            inputTypes: [types],
            outputTypes,
            env,
          }),
        recompute: (all) =>
          all.flatMap((e) =>
            e.kind !== 'row'
              ? []
              : windowsOf(spec, timeOf(e.row.fields)).map(([start, end]) => [
                  ...e.row.fields,
                  new Timestamp(start),
                  new Timestamp(end),
                  new Timestamp(end - 1),
                ]),
          ),
      },
      events,
    );
  });
});
