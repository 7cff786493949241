import type { AggregateCall, BoundExpr } from '../expressions/bound.js';
import type { RowPattern } from '../expressions/row-pattern.js';
import type { CatalogTable } from '../catalog/index.js';
import type { Schema, Span, Value } from '../types/index.js';

/**
 * The bound tree of a query: every name resolved to a column position, every expression typed. Expressions of a node read the columns of its
 * input; a join's condition reads the left columns, then the right ones. Plain data, never changed in place: rewriting makes new nodes, and
 * equal objects are equal subplans (a common table used twice is one object).
 */
export type Logical =
  | LogicalScan
  | LogicalValues
  | LogicalProject
  | LogicalFilter
  | LogicalAggregate
  | LogicalJoin
  | LogicalWindowTvf
  | LogicalSetOperation
  | LogicalSort
  | LogicalOver
  | LogicalRank
  | LogicalUnnest
  | LogicalMatch
  | LogicalWatermark;

interface LogicalBase {
  readonly schema: Schema;
  /** The text it came from, for errors the planner raises. */
  readonly span?: Span;
}

export interface ScanColumn {
  readonly name: string;
  readonly from:
    | { readonly kind: 'physical'; readonly path: readonly string[] }
    | { readonly kind: 'metadata'; readonly key: string };
}

/** Hints at a table or a query block that outlive binding. */
export interface PlanHints {
  /** STATE_TTL: alias or table name to ms. */
  readonly stateTtl?: Readonly<Record<string, number>>;
}

/** Physical and metadata columns as the connector gives them. */
export interface LogicalScan extends LogicalBase {
  readonly op: 'scan';
  readonly table: CatalogTable;
  /** WITH options with OPTIONS hints applied. */
  readonly options: Readonly<Record<string, string>>;
  readonly columns: readonly ScanColumn[];
}

export interface LogicalValues extends LogicalBase {
  readonly op: 'values';
  readonly rows: readonly (readonly BoundExpr[])[];
}

export interface LogicalProject extends LogicalBase {
  readonly op: 'project';
  readonly input: Logical;
  readonly exprs: readonly BoundExpr[];
}

export interface LogicalFilter extends LogicalBase {
  readonly op: 'filter';
  readonly input: Logical;
  readonly condition: BoundExpr;
}

/** Output: keys, then with grouping sets the set's number (BIGINT `$e`), then aggregates. */
export interface LogicalAggregate extends LogicalBase {
  readonly op: 'aggregate';
  readonly input: Logical;
  readonly keys: readonly number[];
  /** Each a list of positions within `keys`; null: one set of all keys. */
  readonly groupingSets: readonly (readonly number[])[] | null;
  readonly aggregates: readonly AggregateCall[];
  readonly stateTtl?: number;
}

export type LogicalJoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';

export interface LogicalJoin extends LogicalBase {
  readonly op: 'join';
  readonly type: LogicalJoinType;
  readonly left: Logical;
  readonly right: Logical;
  readonly condition: BoundExpr | null;
  /** FOR SYSTEM_TIME AS OF, over the left columns: the right side is a versioned or lookup table. */
  readonly asOf?: BoundExpr;
  readonly leftTtl?: number;
  readonly rightTtl?: number;
}

export type LogicalWindow =
  | { readonly kind: 'tumble'; readonly size: number; readonly offset: number }
  | { readonly kind: 'hop'; readonly size: number; readonly slide: number; readonly offset: number }
  | { readonly kind: 'cumulate'; readonly size: number; readonly step: number; readonly offset: number }
  | { readonly kind: 'session'; readonly gap: number; readonly partitionKeys: readonly number[] };

/** Output: input columns, window_start, window_end, window_time. */
export interface LogicalWindowTvf extends LogicalBase {
  readonly op: 'windowTvf';
  readonly input: Logical;
  readonly time: number;
  readonly window: LogicalWindow;
  /** A group window of the old kind (GROUP BY TUMBLE(..)): only an aggregation may stand above it. */
  readonly legacy: boolean;
}

export interface LogicalSetOperation extends LogicalBase {
  readonly op: 'setOperation';
  readonly operation: 'union' | 'intersect' | 'except';
  readonly all: boolean;
  readonly inputs: readonly Logical[];
}

export interface LogicalSortKey {
  readonly column: number;
  readonly ascending: boolean;
  readonly nullsLast: boolean;
}

export interface LogicalSort extends LogicalBase {
  readonly op: 'sort';
  readonly input: Logical;
  readonly keys: readonly LogicalSortKey[];
  readonly offset: number;
  readonly fetch: number | null;
}

export interface OverFrame {
  readonly unit: 'rows' | 'range';
  /** Rows, or ms for a range over a time; null: unbounded. */
  readonly preceding: number | null;
}

/** Output: input columns, then one column per call. */
export interface LogicalOver extends LogicalBase {
  readonly op: 'over';
  readonly input: Logical;
  readonly partitionKeys: readonly number[];
  readonly sort: readonly LogicalSortKey[];
  readonly frame: OverFrame;
  readonly calls: readonly AggregateCall[];
}

/** Rows whose rank within their partition lies in [start, end]; made by the planner of an OVER and a filter. */
export interface LogicalRank extends LogicalBase {
  readonly op: 'rank';
  readonly input: Logical;
  readonly function: 'ROW_NUMBER' | 'RANK' | 'DENSE_RANK';
  readonly partitionKeys: readonly number[];
  readonly sort: readonly LogicalSortKey[];
  readonly start: number;
  readonly end: number;
  /** A BIGINT rank column follows the input's. */
  readonly outputRank: boolean;
}

/** Output: input columns, element columns, with ordinality an INT. */
export interface LogicalUnnest extends LogicalBase {
  readonly op: 'unnest';
  readonly input: Logical;
  /** A BIGINT stands for as many elements without columns. */
  readonly collection: BoundExpr;
  readonly withOrdinality: boolean;
  readonly outer: boolean;
  readonly condition: BoundExpr | null;
}

/** MATCH_RECOGNIZE. Output: partition columns, then measures. */
export interface LogicalMatch extends LogicalBase {
  readonly op: 'match';
  readonly input: Logical;
  readonly partitionKeys: readonly number[];
  /** The time attribute, ascending, then what breaks ties. */
  readonly sort: readonly LogicalSortKey[];
  readonly pattern: RowPattern;
}

export interface LogicalWatermark extends LogicalBase {
  readonly op: 'watermark';
  readonly input: Logical;
  readonly rowtime: number;
  readonly expression: BoundExpr;
}

/** What INSERT INTO writes to; `input` has exactly the sink's physical and writable metadata columns, cast. */
export interface LogicalSink {
  readonly input: Logical;
  readonly table: CatalogTable;
  readonly options: Readonly<Record<string, string>>;
  /** Names of the sink's columns, one per column of `input`. */
  readonly columns: readonly string[];
  /** Output column of `input` to the metadata key it is written as. */
  readonly metadata: readonly { readonly column: number; readonly key: string }[];
  readonly overwrite: boolean;
  readonly onConflict: 'NOTHING' | 'ERROR' | 'DEDUPLICATE' | null;
  readonly span: Span;
}

export type BoundStatement =
  | { readonly kind: 'query'; readonly root: Logical }
  | { readonly kind: 'insert'; readonly sinks: readonly LogicalSink[] };

export type ConstantValue = Value;

export function logicalInputs(node: Logical): readonly Logical[] {
  switch (node.op) {
    case 'scan':
    case 'values':
      return [];
    case 'join':
      return [node.left, node.right];
    case 'setOperation':
      return node.inputs;
    default:
      return [node.input];
  }
}
