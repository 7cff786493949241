import type { Batch, SinkInfo, SourceInfo, TableDescriptor, Schema } from '../types/index.js';

/** A column the reader must deliver: a path into the physical schema, or a metadata key. */
export interface WantedColumn {
  readonly name: string;
  readonly from:
    | { readonly kind: 'physical'; readonly path: readonly string[] }
    | { readonly kind: 'metadata'; readonly key: string };
}

export interface SourceRequest {
  readonly table: TableDescriptor;
  readonly schema: Schema;
  readonly columns: readonly WantedColumn[];
  /** This reader's share: it takes the splits whose index modulo `parallelism` is `subtask`. */
  readonly subtask: number;
  readonly parallelism: number;
  readonly limit: number | null;
  readonly timeZone: string;
  readonly options: Readonly<Record<string, string>>;
}

export type Poll =
  /** Rows of one split (each split has its own watermark). */
  | { readonly kind: 'batch'; readonly batch: Batch; readonly split: string }
  /** Nothing now; `ready` tells when to ask again. */
  | { readonly kind: 'empty' }
  /** One split is exhausted; others may go on. */
  | { readonly kind: 'splitEnd'; readonly split: string }
  /** All splits are exhausted: bounded input is at its end. */
  | { readonly kind: 'end' };

export interface SourceMetrics {
  records: number;
  bytes: number;
  malformed: number;
  /** Records behind the end of the source, where the source knows. */
  lag: number | null;
}

/**
 * Reads the splits of one subtask. `poll` is synchronous and quick (about a batch's work); asynchronous input is fetched in the
 * background. A batch is valid until the next poll. Splits without rows for long are told by absence, idleness is the host's affair.
 */
export interface SourceReader {
  readonly metrics: SourceMetrics;
  /** Finds splits, connects. `offsets` is what snapshotOffsets gave, from all subtasks of the earlier run, or null. */
  open(offsets: readonly SplitOffset[] | null): Promise<void>;
  /** Splits this reader has now, for per-split watermarks. */
  splits(): readonly string[];
  poll(): Poll;
  /** Resolves when poll may give something other than 'empty', or the reader failed (then poll throws). */
  ready(): Promise<void>;
  /** Offsets of the next row of every split, as of the batches given out so far. */
  snapshotOffsets(): readonly SplitOffset[];
  /** A checkpoint with these offsets is complete (kafka commits the group's offsets). */
  checkpointComplete?(offsets: readonly SplitOffset[]): void;
  close(): Promise<void>;
}

export interface SplitOffset {
  readonly split: string;
  /** Plain data, known to the connector alone. */
  readonly offset: unknown;
}

export interface SinkRequest {
  readonly table: TableDescriptor;
  readonly schema: Schema;
  /** Columns that are metadata: index -> key; the others are physical, in order. */
  readonly metadata: readonly { readonly column: number; readonly key: string }[];
  readonly primaryKey: readonly number[];
  readonly subtask: number;
  readonly parallelism: number;
  readonly overwrite: boolean;
  readonly timeZone: string;
  /** Where the job shows its own lines (print); absent outside a job. */
  readonly log?: (line: string) => void;
}

/** Writes changelog rows. `write` copies what it keeps. */
export interface SinkWriter {
  open(): Promise<void>;
  write(batch: Batch): void;
  /** Back pressure: null when more may be written now, else resolves when so. Rejects or throws when the sink failed. */
  ready(): Promise<void> | null;
  /** Everything written so far is durable when it resolves. Called at checkpoints and at the end. */
  flush(): Promise<void>;
  /**
   * A checkpoint begins behind the last row written. @returns plain data for it, from which what was written before can be made final even
   * if this process dies; only connectors that hold their output back have any.
   */
  prepare?(): unknown;
  /** The checkpoint of the last `prepare` is complete, so what it covers is never written again: make it final. */
  checkpointComplete?(): void;
  /** Goes on from a checkpoint: what `prepare` gave to it, in all subtasks. Called after open, in one subtask. */
  restore?(prepared: readonly unknown[]): void;
  /** The job ended well: commit what is pending (part files get their final names). */
  commit(): Promise<void>;
  /** After a failure or cancel: let go without committing what the connector can hold back, but for what a checkpoint may know of. */
  close(): Promise<void>;
}

/** For lookup joins: the whole bounded table is read through a reader; connectors that can look up by key implement this instead. */
export interface Connector {
  readonly name: string;
  readonly optionKeys: readonly string[];
  sourceInfo?(table: TableDescriptor): SourceInfo;
  sinkInfo?(table: TableDescriptor): SinkInfo;
  createReader?(request: SourceRequest): SourceReader;
  createWriter?(request: SinkRequest): SinkWriter;
}
