import type { BinaryOp } from './ast.js';

/**
 * How tightly operators bind, in the steps of Calcite's operator table: an operator takes an operand on its right only if
 * that binds tighter than itself. `(a = b) IS NULL` and `NOT (a = b)` come out of these numbers alone.
 */
export const precedence = {
  multisetUnion: 14,
  multisetIntersect: 18,
  or: 22,
  and: 24,
  not: 26,
  is: 28,
  comparison: 30,
  range: 32,
  sum: 40,
  product: 60,
  sign: 80,
  access: 100,
} as const;

/** The operators between two operands that are a single token. */
export const binaryOperators: Record<string, { op: BinaryOp; precedence: number }> = {
  OR: { op: 'OR', precedence: precedence.or },
  AND: { op: 'AND', precedence: precedence.and },
  '=': { op: '=', precedence: precedence.comparison },
  '<>': { op: '<>', precedence: precedence.comparison },
  '<': { op: '<', precedence: precedence.comparison },
  '<=': { op: '<=', precedence: precedence.comparison },
  '>': { op: '>', precedence: precedence.comparison },
  '>=': { op: '>=', precedence: precedence.comparison },
  OVERLAPS: { op: 'OVERLAPS', precedence: precedence.comparison },
  CONTAINS: { op: 'CONTAINS', precedence: precedence.comparison },
  EQUALS: { op: 'EQUALS', precedence: precedence.comparison },
  PRECEDES: { op: 'PRECEDES', precedence: precedence.comparison },
  SUCCEEDS: { op: 'SUCCEEDS', precedence: precedence.comparison },
  '+': { op: '+', precedence: precedence.sum },
  '-': { op: '-', precedence: precedence.sum },
  '*': { op: '*', precedence: precedence.product },
  '/': { op: '/', precedence: precedence.product },
  '%': { op: '%', precedence: precedence.product },
  '||': { op: '||', precedence: precedence.product },
};
