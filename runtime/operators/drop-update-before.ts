import { UPDATE_BEFORE, type Batch, type DataType } from '../types/index.js';
import { Operator } from './operator.js';
import { OutputBuilder } from './output-builder.js';

export interface DropUpdateBeforeSpec {
  readonly inputTypes: readonly (readonly DataType[])[];
}

/** Leaves out -U for a consumer that identifies rows by key. No state. */
export class DropUpdateBefore extends Operator {
  private readonly builder: OutputBuilder;

  constructor(spec: DropUpdateBeforeSpec) {
    super(1);
    this.builder = new OutputBuilder([spec.inputTypes[0]], [], () => this.output);
  }

  override processBatch(batch: Batch): void {
    const { kinds, length } = batch;
    if (kinds === null || !kinds.subarray(0, length).includes(UPDATE_BEFORE)) {
      this.output.batch(batch);
      return;
    }
    this.builder.bind(0, batch.columns, null);
    for (let i = 0; i < length; i++) if (kinds[i] !== UPDATE_BEFORE) this.builder.add(kinds[i], i);
    this.builder.flush();
  }
}
