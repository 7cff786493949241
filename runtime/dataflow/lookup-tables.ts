import type { NodeBase, PhysicalNode, PhysicalPlan } from '../planner/physical.js';

/**
 * Gives each lookup join its table as a second input: a source of its own, filtered and projected as the join says. Both inputs are spread by
 * the lookup keys, so that each subtask reads and keeps only the rows it will be asked for.
 */
export function withLookupTables(plan: PhysicalPlan): PhysicalPlan {
  if (!plan.nodes.some((n) => n.op === 'lookupJoin' && n.inputs.length === 1)) return plan;
  let free = Math.max(...plan.nodes.map((n) => n.id)) + 1;
  const nodes = plan.nodes.flatMap((node): PhysicalNode[] => {
    if (node.op !== 'lookupJoin' || node.inputs.length !== 1) return [node];
    const base: Omit<NodeBase, 'id' | 'inputs' | 'distribution' | 'schema' | 'label'> = {
      changelog: 'append',
      changelogKinds: 'I',
      updateBefore: false,
      upsertKeys: [],
      emission: node.emission,
    };
    const source: PhysicalNode = {
      ...base,
      ...node.table,
      id: free++,
      inputs: [],
      distribution: [],
      schema: node.tableSchema,
      label: `LookupTable(table=[${node.table.table}])`,
    };
    const calc: PhysicalNode = {
      ...base,
      op: 'calc',
      condition: node.tableCondition,
      projections: node.tableProjections,
      id: free++,
      inputs: [source.id],
      distribution: [{ kind: 'any' }],
      schema: node.tableProjections.map((p, i) => ({ name: `f${i}`, type: p.type })),
      label: `LookupTableCalc(table=[${node.table.table}])`,
    };
    const join: PhysicalNode = {
      ...node,
      inputs: [...node.inputs, calc.id],
      distribution: [
        { kind: 'hash', keys: node.join.leftKeys },
        { kind: 'hash', keys: node.join.rightKeys },
      ],
    };
    return [source, calc, join];
  });
  return { ...plan, nodes };
}
