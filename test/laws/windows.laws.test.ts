import { describe, test } from '@jest/globals';
import type { AggregateCall } from '@streamcell/runtime/expressions/bound';
import { simpleEnvironment } from '@streamcell/runtime/expressions/index';
import { createWindowAggregate } from '@streamcell/runtime/operators/window-aggregate';
import type { WindowSpec } from '@streamcell/runtime/operators/windowing';
import { BIGINT, INT, STRING, TIMESTAMP, Timestamp, type DataType, type Value } from '@streamcell/runtime/types/index';
import fc from 'fast-check';
import { checkLaws, groupBy, inserts, type Event, type Subject } from './one-input.js';

const types: DataType[] = [STRING(), INT(), TIMESTAMP(3, true, 'rowtime')];
const fields = fc
  .tuple(
    fc.constantFrom('a', 'b'),
    fc.option(fc.integer({ min: 0, max: 4 }), { nil: null }),
    fc.integer({ min: -20, max: 60 }),
  )
  .map(([k, v, t]): Value[] => [k, v, new Timestamp(t)]);
const events = inserts(
  fields,
  fc.integer({ min: -20, max: 60 }).map((time): Event => ({ kind: 'watermark', time })),
).map((list): Event[] => {
  // Watermarks only rise, and the last one ends event time.
  let highest = -100;
  const rising = list.map((e) =>
    e.kind === 'watermark' ? { ...e, time: (highest = Math.max(highest + 1, e.time)) } : e,
  );
  return [...rising, { kind: 'watermark', time: 100_000 }];
});

const calls: AggregateCall[] = (
  [
    ['COUNT', [], BIGINT(false), false],
    ['SUM', [1], INT(), false],
    ['MAX', [1], INT(), false],
    ['COUNT', [1], BIGINT(false), true],
  ] as const
).map(([fn, args, type, distinct]) => ({
  fn,
  args,
  argTypes: args.map((a) => types[a]),
  distinct,
  filter: null,
  type,
  name: fn,
}));

function aggregate(rows: readonly (readonly Value[])[]): Value[] {
  const values = rows.map((r) => r[1]).filter((v) => v !== null) as number[];
  return [
    BigInt(rows.length),
    values.length === 0 ? null : values.reduce((a, b) => a + b, 0),
    values.length === 0 ? null : Math.max(...values),
    BigInt(new Set(values).size),
  ];
}

function windowsOf(spec: Exclude<WindowSpec, { kind: 'session' }>, time: number): [number, number][] {
  const floor = (t: number, size: number): number => Math.floor((t - spec.offset) / size) * size + spec.offset;
  switch (spec.kind) {
    case 'tumble':
      return [[floor(time, spec.size), floor(time, spec.size) + spec.size]];
    case 'hop': {
      const out: [number, number][] = [];
      for (let s = floor(time, spec.slide); s > time - spec.size; s -= spec.slide) out.push([s, s + spec.size]);
      return out;
    }
    case 'cumulate': {
      const start = floor(time, spec.size);
      const out: [number, number][] = [];
      for (let e = start + spec.step; e <= start + spec.size; e += spec.step) if (e > time) out.push([start, e]);
      return out;
    }
  }
}

function aligned(spec: Exclude<WindowSpec, { kind: 'session' }>, all: readonly Event[]): Value[][] {
  let watermark = -Infinity;
  const entries: { key: string; row: readonly Value[]; window: [number, number] }[] = [];
  for (const event of all) {
    if (event.kind === 'watermark') watermark = event.time;
    if (event.kind !== 'row') continue;
    const { fields: row } = event.row;
    for (const window of windowsOf(spec, (row[2] as Timestamp).millis))
      if (window[1] - 1 > watermark) entries.push({ key: `${String(row[0])}|${window.join()}`, row, window });
  }
  return [...groupBy(entries, (e) => e.key).values()].map((group) => [
    group[0].row[0],
    ...aggregate(group.map((e) => e.row)),
    ...group[0].window.map((t) => new Timestamp(t)),
  ]);
}

interface Session {
  start: number;
  end: number;
  rows: (readonly Value[])[];
}

function sessions(gap: number, all: readonly Event[]): Value[][] {
  const live = new Map<string, Session[]>();
  const out: Value[][] = [];
  let watermark = -Infinity;
  for (const event of all) {
    if (event.kind === 'watermark') {
      watermark = event.time;
      for (const [key, list] of live) {
        for (const s of list.filter((x) => x.end - 1 <= watermark))
          out.push([key, ...aggregate(s.rows), new Timestamp(s.start), new Timestamp(s.end)]);
        live.set(
          key,
          list.filter((x) => x.end - 1 > watermark),
        );
      }
    }
    if (event.kind !== 'row') continue;
    const { fields: row } = event.row;
    const key = String(row[0]);
    const time = (row[2] as Timestamp).millis;
    const list = live.get(key) ?? [];
    const met = list.filter((s) => s.start <= time + gap && s.end >= time);
    if (met.length === 0 && time + gap - 1 <= watermark) continue;
    live.set(key, [
      ...list.filter((s) => !met.includes(s)),
      {
        start: Math.min(time, ...met.map((s) => s.start)),
        end: Math.max(time + gap, ...met.map((s) => s.end)),
        rows: [...met.flatMap((s) => s.rows), row],
      },
    ]);
  }
  return out;
}

function subject(spec: WindowSpec): Subject {
  const outputTypes = [STRING(), ...calls.map((c) => c.type), TIMESTAMP(3, false), TIMESTAMP(3, false)];
  return {
    inputTypes: types,
    outputTypes,
    keys: [0],
    make: () =>
      createWindowAggregate({
        keys: [0],
        aggregates: calls,
        windowing: { kind: 'time', time: 2, rowtime: true, spec },
        properties: ['start', 'end'],
        inputRetracts: false,
        inputTypes: [types],
        outputTypes,
        env: simpleEnvironment(),
      }),
    recompute: (all) => (spec.kind === 'session' ? sessions(spec.gap, all) : aligned(spec, all)),
  };
}

describe('window aggregation', () => {
  test('tumble', () => checkLaws(subject({ kind: 'tumble', size: 10, offset: 0 }), events));
  test('tumble with an offset', () => checkLaws(subject({ kind: 'tumble', size: 7, offset: -3 }), events));
  test('hop', () => checkLaws(subject({ kind: 'hop', size: 12, slide: 4, offset: 0 }), events, 120));
  test('cumulate', () => checkLaws(subject({ kind: 'cumulate', size: 15, step: 5, offset: 2 }), events, 120));
  test('session', () => checkLaws(subject({ kind: 'session', gap: 5, partitionKeys: [0] }), events, 200));
});
