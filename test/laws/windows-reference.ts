import { rowText } from '@streamcell/runtime/operators/harness';
import type { AggregateCall } from '@streamcell/runtime/expressions/bound';
import type { WindowSpec } from '@streamcell/runtime/operators/windowing';
import { BIGINT, INT, Timestamp, type DataType, type Value } from '@streamcell/runtime/types/index';
import fc from 'fast-check';
import { groupBy, type Event } from './one-input.js';

/** Windows from their definitions: slow, and with nothing in common with the operators that are held against it. */

export type AlignedSpec = Exclude<WindowSpec, { kind: 'session' }>;
export type Row = readonly Value[];

/** A row of a key with the time by which it is put into windows, or how far that time has come: windows up to it are over. */
export type Timed =
  | { readonly kind: 'row'; readonly row: Row; readonly taken: boolean; readonly time: number }
  | { readonly kind: 'progress'; readonly time: number };

/** Event time: a row's time is in its column, and the watermark says how far it has come. */
export function byWatermark(all: readonly Event[], timeOf: (row: Row) => number): Timed[] {
  return all.flatMap((e): Timed[] => {
    if (e.kind === 'watermark') return [{ kind: 'progress', time: e.time }];
    if (e.kind !== 'row') return [];
    const { kind, fields: row } = e.row;
    return [{ kind: 'row', row, taken: (kind & 1) !== 0, time: timeOf(row) }];
  });
}

/** Processing time: a row's time is when it comes, and a window is over when the clock shows its end. */
export function byClock(all: readonly Event[]): Timed[] {
  let now = 0;
  return all.flatMap((e): Timed[] => {
    if (e.kind === 'clock') {
      now = e.time;
      return [{ kind: 'progress', time: now - 1 }];
    }
    if (e.kind !== 'row') return [];
    return [{ kind: 'row', row: e.row.fields, taken: (e.row.kind & 1) !== 0, time: now }];
  });
}

export function windowsOf(spec: AlignedSpec, time: number): [number, number][] {
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

/** One that is over, with the rows it holds; there is at least one. */
export interface Window {
  readonly key: Value;
  readonly start: number;
  readonly end: number;
  readonly rows: readonly Row[];
}

function without(rows: readonly Row[], row: Row): Row[] {
  const wanted = rowText({ kind: 0, fields: row });
  const at = rows.findIndex((r) => rowText({ kind: 0, fields: r }) === wanted);
  return rows.filter((_, i) => i !== at);
}

/** Windows of rows that carry them or whose time says them, per value of the first column; late rows are left out. */
export function aligned(all: readonly Timed[], of: (row: Row, time: number) => readonly [number, number][]): Window[] {
  let progress = -Infinity;
  const entries: { id: string; row: Row; taken: boolean; window: readonly [number, number] }[] = [];
  for (const event of all) {
    if (event.kind === 'progress') {
      progress = event.time;
      continue;
    }
    for (const window of of(event.row, event.time))
      if (window[1] - 1 > progress)
        entries.push({ id: `${String(event.row[0])}|${window.join()}`, row: event.row, taken: event.taken, window });
  }
  return [...groupBy(entries, (e) => e.id).values()]
    .map((group) => ({
      key: group[0].row[0],
      start: group[0].window[0],
      end: group[0].window[1],
      rows: group.reduce<readonly Row[]>((rows, e) => (e.taken ? without(rows, e.row) : [...rows, e.row]), []),
    }))
    .filter((w) => w.rows.length > 0 && w.end - 1 <= progress);
}

interface Session {
  readonly start: number;
  readonly end: number;
  readonly rows: readonly Row[];
}

/** Sessions per value of the first column, in order of their ends. A row taken back held its session open all the same. */
export function sessions(gap: number, all: readonly Timed[]): Window[] {
  const live = new Map<string, { key: Value; list: Session[] }>();
  const out: Window[] = [];
  let progress = -Infinity;
  for (const event of all) {
    if (event.kind === 'progress') {
      progress = event.time;
      for (const of of live.values()) {
        out.push(...of.list.filter((s) => s.end - 1 <= progress).map((s) => ({ ...s, key: of.key })));
        of.list = of.list.filter((s) => s.end - 1 > progress);
      }
      continue;
    }
    const { row, time, taken } = event;
    const of = live.get(String(row[0])) ?? { key: row[0], list: [] };
    live.set(String(row[0]), of);
    const met = of.list.filter((s) => s.start <= time + gap && s.end >= time);
    if (met.length === 0 && time + gap - 1 <= progress) continue;
    const before = met.flatMap((s) => s.rows);
    of.list = [
      ...of.list.filter((s) => !met.includes(s)),
      {
        start: Math.min(time, ...met.map((s) => s.start)),
        end: Math.max(time + gap, ...met.map((s) => s.end)),
        rows: taken ? without(before, row) : [...before, row],
      },
    ];
  }
  return out.filter((w) => w.rows.length > 0);
}

/** Aggregates over column 1 of rows of these types. */
export function calls(types: readonly DataType[]): AggregateCall[] {
  const made: [string, number[], DataType, boolean][] = [
    ['COUNT', [], BIGINT(false), false],
    ['SUM', [1], INT(), false],
    ['MAX', [1], INT(), false],
    ['COUNT', [1], BIGINT(false), true],
  ];
  return made.map(([fn, args, type, distinct]) => ({
    fn,
    args,
    argTypes: args.map((a) => types[a]),
    distinct,
    filter: null,
    type,
    name: fn,
  }));
}

export function aggregate(rows: readonly Row[]): Value[] {
  const values = rows.map((r) => r[1]).filter((v) => v !== null) as number[];
  return [
    BigInt(rows.length),
    values.length === 0 ? null : values.reduce((a, b) => a + b, 0),
    values.length === 0 ? null : Math.max(...values),
    BigInt(new Set(values).size),
  ];
}

/** What an aggregation sends for a window: key, aggregates, bounds. */
export function resultOf(w: Window): Value[] {
  return [w.key, ...aggregate(w.rows), new Timestamp(w.start), new Timestamp(w.end)];
}

/** Puts events between those of a list, at places of their own. */
export function among(
  list: fc.Arbitrary<Event[]>,
  more: fc.Arbitrary<Event>,
  options: { readonly maxLength: number } = { maxLength: 10 },
): fc.Arbitrary<Event[]> {
  return fc.tuple(list, fc.array(fc.tuple(fc.nat(1000), more), options)).map(([events, others]) => {
    const out = [...events];
    for (const [at, event] of others) out.splice(at % (out.length + 1), 0, event);
    return out;
  });
}

/** Watermarks only rise, as callers owe, and end in one that no row is beyond. */
export function risingWatermarks(list: readonly Event[]): Event[] {
  let highest = -Infinity;
  const rising = list.map((e) =>
    e.kind === 'watermark' ? { ...e, time: (highest = Math.max(highest + 1, e.time)) } : e,
  );
  return [...rising, { kind: 'watermark', time: 100_000 }];
}

/** The clock's times are taken for steps; it goes on until every window is over. */
export function passingTime(list: readonly Event[]): Event[] {
  let now = 0;
  const passing = list.map((e) => (e.kind === 'clock' ? { ...e, time: (now += e.time) } : e));
  return [...passing, { kind: 'clock', time: 100_000 }];
}
