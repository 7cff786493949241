import { describe, expect, test } from '@jest/globals';
import type { Expr } from './ast.js';
import { unparseExpression } from './format.js';
import { parseExpression, parseType } from './parser.js';

/** The tree as text with every operator in parentheses, so that a test shows what binds to what. */
function grouped(expr: Expr): string {
  switch (expr.kind) {
    case 'Binary':
      return `(${grouped(expr.left)} ${expr.op} ${grouped(expr.right)})`;
    case 'Unary':
      return `(${expr.op} ${grouped(expr.operand)})`;
    case 'Is':
      return `(${grouped(expr.operand)} IS ${expr.negated ? 'NOT ' : ''}${expr.test})`;
    case 'Between':
      return `(${grouped(expr.operand)} BETWEEN ${grouped(expr.low)} AND ${grouped(expr.high)})`;
    case 'Like':
      return `(${grouped(expr.operand)} ${expr.variant} ${grouped(expr.pattern)}${expr.escape ? ` ESCAPE ${grouped(expr.escape)}` : ''})`;
    case 'InList':
      return `(${grouped(expr.operand)} IN [${expr.values.map(grouped).join(', ')}])`;
    case 'ElementAccess':
      return `${grouped(expr.operand)}[${grouped(expr.index)}]`;
    case 'FieldAccess':
      return `${grouped(expr.operand)}->${expr.field.name}`;
    default:
      return unparseExpression(expr);
  }
}

describe('precedence, as Calcite has it', () => {
  test.each([
    ['a + b * c', '(a + (b * c))'],
    ['a * b + c', '((a * b) + c)'],
    ['a - b - c', '((a - b) - c)'],
    ['a || b * c', '((a || b) * c)'],
    ['a || b + c', '((a || b) + c)'],
    ['(a + b) * c', '((a + b) * c)'],
    ['-a * b', '((- a) * b)'],
    ['- a[1] + b', '((- a[1]) + b)'],
    ['a = b + c', '(a = (b + c))'],
    ['a = b = c', '((a = b) = c)'],
    ['NOT a = b', '(NOT (a = b))'],
    ['NOT a AND b', '((NOT a) AND b)'],
    ['a OR b AND c', '(a OR (b AND c))'],
    ['a AND b OR c AND NOT d', '((a AND b) OR (c AND (NOT d)))'],
    ['a = b IS NULL', '((a = b) IS NULL)'],
    ['NOT a IS NULL', '(NOT (a IS NULL))'],
    ['a IS NOT NULL AND b', '((a IS NOT NULL) AND b)'],
    ['a + b IS TRUE', '((a + b) IS TRUE)'],
    ['a LIKE b = c', '((a LIKE b) = c)'],
    ['a = b LIKE c', '(a = (b LIKE c))'],
    ["a LIKE b || 'x' ESCAPE c AND d", "((a LIKE (b || 'x') ESCAPE c) AND d)"],
    ['a BETWEEN b AND c AND d', '((a BETWEEN b AND c) AND d)'],
    ['a BETWEEN b + 1 AND c * 2 OR d', '((a BETWEEN (b + 1) AND (c * 2)) OR d)'],
    ['a IN (1, 2) AND b', '((a IN [1, 2]) AND b)'],
    ['a + 1 IN (1, 2) = c', '(((a + 1) IN [1, 2]) = c)'],
    ['a IS DISTINCT FROM b + 1 AND c', '((a IS DISTINCT FROM (b + 1)) AND c)'],
    ['a.b[1].c', 'a.b[1]->c'],
    ['(a).b', 'a->b'],
    ['a = NOT b', '(a = (NOT b))'],
  ])('%s', (text, expected) => {
    expect(grouped(parseExpression(text))).toBe(expected);
  });
});

describe('literals', () => {
  test.each<[string, Partial<Expr>]>([
    ["'it''s'", { kind: 'StringLiteral', value: "it's", charset: null }],
    ["'a'\n'b'", { kind: 'StringLiteral', value: 'ab' }],
    ["N'x'", { kind: 'StringLiteral', value: 'x', charset: 'NATIONAL' }],
    ["_utf16'x'", { kind: 'StringLiteral', value: 'x', charset: 'UTF16' }],
    ["U&'d\\0061t\\+000061'", { kind: 'StringLiteral', value: 'data' }],
    ["U&'d!0061!!' UESCAPE '!'", { kind: 'StringLiteral', value: 'da!' }],
    ["E'a\\n\\u0041\\x41\\101\\''", { kind: 'StringLiteral', value: "a\nAAA'" }],
    ["X'0aFF'", { kind: 'BinaryLiteral', hex: '0aFF' }],
    ['42', { kind: 'NumberLiteral', text: '42', form: 'integer' }],
    ['4.2', { kind: 'NumberLiteral', text: '4.2', form: 'decimal' }],
    ['.5', { kind: 'NumberLiteral', form: 'decimal' }],
    ['1e-3', { kind: 'NumberLiteral', form: 'approximate' }],
    ["DECIMAL '7'", { kind: 'NumberLiteral', text: '7', form: 'decimal' }],
    ['UNKNOWN', { kind: 'BooleanLiteral', value: null }],
    ["TIMESTAMP WITH LOCAL TIME ZONE 'x'", { kind: 'DateTimeLiteral', type: 'TIMESTAMP_LTZ', text: 'x' }],
    ["{t '1:2'}", { kind: 'DateTimeLiteral', type: 'TIME', text: '1:2' }],
  ])('%s', (text, expected) => {
    expect(parseExpression(text)).toMatchObject(expected);
  });

  test('an interval keeps its qualifier', () => {
    expect(parseExpression("INTERVAL -'1 2' DAY(3) TO SECOND(6)")).toMatchObject({
      kind: 'IntervalLiteral',
      negative: true,
      text: '1 2',
      qualifier: { from: 'DAY', to: 'SECOND', precision: 3, fraction: 6 },
    });
    expect(parseExpression("INTERVAL '1' SECOND(3, 2)")).toMatchObject({ qualifier: { precision: 3, fraction: 2 } });
    expect(parseExpression('INTERVAL 5 MINUTES')).toMatchObject({
      kind: 'IntervalExpression',
      qualifier: { from: 'MINUTE' },
    });
  });
});

