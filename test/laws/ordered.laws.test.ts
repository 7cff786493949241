import { describe, test } from '@jest/globals';
import type { AggregateCall } from '@streamcell/runtime/expressions/bound';
import { simpleEnvironment } from '@streamcell/runtime/expressions/index';
import { ChangelogNormalize } from '@streamcell/runtime/operators/changelog-normalize';
import { createDeduplicate } from '@streamcell/runtime/operators/deduplicate';
import { createLimit } from '@streamcell/runtime/operators/limit';
import { createOverAggregate, type OverAggregateSpec } from '@streamcell/runtime/operators/over-aggregate';
import { createRank, type RankSpec } from '@streamcell/runtime/operators/rank';
import { BIGINT, INT, STRING, TIMESTAMP, Timestamp, type DataType, type Value } from '@streamcell/runtime/types/index';
import fc from 'fast-check';
import { changes, checkLaws, groupBy, inserts, liveRows, type Event, type Subject } from './one-input.js';

const types: DataType[] = [STRING(), INT(), STRING()];
const fields = fc.tuple(
  fc.constantFrom('a', 'b', null),
  fc.option(fc.integer({ min: 0, max: 6 }), { nil: null }),
  fc.constantFrom('x', 'y'),
) as fc.Arbitrary<Value[]>;

/** Ascending by column 1, NULL first; stable, so that earlier rows stay before equal ones. */
function inOrder(rows: readonly (readonly Value[])[], sign = 1): (readonly Value[])[] {
  const rank = (v: Value): number => (v === null ? -Infinity : Number(v));
  return [...rows].sort((a, b) => {
    const x = rank(a[1]);
    const y = rank(b[1]);
    return x === y ? 0 : sign * (x < y ? -1 : 1);
  });
}

function rank(more: Partial<RankSpec>): Subject {
  const start = more.start ?? 1;
  const end = more.end ?? 3;
  const outputTypes = more.outputRank === true ? [...types, BIGINT(false)] : types;
  return {
    inputTypes: types,
    outputTypes,
    keys: [0],
    make: (emission) =>
      createRank({
        function: 'ROW_NUMBER',
        partitionKeys: [0],
        sort: [{ column: 1, ascending: true, nullsLast: false }],
        start,
        end,
        outputRank: false,
        strategy: 'append',
        inputKey: null,
        ttl: 0,
        inputTypes: [types],
        outputTypes,
        updateBefore: true,
        ...more,
        emission,
      }),
    recompute: (events) =>
      [...groupBy(liveRows(events), (r) => String(r[0])).values()].flatMap((rows) =>
        inOrder(rows)
          .slice(start - 1, end)
          .map((r, k) => (more.outputRank === true ? [...r, BigInt(start + k)] : r)),
      ),
  };
}

