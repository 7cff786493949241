import { describe, test } from '@jest/globals';
import { createSort } from '@streamcell/runtime/operators/sort';
import type { OrderKey } from '@streamcell/runtime/state/value-order';
import { INT, STRING, TIMESTAMP, Timestamp, type DataType, type Value } from '@streamcell/runtime/types/index';
import fc from 'fast-check';
import { changes, checkLaws, inserts, liveRows, type Event, type Subject } from './one-input.js';
import { passingTime, risingWatermarks } from './windows-reference.js';

type Row = readonly Value[];

/** Key, value, time: enough equal values that ties are common. */
const types = (attribute: 'rowtime' | 'proctime'): DataType[] => [STRING(), INT(), TIMESTAMP(3, true, attribute)];
const fields = fc
  .tuple(fc.constantFrom('a', 'b', null), fc.option(fc.nat(4), { nil: null }), fc.integer({ min: 1, max: 30 }))
  .map(([k, v, t]): Value[] => [k, v, new Timestamp(t)]);
const timeOf = (row: Row): number => (row[2] as Timestamp).millis;

/** Compares one column; NULL stands where the key says, whatever the direction. */
function compare(a: Row, b: Row, key: OrderKey): number {
  const [x, y] = [a[key.column], b[key.column]];
  if (x === null || y === null) return x === y ? 0 : (x === null) === key.nullsLast ? 1 : -1;
  const [p, q] = x instanceof Timestamp ? [x.millis, (y as Timestamp).millis] : [x, y as number | string];
  return p === q ? 0 : p < q === key.ascending ? -1 : 1;
}

/** Stable: rows that are equal by every key keep their order. */
function sorted(rows: readonly Row[], keys: readonly OrderKey[]): Row[] {
  return [...rows].sort((a, b) => keys.reduce((order, key) => order || compare(a, b, key), 0));
}

function sort(mode: 'full' | 'temporal', keys: readonly OrderKey[], attribute: 'rowtime' | 'proctime'): Subject {
  const of = types(attribute);
  return {
    inputTypes: of,
    outputTypes: of,
    keys: null,
    ordered: true,
    make: () => createSort({ mode, sort: keys, inputTypes: [of], outputTypes: of }),
    recompute: (events) => {
      if (mode === 'full') return sorted(firstOfEqualRows(liveRows(events)), keys);
      return attribute === 'rowtime' ? byRowtime(events, keys) : byArrival(events, keys.slice(1));
    },
  };
}

/** A row that comes again is the one that is there, twice: it takes its first place. */
function firstOfEqualRows(rows: readonly Row[]): Row[] {
  const text = (row: Row): string => row.map((v) => (v instanceof Timestamp ? v.millis : v)).join('|');
  const places = new Map<string, number>();
  rows.forEach((row, i) => places.set(text(row), places.get(text(row)) ?? i));
  return [...rows].sort((a, b) => (places.get(text(a)) as number) - (places.get(text(b)) as number));
}

/** Sent when the watermark passes; a row at or before the last time sent is late. */
function byRowtime(events: readonly Event[], keys: readonly OrderKey[]): Row[] {
  const out: Row[] = [];
  let waiting: Row[] = [];
  for (const event of events) {
    const last = out.length === 0 ? -Infinity : timeOf(out[out.length - 1]);
    if (event.kind === 'row' && timeOf(event.row.fields) > last) waiting.push(event.row.fields);
    if (event.kind !== 'watermark') continue;
    out.push(
      ...sorted(
        waiting.filter((r) => timeOf(r) <= event.time),
        keys,
      ),
    );
    waiting = waiting.filter((r) => timeOf(r) > event.time);
  }
  return out;
}

/** Rows in order of arrival; those of one millisecond by the further keys. */
function byArrival(events: readonly Event[], keys: readonly OrderKey[]): Row[] {
  const out: Row[] = [];
  let now: Row[] = [];
  for (const event of events) {
    if (event.kind === 'row') now.push(event.row.fields);
    else {
      out.push(...sorted(now, keys));
      now = [];
    }
  }
  return out;
}

const value: OrderKey = { column: 1, ascending: true, nullsLast: false };
const valueDown: OrderKey = { column: 1, ascending: false, nullsLast: true };
const key: OrderKey = { column: 0, ascending: true, nullsLast: true };
const time: OrderKey = { column: 2, ascending: true, nullsLast: false };
const watermark = fc.integer({ min: 1, max: 30 }).map((t): Event => ({ kind: 'watermark', time: t }));
/** At least a millisecond: rows before and after are of different times. */
const step = fc.integer({ min: 1, max: 4 }).map((t): Event => ({ kind: 'clock', time: t }));
const ended = (events: Event[]): Event[] => [...events, { kind: 'end' }];

describe('sort of a bounded input', () => {
  test('by a column', () => checkLaws(sort('full', [value], 'rowtime'), inserts(fields).map(ended), 100));
  test('by several, NULLs last', () =>
    checkLaws(sort('full', [key, valueDown], 'rowtime'), inserts(fields).map(ended), 100));
  // By all columns: which of two equal rows was taken back shows in their order alone.
  test('over updates', () =>
    checkLaws(sort('full', [valueDown, time, key], 'rowtime'), changes(fields).map(ended), 150));
});

describe('temporal sort', () => {
  test('by rowtime', () =>
    checkLaws(sort('temporal', [time], 'rowtime'), inserts(fields, watermark).map(risingWatermarks), 100));
  test('by rowtime, ties by value', () =>
    checkLaws(sort('temporal', [time, valueDown], 'rowtime'), inserts(fields, watermark).map(risingWatermarks), 100));
  test('by processing time', () =>
    checkLaws(sort('temporal', [time], 'proctime'), inserts(fields, step).map(passingTime), 60));
  test('by processing time, ties by value', () =>
    checkLaws(sort('temporal', [time, value], 'proctime'), inserts(fields, step).map(passingTime), 100));
});
