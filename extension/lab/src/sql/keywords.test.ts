import { describe, expect, test } from '@jest/globals';
import { RESERVED_WORDS } from '@streamcell/runtime/parser/keywords';
import { CONTEXTUAL, RESERVED, TABLE_FUNCTIONS, TYPES } from './keywords.js';

describe('the words that editors colour', () => {
  test('reserved ones are those of the parser', () => {
    expect([...RESERVED].sort()).toEqual([...RESERVED_WORDS].sort());
  });

  test('each word is written once, in upper case', () => {
    for (const list of [RESERVED, CONTEXTUAL, TYPES, TABLE_FUNCTIONS]) {
      expect(list.filter((word) => word !== word.toUpperCase())).toEqual([]);
      expect(new Set(list).size).toBe(list.length);
    }
  });
});
