import { describe, expect, test } from '@jest/globals';
import { count, duration, grouped, rate } from './numbers.js';

const plain = (text: string): string => text.replace(/ /g, ' ');

describe('numbers as a header says them', () => {
  test.each([
    ['0', '0'],
    ['999', '999'],
    ['1204', '1,204'],
    ['-1234567', '-1,234,567'],
    ['12345.6789', '12,345.6789'],
    ['1.0E10', '1.0E10'],
    ['NaN', 'NaN'],
  ])('grouped %s', (text, expected) => expect(grouped(text)).toBe(expected));

  test.each([
    [3412, '3,412'],
    [99_999, '99,999'],
    [128_400, '128 k'],
    [999_600, '1.00 M'],
    [1_284_193, '1.28 M'],
    [48_100_000, '48.1 M'],
  ])('count %d', (n, expected) => expect(plain(count(n))).toBe(expected));

  test.each([
    [0, '0'],
    [0.42, '0.4'],
    [12.4, '12'],
    [10_240, '10.2 k'],
    [999.7, '1000'],
    [100_000, '100 k'],
  ])('rate %d', (n, expected) => expect(plain(rate(n))).toBe(expected));

  test.each([
    [-5, '0 ms'],
    [340, '340 ms'],
    [1400, '1.4 s'],
    [42_000, '42 s'],
    [150_000, '2.5 min'],
    [7_200_000, '2.0 h'],
    [12 * 86_400_000, '12 d'],
  ])('duration %d', (ms, expected) => expect(plain(duration(ms))).toBe(expected));
});
