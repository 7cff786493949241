import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  ARRAY,
  BIGINT,
  BYTES,
  DECIMAL,
  DOUBLE,
  INT,
  STRING,
  StrColumn,
  TIMESTAMP,
  Timestamp,
  batchFromRows,
  boxedValue,
  type Column,
  type DataType,
  type Value,
} from '../types/index.js';
import { RowIndex } from './row-index.js';
import { readRows, writeRows } from './row-snapshot.js';
import { RowStore } from './row-store.js';
import type { SnapshotArray } from './snapshot.js';

const TYPES: DataType[] = [INT(), BIGINT(), DOUBLE(), STRING(), TIMESTAMP(9), DECIMAL(30, 2), BYTES(), ARRAY(INT())];

const value: fc.Arbitrary<Value>[] = [
  fc.option(fc.integer()),
  fc.option(fc.oneof(fc.bigInt(-9n, 9n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n))),
  fc.option(fc.double()),
  fc.option(fc.oneof(fc.string({ maxLength: 80 }), fc.constantFrom('grüße', '日本', '𝄞'))),
  fc.option(fc.constantFrom(new Timestamp(1, 5), new Timestamp(-7, 0), new Timestamp(1e12, 999999))),
  fc.option(fc.oneof(fc.bigInt(-9n, 9n), fc.bigInt(-(10n ** 29n), 10n ** 29n))),
  fc.option(fc.uint8Array({ maxLength: 4 })),
  fc.option(fc.array(fc.option(fc.integer()), { maxLength: 3 })),
];
const row = fc.tuple(...value) as unknown as fc.Arbitrary<Value[]>;

function batch(rows: readonly Value[][]) {
  return batchFromRows(
    TYPES,
    rows.map((fields) => ({ kind: 0, fields })),
  );
}

function read(store: RowStore, id: number): Value[] {
  return TYPES.map((t, c) => boxedValue(store.columns[c], t, id));
}

describe('RowStore', () => {
  test('keeps rows of every type through adds, releases and reuse, singly and in bulk', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            rows: fc.array(row, { maxLength: 12 }),
            bulk: fc.boolean(),
            drop: fc.array(fc.nat(40), { maxLength: 6 }),
          }),
          { maxLength: 8 },
        ),
        (steps) => {
          const store = new RowStore(TYPES, { counters: 1 });
          const model = new Map<number, Value[]>();
          for (const step of steps) {
            const b = batch(step.rows);
            const ids = new Int32Array(step.rows.length);
            if (step.bulk) store.addRows(b.columns, null, b.length, ids);
            else step.rows.forEach((_, i) => (ids[i] = store.add(b.columns, i)));
            step.rows.forEach((fields, i) => {
              expect(model.has(ids[i])).toBe(false);
              expect(store.counters[0][ids[i]]).toBe(0);
              store.counters[0][ids[i]] = 7;
              model.set(ids[i], fields);
            });
            const live = [...model.keys()];
            for (const at of new Set(step.drop)) {
              if (at >= live.length) continue;
              store.release(live[at]);
              // Released rows stay readable until they are reclaimed.
              expect(read(store, live[at])).toEqual(model.get(live[at]));
              model.delete(live[at]);
            }
            store.reclaim();
            expect(store.live).toBe(model.size);
            for (const [id, fields] of model) expect(read(store, id)).toEqual(fields);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('gives the bytes of released strings back', () => {
    const store = new RowStore([STRING()]);
    const b = batchFromRows(
      [STRING()],
      Array.from({ length: 1000 }, () => ({ kind: 0 as const, fields: ['x'.repeat(100)] })),
    );
    const ids = new Int32Array(1000);
    for (let round = 0; round < 50; round++) {
      store.addRows(b.columns, null, 1000, ids);
      for (const id of ids) store.release(id);
      store.reclaim();
    }
    expect(store.bytes).toBeLessThan(600_000);
  });

  test('a snapshot of rows reads back as a batch', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 10 }), (rows) => {
        const store = new RowStore(TYPES);
        const b = batch(rows);
        const ids = new Int32Array(rows.length);
        store.addRows(b.columns, null, b.length, ids);
        const sections = new Map<string, unknown>();
        writeRows(
          {
            array: (name: string, v: SnapshotArray) => void sections.set(name, v.slice()),
            strings: (name, v) => void sections.set(name, [...v]),
            json: (name, v) => void sections.set(name, JSON.parse(JSON.stringify(v))),
          },
          'rows',
          TYPES,
          store.columns,
          ids,
          rows.length,
        );
        const back = readRows(
          {
            has: (name) => sections.has(name),
            array: <T extends SnapshotArray>(name: string) => sections.get(name) as T,
            strings: (name) => sections.get(name) as (string | null)[],
            json: <T>(name: string) => sections.get(name) as T,
          },
          'rows',
          TYPES,
        );
        expect(rows.map((_, i) => TYPES.map((t, c) => boxedValue(back.columns[c], t, i)))).toEqual(rows);
      }),
      { numRuns: 50 },
    );
  });
});

