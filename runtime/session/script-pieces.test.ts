import { expect, test } from '@jest/globals';
import { scriptPieces } from './script-pieces.js';

test('every statement of a script is found, those that our parser cannot read too', () => {
  const text = "SELECT 1; FROB THE TABLE 'a;b' (x -- ;\n ) ;\nSELECT 2;; SELEC 3";
  expect(scriptPieces(text).map((p) => [p.text, p.statement?.kind ?? p.error?.code])).toEqual([
    ['SELECT 1', 'QueryStatement'],
    ["FROB THE TABLE 'a;b' (x -- ;\n )", 'SQL_SYNTAX'],
    ['SELECT 2', 'QueryStatement'],
    ['SELEC 3', 'SQL_SYNTAX'],
  ]);
  for (const { span, text: own } of scriptPieces(text)) expect(text.slice(span.start, span.end)).toBe(own);
});
