import type { SinkWriter } from '../connectors/connector.js';
import { Operator } from '../operators/operator.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import type { Batch } from '../types/index.js';
import type { ResultConsumer } from './result-consumer.js';

/**
 * Writes to a connector; durability and commit are the host's calls on the writer.
 *
 * State: what the writer has prepared but not made final. It maintains the invariant that this covers exactly the rows before the barrier.
 */
export class SinkOperator extends Operator {
  constructor(readonly writer: SinkWriter) {
    super();
  }

  override processBatch(batch: Batch): void {
    this.writer.write(batch);
  }

  override snapshot(writer: SnapshotWriter): void {
    const prepared = this.writer.prepare?.();
    if (prepared !== undefined) writer.json('prepared', prepared);
  }

  override restore(readers: readonly SnapshotReader[]): void {
    // It does not matter which subtask finishes what others began, as long as one does.
    if (this.context.subtask !== 0) return;
    const prepared = readers.filter((r) => r.has('prepared')).map((r) => r.json<unknown>('prepared'));
    if (prepared.length > 0) this.writer.restore?.(prepared);
  }
}

/** Gathers a query's own result. */
export class ResultSink extends Operator {
  constructor(private readonly consumer: ResultConsumer) {
    super();
  }

  override processBatch(batch: Batch): void {
    this.consumer.batch(batch);
  }

  override processWatermark(time: number): void {
    this.consumer.watermark(time);
    super.processWatermark(time);
  }
}
