import type { ChangelogMode, ChangelogRow, ErrorData, Schema, Span } from '../types/index.js';

/**
 * The engine's public door. EmbeddedSession, FlinkSession and GatewaySession implement it, and pass one contract suite.
 *
 * One session is one user's SQL context: catalog objects, options, jobs. Statements of one `execute` run in order; calls may overlap.
 */
export interface Session {
  readonly id: string;
  /**
   * Runs every statement of the text, in order, and yields one Statement each as soon as its result is live. A statement that fails to parse
   * or bind throws a StreamcellError with a span into `text` out of the iteration, after the statements before it have taken effect.
   * An unbounded statement is yielded and runs on; the next one starts at once. INSERTs run as jobs likewise.
   */
  execute(text: string, options?: ExecuteOptions): AsyncIterable<Statement>;
  /** Errors of a text without running it: syntax, names, types. Earlier statements of the text are taken into account. */
  validate(text: string): Promise<readonly ErrorData[]>;
  complete(text: string, offset: number): Promise<readonly Completion[]>;
  /** The plan at one stage. */
  explain(text: string, stage?: ExplainStage): Promise<string>;
  jobs(): Promise<readonly JobInfo[]>;
  /** @throws StreamcellError JOB_NOT_FOUND */
  stopJob(id: string): Promise<void>;
  /** Current session options that were SET. */
  options(): Promise<Readonly<Record<string, string>>>;
  /** Stops all jobs and releases everything. Idempotent. */
  close(): Promise<void>;
  /** Releases everything, and leaves running what can run without this session; absent where nothing can. */
  detach?(): Promise<void>;
}

export type ExplainStage = 'ast' | 'logical' | 'optimized' | 'physical' | 'changelog';

export interface ExecuteOptions {
  /** How the result of queries will be looked at; decides emission (ENGINE.md, law 2). Default 'table'. */
  readonly mode?: 'table' | 'changelog';
  /** Rows a ResultView keeps; beyond, it truncates and says so. */
  readonly maxRows?: number;
  /** Job name. */
  readonly name?: string;
  readonly parallelism?: number;
  /** Named parameters, bound as literals: `:name` and `{name}`. */
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
  /** Stops each query of the text as soon as its result has so many rows; its view then holds exactly these. */
  readonly limit?: number;
  /** Stops the whole execute: running statements are cancelled, later ones not begun. */
  readonly signal?: AbortSignal;
}

/** What can be bound: a Date becomes a TIMESTAMP (of UTC), an array the list of values that stands in `IN (...)`. */
export type ParameterValue = ParameterScalar | readonly ParameterScalar[];
export type ParameterScalar = string | number | bigint | boolean | null | Date;

export type StatementKind = 'query' | 'insert' | 'ddl' | 'utility' | 'explain' | 'set';

export interface Statement {
  /** Position in the executed text, from 0. */
  readonly index: number;
  readonly kind: StatementKind;
  readonly span: Span;
  readonly text: string;
  /** Columns of the result; for DDL and SET one column `result` with `OK`, as Flink answers. */
  readonly columns: Schema;
  readonly bounded: boolean;
  readonly changelog: ChangelogMode;
  /** Columns that identify a result row; null when rows form a multiset. */
  readonly upsertKey: readonly number[] | null;
  /** Null for statements that run no job. */
  readonly jobId: string | null;
  /** The result; INSERT has none (null), utility statements have a small complete one. */
  readonly view: ResultView | null;
  /** What the user should know, though it is no error: an option that has no effect here. */
  readonly notices?: readonly string[];
  cancel(): Promise<void>;
  /** Resolves at the end, rejects with StreamcellError on failure; cancelled jobs resolve with state 'cancelled'. */
  readonly done: Promise<StatementEnd>;
}

export interface StatementEnd {
  readonly state: 'finished' | 'cancelled';
  readonly rows: number;
  readonly changes: number;
  readonly milliseconds: number;
  /** False when nobody counted: a cluster does not tell of every sink what was written; then rows and changes are 0. */
  readonly counted?: boolean;
}

/** The materialised result beside the changelog. */
export interface ResultView {
  readonly columns: Schema;
  status(): Promise<ViewStatus>;
  /**
   * Every change from the first on, in order, in runs; ends when the statement ends. One consumer only, which holds back the query when it
   * is slow (the one path with back pressure); ask before the first turn of the event loop after the statement was yielded, otherwise the
   * changes already passed are gone.
   */
  changes(): AsyncIterable<readonly ChangelogRow[]>;
  /** The whole materialised result as of now (bounded by maxRows). */
  snapshot(): Promise<readonly ChangelogRow[]>;
  /** Live viewport: coalesced Arrow frames, at most 20 a second, at most two unacknowledged. */
  subscribe(viewport: Viewport, onFrame: (frame: ViewFrame) => void): ViewSubscription;
}

export interface ViewStatus {
  readonly state: 'running' | 'finished' | 'cancelled' | 'failed';
  readonly rows: number;
  readonly changes: number;
  /** True when the result had more than maxRows rows: the view keeps the newest if it is append-only, otherwise the first. */
  readonly truncated: boolean;
  /** Epoch ms, null before the first. */
  readonly watermark: number | null;
  /** Rows that came after their window had closed, and records that could not be read; absent where that is not known. */
  readonly lateRows?: number;
  readonly malformed?: number;
  /** While a running query has no result yet: the rows that its sources have read, and why none came out; absent where that is not known. */
  readonly rowsIn?: number;
  readonly why?: string;
  /** There is no connection to where it runs; that is being mended, and this is what was known last. */
  readonly away?: boolean;
  readonly error?: ErrorData;
}

export interface Viewport {
  /** Rows [from, to) of the sorted, filtered result; for mode changelog of the last changes. */
  readonly from: number;
  readonly to: number;
  readonly mode?: 'table' | 'changelog';
  readonly sort?: readonly { readonly column: number; readonly ascending: boolean }[];
  readonly filter?: readonly { readonly column: number; readonly contains: string }[];
}

export interface ViewFrame {
  /** Rises by one per frame of a subscription. */
  readonly seq: number;
  readonly from: number;
  readonly rowCount: number;
  readonly status: ViewStatus;
  /** Arrow IPC stream of the viewport's rows; in mode changelog with a first column `op`. */
  readonly arrow: Uint8Array;
}

export interface ViewSubscription {
  update(viewport: Viewport): void;
  acknowledge(seq: number): void;
  close(): void;
}

export interface Completion {
  readonly text: string;
  readonly kind: 'keyword' | 'table' | 'view' | 'column' | 'function' | 'type' | 'option' | 'catalog' | 'database';
  readonly detail?: string;
  /** Range of the text that it replaces. */
  readonly replace: Span;
}

export interface JobInfo {
  readonly id: string;
  readonly name: string;
  readonly state: 'created' | 'running' | 'finished' | 'cancelling' | 'cancelled' | 'failed';
  readonly statement: string;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly operators: readonly OperatorInfo[];
  readonly error?: ErrorData;
}

export interface OperatorInfo {
  readonly id: number;
  readonly name: string;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly lateRows: number;
  readonly malformed: number;
  readonly stateBytes: number;
  readonly stateKeys: number;
  readonly watermark: number | null;
}
