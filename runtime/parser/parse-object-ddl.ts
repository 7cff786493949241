import type {
  AlterCatalog,
  AlterFunction,
  AlterMaterializedTable,
  AlterObject,
  ColumnDefinition,
  CreateFunction,
  CreateMaterializedTable,
  CreateModel,
  Drop,
  FunctionResource,
  Identifier,
  RefreshMode,
  StartMode,
  Statement,
} from './ast.js';
import type { Place } from './parser-base.js';
import { type CreatePrefix, TableDdlParser } from './parse-table-ddl.js';

type DropObject = Drop['object'];

const placeOf: Record<DropObject, Place> = {
  TABLE: 'table',
  VIEW: 'view',
  'MATERIALIZED TABLE': 'table',
  CATALOG: 'catalog',
  DATABASE: 'database',
  FUNCTION: 'function',
  MODEL: 'model',
  CONNECTION: 'connection',
};

/**
 * CREATE, ALTER and DROP of everything. OR REPLACE and TEMPORARY are read before every object, as Flink reads them, and
 * mean something only where the tree has a place for them.
 */
export abstract class ObjectDdlParser extends TableDdlParser {
  // ---- CREATE -----------------------------------------------------------------------------------------------------

  protected create(): Statement {
    const start = this.current.start;
    this.expect('CREATE');
    let orReplace = false;
    let orAlter = false;
    if (this.accept('OR')) {
      orReplace = this.expectOneOf('REPLACE', 'ALTER') === 'REPLACE';
      orAlter = !orReplace;
    }
    const temporary = this.accept('TEMPORARY');
    const systemToken = this.current;
    const system = this.accept('SYSTEM') ? systemToken : null;
    const prefix: CreatePrefix = { start, orReplace, orAlter, temporary, system };
    if (orAlter) return this.createMaterializedTable(prefix);
    if (system) return this.createSystemObject(prefix);
    if (this.is('TABLE')) return this.createTable(prefix);
    if (this.is('VIEW')) return this.createView(prefix);
    if (this.is('FUNCTION')) return this.createFunction(prefix);
    if (this.is('CATALOG')) return this.createCatalog(prefix);
    if (this.is('DATABASE')) return this.createDatabase(prefix);
    if (this.is('MATERIALIZED')) return this.createMaterializedTable(prefix);
    if (this.is('MODEL')) return this.createModel(prefix);
    if (this.is('CONNECTION')) return this.createConnection(prefix);
    this.fail();
  }

  private createSystemObject(prefix: CreatePrefix): Statement {
    const object = this.is('FUNCTION') ? 'FUNCTION' : this.is('CONNECTION') ? 'CONNECTION' : this.fail();
    if (!prefix.temporary) {
      throw this.error(
        prefix.system!,
        `A system ${object.toLowerCase()} can only be temporary.`,
        `CREATE TEMPORARY SYSTEM ${object}`,
      );
    }
    return object === 'FUNCTION' ? this.createFunction(prefix) : this.createConnection(prefix);
  }

  private createView(prefix: CreatePrefix): Statement {
    this.expect('VIEW');
    const ifNotExists = this.ifNotExists();
    const name = this.path('new name');
    const columns = this.is('(') ? this.nameList('new name') : [];
    const comment = this.optionalComment();
    this.expect('AS');
    const query = this.finalQuery();
    const { temporary, orReplace } = prefix;
    const span = this.spanFrom(prefix.start);
    return { kind: 'CreateView', temporary, orReplace, ifNotExists, name, columns, comment, query, span };
  }

  private createCatalog(prefix: CreatePrefix): Statement {
    this.expect('CATALOG');
    const ifNotExists = this.ifNotExists();
    const name = this.name('new name');
    const comment = this.optionalComment();
    const options = this.optionalOptions();
    return { kind: 'CreateCatalog', ifNotExists, name, comment, options, span: this.spanFrom(prefix.start) };
  }

  private createDatabase(prefix: CreatePrefix): Statement {
    this.expect('DATABASE');
    const ifNotExists = this.ifNotExists();
    const name = this.path('new name');
    const comment = this.optionalComment();
    const options = this.optionalOptions();
    return { kind: 'CreateDatabase', ifNotExists, name, comment, options, span: this.spanFrom(prefix.start) };
  }

