import {
  conjunction,
  conjuncts,
  exprKey,
  inputOf,
  inputsOf,
  isDeterministic,
  mapInputs,
  nodes,
  shiftInputs,
  type Logical,
  type LogicalAggregate,
  type LogicalJoin,
  type LogicalOver,
} from '../../binder/index.js';
import type { BoundExpr } from '../../expressions/index.js';
import { mayInline, substitute } from './simplify.js';
import { rankOf } from './rank.js';

/**
 * Moves filters towards the sources: through projections, below joins and unions, into join conditions; turns a filter on a row number into
 * a rank. Conditions whose value may differ per call stay where they are.
 */
export function pushFilters(root: Logical): Logical {
  const done = new Map<Logical, Logical>();
  const visit = (node: Logical): Logical => {
    if (node.op === 'filter') return push(visitBelow(node.input), conjuncts(node.condition));
    if (node.op === 'join') {
      const known = done.get(node);
      if (known) return known;
      const made = pushJoin({ ...node, left: visit(node.left), right: visit(node.right) }, []);
      done.set(node, made);
      return made;
    }
    return visitBelow(node);
  };
  const visitBelow = (node: Logical): Logical => {
    if (node.op === 'filter' || node.op === 'join') return visit(node);
    const known = done.get(node);
    if (known) return known;
    const made = rebuild(node, visit);
    done.set(node, made);
    return made;
  };
  return visit(root);
}

function rebuild(node: Logical, visit: (n: Logical) => Logical): Logical {
  switch (node.op) {
    case 'scan':
    case 'values':
      return node;
    case 'join':
      return { ...node, left: visit(node.left), right: visit(node.right) };
    case 'setOperation':
      return { ...node, inputs: node.inputs.map(visit) };
    default:
      return { ...node, input: visit(node.input) };
  }
}

function stay(node: Logical, conditions: readonly BoundExpr[]): Logical {
  const condition = conjunction(conditions);
  return condition ? nodes.filter(node, condition) : node;
}

/** Places `conditions` (over `node`'s columns) as far down in `node` as they go. */
function push(node: Logical, conditions: readonly BoundExpr[]): Logical {
  if (conditions.length === 0) return node;
  const movable = conditions.filter(isDeterministic);
  const fixed = conditions.filter((c) => !isDeterministic(c));
  switch (node.op) {
    case 'filter':
      return push(node.input, [...conjuncts(node.condition), ...conditions]);
    case 'project': {
      const may = movable.filter(
        (c) => [...inputsOf(c)].every((i) => isDeterministic(node.exprs[i])) && mayInline([c, c], node.exprs),
      );
      const rest = [...movable.filter((c) => !may.includes(c)), ...fixed];
      const below = push(
        node.input,
        may.map((c) => substitute(c, node.exprs)),
      );
      return stay({ ...node, input: below }, rest);
    }
    case 'setOperation': {
      if (node.operation !== 'union' || !node.all) return stay(node, conditions);
      const inputs = node.inputs.map((n) => push(n, movable));
      return stay({ ...node, inputs }, fixed);
    }
    case 'join':
      return stay(pushJoin(node, movable), fixed);
    case 'aggregate': {
      // A condition on keys alone decides about whole groups.
      const may =
        node.groupingSets || node.keys.length === 0
          ? []
          : movable.filter(
              (c) => [...inputsOf(c)].every((i) => i < node.keys.length && mayFilter(node, i)) && inputsOf(c).size > 0,
            );
      const rest = [...movable.filter((c) => !may.includes(c)), ...fixed];
      const below = push(
        node.input,
        may.map((c) =>
          mapInputs(c, (e) => ({ ...e, index: node.keys[e.index], type: node.input.schema[node.keys[e.index]].type })),
        ),
      );
      return stay({ ...node, input: below }, rest);
    }
    case 'windowTvf':
      // Of an old group window only conditions on its aggregation's keys come here, which drop windows as a whole.
      return node.legacy ? { ...node, input: push(node.input, conditions) } : stay(node, conditions);
    case 'over':
      return pushOver(node, conditions);
    case 'unnest': {
      const width = node.input.schema.length;
      const may = movable.filter((c) => [...inputsOf(c)].every((i) => i < width));
      const rest = [...movable.filter((c) => !may.includes(c)), ...fixed];
      return stay({ ...node, input: push(node.input, may) }, rest);
    }
    default:
      return stay(node, conditions);
  }
}

