import type { BindOptions } from '../binder/index.js';
import type { CatalogTable, TableColumn } from '../catalog/index.js';
import type { AlterTable, AlterTableItem, Identifier } from '../parser/ast.js';
import { StreamcellError } from '../types/index.js';
import { distributionOf, optionsOf, reference, TableBuilder } from './ddl-table.js';

/** ALTER TABLE: a new definition in place of the old one, checked as a whole before it takes its place. */
export function alterTable(ast: AlterTable, options: BindOptions): void {
  const { catalog } = options;
  const found = catalog.findRelation(reference(ast.name));
  if (found === undefined && ast.ifExists) return;
  const table = found ?? catalog.relation(reference(ast.name));
  if (table.kind !== 'table') {
    throw new StreamcellError('DDL_INVALID', `ALTER TABLE for a view is not allowed.`, {
      span: ast.name.span,
      hint: 'ALTER VIEW alters views.',
    });
  }
  const { action } = ast;
  switch (action.kind) {
    case 'RenameTable': {
      const parts = action.newName.parts;
      catalog.renameRelation(table, parts[parts.length - 1].name, action.newName.span);
      return;
    }
    case 'SetOptions':
      catalog.replaceRelation({ ...table, options: { ...table.options, ...optionsOf(action.options) } });
      return;
    case 'ResetOptions': {
      const kept = { ...table.options };
      for (const key of action.keys) {
        if (key.value === 'connector') {
          throw new StreamcellError('DDL_INVALID', "ALTER TABLE RESET does not support changing 'connector'.", {
            span: key.span,
          });
        }
        delete kept[key.value];
      }
      catalog.replaceRelation({ ...table, options: kept });
      return;
    }
    case 'RenameColumn':
      catalog.replaceRelation(renameColumn(table, action.column, action.newName));
      return;
    case 'DropColumns':
      catalog.replaceRelation(dropColumns(table, action.columns));
      return;
    case 'DropPrimaryKey':
      catalog.replaceRelation({ ...table, primaryKey: required(table.primaryKey, 'primary key', ast) && null });
      return;
    case 'DropConstraint':
      if (table.primaryKey?.name !== action.name.name) {
        throw new StreamcellError('DDL_INVALID', `The table has no constraint '${action.name.name}'.`, {
          span: action.name.span,
        });
      }
      catalog.replaceRelation({ ...table, primaryKey: null });
      return;
    case 'DropWatermark':
      catalog.replaceRelation({ ...table, watermark: required(table.watermark, 'watermark', ast) && null });
      return;
    case 'DropDistribution':
      catalog.replaceRelation({ ...table, distribution: required(table.distribution, 'distribution', ast) && null });
      return;
    case 'Add':
    case 'Modify':
      catalog.replaceRelation(redefine(table, action.items, action.kind === 'Add', options));
      return;
    case 'AddPartitions':
    case 'DropPartitions':
      throw new StreamcellError(
        'SQL_UNSUPPORTED',
        'Partitions of a table in the in-memory catalog cannot be added or dropped.',
        { span: action.span },
      );
  }
}

function required<T>(part: T | null, what: string, ast: AlterTable): T {
  if (part === null)
    throw new StreamcellError('DDL_INVALID', `The base table does not define any ${what}.`, { span: ast.action.span });
  return part;
}

function single(identifier: Identifier): string {
  if (identifier.parts.length === 1) return identifier.parts[0].name;
  throw new StreamcellError('SQL_UNSUPPORTED', 'Altering a nested row type is not supported.', {
    span: identifier.span,
  });
}

function columnOf(table: CatalogTable, identifier: Identifier): TableColumn {
  const name = single(identifier);
  const column = table.columns.find((c) => c.name === name);
  if (column === undefined)
    throw new StreamcellError('COLUMN_NOT_FOUND', `The column '${name}' does not exist in the base table.`, {
      span: identifier.span,
    });
  return column;
}

/** What refers to a column by name, so that it cannot go. */
function referrer(table: CatalogTable, name: string): string | null {
  const mentions = (text: string): boolean => text.includes(`\`${name}\``);
  const computed = table.columns.find((c) => c.kind === 'computed' && c.name !== name && mentions(c.expression));
  if (computed !== undefined) return `computed column '${computed.name}'`;
  if (table.watermark !== null && (table.watermark.column === name || mentions(table.watermark.expression)))
    return 'the watermark';
  if (table.primaryKey?.columns.includes(name) === true) return 'the primary key';
  if (table.partitionKeys.includes(name)) return 'a partition key';
  if (table.distribution?.columns.includes(name) === true) return 'the distribution';
  return null;
}