  private createFunction(prefix: CreatePrefix): CreateFunction {
    this.expect('FUNCTION');
    const ifNotExists = this.ifNotExists();
    const system = prefix.system !== null;
    const name = system ? this.identifier([this.name('new name')]) : this.path('new name');
    this.expect('AS');
    const className = this.quotedString();
    const language = this.functionLanguage();
    if (language === 'PYTHON' && this.current.word === 'USING') {
      throw this.error(this.current, 'A function in PYTHON takes no USING.');
    }
    const resources: FunctionResource[] = this.accept('USING') ? this.list(() => this.functionResource()) : [];
    const options = this.optionalOptions();
    return {
      kind: 'CreateFunction',
      temporary: prefix.temporary,
      system,
      ifNotExists,
      name,
      className,
      language,
      resources,
      options,
      span: this.spanFrom(prefix.start),
    };
  }

  private functionLanguage(): CreateFunction['language'] {
    return this.accept('LANGUAGE') ? this.expectOneOf('JAVA', 'SCALA', 'SQL', 'PYTHON') : null;
  }

  private functionResource(): FunctionResource {
    const start = this.current.start;
    const type = this.expectOneOf('JAR', 'ARTIFACT');
    const path = this.quotedString().value;
    return { type, path, span: this.spanFrom(start) };
  }

  private createModel(prefix: CreatePrefix): CreateModel {
    this.expect('MODEL');
    const ifNotExists = this.ifNotExists();
    const name = this.path('new name');
    const columns = (): ColumnDefinition[] => this.tableSchema(false).columns;
    const inputs = this.accept('INPUT') ? columns() : [];
    const outputs = this.accept('OUTPUT') ? columns() : [];
    const comment = this.optionalComment();
    const options = this.optionalOptions();
    const as = this.accept('AS') ? this.finalQuery() : null;
    const { temporary } = prefix;
    const span = this.spanFrom(prefix.start);
    return { kind: 'CreateModel', temporary, ifNotExists, name, inputs, outputs, comment, options, as, span };
  }

  private createConnection(prefix: CreatePrefix): Statement {
    this.expect('CONNECTION');
    const ifNotExists = this.ifNotExists();
    const name = this.path('new name');
    const comment = this.optionalComment();
    this.expect('WITH');
    const options = this.options();
    return {
      kind: 'CreateConnection',
      temporary: prefix.temporary,
      system: prefix.system !== null,
      ifNotExists,
      name,
      comment,
      options,
      span: this.spanFrom(prefix.start),
    };
  }

  private createMaterializedTable(prefix: CreatePrefix): CreateMaterializedTable {
    const word = prefix.orReplace ? 'OR REPLACE' : prefix.temporary ? 'TEMPORARY' : null;
    if (word) {
      throw this.error(
        { start: prefix.start, end: this.current.end },
        `CREATE ${word} MATERIALIZED TABLE does not exist.`,
      );
    }
    this.expect('MATERIALIZED', 'TABLE');
    const ifNotExists = this.ifNotExists();
    const name = this.path('new name');
    const schema = this.is('(') ? this.tableSchema(true) : { columns: [], constraints: [], watermark: null };
    const comment = this.optionalComment();
    const distribution = this.accept('DISTRIBUTED') ? this.distribution() : null;
    const partitionedBy = this.partitionedBy();
    const options = this.optionalOptions();
    const startMode = this.accept('START_MODE') ? this.startMode() : null;
    let freshness: CreateMaterializedTable['freshness'] = null;
    if (this.accept('FRESHNESS')) {
      this.expect('=');
      freshness = this.freshness();
    }
    let refreshMode: RefreshMode | null = null;
    if (this.accept('REFRESH_MODE')) {
      this.expect('=');
      refreshMode = this.expectOneOf('FULL', 'CONTINUOUS');
    }
    this.expect('AS');
    const as = this.finalQuery();
    return {
      kind: 'CreateMaterializedTable',
      orAlter: prefix.orAlter,
      ifNotExists,
      name,
      ...schema,
      comment,
      distribution,
      partitionedBy,
      options,
      freshness,
      refreshMode,
      startMode,
      as,
      span: this.spanFrom(prefix.start),
    };
  }

