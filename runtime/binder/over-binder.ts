import type { AggregateCall, BoundExpr } from '../expressions/bound.js';
import type { FrameBound, FunctionCall, WindowFrame, WindowSpec } from '../parser/ast.js';
import { BIGINT, StreamcellError, withNullable } from '../types/index.js';
import { requestAggregate } from './aggregate-calls.js';
import { ExprBinder, unsupported } from './expression-binder.js';
import { exprKey, inputOf } from './expr-tools.js';
import type { Logical, LogicalOver, LogicalSortKey, OverFrame } from './logical.js';
import { project, uniqueNames } from './nodes.js';
import { nullsLast, type AggregateRequest, type OverRequest, type Pending } from './pending.js';

const RANKING: ReadonlySet<string> = new Set(['ROW_NUMBER', 'RANK', 'DENSE_RANK']);
/** Aggregates that are NULL over no rows. */
const OF_GROUP: ReadonlySet<string> = new Set([
  'SUM',
  'AVG',
  'MIN',
  'MAX',
  'FIRST_VALUE',
  'LAST_VALUE',
  'STDDEV_POP',
  'STDDEV_SAMP',
  'STDDEV',
  'VAR_POP',
  'VAR_SAMP',
  'VARIANCE',
]);

/** A call with OVER -> a pending value. */
export function bindOver(call: FunctionCall, window: WindowSpec, binder: ExprBinder, pending: Pending): BoundExpr {
  const inner = new ExprBinder(binder.session, binder.scope, { ...binder.hooks, over: undefined, clause: 'OVER' });
  const name = call.name.parts[call.name.parts.length - 1].name.toUpperCase();
  if (name === 'LEAD')
    throw new StreamcellError('FUNCTION_UNSUPPORTED', 'LEAD Function is not supported in stream mode.', {
      span: call.span,
    });
  if (call.filter) {
    throw new StreamcellError('WINDOW_INVALID', 'OVER must be applied to an aggregate function: it takes no FILTER.', {
      span: call.span,
      hint: 'CASE WHEN condition THEN value END within the aggregate leaves rows out.',
    });
  }
  const ranking = RANKING.has(name);
  const request: AggregateRequest = ranking
    ? { fn: name, args: [], distinct: false, filter: null, type: BIGINT(false), span: call.span }
    : requestAggregate(call, inner, false);
  if (ranking && call.args.length > 0) {
    throw new StreamcellError('FUNCTION_ARGUMENTS', `Invalid number of arguments to function ${name}.`, {
      span: call.span,
    });
  }
  if (ranking && window.orderBy.length === 0) {
    throw new StreamcellError('WINDOW_INVALID', `${name} must have an ORDER BY in its OVER clause.`, {
      span: call.span,
    });
  }
  const partitionBy = window.partitionBy.map((e) => inner.bind(e));
  const orderBy = window.orderBy.map((o) => ({
    expr: inner.bind(o.expr),
    ascending: !o.descending,
    nullsLast: nullsLast(!o.descending, o.nulls),
  }));
  const frame = ranking
    ? ({ unit: name === 'ROW_NUMBER' ? 'rows' : 'range', preceding: null } as const)
    : bindFrame(window.frame, inner);
  // Flink takes only frames that begin with the partition or the current row for never empty; those that count back may be, to it.
  const mayBeEmpty = frame.preceding !== null && frame.preceding > 0 && OF_GROUP.has(name);
  const type = mayBeEmpty ? withNullable(request.type, true) : request.type;
  return pending.add(
    { kind: 'over', request: { call: { ...request, type }, partitionBy, orderBy, frame } },
    type,
    call.span,
  );
}

