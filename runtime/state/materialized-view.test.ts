import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  INT,
  STRING,
  batchFromRows,
  boxedValue,
  type Batch,
  type ChangelogRow,
  type DataType,
  type RowKind,
} from '../types/index.js';
import { MaterializedView } from './materialized-view.js';

const TYPES: DataType[] = [INT(), STRING()];
const KINDS: Record<string, RowKind> = { '+I': 0, '-D': 1, '+U': 2, '-U': 3 };
const text = String as (value: unknown) => string;

function batch(...lines: string[]): Batch {
  return batchFromRows(
    TYPES,
    lines.map((line): ChangelogRow => {
      const [kind, n, s] = line.split(' ');
      return { kind: KINDS[kind], fields: [Number(n), s] };
    }),
  );
}

function view(upsertKey: number[] | null, maxRows = 100): MaterializedView {
  return new MaterializedView({ types: TYPES, upsertKey, maxRows });
}

function lines(v: MaterializedView): string[] {
  return v.rows().map((r) => r.join(' '));
}

function shown(b: Batch): string[] {
  return Array.from({ length: b.length }, (_, i) => TYPES.map((t, c) => boxedValue(b.columns[c], t, i)).join(' '));
}

describe('MaterializedView', () => {
  test('by key: updates keep their place, with and without -U; deletes close the gap', () => {
    const v = view([0]);
    v.apply(batch('+I 1 a', '+I 2 b', '+I 3 c'));
    v.apply(batch('-U 1 a', '+U 1 A', '+U 2 B', '-D 3 c', '+I 4 d'));
    expect(lines(v)).toEqual(['1 A', '2 B', '4 d']);
    expect(v.rowCount).toBe(3);
  });

  test('by key: a -U that no +U follows removes', () => {
    const v = view([0]);
    v.apply(batch('+I 1 a', '+I 2 b'));
    v.apply(batch('-U 1 a'));
    expect(lines(v)).toEqual(['2 b']);
  });

  test('as a multiset: equal rows count each, and an update takes the place of the row it replaces', () => {
    const v = view(null);
    v.apply(batch('+I 1 a', '+I 2 b', '+I 1 a'));
    v.apply(batch('-U 2 b', '+U 2 c', '-D 1 a', '-D 9 z'));
    expect(lines(v)).toEqual(['1 a', '2 c']);
    v.apply(batch('-D 1 a'));
    expect(lines(v)).toEqual(['2 c']);
  });

  test('keeps at most so many rows, and says so', () => {
    const v = view(null, 2);
    v.apply(batch('+I 1 a', '+I 2 b'));
    expect(v.truncated).toBe(false);
    v.apply(batch('+I 3 c'));
    expect(v.truncated).toBe(true);
    v.apply(batch('-D 3 c', '-D 1 a', '+I 4 d'));
    expect(lines(v)).toEqual(['2 b', '4 d']);
  });

  test('by key: what comes for a row that was not kept is passed over, and it may come back', () => {
    const v = view([0], 2);
    v.apply(batch('+I 1 a', '+I 2 b', '+I 3 c'));
    v.apply(batch('-U 3 c', '+U 3 C', '-D 3 C'));
    expect(lines(v)).toEqual(['1 a', '2 b']);
    v.apply(batch('-D 1 a', '+U 3 d', '+U 2 B'));
    expect(lines(v)).toEqual(['2 B', '3 d']);
    expect(v.truncated).toBe(true);
  });

  test('append-only: keeps the newest rows, in order of arrival, in any sort and filter', () => {
    const v = new MaterializedView({ types: TYPES, upsertKey: null, maxRows: 3, appendOnly: true });
    const byName = { from: 0, to: 9, sort: [{ column: 1, ascending: true }], filter: [{ column: 1, contains: 'x' }] };
    v.apply(batch('+I 1 xc', '+I 2 xb', '+I 3 xa'));
    expect(v.truncated).toBe(false);
    expect(shown(v.window(byName, text).batch)).toEqual(['3 xa', '2 xb', '1 xc']);
    v.apply(batch('+I 4 xab', '+I 5 y'));
    expect(v.truncated).toBe(true);
    expect(lines(v)).toEqual(['3 xa', '4 xab', '5 y']);
    expect(shown(v.window(byName, text).batch)).toEqual(['3 xa', '4 xab']);
    v.apply(batch('+I 6 x', '+I 7 x', '+I 8 xx', '+I 9 xxx', '+I 9 xxx'));
    expect(lines(v)).toEqual(['8 xx', '9 xxx', '9 xxx']);
    expect(v.rowCount).toBe(3);
  });

  test('append-only: any run of batches leaves the last rows, in bounded memory', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean()), { maxLength: 40 }), (runs) => {
        const v = new MaterializedView({ types: TYPES, upsertKey: null, maxRows: 7, appendOnly: true });
        const all: string[] = [];
        for (const [count, look] of runs) {
          const rows = Array.from({ length: count }, (_, k) => `${all.length + k} s${(all.length + k) % 3}`);
          all.push(...rows);
          v.apply(batch(...rows.map((row) => `+I ${row}`)));
          if (look) expect(lines(v)).toEqual(all.slice(-7));
        }
        expect(lines(v)).toEqual(all.slice(-7));
        expect(v.truncated).toBe(all.length > 7);
        expect(v.bytes).toBeLessThan(8192);
      }),
    );
  });

  test('append-only: when an update comes all the same, rows are folded from then on', () => {
    const v = new MaterializedView({ types: TYPES, upsertKey: null, maxRows: 10, appendOnly: true });
    v.apply(batch('+I 1 a', '+I 2 b', '+I 2 b'));
    v.apply(batch('+I 3 c', '-D 1 a', '+U 1 x', '-U 2 b', '+U 2 y'));
    expect(lines(v)).toEqual(['2 b', '2 y', '3 c', '1 x']);
    v.apply(batch('+I 4 d'));
    v.apply(batch('-D 1 x', '-D 4 d'));
    expect(lines(v).sort()).toEqual(['2 b', '2 y', '3 c']);
    expect(v.truncated).toBe(false);
  });

  test('append-only: by key, the last row of a key counts when an update comes all the same', () => {
    const v = new MaterializedView({ types: TYPES, upsertKey: [0], maxRows: 10, appendOnly: true });
    v.apply(batch('+I 1 a', '+I 2 b', '+I 1 c'));
    v.apply(batch('+U 2 B'));
    expect(lines(v)).toEqual(['2 B', '1 c']);
    v.apply(batch('-D 1 c'));
    expect(lines(v)).toEqual(['2 B']);
  });

  test('append-only: what was dropped before an update came is not missed', () => {
    const v = new MaterializedView({ types: TYPES, upsertKey: null, maxRows: 2, appendOnly: true });
    v.apply(batch('+I 1 a', '+I 2 b', '+I 3 c'));
    v.apply(batch('-U 1 a', '+U 1 A', '-U 3 c', '+U 3 C'));
    expect(lines(v)).toEqual(['2 b', '3 C']);
    expect(v.truncated).toBe(true);
  });

  test('windows are sorted, filtered and cut', () => {
    const v = view([0]);
    v.apply(batch('+I 1 b', '+I 2 a', '+I 3 b', '+I 4 c'));
    const byName = { sort: [{ column: 1, ascending: true }] };
    expect(shown(v.window({ from: 1, to: 3, ...byName }, text).batch)).toEqual(['1 b', '3 b']);
    v.apply(batch('+U 4 a', '-D 1 b', '+I 5 B'));
    expect(shown(v.window({ from: 0, to: 9, ...byName }, text).batch)).toEqual(['5 B', '2 a', '4 a', '3 b']);
    const filtered = v.window(
      { from: 0, to: 1, sort: [{ column: 0, ascending: false }], filter: [{ column: 1, contains: 'B' }] },
      text,
    );
    expect(shown(filtered.batch)).toEqual(['5 B']);
    expect(filtered.total).toBe(2);
  });

  test('agrees with a plain model under any changelog, looked at in any way at any time', () => {
    const change = fc.tuple(fc.constantFrom('+I', '-D', '+U', '-U'), fc.nat(6), fc.constantFrom('a', 'b', 'c'));
    fc.assert(
      fc.property(fc.boolean(), fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 20 }), (keyed, runs) => {
        const v = view(keyed ? [0] : null);
        let model: string[] = [];
        for (const run of runs) {
          v.apply(batch(...run.map((c) => c.join(' '))));
          for (const [kind, n, s] of run) {
            const row = `${n} ${s}`;
            const at = keyed ? model.findIndex((r) => r.startsWith(`${n} `)) : model.indexOf(row);
            if (kind === '-D' || kind === '-U') {
              if (at >= 0) model.splice(at, 1);
            } else if (keyed && at >= 0) model[at] = row;
            else model.push(row);
          }
          expect(lines(v).sort()).toEqual([...model].sort());
          const sorted = v.window(
            {
              from: 0,
              to: 100,
              sort: [
                { column: 1, ascending: false },
                { column: 0, ascending: true },
              ],
            },
            text,
          );
          const order = (r: string) => `${String.fromCharCode(300 - r.charCodeAt(2))}${r}`;
          model = [...model].sort((a, b) => (order(a) < order(b) ? -1 : 1));
          expect(shown(sorted.batch)).toEqual(model);
        }
      }),
      { numRuns: 150 },
    );
  });
});
