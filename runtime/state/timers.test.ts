import { expect, test } from '@jest/globals';
import { OrderedRows } from './ordered-rows.js';
import { TimerQueue } from './timers.js';

test('timers come out by time, then id', () => {
  const timers = new TimerQueue();
  const expected: [number, number][] = [];
  for (let i = 0; i < 500; i++) {
    const time = (i * 7919) % 97;
    timers.add(time, i);
    expected.push([time, i]);
  }
  expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const out: [number, number][] = [];
  while (timers.next !== Infinity) out.push([timers.next, timers.pop()]);
  expect(out).toEqual(expected);
});

test('ordered rows over many blocks behave like one array', () => {
  const rows = new OrderedRows();
  const model: number[] = [];
  for (let i = 0; i < 3000; i++) {
    const id = (i * 7919) % 3000;
    const rank = rows.rankWhere((other) => other < id);
    expect(rank).toBe(model.filter((other) => other < id).length + 1);
    rows.insert(rank, id);
    model.splice(rank - 1, 0, id);
  }
  expect(rows.ids()).toEqual(model);
  for (let i = 0; i < 2000; i++) {
    const rank = ((i * 31) % model.length) + 1;
    expect(rows.remove(rank)).toBe(model.splice(rank - 1, 1)[0]);
  }
  expect(rows.ids()).toEqual(model);
  expect(rows.at(500)).toBe(model[499]);
  expect(rows.last()).toBe(model[model.length - 1]);
});
