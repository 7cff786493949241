import { expect, test } from '@jest/globals';
import { nextButton } from './toolbar-keys.js';

test.each<[string, number, number | null]>([
  ['ArrowRight', 0, 1],
  ['ArrowRight', 3, 0],
  ['ArrowLeft', 0, 3],
  ['ArrowLeft', 2, 1],
  ['Home', 2, 0],
  ['End', 1, 3],
  ['Enter', 1, null],
])('%s at button %d of four', (key, at, next) => {
  expect(nextButton(key, at, 4)).toBe(next);
});
