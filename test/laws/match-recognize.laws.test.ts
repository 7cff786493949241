import { describe, test } from '@jest/globals';
import type { BoundExpr } from '@streamcell/runtime/expressions/bound';
import { bindCall, simpleEnvironment } from '@streamcell/runtime/expressions/index';
import type { PathReader, RowPattern, VariableDefinition } from '@streamcell/runtime/expressions/row-pattern';
import { MatchRecognize } from '@streamcell/runtime/operators/match-recognize';
import { BIGINT, INT, STRING, TIMESTAMP, Timestamp, type DataType, type Value } from '@streamcell/runtime/types/index';
import fc from 'fast-check';
import { checkLaws, groupBy, inserts, type Event, type Subject } from './one-input.js';

/**
 * Conditions tell the rows of a partition apart: a row can only be an `a` (0, 1), a `b` (2, 3) or a `c` (4), so a match is a match of a
 * regular expression over the partition's rows as letters, and the reference needs no automaton of its own.
 */
const types: DataType[] = [STRING(), INT(), TIMESTAMP(3, true, 'rowtime'), INT()];
const letterOf = (v: Value): string => (v === null ? '-' : 'aabbc'[v as number]);

const at = { span: { start: 0, end: 0 }, timeZone: 'UTC' };
const value: BoundExpr = { kind: 'input', index: 1, type: INT() };
const number = (n: number): BoundExpr => ({ kind: 'literal', type: INT(false), value: n });
const call = (fn: string, ...args: BoundExpr[]): BoundExpr => bindCall(fn, args, at);
const row = (from: 'first' | 'last', variable: number | null, offset = 0): PathReader => ({
  kind: 'row',
  variable,
  from,
  offset,
  column: 3,
  type: INT(),
});
const aggregate = (fn: string, variable: number | null, type: DataType): PathReader => ({
  kind: 'aggregate',
  variable,
  call: { fn, args: [0], argTypes: [INT()], distinct: false, filter: null, type, name: fn },
  values: [{ kind: 'input', index: 0, type: INT() }],
  columns: [3],
  type,
});
const reader = (i: number, type: DataType): BoundExpr => ({ kind: 'input', index: types.length + i, type });

// True whenever the plain condition is: they only read the path besides.
const DEFINITIONS: Readonly<Record<string, VariableDefinition>> = {
  a: {
    condition: call('AND', call('<', value, number(2)), call('>=', reader(0, BIGINT(false)), number(1))),
    readers: [aggregate('COUNT', 0, BIGINT(false))],
  },
  b: { condition: call('AND', call('>=', value, number(2)), call('<', value, number(4))), readers: [] },
  c: {
    condition: call('AND', call('=', value, number(4)), call('IS NOT NULL', reader(0, INT()))),
    readers: [row('first', null)],
  },
};

interface Element {
  readonly name: string;
  readonly quantifier: string;
}

const QUANTIFIERS: Readonly<Record<string, readonly [number, number | null, boolean]>> = {
  '': [1, 1, false],
  '?': [0, 1, false],
  '+': [1, null, true],
  '*': [0, null, true],
  '+?': [1, null, false],
  '*?': [0, null, false],
  '{2}': [2, 2, false],
  '{1,3}': [1, 3, true],
  '{2,}': [2, null, true],
  '{1,2}?': [1, 2, false],
};

function subject(elements: readonly Element[], skip: RowPattern['skip'], within = 0, ties = false): Subject {
  const outputTypes = [STRING(), INT(), INT(), BIGINT(false), INT()];
  const readers = [
    row('first', null),
    row('last', null),
    aggregate('COUNT', 0, BIGINT(false)),
    aggregate('SUM', null, INT()),
  ];
  const sort = [{ column: 2, ascending: true, nullsLast: false }];
  const pattern: RowPattern = {
    variables: elements.map(({ name, quantifier }) => {
      const [min, max, greedy] = QUANTIFIERS[quantifier];
      return { name, min, max, greedy, definition: DEFINITIONS[name] };
    }),
    skip,
    within,
    readers,
    measures: readers.map((r, index) => ({ name: `m${index}`, expr: { kind: 'input', index, type: r.type } })),
  };
  return {
    inputTypes: types,
    outputTypes,
    keys: [0],
    make: () =>
      new MatchRecognize({
        partitionKeys: [0],
        sort: ties ? [...sort, { column: 3, ascending: false, nullsLast: false }] : sort,
        rowtime: true,
        pattern,
        inputTypes: [types],
        outputTypes,
        env: simpleEnvironment(),
      }),
    recompute: (events) =>
      [...groupBy(punctual(events), (r) => String(r[0])).values()].flatMap((rows) =>
        matches(inOrder(rows, ties), elements, skip, within),
      ),
  };
}

