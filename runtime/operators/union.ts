import type { Batch } from '../types/index.js';
import { Operator } from './operator.js';

/** UNION ALL: rows of every input in order of arrival. No state beyond the base class's watermarks. */
export class Union extends Operator {
  override processBatch(batch: Batch): void {
    this.output.batch(batch);
  }
}
