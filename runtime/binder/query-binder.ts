import type { CommonTable, Expr, OrderItem, Query, QueryBody, SetOperation, Values } from '../parser/ast.js';
import { StreamcellError, withNullable, type DataType, type Span } from '../types/index.js';
import { ExprBinder, coerce, unsupported } from './expression-binder.js';
import type { Logical, LogicalSetOperation, LogicalSort } from './logical.js';
import { generatedName, projectColumns } from './nodes.js';
import { castColumns, renameColumns, withoutOrder, type QueryContext, type SelectResult } from './query-context.js';
import { nullsLast } from './pending.js';
import { Scope } from './scope.js';
import { bindSelect } from './select-binder.js';
import { bindRelationByName } from './table-binder.js';
import type { BindSession } from './session.js';
import { commonType } from '../expressions/index.js';

/** Binds a query that stands by itself. */
export function rootQuery(query: Query, session: BindSession): Logical {
  const node = bindQuery(query, rootContext(session));
  const untyped = node.schema.find((c) => c.type.root === 'NULL');
  if (untyped) {
    throw new StreamcellError('QUERY_INVALID', `Illegal use of 'NULL': column '${untyped.name}' has no type.`, {
      span: query.span,
      hint: 'Write CAST(NULL AS type).',
    });
  }
  return node;
}

export function rootContext(session: BindSession): QueryContext {
  return { session, commonTables: new Map(), outer: null, bindQuery };
}

export function bindQuery(query: Query, context: QueryContext): Logical {
  let { commonTables } = context;
  for (const table of query.with) {
    commonTables = new Map([...commonTables, [table.name.name, bindCommonTable(table, { ...context, commonTables })]]);
  }
  const inner = { ...context, commonTables };
  const body = bindBody(query.body, inner);
  return applyOrder(query, body, inner);
}

function bindCommonTable(table: CommonTable, context: QueryContext): Logical {
  if (table.recursive) throw unsupported('WITH RECURSIVE', table.span);
  const node = withoutOrder(bindQuery(table.query, context));
  if (table.columns.length === 0) return node;
  return renameColumns(
    node,
    table.columns.map((c) => c.name),
    table.span,
  );
}

function bindBody(body: QueryBody, context: QueryContext): SelectResult {
  switch (body.kind) {
    case 'Select':
      return bindSelect(body, context);
    case 'SetOperation':
      return plain(bindSetOperation(body, context));
    case 'Values':
      return plain(bindValues(body, context));
    case 'TableQuery':
      return plain(bindRelationByName(body.name, [], context).node);
    case 'Query':
      return plain(bindQuery(body, context));
  }
}

function plain(node: Logical): SelectResult {
  return { node, extend: null, find: () => null };
}

// ---- set operations and values ------------------------------------------------------------------------------------

function bindSetOperation(body: SetOperation, context: QueryContext): Logical {
  const operation = body.op === 'UNION' ? 'union' : body.op === 'INTERSECT' ? 'intersect' : 'except';
  const left = withoutOrder(bindBody(body.left, context).node);
  const right = withoutOrder(bindBody(body.right, context).node);
  if (left.schema.length !== right.schema.length) {
    throw new StreamcellError(
      'QUERY_INVALID',
      `Column count mismatch in ${body.op}: ${left.schema.length} and ${right.schema.length}.`,
      {
        span: body.right.span,
      },
    );
  }
  const types = left.schema.map((c, i) => {
    const type = commonType([c.type, right.schema[i].type]);
    if (!type) {
      throw new StreamcellError(
        'TYPE_MISMATCH',
        `Type mismatch in column ${i + 1} of ${body.op}${body.all ? ' ALL' : ''}.`,
        {
          span: body.right.span,
        },
      );
    }
    return keepTimeAttribute(
      withNullable(type, c.type.nullable || right.schema[i].type.nullable),
      c.type,
      right.schema[i].type,
    );
  });
  const names = left.schema.map((c) => c.name);
  return setOperation(
    operation,
    body.all,
    [castColumns(left, types, names), castColumns(right, types, names)],
    body.span,
  );
}

/** A union of two time attributes of one kind is one. */
function keepTimeAttribute(type: DataType, a: DataType, b: DataType): DataType {
  const attribute = (t: DataType): string | undefined => ('timeAttribute' in t ? t.timeAttribute : undefined);
  if (attribute(a) === attribute(b) && attribute(a) !== undefined && a.root === b.root)
    return { ...a, nullable: type.nullable };
  if (type.root === 'TIMESTAMP' || type.root === 'TIMESTAMP_LTZ') {
    return { root: type.root, precision: type.precision, nullable: type.nullable };
  }
  return type;
}

