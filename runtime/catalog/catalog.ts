import { StreamcellError, type Span } from '../types/index.js';
import { suggestion } from './names.js';
import type { CatalogFunction, CatalogRelation, ObjectPath } from './objects.js';

/** A written name: one to three parts, with a place for errors. */
export interface NameReference {
  readonly parts: readonly string[];
  readonly span?: Span;
}

interface Database {
  comment: string | null;
  options: Record<string, string>;
  readonly relations: Map<string, CatalogRelation>;
  readonly functions: Map<string, CatalogFunction>;
}

interface CatalogEntry {
  comment: string | null;
  options: Record<string, string>;
  readonly databases: Map<string, Database>;
}

export const DEFAULT_CATALOG = 'default_catalog';
export const DEFAULT_DATABASE = 'default_database';

const pathKey = (path: ObjectPath): string => JSON.stringify([path.catalog, path.database, path.name]);

/**
 * All named objects of a session. Objects are immutable: a change replaces the entry, so whoever holds one keeps what was bound.
 *
 * State: catalogs with their databases, temporary relations (which hide permanent ones of the same path), functions, the current namespace.
 * Maintains the invariant that the current catalog exists, and that every path stored is complete.
 */
export class Catalog {
  private readonly catalogs = new Map<string, CatalogEntry>();
  private readonly temporary = new Map<string, CatalogRelation>();
  private readonly temporaryFunctions = new Map<string, CatalogFunction>();
  private catalogName = DEFAULT_CATALOG;
  private databaseName: string | null = DEFAULT_DATABASE;

  constructor() {
    this.catalogs.set(DEFAULT_CATALOG, newCatalog());
    this.database(DEFAULT_CATALOG, DEFAULT_DATABASE, null, true);
  }

  // ---- namespace ----------------------------------------------------------------------------------------------------

  get currentCatalog(): string {
    return this.catalogName;
  }

  get currentDatabase(): string | null {
    return this.databaseName;
  }

  /** A view of this catalog for binding the text of a view: other current namespace, same objects. */
  inNamespace(catalog: string, database: string): Catalog {
    const other: Catalog = Object.create(this) as Catalog;
    other.catalogName = catalog;
    other.databaseName = database;
    return other;
  }

  /** A copy that may be changed without effect on this one: for validating a script without running it. */
  fork(): Catalog {
    const copy = new Catalog();
    copy.catalogs.clear();
    for (const [name, entry] of this.catalogs) {
      const databases = new Map<string, Database>();
      for (const [db, d] of entry.databases) {
        databases.set(db, { ...d, relations: new Map(d.relations), functions: new Map(d.functions) });
      }
      copy.catalogs.set(name, { ...entry, databases });
    }
    for (const [key, relation] of this.temporary) copy.temporary.set(key, relation);
    for (const [key, fn] of this.temporaryFunctions) copy.temporaryFunctions.set(key, fn);
    copy.catalogName = this.catalogName;
    copy.databaseName = this.databaseName;
    return copy;
  }

  useCatalog(name: string, span?: Span): void {
    this.entry(name, span);
    this.catalogName = name;
    const { databases, options } = this.entry(name, span);
    const first = name === DEFAULT_CATALOG ? DEFAULT_DATABASE : (options['default-database'] ?? 'default');
    this.databaseName = databases.has(first) ? first : null;
  }

  useDatabase(reference: NameReference): void {
    const { catalog, database } = this.databasePath(reference);
    this.database(catalog, database, reference.span ?? null);
    this.catalogName = catalog;
    this.databaseName = database;
  }

  // ---- catalogs and databases ---------------------------------------------------------------------------------------

  catalogNames(): readonly string[] {
    return [...this.catalogs.keys()].sort();
  }

  catalogOptions(
    name: string,
    span?: Span,
  ): { readonly options: Readonly<Record<string, string>>; readonly comment: string | null } {
    const { options, comment } = this.entry(name, span);
    return { options, comment };
  }

  createCatalog(
    name: string,
    definition: { comment: string | null; options: Record<string, string> },
    ifNotExists: boolean,
    span?: Span,
  ): void {
    if (this.catalogs.has(name)) {
      if (ifNotExists) return;
      throw new StreamcellError('OBJECT_EXISTS', `Catalog ${name} already exists.`, { span });
    }
    checkCatalogOptions(definition.options, span);
    const entry = newCatalog();
    entry.comment = definition.comment;
    entry.options = definition.options;
    this.catalogs.set(name, entry);
    entry.databases.set(definition.options['default-database'] ?? 'default', newDatabase());
  }

