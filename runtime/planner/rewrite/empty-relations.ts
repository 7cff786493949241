import { inputOf, nodes, type Logical, type LogicalAggregate, type LogicalJoin } from '../../binder/index.js';
import type { BoundExpr } from '../../expressions/index.js';
import { transform } from './map.js';

/**
 * What is known to be without rows when the query is planned leaves nothing above it either, but for one thing: an aggregate over
 * everything, which in a stream is silent until its first row, answers at once with one row, as in Flink.
 */
export function pruneEmpty(root: Logical): Logical {
  return transform(root, (node) => {
    switch (node.op) {
      case 'scan':
      case 'values':
        return node;
      case 'sort':
        return node.fetch === 0 || isEmpty(node.input) ? empty(node) : node;
      case 'aggregate':
        if (!isEmpty(node.input)) return node;
        return node.keys.length > 0 ? empty(node) : (overNothing(node) ?? node);
      case 'join':
        return node.asOf ? node : prunedJoin(node);
      case 'setOperation': {
        if (node.operation !== 'union') return node;
        const inputs = node.inputs.filter((n) => !isEmpty(n));
        if (inputs.length === 0) return empty(node);
        return inputs.length === node.inputs.length || inputs.length === 1 ? node : { ...node, inputs };
      }
      default:
        return isEmpty(node.input) ? empty(node) : node;
    }
  });
}

function isEmpty(node: Logical): boolean {
  return node.op === 'values' && node.rows.length === 0;
}

function empty(node: Logical): Logical {
  return { op: 'values', rows: [], schema: node.schema, span: node.span };
}

/** One row: a count of nothing is 0, whatever else may be NULL is. @returns null for an aggregate that is neither */
function overNothing(node: LogicalAggregate): Logical | null {
  const row: BoundExpr[] = [];
  for (const { fn, type } of node.aggregates) {
    if (fn === 'COUNT' || fn === '$SUM0') row.push({ kind: 'literal', type, value: type.root === 'BIGINT' ? 0n : 0 });
    else if (type.nullable) row.push({ kind: 'literal', type, value: null });
    else return null;
  }
  return { op: 'values', rows: [row], schema: node.schema, span: node.span };
}

function prunedJoin(node: LogicalJoin): Logical {
  const left = isEmpty(node.left);
  const right = isEmpty(node.right);
  switch (node.type) {
    case 'inner':
    case 'semi':
      return left || right ? empty(node) : node;
    case 'left':
      return left ? empty(node) : right ? padded(node) : node;
    case 'right':
      return right ? empty(node) : node;
    case 'full':
      return left && right ? empty(node) : node;
    case 'anti':
      return left ? empty(node) : right ? node.left : node;
  }
}

/** A left join with nothing: NULLs beside every left row. */
function padded(node: LogicalJoin): Logical {
  const own = node.left.schema.map((_, i) => inputOf(node.left.schema, i));
  const nulls = node.right.schema.map((_, i): BoundExpr => {
    const { type } = node.schema[own.length + i];
    return { kind: 'literal', type, value: null };
  });
  return nodes.project(
    node.left,
    [...own, ...nulls],
    node.schema.map((c) => c.name),
    node.span,
  );
}
