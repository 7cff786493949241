import { DEFAULT_DATABASE, suggestion, type Catalog, type CatalogTable, type CatalogView } from '../catalog/index.js';
import type { CreateTable, CreateView, Identifier, Insert, Statement } from '../parser/ast.js';
import { StreamcellError } from '../types/index.js';
import { alterTable } from './alter-table.js';
import { optionRecord, reference } from './references.js';
import { unsupported } from './expression-binder.js';
import { rootQuery } from './query-binder.js';
import { BindSession, type BindOptions } from './session.js';
import { defineTable, tableOfQuery } from './table-definition.js';

/**
 * Runs a statement whose effect is on the catalog alone.
 * @returns what must be run next: the INSERT of a CREATE TABLE AS; else null.
 * @throws StreamcellError SQL_UNSUPPORTED for statements that are none of these.
 */
export function applyDdl(ast: Statement, options: BindOptions): Insert | null {
  const { catalog } = options;
  switch (ast.kind) {
    case 'CreateTable':
      return createTable(ast, options);
    case 'ReplaceTable':
      if (!catalog.findRelation(reference(ast.name)))
        throw new StreamcellError(
          'TABLE_NOT_FOUND',
          `The table '${lastPart(ast.name)}' to be replaced doesn't exist.`,
          {
            span: ast.name.span,
            hint: 'Use CREATE TABLE .. AS or CREATE OR REPLACE TABLE .. AS.',
          },
        );
      return createTable({ ...ast, kind: 'CreateTable', orReplace: true }, options);
    case 'AlterTable':
      alterTable(ast, new BindSession(options));
      return null;
    case 'CreateView':
      createView(ast, options);
      return null;
    case 'AlterView': {
      const view = requireView(catalog, ast.name);
      if (ast.action.kind === 'Rename')
        catalog.renameRelation(view, lastPart(ast.action.newName), ast.action.newName.span);
      else if (ast.action.kind === 'As') {
        const session = new BindSession(options);
        const node = rootQuery(ast.action.query, session);
        const query = options.text.slice(ast.action.query.span.start, ast.action.query.span.end);
        catalog.replaceRelation({
          ...view,
          columns: node.schema,
          query,
          expanded: query,
          namespace: namespaceOf(catalog),
        });
      } else throw unsupported('ALTER VIEW SET', ast.span);
      return null;
    }
    case 'CreateCatalog':
      catalog.createCatalog(
        ast.name.name,
        { comment: ast.comment, options: optionRecord(ast.options) },
        ast.ifNotExists,
        ast.name.span,
      );
      return null;
    case 'AlterCatalog': {
      const { options: now, comment } = catalog.catalogOptions(ast.name.name, ast.name.span);
      const { action } = ast;
      if (action.kind === 'ResetOptions') {
        const unfit =
          action.keys.length === 0 ? 'empty key' : action.keys.some((k) => k.value === 'type') && "changing 'type'";
        if (unfit)
          throw new StreamcellError('DDL_INVALID', `ALTER CATALOG RESET does not support ${unfit}.`, {
            span: action.span,
          });
      }
      if (action.kind === 'Comment') catalog.alterCatalog(ast.name.name, { ...now }, action.comment, ast.name.span);
      else if (action.kind === 'SetOptions')
        catalog.alterCatalog(ast.name.name, { ...now, ...optionRecord(action.options) }, comment, ast.name.span);
      else {
        const gone = new Set(action.keys.map((k) => k.value));
        catalog.alterCatalog(
          ast.name.name,
          Object.fromEntries(Object.entries(now).filter(([k]) => !gone.has(k))),
          comment,
          ast.name.span,
        );
      }
      return null;
    }
    case 'CreateDatabase':
      catalog.createDatabase(
        reference(ast.name),
        { comment: ast.comment, options: optionRecord(ast.options) },
        ast.ifNotExists,
      );
      return null;
    case 'AlterDatabase':
      catalog.alterDatabase(reference(ast.name), optionRecord(ast.options));
      return null;
    case 'Use':
      if (ast.object === 'CATALOG') catalog.useCatalog(ast.name.parts[0].name, ast.name.span);
      else catalog.useDatabase(reference(ast.name));
      return null;
    case 'UseModules': {
      const other = ast.modules.find((m) => m.name !== 'core');
      if (other)
        throw new StreamcellError('OBJECT_NOT_FOUND', `No module with name '${other.name}' exists.`, {
          span: other.span,
        });
      return null;
    }
    case 'Drop':
      drop(ast, catalog);
      return null;
    default:
      throw unsupported(statementName(ast), ast.span);
  }
}

function statementName(ast: Statement): string {
  const words = ast.kind.replace(/([a-z])([A-Z])/g, '$1 $2').toUpperCase();
  return ast.kind === 'Jar' ? `${ast.action} JAR` : words;
}

function lastPart(identifier: Identifier): string {
  return identifier.parts[identifier.parts.length - 1].name;
}

function namespaceOf(catalog: Catalog): CatalogView['namespace'] {
  return { catalog: catalog.currentCatalog, database: catalog.currentDatabase ?? DEFAULT_DATABASE };
}

// ---- tables and views ---------------------------------------------------------------------------------------------

