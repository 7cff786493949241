import { describe, expect, test } from '@jest/globals';
import { CHAR, INT, VARCHAR, withNullable, type DataType } from '../types/index.js';
import { ConstraintEnforcer } from './constraint-enforcer.js';
import { OperatorHarness } from './harness.js';

const TYPES: DataType[] = [INT(), VARCHAR(3), CHAR(4)];

function harness(enforcer: 'ERROR' | 'DROP', lengthEnforcer: 'IGNORE' | 'TRIM_PAD' | 'ERROR'): OperatorHarness {
  const operator = new ConstraintEnforcer({
    notNull: { columns: [0], enforcer },
    lengthEnforcer,
    columns: [
      { name: 'id', type: withNullable(INT(), false) },
      { name: 'short', type: VARCHAR(3) },
      { name: 'code', type: CHAR(4) },
    ],
    inputTypes: [TYPES],
  });
  return new OperatorHarness(operator, [TYPES], TYPES);
}

describe('ConstraintEnforcer', () => {
  test('NOT NULL: an error names the column, DROP leaves the row out', () => {
    expect(() => harness('ERROR', 'IGNORE').elements(['+I 1 a b', '+I null a b'])).toThrow("Column 'id' is NOT NULL");
    const h = harness('DROP', 'IGNORE');
    h.elements(['+I null a b', '-D 1 a b', '+U null a b', '+I 2 c d']);
    expect(h.take()).toEqual(['-D 1 a b', '+I 2 c d']);
  });

  test('lengths: values are cut and filled, or refused, or left', () => {
    const h = harness('DROP', 'TRIM_PAD');
    h.elements(['+I 1 äbcdef 𝄞', '+I 2 null abcdef', '+I 3 ab abcd']);
    expect(h.rows.map((r) => r.fields)).toEqual([
      [1, 'äbc', '𝄞   '],
      [2, null, 'abcd'],
      [3, 'ab', 'abcd'],
    ]);
    expect(() => harness('DROP', 'ERROR').elements(['+I 1 abcd abcd'])).toThrow(
      "Column 'short' is VARCHAR(3), however, a string of length 4 is being written into it.",
    );
    const ignoring = harness('DROP', 'IGNORE');
    ignoring.elements(['+I 1 abcdef a']);
    expect(ignoring.take()).toEqual(['+I 1 abcdef a']);
  });
});
