import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { likeBytesMatcher, likeMatcher } from './pattern.js';

const text = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', '%', '_', '\u00fc', '\ud83d\ude00', '.') });

/** LIKE by its definition. */
function like(s: readonly string[], p: readonly string[]): boolean {
  if (p.length === 0) return s.length === 0;
  const [first, ...rest] = p;
  if (first === '%') return like(s, rest) || (s.length > 0 && like(s.slice(1), p));
  return s.length > 0 && (first === '_' || first === s[0]) && like(s.slice(1), rest);
}

describe('LIKE', () => {
  test('every shape of pattern means what LIKE means, over characters and over bytes', () => {
    fc.assert(
      fc.property(text, text, (s, p) => {
        const want = like(Array.from(s), Array.from(p));
        expect(likeMatcher(p)(s)).toBe(want);
        const bytes = new TextEncoder().encode(`xx${s}yy`);
        const matcher = likeBytesMatcher(p);
        if (matcher) expect(matcher(bytes, 2, bytes.length - 4)).toBe(want);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['50!%', '50%', true],
    ['!_', '_', true],
    ['!_', 'a', false],
    ['a!!b', 'a!b', true],
  ])('escape in %s', (pattern, s, want) => {
    expect(likeMatcher(pattern, '!')(s)).toBe(want);
  });

  test('an escape before anything else is an error', () => {
    expect(() => likeMatcher('a!b', '!')).toThrow('escape');
  });
});
