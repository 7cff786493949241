import type { Batch, DataType } from '../types/index.js';
import { compileKernel, type BoundExpr, type EvalEnvironment, type Kernel } from '../expressions/index.js';
import { Operator } from './operator.js';

export interface ExpandSpec {
  readonly projections: readonly (readonly BoundExpr[])[];
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly env: EvalEnvironment;
}

/**
 * Grouping sets: every input row once per set of projections. No state.
 * Rows of one set keep their order; sets follow each other batch by batch, which no key can tell, since the set is part of every key.
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
    for (const kernel of this.kernels) this.output.batch(kernel.run(batch));
  }
}