describe('Top-N', () => {
  test('append', () => checkLaws(rank({}), inserts(fields)));
  test('append, ranked', () => checkLaws(rank({ outputRank: true }), inserts(fields)));
  test('append, the first', () => checkLaws(rank({ end: 1 }), inserts(fields)));
  test('append, offset', () => checkLaws(rank({ start: 2, end: 3 }), inserts(fields)));
  test('retract', () => checkLaws(rank({ strategy: 'retract' }), changes(fields), 120));
  test('retract, ranked', () => checkLaws(rank({ strategy: 'retract', outputRank: true }), changes(fields), 120));
  test('retract, offset, ranked', () =>
    checkLaws(rank({ strategy: 'retract', start: 2, end: 4, outputRank: true }), changes(fields), 120));

  /** Per id a value that only falls, as an update of the row with that id. */
  const improving = fc
    .array(fc.tuple(fc.constantFrom('p', 'q', 'r', 's', 't'), fc.nat(3), fc.constantFrom('x', 'y')), { maxLength: 40 })
    .map((steps): Event[] => {
      const values = new Map<string, number>();
      return steps.map(([id, by, other]) => {
        const known = values.get(id);
        const value = known === undefined ? 20 + by : known - by;
        values.set(id, value);
        return {
          kind: 'row',
          row: { kind: known === undefined ? 0 : 2, fields: [id < 'r' ? 'a' : 'b', value, id + other] },
        };
      });
    });
  // The key is the first letter of the last column; here the whole column stands for it, with the partition.
  const byId: DataType[] = [STRING(), INT(), STRING(), STRING()];
  const updating = (more: Partial<RankSpec>): Subject => {
    const base = rank(more);
    const outputTypes = more.outputRank === true ? [...byId, BIGINT(false)] : byId;
    const end = more.end ?? 3;
    return {
      ...base,
      inputTypes: byId,
      outputTypes,
      make: (emission) =>
        createRank({
          function: 'ROW_NUMBER',
          partitionKeys: [0],
          sort: [{ column: 1, ascending: true, nullsLast: false }],
          start: 1,
          end,
          outputRank: false,
          strategy: 'update',
          inputKey: [2],
          ttl: 0,
          inputTypes: [byId],
          outputTypes,
          updateBefore: true,
          ...more,
          emission,
        }),
      recompute: (events) => {
        // A row that improves goes behind its new equals; one that only changes otherwise keeps its place.
        const live: Value[][] = [];
        for (const event of events) {
          if (event.kind !== 'row') continue;
          const at = live.findIndex((r) => r[2] === event.row.fields[2]);
          if (at >= 0 && live[at][1] === event.row.fields[1]) live[at] = [...event.row.fields];
          else {
            if (at >= 0) live.splice(at, 1);
            live.push([...event.row.fields]);
          }
        }
        return [...groupBy(live, (r) => String(r[0])).values()].flatMap((rows) =>
          inOrder(rows)
            .slice(0, end)
            .map((r, k) => (more.outputRank === true ? [...r, BigInt(1 + k)] : r)),
        );
      },
    };
  };
  const withId = improving.map((events) =>
    events.map((e): Event => {
      if (e.kind !== 'row') return e;
      const [partition, value, idAndMore] = e.row.fields as [string, number, string];
      return { kind: 'row', row: { ...e.row, fields: [partition, value, idAndMore[0], idAndMore[1]] } };
    }),
  );
  // Within a range as large as the partition nothing is ever forgotten, so that the naive order is that of Flink's buffer.
  test('update', () => checkLaws(updating({ end: 5 }), withId));
  test('update, ranked', () => checkLaws(updating({ end: 5, outputRank: true }), withId));
});

const timed: DataType[] = [STRING(), INT(), TIMESTAMP(3, true, 'rowtime')];
const timedFields = fc
  .tuple(
    fc.constantFrom('a', 'b'),
    fc.option(fc.integer({ min: 0, max: 4 }), { nil: null }),
    fc.integer({ min: 1, max: 40 }),
  )
  .map(([k, v, t]): Value[] => [k, v, new Timestamp(t)]);
const timedEvents = inserts(
  timedFields,
  fc.integer({ min: 1, max: 40 }).map((time): Event => ({ kind: 'watermark', time })),
).map((list): Event[] => {
  let highest = 0;
  const rising = list.map((e) =>
    e.kind === 'watermark' ? { ...e, time: (highest = Math.max(highest + 1, e.time)) } : e,
  );
  return [...rising, { kind: 'watermark', time: 100_000 }];
});
/** Without late rows: what becomes of those of a bounded RANGE depends on when the partition was forgotten (its own test tells). */
const punctualEvents = timedEvents.map((events) => {
  let watermark = -Infinity;
  return events.filter((e) => {
    if (e.kind === 'watermark') watermark = e.time;
    return e.kind !== 'row' || timeOf(e.row.fields) > watermark;
  });
});
function timeOf(row: readonly Value[]): number {
  return (row[2] as Timestamp).millis;
}