function createTable(ast: CreateTable, options: BindOptions): Insert | null {
  const { catalog } = options;
  const session = new BindSession(options);
  const path = catalog.path(reference(ast.name));
  if (ast.as && ast.temporary)
    throw new StreamcellError('DDL_INVALID', 'CREATE TABLE AS does not support to create a temporary table.', {
      span: ast.name.span,
      hint: 'Create the temporary table first, then INSERT INTO it.',
    });
  // Flink replaces a table by that of a query, and by no other.
  const onExists = ast.ifNotExists ? 'ignore' : ast.orReplace && ast.as ? 'replace' : 'fail';
  // A table that is there is filled all the same, by place.
  if (ast.ifNotExists && catalog.holds(path, ast.temporary)) return ast.as && fill(ast, ast.as, []);
  const query = ast.as && rootQuery(ast.as, session);
  const definition = query ? tableOfQuery(ast, query.schema, session) : defineTable(ast, session);
  const table: CatalogTable = { kind: 'table', path, temporary: ast.temporary, ...definition };
  catalog.createRelation(table, onExists, ast.name.span);
  if (!ast.as) return null;
  // Columns of the query by name: the table may have further ones, and in another order.
  return fill(ast, ast.as, ast.columns.length === 0 ? [] : query!.schema.map((c) => named(c.name, ast.name)));
}

/** The INSERT of a CREATE TABLE .. AS. */
function fill(ast: CreateTable, query: Insert['query'], columns: Insert['columns']): Insert {
  return {
    kind: 'Insert',
    overwrite: false,
    upsert: false,
    target: {
      kind: 'NamedTable',
      name: ast.name,
      hints: [],
      asOf: null,
      sample: null,
      alias: null,
      span: ast.name.span,
    },
    partition: [],
    columns,
    query,
    onConflict: null,
    span: ast.span,
  };
}

function named(name: string, at: Identifier): Identifier {
  return { kind: 'Identifier', parts: [{ name, quoted: true, span: at.span }], span: at.span };
}

function createView(ast: CreateView, options: BindOptions): void {
  const { catalog } = options;
  const path = catalog.path(reference(ast.name));
  if (ast.ifNotExists && catalog.holds(path, ast.temporary)) return;
  const session = new BindSession(options);
  const node = rootQuery(ast.query, session);
  if (ast.columns.length > 0 && ast.columns.length !== node.schema.length) {
    throw new StreamcellError(
      'DDL_INVALID',
      `VIEW definition and input fields not match:\n\tDef fields: [${ast.columns.map((c) => c.name).join(', ')}].\n\tInput fields: [${node.schema
        .map((c) => c.name)
        .join(', ')}].`,
      { span: ast.columns[0].span },
    );
  }
  const names = ast.columns.length > 0 ? ast.columns.map((c) => c.name) : node.schema.map((c) => c.name);
  const twice = names.find((n, i) => names.indexOf(n) !== i);
  if (twice !== undefined)
    throw new StreamcellError('COLUMN_DUPLICATE', `A column with name '${twice}' appears twice in the view.`, {
      span: ast.span,
    });
  const query = options.text.slice(ast.query.span.start, ast.query.span.end);
  const view: CatalogView = {
    kind: 'view',
    path,
    temporary: ast.temporary,
    columns: node.schema.map((c, i) => ({ name: names[i], type: c.type })),
    query,
    expanded: query,
    namespace: namespaceOf(catalog),
    comment: ast.comment,
  };
  // Flink reads OR REPLACE here and heeds it not: a view that is there stays, and the statement fails.
  try {
    catalog.createRelation(view, ast.ifNotExists ? 'ignore' : 'fail', ast.name.span);
  } catch (thrown) {
    if (!ast.orReplace || !(thrown instanceof StreamcellError)) throw thrown;
    throw new StreamcellError(thrown.code, thrown.message, {
      span: ast.name.span,
      hint: 'Flink replaces no view: DROP VIEW IF EXISTS first, or ALTER VIEW .. AS.',
    });
  }
}

function requireView(catalog: Catalog, name: Identifier): CatalogView {
  const relation = catalog.relation(reference(name));
  if (relation.kind === 'view') return relation;
  throw new StreamcellError('TABLE_NOT_FOUND', `'${lastPart(name)}' is not a view.`, { span: name.span });
}

// ---- DROP ---------------------------------------------------------------------------------------------------------

function drop(ast: Statement & { kind: 'Drop' }, catalog: Catalog): void {
  switch (ast.object) {
    case 'TABLE':
    case 'VIEW':
      catalog.dropRelation(reference(ast.name), ast.object === 'TABLE' ? 'table' : 'view', ast.temporary, ast.ifExists);
      return;
    case 'CATALOG':
      catalog.dropCatalog(ast.name.parts[0].name, ast.ifExists, ast.name.span);
      return;
    case 'DATABASE':
      catalog.dropDatabase(reference(ast.name), ast.ifExists, ast.cascade === true);
      return;
    case 'FUNCTION': {
      const name = lastPart(ast.name);
      const known = catalog.functions().find((f) => f.name.toLowerCase() === name.toLowerCase());
      if (known) catalog.dropFunction(known, ast.ifExists, ast.name.span);
      else if (!ast.ifExists) {
        throw new StreamcellError('FUNCTION_NOT_FOUND', `Function '${name}' does not exist.`, {
          span: ast.name.span,
          hint: suggestion(name, catalog.functionNames()),
        });
      }
      return;
    }
    default:
      throw unsupported(`DROP ${ast.object}`, ast.span);
  }
}
