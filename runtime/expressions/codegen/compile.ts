import type { BoundExpr } from '../bound.js';
import type { EvalEnvironment } from '../environment.js';
import { foldConstants } from './constant.js';
import { plainKernel, type Kernel, type KernelSpec } from './kernel.js';

/**
 * The kernel of a fused filter and projection. Constant parts are evaluated here, once, and not for every row.
 * @throws StreamcellError at `run`, with the span of the expression, for a row that fails.
 */
export function compileKernel(spec: KernelSpec, env: EvalEnvironment): Kernel {
  const fold = (e: BoundExpr): BoundExpr => foldConstants(e, env);
  return plainKernel(
    {
      inputTypes: spec.inputTypes,
      condition: spec.condition && fold(spec.condition),
      projections: spec.projections.map(fold),
    },
    env,
  );
}