  private freshness(): CreateMaterializedTable['freshness'] {
    const expr = this.expression();
    if (expr.kind !== 'IntervalLiteral')
      throw this.error(expr.span, 'FRESHNESS is an interval literal.', "FRESHNESS = INTERVAL '1' MINUTE");
    return expr;
  }

  private startMode(): StartMode {
    const start = this.current.start;
    this.expect('=');
    const mode = this.expectOneOf(
      'FROM_BEGINNING',
      'FROM_NOW',
      'FROM_TIMESTAMP',
      'RESUME_OR_FROM_BEGINNING',
      'RESUME_OR_FROM_NOW',
      'RESUME_OR_FROM_TIMESTAMP',
    );
    let argument: StartMode['argument'] = null;
    const required = mode.endsWith('FROM_TIMESTAMP');
    if (required || (mode.endsWith('FROM_NOW') && this.is('('))) {
      this.expect('(');
      argument = this.expression();
      const kinds = required ? ['DateTimeLiteral'] : ['IntervalLiteral'];
      if (!kinds.includes(argument.kind)) {
        throw this.error(
          argument.span,
          required ? 'A TIMESTAMP literal is expected here.' : 'An INTERVAL literal is expected here.',
        );
      }
      this.expect(')');
    }
    return { mode, argument, span: this.spanFrom(start) };
  }

  // ---- DROP -------------------------------------------------------------------------------------------------------

  protected drop(): Drop {
    const start = this.current.start;
    this.expect('DROP');
    const temporary = this.accept('TEMPORARY');
    const system = this.accept('SYSTEM');
    const object = system ? this.expectOneOf('FUNCTION', 'CONNECTION') : this.droppedObject(temporary);
    const ifExists = this.ifExists();
    const name = this.path(placeOf[object]);
    let cascade: boolean | null = null;
    if (object === 'DATABASE') {
      const word = this.acceptOneOf('CASCADE', 'RESTRICT');
      cascade = word === null ? null : word === 'CASCADE';
    }
    return { kind: 'Drop', object, temporary, system, ifExists, name, cascade, span: this.spanFrom(start) };
  }

  private droppedObject(temporary: boolean): DropObject {
    const object = this.expectOneOf(
      'TABLE',
      'VIEW',
      'MATERIALIZED',
      'CATALOG',
      'DATABASE',
      'FUNCTION',
      'MODEL',
      'CONNECTION',
    );
    if (object !== 'MATERIALIZED') return object;
    if (temporary)
      throw this.error(this.current, 'A materialized table is never temporary.', 'DROP MATERIALIZED TABLE');
    this.expect('TABLE');
    return 'MATERIALIZED TABLE';
  }

  // ---- ALTER ------------------------------------------------------------------------------------------------------

  protected alter(): Statement {
    const start = this.current.start;
    this.expect('ALTER');
    if (this.is('TABLE')) return this.alterTable(start);
    if (this.accept('VIEW')) return this.alterView(start);
    if (this.accept('CATALOG')) return this.alterCatalog(start);
    if (this.accept('DATABASE')) {
      const name = this.path('database');
      this.expect('SET');
      const options = this.options();
      return { kind: 'AlterDatabase', name, options, span: this.spanFrom(start) };
    }
    if (this.is('FUNCTION')) return this.alterFunction(start, false);
    if (this.accept('TEMPORARY')) return this.alterFunction(start, true);
    if (this.accept('MATERIALIZED')) return this.alterMaterializedTable(start);
    if (this.accept('MODEL')) return this.alterObject(start, 'MODEL');
    if (this.accept('CONNECTION')) return this.alterObject(start, 'CONNECTION');
    if (this.current.word === 'SESSION' || this.current.word === 'SYSTEM') {
      throw this.unsupported(this.current, `ALTER ${this.current.word}`, "Options are set by SET 'key' = 'value'.");
    }
    this.fail();
  }