const timeOf = (r: readonly Value[]): number => (r[2] as Timestamp).millis;

function punctual(events: readonly Event[]): (readonly Value[])[] {
  let watermark = -Infinity;
  const rows: (readonly Value[])[] = [];
  for (const event of events) {
    if (event.kind === 'watermark') watermark = event.time;
    else if (event.kind === 'row' && timeOf(event.row.fields) > watermark) rows.push(event.row.fields);
  }
  return rows;
}

function inOrder(rows: readonly (readonly Value[])[], ties: boolean): (readonly Value[])[] {
  return [...rows].sort((a, b) => timeOf(a) - timeOf(b) || (ties ? (b[3] as number) - (a[3] as number) : 0));
}

function matches(
  rows: readonly (readonly Value[])[],
  elements: readonly Element[],
  skip: RowPattern['skip'],
  within: number,
): Value[][] {
  const text = rows.map((r) => letterOf(r[1])).join('');
  // Letters settle how far each variable goes; only what may be left out at the end is left out.
  const last = elements.length - 1;
  const regex = new RegExp(
    elements.map((e, i) => `(${e.name}${i === last && e.quantifier === '?' ? '??' : e.quantifier})`).join(''),
    'y',
  );
  const found: Value[][] = [];
  for (let start = 0; start < rows.length;) {
    regex.lastIndex = start;
    const match = regex.exec(text);
    const end = start + (match === null ? 0 : match[0].length) - 1;
    if (match === null || (within > 0 && timeOf(rows[end]) - timeOf(rows[start]) >= within)) {
      start++;
      continue;
    }
    const taken = rows.slice(start, end + 1);
    const id = (r: readonly Value[]): number => r[3] as number;
    found.push([
      rows[start][0],
      id(taken[0]),
      id(taken[taken.length - 1]),
      BigInt(match[1].length),
      taken.reduce((s, r) => s + id(r), 0),
    ]);
    if (skip.kind === 'nextRow') start++;
    else if (skip.kind === 'pastLastRow') start = end + 1;
    else {
      const before = match.slice(1, skip.variable + 1).reduce((n, g) => n + g.length, 0);
      start += skip.kind === 'first' ? before : before + match[skip.variable + 1].length - 1;
    }
  }
  return found;
}

let ids = 0;
const events = inserts(
  fc
    .tuple(
      fc.constantFrom('x', 'y', null),
      fc.option(fc.integer({ min: 0, max: 4 }), { nil: null, freq: 8 }),
      fc.integer({ min: 1, max: 60 }),
    )
    .map(([k, v, t]): Value[] => [k, v, new Timestamp(t), 0]),
  fc.integer({ min: 1, max: 60 }).map((time): Event => ({ kind: 'watermark', time })),
).map((list): Event[] => {
  let highest = 0;
  const rising = list.map((e): Event => {
    if (e.kind === 'watermark') return { ...e, time: (highest = Math.max(highest + 1, e.time)) };
    if (e.kind !== 'row') return e;
    const [k, v, t] = e.row.fields;
    return { ...e, row: { ...e.row, fields: [k, v, t, (ids = (ids + 1) % 1000)] } };
  });
  return [...rising, { kind: 'watermark', time: 100_000 }];
});

const pattern = (text: string): Element[] => text.split(' ').map((t) => ({ name: t[0], quantifier: t.slice(1) }));

describe('MATCH_RECOGNIZE', () => {
  test('A+ B, on behind the last row', () => checkLaws(subject(pattern('a+ b'), { kind: 'pastLastRow' }), events));
  test('A+ B, on with the next row', () => checkLaws(subject(pattern('a+ b'), { kind: 'nextRow' }), events));
  test('A B* C', () => checkLaws(subject(pattern('a b* c'), { kind: 'nextRow' }), events));
  test('A{1,3} B{2} C?', () => checkLaws(subject(pattern('a{1,3} b{2} c?'), { kind: 'pastLastRow' }), events));
  test('A+ B{1,2}?, on with the first B', () =>
    checkLaws(subject(pattern('a+ b{1,2}?'), { kind: 'first', variable: 1 }), events));
  test('A+ B+? C, on with the last B', () =>
    checkLaws(subject(pattern('a+ b+? c'), { kind: 'last', variable: 1 }), events));
  test('within a time', () => checkLaws(subject(pattern('a b*? c'), { kind: 'nextRow' }, 25), events));
  test('within a time, on behind the last row', () =>
    checkLaws(subject(pattern('a{2,} b'), { kind: 'pastLastRow' }, 30), events));
  test('rows of one time ordered further', () =>
    checkLaws(subject(pattern('a+ b c?'), { kind: 'pastLastRow' }, 0, true), events));
});
