import type { DataType } from '../types/index.js';
import type { AggregateCall, BoundExpr } from './bound.js';

/**
 * MATCH_RECOGNIZE bound: plain data that the binder makes, the planner passes on and the operator runs. Variables are numbered by their place
 * in the pattern, which is the order their rows come in, too.
 */
export interface RowPattern {
  /** In order; every variable stands once, since groups cannot be repeated. */
  readonly variables: readonly PatternVariable[];
  readonly skip: AfterMatchSkip;
  /** A match must be over in less than this many ms after its first row; 0: no bound. */
  readonly within: number;
  /** What measures read; their expressions see reader i as column i. */
  readonly readers: readonly PathReader[];
  readonly measures: readonly { readonly name: string; readonly expr: BoundExpr }[];
}

export interface PatternVariable {
  readonly name: string;
  readonly min: number;
  /** null: unbounded. */
  readonly max: number | null;
  readonly greedy: boolean;
  /** null: every row will do. */
  readonly definition: VariableDefinition | null;
}

/** The condition sees the columns of the row in question, and behind them the readers, over the path as if it had taken that row. */
export interface VariableDefinition {
  readonly condition: BoundExpr;
  readonly readers: readonly PathReader[];
}

export type AfterMatchSkip =
  | { readonly kind: 'nextRow' }
  | { readonly kind: 'pastLastRow' }
  | { readonly kind: 'first' | 'last'; readonly variable: number };

/** A value taken from the rows of a (partial) match; `variable` null: of all its rows. */
export type PathReader =
  | {
      readonly kind: 'row';
      readonly variable: number | null;
      readonly from: 'first' | 'last';
      readonly offset: number;
      readonly column: number;
      readonly type: DataType;
    }
  | {
      readonly kind: 'aggregate';
      readonly variable: number | null;
      /** `args` index `values`. */
      readonly call: AggregateCall;
      /** Over one row's `columns`, by position. */
      readonly values: readonly BoundExpr[];
      readonly columns: readonly number[];
      readonly type: DataType;
    }
  /** When the match was found. */
  | { readonly kind: 'time'; readonly type: DataType };
