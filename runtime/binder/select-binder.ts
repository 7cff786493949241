import type { AggregateCall, BoundExpr } from '../expressions/bound.js';
import { suggestion } from '../catalog/index.js';
import { durationMillis } from './durations.js';
import type {
  Expr,
  FunctionCall,
  Hint,
  Identifier,
  Select,
  SelectItem,
  Star,
  WindowReference,
  WindowSpec,
} from '../parser/ast.js';
import { BIGINT, StreamcellError, type Span } from '../types/index.js';
import { requestAggregate } from './aggregate-calls.js';
import { ExprBinder, OUTER_BASE, PENDING_BASE, unsupported, type ExprHooks } from './expression-binder.js';
import { exprKey, input, inputOf, mapChildren } from './expr-tools.js';
import { bindFrom } from './from-binder.js';
import { bindGrouping, type Grouping } from './group-binder.js';
import type { Logical } from './logical.js';
import { aggregate, generatedName, project, projectColumns, uniqueNames } from './nodes.js';
import { bindOver, planOver } from './over-binder.js';
import { Pending } from './pending.js';
import type { QueryContext, SelectResult } from './query-context.js';
import { Scope, type ScopeColumn } from './scope.js';
import type { BindSession } from './session.js';
import { applyCondition, attachSubqueries, requestSubquery } from './subquery-binder.js';

interface Item {
  readonly name: string;
  readonly ast: Expr | null;
  readonly expr: BoundExpr;
}

/**
 * Binds one SELECT: FROM and WHERE, then the select list, HAVING and QUALIFY over the same names, with aggregates, OVER calls and
 * subqueries as pending values; these become columns one layer after the other, and the select list is rewritten onto them.
 */
export function bindSelect(select: Select, context: QueryContext): SelectResult {
  for (const hint of select.hints) {
    if (!KNOWN_HINTS.has(hint.name.name.toUpperCase())) {
      throw new StreamcellError('SQL_UNSUPPORTED', `The hint ${hint.name.name} is not supported.`, { span: hint.span });
    }
  }
  return new SelectBinder(select, context).bind();
}

/** Join hints choose among batch algorithms and change no result; STATE_TTL is read where state is planned. */
const KNOWN_HINTS: ReadonlySet<string> = new Set([
  'BROADCAST',
  'SHUFFLE_HASH',
  'SHUFFLE_MERGE',
  'NEST_LOOP',
  'STATE_TTL',
  'LOOKUP',
  'MULTI_JOIN',
]);

/** `STATE_TTL('t' = '1 d', 'u' = '10 s')`. */
function stateTtlHints(hints: readonly Hint[]): ReadonlyMap<string, number> {
  const ttl = new Map<string, number>();
  for (const hint of hints) {
    if (hint.name.name.toUpperCase() !== 'STATE_TTL') continue;
    for (const o of hint.options) ttl.set(o.key, durationMillis(`STATE_TTL of '${o.key}'`, o.value, o.span));
  }
  return ttl;
}

class SelectBinder {
  private readonly pending = new Pending();
  private node: Logical;
  private scope: Scope;
  private grouping: Grouping | null = null;
  /** Of arguments of aggregates: grouping sets make keys NULL only beside them. */
  private argumentScope: Scope;
  private readonly stateTtl: ReadonlyMap<string, number>;
  private readonly windows = new Map<string, WindowSpec>();

  constructor(
    private readonly select: Select,
    private readonly context: QueryContext,
  ) {
    const { session } = context;
    this.stateTtl = stateTtlHints(select.hints);
    const from = select.from
      ? bindFrom(select.from, { ...context, stateTtl: this.stateTtl })
      : { node: singleRow(select.span), scope: new Scope([], context.outer) };
    this.node = from.node;
    this.scope = new Scope(from.scope.relations, context.outer);
    this.argumentScope = this.scope;
    const unknown = [...this.stateTtl.keys()].find((name) => !this.scope.aliases().includes(name));
    if (unknown !== undefined) {
      throw new StreamcellError(
        'OPTION_INVALID',
        `The options of the hint STATE_TTL cannot match the name of input tables or views: '${unknown}'.`,
        {
          span: select.hints[0].span,
          hint: suggestion(unknown, this.scope.aliases(), 'Tables here'),
        },
      );
    }
    for (const w of select.windows) this.windows.set(w.name.name, w.spec);
    if (select.where) {
      const where = new Pending();
      const binder = new ExprBinder(session, this.scope, {
        clause: 'WHERE',
        subquery: (e, b) => requestSubquery(e, b, where, context),
      });
      this.node = applyCondition(this.node, binder.bindCondition(select.where), where, select.where.span);
    }
  }