function bindFrame(frame: WindowFrame | null, binder: ExprBinder): OverFrame {
  if (!frame) return { unit: 'range', preceding: null };
  const end: FrameBound = frame.end ?? { kind: 'CurrentRow', span: frame.span };
  if (end.kind !== 'CurrentRow') throw unsupported('An OVER frame that does not end at the current row', end.span);
  const unit = frame.unit === 'ROWS' ? 'rows' : 'range';
  switch (frame.start.kind) {
    case 'UnboundedPreceding':
      return { unit, preceding: null };
    case 'CurrentRow':
      return { unit, preceding: 0 };
    case 'Preceding': {
      const { value, type } = binder.constant(frame.start.amount);
      if (unit === 'range' && type.root !== 'INTERVAL_DAY_TIME') {
        throw new StreamcellError('WINDOW_INVALID', 'A RANGE frame needs an interval.', { span: frame.start.span });
      }
      const amount = typeof value === 'bigint' ? Number(value) : value;
      if (typeof amount !== 'number' || amount < 0) {
        throw new StreamcellError('WINDOW_INVALID', 'A frame bound must be a non-negative constant.', {
          span: frame.start.span,
        });
      }
      return { unit, preceding: amount };
    }
    default:
      throw unsupported('An OVER frame that starts after the current row', frame.start.span);
  }
}

/** Places an Over node for every distinct window over `node`, and says where each call's column is. */
export function planOver(node: Logical, pending: Pending, onto: (expr: BoundExpr) => BoundExpr): Logical {
  const groups = new Map<string, { position: number; request: OverRequest }[]>();
  pending.all().forEach((p, position) => {
    if (p.kind !== 'over') return;
    const map = (e: BoundExpr): BoundExpr => pending.apply(onto(e));
    const request: OverRequest = {
      ...p.request,
      partitionBy: p.request.partitionBy.map(map),
      orderBy: p.request.orderBy.map((o) => ({ ...o, expr: map(o.expr) })),
      call: {
        ...p.request.call,
        args: p.request.call.args.map(map),
        filter: p.request.call.filter && map(p.request.call.filter),
      },
    };
    const key = JSON.stringify([
      request.partitionBy.map(exprKey),
      request.orderBy.map((o) => [exprKey(o.expr), o.ascending, o.nullsLast]),
      request.frame,
    ]);
    groups.set(key, [...(groups.get(key) ?? []), { position, request }]);
  });
  const [, second] = [...groups.values()];
  if (second) {
    throw new StreamcellError('QUERY_INVALID', 'All OVER calls of one SELECT must be computed on the same window.', {
      span: second[0].request.call.span,
      hint: 'Compute them one after the other, in subqueries. ROW_NUMBER counts as ROWS, an aggregate without a frame as RANGE.',
    });
  }
  let current = node;
  for (const group of groups.values()) {
    const extra: BoundExpr[] = [];
    const base = current;
    const column = (expr: BoundExpr): number => {
      if (expr.kind === 'input') return expr.index;
      const known = extra.findIndex((e) => exprKey(e) === exprKey(expr));
      if (known >= 0) return base.schema.length + known;
      extra.push(expr);
      return base.schema.length + extra.length - 1;
    };
    const [{ request: first }] = group;
    const partitionKeys = first.partitionBy.filter((e) => e.kind !== 'literal').map(column);
    const sort: LogicalSortKey[] = first.orderBy.map((o) => ({
      column: column(o.expr),
      ascending: o.ascending,
      nullsLast: o.nullsLast,
    }));
    const calls: AggregateCall[] = group.map(({ request: { call } }, i) => ({
      fn: call.fn,
      args: call.args.map(column),
      argTypes: call.args.map((a) => a.type),
      constants: call.constants,
      distinct: call.distinct,
      filter: call.filter ? column(call.filter) : null,
      type: call.type,
      name: `w${i}$o`,
      options: call.options,
    }));
    const widened =
      extra.length === 0
        ? base
        : project(
            base,
            [...base.schema.map((_, i) => inputOf(base.schema, i)), ...extra],
            uniqueNames([...base.schema.map((c) => c.name), ...extra.map((_, i) => `$w${i}`)]),
          );
    const over: LogicalOver = {
      op: 'over',
      input: widened,
      partitionKeys: [...new Set(partitionKeys)],
      sort,
      frame: first.frame,
      calls,
      schema: [...widened.schema, ...calls.map((c) => ({ name: c.name, type: c.type }))],
      span: first.call.span,
    };
    group.forEach(({ position }, i) => pending.settle(position, inputOf(over.schema, widened.schema.length + i)));
    current = over;
  }
  return current;
}
