import type { PhysicalPlan } from '../planner/physical.js';

/** One line per node: what must be equal for a snapshot of one plan to fit another. */
export function planFingerprint(plan: PhysicalPlan): string[] {
  const position = new Map(plan.nodes.map((node, i) => [node.id, i]));
  return plan.nodes.map((node) => `${node.op}(${node.inputs.map((id) => position.get(id)).join(',')}) ${node.label}`);
}