  bind(): SelectResult {
    const { select, context } = this;
    if (select.groupBy) {
      const bound = bindGrouping(select.groupBy, this.node, this.scope, context);
      this.grouping = bound.grouping;
      this.node = bound.node;
      this.scope = bound.scope;
    }
    const binder = this.binder('SELECT');
    const items = this.items(binder);
    const having = select.having && this.binder('HAVING').bindCondition(select.having);
    const qualify = select.qualify && this.qualifyBinder(items).bindCondition(select.qualify);
    const aggregated =
      this.grouping !== null || having !== null || this.pending.all().some((p) => p.kind === 'aggregate');
    const rewrite = aggregated ? this.planAggregate() : (e: BoundExpr): BoundExpr => e;
    if (having)
      this.node = applyCondition(
        this.node,
        rewrite(having),
        this.pending,
        select.having!.span,
        this.rewritten ?? undefined,
      );
    return this.finish(items, qualify, rewrite, aggregated);
  }

  private binder(clause: string): ExprBinder {
    const { context, pending } = this;
    const hooks: ExprHooks = {
      clause,
      aggregate: (call, b) => this.grouping?.auxiliary(call, b) ?? this.groupingCall(call) ?? this.aggregateCall(call),
      over: (call, b) => bindOver(call, this.windowOf(call.over!), b, pending),
      subquery: (e, b) => requestSubquery(e, b, pending, context),
    };
    return new ExprBinder(context.session, this.scope, hooks);
  }

  /** QUALIFY sees the aliases of the select list, too. */
  private qualifyBinder(items: readonly Item[]): ExprBinder {
    const { hooks } = this.binder('QUALIFY');
    return new ExprBinder(this.context.session, this.scope, {
      ...hooks,
      alias: (name, span) => {
        const found = items.filter((i) => i.name === name && i.ast);
        if (found.length === 0) return undefined;
        const column = this.scope.find([name], span);
        const same = found[0].expr.kind === 'input' && found[0].expr.index === column?.column.index;
        if (column && !same)
          throw unsupported(
            `'${name}' in QUALIFY, which names a column and another expression of the select list,`,
            span,
          );
        return found[0].expr;
      },
    });
  }

  private windowOf(over: WindowSpec | WindowReference): WindowSpec {
    const name = over.kind === 'WindowReference' ? over.name : over.base;
    if (!name) return over as WindowSpec;
    const base = this.windows.get(name.name);
    if (!base) throw new StreamcellError('WINDOW_INVALID', `Window '${name.name}' not found.`, { span: name.span });
    const resolved = base.base ? this.windowOf(base) : base;
    if (over.kind === 'WindowReference') return resolved;
    return {
      ...over,
      partitionBy: resolved.partitionBy,
      orderBy: over.orderBy.length > 0 ? over.orderBy : resolved.orderBy,
      frame: over.frame ?? resolved.frame,
    };
  }

  // ---- select list --------------------------------------------------------------------------------------------------

  private items(binder: ExprBinder): readonly Item[] {
    const items: Item[] = [];
    for (const item of this.select.items) {
      if (item.expr.kind === 'Star') {
        for (const column of this.star(item.expr)) {
          items.push({ name: column.name, ast: null, expr: input(column.index, column.type, item.span) });
        }
      } else {
        items.push({
          name: itemName(item, items.length, this.context.session),
          ast: item.expr,
          expr: binder.bindTyped(item.expr),
        });
      }
    }
    return items;
  }

  private star(star: Star): readonly ScopeColumn[] {
    const columns = this.scope.star(
      star.qualifier.map((q) => q.name),
      star.span,
    );
    if (columns.length === 0)
      throw new StreamcellError('QUERY_INVALID', 'SELECT * requires a FROM clause.', { span: star.span });
    return columns;
  }

  // ---- aggregation --------------------------------------------------------------------------------------------------

  private aggregateCall(call: FunctionCall): BoundExpr | undefined {
    const { session } = this.context;
    const name = call.name.parts[call.name.parts.length - 1].name;
    if (!session.isAggregate(name)) return undefined;
    const inner = new ExprBinder(session, this.argumentScope, {
      clause: 'an aggregate',
      aggregate: (c, b) => this.grouping?.auxiliary(c, b),
    });
    const request = requestAggregate(call, inner, this.grouping?.exprs.length === 0 || this.grouping === null);
    const same = this.pending
      .all()
      .findIndex((p) => p.kind === 'aggregate' && requestKey(p.request) === requestKey(request));
    if (same >= 0) return input(PENDING_BASE + same, request.type, call.span);
    return this.pending.add({ kind: 'aggregate', request }, request.type, call.span);
  }

