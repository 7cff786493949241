import { parseExpression, parseStatement } from '../parser/parser.js';
import type { Hint, Identifier } from '../parser/ast.js';
import type { BoundExpr } from '../expressions/bound.js';
import { type CatalogTable, type CatalogView } from '../catalog/index.js';
import {
  StreamcellError,
  withNullable,
  type DataType,
  type Schema,
  type Span,
  type TableDescriptor,
} from '../types/index.js';
import { ExprBinder, coerce, unsupported } from './expression-binder.js';
import { inputOf } from './expr-tools.js';
import type { Logical, LogicalScan, ScanColumn } from './logical.js';
import { project } from './nodes.js';
import { castColumns, type QueryContext } from './query-context.js';
import { Scope } from './scope.js';
import type { BindSession } from './session.js';

export interface BoundRelation {
  readonly node: Logical;
  /** For qualified column names; null for a common table. */
  readonly path: readonly string[] | null;
  readonly name: string;
}

/** A name in FROM: a common table, a view (expanded), or a table. */
export function bindRelationByName(
  identifier: Identifier,
  hints: readonly Hint[],
  context: QueryContext,
): BoundRelation {
  const { session, commonTables } = context;
  const parts = identifier.parts.map((p) => p.name);
  const common = parts.length === 1 ? commonTables.get(parts[0]) : undefined;
  if (common) {
    rejectHints(hints, 'a common table');
    return { node: common, path: null, name: parts[0] };
  }
  const relation = session.catalog.relation({ parts, span: identifier.span }, [...commonTables.keys()]);
  const path = [relation.path.catalog, relation.path.database, relation.path.name];
  if (relation.kind === 'view') {
    rejectHints(hints, 'a view');
    return { node: expandView(relation, context, identifier.span), path, name: relation.path.name };
  }
  return {
    node: bindTable(relation, tableOptions(relation, hints), session, identifier.span),
    path,
    name: relation.path.name,
  };
}

function rejectHints(hints: readonly Hint[], what: string): void {
  if (hints.length > 0) {
    throw new StreamcellError('OPTION_INVALID', `The hint ${hints[0].name.name} cannot be used at ${what}.`, {
      span: hints[0].span,
    });
  }
}

/** WITH options, those of OPTIONS hints on top. */
export function tableOptions(table: CatalogTable, hints: readonly Hint[]): Readonly<Record<string, string>> {
  let options = table.options;
  for (const hint of hints) {
    if (hint.name.name.toUpperCase() !== 'OPTIONS')
      throw unsupported(`The hint ${hint.name.name} at a table`, hint.span);
    if (hint.options.length === 0 || hint.args.length > 0)
      throw new StreamcellError('OPTION_INVALID', 'The hint OPTIONS takes keys with values, and at least one.', {
        span: hint.span,
        hint: "OPTIONS('key' = 'value')",
      });
    for (const o of hint.options) {
      if (o.key === 'connector')
        throw new StreamcellError('OPTION_INVALID', "The option 'connector' cannot be hinted.", { span: o.span });
      options = { ...options, [o.key]: o.value };
    }
  }
  return options;
}

function expandView(view: CatalogView, context: QueryContext, span: Span): Logical {
  const { session } = context;
  const key = `${view.path.catalog}.${view.path.database}.${view.path.name}`;
  if (session.expanding.includes(key)) {
    throw new StreamcellError('QUERY_INVALID', `View '${key}' refers to itself.`, { span });
  }
  try {
    const statement = parseStatement(view.query);
    if (statement.kind !== 'QueryStatement')
      throw new StreamcellError('INTERNAL', `View '${key}' holds no query.`, { span });
    const inner = session.within(key, view.query, view.namespace);
    const node = context.bindQuery(statement.query, {
      ...context,
      session: inner,
      commonTables: new Map(),
      outer: null,
    });
    // What the view depends on may have changed since: its declared columns are what its users rely on.
    if (node.schema.length !== view.columns.length) {
      throw new StreamcellError('QUERY_INVALID', `View '${key}' no longer has the columns it was created with.`, {
        span,
      });
    }
    return castColumns(
      node,
      view.columns.map((c, i) => keepAttribute(c.type, node.schema[i].type)),
      view.columns.map((c) => c.name),
    );
  } catch (error) {
    if (error instanceof StreamcellError) {
      throw new StreamcellError(
        error.code,
        `In view '${key}': ${error.message}`.replace(`In view '${key}': View '${key}'`, `View '${key}'`),
        {
          span,
          hint: error.hint,
          cause: error,
        },
      );
    }
    throw error;
  }
}

function keepAttribute(declared: DataType, actual: DataType): DataType {
  return declared.root === actual.root && 'timeAttribute' in actual ? actual : declared;
}

export function descriptor(table: CatalogTable, options: Readonly<Record<string, string>>): TableDescriptor {
  const { connector = '', ...rest } = options;
  return {
    name: table.path.name,
    connector,
    options: rest,
    physicalSchema: table.columns.filter((c) => c.kind === 'physical').map((c) => ({ name: c.name, type: c.type })),
    primaryKey: table.primaryKey?.columns ?? [],
    partitionKeys: table.partitionKeys,
  };
}

export function requireConnector(table: CatalogTable, options: Readonly<Record<string, string>>, span: Span): void {
  if (options['connector'] === undefined) {
    throw new StreamcellError(
      'OPTION_MISSING',
      `Table '${table.path.name}' has no connector: the option 'connector' is missing.`,
      { span },
    );
  }
}

/** Errors of a connector about its options get the place where the table is named. */
export function askConnector<T>(span: Span, ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    throw error instanceof StreamcellError ? error.at(span) : error;
  }
}

