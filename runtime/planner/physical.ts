import type { AggregateCall, BoundExpr } from '../expressions/bound.js';
import type { RowPattern } from '../expressions/row-pattern.js';
import type { ChangelogMode, Schema, Span } from '../types/index.js';

/**
 * The physical plan: what `dataflow/` builds a running graph from. Plain data. A plan is a directed acyclic graph of nodes in topological
 * order (inputs first); a node may feed several others (a view used twice, a statement set).
 */
export interface PhysicalPlan {
  readonly nodes: readonly PhysicalNode[];
  /** Ids of sink nodes; a query's own result is the one `resultSink`. */
  readonly sinks: readonly number[];
  /** Session options that matter at run time, resolved. */
  readonly options: PlanOptions;
}

export interface PlanOptions {
  readonly timeZone: string;
  readonly parallelism: number;
  /** Milliseconds; 0 = kept for ever. */
  readonly stateTtl: number;
  /** pipeline.auto-watermark-interval, ms. */
  readonly watermarkInterval: number;
  /** table.exec.source.idle-timeout, ms; 0 = off. */
  readonly idleTimeout: number;
  /** Bytes of state and buffers a job may hold; 0 = the default of the host. */
  readonly memoryLimit: number;
  /** All options that were SET, for connectors and functions. */
  readonly all: Readonly<Record<string, string>>;
}

/** row: one change per input row, exactly as Flink without mini-batch. folded: changes of one key are folded per batch. */
export type Emission = 'row' | 'folded';

/** How rows must be spread over subtasks before they enter a node. */
export type Distribution =
  { readonly kind: 'any' } | { readonly kind: 'single' } | { readonly kind: 'hash'; readonly keys: readonly number[] };

export interface NodeBase {
  readonly id: number;
  /** Ids of input nodes. */
  readonly inputs: readonly number[];
  /** One per input. */
  readonly distribution: readonly Distribution[];
  readonly schema: Schema;
  readonly changelog: ChangelogMode;
  /** Kinds that the node sends, as EXPLAIN CHANGELOG_MODE writes them: `I,UB,UA,D`. */
  readonly changelogKinds: string;
  /** Whether the node emits -U for updates (else only +U, keyed by upsertKey). */
  readonly updateBefore: boolean;
  /** Columns that identify a row in the output changelog; null when there are none. Several keys may hold: the smallest comes first. */
  readonly upsertKeys: readonly (readonly number[])[];
  readonly emission: Emission;
  /** One line for EXPLAIN. */
  readonly label: string;
}

/** What a node does, without its place in the plan. */
export type NodeSpec =
  | SourceNode
  | ValuesNode
  | CalcNode
  | WatermarkNode
  | WindowTvfNode
  | GroupAggregateNode
  | WindowAggregateNode
  | JoinNode
  | WindowJoinNode
  | IntervalJoinNode
  | TemporalJoinNode
  | LookupJoinNode
  | RankNode
  | WindowRankNode
  | DeduplicateNode
  | ExpandNode
  | UnionNode
  | UnnestNode
  | MatchNode
  | SortNode
  | LimitNode
  | OverAggregateNode
  | ChangelogNormalizeNode
  | DropUpdateBeforeNode
  | SinkNode;

/** Index of an output column that is a time attribute is told by its type's `timeAttribute`. */
export type PhysicalNode = NodeBase & NodeSpec;
export type PhysicalOp = PhysicalNode['op'];

/** A column the source delivers. `path` walks ROW fields of the physical schema (projection pushed into the format), or names metadata. */
export interface SourceColumn {
  readonly name: string;
  readonly from:
    | { readonly kind: 'physical'; readonly path: readonly string[] }
    | { readonly kind: 'metadata'; readonly key: string };
}

export interface SourceNode {
  readonly op: 'source';
  readonly table: string;
  readonly connector: string;
  /** WITH options after hints, without the connector key. */
  readonly tableOptions: Readonly<Record<string, string>>;
  /** The table's physical columns (declared types), what the format was declared to read. */
  readonly physicalSchema: Schema;
  /** One per column of `schema`. */
  readonly columns: readonly SourceColumn[];
  readonly primaryKey: readonly string[];
  readonly partitionKeys: readonly string[];
  readonly bounded: boolean;
  /**
   * Watermark computed at the source per split: output column `watermarkColumn` (appended last, dropped by the reader's host) is not used;
   * the expression reads the source's own columns. Null when there is no watermark or the source cannot (then a `watermark` node follows).
   */
  readonly watermark: WatermarkSpec | null;
  /** Rows after which the source may stop (LIMIT pushed down), per subtask; null = all. */
  readonly limit: number | null;
}

export interface WatermarkSpec {
  /** Column of the rowtime; in a source -1 when the rowtime is computed behind it (then only the expression counts: a null is a null rowtime). */
  readonly rowtime: number;
  /** TIMESTAMP(3) or TIMESTAMP_LTZ(3) over the node's columns. */
  readonly expression: BoundExpr;
}

