import type { BoundExpr } from '../expressions/bound.js';
import { bindCast } from '../expressions/index.js';
import { implicitlyStorable } from './store-types.js';
import type { Identifier, Insert } from '../parser/ast.js';
import { suggestion, type CatalogTable, type TableColumn } from '../catalog/index.js';
import { NULL, StreamcellError, typeToString, withNullable, type DataType, type Span } from '../types/index.js';
import { ExprBinder, coerce, unsupported } from './expression-binder.js';
import { inputOf } from './expr-tools.js';
import type { Logical, LogicalSink } from './logical.js';
import { project } from './nodes.js';
import type { QueryContext } from './query-context.js';
import { Scope } from './scope.js';
import { askConnector, descriptor, requireConnector, tableOptions } from './table-binder.js';

interface SinkColumn {
  readonly name: string;
  readonly type: DataType;
  readonly metadata: string | null;
}

/** INSERT INTO: the query's columns matched by position to the sink's, cast where types allow, missing ones NULL. */
export function bindInsert(insert: Insert, context: QueryContext): LogicalSink {
  const { session } = context;
  const { target } = insert;
  if (insert.upsert) throw unsupported('UPSERT INTO', insert.span);
  const parts = target.name.parts.map((p) => p.name);
  const relation = session.catalog.relation({ parts, span: target.name.span });
  if (relation.kind === 'view') {
    throw new StreamcellError('SINK_SCHEMA', `'${parts.join('.')}' is a view; a view cannot be written to.`, {
      span: target.name.span,
    });
  }
  const options = tableOptions(relation, target.hints);
  requireConnector(relation, options, target.name.span);
  const info = askConnector(target.name.span, () => session.connectors.sink(descriptor(relation, options)));
  if (insert.overwrite && info.overwrites !== true)
    throw new StreamcellError('SINK_SCHEMA', `The sink of '${parts.join('.')}' cannot overwrite what is there.`, {
      span: insert.span,
      hint: 'Use INSERT INTO.',
    });
  const columns = sinkColumns(relation);
  for (const c of columns) {
    const known = c.metadata === null || info.metadata.some((m) => m.key === c.metadata && m.writable);
    if (!known) {
      throw new StreamcellError(
        'DDL_INVALID',
        `Invalid metadata key '${c.metadata}' in column '${c.name}' of table '${relation.path.name}'.`,
        {
          span: target.name.span,
          hint: 'A metadata column that only the source has is declared VIRTUAL.',
        },
      );
    }
  }
  const query = context.bindQuery(insert.query, context);
  const statics = staticPartition(insert, relation, context);
  const input = arrange(insert, relation, columns, query, statics);
  return {
    input,
    table: relation,
    options,
    columns: columns.map((c) => c.name),
    metadata: columns.flatMap((c, column) => (c.metadata === null ? [] : [{ column, key: c.metadata }])),
    overwrite: insert.overwrite,
    onConflict: insert.onConflict?.behavior ?? null,
    span: insert.span,
  };
}

function sinkColumns(table: CatalogTable): readonly SinkColumn[] {
  const persisted = (c: TableColumn): boolean => c.kind === 'physical' || (c.kind === 'metadata' && !c.virtual);
  return table.columns
    .filter(persisted)
    .map((c) => ({ name: c.name, type: c.type, metadata: c.kind === 'metadata' ? (c.key ?? c.name) : null }));
}

function staticPartition(insert: Insert, table: CatalogTable, context: QueryContext): ReadonlyMap<string, BoundExpr> {
  const binder = new ExprBinder(context.session, new Scope([]), { clause: 'PARTITION' });
  const values = new Map<string, BoundExpr>();
  for (const p of insert.partition) {
    if (!table.partitionKeys.includes(p.column.name)) {
      throw new StreamcellError(
        'SINK_SCHEMA',
        `'${p.column.name}' is not a partition column of '${table.path.name}'.`,
        {
          span: p.column.span,
          hint: suggestion(p.column.name, table.partitionKeys, 'Partition columns'),
        },
      );
    }
    if (p.value) values.set(p.column.name, binder.constant(p.value));
  }
  return values;
}