export function setOperation(
  operation: LogicalSetOperation['operation'],
  all: boolean,
  inputs: readonly Logical[],
  span?: Span,
): LogicalSetOperation {
  const schema = inputs[0].schema.map((c, i) => ({
    name: c.name,
    type: withNullable(
      c.type,
      inputs.some((n) => n.schema[i].type.nullable),
    ),
  }));
  const flat = inputs.flatMap((n) =>
    operation === 'union' && all && n.op === 'setOperation' && n.operation === 'union' && n.all ? n.inputs : [n],
  );
  return { op: 'setOperation', operation, all, inputs: flat, schema, span };
}

function bindValues(body: Values, context: QueryContext): Logical {
  const width = body.rows[0]?.fields.length ?? 0;
  const binder = new ExprBinder(context.session, new Scope([], context.outer), { clause: 'VALUES' });
  const rows = body.rows.map((row) => {
    if (row.fields.length !== width) {
      throw new StreamcellError(
        'QUERY_INVALID',
        'Values passed to VALUES operator must have compatible types: rows differ in length.',
        {
          span: row.span,
        },
      );
    }
    return row.fields.map((f) => binder.bindTyped(f));
  });
  const types = Array.from({ length: width }, (_, i) =>
    binder.common(
      rows.map((r) => r[i]),
      body.span,
      'Values passed to VALUES operator must have compatible types.',
    ),
  );
  const nullable = types.map((t, i) =>
    withNullable(
      t,
      rows.some((r) => r[i].type.nullable),
    ),
  );
  const cast = rows.map((row) => row.map((e, i) => coerce(e, nullable[i], e.span ?? body.span)));
  return {
    op: 'values',
    rows: cast,
    schema: nullable.map((type, i) => ({ name: generatedName(i), type })),
    span: body.span,
  };
}

// ---- ORDER BY, LIMIT ----------------------------------------------------------------------------------------------

function applyOrder(query: Query, body: SelectResult, context: QueryContext): Logical {
  const { node } = body;
  const offset = count(query.offset, context, 'OFFSET') ?? 0;
  const fetch = count(query.limit, context, 'LIMIT');
  if (query.orderBy.length === 0 && fetch === null && offset === 0) return node;
  const width = node.schema.length;
  const columns = query.orderBy.map((item) => orderColumn(item, body, context));
  const missing = query.orderBy.filter((_, i) => columns[i] === null);
  let input = node;
  if (missing.length > 0) {
    if (!body.extend) {
      // Resolving again raises the error that says which name is unknown.
      new ExprBinder(context.session, Scope.of(node.schema, null, null), { clause: 'ORDER BY' }).bind(missing[0].expr);
      throw unsupported('ORDER BY an expression here', missing[0].span);
    }
    const extended = body.extend(missing.map((m) => m.expr));
    input = extended.node;
    let next = 0;
    columns.forEach((c, i) => {
      if (c === null) columns[i] = extended.columns[next++];
    });
  }
  const sort: LogicalSort = {
    op: 'sort',
    input,
    keys: query.orderBy.map((item, i) => ({
      column: columns[i] ?? 0,
      ascending: !item.descending,
      nullsLast: nullsLast(!item.descending, item.nulls),
    })),
    offset,
    fetch,
    schema: input.schema,
    span: query.orderBy[0]?.span ?? query.span,
  };
  return input === node
    ? sort
    : projectColumns(
        sort,
        Array.from({ length: width }, (_, i) => i),
      );
}

/** Output column of an ORDER BY item: an ordinal, an alias, an expression of the select list; null when it is none of these. */
function orderColumn(item: OrderItem, body: SelectResult, context: QueryContext): number | null {
  const { expr } = item;
  const { schema } = body.node;
  if (expr.kind === 'NumberLiteral' && expr.form === 'integer') {
    const ordinal = Number(expr.text);
    if (ordinal < 1 || ordinal > schema.length) {
      throw new StreamcellError('QUERY_INVALID', 'Ordinal out of range.', { span: item.span });
    }
    return ordinal - 1;
  }
  if (expr.kind === 'Identifier' && expr.parts.length === 1) {
    const matches = schema.flatMap((c, i) => (c.name === expr.parts[0].name ? [i] : []));
    if (matches.length > 1) {
      throw new StreamcellError('COLUMN_AMBIGUOUS', `Column '${expr.parts[0].name}' is ambiguous.`, {
        span: expr.span,
      });
    }
    if (matches.length === 1) return matches[0];
  }
  const found = body.find(expr);
  if (found !== null || body.extend) return found;
  const bound = new ExprBinder(context.session, Scope.of(schema, null, null), { clause: 'ORDER BY' }).bind(expr);
  return bound.kind === 'input' ? bound.index : null;
}

function count(expr: Expr | null, context: QueryContext, clause: string): number | null {
  if (!expr) return null;
  const { value } = new ExprBinder(context.session, new Scope([]), { clause }).constant(expr);
  const n = typeof value === 'bigint' ? Number(value) : value;
  if (typeof n !== 'number' || !Number.isInteger(n) || n < 0) {
    throw new StreamcellError('QUERY_INVALID', `${clause} must be a non-negative integer.`, { span: expr.span });
  }
  return n;
}