function deduplicate(keep: 'first' | 'last', rowtime: boolean): Subject {
  return {
    inputTypes: timed,
    outputTypes: timed,
    keys: [0],
    make: (emission) =>
      createDeduplicate({
        keys: [0],
        keep,
        rowtime,
        time: rowtime ? 2 : null,
        windowing: null,
        ttl: 0,
        inputTypes: [timed],
        outputTypes: timed,
        emission,
        updateBefore: true,
        env: simpleEnvironment(),
      }),
    recompute: (events) => {
      const kept = new Map<string, { row: readonly Value[]; sent: boolean }>();
      let watermark = -Infinity;
      for (const event of events) {
        if (event.kind === 'watermark') {
          watermark = event.time;
          for (const entry of kept.values()) if (timeOf(entry.row) <= watermark) entry.sent = true;
        }
        if (event.kind !== 'row') continue;
        const row = event.row.fields;
        const old = kept.get(String(row[0]));
        if (keep === 'last') {
          if (old === undefined || !rowtime || timeOf(row) >= timeOf(old.row))
            kept.set(String(row[0]), { row, sent: true });
        } else if (!rowtime) {
          if (old === undefined) kept.set(String(row[0]), { row, sent: true });
        } else if (timeOf(row) >= watermark && (old === undefined || (!old.sent && timeOf(row) < timeOf(old.row))))
          kept.set(String(row[0]), { row, sent: false });
      }
      return [...kept.values()].map((e) => e.row);
    },
  };
}

describe('deduplication', () => {
  test('first by arrival', () => checkLaws(deduplicate('first', false), timedEvents));
  test('last by arrival', () => checkLaws(deduplicate('last', false), timedEvents));
  test('first by rowtime', () => checkLaws(deduplicate('first', true), timedEvents, 120));
  test('last by rowtime', () => checkLaws(deduplicate('last', true), timedEvents));
});

const overCalls: AggregateCall[] = [
  { fn: 'COUNT', args: [], argTypes: [], distinct: false, filter: null, type: BIGINT(false), name: 'c' },
  { fn: 'SUM', args: [1], argTypes: [INT()], distinct: false, filter: null, type: INT(), name: 's' },
  { fn: 'MAX', args: [1], argTypes: [INT()], distinct: false, filter: null, type: INT(), name: 'm' },
];
function overResults(rows: readonly (readonly Value[])[]): Value[] {
  const values = rows.map((r) => r[1]).filter((v) => v !== null) as number[];
  return [
    BigInt(rows.length),
    values.length === 0 ? null : values.reduce((a, b) => a + b, 0),
    values.length === 0 ? null : Math.max(...values),
  ];
}

function over(frame: OverAggregateSpec['frame']): Subject {
  const outputTypes = [...timed, ...overCalls.map((c) => c.type)];
  return {
    inputTypes: timed,
    outputTypes,
    keys: [0],
    make: (emission) =>
      createOverAggregate({
        partitionKeys: [0],
        sort: [{ column: 2, ascending: true, nullsLast: false }],
        rowtime: true,
        time: 2,
        frame,
        aggregates: overCalls,
        ttl: 0,
        inputTypes: [timed],
        outputTypes,
        emission,
        updateBefore: true,
      }),
    recompute: (events) => {
      // Rows in the order they were sent: by watermark, then time, then arrival.
      const sent = new Map<string, (readonly Value[])[]>();
      let waiting: (readonly Value[])[] = [];
      let watermark = -Infinity;
      for (const event of events) {
        if (event.kind === 'row') {
          const row = event.row.fields;
          const last = sent.get(String(row[0]))?.at(-1);
          const late =
            frame.preceding === null ? timeOf(row) <= watermark : last !== undefined && timeOf(row) <= timeOf(last);
          if (!late) waiting.push(row);
        } else if (event.kind === 'watermark') {
          watermark = event.time;
          const due = waiting.filter((r) => timeOf(r) <= watermark).sort((a, b) => timeOf(a) - timeOf(b));
          waiting = waiting.filter((r) => timeOf(r) > watermark);
          for (const row of due) sent.set(String(row[0]), [...(sent.get(String(row[0])) ?? []), row]);
        }
      }
      return [...sent.values()].flatMap((rows) =>
        rows.map((row, at) => {
          let last = at;
          if (frame.unit === 'range') while (last + 1 < rows.length && timeOf(rows[last + 1]) === timeOf(row)) last++;
          let inFrame = rows.slice(0, last + 1);
          const { preceding } = frame;
          if (preceding !== null)
            inFrame =
              frame.unit === 'rows'
                ? inFrame.slice(Math.max(0, at - preceding))
                : inFrame.filter((r) => timeOf(r) >= timeOf(row) - preceding);
          return [...row, ...overResults(inFrame)];
        }),
      );
    },
  };
}

