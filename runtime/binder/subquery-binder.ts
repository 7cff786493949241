import type { BoundExpr } from '../expressions/bound.js';
import type { Exists, InSubquery, ScalarSubquery } from '../parser/ast.js';
import { BIGINT, BOOLEAN, StreamcellError, withNullable, type Span } from '../types/index.js';
import { decorrelate, isEquality } from './decorrelate.js';
import { type ExprBinder, OUTER_BASE, PENDING_BASE, unsupported } from './expression-binder.js';
import { anyExpr, conjunction, conjuncts, inputOf, inputsOf, mapInputs } from './expr-tools.js';
import type { Logical } from './logical.js';
import { aggregate, filter, join, project, uniqueNames } from './nodes.js';
import type { Pending, SubqueryRequest } from './pending.js';
import { withoutOrder, type QueryContext } from './query-context.js';
import { bindCall } from '../expressions/index.js';

/** Binds a subquery within an expression, decorrelates it, and gives a pending value for its result. */
export function requestSubquery(
  expr: ScalarSubquery | Exists | InSubquery,
  binder: ExprBinder,
  pending: Pending,
  context: QueryContext,
): BoundExpr {
  const bound = withoutOrder(context.bindQuery(expr.query, { ...context, outer: binder.scope }));
  const node = expr.kind === 'ScalarSubquery' ? singleRow(bound, expr.span) : bound;
  const flat = decorrelate(node, expr.span);
  const { span } = expr;
  switch (expr.kind) {
    case 'Exists':
      return add(pending, { ...request('exists', flat), span }, BOOLEAN(false));
    case 'ScalarSubquery': {
      const counts = flat.conditions.length > 0 && isCount(node);
      if (flat.conditions.length > 0 && !counts && containsCount(node)) {
        throw unsupported('COUNT within an expression of a correlated subquery', span);
      }
      const type = withNullable(node.schema[0].type, !counts);
      return add(pending, { ...request('scalar', flat), zeroWhenMissing: counts, span }, type);
    }
    case 'InSubquery': {
      const fields = expr.operand.kind === 'Row' ? expr.operand.fields : [expr.operand];
      if (fields.length !== node.schema.length) {
        throw new StreamcellError(
          'QUERY_INVALID',
          `IN compares ${fields.length} values with ${node.schema.length} columns.`,
          { span },
        );
      }
      const bound = fields.map((f) => binder.bind(f));
      const nullable = bound.some((b) => b.type.nullable) || node.schema.some((c) => c.type.nullable);
      const made = { ...request('in', flat), operands: bound, negated: expr.negated, span };
      return add(pending, made, BOOLEAN(nullable));
    }
  }
}

/** A scalar subquery has one column, and one row or none: where that is not certain, a second row fails the job, as it does in Flink. */
function singleRow(node: Logical, span: Span): Logical {
  if (node.schema.length !== 1) {
    throw new StreamcellError('QUERY_INVALID', 'A scalar subquery must have exactly one column.', { span });
  }
  if (givesOneRow(node)) return node;
  const [{ name, type }] = node.schema;
  const call = {
    fn: 'SINGLE_VALUE',
    args: [0],
    argTypes: [type],
    distinct: false,
    filter: null,
    type: withNullable(type, true),
    name,
  };
  return aggregate(node, [], null, [call], { span });
}

function request(
  kind: SubqueryRequest['kind'],
  flat: { node: Logical; conditions: readonly BoundExpr[] },
): Omit<SubqueryRequest, 'span'> {
  return { kind, node: flat.node, conditions: flat.conditions, operands: [], negated: false, zeroWhenMissing: false };
}

function add(pending: Pending, made: SubqueryRequest, type: BoundExpr['type']): BoundExpr {
  return pending.add({ kind: 'subquery', request: made }, type, made.span);
}

/** Whether a query cannot give more than one row. */
export function givesOneRow(node: Logical): boolean {
  switch (node.op) {
    case 'aggregate':
      return node.keys.length === 0 && node.groupingSets === null;
    case 'project':
    case 'filter':
    case 'watermark':
      return givesOneRow(node.input);
    case 'values':
      return node.rows.length <= 1;
    case 'sort':
      return (node.fetch !== null && node.fetch <= 1) || givesOneRow(node.input);
    default:
      return false;
  }
}

