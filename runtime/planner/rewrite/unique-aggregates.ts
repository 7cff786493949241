import { inputOf, nodes, type Logical, type LogicalAggregate } from '../../binder/index.js';
import { coerce, type AggregateCall, type BoundExpr } from '../../expressions/index.js';
import { transform } from './map.js';

/**
 * An aggregation whose groups have one row each, since its input is itself grouped by some of its keys, is a projection. That is no matter
 * of speed alone: an updated row stays an updated row, where an aggregation would lose its group and make a new one.
 */
export function projectUniqueGroups(root: Logical): Logical {
  return transform(root, (node) => (node.op === 'aggregate' && ofOneRow(node) ? projected(node) : node));
}

/** Aggregates whose result over one row is its value. */
const VALUE_OF_ONE: ReadonlySet<string> = new Set(['SUM', 'MIN', 'MAX']);

function ofOneRow(node: LogicalAggregate): boolean {
  return (
    node.groupingSets === null &&
    node.keys.length > 0 &&
    node.aggregates.every(isValueOfOne) &&
    isUnique(node.input, new Set(node.keys))
  );
}

function isValueOfOne(call: AggregateCall): boolean {
  return VALUE_OF_ONE.has(call.fn) && call.filter === null && !call.distinct;
}

/** Whether no two rows agree in the columns, by how the relation is made. */
function isUnique(node: Logical, columns: ReadonlySet<number>): boolean {
  switch (node.op) {
    case 'aggregate':
      return node.groupingSets === null && node.keys.every((_, i) => columns.has(i));
    case 'filter':
    case 'sort':
      return isUnique(node.input, columns);
    case 'project': {
      const kept = [...columns].map((c) => node.exprs[c]);
      return isUnique(node.input, new Set(kept.flatMap((e) => (e.kind === 'input' ? [e.index] : []))));
    }
    default:
      return false;
  }
}

function projected(node: LogicalAggregate): Logical {
  const keys = node.keys.map((k) => inputOf(node.input.schema, k));
  const values = node.aggregates.map((a): BoundExpr => coerce(inputOf(node.input.schema, a.args[0]), a.type));
  return nodes.project(
    node.input,
    [...keys, ...values],
    node.schema.map((c) => c.name),
    node.span,
  );
}
