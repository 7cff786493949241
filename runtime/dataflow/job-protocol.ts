import type { PhysicalPlan } from '../planner/physical.js';
import type { ErrorData } from '../types/index.js';
import type { ViewCommand, ViewReply } from './result-view.js';

/** What a subtask is started with; crosses to the worker by structured clone (shared buffers are shared). */
export interface SubtaskConfig {
  readonly jobId: string;
  readonly plan: PhysicalPlan;
  readonly subtask: number;
  readonly parallelism: number;
  /** rings[exchange][from][to]; null on the diagonal and where no sender is. */
  readonly rings: readonly (readonly (readonly (SharedArrayBuffer | null)[])[])[];
  /** One int32 per subtask: counted up and notified when something for it lies in a ring, or a ring it waits for has room. */
  readonly doorbells: SharedArrayBuffer;
  /** Counters by node; see metrics.ts. */
  readonly metrics: SharedArrayBuffer;
  /** Directory of the checkpoint to start from. */
  readonly restoreFrom: string | null;
  /** Set in the subtask that gathers a query's result. */
  readonly view: ViewConfig | null;
  /** Prints control events to stderr. */
  readonly trace: boolean;
}

export interface ViewConfig {
  /** Rows the view keeps. */
  readonly maxRows: number;
  /** Whether changes are sent on until told otherwise. */
  readonly changes: boolean;
}

export type ToSubtask =
  | { readonly type: 'start'; readonly config: SubtaskConfig }
  | { readonly type: 'cancel' }
  /** Ends every source as if it were bounded: the maximal watermark, then the end. */
  | { readonly type: 'drain' }
  /** `directory`: where the chunks go. `pause`: take no more input afterwards, until `resume` or the end. */
  | { readonly type: 'checkpoint'; readonly id: number; readonly directory: string; readonly pause: boolean }
  | { readonly type: 'resume' }
  /** Ends as the input stands: what was written becomes final, event time stays where it is. */
  | { readonly type: 'stop' }
  | { readonly type: 'checkpointComplete'; readonly id: number }
  /** Every subtask has flushed: make the output final. */
  | { readonly type: 'commit' }
  | { readonly type: 'view'; readonly command: ViewCommand };

export type FromSubtask =
  | { readonly type: 'ready' }
  | { readonly type: 'started' }
  | { readonly type: 'checkpointed'; readonly id: number; readonly part: SubtaskCheckpoint }
  /** Its files could not be written; the stream goes on. */
  | { readonly type: 'checkpointFailed'; readonly id: number; readonly error: ErrorData }
  /** All input read, everything flushed; waits for `commit`. */
  | { readonly type: 'flushed' }
  | { readonly type: 'done'; readonly state: 'finished' | 'cancelled' }
  | { readonly type: 'failed'; readonly error: ErrorData }
  | { readonly type: 'view'; readonly reply: ViewReply };

/** One subtask's share of a checkpoint, as the manifest keeps it. */
export interface SubtaskCheckpoint {
  readonly subtask: number;
  /** By node id. */
  readonly operators: Readonly<Record<string, readonly SnapshotSection[]>>;
  readonly sources: Readonly<Record<string, SourceCheckpoint>>;
  readonly bytes: number;
}

export interface SourceCheckpoint {
  readonly offsets: readonly { readonly split: string; readonly offset: unknown }[];
  /** Watermark state per split (only sources that assign watermarks). */
  readonly watermarks: readonly { readonly split: string; readonly watermark: number }[];
  readonly emitted: number;
  readonly ended: boolean;
}

/** Where one named section of an operator's snapshot lies: chunks by content hash. */
export interface SnapshotSection {
  readonly name: string;
  readonly form: 'u8' | 'i32' | 'u32' | 'f64' | 'i64' | 'strings' | 'json';
  readonly bytes: number;
  readonly chunks: readonly string[];
}