export interface ValuesNode {
  readonly op: 'values';
  /** Constant expressions, cast to the schema. */
  readonly rows: readonly (readonly BoundExpr[])[];
}

/** Filter, then project. `condition` null = all rows. */
export interface CalcNode {
  readonly op: 'calc';
  readonly condition: BoundExpr | null;
  readonly projections: readonly BoundExpr[];
}

/** Assigns watermarks per row by Flink's rule (DIALECT.md, trap 1). */
export interface WatermarkNode {
  readonly op: 'watermark';
  readonly watermark: WatermarkSpec;
}

export type WindowSpec =
  | { readonly kind: 'tumble'; readonly size: number; readonly offset: number }
  | { readonly kind: 'hop'; readonly size: number; readonly slide: number; readonly offset: number }
  | { readonly kind: 'cumulate'; readonly size: number; readonly step: number; readonly offset: number }
  | { readonly kind: 'session'; readonly gap: number; readonly partitionKeys: readonly number[] };

/** How a windowed operator finds a row's windows. Milliseconds throughout. */
export type Windowing =
  /** From a time attribute column (rowtime or proctime). */
  | { readonly kind: 'time'; readonly time: number; readonly rowtime: boolean; readonly spec: WindowSpec }
  /** The input already carries window_start and window_end columns (a window on a window). */
  | {
      readonly kind: 'attached';
      readonly start: number;
      readonly end: number;
      readonly rowtime: boolean;
      readonly spec: WindowSpec;
    };

/** A plain windowing TVF: input columns, then window_start, window_end TIMESTAMP(3), window_time. */
export interface WindowTvfNode {
  readonly op: 'windowTvf';
  readonly windowing: Windowing;
}

/** Output: keys, then aggregates. */
export interface GroupAggregateNode {
  readonly op: 'groupAggregate';
  readonly keys: readonly number[];
  readonly aggregates: readonly AggregateCall[];
  /** Whether the input may take rows back (retracting accumulators, a row count per key). */
  readonly inputRetracts: boolean;
  /** State time to live, ms; 0 = for ever. */
  readonly ttl: number;
}

/** Output: keys, aggregates, then the named window properties. */
export interface WindowAggregateNode {
  readonly op: 'windowAggregate';
  readonly keys: readonly number[];
  readonly aggregates: readonly AggregateCall[];
  readonly windowing: Windowing;
  readonly properties: readonly ('start' | 'end' | 'time')[];
  readonly inputRetracts: boolean;
}

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';

/** Equi keys by position, and what else must hold (over left columns, then right columns). */
export interface JoinSpec {
  readonly type: JoinType;
  readonly leftKeys: readonly number[];
  readonly rightKeys: readonly number[];
  /** Per key: whether NULL equals NULL (IS NOT DISTINCT FROM). */
  readonly nullSafe: readonly boolean[];
  readonly condition: BoundExpr | null;
}

/** Regular streaming join; output: left columns, then right columns (semi, anti: left only). */
export interface JoinNode {
  readonly op: 'join';
  readonly join: JoinSpec;
  /** Smallest unique keys of each input within the join key: 'joinKeyUnique', some unique key columns, or none. */
  readonly leftUnique: JoinSideUnique;
  readonly rightUnique: JoinSideUnique;
  readonly leftRetracts: boolean;
  readonly rightRetracts: boolean;
  readonly leftTtl: number;
  readonly rightTtl: number;
}
export type JoinSideUnique =
  | { readonly kind: 'joinKey' }
  | { readonly kind: 'columns'; readonly columns: readonly number[] }
  | { readonly kind: 'none' };

/** Joins rows of equal windows; both inputs carry window columns, or are windowed here from their time attribute. */
export interface WindowJoinNode {
  readonly op: 'windowJoin';
  readonly join: JoinSpec;
  readonly leftWindow: Windowing;
  readonly rightWindow: Windowing;
}

/** left.time + lower <= right.time <= left.time + upper, ms. */
export interface IntervalJoinNode {
  readonly op: 'intervalJoin';
  readonly join: JoinSpec;
  readonly rowtime: boolean;
  readonly leftTime: number;
  readonly rightTime: number;
  readonly lower: number;
  readonly upper: number;
}

/** Versioned table on the right, by left.time (event time) or the latest (processing time). */
export interface TemporalJoinNode {
  readonly op: 'temporalJoin';
  readonly join: JoinSpec;
  readonly rowtime: boolean;
  readonly leftTime: number;
  readonly rightTime: number | null;
  readonly rightRetracts: boolean;
}