  alterCatalog(name: string, options: Record<string, string>, comment: string | null, span?: Span): void {
    const entry = this.entry(name, span);
    if (name !== DEFAULT_CATALOG) checkCatalogOptions(options, span);
    // One that was never used is made anew, with its first database.
    const from = entry.options['default-database'] ?? 'default';
    const to = options['default-database'] ?? 'default';
    const only = entry.databases.get(from);
    const unused = entry.databases.size === 1 && only?.relations.size === 0 && only.functions.size === 0;
    if (name !== DEFAULT_CATALOG && name !== this.catalogName && from !== to && unused) {
      entry.databases.delete(from);
      entry.databases.set(to, newDatabase());
    }
    entry.options = options;
    entry.comment = comment;
  }

  dropCatalog(name: string, ifExists: boolean, span?: Span): void {
    if (!this.catalogs.has(name) && ifExists) return;
    this.entry(name, span);
    if (name === this.catalogName)
      throw new StreamcellError('DDL_INVALID', 'Cannot drop a catalog which is currently in use.', { span });
    this.catalogs.delete(name);
  }

  databaseNames(catalog = this.catalogName, span?: Span): readonly string[] {
    return [...this.entry(catalog, span).databases.keys()].sort();
  }

  databaseInfo(reference: NameReference): {
    readonly options: Readonly<Record<string, string>>;
    readonly comment: string | null;
  } {
    const { catalog, database } = this.databasePath(reference);
    const { options, comment } = this.database(catalog, database, reference.span ?? null);
    return { options, comment };
  }

  createDatabase(
    reference: NameReference,
    definition: { comment: string | null; options: Record<string, string> },
    ifNotExists: boolean,
  ): void {
    const { catalog, database } = this.databasePath(reference);
    const databases = this.entry(catalog, reference.span).databases;
    if (databases.has(database)) {
      if (ifNotExists) return;
      throw new StreamcellError('OBJECT_EXISTS', `Database ${catalog}.${database} already exists.`, {
        span: reference.span,
      });
    }
    databases.set(database, { ...newDatabase(), ...definition });
  }

  alterDatabase(reference: NameReference, options: Record<string, string>): void {
    const { catalog, database } = this.databasePath(reference);
    const entry = this.database(catalog, database, reference.span ?? null);
    entry.options = { ...entry.options, ...options };
  }

  dropDatabase(reference: NameReference, ifExists: boolean, cascade: boolean): void {
    const { catalog, database } = this.databasePath(reference);
    const databases = this.catalogs.get(catalog)?.databases;
    if (!databases?.has(database) && ifExists) return;
    const entry = this.database(catalog, database, reference.span ?? null);
    const { span } = reference;
    if (catalog === this.catalogName && database === this.databaseName) {
      throw new StreamcellError('DDL_INVALID', 'Cannot drop a database which is currently in use.', { span });
    }
    if (entry.relations.size > 0 && !cascade) {
      throw new StreamcellError('DDL_INVALID', `Database ${database} in catalog ${catalog} is not empty.`, {
        span,
        hint: 'DROP DATABASE ... CASCADE drops its tables too.',
      });
    }
    databases?.delete(database);
  }

  // ---- tables and views ---------------------------------------------------------------------------------------------

  /** The full path that a written name stands for; nothing need exist there. */
  path(reference: NameReference): ObjectPath {
    const { parts, span } = reference;
    if (parts.length > 3) {
      throw new StreamcellError('QUERY_INVALID', `A name has at most three parts: ${parts.join('.')}.`, { span });
    }
    const name = parts[parts.length - 1];
    const database = parts.length > 1 ? parts[parts.length - 2] : this.databaseName;
    if (database === null) throw new StreamcellError('DATABASE_NOT_FOUND', 'No current database is set.', { span });
    return { catalog: parts.length > 2 ? parts[0] : this.catalogName, database, name };
  }

  findRelation(reference: NameReference): CatalogRelation | undefined {
    if (reference.parts.length > 3) return undefined;
    const path = this.path(reference);
    return (
      this.temporary.get(pathKey(path)) ??
      this.catalogs.get(path.catalog)?.databases.get(path.database)?.relations.get(path.name)
    );
  }

  /** Whether a relation of this path is there that another one would replace: temporary ones and permanent ones may lie side by side. */
  holds(path: ObjectPath, temporary: boolean): boolean {
    if (temporary) return this.temporary.has(pathKey(path));
    return this.catalogs.get(path.catalog)?.databases.get(path.database)?.relations.has(path.name) === true;
  }