  private alterView(start: number): Statement {
    const name = this.path('view');
    const from = this.current.start;
    if (this.accept('RENAME')) {
      this.expect('TO');
      const newName = this.path('new name');
      return {
        kind: 'AlterView',
        name,
        action: { kind: 'Rename', newName, span: this.spanFrom(from) },
        span: this.spanFrom(start),
      };
    }
    this.expect('AS');
    const query = this.finalQuery();
    return {
      kind: 'AlterView',
      name,
      action: { kind: 'As', query, span: this.spanFrom(from) },
      span: this.spanFrom(start),
    };
  }

  private alterCatalog(start: number): AlterCatalog {
    const name = this.name('catalog');
    const from = this.current.start;
    let action: AlterCatalog['action'];
    switch (this.expectOneOf('SET', 'RESET', 'COMMENT')) {
      case 'SET':
        action = { kind: 'SetOptions', options: this.options(), span: this.spanFrom(from) };
        break;
      case 'RESET':
        action = { kind: 'ResetOptions', keys: this.optionKeys(), span: this.spanFrom(from) };
        break;
      case 'COMMENT':
        action = { kind: 'Comment', comment: this.quotedString().value, span: this.spanFrom(from) };
        break;
    }
    return { kind: 'AlterCatalog', name, action, span: this.spanFrom(start) };
  }

  private alterFunction(start: number, temporary: boolean): AlterFunction {
    const system = temporary && this.accept('SYSTEM');
    this.expect('FUNCTION');
    const ifExists = this.ifExists();
    const name = this.path('function');
    this.expect('AS');
    const className = this.quotedString();
    const language = this.functionLanguage();
    return {
      kind: 'AlterFunction',
      temporary,
      system,
      ifExists,
      name,
      className,
      language,
      span: this.spanFrom(start),
    };
  }

  private alterObject(start: number, object: 'MODEL' | 'CONNECTION'): AlterObject {
    const ifExists = this.ifExists();
    const name: Identifier = this.path(placeOf[object]);
    const from = this.current.start;
    let action: AlterObject['action'];
    switch (this.expectOneOf('SET', 'RESET', 'RENAME')) {
      case 'SET':
        action = { kind: 'SetOptions', options: this.options(), span: this.spanFrom(from) };
        break;
      case 'RESET':
        action = { kind: 'ResetOptions', keys: this.optionKeys(), span: this.spanFrom(from) };
        break;
      case 'RENAME':
        this.expect('TO');
        action = { kind: 'Rename', newName: this.path('new name'), span: this.spanFrom(from) };
        break;
    }
    return { kind: 'AlterObject', object, ifExists, name, action, span: this.spanFrom(start) };
  }

  private alterMaterializedTable(start: number): AlterMaterializedTable {
    this.expect('TABLE');
    const name = this.path('table');
    const action = this.materializedTableAction();
    return { kind: 'AlterMaterializedTable', name, action, span: this.spanFrom(start) };
  }

  private materializedTableAction(): AlterMaterializedTable['action'] {
    const start = this.current.start;
    if (this.accept('SUSPEND')) return { kind: 'Suspend', span: this.spanFrom(start) };
    if (this.accept('RESUME')) return { kind: 'Resume', options: this.optionalOptions(), span: this.spanFrom(start) };
    if (this.accept('REFRESH')) {
      const partition = this.accept('PARTITION') ? this.partitionValues() : [];
      return { kind: 'Refresh', partition, span: this.spanFrom(start) };
    }
    if (this.accept('AS')) return { kind: 'As', query: this.finalQuery(), span: this.spanFrom(start) };
    if (this.areNext('SET', 'FRESHNESS')) {
      this.expect('SET', 'FRESHNESS', '=');
      return { kind: 'Freshness', freshness: this.freshness()!, span: this.spanFrom(start) };
    }
    if (this.areNext('SET', 'REFRESH_MODE')) {
      this.expect('SET', 'REFRESH_MODE', '=');
      return { kind: 'RefreshMode', mode: this.expectOneOf('FULL', 'CONTINUOUS'), span: this.spanFrom(start) };
    }
    if (this.current.word === 'RENAME') this.fail();
    return this.alterTableAction();
  }
}