function isCount(node: Logical): boolean {
  if (node.op === 'project') return node.exprs.length === 1 && node.exprs[0].kind === 'input' && isCount(node.input);
  return (
    node.op === 'aggregate' &&
    node.keys.length === 0 &&
    node.aggregates.length === 1 &&
    node.aggregates[0].fn === 'COUNT'
  );
}

function containsCount(node: Logical): boolean {
  if (node.op === 'aggregate') return node.aggregates.some((a) => a.fn === 'COUNT');
  return (node.op === 'project' || node.op === 'filter') && containsCount(node.input);
}

const isPending = (pending: Pending, expr: BoundExpr): SubqueryRequest | null => {
  const value = expr.kind === 'input' ? pending.get(expr.index) : undefined;
  return value?.kind === 'subquery' ? value.request : null;
};

/**
 * Filters by a condition. EXISTS and IN standing alone (or negated) among its conjuncts become semi and anti joins; scalar subqueries are
 * joined to the left, so that their value is a column.
 */
export function applyCondition(
  node: Logical,
  condition: BoundExpr,
  pending: Pending,
  span: Span,
  onto: (expr: BoundExpr) => BoundExpr = (e) => e,
): Logical {
  const plain: BoundExpr[] = [];
  const tests: { request: SubqueryRequest; negated: boolean }[] = [];
  // A semi join's test is consumed here; nothing else refers to it, and a settled value is not joined again.
  const consume = (expr: BoundExpr): void => {
    if (expr.kind === 'input')
      pending.settle(expr.index - PENDING_BASE, { kind: 'literal', type: BOOLEAN(false), value: true });
  };
  for (const part of conjuncts(condition)) {
    const direct = isPending(pending, part);
    const negated = part.kind === 'call' && part.fn === 'NOT' ? isPending(pending, part.args[0]) : null;
    if (direct && direct.kind !== 'scalar') {
      consume(part);
      tests.push({ request: direct, negated: direct.negated });
    } else if (part.kind === 'call' && negated && negated.kind !== 'scalar') {
      consume(part.args[0]);
      tests.push({ request: negated, negated: !negated.negated });
    } else plain.push(part);
  }
  let current = node;
  const needed = new Set(plain.flatMap((p) => [...inputsOf(p)]));
  current = attach(current, pending, onto, (position) => needed.has(PENDING_BASE + position));
  const rest = conjunction(plain.map((p) => pending.apply(p)));
  if (rest && !(rest.kind === 'literal' && rest.value === true)) current = filter(current, rest, span);
  for (const test of tests) current = semiJoin(current, test.request, test.negated, pending, onto);
  return current;
}

function semiJoin(
  node: Logical,
  made: SubqueryRequest,
  negated: boolean,
  pending: Pending,
  onto: (expr: BoundExpr) => BoundExpr,
): Logical {
  const width = node.schema.length;
  const conditions = made.conditions.map((c) => pending.apply(mapOuter(c, onto, width)));
  made.operands.forEach((operand, i) => {
    const left = pending.apply(onto(operand));
    const right = { ...inputOf(made.node.schema, i), index: width + i };
    if (anyExpr(left, (e) => e.kind === 'input' && e.index >= PENDING_BASE)) {
      throw unsupported('A subquery as the operand of IN', made.span);
    }
    const equal = bindCall('=', [left, right], { span: made.span, timeZone: 'UTC' });
    // NOT IN is true only when no comparison is true or unknown.
    conditions.push(
      negated && equal.type.nullable
        ? {
            kind: 'call',
            fn: 'OR',
            args: [equal, bindCall('IS NULL', [equal], { span: made.span, timeZone: 'UTC' })],
            type: BOOLEAN(),
          }
        : equal,
    );
  });
  return join(negated ? 'anti' : 'semi', node, made.node, conjunction(conditions), { span: made.span });
}

