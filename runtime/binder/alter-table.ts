import { suggestion, type CatalogTable, type TableColumn, type TableDefinition } from '../catalog/index.js';
import type { AlterTable, AlterTableAction, AlterTableItem, Identifier } from '../parser/ast.js';
import { StreamcellError, type Span } from '../types/index.js';
import { optionRecord, reference } from './references.js';
import { ExprBinder, unsupported } from './expression-binder.js';
import { inputsOf } from './expr-tools.js';
import { Scope } from './scope.js';
import type { BindSession } from './session.js';
import { bindColumns, checkDefinition, defineWatermark, distributionOf, primaryKeyOf } from './table-definition.js';
import { parseExpression } from '../parser/parser.js';

/** ALTER TABLE: the table is replaced by a changed one. */
export function alterTable(ast: AlterTable, session: BindSession): void {
  const { catalog } = session;
  const found = catalog.findRelation(reference(ast.name));
  if (!found && ast.ifExists) return;
  const table = found ?? catalog.relation(reference(ast.name));
  if (table.kind !== 'table') {
    throw new StreamcellError(
      'TABLE_NOT_FOUND',
      `ALTER TABLE for a view is not allowed: '${table.path.name}' is a view.`,
      { span: ast.name.span },
    );
  }
  if (ast.action.kind === 'RenameTable') {
    const { parts, span } = ast.action.newName;
    catalog.renameRelation(table, parts[parts.length - 1].name, span);
    return;
  }
  const changed = checkDefinition(change(table, ast.action, session), ast.action.span);
  catalog.replaceRelation({ ...table, ...changed, columns: retyped(changed.columns, session) });
}

/** Computed columns have the types that their inputs now give them. */
function retyped(columns: readonly TableColumn[], session: BindSession): readonly TableColumn[] {
  const plain = columns.filter((c) => c.kind !== 'computed').map((c) => ({ name: c.name, type: c.type }));
  const binder = new ExprBinder(session, Scope.of(plain, null, null), { clause: 'a computed column' });
  return columns.map((c) =>
    c.kind === 'computed' ? { ...c, type: binder.bind(parseExpression(c.expression)).type } : c,
  );
}

function change(table: CatalogTable, action: AlterTableAction, session: BindSession): TableDefinition {
  switch (action.kind) {
    case 'SetOptions':
      return { ...table, options: { ...table.options, ...optionRecord(action.options) } };
    case 'ResetOptions': {
      const gone = new Set(action.keys.map((k) => k.value));
      if (gone.size === 0)
        throw new StreamcellError('DDL_INVALID', 'ALTER TABLE RESET does not support empty key.', {
          span: action.span,
        });
      if (gone.has('connector')) {
        throw new StreamcellError('DDL_INVALID', "ALTER TABLE RESET does not support changing 'connector'.", {
          span: action.span,
        });
      }
      return { ...table, options: Object.fromEntries(Object.entries(table.options).filter(([k]) => !gone.has(k))) };
    }
    case 'RenameColumn':
      return renameColumn(table, single(action.column), single(action.newName), session, action.span);
    case 'Add':
      return action.items.reduce<TableDefinition>((t, item) => addItem(t, item, session, false), table);
    case 'Modify':
      return action.items.reduce<TableDefinition>((t, item) => addItem(t, item, session, true), table);
    case 'DropColumns':
      return dropColumns(table, action.columns, session);
    case 'DropPrimaryKey':
      if (!table.primaryKey)
        throw new StreamcellError('DDL_INVALID', 'The base table does not define any primary key.', {
          span: action.span,
        });
      return { ...table, primaryKey: null };
    case 'DropConstraint':
      if (table.primaryKey?.name !== action.name.name) {
        throw new StreamcellError(
          'DDL_INVALID',
          `The base table does not define a primary key constraint named '${action.name.name}'.`,
          { span: action.name.span },
        );
      }
      return { ...table, primaryKey: null };
    case 'DropWatermark':
      if (!table.watermark)
        throw new StreamcellError('DDL_INVALID', 'The base table does not define any watermark strategy.', {
          span: action.span,
        });
      return { ...table, watermark: null };
    case 'DropDistribution':
      return { ...table, distribution: null };
    case 'AddPartitions':
    case 'DropPartitions':
      throw unsupported('Changing partitions by ALTER TABLE', action.span);
    case 'RenameTable':
      return table;
  }
}

function single(identifier: Identifier): string {
  if (identifier.parts.length > 1) throw unsupported('Altering a nested column', identifier.span);
  return identifier.parts[0].name;
}

function requireColumn(table: TableDefinition, name: string, span: Span): number {
  const at = table.columns.findIndex((c) => c.name === name);
  if (at >= 0) return at;
  throw new StreamcellError('COLUMN_NOT_FOUND', `The column '${name}' does not exist in the base table.`, {
    span,
    hint: suggestion(
      name,
      table.columns.map((c) => c.name),
      'Columns',
    ),
  });
}

