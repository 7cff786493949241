import {
  quoteName,
  quoteText,
  type Catalog,
  type CatalogRelation,
  type CatalogTable,
  type CatalogView,
  type TableColumn,
} from '../catalog/index.js';
import type { Describe, Identifier, Show, ShowCreate } from '../parser/ast.js';
import {
  StreamcellError,
  STRING,
  TIMESTAMP_LTZ,
  Timestamp,
  typeToString,
  withNullable,
  type DataType,
  type Span,
  type Value,
} from '../types/index.js';
import { expressionFunctions } from './function-help.js';
import type { JobInfo } from './session.js';
import { FLAG, strings, texts, type SmallResult } from './small-result.js';

/** SHOW and DESCRIBE: column names and texts are Flink's, so that scripts which read them go on working. */
export interface ShowContext {
  readonly catalog: Catalog;
  readonly jobs: readonly JobInfo[];
}

function nameOf(identifier: Identifier): { readonly parts: readonly string[]; readonly span: Span } {
  return { parts: identifier.parts.map((p) => p.name), span: identifier.span };
}

/** Flink's LIKE patterns of SHOW: `%` and `_`. */
function likePattern(pattern: string, ignoreCase: boolean): RegExp {
  const source = [...pattern]
    .map((c) => (c === '%' ? '.*' : c === '_' ? '.' : c.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')))
    .join('');
  return new RegExp(`^${source}$`, ignoreCase ? 'is' : 's');
}

export function show(statement: Show, context: ShowContext): SmallResult {
  const { catalog } = context;
  const { like, from } = statement;
  const kept = (names: readonly string[]): readonly string[] => {
    if (like === null) return names;
    const pattern = likePattern(like.pattern.value, like.variant === 'ILIKE');
    return names.filter((name) => pattern.test(name) !== like.negated);
  };
  switch (statement.subject) {
    case 'CATALOGS':
      return texts('catalog name', kept(catalog.catalogNames()));
    case 'DATABASES':
      return texts('database name', kept(catalog.databaseNames(from?.parts[0].name, from?.span)));
    case 'TABLES':
    case 'VIEWS': {
      const [inCatalog, inDatabase] = databaseOf(catalog, from);
      const kind = statement.subject === 'VIEWS' ? 'view' : undefined;
      return texts(
        `${statement.subject === 'VIEWS' ? 'view' : 'table'} name`,
        kept(catalog.relationNames(inCatalog, inDatabase, kind)),
      );
    }
    case 'COLUMNS': {
      const described = describeRelation(catalog.relation(nameOf(from as Identifier)));
      const names = new Set(kept(described.rows.map((row) => row[0] as string)));
      return { columns: described.columns, rows: described.rows.filter((row) => names.has(row[0] as string)) };
    }
    case 'FUNCTIONS':
      return texts(
        'function name',
        kept([...new Set([...catalog.functionNames(), ...expressionFunctions().map((n) => n.toLowerCase())])].sort()),
      );
    case 'USER FUNCTIONS':
      return texts('function name', kept(catalog.functionNames()));
    case 'MODULES':
      return texts('module name', ['core']);
    case 'FULL MODULES':
      return { columns: [...strings('module name'), { name: 'used', type: FLAG }], rows: [['core', true]] };
    case 'JARS':
      return texts('jars', []);
    case 'PARTITIONS': {
      const relation = catalog.relation(nameOf(from as Identifier));
      if (relation.kind === 'table' && relation.partitionKeys.length > 0) return texts('partition name', []);
      throw new StreamcellError('DDL_INVALID', `Table '${relation.path.name}' is not partitioned.`, {
        span: from?.span,
      });
    }
    case 'JOBS':
      return jobsTable(context.jobs);
    case 'CURRENT CATALOG':
      return texts('current catalog name', [catalog.currentCatalog]);
    case 'CURRENT DATABASE':
      return { columns: strings('current database name'), rows: [[catalog.currentDatabase]] };
    // There can be none here.
    case 'MATERIALIZED TABLES':
      databaseOf(catalog, from);
      return texts('materialized table', []);
    case 'MODELS':
      databaseOf(catalog, from);
      return texts('model name', []);
    case 'PROCEDURES':
    case 'CONNECTIONS':
      throw new StreamcellError(
        'SQL_UNSUPPORTED',
        `SHOW ${statement.subject} is not supported by the embedded engine.`,
        { span: statement.span },
      );
  }
}

function databaseOf(catalog: Catalog, from: Identifier | null): [string, string | null] {
  if (from === null) return [catalog.currentCatalog, catalog.currentDatabase];
  const names = from.parts.map((p) => p.name);
  const inCatalog = names.length > 1 ? names[0] : catalog.currentCatalog;
  const database = names[names.length - 1];
  if (!catalog.databaseNames(inCatalog, from.span).includes(database)) {
    throw new StreamcellError(
      'DATABASE_NOT_FOUND',
      `A database with name '${database}' does not exist in the catalog '${inCatalog}'.`,
      {
        span: from.span,
      },
    );
  }
  return [inCatalog, database];
}

const JOB_STATES: Readonly<Record<JobInfo['state'], string>> = {
  created: 'CREATED',
  running: 'RUNNING',
  finished: 'FINISHED',
  cancelling: 'CANCELLING',
  cancelled: 'CANCELED',
  failed: 'FAILED',
};

export function jobsTable(jobs: readonly JobInfo[]): SmallResult {
  return {
    columns: [...strings('job id', 'job name', 'status'), { name: 'start time', type: TIMESTAMP_LTZ(6) }],
    rows: [...jobs]
      .sort((a, b) => b.startedAt - a.startedAt)
      .map((job) => [job.id, job.name, JOB_STATES[job.state], new Timestamp(job.startedAt)]),
  };
}

export function describe(statement: Describe, context: ShowContext): SmallResult {
  const { name, span } = statement;
  if (statement.object === 'JOB' && name.kind === 'StringLiteral') {
    const job = context.jobs.find((j) => j.id === name.value);
    if (job === undefined)
      throw new StreamcellError('JOB_NOT_FOUND', `There is no job '${name.value}'.`, { span: name.span });
    return jobsTable([job]);
  }
  if (
    name.kind !== 'Identifier' ||
    (statement.object !== 'TABLE' && statement.object !== 'CATALOG' && statement.object !== 'DATABASE')
  ) {
    throw new StreamcellError(
      'SQL_UNSUPPORTED',
      `DESCRIBE ${statement.object} is not supported by the embedded engine.`,
      { span },
    );
  }
  if (statement.object === 'TABLE') return describeRelation(context.catalog.relation(nameOf(name)));
  const columns = strings('info name', 'info value');
  if (statement.object === 'CATALOG') {
    const catalogName = name.parts[0].name;
    const { options, comment } = context.catalog.catalogOptions(catalogName, name.span);
    const rows: Value[][] = [
      ['name', catalogName],
      ['type', options['type'] ?? 'generic_in_memory'],
      ['comment', comment],
    ];
    const further = Object.entries(options).filter(([key]) => key !== 'type');
    if (statement.extended) for (const [key, value] of further) rows.push([`option:${key}`, value]);
    return { columns, rows };
  }
  const { options, comment } = context.catalog.databaseInfo(nameOf(name));
  const rows: Value[][] = [
    ['Namespace Name', name.parts[name.parts.length - 1].name],
    ['Comment', comment],
  ];
  if (statement.extended) for (const [key, value] of Object.entries(options)) rows.push([`option:${key}`, value]);
  return { columns, rows };
}

function describeRelation(relation: CatalogRelation): SmallResult {
  const columns: readonly TableColumn[] =
    relation.kind === 'table'
      ? relation.columns
      : relation.columns.map((c) => ({ kind: 'physical', ...c, comment: null }));
  const commented = columns.some((c) => c.comment !== null);
  const table = relation.kind === 'table' ? relation : null;
  const key = table?.primaryKey?.columns ?? [];
  const rows = columns.map((column) => {
    const rowtime = table?.watermark?.column === column.name;
    const cells: Value[] = [
      column.name,
      typeText(column.type, rowtime),
      column.type.nullable,
      key.includes(column.name) ? `PRI(${key.join(', ')})` : null,
      extras(column),
      rowtime ? (table?.watermark?.expression ?? null) : null,
    ];
    if (commented) cells.push(column.comment);
    return cells;
  });
  const schema = [...strings('name', 'type'), { name: 'null', type: FLAG }, ...strings('key', 'extras', 'watermark')];
  return { columns: commented ? [...schema, { name: 'comment', type: STRING() }] : schema, rows };
}

function typeText(type: DataType, rowtime: boolean): string {
  const shown = withNullable(type, true);
  if (rowtime && (shown.root === 'TIMESTAMP' || shown.root === 'TIMESTAMP_LTZ'))
    return typeToString({ ...shown, timeAttribute: 'rowtime' });
  return typeToString(shown);
}

function extras(column: TableColumn): string | null {
  if (column.kind === 'computed') return `AS ${column.expression}`;
  if (column.kind === 'physical') return null;
  return `METADATA${column.key === null ? '' : ` FROM ${quoteText(column.key)}`}${column.virtual ? ' VIRTUAL' : ''}`;
}

/** Types as SHOW CREATE writes them: without synonyms. */
function serializedType(type: DataType): string {
  const plain: DataType =
    type.root === 'TIMESTAMP' || type.root === 'TIMESTAMP_LTZ' ? { ...type, timeAttribute: undefined } : type;
  return typeToString(plain)
    .replace(/\bSTRING\b/g, 'VARCHAR(2147483647)')
    .replace(/\bBYTES\b/g, 'VARBINARY(2147483647)')
    .replace(/\bTIMESTAMP_LTZ\((\d)\)/g, 'TIMESTAMP($1) WITH LOCAL TIME ZONE');
}

export function showCreate(statement: ShowCreate, catalog: Catalog): SmallResult {
  const relation = (kind: 'table' | 'view'): CatalogRelation => {
    const found = catalog.relation(nameOf(statement.name));
    if (found.kind === kind) return found;
    throw new StreamcellError(
      'TABLE_NOT_FOUND',
      kind === 'table'
        ? `SHOW CREATE TABLE is only supported for tables, but ${found.path.name} is a view. Please use SHOW CREATE VIEW instead.`
        : `SHOW CREATE VIEW is only supported for views, but ${found.path.name} is a table. Please use SHOW CREATE TABLE instead.`,
      { span: statement.name.span },
    );
  };
  switch (statement.object) {
    case 'TABLE':
      return texts('result', [createTableText(relation('table') as CatalogTable)]);
    case 'VIEW':
      return texts('result', [createViewText(relation('view') as CatalogView)]);
    case 'CATALOG': {
      const name = statement.name.parts[0].name;
      const { options, comment } = catalog.catalogOptions(name, statement.name.span);
      const about = comment === null || comment === '' ? '' : `\nCOMMENT ${quoteText(comment)}`;
      return texts('result', [
        `CREATE CATALOG ${quoteName(name)}${about}${withText({ type: 'generic_in_memory', ...options })}\n`,
      ]);
    }
    default:
      throw new StreamcellError(
        'SQL_UNSUPPORTED',
        `SHOW CREATE ${statement.object} is not supported by the embedded engine.`,
        {
          span: statement.span,
        },
      );
  }
}

function fullName(relation: CatalogRelation): string {
  const { catalog, database, name } = relation.path;
  return [catalog, database, name].map(quoteName).join('.');
}

function withText(options: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  const entries = sorted.map(([key, value]) => `  ${quoteText(key)} = ${quoteText(value)}`);
  return entries.length === 0 ? '' : `\nWITH (\n${entries.join(',\n')}\n)`;
}

function createTableText(table: CatalogTable): string {
  const lines = table.columns.map((column) => {
    const comment = column.comment === null || column.comment === '' ? '' : ` COMMENT ${quoteText(column.comment)}`;
    if (column.kind === 'computed') return `  ${quoteName(column.name)} AS ${column.expression}${comment}`;
    const extra = extras(column);
    return `  ${quoteName(column.name)} ${serializedType(column.type)}${extra === null ? '' : ` ${extra}`}${comment}`;
  });
  if (table.watermark !== null)
    lines.push(`  WATERMARK FOR ${quoteName(table.watermark.column)} AS ${table.watermark.expression}`);
  if (table.primaryKey !== null) {
    const columns = table.primaryKey.columns.map(quoteName).join(', ');
    lines.push(`  CONSTRAINT ${quoteName(table.primaryKey.name)} PRIMARY KEY (${columns}) NOT ENFORCED`);
  }
  let text = `CREATE ${table.temporary ? 'TEMPORARY ' : ''}TABLE ${fullName(table)} (\n${lines.join(',\n')}\n)`;
  if (table.comment !== null && table.comment !== '') text += `\nCOMMENT ${quoteText(table.comment)}`;
  if (table.distribution !== null) {
    const { method, columns, buckets } = table.distribution;
    const by = columns.length === 0 ? '' : ` BY ${method ?? ''}(${columns.map(quoteName).join(', ')})`;
    text += `\nDISTRIBUTED${by}${buckets === null ? '' : ` INTO ${buckets} BUCKETS`}`;
  }
  if (table.partitionKeys.length > 0) text += `\nPARTITIONED BY (${table.partitionKeys.map(quoteName).join(', ')})`;
  return `${text}${withText(table.options)}\n`;
}

function createViewText(view: CatalogView): string {
  const columns = view.columns.map((c) => `  ${quoteName(c.name)}`).join(',\n');
  const comment = view.comment === null || view.comment === '' ? '' : `\nCOMMENT ${quoteText(view.comment)}`;
  return `CREATE ${view.temporary ? 'TEMPORARY ' : ''}VIEW ${fullName(view)} (\n${columns}\n)${comment}\nAS ${view.expanded}\n`;
}