  private groupingCall(call: FunctionCall): BoundExpr | undefined {
    const name = call.name.parts[call.name.parts.length - 1].name.toUpperCase();
    if (name !== 'GROUPING' && name !== 'GROUPING_ID' && name !== 'GROUP_ID') return undefined;
    if (!this.grouping) {
      throw new StreamcellError('AGGREGATE_MISPLACED', `${name} operator may only occur in an aggregate query.`, {
        span: call.span,
      });
    }
    if (name === 'GROUP_ID') throw unsupported('GROUP_ID', call.span);
    const inner = new ExprBinder(this.context.session, this.scope, { clause: name });
    return this.pending.add(
      { kind: 'grouping', args: call.args.map((a) => inner.bind(a)), span: call.span },
      BIGINT(false),
      call.span,
    );
  }

  /** Builds the aggregation; @returns what maps an expression over the input to one over the aggregation's output. */
  private planAggregate(): (expr: BoundExpr) => BoundExpr {
    const keys = this.grouping?.exprs ?? [];
    const source = this.node;
    const columns: BoundExpr[] = [];
    const positions = new Map<string, number>();
    const column = (expr: BoundExpr): number => {
      const key = exprKey(expr);
      const known = positions.get(key);
      if (known !== undefined) return known;
      positions.set(key, columns.length);
      columns.push(expr);
      return columns.length - 1;
    };
    const keyColumns = keys.map((k) => column(k));
    const sets = this.grouping?.sets ?? null;
    const calls: AggregateCall[] = [];
    const settle: (() => void)[] = [];
    const base = keys.length + (sets ? 1 : 0);
    this.pending.all().forEach((p, position) => {
      if (p.kind !== 'aggregate') return;
      const { request } = p;
      const at = base + calls.length;
      calls.push({
        fn: request.fn,
        args: request.args.map((a) => column(a)),
        argTypes: request.args.map((a) => a.type),
        constants: request.constants,
        distinct: request.distinct,
        filter: request.filter ? column(request.filter) : null,
        type: request.type,
        name: `EXPR$${at}`,
        options: request.options,
      });
      settle.push(() => this.pending.settle(position, input(at, request.type)));
    });
    const names = columns.map((c, i) => (c.kind === 'input' ? source.schema[c.index].name : `$f${i}`));
    const projected =
      columns.length === 0 && source.schema.length > 0
        ? projectColumns(source, [])
        : columns.every((c, i) => c.kind === 'input' && c.index === i) && columns.length === source.schema.length
          ? source
          : project(source, columns, uniqueNames(names));
    const [ttl] = this.scope.relations
      .flatMap((r) => (r.alias === null ? [] : [this.stateTtl.get(r.alias)]))
      .filter((t) => t !== undefined);
    this.node = aggregate(projected, keyColumns, sets, calls, { span: this.select.span, stateTtl: ttl });
    for (const s of settle) s();
    this.settleGrouping(keys, sets);
    const keyNodes = new Map(keys.map((k, i) => [exprKey(k), inputOf(this.node.schema, i)]));
    const onto = (expr: BoundExpr): BoundExpr => {
      const key = keyNodes.get(exprKey(expr));
      if (key) return { ...key, span: expr.span };
      if (expr.kind === 'input') {
        if (expr.index >= OUTER_BASE) return expr;
        throw notGrouped(source, expr.index, expr.span);
      }
      return mapChildren(expr, onto);
    };
    this.mapPending(onto);
    return (expr) => this.pending.apply(onto(expr));
  }

  private rewritten: ((expr: BoundExpr) => BoundExpr) | null = null;

  /** OVER calls and subqueries were bound over the aggregation's input: what they refer to is now among its output. */
  private mapPending(onto: (expr: BoundExpr) => BoundExpr): void {
    this.rewritten = (expr) => this.pending.apply(onto(expr));
  }

  private settleGrouping(keys: readonly BoundExpr[], sets: readonly (readonly number[])[] | null): void {
    this.pending.all().forEach((p, position) => {
      if (p.kind !== 'grouping') return;
      const places = p.args.map((a) => {
        const at = keys.findIndex((k) => exprKey(k) === exprKey(a));
        if (at < 0) {
          throw new StreamcellError('NOT_GROUPED', 'Argument to GROUPING operator must be a grouped expression.', {
            span: a.span ?? p.span,
          });
        }
        return at;
      });
      const value = (set: readonly number[]): bigint =>
        places.reduce((v, k) => (v << 1n) | (set.includes(k) ? 0n : 1n), 0n);
      const literal = (v: bigint): BoundExpr => ({ kind: 'literal', type: BIGINT(false), value: v });
      if (!sets) {
        this.pending.settle(position, literal(0n));
        return;
      }
      const id = inputOf(this.node.schema, keys.length);
      const binder = new ExprBinder(this.context.session, this.scope, { clause: 'GROUPING' });
      const whens = sets.slice(1).map((set, i) => ({
        condition: binder.call('=', [id, literal(BigInt(i + 1))], p.span),
        result: literal(value(set)),
      }));
      this.pending.settle(
        position,
        whens.length === 0
          ? literal(value(sets[0]))
          : { kind: 'case', whens, otherwise: literal(value(sets[0])), type: BIGINT(false), span: p.span },
      );
    });
  }

