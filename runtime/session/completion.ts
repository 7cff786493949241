import { quoteName, relationSchema, type Catalog } from '../catalog/index.js';
import { completionContext, type CompletionContext } from '../parser/completion.js';
import { typeToString, type ConnectorCatalog } from '../types/index.js';
import { expressionFunctions, signatureOf, windowFunctions } from './function-help.js';
import { effectiveOptionKeys } from './session-options.js';
import type { Completion } from './session.js';

type Candidate = Omit<Completion, 'replace'>;

const TYPES = [
  'BIGINT',
  'BINARY',
  'BOOLEAN',
  'BYTES',
  'CHAR',
  'DATE',
  'DECIMAL',
  'DOUBLE',
  'FLOAT',
  'INT',
  'MULTISET',
  'SMALLINT',
  'STRING',
  'TIME',
  'TIMESTAMP',
  'TIMESTAMP_LTZ',
  'TINYINT',
  'VARBINARY',
  'VARCHAR',
];

/** What may be written at the cursor: the parser says which kinds of thing, the catalog which names there are. */
export function completeSql(
  text: string,
  offset: number,
  catalog: Catalog,
  connectors: ConnectorCatalog,
): readonly Completion[] {
  const context = completionContext(text, offset);
  const candidates: Candidate[] = [];
  for (const place of context.places) candidates.push(...candidatesFor(place, context, catalog, connectors));
  candidates.push(...context.keywords.map((word): Candidate => ({ text: word, kind: 'keyword' })));
  const prefix = context.prefix.toLowerCase();
  const seen = new Set<string>();
  return candidates
    .filter((c) => c.text.toLowerCase().startsWith(prefix))
    .filter((c) => {
      const key = `${c.kind} ${c.text}`;
      return !seen.has(key) && seen.add(key).size > 0;
    })
    .map((c) => ({ ...c, text: written(c, context), replace: context.replace }));
}

function candidatesFor(
  place: CompletionContext['places'][number],
  context: CompletionContext,
  catalog: Catalog,
  connectors: ConnectorCatalog,
): Candidate[] {
  switch (place) {
    case 'table':
    case 'view':
      return relations(place, context, catalog);
    case 'column':
      return columns(context, catalog);
    case 'expression':
      return [...columns(context, catalog), ...functions(context, catalog, expressionFunctions())];
    case 'function':
      return functions(context, catalog, windowFunctions());
    case 'catalog':
      return catalog.catalogNames().map((name) => ({ text: name, kind: 'catalog' }));
    case 'database':
      return catalog.databaseNames(context.qualifier[0]).map((name) => ({ text: name, kind: 'database' }));
    case 'type':
      return TYPES.map((name) => ({ text: name, kind: 'type' }));
    case 'option key':
      return optionKeys(context, connectors);
    case 'option value':
      return context.within === 'string' ? connectors.names().map((name) => ({ text: name, kind: 'option' })) : [];
    default:
      return [];
  }
}

function relations(place: 'table' | 'view', context: CompletionContext, catalog: Catalog): Candidate[] {
  const { qualifier } = context;
  const database = qualifier.length === 0 ? catalog.currentDatabase : qualifier[qualifier.length - 1];
  const inCatalog = qualifier.length > 1 ? qualifier[0] : catalog.currentCatalog;
  if (
    !catalog.catalogNames().includes(inCatalog) ||
    database === null ||
    !catalog.databaseNames(inCatalog).includes(database)
  )
    return [];
  const found: Candidate[] = catalog
    .relationNames(inCatalog, database, place === 'view' ? 'view' : undefined)
    .map((name) => {
      const kind = catalog.relation({ parts: [inCatalog, database, name] }).kind;
      return { text: name, kind };
    });
  if (qualifier.length > 0) return found;
  const common: Candidate[] = context.commonTables.map(({ name }) => ({ text: name, kind: 'view', detail: 'WITH' }));
  return [...common, ...found, ...catalog.databaseNames().map((name): Candidate => ({ text: name, kind: 'database' }))];
}

function columns(context: CompletionContext, catalog: Catalog): Candidate[] {
  const { qualifier } = context;
  if (qualifier.length > 1) return [];
  const found: Candidate[] = [];
  for (const table of context.tables) {
    if (qualifier.length === 1 && table.name !== qualifier[0]) continue;
    const relation = table.path.length === 0 ? undefined : catalog.findRelation({ parts: table.path });
    const schema = relation === undefined ? [] : relationSchema(relation);
    if (table.columns !== null) for (const name of table.columns) found.push({ text: name, kind: 'column' });
    else for (const { name, type } of schema) found.push({ text: name, kind: 'column', detail: typeToString(type) });
    if (qualifier.length === 0 && table.name !== null) found.push({ text: table.name, kind: 'table' });
  }
  return found;
}

function functions(context: CompletionContext, catalog: Catalog, builtIn: readonly string[]): Candidate[] {
  if (context.qualifier.length > 0) return [];
  return [...catalog.functionNames(), ...builtIn].map((text) => ({
    text,
    kind: 'function',
    detail: signatureOf(text),
  }));
}

function optionKeys(context: CompletionContext, connectors: ConnectorCatalog): Candidate[] {
  const name = context.options.get('connector');
  const keys = name === undefined ? ['connector', ...effectiveOptionKeys()] : connectors.optionKeys(name);
  return keys.filter((key) => !context.options.has(key)).map((text) => ({ text, kind: 'option' }));
}

/** A name as it must be written where the cursor stands. */
function written(candidate: Candidate, context: CompletionContext): string {
  if (
    context.within !== null ||
    candidate.kind === 'keyword' ||
    candidate.kind === 'type' ||
    candidate.kind === 'function'
  )
    return candidate.text;
  if (candidate.kind === 'option') return `'${candidate.text}'`;
  return /^[A-Za-z_]\w*$/.test(candidate.text) ? candidate.text : quoteName(candidate.text);
}
