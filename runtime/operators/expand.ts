import { Batch, type DataType } from '../types/index.js';
import { compileKernel, type BoundExpr, type EvalEnvironment, type Kernel } from '../expressions/index.js';
import { interleave, repeatKinds } from '../state/interleave.js';
import { Operator } from './operator.js';

export interface ExpandSpec {
  readonly projections: readonly (readonly BoundExpr[])[];
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly env: EvalEnvironment;
}

/**
 * Grouping sets: every input row once per set of projections. No state.
 * All forms of a row leave before those of the next row: the order of the changelog is that of the input, however it came in batches.
 */
export class Expand extends Operator {
  private readonly kernels: Kernel[];

  constructor(spec: ExpandSpec) {
    super(1);
    this.kernels = spec.projections.map((projections) =>
      compileKernel({ inputTypes: spec.inputTypes[0], condition: null, projections }, spec.env),
    );
  }

  override processBatch(batch: Batch): void {
    const forms = this.kernels.map((kernel) => kernel.run(batch));
    const columns = forms[0].columns.map((_, c) =>
      interleave(
        forms.map((form) => form.columns[c]),
        batch.length,
      ),
    );
    const kinds = batch.kinds === null ? null : repeatKinds(batch.kinds, batch.length, forms.length);
    this.output.batch(new Batch(batch.length * forms.length, columns, kinds));
  }
}