/** Scan, then computed columns, then the watermark. */
function bindTable(
  table: CatalogTable,
  options: Readonly<Record<string, string>>,
  session: BindSession,
  span: Span,
): Logical {
  requireConnector(table, options, span);
  const info = askConnector(span, () => session.connectors.source(descriptor(table, options)));
  const columns: ScanColumn[] = [];
  const schema: { name: string; type: DataType }[] = [];
  for (const column of table.columns) {
    if (column.kind === 'computed') continue;
    if (column.kind === 'physical') {
      columns.push({ name: column.name, from: { kind: 'physical', path: [column.name] } });
      schema.push({ name: column.name, type: column.type });
      continue;
    }
    const key = column.key ?? column.name;
    const metadata = info.metadata.find((m) => m.key === key);
    if (!metadata) {
      throw new StreamcellError(
        'DDL_INVALID',
        `Invalid metadata key '${key}' in column '${column.name}' of table '${table.path.name}'.`,
        {
          span,
          hint:
            info.metadata.length > 0
              ? `The connector has: ${info.metadata.map((m) => m.key).join(', ')}.`
              : 'The connector has no metadata columns.',
        },
      );
    }
    columns.push({ name: column.name, from: { kind: 'metadata', key } });
    // A column that is declared nullable is so, whatever the connector promises.
    schema.push({
      name: column.name,
      type: withNullable(metadata.type, metadata.type.nullable || column.type.nullable),
    });
  }
  const scan: LogicalScan = { op: 'scan', table, options, columns, schema, span };
  const computed = project(
    scan,
    bindColumns(table, scan.schema, session, span),
    table.columns.map((c) => c.name),
  );
  const identity =
    computed.exprs.every((e, i) => e.kind === 'input' && e.index === i) && columns.length === table.columns.length;
  const base: Logical = identity ? scan : computed;
  return table.watermark ? withWatermark(base, table, session, span) : base;
}

/** Every declared column as an expression over the scan's. */
function bindColumns(table: CatalogTable, scanned: Schema, session: BindSession, span: Span): readonly BoundExpr[] {
  // Computed columns see the declared types, which metadata is cast to.
  const typed = scanned.map((c) => ({
    name: c.name,
    type: table.columns.find((d) => d.name === c.name)?.type ?? c.type,
  }));
  const binder = new ExprBinder(session, Scope.of(typed, table.path.name, null), { clause: 'a computed column' });
  const source = (name: string): BoundExpr => {
    const index = scanned.findIndex((c) => c.name === name);
    return coerce(inputOf(scanned, index), withNullable(typed[index].type, true), span);
  };
  return table.columns.map((column) => {
    if (column.kind !== 'computed') {
      const bound = source(column.name);
      return bound.type.nullable && !column.type.nullable ? { ...bound, type: column.type } : bound;
    }
    const bound = bindText(column.expression, binder, span);
    return replaceInputs(bound, (index) => source(typed[index].name));
  });
}

function replaceInputs(expr: BoundExpr, source: (index: number) => BoundExpr): BoundExpr {
  switch (expr.kind) {
    case 'input': {
      const replaced = source(expr.index);
      return replaced.kind === 'input' ? { ...replaced, type: expr.type } : replaced;
    }
    case 'literal':
      return expr;
    case 'call':
      return { ...expr, args: expr.args.map((a) => replaceInputs(a, source)) };
    case 'cast':
    case 'field':
      return { ...expr, arg: replaceInputs(expr.arg, source) };
    case 'case':
      return {
        ...expr,
        whens: expr.whens.map((w) => ({
          condition: replaceInputs(w.condition, source),
          result: replaceInputs(w.result, source),
        })),
        otherwise: replaceInputs(expr.otherwise, source),
      };
  }
}

/** An expression kept as text in the catalog; its errors are told at the place that uses the table. */
export function bindText(text: string, binder: ExprBinder, span: Span): BoundExpr {
  try {
    return withoutSpans(binder.bind(parseExpression(text)));
  } catch (error) {
    if (!(error instanceof StreamcellError)) throw error;
    throw new StreamcellError(error.code, `In '${text}': ${error.message}`, { span, hint: error.hint, cause: error });
  }
}

/** Places within a catalog text mean nothing in the script at hand. */
function withoutSpans(expr: BoundExpr): BoundExpr {
  const bare = { ...expr, span: undefined };
  switch (bare.kind) {
    case 'call':
      return { ...bare, args: bare.args.map(withoutSpans) };
    case 'cast':
    case 'field':
      return { ...bare, arg: withoutSpans(bare.arg) };
    case 'case':
      return {
        ...bare,
        whens: bare.whens.map((w) => ({ condition: withoutSpans(w.condition), result: withoutSpans(w.result) })),
        otherwise: withoutSpans(bare.otherwise),
      };
    default:
      return bare;
  }
}

function withWatermark(base: Logical, table: CatalogTable, session: BindSession, span: Span): Logical {
  const { watermark } = table;
  if (!watermark) return base;
  const binder = new ExprBinder(session, Scope.of(base.schema, table.path.name, null), { clause: 'WATERMARK' });
  const expression = bindText(watermark.expression, binder, span);
  const rowtime = base.schema.findIndex((c) => c.name === watermark.column);
  return { op: 'watermark', input: base, rowtime, expression, schema: markRowtime(base.schema, rowtime), span };
}

export function markRowtime(schema: Schema, rowtime: number): Schema {
  return schema.map((c, i) => {
    if (i !== rowtime || (c.type.root !== 'TIMESTAMP' && c.type.root !== 'TIMESTAMP_LTZ')) return c;
    return { name: c.name, type: { ...c.type, timeAttribute: 'rowtime' as const } };
  });
}

export function scanDescriptor(scan: LogicalScan): TableDescriptor {
  return descriptor(scan.table, scan.options);
}
