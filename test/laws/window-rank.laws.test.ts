import { describe, test } from '@jest/globals';
import { simpleEnvironment } from '@streamcell/runtime/expressions/index';
import { WindowDeduplicate } from '@streamcell/runtime/operators/window-deduplicate';
import { WindowRank } from '@streamcell/runtime/operators/window-rank';
import { BIGINT, INT, STRING, TIMESTAMP, Timestamp, type DataType, type Value } from '@streamcell/runtime/types/index';
import fc from 'fast-check';
import { checkLaws, groupBy, inserts, type Event, type Subject } from './one-input.js';

/** Key, value, then the window that the row carries, and its time. */
const types: DataType[] = [STRING(), INT(), TIMESTAMP(3), TIMESTAMP(3), TIMESTAMP(3, true, 'rowtime')];
const SIZE = 10;
const rows = fc
  .tuple(fc.constantFrom('a', 'b', null), fc.option(fc.nat(5), { nil: null }), fc.nat(39))
  .map(([key, value, time]): Value[] => {
    const start = Math.floor(time / SIZE) * SIZE;
    return [key, value, new Timestamp(start), new Timestamp(start + SIZE), new Timestamp(time)];
  });
const watermarks = fc.nat(45).map((time): Event => ({ kind: 'watermark', time }));
/** Watermarks only rise, as callers owe. */
const events = inserts(rows, watermarks).map((all) => {
  let highest = -1;
  return all.filter((event) => {
    if (event.kind !== 'watermark') return true;
    const rises = event.time > highest;
    highest = Math.max(highest, event.time);
    return rises;
  });
});
const windowing = {
  kind: 'attached',
  start: 2,
  end: 3,
  rowtime: true,
  spec: { kind: 'tumble', size: SIZE, offset: 0 },
} as const;

const millis = (value: Value): number => (value as Timestamp).millis;
const lastInstant = (row: readonly Value[]): number => millis(row[3]) - 1;

/** What each partition of a window holds when the watermark has passed it: late rows left out, in order of arrival. */
function overWindows(history: readonly Event[]): Value[][][] {
  let watermark = -Infinity;
  const taken: Value[][] = [];
  for (const event of history) {
    if (event.kind === 'watermark') watermark = Math.max(watermark, event.time);
    else if (event.kind === 'row' && lastInstant(event.row.fields) > watermark) taken.push([...event.row.fields]);
  }
  const over = taken.filter((row) => lastInstant(row) <= watermark);
  return [...groupBy(over, (row) => `${String(row[0])} ${millis(row[3])}`).values()];
}

function windowRank(start: number, end: number): Subject {
  const outputTypes = [...types, BIGINT(false)];
  const rank = (value: Value): number => (value === null ? -Infinity : Number(value));
  return {
    inputTypes: types,
    outputTypes,
    keys: [0],
    make: () =>
      new WindowRank({
        windowing,
        partitionKeys: [0],
        sort: [{ column: 1, ascending: true, nullsLast: false }],
        start,
        end,
        outputRank: true,
        inputTypes: [types],
        outputTypes,
        env: simpleEnvironment('UTC'),
      }),
    recompute: (history) =>
      overWindows(history).flatMap((partition) =>
        [...partition]
          .sort((a, b) => (rank(a[1]) === rank(b[1]) ? 0 : rank(a[1]) < rank(b[1]) ? -1 : 1))
          .slice(start - 1, end)
          .map((row, i) => [...row, BigInt(start + i)]),
      ),
  };
}

function windowDeduplicate(keep: 'first' | 'last'): Subject {
  return {
    inputTypes: types,
    outputTypes: types,
    keys: [0],
    make: () =>
      new WindowDeduplicate({
        windowing,
        keys: [0],
        keep,
        rowtime: true,
        time: 4,
        ttl: 0,
        inputTypes: [types],
        outputTypes: types,
        emission: 'row',
        updateBefore: true,
        env: simpleEnvironment('UTC'),
      }),
    // Of equal times the first row stays the first, and the last one becomes the last.
    recompute: (history) =>
      overWindows(history).map((partition) =>
        partition.reduce((best, row) =>
          (keep === 'first' ? millis(row[4]) < millis(best[4]) : millis(row[4]) >= millis(best[4])) ? row : best,
        ),
      ),
  };
}

describe('operators over windows that rows carry', () => {
  test('window Top-N', () => checkLaws(windowRank(1, 2), events, 120));
  test('window Top-N from the second on', () => checkLaws(windowRank(2, 3), events, 120));
  test('window deduplication, first', () => checkLaws(windowDeduplicate('first'), events, 120));
  test('window deduplication, last', () => checkLaws(windowDeduplicate('last'), events, 120));
});