  /** @throws StreamcellError TABLE_NOT_FOUND, naming near names; `more` are further names in scope (common tables). */
  relation(reference: NameReference, more: readonly string[] = []): CatalogRelation {
    const found = this.findRelation(reference);
    if (found) return found;
    const path = this.path(reference);
    if (!this.catalogs.has(path.catalog)) this.entry(path.catalog, reference.span);
    this.database(path.catalog, path.database, reference.span ?? null);
    throw new StreamcellError('TABLE_NOT_FOUND', `Object '${reference.parts.join('.')}' not found.`, {
      span: reference.span,
      hint: suggestion(
        path.name,
        [...this.relationNames(path.catalog, path.database), ...more],
        'Tables and views here',
      ),
    });
  }

  /** Names of tables and views, temporary ones included, sorted. */
  relationNames(
    catalog = this.catalogName,
    database = this.databaseName,
    kind?: CatalogRelation['kind'],
  ): readonly string[] {
    if (database === null) return [];
    const names = new Set<string>();
    const hidden = new Set<string>();
    for (const relation of this.temporary.values()) {
      if (relation.path.catalog !== catalog || relation.path.database !== database) continue;
      hidden.add(relation.path.name);
      if (!kind || relation.kind === kind) names.add(relation.path.name);
    }
    for (const relation of this.catalogs.get(catalog)?.databases.get(database)?.relations.values() ?? []) {
      if (!hidden.has(relation.path.name) && (!kind || relation.kind === kind)) names.add(relation.path.name);
    }
    return [...names].sort();
  }

  /** @returns false when it was there and `onExists` says to leave it. */
  createRelation(relation: CatalogRelation, onExists: 'fail' | 'ignore' | 'replace', span?: Span): boolean {
    const { path, temporary } = relation;
    const store = temporary ? this.temporary : this.database(path.catalog, path.database, span ?? null).relations;
    const key = temporary ? pathKey(path) : path.name;
    const existing = store.get(key);
    if (existing && onExists === 'ignore') return false;
    if (existing && (onExists === 'fail' || existing.kind !== relation.kind)) {
      throw new StreamcellError(
        'TABLE_EXISTS',
        `${temporary ? 'Temporary table' : 'Table (or view)'} ${path.catalog}.${path.database}.${path.name} already exists.`,
        { span },
      );
    }
    store.set(key, relation);
    return true;
  }

  replaceRelation(relation: CatalogRelation): void {
    this.createRelation(relation, 'replace');
  }

  dropRelation(reference: NameReference, kind: CatalogRelation['kind'], temporary: boolean, ifExists: boolean): void {
    const path = this.path(reference);
    const { span } = reference;
    const hiding = this.temporary.get(pathKey(path));
    const permanent = this.catalogs.get(path.catalog)?.databases.get(path.database)?.relations;
    const found = temporary ? hiding : permanent?.get(path.name);
    const what = kind === 'table' ? 'Table' : 'View';
    const full = `${path.catalog}.${path.database}.${path.name}`;
    if (!temporary && hiding?.kind === kind && !(ifExists && !found)) {
      throw new StreamcellError(
        'DDL_INVALID',
        `Temporary ${what.toLowerCase()} with identifier '${full}' exists. Drop it first before removing the permanent one.`,
        {
          span,
          hint: `DROP TEMPORARY ${what.toUpperCase()} ${path.name}`,
        },
      );
    }
    if (!found || found.kind !== kind) {
      if (ifExists && !found) return;
      if (ifExists && found) return;
      throw new StreamcellError(
        'TABLE_NOT_FOUND',
        `${temporary ? 'Temporary ' + what.toLowerCase() : what} with identifier '${full}' does not exist.`,
        {
          span,
          hint: found
            ? `'${path.name}' is a ${found.kind}.`
            : suggestion(path.name, this.relationNames(path.catalog, path.database, kind)),
        },
      );
    }
    if (temporary) this.temporary.delete(pathKey(path));
    else permanent?.delete(path.name);
  }

  renameRelation(relation: CatalogRelation, name: string, span?: Span): void {
    const path = { ...relation.path, name };
    this.createRelation({ ...relation, path }, 'fail', span);
    if (relation.temporary) this.temporary.delete(pathKey(relation.path));
    else this.database(path.catalog, path.database, span ?? null).relations.delete(relation.path.name);
  }

  // ---- functions ----------------------------------------------------------------------------------------------------

