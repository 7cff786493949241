import type { BoundExpr } from '../expressions/bound.js';
import type { Alias, DerivedTable, Expr, Join, NamedTable, TableRef, Unnest } from '../parser/ast.js';
import { BOOLEAN, INT, StreamcellError, withNullable, type DataType, type Schema, type Span } from '../types/index.js';
import { ExprBinder, unsupported } from './expression-binder.js';
import { input, inputOf, timeAttributeOf } from './expr-tools.js';
import type { Logical, LogicalJoinType, LogicalUnnest } from './logical.js';
import { join, project, uniqueNames } from './nodes.js';
import { renameColumns, withoutOrder, type QueryContext } from './query-context.js';
import { Scope, type ScopeColumn, type ScopeRelation } from './scope.js';
import { decorrelate } from './decorrelate.js';
import { bindMatch } from './match-binder.js';
import { bindRelationByName } from './table-binder.js';
import { bindWindowFunction } from './window-binder.js';

export interface FromResult {
  readonly node: Logical;
  readonly scope: Scope;
}

/** FROM -> a joined relation and the names it makes visible. */
export function bindFrom(ref: TableRef, context: QueryContext): FromResult {
  switch (ref.kind) {
    case 'NamedTable':
      return bindNamed(ref, context);
    case 'DerivedTable':
      return bindDerived(ref, context);
    case 'TableFunction': {
      const node = bindWindowFunction(ref, context);
      return aliased(node, ref.alias, null, null, context, ref.span);
    }
    case 'Join':
      return bindJoin(ref, context);
    case 'Unnest': {
      const one: Logical = { op: 'values', rows: [[]], schema: [], span: ref.span };
      return bindUnnest(ref, { node: one, scope: new Scope([], context.outer) }, 'inner', null, context);
    }
    case 'MatchRecognize':
      return aliased(
        bindMatch(ref, bindFrom(ref.input, context), context.session),
        ref.alias,
        null,
        null,
        context,
        ref.span,
      );
    case 'Pivot':
      throw unsupported('PIVOT', ref.span);
    case 'Unpivot':
      throw unsupported('UNPIVOT', ref.span);
  }
}

function aliased(
  node: Logical,
  alias: Alias | null,
  name: string | null,
  path: readonly string[] | null,
  context: QueryContext,
  span: Span,
): FromResult {
  const renamed =
    alias && alias.columns.length > 0
      ? renameColumns(
          node,
          alias.columns.map((c) => c.name),
          alias.span,
        )
      : node;
  void span;
  return {
    node: renamed,
    scope: Scope.of(renamed.schema, alias?.name.name ?? name, context.outer, alias ? null : path),
  };
}

function bindNamed(ref: NamedTable, context: QueryContext): FromResult {
  if (ref.sample) throw unsupported('TABLESAMPLE', ref.span);
  if (ref.asOf) throw unsupported('FOR SYSTEM_TIME AS OF outside a join', ref.asOf.span);
  const { node, path, name } = bindRelationByName(ref.name, ref.hints, context);
  return aliased(node, ref.alias, name, path, context, ref.span);
}

function bindDerived(ref: DerivedTable, context: QueryContext): FromResult {
  if (ref.sample) throw unsupported('TABLESAMPLE', ref.span);
  // FROM items do not see each other unless LATERAL; the query around they do.
  const node = withoutOrder(context.bindQuery(ref.query, context));
  return aliased(node, ref.alias, null, null, context, ref.span);
}

const JOIN_TYPES: Readonly<Record<Join['type'], LogicalJoinType>> = {
  INNER: 'inner',
  LEFT: 'left',
  RIGHT: 'right',
  FULL: 'full',
  CROSS: 'inner',
};

function bindJoin(ref: Join, context: QueryContext): FromResult {
  const type = JOIN_TYPES[ref.type];
  const left = bindFrom(ref.left, context);
  if (ref.right.kind === 'Unnest') return bindUnnest(ref.right, left, type, ref.on, context);
  if (ref.right.kind === 'TableFunction' && ref.right.lateral) {
    throw unsupported(
      `The table function ${ref.right.call.name.parts.map((p) => p.name).join('.')}`,
      ref.right.call.name.span,
    );
  }
  if (ref.right.kind === 'NamedTable' && ref.right.asOf) return bindTemporal(ref, ref.right, left, type, context);
  if (ref.right.kind === 'DerivedTable' && ref.right.lateral) return bindLateral(ref, ref.right, left, type, context);
  const right = bindFrom(ref.right, context);
  return combine(ref, type, left, right, context, null);
}

