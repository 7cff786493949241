import { expect, test } from '@jest/globals';
import { INT, columnFromValues, type I32Column } from '../types/index.js';
import { OrderedValues } from './counted-values.js';

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