function addItem(table: TableDefinition, item: AlterTableItem, session: BindSession, modify: boolean): TableDefinition {
  switch (item.kind) {
    case 'Distribution':
      return { ...table, distribution: distributionOf(item.distribution) };
    case 'TableConstraint': {
      if (!modify && table.primaryKey)
        throw new StreamcellError('DDL_INVALID', 'The base table has already defined the primary key constraint.', {
          span: item.span,
        });
      return { ...table, primaryKey: primaryKeyOf([], [item]) };
    }
    case 'Watermark': {
      if (!modify && table.watermark)
        throw new StreamcellError('DDL_INVALID', 'The base table has already defined the watermark strategy.', {
          span: item.span,
        });
      if (modify && !table.watermark)
        throw new StreamcellError('DDL_INVALID', 'The base table does not define any watermark strategy.', {
          span: item.span,
        });
      return { ...table, watermark: defineWatermark(item, table.columns, session) };
    }
    case 'Column': {
      const name = item.column.name.name;
      const at = table.columns.findIndex((c) => c.name === name);
      if (!modify && at >= 0)
        throw new StreamcellError(
          'COLUMN_DUPLICATE',
          `Try to add a column '${name}' which already exists in the table.`,
          { span: item.span },
        );
      if (modify && at < 0) requireColumn(table, name, item.column.name.span);
      const others = table.columns.filter((c) => c.name !== name);
      const [column] = bindColumns([item.column], others, session);
      const key = primaryKeyOf([item.column], []);
      // A column that is described anew keeps its comment, unless it is given another.
      const kept = column.comment ?? table.columns[at]?.comment ?? null;
      const columns = place(table, others, { ...column, comment: kept }, item.position, at);
      return { ...table, columns, primaryKey: key ?? table.primaryKey };
    }
  }
}

function place(
  table: TableDefinition,
  others: readonly TableColumn[],
  column: TableColumn,
  position: { first: boolean; after: Identifier | null } | null,
  at: number,
): readonly TableColumn[] {
  let index = at >= 0 ? at : others.length;
  if (position?.first) index = 0;
  else if (position?.after) {
    requireColumn(table, single(position.after), position.after.span);
    index = others.findIndex((c) => c.name === single(position.after as Identifier)) + 1;
  }
  return [...others.slice(0, index), column, ...others.slice(index)];
}

/** Computed columns and the watermark that read a column keep it from being dropped or renamed. */
function assertUnused(table: TableDefinition, name: string, session: BindSession, span: Span, verb: string): void {
  const scope = Scope.of(
    table.columns.map((c) => ({ name: c.name, type: c.type })),
    null,
    null,
  );
  const binder = new ExprBinder(session, scope, { clause: 'a computed column' });
  const at = table.columns.findIndex((c) => c.name === name);
  const reads = (expression: string): boolean => inputsOf(binder.bind(parseExpression(expression))).has(at);
  const user = table.columns.find((c) => c.kind === 'computed' && c.name !== name && reads(c.expression));
  if (user) {
    throw new StreamcellError(
      'DDL_INVALID',
      `Failed to ${verb} the column '${name}': it is referenced by computed column '${user.name}'.`,
      { span },
    );
  }
  if (table.watermark && (table.watermark.column === name || reads(table.watermark.expression))) {
    throw new StreamcellError(
      'DDL_INVALID',
      `Failed to ${verb} the column '${name}': it is used in the watermark expression.`,
      { span },
    );
  }
}

/** Columns that are dropped together do not hold each other. */
function dropColumns(table: TableDefinition, names: readonly Identifier[], session: BindSession): TableDefinition {
  const gone = new Set<string>();
  for (const c of names) {
    const name = single(c);
    requireColumn(table, name, c.span);
    if (gone.has(name))
      throw new StreamcellError('COLUMN_DUPLICATE', `Duplicate column '${name}' to drop.`, { span: c.span });
    gone.add(name);
  }
  const rest = { ...table, columns: table.columns.filter((c) => c.kind !== 'computed' || !gone.has(c.name)) };
  for (const c of names) {
    const name = single(c);
    const { span } = c;
    assertUnused(rest, name, session, span, 'drop');
    const use = table.primaryKey?.columns.includes(name)
      ? 'primary key'
      : table.partitionKeys.includes(name)
        ? 'partition keys'
        : table.distribution?.columns.includes(name)
          ? 'distribution keys'
          : null;
    if (use !== null)
      throw new StreamcellError('DDL_INVALID', `Failed to drop the column '${name}': it is used as the ${use}.`, {
        span,
      });
  }
  return { ...table, columns: table.columns.filter((c) => !gone.has(c.name)) };
}

function renameColumn(
  table: TableDefinition,
  from: string,
  to: string,
  session: BindSession,
  span: Span,
): TableDefinition {
  requireColumn(table, from, span);
  if (table.columns.some((c) => c.name === to)) {
    throw new StreamcellError('COLUMN_DUPLICATE', `The column '${to}' already existed in table schema.`, { span });
  }
  assertUnused(table, from, session, span, 'rename');
  if (table.partitionKeys.includes(from)) {
    throw new StreamcellError(
      'DDL_INVALID',
      `Can not rename column '${from}' because it is used as the partition keys.`,
      { span },
    );
  }
  const rename = (n: string): string => (n === from ? to : n);
  return {
    ...table,
    columns: table.columns.map((c) => ({ ...c, name: rename(c.name) })),
    primaryKey: table.primaryKey && { ...table.primaryKey, columns: table.primaryKey.columns.map(rename) },
  };
}