describe('special spellings mean ordinary calls', () => {
  test.each([
    ['SUBSTRING(a FROM 1 FOR 2)', 'SUBSTRING(a, 1, 2)'],
    ['CEILING(a)', 'CEIL(a)'],
    ['left(a, 1)', 'LEFT(a, 1)'],
    ["TRIM('x' FROM a)", "TRIM(BOTH 'x' FROM a)"],
    ['TRIM(a)', 'TRIM(BOTH FROM a)'],
    ["JSON_OBJECT('a' : 1)", "JSON_OBJECT(KEY 'a' VALUE 1)"],
  ])('%s', (text, expected) => {
    expect(unparseExpression(parseExpression(text))).toBe(expected);
  });

  test('spans lie over the source of each node', () => {
    const text = "a.b + SUM(x) FILTER (WHERE y > 'z') OVER (PARTITION BY c)";
    const expr = parseExpression(text);
    const slice = (span: { start: number; end: number }): string => text.slice(span.start, span.end);
    if (expr.kind !== 'Binary' || expr.right.kind !== 'FunctionCall') throw new Error(expr.kind);
    expect(slice(expr.span)).toBe(text);
    expect(slice(expr.opSpan)).toBe('+');
    expect(slice(expr.left.span)).toBe('a.b');
    expect(slice(expr.right.name.span)).toBe('SUM');
    expect(slice(expr.right.filter!.span)).toBe("y > 'z'");
    expect(slice(expr.right.over!.span)).toBe('(PARTITION BY c)');
  });

  test('parameters are counted from 0', () => {
    const expr = parseExpression('f(?, ?)');
    expect(expr).toMatchObject({ args: [{ index: 0 }, { index: 1 }] });
  });
});

describe('types', () => {
  test.each([
    ['int', { kind: 'SimpleType', name: 'INTEGER', nullable: true }],
    ['DEC(10, 2) NOT NULL', { name: 'DECIMAL', precision: 10, scale: 2, nullable: false }],
    ['CHAR VARYING(3)', { name: 'VARCHAR', precision: 3 }],
    ['TIMESTAMP(3) WITH LOCAL TIME ZONE', { name: 'TIMESTAMP_LTZ', precision: 3 }],
    ['TIMESTAMP(3) WITHOUT TIME ZONE', { name: 'TIMESTAMP', precision: 3 }],
    [
      'INT NOT NULL ARRAY',
      { kind: 'CollectionType', collection: 'ARRAY', element: { name: 'INTEGER', nullable: false } },
    ],
    ['MAP<STRING, INT>', { kind: 'MapType', key: { name: 'STRING' }, value: { name: 'INTEGER' } }],
    [
      "ROW<`a b` INT 'why', c ROW(d BYTES)>",
      { kind: 'RowType', fields: [{ name: { name: 'a b' }, comment: 'why' }, { type: { kind: 'RowType' } }] },
    ],
    ['my.own.type', { kind: 'NamedType', name: { parts: [{ name: 'my' }, { name: 'own' }, { name: 'type' }] } }],
  ])('%s', (text, expected) => {
    expect(parseType(text)).toMatchObject(expected);
  });
});

test('nesting has a limit instead of an overflow of the stack', () => {
  for (const [open, close] of [
    ['(', ')'],
    ['-', ''],
    ['NOT ', ''],
    ['CASE WHEN a THEN ', ' END'],
    ['ARRAY[', ']'],
    ['(SELECT ', ')'],
  ] as const) {
    const text = open.replace('-', '- ').repeat(3000) + '1' + close.repeat(3000);
    expect(() => parseExpression(text)).toThrow('nested more than');
  }
  expect(grouped(parseExpression('('.repeat(200) + 'a' + ')'.repeat(200)))).toBe('a');
});

test('a long chain of operators is no nesting', () => {
  const text = Array.from({ length: 5000 }, (_, i) => `a = ${i}`).join(' OR ');
  expect(parseExpression(text).kind).toBe('Binary');
});
