import { bind, type BindOptions } from '../binder/index.js';
import type { CatalogView } from '../catalog/index.js';
import type {
  AlterCatalog,
  AlterView,
  CreateTable,
  CreateView,
  Drop,
  Identifier,
  IdentifierPart,
  Insert,
  Query,
  ReplaceTable,
  Statement,
  Use,
} from '../parser/ast.js';
import { unparseQuery } from '../parser/format.js';
import { StreamcellError, type Schema, type Span } from '../types/index.js';
import { alterTable } from './ddl-alter-table.js';
import { optionsOf, reference, tableOf } from './ddl-table.js';

/**
 * Statements that change the catalog. Everything is checked before anything is changed.
 * @returns the INSERT that CREATE TABLE .. AS goes on with, else null.
 * @throws StreamcellError SQL_UNSUPPORTED for what is no such statement.
 */
export function applyDdl(ast: Statement, options: BindOptions): Insert | null {
  const { catalog } = options;
  switch (ast.kind) {
    case 'CreateTable':
    case 'ReplaceTable':
      return createTable(ast, options);
    case 'AlterTable':
      alterTable(ast, options);
      return null;
    case 'CreateView':
      catalog.createRelation(
        viewOf(ast, options),
        ast.ifNotExists ? 'ignore' : ast.orReplace ? 'replace' : 'fail',
        ast.name.span,
      );
      return null;
    case 'AlterView':
      alterView(ast, options);
      return null;
    case 'CreateDatabase':
      catalog.createDatabase(
        reference(ast.name),
        { comment: ast.comment, options: optionsOf(ast.options) },
        ast.ifNotExists,
      );
      return null;
    case 'AlterDatabase':
      catalog.alterDatabase(reference(ast.name), optionsOf(ast.options));
      return null;
    case 'CreateCatalog':
      catalog.createCatalog(
        ast.name.name,
        { comment: ast.comment, options: optionsOf(ast.options) },
        ast.ifNotExists,
        ast.name.span,
      );
      return null;
    case 'AlterCatalog':
      alterCatalog(ast, options);
      return null;
    case 'Drop':
      drop(ast, options);
      return null;
    case 'Use':
      use(ast, options);
      return null;
    case 'AnalyzeTable':
      // Statistics would steer a batch optimizer; there is none.
      catalog.relation(reference(ast.name));
      return null;
    default:
      throw new StreamcellError(
        'SQL_UNSUPPORTED',
        `${statementName(ast.kind)} is not supported by the embedded engine.`,
        { span: ast.span },
      );
  }
}

/** `CreateFunction` -> `CREATE FUNCTION`. */
function statementName(kind: string): string {
  return kind.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toUpperCase();
}

function createTable(ast: CreateTable | ReplaceTable, options: BindOptions): Insert | null {
  const table = tableOf(ast, options);
  const replacing = ast.kind === 'ReplaceTable' || ast.orReplace;
  if (
    ast.kind === 'ReplaceTable' &&
    !ast.orReplace &&
    options.catalog.findRelation(reference(ast.name)) === undefined
  ) {
    throw new StreamcellError('TABLE_NOT_FOUND', `The table '${table.path.name}' to be replaced doesn't exist.`, {
      span: ast.name.span,
      hint: 'CREATE OR REPLACE TABLE makes it.',
    });
  }
  const created = options.catalog.createRelation(
    table,
    ast.ifNotExists ? 'ignore' : replacing ? 'replace' : 'fail',
    ast.name.span,
  );
  return ast.as === null || !created ? null : insertInto(ast.name, ast.as, ast.span);
}

function insertInto(name: Identifier, query: Query, span: Span): Insert {
  return {
    kind: 'Insert',
    overwrite: false,
    upsert: false,
    target: { kind: 'NamedTable', name, hints: [], asOf: null, sample: null, alias: null, span: name.span },
    partition: [],
    columns: [],
    query,
    onConflict: null,
    span,
  };
}

function viewOf(ast: CreateView, options: BindOptions): CatalogView {
  const { catalog } = options;
  return {
    kind: 'view',
    path: catalog.path(reference(ast.name)),
    temporary: ast.temporary,
    ...queryOf(ast.query, ast.columns, options),
    comment: ast.comment,
  };
}

function queryOf(
  query: Query,
  names: readonly IdentifierPart[],
  options: BindOptions,
): Pick<CatalogView, 'columns' | 'query' | 'expanded' | 'namespace'> {
  const { catalog } = options;
  const { schema } = bind(query, options);
  if (names.length > 0 && names.length !== schema.length) {
    throw new StreamcellError(
      'DDL_INVALID',
      `VIEW definition and input fields not match: Expected ${names.length} columns, but the query has ${schema.length}.`,
      { span: names[0].span },
    );
  }
  const columns: Schema = schema.map((c, i) => ({ name: names[i]?.name ?? c.name, type: c.type }));
  const seen = new Set<string>();
  for (const [i, { name }] of columns.entries()) {
    if (seen.has(name))
      throw new StreamcellError('COLUMN_DUPLICATE', `Column '${name}' is there twice in the view.`, {
        span: names[i]?.span ?? query.span,
      });
    seen.add(name);
  }
  return {
    columns,
    query: options.text.slice(query.span.start, query.span.end),
    expanded: unparseQuery(query),
    namespace: { catalog: catalog.currentCatalog, database: catalog.currentDatabase ?? '' },
  };
}

function alterView(ast: AlterView, options: BindOptions): void {
  const { catalog } = options;
  const view = catalog.relation(reference(ast.name));
  if (view.kind !== 'view') {
    throw new StreamcellError('DDL_INVALID', `'${view.path.name}' is a table, not a view.`, {
      span: ast.name.span,
      hint: 'ALTER TABLE alters tables.',
    });
  }
  if (ast.action.kind === 'Rename') {
    const parts = ast.action.newName.parts;
    catalog.renameRelation(view, parts[parts.length - 1].name, ast.action.newName.span);
  } else catalog.replaceRelation({ ...view, ...queryOf(ast.action.query, [], options) });
}

function alterCatalog(ast: AlterCatalog, options: BindOptions): void {
  const current = options.catalog.catalogOptions(ast.name.name, ast.name.span);
  const changed: Record<string, string> = { ...current.options };
  if (ast.action.kind === 'SetOptions') Object.assign(changed, optionsOf(ast.action.options));
  else if (ast.action.kind === 'ResetOptions') for (const key of ast.action.keys) delete changed[key.value];
  options.catalog.alterCatalog(
    ast.name.name,
    changed,
    ast.action.kind === 'Comment' ? ast.action.comment : current.comment,
    ast.name.span,
  );
}

function drop(ast: Drop, options: BindOptions): void {
  const { catalog } = options;
  const name = reference(ast.name);
  switch (ast.object) {
    case 'TABLE':
    case 'VIEW':
      catalog.dropRelation(name, ast.object === 'TABLE' ? 'table' : 'view', ast.temporary, ast.ifExists);
      break;
    case 'CATALOG':
      catalog.dropCatalog(name.parts[0], ast.ifExists, name.span);
      break;
    case 'DATABASE':
      catalog.dropDatabase(name, ast.ifExists, ast.cascade === true);
      break;
    default:
      throw new StreamcellError('SQL_UNSUPPORTED', `DROP ${ast.object} is not supported by the embedded engine.`, {
        span: ast.span,
      });
  }
}

function use(ast: Use, options: BindOptions): void {
  if (ast.object === 'CATALOG') options.catalog.useCatalog(ast.name.parts[0].name, ast.name.span);
  else options.catalog.useDatabase(reference(ast.name));
}
