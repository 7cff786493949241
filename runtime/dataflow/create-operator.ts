import type { EvalEnvironment } from '../expressions/index.js';
import { Calc } from '../operators/calc.js';
import { DropUpdateBefore } from '../operators/drop-update-before.js';
import { Expand } from '../operators/expand.js';
import { GroupAggregate } from '../operators/group-aggregate.js';
import { Join } from '../operators/join.js';
import type { Operator } from '../operators/operator.js';
import { Union } from '../operators/union.js';
import { WatermarkAssigner } from '../operators/watermark-assigner.js';
import type { PhysicalNode, PlanOptions } from '../planner/physical.js';
import { StreamcellError, type DataType } from '../types/index.js';

/** The operator of a node: the only place that knows both plans and operators. */
export function createOperator(
  node: PhysicalNode,
  inputTypes: readonly (readonly DataType[])[],
  options: PlanOptions,
  env: EvalEnvironment,
): Operator {
  const around = { inputTypes, outputTypes: node.schema.map((c) => c.type), env };
  switch (node.op) {
    case 'calc':
      return new Calc({ ...node, ...around });
    case 'watermark':
      return new WatermarkAssigner({
        ...node,
        ...around,
        watermarkInterval: options.watermarkInterval,
        idleTimeout: options.idleTimeout,
      });
    case 'expand':
      return new Expand({ ...node, ...around });
    case 'union':
      return new Union(node.inputs.length);
    case 'dropUpdateBefore':
      return new DropUpdateBefore({ ...node, ...around });
    case 'groupAggregate':
      return new GroupAggregate({ ...node, ...around });
    case 'join':
      return new Join({ ...node, ...around });
    default:
      throw new StreamcellError('SQL_UNSUPPORTED', `The embedded engine cannot run ${node.label}.`);
  }
}