describe('RowIndex', () => {
  test('finds rows by content, through removals', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.nat(20), fc.constantFrom('a', 'b', null)), { maxLength: 200 }),
        (steps) => {
          const types = [INT(), STRING()];
          const store = new RowStore(types);
          const index = new RowIndex(store, [0, 1]);
          const model = new Map<string, number>();
          const hash = new Int32Array(1);
          for (const [insert, n, s] of steps) {
            const b = batchFromRows(types, [{ kind: 0, fields: [n, s] }]);
            index.hash(b.columns, 1, hash);
            const id = index.find(b.columns, 0, hash[0]);
            expect(id).toBe(model.get(`${n} ${s}`) ?? -1);
            if (insert && id < 0) {
              const added = store.add(b.columns, 0);
              index.insert(added, hash[0]);
              model.set(`${n} ${s}`, added);
            } else if (!insert && id >= 0) {
              index.remove(id);
              store.release(id);
              store.reclaim();
              model.delete(`${n} ${s}`);
            }
            expect(index.size).toBe(model.size);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('strings of a RowStore', () => {
  const TWO = [STRING(), STRING()];

  /** Both columns in one buffer, `apart` bytes between neighbours. */
  function inOneBuffer(a: readonly string[], b: readonly string[], apart: number): Column[] {
    const gap = '#'.repeat(apart);
    const data = new TextEncoder().encode(a.map((x, i) => `${x}${gap}${b[i]}${gap}`).join(''));
    const starts = [new Int32Array(a.length), new Int32Array(a.length)];
    let at = 0;
    a.forEach((x, i) => {
      starts[0][i] = at;
      starts[1][i] = at + x.length + apart;
      at += x.length + b[i].length + apart * 2;
    });
    return [a, b].map((column, c) =>
      StrColumn.fromBytes(
        data,
        starts[c],
        Int32Array.from(column, (s) => s.length),
      ),
    );
  }

  test.each([
    ['close together', 1],
    ['far apart', 500],
  ])('survive growth into memory that grows in place, and compaction, when they came %s', (_, apart) => {
    const store = new RowStore(TWO);
    const model = new Map<number, [string, string]>();
    const ids = new Int32Array(100);
    for (let step = 0; step < 1200; step++) {
      const a = Array.from({ length: 100 }, (_, i) => `a${step}-${i}${'x'.repeat((step * i) % 200)}`);
      const b = Array.from({ length: 100 }, (_, i) => `b${step}-${i}`);
      store.addRows(inOneBuffer(a, b, apart), null, 100, ids);
      ids.forEach((id, i) => model.set(id, [a[i], b[i]]));
      if (step < 900) continue;
      for (const id of [...model.keys()].slice(0, 400)) {
        store.release(id);
        model.delete(id);
      }
      store.reclaim();
    }
    for (const [id, [x, y]] of model) {
      expect((store.columns[0] as StrColumn).get(id)).toBe(x);
      expect((store.columns[1] as StrColumn).get(id)).toBe(y);
    }
  });

  test('a row of the store itself can be added, also when the bytes move', () => {
    const store = new RowStore([STRING()]);
    let id = store.add([StrColumn.fromStrings(['q'.repeat(1000)])], 0);
    for (let i = 0; i < 20_000; i++) id = store.add(store.columns, id);
    expect((store.columns[0] as StrColumn).get(id)).toBe('q'.repeat(1000));
  });
});
