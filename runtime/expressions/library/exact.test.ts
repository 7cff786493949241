import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { divideNarrow, modNarrow, roundNarrow, divideHalfUp } from './exact.js';

const MAX = Number.MAX_SAFE_INTEGER;
const whole = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constantFrom(MAX, -MAX, 0, 1, -1, 2 ** 52, 2 ** 52 + 1));

describe('exact integers in doubles', () => {
  test('quotient and remainder are those of integers', () => {
    fc.assert(
      fc.property(whole, whole, (a, b) => {
        if (b === 0) return;
        expect(BigInt(modNarrow(a, b))).toBe(BigInt(a) % BigInt(b));
        expect(BigInt(divideNarrow(a, b))).toBe(BigInt(a) / BigInt(b));
        expect(Object.is(modNarrow(a, b), -0)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  test('one below a multiple', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100000 }), fc.integer({ min: 1, max: 9007199254 }), (b, k) => {
        const a = b * k - 1;
        if (a > MAX) return;
        expect(BigInt(modNarrow(a, b))).toBe(BigInt(a) % BigInt(b));
      }),
      { numRuns: 2000 },
    );
  });

  test('rounding to fewer digits', () => {
    fc.assert(
      fc.property(whole, fc.integer({ min: 1, max: 15 }), (v, digits) => {
        expect(BigInt(roundNarrow(v, 10 ** digits))).toBe(divideHalfUp(BigInt(v), 10n ** BigInt(digits)));
      }),
      { numRuns: 1000 },
    );
  });
});
