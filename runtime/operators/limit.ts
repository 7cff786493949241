import type { Batch, DataType } from '../types/index.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { Operator } from './operator.js';
import { sliceBatch } from './slice-batch.js';
import { TopN } from './top-n.js';

export interface LimitSpec {
  readonly offset: number;
  readonly fetch: number | null;
  /** Whether the input may take rows back. */
  readonly inputRetracts: boolean;
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly outputTypes: readonly DataType[];
  readonly emission: 'row' | 'folded';
  readonly updateBefore: boolean;
}

/** LIMIT without an order: rows by order of arrival; when rows may be taken back, a Top-N over no sort key. */
export function createLimit(spec: LimitSpec): Operator {
  if (!spec.inputRetracts) return new Limit(spec);
  return new TopN({
    ...spec,
    function: 'ROW_NUMBER',
    partitionKeys: [],
    sort: [],
    start: spec.offset + 1,
    end: spec.fetch === null ? Infinity : spec.offset + spec.fetch,
    outputRank: false,
    strategy: 'retract',
    inputKey: null,
    ttl: 0,
  });
}

/**
 * Passes rows (offset, offset + fetch] of an insert-only input.
 * State: the number of rows seen.
 */
export class Limit extends Operator {
  private seen = 0;
  private readonly first: number;
  private readonly end: number;

  constructor(spec: LimitSpec) {
    super(1);
    this.first = spec.offset;
    this.end = spec.fetch === null ? Infinity : spec.offset + spec.fetch;
  }

  override processBatch(batch: Batch): void {
    const from = Math.max(0, this.first - this.seen);
    const to = Math.min(batch.length, this.end - this.seen);
    this.seen = Math.min(this.end, this.seen + batch.length);
    if (to > from) this.output.batch(sliceBatch(batch, from, to));
  }

  override snapshot(writer: SnapshotWriter): void {
    writer.json('seen', this.seen);
  }

  override restore(readers: readonly SnapshotReader[]): void {
    this.seen = readers.reduce((sum, reader) => sum + reader.json<number>('seen'), 0);
  }
}