/** Joins two bound sides by ON, USING, NATURAL, or nothing. */
function combine(
  ref: Join,
  type: LogicalJoinType,
  left: FromResult,
  right: FromResult,
  context: QueryContext,
  asOf: BoundExpr | null,
  more: BoundExpr | null = null,
): FromResult {
  const width = left.node.schema.length;
  const twice = right.scope.aliases().find((a) => left.scope.aliases().includes(a));
  if (twice !== undefined) {
    throw new StreamcellError('QUERY_INVALID', `Duplicate relation name '${twice}' in FROM clause.`, {
      span: ref.right.span,
      hint: 'Give one of them an alias.',
    });
  }
  const scope = left.scope.join(right.scope, width);
  const names = ref.natural ? commonNames(left.scope, right.scope) : (ref.using?.map((u) => u.name) ?? null);
  const binder = new ExprBinder(context.session, scope, { clause: 'ON' });
  let condition = more;
  const and = (a: BoundExpr | null, b: BoundExpr): BoundExpr => (a ? binder.call('AND', [a, b], ref.span) : b);
  if (ref.on) {
    const on = binder.bindCondition(ref.on);
    if (!(on.kind === 'literal' && on.value === true)) condition = and(condition, on);
  }
  const pairs = names?.map((name) => {
    const span = ref.using?.find((u) => u.name === name)?.span ?? ref.span;
    const l = left.scope.resolve([name], span).column;
    const r = right.scope.resolve([name], span).column;
    return { name, left: l, right: { ...r, index: r.index + width } };
  });
  for (const p of pairs ?? []) {
    condition = and(
      condition,
      binder.call('=', [input(p.left.index, p.left.type), input(p.right.index, p.right.type)], ref.span),
    );
  }
  const ttlOf = (side: FromResult): number | undefined =>
    side.scope
      .aliases()
      .map((a) => context.stateTtl?.get(a))
      .find((t) => t !== undefined);
  const leftTtl = ttlOf(left);
  const rightTtl = ttlOf(right);
  const node = join(type, left.node, right.node, condition, {
    span: ref.span,
    ...(asOf ? { asOf } : {}),
    leftTtl,
    rightTtl,
  });
  const typed = new Scope(scope.mapTypes((c) => node.schema[c.index].type).relations, context.outer);
  return pairs && pairs.length > 0 ? mergeColumns(node, typed, pairs, type, binder, ref.span) : { node, scope: typed };
}

function commonNames(left: Scope, right: Scope): readonly string[] {
  const names = new Set(right.star([], { start: 0, end: 0 }).map((c) => c.name));
  return left.star([], { start: 0, end: 0 }).flatMap((c) => (names.has(c.name) ? [c.name] : []));
}

/** USING: each named column appears once, first, as COALESCE of both sides where either may be missing. */
function mergeColumns(
  node: Logical,
  scope: Scope,
  pairs: readonly { name: string; left: ScopeColumn; right: ScopeColumn }[],
  type: LogicalJoinType,
  binder: ExprBinder,
  span: Span,
): FromResult {
  const merged = pairs.map((p) => {
    const l = inputOf(node.schema, p.left.index);
    const r = inputOf(node.schema, p.right.index);
    if (type === 'inner' || type === 'left') return l;
    if (type === 'right') return r;
    return binder.makeCase([{ condition: binder.call('IS NOT NULL', [l], span), result: l }], r, span);
  });
  const names = uniqueNames([...node.schema.map((c) => c.name), ...pairs.map((p) => p.name)]);
  const widened = project(node, [...node.schema.map((_, i) => inputOf(node.schema, i)), ...merged], names);
  const hidden = new Set(pairs.flatMap((p) => [p.left.index, p.right.index]));
  const relations: ScopeRelation[] = [
    {
      alias: null,
      path: null,
      columns: pairs.map((p, i) => ({ name: p.name, type: merged[i].type, index: node.schema.length + i })),
    },
    ...scope.relations.map((r) => ({
      ...r,
      columns: r.columns.map((c) => (hidden.has(c.index) ? { ...c, merged: true } : c)),
    })),
  ];
  return { node: widened, scope: new Scope(relations, scope.outer) };
}

function bindTemporal(
  ref: Join,
  right: NamedTable,
  left: FromResult,
  type: LogicalJoinType,
  context: QueryContext,
): FromResult {
  if (type !== 'inner' && type !== 'left') throw unsupported(`A temporal ${type.toUpperCase()} JOIN`, ref.span);
  const asOfExpr = right.asOf as Expr;
  const asOf = new ExprBinder(context.session, left.scope, { clause: 'FOR SYSTEM_TIME AS OF' }).bind(asOfExpr);
  if (asOf.kind !== 'input' || timeAttributeOf(asOf.type) === null) {
    throw new StreamcellError(
      'TIME_ATTRIBUTE_REQUIRED',
      "Temporal table join currently only supports 'FOR SYSTEM_TIME AS OF' left table's time attribute field.",
      { span: asOfExpr.span },
    );
  }
  const bound = bindNamed({ ...right, asOf: null }, context);
  return combine(ref, type, left, bound, context, asOf);
}

