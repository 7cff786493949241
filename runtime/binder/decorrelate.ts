import type { BoundExpr } from '../expressions/bound.js';
import type { Span } from '../types/index.js';
import { OUTER_BASE, unsupported } from './expression-binder.js';
import { anyExpr, conjunction, conjuncts, input, inputOf, inputsOf, mapInputs } from './expr-tools.js';
import { logicalInputs, type Logical } from './logical.js';
import { aggregate, filter, project, uniqueNames } from './nodes.js';

/**
 * A subquery freed of references to the query around it. `conditions` are what the references said: they read outer columns (positions from
 * OUTER_BASE) and columns of `node`, whose first columns are the subquery's own.
 */
export interface Decorrelated {
  readonly node: Logical;
  readonly conditions: readonly BoundExpr[];
  /** A condition as part of a join's: outer columns from `outerAt`, the node's from `nodeAt`. */
  place(condition: BoundExpr, outerAt: number, nodeAt: number): BoundExpr;
}

/**
 * Pulls correlated filter conditions up to the root, making the columns they need visible on the way: through projections as extra columns,
 * through inner joins as they are, through an aggregation (when they are equalities) as further keys. Anything else correlated is refused.
 */
export function decorrelate(node: Logical, span: Span): Decorrelated {
  const { node: flat, conditions } = pull(node, span);
  return { node: flat, conditions, place };
}

function place(condition: BoundExpr, outerAt: number, nodeAt: number): BoundExpr {
  return mapInputs(condition, (e) => ({
    ...e,
    index: e.index >= OUTER_BASE ? e.index - OUTER_BASE + outerAt : e.index + nodeAt,
  }));
}

interface Pulled {
  readonly node: Logical;
  readonly conditions: readonly BoundExpr[];
}

export function isCorrelatedExpr(expr: BoundExpr): boolean {
  return anyExpr(expr, (e) => e.kind === 'input' && e.index >= OUTER_BASE);
}

function ownExpressions(node: Logical): readonly BoundExpr[] {
  switch (node.op) {
    case 'project':
      return node.exprs;
    case 'filter':
      return [node.condition];
    case 'join':
      return [...(node.condition ? [node.condition] : []), ...(node.asOf ? [node.asOf] : [])];
    case 'unnest':
      return [node.collection, ...(node.condition ? [node.condition] : [])];
    case 'values':
      return node.rows.flat();
    default:
      return [];
  }
}

export function isCorrelated(node: Logical): boolean {
  return ownExpressions(node).some(isCorrelatedExpr) || logicalInputs(node).some(isCorrelated);
}

function pull(node: Logical, span: Span): Pulled {
  if (!isCorrelated(node)) return { node, conditions: [] };
  switch (node.op) {
    case 'filter': {
      const below = pull(node.input, span);
      const own = conjuncts(node.condition);
      const stay = conjunction(own.filter((c) => !isCorrelatedExpr(c)));
      const inner = stay ? filter(below.node, stay, node.span) : below.node;
      return { node: inner, conditions: [...below.conditions, ...own.filter(isCorrelatedExpr)] };
    }
    case 'project': {
      const below = pull(node.input, span);
      return pullProject(
        node.exprs,
        node.schema.map((c) => c.name),
        below,
        span,
      );
    }
    case 'join': {
      const own = conjuncts(node.condition);
      if (node.type !== 'inner' && (own.some(isCorrelatedExpr) || isCorrelated(node.right) || node.type !== 'left')) {
        throw unsupported('A reference to the outer query inside an outer join', span);
      }
      if (node.asOf) throw unsupported('A reference to the outer query beside a temporal join', span);
      const left = pull(node.left, span);
      const right = pull(node.right, span);
      return pullJoin(node, left, right, own);
    }
    case 'aggregate':
      return pullAggregate(node, span);
    default:
      throw unsupported('A reference to the outer query at this place', span);
  }
}

function pullProject(exprs: readonly BoundExpr[], names: readonly string[], below: Pulled, span: Span): Pulled {
  if (exprs.some(isCorrelatedExpr))
    throw unsupported('A column of the outer query in the select list of a subquery', span);
  const all = [...exprs];
  const conditions = below.conditions.map((c) =>
    mapInputs(c, (e) => {
      if (e.index >= OUTER_BASE) return e;
      let at = all.findIndex((x) => x.kind === 'input' && x.index === e.index);
      if (at < 0) {
        all.push(input(e.index, e.type));
        at = all.length - 1;
      }
      return { ...e, index: at };
    }),
  );
  const allNames = uniqueNames([...names, ...all.slice(exprs.length).map((_, i) => `$c${i}`)]);
  return { node: project(below.node, all, allNames), conditions };
}