  // ---- OVER, QUALIFY, output ----------------------------------------------------------------------------------------

  private finish(
    items: readonly Item[],
    qualify: BoundExpr | null,
    rewrite: (e: BoundExpr) => BoundExpr,
    aggregated: boolean,
  ): SelectResult {
    const { pending, context, select } = this;
    const onto = this.rewritten ?? rewrite;
    this.node = attachSubqueries(this.node, pending, onto);
    this.node = planOver(this.node, pending, onto);
    if (qualify)
      this.node = applyCondition(this.node, pending.apply(rewrite(qualify)), pending, select.qualify!.span, onto);
    const source = this.node;
    const exprs = items.map((i) => pending.check(pending.apply(rewrite(i.expr))));
    const names = items.map((i) => i.name);
    const projected = isIdentity(exprs, names, source)
      ? source
      : project(source, exprs, uniqueNames(names), select.span);
    const find = (ast: Expr): number | null => {
      const bound = this.tryBind(ast);
      if (!bound) return null;
      const at = items.findIndex((i) => exprKey(i.expr) === exprKey(bound));
      return at < 0 ? null : at;
    };
    if (select.quantifier === 'DISTINCT') {
      const distinct = aggregate(
        projected,
        projected.schema.map((_, i) => i),
        null,
        [],
        { span: select.span },
      );
      return { node: distinct, extend: null, find };
    }
    const extend = (more: readonly Expr[]): { node: Logical; columns: readonly number[] } => {
      if (aggregated && more.some((m) => containsNewAggregate(m, context))) {
        throw unsupported('An aggregate in ORDER BY that is not in the select list', more[0].span);
      }
      const binder = this.binder('ORDER BY');
      const extra = more.map((m) => pending.check(pending.apply(rewrite(binder.bind(m)))));
      const node = project(source, [...exprs, ...extra], uniqueNames([...names, ...extra.map((_, i) => `$o${i}`)]));
      return { node, columns: extra.map((_, i) => exprs.length + i) };
    };
    return { node: projected, extend, find };
  }

  private tryBind(ast: Expr): BoundExpr | null {
    try {
      return this.binder('ORDER BY').bind(ast);
    } catch (error) {
      if (error instanceof StreamcellError) return null;
      throw error;
    }
  }
}

function containsNewAggregate(expr: Expr, context: QueryContext): boolean {
  if (expr.kind === 'FunctionCall') {
    return (
      context.session.isAggregate(expr.name.parts[0].name) || expr.args.some((a) => containsNewAggregate(a, context))
    );
  }
  if (expr.kind === 'Binary')
    return containsNewAggregate(expr.left, context) || containsNewAggregate(expr.right, context);
  if (expr.kind === 'Unary') return containsNewAggregate(expr.operand, context);
  return false;
}

function notGrouped(source: Logical, index: number, span: Span | undefined): StreamcellError {
  return new StreamcellError('NOT_GROUPED', `Expression '${source.schema[index]?.name ?? '?'}' is not being grouped.`, {
    span,
  });
}

function requestKey(request: { readonly span: Span }): string {
  return JSON.stringify({ ...request, span: undefined }, (key, value: unknown) =>
    key === 'span' ? undefined : typeof value === 'bigint' ? `${value}n` : value,
  );
}

function isIdentity(exprs: readonly BoundExpr[], names: readonly string[], node: Logical): boolean {
  return (
    exprs.length === node.schema.length &&
    exprs.every((e, i) => e.kind === 'input' && e.index === i && names[i] === node.schema[i].name)
  );
}

/** The alias, a column's own name, or EXPR$n. */
function itemName(item: SelectItem, position: number, session: BindSession): string {
  if (item.alias) return item.alias.name;
  const expr = (item.expr.kind === 'FunctionCall' && session.niladicColumn(item.expr)) || item.expr;
  if (expr.kind === 'Identifier') return lastName(expr);
  if (expr.kind === 'FieldAccess') return expr.field.name;
  if (expr.kind === 'FunctionCall' && expr.niladic) return session.text.slice(expr.span.start, expr.span.end);
  return generatedName(position);
}

function lastName(expr: Identifier): string {
  return expr.parts[expr.parts.length - 1].name;
}

/** SELECT without FROM reads one row without columns. */
function singleRow(span: Span): Logical {
  return { op: 'values', rows: [[]], schema: [], span };
}
