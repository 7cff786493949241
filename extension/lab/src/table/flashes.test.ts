import { describe, expect, test } from '@jest/globals';
import { snapshotRows } from '../values/row-source.js';
import { FLASH, Flashes } from './flashes.js';

const columns = [
  { name: 'k', type: 'STRING' },
  { name: 'n', type: 'INT' },
];
const rows = (...values: [string, string | null][]) => snapshotRows(columns, values, false);
const seen = (total: number) => ({ first: 0, end: 10, total });

describe('cells that flash', () => {
  test('tells which rows look otherwise', () => {
    const flashes = new Flashes();
    expect(flashes.update(rows(['a', '1'], ['b', '1'], ['c', '1']), [0], seen(3), 'w', 1)).toEqual({
      first: 0,
      end: 3,
    });
    expect(flashes.update(rows(['a', '1'], ['b', '1'], ['c', '1']), [0], seen(3), 'w', 2)).toBeNull();
    expect(flashes.update(rows(['a', '1'], ['b', '2'], ['c', '1']), [0], seen(3), 'w', 3)).toEqual({
      first: 1,
      end: 2,
    });
    expect(flashes.rows(3)).toEqual({ first: 1, end: 2 });
    expect(flashes.update(rows(['a', '1']), [0], seen(1), 'w', 4)).toEqual({ first: 1, end: 3 });
    flashes.clear();
    expect(flashes.update(rows(['a', '1']), [0], seen(1), 'w', 5)).toEqual({ first: 0, end: 1 });
  });

  test('a changed value flashes and fades, its neighbours do not', () => {
    const flashes = new Flashes();
    flashes.update(rows(['a', '1'], ['b', '1']), [0], seen(2), 'w', 1000);
    expect(flashes.active(1000)).toBe(false);
    flashes.update(rows(['a', '1'], ['b', null]), [0], seen(2), 'w', 2000);
    expect(flashes.strength(1, 1, 2000)).toBe(1);
    expect(flashes.strength(1, 1, 2000 + FLASH / 2)).toBeCloseTo(0.5);
    expect([flashes.strength(1, 0, 2000), flashes.strength(0, 1, 2000)]).toEqual([0, 0]);
    expect([flashes.active(2100), flashes.active(2000 + FLASH)]).toEqual([true, false]);
  });

  test('a cell that changes all the time is marked less', () => {
    const flashes = new Flashes();
    flashes.update(rows(['a', '1']), [0], seen(1), 'w', 1000);
    flashes.update(rows(['a', '2']), [0], seen(1), 'w', 3000);
    expect(flashes.strength(0, 1, 3000)).toBe(1);
    flashes.update(rows(['a', '3']), [0], seen(1), 'w', 3100);
    expect(flashes.strength(0, 1, 3100)).toBeCloseTo(0.4);
    flashes.update(rows(['a', '4']), [0], seen(1), 'w', 3100 + FLASH);
    expect(flashes.strength(0, 1, 3100 + FLASH)).toBe(1);
  });

  test('a row keeps its flash where it moves to', () => {
    const flashes = new Flashes();
    flashes.update(rows(['a', '1'], ['b', '1']), [0], seen(2), 'w', 1000);
    flashes.update(rows(['a', '1'], ['b', '2']), [0], seen(2), 'w', 2000);
    flashes.update(rows(['b', '2'], ['a', '1']), [0], seen(2), 'w', 2000);
    expect([flashes.strength(0, 1, 2000), flashes.strength(1, 1, 2000)]).toEqual([1, 0]);
  });

  test('scrolling flashes nothing, a row that is added does', () => {
    const flashes = new Flashes();
    flashes.update(rows(['a', '1']), [0], seen(1), 'w', 1000);
    flashes.update(rows(['c', '1']), [0], seen(1), 'scrolled', 2000);
    expect(flashes.active(2000)).toBe(false);
    flashes.update(rows(['c', '1'], ['d', '1']), [0], seen(2), 'scrolled', 3000);
    expect([flashes.strength(0, 0, 3000), flashes.strength(1, 0, 3000)]).toEqual([0, 1]);
  });

  test('without a key only rows added at the end flash', () => {
    const flashes = new Flashes();
    flashes.update(rows(['a', '1']), null, seen(1), 'w', 1000);
    flashes.update(rows(['x', '1'], ['y', '2']), null, seen(2), 'w', 2000);
    expect([flashes.strength(0, 0, 2000), flashes.strength(1, 0, 2000)]).toEqual([0, 1]);
  });
});