/** Joins the subqueries whose value is needed as a column. */
export function attachSubqueries(node: Logical, pending: Pending, onto: (expr: BoundExpr) => BoundExpr): Logical {
  return attach(node, pending, onto, (position) => pending.isOpen(position));
}

function attach(
  node: Logical,
  pending: Pending,
  onto: (expr: BoundExpr) => BoundExpr,
  wanted: (position: number) => boolean,
): Logical {
  let current = node;
  pending.all().forEach((p, position) => {
    if (p.kind !== 'subquery' || !wanted(position) || !pending.isOpen(position)) return;
    const { request: made } = p;
    if (made.kind === 'scalar') {
      const width = current.schema.length;
      const condition = conjunction(made.conditions.map((c) => mapOuter(c, onto, width)));
      current = join('left', current, made.node, condition, { span: made.span });
      const column = inputOf(current.schema, width);
      pending.settle(position, made.zeroWhenMissing ? zeroIfNull(column, made.span) : column);
      return;
    }
    current = mark(current, made, position, pending, onto);
  });
  return current;
}

/** Rewrites the outer part of a correlated condition by `onto`, and shifts its own columns behind the left side's. */
function mapOuter(condition: BoundExpr, onto: (expr: BoundExpr) => BoundExpr, width: number): BoundExpr {
  return mapInputs(condition, (e) =>
    e.index >= OUTER_BASE ? onto({ ...e, index: e.index - OUTER_BASE }) : { ...e, index: e.index + width },
  );
}

function zeroIfNull(column: BoundExpr, span: Span): BoundExpr {
  return {
    kind: 'case',
    whens: [
      {
        condition: bindCall('IS NULL', [column], { span, timeZone: 'UTC' }),
        result: { kind: 'literal', type: BIGINT(false), value: 0n },
      },
    ],
    otherwise: column,
    type: BIGINT(),
    span,
  };
}

/**
 * EXISTS as a value (inside OR, CASE or a select list): a left join with the distinct correlation keys and a TRUE; the value is whether the
 * TRUE is there. IN as a value needs to know of nulls on both sides, and is built so only where neither side can be null.
 */
function mark(
  node: Logical,
  made: SubqueryRequest,
  position: number,
  pending: Pending,
  onto: (expr: BoundExpr) => BoundExpr,
): Logical {
  const { span } = made;
  if (made.kind === 'in') {
    const nullable =
      made.operands.some((o) => o.type.nullable) ||
      made.node.schema.slice(0, made.operands.length).some((c) => c.type.nullable);
    if (nullable) throw unsupported('IN with a query outside a plain condition, where a side may be null,', span);
  }
  if (!made.conditions.every(isEquality))
    throw unsupported('EXISTS outside a plain condition, correlated by more than equalities,', span);
  const keys = new Set<number>(made.operands.map((_, i) => i));
  for (const c of made.conditions) for (const i of inputsOf(c)) if (i < OUTER_BASE) keys.add(i);
  const list = [...keys];
  const TRUE: BoundExpr = { kind: 'literal', type: BOOLEAN(false), value: true };
  const projected = project(
    made.node,
    [...list.map((i) => inputOf(made.node.schema, i)), TRUE],
    uniqueNames([...list.map((i) => made.node.schema[i].name), '$m']),
  );
  const distinct = aggregate(
    projected,
    projected.schema.map((_, i) => i),
    null,
    [],
    { span },
  );
  const width = node.schema.length;
  const conditions = made.conditions.map((c) =>
    mapOuter(
      mapInputs(c, (e) => (e.index >= OUTER_BASE ? e : { ...e, index: list.indexOf(e.index) })),
      onto,
      width,
    ),
  );
  made.operands.forEach((o, i) => {
    const right = { ...inputOf(distinct.schema, list.indexOf(i)), index: width + list.indexOf(i) };
    conditions.push(bindCall('=', [onto(o), right], { span, timeZone: 'UTC' }));
  });
  const joined = join('left', node, distinct, conjunction(conditions), { span });
  const flag = inputOf(joined.schema, width + list.length);
  const test = bindCall(made.negated ? 'IS NULL' : 'IS NOT NULL', [flag], { span, timeZone: 'UTC' });
  pending.settle(position, test);
  return joined;
}