/** A group window of the old kind and its aggregation are one: nothing comes between them, so a filter has to go below both. */
function mayFilter(node: LogicalAggregate, key: number): boolean {
  const projection = node.input.op === 'project' ? node.input : null;
  const tvf = projection ? projection.input : node.input;
  if (tvf.op !== 'windowTvf' || !tvf.legacy) return true;
  const column = node.keys[key];
  const source = projection ? projection.exprs[column] : inputOf(tvf.schema, column);
  return source.kind === 'input' && source.index < tvf.input.schema.length;
}

function pushOver(node: LogicalOver, conditions: readonly BoundExpr[]): Logical {
  const rank = rankOf(node, conditions);
  if (rank) return stay(rank.node, rank.rest);
  return stay(node, conditions);
}

// ---- joins --------------------------------------------------------------------------------------------------------

function pushJoin(given: LogicalJoin, above: readonly BoundExpr[]): Logical {
  const node = strengthen(given, above);
  const width = node.left.schema.length;
  const semi = node.type === 'semi' || node.type === 'anti';
  const onLeft = (c: BoundExpr): boolean => [...inputsOf(c)].every((i) => i < width);
  const onRight = (c: BoundExpr): boolean => !semi && [...inputsOf(c)].every((i) => i >= width);
  const leftPush: BoundExpr[] = [];
  const rightPush: BoundExpr[] = [];
  const condition: BoundExpr[] = [];
  const rest: BoundExpr[] = [];
  const preservesLeft = node.type === 'inner' || node.type === 'left' || semi;
  const preservesRight = node.type === 'inner' || node.type === 'right';
  for (const c of above) {
    if (inputsOf(c).size === 0) rest.push(c);
    else if (onLeft(c) && preservesLeft) leftPush.push(c);
    else if (onRight(c) && preservesRight && !node.asOf) rightPush.push(c);
    else if (node.type === 'inner' && !node.asOf) condition.push(c);
    else rest.push(c);
  }
  for (const c of conjuncts(node.condition)) {
    const constant = inputsOf(c).size === 0;
    // In a condition of a join, the side that may be padded with nulls can be filtered before.
    if (!isDeterministic(c) || constant) condition.push(c);
    else if (onLeft(c) && (node.type === 'inner' || node.type === 'right' || node.type === 'semi') && !node.asOf)
      leftPush.push(c);
    else if ([...inputsOf(c)].every((i) => i >= width) && node.type !== 'right' && node.type !== 'full' && !node.asOf)
      rightPush.push(c);
    else condition.push(c);
  }
  const left = push(node.left, leftPush);
  const right = push(
    node.right,
    rightPush.map((c) => shiftInputs(c, -width)),
  );
  const unique = [...new Map(condition.map((c) => [exprKey(c), c])).values()];
  return stay({ ...node, left, right, condition: conjunction(unique) }, rest);
}

/** A filter that no null-padded row passes makes an outer join an inner (or less outer) one. */
function strengthen(node: LogicalJoin, above: readonly BoundExpr[]): LogicalJoin {
  if (node.type !== 'left' && node.type !== 'right' && node.type !== 'full') return node;
  const width = node.left.schema.length;
  const rejects = (left: boolean): boolean =>
    above.some((c) => rejectsNulls(c, (i) => (left ? i < width : i >= width)));
  const needsRight = rejects(false);
  const needsLeft = rejects(true);
  const { type } = node;
  const keepLeft = (type === 'left' || type === 'full') && !needsRight;
  const keepRight = (type === 'right' || type === 'full') && !needsLeft;
  const next = keepLeft ? (keepRight ? 'full' : 'left') : keepRight ? 'right' : 'inner';
  return next === type ? node : { ...node, type: next };
}

const STRICT: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=', 'LIKE', '+', '-', '*', '/', 'MOD']);

/** Whether the condition cannot be TRUE when all columns of one side are null. */
function rejectsNulls(c: BoundExpr, side: (i: number) => boolean): boolean {
  if (c.kind === 'call' && c.fn === 'IS NOT NULL') return isNullWith(c.args[0], side);
  if (c.kind === 'call' && c.fn === 'AND') return c.args.some((a) => rejectsNulls(a, side));
  if (c.kind === 'call' && c.fn === 'OR') return c.args.every((a) => rejectsNulls(a, side));
  if (c.kind === 'call' && (c.fn === 'IS TRUE' || c.fn === 'IS FALSE')) return isNullWith(c.args[0], side);
  return isNullWith(c, side);
}

function isNullWith(e: BoundExpr, side: (i: number) => boolean): boolean {
  switch (e.kind) {
    case 'input':
      return side(e.index);
    case 'cast':
    case 'field':
      return isNullWith(e.arg, side);
    case 'call':
      return STRICT.has(e.fn) ? e.args.some((a) => isNullWith(a, side)) : e.fn === 'NOT' && isNullWith(e.args[0], side);
    default:
      return false;
  }
}
