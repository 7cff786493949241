import { expect, test } from '@jest/globals';
import { INT, STRING, columnFromValues, type I32Column, type StrColumn } from '../types/index.js';
import { CountedValues, OrderedValues } from './counted-values.js';

test('the greatest value of each slot, while values come and go', () => {
  const values = new OrderedValues(INT(), true);
  values.ensure(4);
  const model: number[][] = [[], [], [], []];
  let seed = 7;
  const random = (n: number): number => (seed = (seed * 48271) % 2147483647) % n;
  for (let round = 0; round < 400; round++) {
    const slot = random(4);
    const back = model[slot].length > 0 && random(2) === 0;
    const value = back ? model[slot][random(model[slot].length)] : random(20);
    const rows = Int32Array.of(0);
    values.resolve(Int32Array.of(slot), [columnFromValues(INT(), [value])], rows, 1, 1);
    values.count(slot, values.entries[0], back ? -1 : 1);
    values.sweep(rows, 1);
    if (back) model[slot].splice(model[slot].indexOf(value), 1);
    else model[slot].push(value);
    if (random(50) === 0) {
      values.removeSlot(slot);
      model[slot] = [];
    }
    model.forEach((kept, s) => {
      const entry = values.first(s);
      if (kept.length === 0) expect(entry).toBe(-1);
      else expect((values.values[0] as I32Column).values[entry]).toBe(Math.max(...kept));
    });
    expect(values.table.size).toBe(model.reduce((n, kept) => n + new Set(kept).size, 0));
  }
});

test('a slot that takes in another of the same table, while the strings of forgotten ones are cleared away', () => {
  const values = new CountedValues([STRING()], 1);
  values.ensure(3);
  const resolve = (slot: number, texts: readonly string[]): void => {
    const n = texts.length;
    const rows = Int32Array.from({ length: n }, (_, i) => i);
    values.resolve(new Int32Array(n).fill(slot), [columnFromValues(STRING(), texts)], rows, n, n);
    for (let i = 0; i < n; i++) values.counts[0][values.entries[i]]++;
  };
  const text = (k: number): string => `text ${k} `.repeat(3);
  let merged = 0;
  for (let round = 0; round < 60; round++) {
    // Garbage before what is kept: clearing it away moves what is kept.
    resolve(
      0,
      Array.from({ length: 40 + round }, (_, k) => text(1000 + k)),
    );
    resolve(
      1,
      Array.from({ length: 30 }, (_, k) => text(k)),
    );
    resolve(
      2,
      Array.from({ length: 30 }, (_, k) => text(k + 15)),
    );
    values.removeSlot(0);
    values.absorb(1, values, 2, (entry, source) => {
      values.counts[0][entry] += values.counts[0][source];
      merged++;
    });
    values.removeSlot(2);
    const texts = values.values[0] as StrColumn;
    const kept = values.entriesOf(1).map((entry) => `${values.counts[0][entry]} ${texts.get(entry)}`);
    expect(kept.sort()).toEqual(Array.from({ length: 45 }, (_, k) => `${k >= 15 && k < 30 ? 2 : 1} ${text(k)}`).sort());
    values.removeSlot(1);
  }
  expect(merged).toBe(60 * 30);
});

test('taking in one slot of a large table looks at that slot alone', () => {
  const [mine, theirs] = [new CountedValues([INT()], 1), new CountedValues([INT()], 1)];
  const slots = 20_000;
  mine.ensure(1);
  theirs.ensure(slots);
  const rows = Int32Array.from({ length: slots }, (_, i) => i);
  theirs.resolve(rows, [columnFromValues(INT(), Array.from(rows))], rows, slots, slots);
  let seen: number[] = [];
  mine.absorb(0, theirs, 12_345, (entry, source) => (seen = [entry, source]));
  expect((mine.values[0] as I32Column).values[seen[0]]).toBe(12_345);
  // Room for one row, not for all of the other table.
  expect(mine.entries.length).toBeLessThan(slots);
});
