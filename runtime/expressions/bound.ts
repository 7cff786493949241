import type { DataType, Span, Value } from '../types/index.js';

/**
 * Bound, typed expressions: plain data (structured clone carries them to a job's worker), compiled to code there and nowhere interpreted.
 *
 * Implicit conversions are explicit `cast` nodes: whoever binds has made the arguments fit what the function's implementation expects.
 */
export type BoundExpr = LiteralExpr | InputExpr | CallExpr | CastExpr | CaseExpr | FieldExpr;

export interface LiteralExpr {
  readonly kind: 'literal';
  readonly type: DataType;
  readonly value: Value;
  readonly span?: Span;
}

/** A column of the input row; for two inputs (join conditions) the right one's columns follow the left one's. */
export interface InputExpr {
  readonly kind: 'input';
  readonly type: DataType;
  readonly index: number;
  readonly span?: Span;
}

/**
 * A call of a built-in or user function. `fn` is the canonical upper-case name or operator symbol of the function registry
 * (`+ - * / MOD = <> < <= > >= AND OR NOT`, `IS NULL`, `LIKE`, `UPPER`, ...).
 */
export interface CallExpr {
  readonly kind: 'call';
  readonly fn: string;
  readonly args: readonly BoundExpr[];
  readonly type: DataType;
  /** Symbolic arguments: time units, TRIM side, JSON behaviours. */
  readonly options?: Readonly<Record<string, string | number | boolean | null>>;
  readonly span?: Span;
}

export interface CastExpr {
  readonly kind: 'cast';
  readonly arg: BoundExpr;
  readonly type: DataType;
  /** TRY_CAST: NULL where the conversion fails. */
  readonly safe: boolean;
  /** Made by implicit conversion, hidden in EXPLAIN's wording of user text. */
  readonly implicit?: boolean;
  readonly span?: Span;
}

/** Searched CASE; the simple form is bound to it. COALESCE, IF, NULLIF are calls or cases as their definition says. */
export interface CaseExpr {
  readonly kind: 'case';
  readonly whens: readonly { readonly condition: BoundExpr; readonly result: BoundExpr }[];
  readonly otherwise: BoundExpr;
  readonly type: DataType;
  readonly span?: Span;
}

/** Field of a ROW value. */
export interface FieldExpr {
  readonly kind: 'field';
  readonly arg: BoundExpr;
  readonly index: number;
  readonly type: DataType;
  readonly span?: Span;
}

/**
 * One aggregate call over input columns (the planner projects arguments to columns first). `fn` is the canonical upper-case name
 * (COUNT, SUM, $SUM0, AVG, MIN, MAX, FIRST_VALUE, LAST_VALUE, LISTAGG, COLLECT, ARRAY_AGG, STDDEV_POP, ...); COUNT(*) has no argument.
 */
export interface AggregateCall {
  readonly fn: string;
  /** Indexes of input columns. */
  readonly args: readonly number[];
  readonly argTypes: readonly DataType[];
  /** Constant arguments (LISTAGG's separator, PERCENTILE's fraction) by argument position. */
  readonly constants?: Readonly<Record<number, Value>>;
  readonly distinct: boolean;
  /** Index of a BOOLEAN input column: rows where it is not TRUE do not count. */
  readonly filter: number | null;
  readonly type: DataType;
  readonly name: string;
  readonly options?: Readonly<Record<string, string | number | boolean | null>>;
}
