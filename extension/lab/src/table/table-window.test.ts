import { describe, expect, test } from '@jest/globals';
import { nextRange } from './table-window.js';

const looking = (first: number, total: number, follows = false) => ({ first, end: first + 13, total, follows });

describe('rows that are asked for', () => {
  test('small scrolls ask for nothing', () => {
    expect(nextRange({ from: 0, to: 100 }, looking(0, 5000))).toBeNull();
    expect(nextRange({ from: 0, to: 100 }, looking(30, 5000))).toBeNull();
  });

  test('a jump asks for the rows there and some around them', () => {
    expect(nextRange({ from: 0, to: 100 }, looking(800_000, 1_000_000))).toEqual({ from: 799_940, to: 800_073 });
  });

  test('the end of a result needs no rows beyond it', () => {
    expect(nextRange({ from: 4900, to: 5000 }, looking(4987, 5000))).toBeNull();
  });

  test('a tail that is followed is asked for openly, and seldom', () => {
    const asked = nextRange({ from: 0, to: 100 }, looking(1988, 2000, true));
    expect(asked).toEqual({ from: 1868, to: 11_868 });
    expect(nextRange(asked ?? { from: 0, to: 0 }, looking(2100, 2113, true))).toBeNull();
    expect(nextRange(asked ?? { from: 0, to: 0 }, looking(5000, 5013, true))).toEqual({ from: 4880, to: 14_880 });
  });

  test('a range is never more than a viewport may have', () => {
    for (const first of [0, 5, 100_000]) {
      for (const follows of [true, false]) {
        const next = nextRange({ from: 50_000, to: 50_100 }, looking(first, 200_000, follows));
        expect((next?.to ?? 0) - (next?.from ?? 0)).toBeLessThanOrEqual(10_000);
      }
    }
  });
});
