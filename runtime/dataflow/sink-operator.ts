import type { SinkWriter } from '../connectors/connector.js';
import { Operator } from '../operators/operator.js';
import type { Batch } from '../types/index.js';
import type { ResultConsumer } from './result-consumer.js';

/** Writes to a connector. Keeps nothing; durability and commit are the host's calls on the writer. */
export class SinkOperator extends Operator {
  constructor(readonly writer: SinkWriter) {
    super();
  }

  override processBatch(batch: Batch): void {
    this.writer.write(batch);
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