function arrange(
  insert: Insert,
  table: CatalogTable,
  columns: readonly SinkColumn[],
  query: Logical,
  statics: ReadonlyMap<string, BoundExpr>,
): Logical {
  const named = insert.columns.length > 0 ? insert.columns.map((c) => namedColumn(c, columns, table)) : null;
  const duplicate = named?.find((n, i) => named.indexOf(n) !== i);
  if (duplicate)
    throw new StreamcellError('COLUMN_DUPLICATE', `Target column '${duplicate}' is assigned more than once.`, {
      span: insert.span,
    });
  const targets = named ?? columns.map((c) => c.name).filter((n) => !statics.has(n));
  if (targets.length !== query.schema.length) {
    throw schemaMismatch(
      query,
      columns,
      table,
      insert.query.span,
      query.schema.length < targets.length ? 'Not enough columns' : 'Different number of columns',
    );
  }
  const exprs = columns.map((column): BoundExpr => {
    const position = targets.indexOf(column.name);
    const constant = statics.get(column.name);
    // A static partition's value is cast, where a query's would have to be assignable.
    if (constant) return bindCast(constant, withNullable(column.type, true), false, insert.span);
    if (position >= 0) return store(inputOf(query.schema, position), column, query, columns, table, insert.query.span);
    if (!column.type.nullable) {
      throw new StreamcellError(
        'SINK_SCHEMA',
        `Column '${column.name}' has no default value and does not allow NULLs.`,
        { span: insert.span },
      );
    }
    return bindCast({ kind: 'literal', type: NULL(), value: null }, column.type, false, insert.span);
  });
  const same = exprs.every((e, i) => e.kind === 'input' && e.index === i) && exprs.length === query.schema.length;
  return same
    ? query
    : project(
        query,
        exprs,
        columns.map((c) => c.name),
        insert.span,
      );
}

function namedColumn(column: Identifier, columns: readonly SinkColumn[], table: CatalogTable): string {
  const { name } = column.parts[0];
  if (column.parts.length > 1) throw unsupported('A nested column in INSERT', column.span);
  if (!columns.some((c) => c.name === name)) {
    throw new StreamcellError('COLUMN_NOT_FOUND', `Unknown target column '${name}' in table '${table.path.name}'.`, {
      span: column.span,
      hint: suggestion(
        name,
        columns.map((c) => c.name),
        'Columns',
      ),
    });
  }
  return name;
}

/** The value as the sink's column type, by Flink's implicit casts; NOT NULL is checked when rows are written. */
function store(
  value: BoundExpr,
  column: SinkColumn,
  query: Logical,
  columns: readonly SinkColumn[],
  table: CatalogTable,
  span: Span,
): BoundExpr {
  if (!implicitlyStorable(value.type, column.type)) {
    throw schemaMismatch(query, columns, table, span, `Incompatible types for sink column '${column.name}'`);
  }
  return coerce(value, withNullable(column.type, true), span);
}

function schemaMismatch(
  query: Logical,
  columns: readonly SinkColumn[],
  table: CatalogTable,
  span: Span,
  cause: string,
): StreamcellError {
  const list = (all: readonly { readonly name: string; readonly type: DataType }[]): string =>
    `[${all.map((c) => `${c.name}: ${typeToString(c.type)}`).join(', ')}]`;
  return new StreamcellError(
    'SINK_SCHEMA',
    `Column types of query result and sink for '${table.path.catalog}.${table.path.database}.${table.path.name}' do not match. ` +
      `Cause: ${cause}. Query schema: ${list(query.schema)} Sink schema: ${list(columns)}`,
    { span },
  );
}
