import type { BoundExpr } from '../expressions/bound.js';
import { StreamcellError, type DataType, type Span, type Value } from '../types/index.js';
import { PENDING_BASE } from './expression-binder.js';
import { input, mapInputs } from './expr-tools.js';
import type { Logical, LogicalSortKey, OverFrame } from './logical.js';

/** A call of an aggregate whose arguments are still expressions. */
export interface AggregateRequest {
  readonly fn: string;
  readonly args: readonly BoundExpr[];
  readonly constants?: Readonly<Record<number, Value>>;
  readonly distinct: boolean;
  readonly filter: BoundExpr | null;
  readonly type: DataType;
  readonly options?: Readonly<Record<string, string | number | boolean | null>>;
  readonly span: Span;
}

export interface OverRequest {
  readonly call: AggregateRequest;
  readonly partitionBy: readonly BoundExpr[];
  readonly orderBy: readonly { readonly expr: BoundExpr; readonly ascending: boolean; readonly nullsLast: boolean }[];
  readonly frame: OverFrame;
}

/** A subquery, decorrelated: `conditions` hold over outer columns (from OUTER_BASE) and its own. */
export interface SubqueryRequest {
  readonly kind: 'scalar' | 'exists' | 'in';
  readonly node: Logical;
  readonly conditions: readonly BoundExpr[];
  /** IN: left-hand values, one per leading column of the node. */
  readonly operands: readonly BoundExpr[];
  readonly negated: boolean;
  /** A count: 0 where the subquery has no row. */
  readonly zeroWhenMissing: boolean;
  readonly span: Span;
}

export type PendingValue =
  | { readonly kind: 'aggregate'; readonly request: AggregateRequest }
  | { readonly kind: 'grouping'; readonly args: readonly BoundExpr[]; readonly span: Span }
  | { readonly kind: 'over'; readonly request: OverRequest }
  | { readonly kind: 'subquery'; readonly request: SubqueryRequest };

/** Values that a clause refers to before there are columns for them. Each gets a number; its owner later says what it became. */
export class Pending {
  private readonly values: PendingValue[] = [];
  private readonly columns = new Map<number, BoundExpr>();

  add(value: PendingValue, type: DataType, span: Span): BoundExpr {
    this.values.push(value);
    return input(PENDING_BASE + this.values.length - 1, type, span);
  }

  get(index: number): PendingValue | undefined {
    return index >= PENDING_BASE ? this.values[index - PENDING_BASE] : undefined;
  }

  all(): readonly PendingValue[] {
    return this.values;
  }

  settle(position: number, column: BoundExpr): void {
    this.columns.set(PENDING_BASE + position, column);
  }

  isOpen(position: number): boolean {
    return !this.columns.has(PENDING_BASE + position);
  }

  /** Replaces references by what has been settled; the others stay. */
  apply(expr: BoundExpr): BoundExpr {
    return mapInputs(expr, (e) => {
      const column = this.columns.get(e.index);
      return column ? { ...column, span: e.span ?? column.span } : e;
    });
  }

  check(expr: BoundExpr): BoundExpr {
    return mapInputs(expr, (e) => {
      if (e.index >= PENDING_BASE)
        throw new StreamcellError('INTERNAL', 'A value was left without a column.', { span: e.span });
      return e;
    });
  }
}

export function sortKey(column: number, ascending: boolean, nulls: 'FIRST' | 'LAST' | null): LogicalSortKey {
  return { column, ascending, nullsLast: nullsLast(ascending, nulls) };
}

/** Without NULLS FIRST / LAST, null counts as the lowest value. */
export function nullsLast(ascending: boolean, nulls: 'FIRST' | 'LAST' | null): boolean {
  return nulls === null ? !ascending : nulls === 'LAST';
}
