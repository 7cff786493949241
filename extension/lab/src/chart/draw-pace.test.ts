import { expect, test } from '@jest/globals';
import { restAfter } from './draw-pace.js';

test('a small chart follows every frame, a dear one leaves the page three quarters of its time', () => {
  expect([0, 17, 40].map(restAfter)).toEqual([0, 0, 0]);
  expect(restAfter(120)).toBe(300);
  expect(restAfter(5000)).toBe(1000);
});