function orderedOver(unit: 'rows' | 'range'): Subject {
  const outputTypes = [...types, ...overCalls.map((c) => c.type)];
  return {
    inputTypes: types,
    outputTypes,
    keys: [0],
    make: (emission) =>
      createOverAggregate({
        partitionKeys: [0],
        sort: [{ column: 1, ascending: true, nullsLast: false }],
        rowtime: false,
        time: 1,
        frame: { unit, preceding: null },
        aggregates: overCalls,
        ttl: 0,
        inputTypes: [types],
        outputTypes,
        emission,
        updateBefore: true,
      }),
    recompute: (events) =>
      [...groupBy(liveRows(events), (r) => String(r[0])).values()].flatMap((group) => {
        const rows = inOrder(group);
        return rows.map((row, at) => {
          let last = at;
          if (unit === 'range') while (last + 1 < rows.length && rows[last + 1][1] === row[1]) last++;
          return [...row, ...overResults(rows.slice(0, last + 1))];
        });
      }),
  };
}

describe('OVER', () => {
  test('rows, unbounded', () => checkLaws(over({ unit: 'rows', preceding: null }), timedEvents));
  test('range, unbounded', () => checkLaws(over({ unit: 'range', preceding: null }), timedEvents));
  test('rows, bounded', () => checkLaws(over({ unit: 'rows', preceding: 2 }), timedEvents, 120));
  test('range, bounded', () => checkLaws(over({ unit: 'range', preceding: 6 }), punctualEvents, 120));
  test('rows by another order', () => checkLaws(orderedOver('rows'), inserts(fields)));
  test('range by another order, with retractions', () => checkLaws(orderedOver('range'), changes(fields)));
});

test('changelog normalisation', () =>
  checkLaws(
    {
      inputTypes: types,
      outputTypes: types,
      keys: [0],
      make: (emission) =>
        new ChangelogNormalize({
          keys: [0],
          condition: null,
          ttl: 0,
          inputTypes: [types],
          outputTypes: types,
          emission,
          updateBefore: true,
          env: simpleEnvironment(),
        }),
      recompute: (events) => {
        const rows = new Map<string, readonly Value[]>();
        for (const event of events) {
          if (event.kind !== 'row') continue;
          if ((event.row.kind & 1) === 0) rows.set(String(event.row.fields[0]), event.row.fields);
          else rows.delete(String(event.row.fields[0]));
        }
        return [...rows.values()];
      },
    },
    fc.array(
      fc
        .tuple(fields, fc.constantFrom(0, 2, 2, 1))
        .map(([f, kind]): Event => ({ kind: 'row', row: { kind: kind as 0 | 1 | 2, fields: f } })),
      { maxLength: 40 },
    ),
    120,
  ));

test('limit', () => {
  const limit = (inputRetracts: boolean, offset: number): Subject => ({
    inputTypes: types,
    outputTypes: types,
    keys: null,
    make: (emission) =>
      createLimit({
        offset,
        fetch: 5,
        inputRetracts,
        inputTypes: [types],
        outputTypes: types,
        emission,
        updateBefore: true,
      }),
    recompute: (events) => liveRows(events).slice(offset, offset + 5),
  });
  checkLaws(limit(false, 2), inserts(fields));
  checkLaws(limit(true, 0), changes(fields));
  checkLaws(limit(true, 2), changes(fields));
});