/** Extra columns of either side would shift positions: they are moved to the end by a projection. */
function pullJoin(node: Logical & { op: 'join' }, left: Pulled, right: Pulled, own: readonly BoundExpr[]): Pulled {
  const leftWidth = node.left.schema.length;
  const rightWidth = node.right.schema.length;
  const extraLeft = left.node.schema.length - leftWidth;
  const onto = (index: number): number => (index < leftWidth ? index : index + extraLeft);
  const shiftOwn = (e: BoundExpr): BoundExpr =>
    mapInputs(e, (i) => (i.index >= OUTER_BASE ? i : { ...i, index: onto(i.index) }));
  const stay = conjunction(own.filter((c) => !isCorrelatedExpr(c)).map(shiftOwn));
  const schema = [...left.node.schema, ...right.node.schema];
  const joined: Logical = { ...node, left: left.node, right: right.node, condition: stay, schema };
  const fromRight = (e: BoundExpr): BoundExpr =>
    mapInputs(e, (i) => (i.index >= OUTER_BASE ? i : { ...i, index: i.index + left.node.schema.length }));
  const conditions = [
    ...left.conditions,
    ...right.conditions.map(fromRight),
    ...own.filter(isCorrelatedExpr).map(shiftOwn),
  ];
  if (extraLeft === 0) return { node: joined, conditions };
  const order = [
    ...Array.from({ length: leftWidth + rightWidth }, (_, i) => onto(i)),
    ...Array.from({ length: extraLeft }, (_, i) => leftWidth + i),
    ...Array.from(
      { length: right.node.schema.length - rightWidth },
      (_, i) => left.node.schema.length + rightWidth + i,
    ),
  ];
  const moved = project(
    joined,
    order.map((i) => inputOf(schema, i)),
    uniqueNames(order.map((i) => schema[i].name)),
  );
  return {
    node: moved,
    conditions: conditions.map((c) =>
      mapInputs(c, (e) => (e.index >= OUTER_BASE ? e : { ...e, index: order.indexOf(e.index) })),
    ),
  };
}

function pullAggregate(node: Logical & { op: 'aggregate' }, span: Span): Pulled {
  if (node.groupingSets) throw unsupported('A reference to the outer query below GROUPING SETS', span);
  const below = pull(node.input, span);
  const keys = [...node.keys];
  const extra: number[] = [];
  for (const condition of below.conditions) {
    if (!isEquality(condition))
      throw unsupported('A correlated condition other than an equality below an aggregate', span);
    for (const index of inputsOf(condition)) {
      if (index < OUTER_BASE && !keys.includes(index)) {
        keys.push(index);
        extra.push(index);
      }
    }
  }
  const made = aggregate(below.node, keys, null, node.aggregates, { span: node.span });
  // The subquery's own columns come first, as they did: keys, aggregates, then what was added.
  const own = node.keys.length;
  const order = [
    ...Array.from({ length: own }, (_, i) => i),
    ...node.aggregates.map((_, i) => keys.length + i),
    ...extra.map((_, i) => own + i),
  ];
  const moved = project(
    made,
    order.map((i) => inputOf(made.schema, i)),
    uniqueNames(order.map((i) => made.schema[i].name)),
  );
  const conditions = below.conditions.map((c) =>
    mapInputs(c, (e) => (e.index >= OUTER_BASE ? e : { ...e, index: order.indexOf(keys.indexOf(e.index)) })),
  );
  return { node: moved, conditions };
}

/** outer expression = own expression. */
export function isEquality(condition: BoundExpr): boolean {
  if (condition.kind !== 'call' || condition.fn !== '=') return false;
  const sides = condition.args.map((a) => {
    const all = [...inputsOf(a)];
    if (all.length === 0) return 'none';
    return all.every((i) => i >= OUTER_BASE) ? 'outer' : all.every((i) => i < OUTER_BASE) ? 'own' : 'both';
  });
  return sides.includes('outer') && sides.includes('own');
}
