import { describe, expect, test } from '@jest/globals';
import { BOOLEAN, Batch, CHAR, STRING, StrColumn, rowsFromBatch } from '../../types/index.js';
import type { BoundExpr } from '../bound.js';
import { simpleEnvironment } from '../environment.js';
import { compileKernel } from '../index.js';

const input: BoundExpr = { kind: 'input', index: 0, type: STRING() };
const late: BoundExpr = { kind: 'literal', type: CHAR(4, false), value: 'late' };

function kept(fn: '=' | '<>', column: StrColumn): (string | null)[] {
  const condition: BoundExpr = { kind: 'call', fn, type: BOOLEAN(), args: [input, late] };
  const kernel = compileKernel({ inputTypes: [STRING()], condition, projections: [input] }, simpleEnvironment());
  return rowsFromBatch([STRING()], kernel.run(new Batch(3, [column]))).map((r) => r.fields[0] as string | null);
}

describe('comparison of strings with a literal', () => {
  const bytes = StrColumn.fromBytes(
    new TextEncoder().encode('annlate'),
    Int32Array.of(0, 0, 3),
    Int32Array.of(3, 0, 4),
  );
  bytes.nulls = Uint8Array.of(0, 1, 0);
  const strings = StrColumn.fromStrings(['ann', '', 'late']);
  strings.nulls = Uint8Array.of(0, 1, 0);

  test.each([
    ['bytes', bytes],
    ['strings', strings],
  ] as const)('NULL is neither equal nor unequal, in %s form', (_, column) => {
    expect(kept('<>', column)).toEqual(['ann']);
    expect(kept('=', column)).toEqual(['late']);
  });
});
