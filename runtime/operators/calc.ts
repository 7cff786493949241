import type { Batch, DataType } from '../types/index.js';
import { compileKernel, type BoundExpr, type EvalEnvironment, type Kernel } from '../expressions/index.js';
import { Operator } from './operator.js';

export interface CalcSpec {
  readonly condition: BoundExpr | null;
  readonly projections: readonly BoundExpr[];
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly env: EvalEnvironment;
}

/**
 * Filter and projection, as one generated function. No state.
 * Keeps the order and the kinds of the rows that pass.
 */
export class Calc extends Operator {
  private readonly kernel: Kernel;

  constructor(spec: CalcSpec) {
    super(1);
    this.kernel = compileKernel(
      { inputTypes: spec.inputTypes[0], condition: spec.condition, projections: spec.projections },
      spec.env,
    );
  }

  override processBatch(batch: Batch): void {
    const out = this.kernel.run(batch);
    if (out.length > 0) this.output.batch(out);
  }
}