function renameColumn(table: CatalogTable, from: Identifier, to: Identifier): CatalogTable {
  const column = columnOf(table, from);
  const name = single(to);
  if (table.columns.some((c) => c.name === name)) {
    throw new StreamcellError('COLUMN_DUPLICATE', `The column '${name}' already existed in table schema.`, {
      span: to.span,
    });
  }
  const by = referrer(table, column.name);
  if (by !== null && by !== 'the primary key' && by !== 'a partition key' && by !== 'the distribution') {
    throw new StreamcellError('DDL_INVALID', `Failed to rename column '${column.name}': it is referenced by ${by}.`, {
      span: from.span,
    });
  }
  const renamed = (n: string): string => (n === column.name ? name : n);
  return {
    ...table,
    columns: table.columns.map((c) => (c === column ? { ...c, name } : c)),
    primaryKey: table.primaryKey && { ...table.primaryKey, columns: table.primaryKey.columns.map(renamed) },
    partitionKeys: table.partitionKeys.map(renamed),
    distribution: table.distribution && { ...table.distribution, columns: table.distribution.columns.map(renamed) },
  };
}

function dropColumns(table: CatalogTable, names: readonly Identifier[]): CatalogTable {
  const dropped = new Set(names.map((identifier) => columnOf(table, identifier).name));
  const rest: CatalogTable = { ...table, columns: table.columns.filter((c) => !dropped.has(c.name)) };
  for (const identifier of names) {
    const by = referrer(rest, single(identifier));
    if (by !== null) {
      throw new StreamcellError(
        'DDL_INVALID',
        `Failed to drop column '${single(identifier)}': it is referenced by ${by}.`,
        { span: identifier.span },
      );
    }
  }
  if (rest.columns.length === 0)
    throw new StreamcellError('DDL_INVALID', 'A table needs at least one column.', { span: names[0].span });
  return rest;
}

function redefine(
  table: CatalogTable,
  items: readonly AlterTableItem[],
  adding: boolean,
  options: BindOptions,
): CatalogTable {
  const builder = new TableBuilder(options, table.path, table.columns);
  let { watermark, primaryKey, distribution } = table;
  for (const item of items) {
    if (item.kind !== 'Column') continue;
    const name = item.column.name.name;
    const at =
      item.position === null
        ? undefined
        : item.position.first
          ? 0
          : builder.indexOf(single(item.position.after as Identifier)) + 1;
    if (at === 0 && item.position?.first === false) {
      throw new StreamcellError('COLUMN_NOT_FOUND', `Referenced column by 'AFTER' does not exist in the table.`, {
        span: item.position.span,
      });
    }
    if (adding) builder.add([item.column], at);
    else {
      if (builder.indexOf(name) < 0) {
        throw new StreamcellError(
          'COLUMN_NOT_FOUND',
          `Try to modify a column '${name}' which does not exist in the table.`,
          { span: item.column.name.span },
        );
      }
      builder.replace(name, item.column);
      if (at !== undefined) builder.move(name, at);
    }
  }
  for (const item of items) {
    if (item.kind === 'Column') continue;
    const [what, present] =
      item.kind === 'Watermark'
        ? ['watermark', watermark]
        : item.kind === 'Distribution'
          ? ['distribution', distribution]
          : ['primary key', primaryKey];
    if (adding === (present !== null)) {
      throw new StreamcellError(
        'DDL_INVALID',
        adding ? `The base table has already defined the ${what}.` : `The base table does not define any ${what}.`,
        { span: item.span, hint: adding ? 'ALTER TABLE ... MODIFY changes it.' : 'ALTER TABLE ... ADD adds it.' },
      );
    }
    if (item.kind === 'Watermark') watermark = builder.watermark(item);
    else if (item.kind === 'Distribution') distribution = distributionOf(item.distribution, builder);
    else primaryKey = builder.primaryKey(item);
  }
  return { ...table, columns: builder.finished(primaryKey), watermark, primaryKey, distribution };
}
