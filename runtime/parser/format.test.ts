import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BinaryOp, Expr, IdentifierPart } from './ast.js';
import { quotePath, unparse, unparseExpression } from './format.js';
import { parseExpression, parseStatement } from './parser.js';
import { withoutSpans } from './without-spans.js';

const span = { start: 0, end: 0 };

const part: fc.Arbitrary<IdentifierPart> = fc.oneof(
  fc.constantFrom('a', 'b_1', 'Model', 'key', 'x').map((name) => ({ name, quoted: false, span })),
  fc.constantFrom('order', 'a b', 'it`s', 'SELECT', "q'q").map((name) => ({ name, quoted: true, span })),
);

const binaryOps: BinaryOp[] = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '||',
  '=',
  '<>',
  '<',
  'AND',
  'OR',
  'IS DISTINCT FROM',
  'MEMBER OF',
  'MULTISET UNION',
  'MULTISET INTERSECT DISTINCT',
  'OVERLAPS',
];

/** Any expression the parser can make of operators, predicates, literals, access and constructors. */
const { expr: anyExpr } = fc.letrec<{ expr: Expr }>((tie) => {
  const expr = tie('expr');
  const some = fc.array(expr, { minLength: 1, maxLength: 3 });
  const leaf: fc.Arbitrary<Expr> = fc.oneof(
    fc.array(part, { minLength: 1, maxLength: 3 }).map((parts): Expr => ({ kind: 'Identifier', parts, span })),
    fc.nat().map((n): Expr => ({ kind: 'NumberLiteral', text: String(n), form: 'integer', span })),
    fc.string({ unit: 'grapheme' }).map((value): Expr => ({ kind: 'StringLiteral', value, charset: null, span })),
    fc.string().map((value): Expr => ({ kind: 'StringLiteral', value, charset: 'UTF16', span })),
    fc.constantFrom(true, false, null).map((value): Expr => ({ kind: 'BooleanLiteral', value, span })),
    fc.constant<Expr>({ kind: 'NullLiteral', span }),
  );
  const not = fc.boolean();
  const composed: fc.Arbitrary<Expr>[] = [
    fc
      .tuple(fc.constantFrom(...binaryOps), expr, expr)
      .map(([op, left, right]): Expr => ({ kind: 'Binary', op, left, right, opSpan: span, span })),
    fc
      .tuple(fc.constantFrom('+' as const, '-' as const, 'NOT' as const), expr)
      .map(([op, operand]): Expr => ({ kind: 'Unary', op, operand, span })),
    fc
      .tuple(expr, not, fc.constantFrom('NULL' as const, 'TRUE' as const, 'A SET' as const, 'JSON VALUE' as const))
      .map(([operand, negated, test_]): Expr => ({ kind: 'Is', operand, test: test_, negated, span })),
    fc.tuple(expr, expr, expr, not, fc.boolean()).map(([operand, low, high, negated, symmetric]): Expr => ({
      kind: 'Between',
      operand,
      low,
      high,
      negated,
      symmetric,
      span,
    })),
    fc
      .tuple(expr, expr, fc.option(expr), not, fc.constantFrom('LIKE' as const, 'SIMILAR TO' as const))
      .map(([operand, pattern, escape, negated, variant]): Expr => ({
        kind: 'Like',
        variant,
        operand,
        pattern,
        escape,
        negated,
        span,
      })),
    fc
      .tuple(expr, some, not)
      .map(([operand, values, negated]): Expr => ({ kind: 'InList', operand, values, negated, span })),
    fc.tuple(expr, expr).map(([operand, index]): Expr => ({ kind: 'ElementAccess', operand, index, span })),
    fc.tuple(expr, part).map(([operand, field]): Expr => ({ kind: 'FieldAccess', operand, field, span })),
    some.map((fields): Expr => ({ kind: 'Row', fields, explicit: true, span })),
    some.map((elements): Expr => ({ kind: 'ArrayConstructor', elements, span })),
    fc.tuple(fc.option(expr), expr, expr, fc.option(expr)).map(([operand, when, result, otherwise]): Expr => ({
      kind: 'Case',
      operand,
      branches: [{ conditions: [when], result, span }],
      otherwise,
      span,
    })),
  ];
  return { expr: fc.oneof({ maxDepth: 4, withCrossShrink: true }, leaf, ...composed) };
});

describe('text from trees', () => {
  test('any expression parses back to itself', () => {
    fc.assert(
      fc.property(anyExpr, (expr) => {
        expect(withoutSpans(parseExpression(unparseExpression(expr)))).toEqual(withoutSpans(expr));
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['(a+b)*c', '(a + b) * c'],
    ['((a))', 'a'],
    ['a-(b-c)', 'a - (b - c)'],
    ['(a-b)-c', 'a - b - c'],
    ['not (a and b)', 'NOT (a AND b)'],
    ['(not a) = b', '(NOT a) = b'],
    ['- (-1)', '- -1'],
    ['(a is null) is true', 'a IS NULL IS TRUE'],
    ['`Ab`.c', '`Ab`.c'],
  ])('%s', (text, expected) => {
    expect(unparseExpression(parseExpression(text))).toBe(expected);
  });

  test('a query has a clause on each line', () => {
    const text =
      "with w as (select 1) select a, sum(b) x from (select * from t where c > 'it''s') u join v on u.a=v.a group by a order by 2 desc limit 3";
    expect(unparse(parseStatement(text))).toBe(`WITH w AS (
  SELECT 1
)
SELECT a, SUM(b) AS x
FROM (
  SELECT *
  FROM t
  WHERE c > 'it''s'
) AS u
JOIN v ON u.a = v.a
GROUP BY a
ORDER BY 2 DESC
LIMIT 3`);
  });

  test('a text keeps its own line breaks, whatever the indentation', () => {
    const text = "SELECT * FROM (SELECT 'a\n  b' AS c)";
    expect(unparse(parseStatement(text))).toContain("'a\n  b'");
  });

  test('a path is quoted whatever it holds', () => {
    expect(quotePath(['default_catalog', 'a`b', 'order'])).toBe('`default_catalog`.`a``b`.`order`');
  });
});