/** Each left row asks the table `table` at its processing time. A bounded side table is read whole and indexed by the lookup keys. */
export interface LookupJoinNode {
  readonly op: 'lookupJoin';
  readonly join: JoinSpec;
  readonly table: SourceNode;
  readonly tableSchema: Schema;
  /** Applied to the table's rows before they are joined. */
  readonly tableCondition: BoundExpr | null;
  readonly tableProjections: readonly BoundExpr[];
}

export interface SortKey {
  readonly column: number;
  readonly ascending: boolean;
  readonly nullsLast: boolean;
}

/** Top-N: rows of a partition with rank in [start, end]. */
export interface RankNode {
  readonly op: 'rank';
  readonly function: 'ROW_NUMBER' | 'RANK' | 'DENSE_RANK';
  readonly partitionKeys: readonly number[];
  readonly sort: readonly SortKey[];
  readonly start: number;
  readonly end: number;
  /** When set, a BIGINT rank column follows the input's columns. */
  readonly outputRank: boolean;
  /** append: input only inserts. update: input updates by `inputKey` and the order only improves. retract: anything. */
  readonly strategy: 'append' | 'update' | 'retract';
  readonly inputKey: readonly number[] | null;
  readonly ttl: number;
}

export interface WindowRankNode {
  readonly op: 'windowRank';
  readonly windowing: Windowing;
  readonly partitionKeys: readonly number[];
  readonly sort: readonly SortKey[];
  readonly start: number;
  readonly end: number;
  readonly outputRank: boolean;
}

/** First or last row per key by a time attribute. */
export interface DeduplicateNode {
  readonly op: 'deduplicate';
  readonly keys: readonly number[];
  readonly keep: 'first' | 'last';
  readonly rowtime: boolean;
  /** Column of the time attribute (rowtime only). */
  readonly time: number | null;
  /** Set for window deduplication. */
  readonly windowing: Windowing | null;
  readonly ttl: number;
}

/** Grouping sets: every input row once per set of projections. */
export interface ExpandNode {
  readonly op: 'expand';
  readonly projections: readonly (readonly BoundExpr[])[];
}

/** UNION ALL. */
export interface UnionNode {
  readonly op: 'union';
}

/** Cross join with the elements of a collection column. Output: input columns, element columns [, ordinality INT]. */
export interface UnnestNode {
  readonly op: 'unnest';
  readonly collection: BoundExpr;
  readonly withOrdinality: boolean;
  readonly outer: boolean;
  readonly condition: BoundExpr | null;
}

/** MATCH_RECOGNIZE. Output: partition columns, then measures. */
export interface MatchNode {
  readonly op: 'match';
  readonly partitionKeys: readonly number[];
  readonly sort: readonly SortKey[];
  readonly rowtime: boolean;
  readonly pattern: RowPattern;
}

/** temporal: by rowtime as the watermark passes (further keys break ties). full: bounded input only, at its end. */
export interface SortNode {
  readonly op: 'sort';
  readonly mode: 'temporal' | 'full';
  readonly sort: readonly SortKey[];
}

/** Rows [offset, offset + fetch) in order of arrival, kept so under retraction; with `sort` it is planned as a rank. */
export interface LimitNode {
  readonly op: 'limit';
  readonly offset: number;
  readonly fetch: number | null;
}

export interface OverAggregateNode {
  readonly op: 'overAggregate';
  readonly partitionKeys: readonly number[];
  readonly sort: readonly SortKey[];
  readonly rowtime: boolean;
  readonly time: number;
  readonly frame: {
    readonly unit: 'rows' | 'range';
    /** Rows or ms before the current row; null = unbounded. */
    readonly preceding: number | null;
  };
  readonly aggregates: readonly AggregateCall[];
  readonly ttl: number;
}

/** Turns an upsert source into a full changelog, keyed by `keys`. */
export interface ChangelogNormalizeNode {
  readonly op: 'changelogNormalize';
  readonly keys: readonly number[];
  readonly condition: BoundExpr | null;
  readonly ttl: number;
}

export interface DropUpdateBeforeNode {
  readonly op: 'dropUpdateBefore';
}

export interface SinkNode {
  readonly op: 'sink';
  /** null: the result of a query, gathered by the session's ResultView. */
  readonly table: string | null;
  readonly connector: string;
  readonly tableOptions: Readonly<Record<string, string>>;
  readonly physicalSchema: Schema;
  /** Metadata columns the sink writes: output column -> key. */
  readonly metadata: readonly { readonly column: number; readonly key: string }[];
  readonly primaryKey: readonly number[];
  readonly partitionKeys: readonly string[];
  readonly overwrite: boolean;
  readonly notNull: { readonly columns: readonly number[]; readonly enforcer: 'ERROR' | 'DROP' };
  readonly lengthEnforcer: 'IGNORE' | 'TRIM_PAD' | 'ERROR';
  /** Upserts out of order are put right by the sink's primary key before they are written. */
  readonly upsertMaterialize: boolean;
  readonly span?: Span;
}