  createFunction(fn: CatalogFunction, ifNotExists: boolean, span?: Span): void {
    const store = this.functionStore(fn, span);
    const key =
      fn.temporary && fn.path && !fn.system
        ? pathKey({ ...fn.path, name: fn.path.name.toLowerCase() })
        : fn.name.toLowerCase();
    if (store.has(key)) {
      if (ifNotExists) return;
      throw new StreamcellError('OBJECT_EXISTS', `Function ${fn.name} already exists.`, { span });
    }
    store.set(key, fn);
  }

  dropFunction(
    fn: Pick<CatalogFunction, 'name' | 'path' | 'temporary' | 'system'>,
    ifExists: boolean,
    span?: Span,
  ): void {
    const store = this.functionStore(fn, span);
    const key =
      fn.temporary && fn.path && !fn.system
        ? pathKey({ ...fn.path, name: fn.path.name.toLowerCase() })
        : fn.name.toLowerCase();
    if (!store.delete(key) && !ifExists) {
      throw new StreamcellError('FUNCTION_NOT_FOUND', `Function ${fn.name} does not exist.`, {
        span,
        hint: suggestion(fn.name, this.functionNames()),
      });
    }
  }

  /** Functions of the user, temporary ones first. */
  functions(): readonly CatalogFunction[] {
    const here =
      this.databaseName === null ? undefined : this.catalogs.get(this.catalogName)?.databases.get(this.databaseName);
    return [...this.temporaryFunctions.values(), ...(here?.functions.values() ?? [])];
  }

  functionNames(): readonly string[] {
    return [...new Set(this.functions().map((f) => f.name))].sort();
  }

  private functionStore(fn: Pick<CatalogFunction, 'path' | 'temporary'>, span?: Span): Map<string, CatalogFunction> {
    if (fn.temporary || !fn.path) return this.temporaryFunctions;
    return this.database(fn.path.catalog, fn.path.database, span ?? null).functions;
  }

  // ---- inside -------------------------------------------------------------------------------------------------------

  private databasePath(reference: NameReference): { catalog: string; database: string } {
    const { parts, span } = reference;
    if (parts.length > 2)
      throw new StreamcellError('QUERY_INVALID', `A database name has at most two parts: ${parts.join('.')}.`, {
        span,
      });
    return parts.length === 2
      ? { catalog: parts[0], database: parts[1] }
      : { catalog: this.catalogName, database: parts[0] };
  }

  private entry(name: string, span?: Span): CatalogEntry {
    const entry = this.catalogs.get(name);
    if (entry) return entry;
    throw new StreamcellError('CATALOG_NOT_FOUND', `A catalog with name '${name}' does not exist.`, {
      span,
      hint: suggestion(name, this.catalogs.keys(), 'Catalogs'),
    });
  }

  private database(catalog: string, name: string, span: Span | null, create = false): Database {
    const databases = this.entry(catalog, span ?? undefined).databases;
    const database = databases.get(name);
    if (database) return database;
    if (!create) {
      throw new StreamcellError(
        'DATABASE_NOT_FOUND',
        `A database with name '${name}' does not exist in the catalog '${catalog}'.`,
        {
          span: span ?? undefined,
          hint: suggestion(name, databases.keys(), 'Databases'),
        },
      );
    }
    const made = newDatabase();
    databases.set(name, made);
    return made;
  }
}

const CATALOG_OPTIONS: readonly string[] = ['type', 'default-database', 'property-version'];

/** Of the catalogs that keep their objects in memory, the only ones here. */
function checkCatalogOptions(options: Readonly<Record<string, string>>, span?: Span): void {
  const type = options['type'];
  if (type === undefined) throw new StreamcellError('OPTION_MISSING', "A catalog needs the option 'type'.", { span });
  if (type !== 'generic_in_memory') {
    throw new StreamcellError(
      'SQL_UNSUPPORTED',
      `Catalogs of type '${type}' are not supported; 'generic_in_memory' is.`,
      { span },
    );
  }
  const unknown = Object.keys(options).find((key) => !CATALOG_OPTIONS.includes(key));
  if (unknown !== undefined)
    throw new StreamcellError('OPTION_UNKNOWN', `Unsupported option '${unknown}' for a catalog.`, {
      span,
      hint: suggestion(unknown, CATALOG_OPTIONS, 'Options'),
    });
  if (options['default-database']?.trim() === '')
    throw new StreamcellError('OPTION_INVALID', "'default-database' = '': a name is expected.", { span });
}

function newCatalog(): CatalogEntry {
  return { comment: null, options: {}, databases: new Map() };
}

function newDatabase(): Database {
  return { comment: null, options: {}, relations: new Map(), functions: new Map() };
}
