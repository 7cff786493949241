import { typeToString, type ErrorData, type Schema, type Span } from '../types/index.js';

/*
 * What a live output and the runtime say to each other, over a Jupyter comm (kernel and IPython) and for saved notebooks.
 *
 * A cell's output carries a ViewBundle under VIEW_MIME. Whoever shows it opens a comm to VIEW_TARGET with OpenView as its data, and the
 * kernel answers `attached` or `gone`. Then frames flow: every frame is the whole viewport, so a lost one costs nothing but its credit.
 * Rows travel in the comm message's one buffer, as an Arrow IPC stream; in mode changelog with a first column `op`.
 */

export const VIEW_MIME = 'application/vnd.streamcell.view+json';
export const ERROR_MIME = 'application/vnd.streamcell.error+json';
export const VEGALITE_MIME = 'application/vnd.vegalite.v5+json';
/** Comm target of one result; opened by the front end. */
export const VIEW_TARGET = 'streamcell.view';
/** Comm target of a notebook's session: status bar, diagnostics; opened by the front end. */
export const CONTROL_TARGET = 'streamcell.control';

export interface ColumnText {
  readonly name: string;
  /** Flink's text of the type, e.g. `TIMESTAMP(3) NOT NULL`. */
  readonly type: string;
}

export function columnTexts(columns: Schema): readonly ColumnText[] {
  return columns.map(({ name, type }) => ({ name, type: typeToString(type) }));
}

/** single: the first row, large. */
export type ViewMode = 'table' | 'changelog' | 'chart' | 'single';

/** How a result stands; JSON twin of the session's ViewStatus with what a header needs. */
export interface ViewState {
  readonly state: 'running' | 'finished' | 'stopped' | 'failed';
  readonly rows: number;
  readonly changes: number;
  readonly truncated: boolean;
  /** Epoch ms; null before the first. */
  readonly watermark: number | null;
  /** Rows that came after their window had closed, and records that could not be read. */
  readonly lateRows: number;
  readonly malformed: number;
  /** While a running query has no result yet: the rows that its sources have read, and why none came out. */
  readonly rowsIn?: number;
  readonly why?: string;
  /** There is no connection to where it runs; that is being mended, and this is what was known last. */
  readonly away?: boolean;
  readonly error?: ErrorData;
}

export type ChartMark = 'line' | 'bar' | 'area' | 'point';

/** `--chart "line x=window_start y=bids color=channel"`, resolved against the columns. */
export interface Chart {
  readonly mark: ChartMark;
  readonly x: string;
  readonly y: string;
  readonly color?: string;
}

export interface ViewBundle {
  readonly version: 1;
  /** Names the result in the kernel; unknown to it once the kernel was restarted. */
  readonly stream: string;
  readonly title: string | null;
  /** The statement's text. */
  readonly statement: string;
  readonly columns: readonly ColumnText[];
  /** Positions of the columns that identify a row; null for a multiset. */
  readonly upsertKey: readonly number[] | null;
  readonly bounded: boolean;
  /** Where it runs: `embedded`, or the name of the cluster. */
  readonly cluster: string;
  readonly mode: ViewMode;
  readonly chart: Chart | null;
  /** Milliseconds between frames, at least 50. */
  readonly refresh: number;
  /** The session's time zone, in which TIMESTAMP_LTZ is shown; UTC when it is not said. */
  readonly zone?: string;
  readonly status: ViewState;
  /** The last rows known, as display text; null is SQL's NULL. At most SNAPSHOT_ROWS of `status.rows`; in mode changelog each begins with its RowKind. */
  readonly snapshot: readonly (readonly (string | null)[])[];
}

/** Rows that a saved output keeps. */
export const SNAPSHOT_ROWS = 100;

/** Under ERROR_MIME, beside text/html and text/plain of the same error. */
export interface ErrorBundle {
  readonly version: 1;
  readonly error: ErrorData;
  /** Text of the whole cell that the span points into, and where the SQL begins in it. */
  readonly cell: string;
  readonly span: Span | null;
}

/** Data of the comm_open. */
export interface OpenView {
  readonly stream: string;
  readonly viewport: ViewportRequest;
}

export interface ViewportRequest {
  /** Rows [from, to) of the sorted, filtered result; at most 10,000 of them. */
  readonly from: number;
  readonly to: number;
  readonly mode: 'table' | 'changelog';
  readonly sort?: readonly { readonly column: number; readonly ascending: boolean }[];
  readonly filter?: readonly { readonly column: number; readonly contains: string }[];
}

export type ToView =
  | {
      readonly type: 'attached';
      readonly columns: readonly ColumnText[];
      readonly upsertKey: readonly number[] | null;
      readonly status: ViewState;
    }
  /** With one buffer. `seq` rises by one per frame of the comm; `epoch` repeats the newest viewport or resync request answered. */
  | {
      readonly type: 'frame';
      readonly seq: number;
      readonly epoch: number;
      readonly from: number;
      readonly rowCount: number;
      readonly status: ViewState;
    }
  /** How it stands, without rows: the query has ended while no frames were wanted, or still has no rows to send frames for. */
  | { readonly type: 'status'; readonly status: ViewState }
  /** The stream is not known here: the kernel was restarted, or the result let go. The saved rows are all there is. */
  | { readonly type: 'gone'; readonly reason: string }
  | { readonly type: 'refused'; readonly error: ErrorData };

export type FromView =
  /** `epoch` rises with each request, so that frames made for an older one can be told. */
  | { readonly type: 'viewport'; readonly epoch: number; readonly viewport: ViewportRequest }
  /** Everything up to this frame was drawn. At most two frames are under way without it. */
  | { readonly type: 'ack'; readonly seq: number }
  /** Frames were lost (a gap in seq, or silence): begin again with a frame for this viewport. */
  | { readonly type: 'resync'; readonly epoch: number; readonly viewport: ViewportRequest }
  /** Off screen or paused by the user: no frames until resume. */
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** Cancels the statement. */
  | { readonly type: 'stop' };

export interface JobSummary {
  readonly id: string;
  readonly name: string;
  readonly state: 'created' | 'running' | 'finished' | 'cancelling' | 'cancelled' | 'failed';
  /** Epoch ms. */
  readonly startedAt: number;
}

export type ToControl =
  /** Sent on opening and whenever something of it has changed, at most once a second. */
  | {
      readonly type: 'session';
      readonly cluster: string;
      readonly connected: boolean;
      readonly jobs: readonly JobSummary[];
    }
  /** Answer to validate; spans are offsets into the cell's text as it was sent. */
  | { readonly type: 'diagnostics'; readonly id: number; readonly errors: readonly ErrorData[] };

export type FromControl =
  /** The whole cell, with its `%%flinksql` line. */
  | { readonly type: 'validate'; readonly id: number; readonly cell: string }
  | { readonly type: 'stopJob'; readonly job: string };