/** LATERAL (SELECT ..): the correlated conditions become the join's. */
function bindLateral(
  ref: Join,
  right: DerivedTable,
  left: FromResult,
  type: LogicalJoinType,
  context: QueryContext,
): FromResult {
  if (type !== 'inner' && type !== 'left') throw unsupported(`LATERAL in a ${type.toUpperCase()} JOIN`, ref.span);
  const node = withoutOrder(context.bindQuery(right.query, { ...context, outer: left.scope }));
  const flat = decorrelate(node, right.span);
  const width = left.node.schema.length;
  const visible = aliased(node, right.alias, null, null, context, right.span).scope;
  const names = right.alias?.columns.map((c) => c.name);
  const scope = new Scope(
    visible.relations.map((r) => ({ ...r, columns: r.columns.map((c, i) => ({ ...c, name: names?.[i] ?? c.name })) })),
    context.outer,
  );
  const conditions = flat.conditions.map((c) => flat.place(c, 0, width));
  const more =
    conditions.length === 0
      ? null
      : conditions.reduce((a, b) => ({ kind: 'call', fn: 'AND', args: [a, b], type: BOOLEAN() }));
  return combine(ref, type, left, { node: flat.node, scope }, context, null, more);
}

// ---- UNNEST -------------------------------------------------------------------------------------------------------

function elementColumns(type: DataType, span: Span): Schema {
  if (type.root === 'ARRAY' || type.root === 'MULTISET') {
    const { element } = type;
    if (element.root === 'ROW') {
      return element.fields.map((f) => ({
        name: f.name,
        type: withNullable(f.type, f.type.nullable || element.nullable),
      }));
    }
    return [{ name: 'EXPR$0', type: element }];
  }
  if (type.root === 'MAP') {
    return [
      { name: 'KEY', type: type.key },
      { name: 'VALUE', type: type.value },
    ];
  }
  throw new StreamcellError('TYPE_MISMATCH', 'UNNEST needs an ARRAY, MAP or MULTISET.', { span });
}

function bindUnnest(
  ref: Unnest,
  left: FromResult,
  type: LogicalJoinType,
  on: Expr | null,
  context: QueryContext,
): FromResult {
  if (type !== 'inner' && type !== 'left') throw unsupported(`UNNEST in a ${type.toUpperCase()} JOIN`, ref.span);
  if (ref.exprs.length !== 1) throw unsupported('UNNEST of several collections', ref.span);
  const binder = new ExprBinder(context.session, left.scope, { clause: 'UNNEST' });
  const collection = binder.bind(ref.exprs[0]);
  const elements = elementColumns(collection.type, ref.exprs[0].span);
  const columns = [...elements, ...(ref.ordinality ? [{ name: 'ORDINALITY', type: INT(false) }] : [])];
  const names = ref.alias?.columns.map((c) => c.name) ?? [];
  if (names.length > 0 && names.length !== columns.length) {
    throw new StreamcellError(
      'QUERY_INVALID',
      `UNNEST gives ${columns.length} columns, but ${names.length} names are given.`,
      {
        span: ref.alias?.span ?? ref.span,
      },
    );
  }
  const outer = type === 'left';
  const single = elements.length === 1 && elements[0].name === 'EXPR$0' ? ref.alias?.name.name : undefined;
  const named = columns.map((c, i) => ({
    name: names[i] ?? (i === 0 && single !== undefined ? 'EXPR$0' : c.name),
    type: outer ? withNullable(c.type, true) : c.type,
  }));
  const width = left.node.schema.length;
  const schema = [...left.node.schema, ...named];
  const right = Scope.of(named, ref.alias?.name.name ?? null, context.outer);
  const scope = left.scope.join(right, width);
  const condition = on ? new ExprBinder(context.session, scope, { clause: 'ON' }).bindCondition(on) : null;
  const trivial = condition?.kind === 'literal' && condition.value === true;
  const node: LogicalUnnest = {
    op: 'unnest',
    input: left.node,
    collection,
    withOrdinality: ref.ordinality,
    outer,
    condition: trivial ? null : condition,
    schema,
    span: ref.span,
  };
  return { node, scope };
}
