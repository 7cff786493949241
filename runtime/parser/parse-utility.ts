import type {
  Describe,
  Explain,
  ExplainDetail,
  IdentifierPart,
  Identifier,
  Show,
  ShowCreate,
  ShowSubject,
  Statement,
  StringLiteral,
} from './ast.js';
import type { Span } from '../types/index.js';
import { TokenKind } from './lexer.js';
import { DmlParser } from './parse-dml.js';
import type { Place } from './parser-base.js';

/** What SHOW lists, and what may follow: a database or the like after FROM or IN, and a pattern. */
const showSubjects: Partial<
  Record<ShowSubject, { from?: Place; fromRequired?: boolean; like?: boolean; ilike?: boolean }>
> = {
  CATALOGS: { like: true, ilike: true },
  DATABASES: { from: 'catalog', like: true, ilike: true },
  TABLES: { from: 'database', like: true },
  VIEWS: { from: 'database', like: true },
  'MATERIALIZED TABLES': { from: 'database', like: true },
  COLUMNS: { from: 'table', fromRequired: true, like: true },
  FUNCTIONS: { from: 'database', like: true, ilike: true },
  'USER FUNCTIONS': { from: 'database', like: true, ilike: true },
  PROCEDURES: { from: 'database', like: true, ilike: true },
  MODELS: { from: 'database', like: true },
  CONNECTIONS: { from: 'database', like: true },
};

const explainDetails = ['ESTIMATED_COST', 'CHANGELOG_MODE', 'JSON_EXECUTION_PLAN', 'PLAN_ADVICE'] as const;

const describedObjects = ['CATALOG', 'DATABASE', 'FUNCTION', 'MODEL', 'CONNECTION'] as const;

const describedPlace: Record<(typeof describedObjects)[number], Place> = {
  CATALOG: 'catalog',
  DATABASE: 'database',
  FUNCTION: 'function',
  MODEL: 'model',
  CONNECTION: 'connection',
};

/** One statement of any kind. */
export class StatementParser extends DmlParser {
  /** Reads one statement and stops before the semicolon, or the end, that follows it. */
  statement(): Statement {
    const statement = this.statementByFirstWord();
    if (!this.isStatementEnd()) this.fail();
    return statement;
  }

  /** Reads an expression that is all of the text. */
  loneExpression(): ReturnType<StatementParser['expression']> {
    const expr = this.expression();
    if (this.current.kind !== TokenKind.End) this.fail();
    return expr;
  }

  /** Reads a type that is all of the text. */
  loneType(): ReturnType<StatementParser['type']> {
    const type = this.type(true);
    if (this.current.kind !== TokenKind.End) this.fail();
    return type;
  }

  get tokenIndex(): number {
    return this.at;
  }

  private statementByFirstWord(): Statement {
    const start = this.current.start;
    switch (this.current.word) {
      case 'SELECT':
      case 'WITH':
      case 'VALUES':
      case 'TABLE':
      case '(':
        return this.queryStatement();
      case 'INSERT':
      case 'UPSERT':
        return this.insert();
      case 'CREATE':
        return this.create();
      case 'ALTER':
        return this.alter();
      case 'DROP':
        return this.drop();
      case 'REPLACE':
        return this.replaceTable();
      case 'UPDATE':
        return this.update();
      case 'DELETE':
        return this.deletion();
      case 'MERGE':
        throw this.unsupported(this.current, 'MERGE');
      case 'TRUNCATE': {
        this.expect('TRUNCATE', 'TABLE');
        const name = this.path('table');
        return { kind: 'TruncateTable', name, span: this.spanFrom(start) };
      }
      case 'CALL':
        return this.call();
      case 'BEGIN':
        return this.beginStatementSet();
      case 'END':
        this.advance();
        return { kind: 'EndStatementSet', span: this.spanFrom(start) };
      case 'EXECUTE':
        return this.execute();
      case 'COMPILE':
        return this.compile();
      case 'EXPLAIN':
        return this.explain();
      case 'SHOW':
        return this.show();
      case 'DESCRIBE':
      case 'DESC':
        return this.describe();
      case 'SET':
      case 'RESET':
        return this.option_();
      case 'USE':
        return this.use();
      case 'LOAD':
      case 'UNLOAD':
        return this.module();
      case 'STOP':
        return this.stopJob();
      case 'ADD':
      case 'REMOVE': {
        const action = this.expectOneOf('ADD', 'REMOVE');
        this.expect('JAR');
        const path = this.quotedString();
        return { kind: 'Jar', action, path, span: this.spanFrom(start) };
      }
      case 'ANALYZE':
        return this.analyze();
      default:
        if (this.recorder) for (const word of statementWords) this.is(word);
        this.fail();
    }
  }

  protected peekIsString(ahead: number): boolean {
    const kind = this.peek(ahead).kind;
    return kind >= TokenKind.String && kind <= TokenKind.EscapedString;
  }

  private explain(): Explain {
    const start = this.current.start;
    this.expect('EXPLAIN');
    const details: ExplainDetail[] = [];
    if (this.is('PLAN') && this.peekIs(1, 'FOR')) {
      this.expect('PLAN', 'FOR');
    } else if (explainDetails.some((detail) => this.is(detail))) {
      details.push(...this.list(() => this.expectOneOf(...explainDetails)));
    }
    const statement = this.explained();
    return { kind: 'Explain', details, statement, span: this.spanFrom(start) };
  }

  private explained(): Statement {
    const start = this.current.start;
    if (this.is('STATEMENT')) return this.statementSet(start);
    if (this.is('EXECUTE')) return this.execute();
    if (this.is('INSERT') || this.is('UPSERT')) return this.insert();
    if (this.is('CREATE') || this.current.word === 'REPLACE') {
      const statement = this.current.word === 'CREATE' ? this.create() : this.replaceTable();
      const defines = (statement.kind === 'CreateTable' || statement.kind === 'ReplaceTable') && statement.as !== null;
      if (!defines) throw this.error(statement.span, 'EXPLAIN takes a CREATE TABLE only with AS and a query.');
      return statement;
    }
    return this.queryStatement();
  }

  // ---- SHOW and DESCRIBE ------------------------------------------------------------------------------------------

  private show(): Show | ShowCreate {
    const start = this.current.start;
    this.expect('SHOW');
    if (this.accept('CREATE')) return this.showCreate(start);
    const subject = this.showSubject();
    const show: Show = {
      kind: 'Show',
      subject,
      preposition: null,
      from: null,
      like: null,
      partition: [],
      span: this.spanFrom(start),
    };
    if (subject === 'PARTITIONS') {
      show.from = this.path('table');
      if (this.accept('PARTITION')) show.partition = this.partitionValues();
    }
    const rules = showSubjects[subject] ?? {};
    if (rules.from) {
      show.preposition = rules.fromRequired ? this.expectOneOf('FROM', 'IN') : this.acceptOneOf('FROM', 'IN');
      if (show.preposition) show.from = this.path(rules.from);
    }
    if (rules.like) show.like = this.showPattern(rules.ilike === true);
    show.span = this.spanFrom(start);
    return show;
  }

  private showSubject(): ShowSubject {
    if (this.accept('CURRENT')) return `CURRENT ${this.expectOneOf('CATALOG', 'DATABASE')}`;
    if (this.accept('MATERIALIZED')) {
      this.expect('TABLES');
      return 'MATERIALIZED TABLES';
    }
    if (this.accept('USER')) {
      this.expect('FUNCTIONS');
      return 'USER FUNCTIONS';
    }
    if (this.accept('FULL')) {
      this.expect('MODULES');
      return 'FULL MODULES';
    }
    return this.expectOneOf(
      'CATALOGS',
      'DATABASES',
      'TABLES',
      'VIEWS',
      'COLUMNS',
      'FUNCTIONS',
      'PROCEDURES',
      'MODELS',
      'CONNECTIONS',
      'PARTITIONS',
      'MODULES',
      'JARS',
      'JOBS',
    );
  }

  private showPattern(ilike: boolean): Show['like'] {
    const start = this.current.start;
    const negated = this.accept('NOT');
    const variant = ilike ? this.acceptOneOf('LIKE', 'ILIKE') : this.acceptOneOf('LIKE');
    if (!variant) {
      if (negated) this.fail();
      return null;
    }
    const pattern = this.quotedString();
    return { variant, negated, pattern, span: this.spanFrom(start) };
  }

  private showCreate(start: number): ShowCreate {
    const word = this.expectOneOf('TABLE', 'VIEW', 'MATERIALIZED', 'CATALOG', 'MODEL', 'CONNECTION', 'OR');
    if (word === 'OR') this.expect('ALTER', 'MATERIALIZED');
    const object = word === 'OR' || word === 'MATERIALIZED' ? 'MATERIALIZED TABLE' : word;
    if (object === 'MATERIALIZED TABLE') this.expect('TABLE');
    const places: Record<ShowCreate['object'], Place> = {
      TABLE: 'table',
      VIEW: 'view',
      'MATERIALIZED TABLE': 'table',
      CATALOG: 'catalog',
      MODEL: 'model',
      CONNECTION: 'connection',
    };
    const name = this.path(places[object]);
    return { kind: 'ShowCreate', object, name, span: this.spanFrom(start) };
  }

  private describe(): Statement {
    const start = this.current.start;
    this.expectOneOf('DESCRIBE', 'DESC');
    const objectOf = (object: Describe['object'], extended: boolean, name: Describe['name']): Describe => ({
      kind: 'Describe',
      object,
      extended,
      name,
      span: this.spanFrom(start),
    });
    if (this.is('JOB') && !this.peekIs(1, '.')) {
      this.advance();
      return objectOf('JOB', false, this.quotedString());
    }
    for (const object of describedObjects) {
      // `model.t` is a table of a database whose name is the word.
      if (!this.is(object) || this.peekIs(1, '.')) continue;
      this.advance();
      const extended = this.accept('EXTENDED');
      return objectOf(object, extended, this.path(describedPlace[object]));
    }
    if (this.accept('EXTENDED')) return objectOf('TABLE', true, this.path('table'));
    if (this.current.word === 'TABLE') this.advance();
    else if (this.isQueryStart() || this.current.word === '(') {
      const statement = this.queryStatement();
      return { kind: 'Explain', details: [], statement, span: this.spanFrom(start) };
    }
    return objectOf('TABLE', false, this.path('table'));
  }

  // ---- the session ------------------------------------------------------------------------------------------------

  private option_(): Statement {
    const start = this.current.start;
    const word = this.expectOneOf('SET', 'RESET');
    this.notePlace('option key');
    if (this.isStatementEnd()) {
      const span = this.spanFrom(start);
      return word === 'SET'
        ? { kind: 'SetOption', key: null, value: null, span }
        : { kind: 'ResetOption', key: null, span };
    }
    if (!this.isString() && !this.recorder) {
      const plain = this.plainOption(word, start);
      if (plain !== null) return plain;
    }
    if (!this.isString() && this.isName() && !this.recorder) {
      throw this.error(
        this.current,
        'The key of an option is a text in quotes.',
        `${word} 'key'${word === 'SET' ? " = 'value'" : ''}`,
      );
    }
    const key = this.stringLiteral('option key');
    if (word === 'RESET') return { kind: 'ResetOption', key, span: this.spanFrom(start) };
    this.expect('=');
    const value = this.stringLiteral('option value');
    return { kind: 'SetOption', key, value, span: this.spanFrom(start) };
  }

  /**
   * `SET key = value` and `RESET key` without quotes, which Flink reads by pattern instead of by grammar: no blank within key or value, and
   * quotes about the value are optional. Null, and nothing read, for anything else.
   */
  private plainOption(word: 'SET' | 'RESET', start: number): Statement | null {
    let end = this.at;
    while (this.tokens[end].kind !== TokenKind.End && this.tokens[end].word !== ';') end++;
    const from = this.current.start;
    const to = this.tokens[end - 1].end;
    const match = /^([^'"\s=]+)(?:\s*=\s*(?:'([^']*)'|([^\s';]+)))?$/.exec(this.text.slice(from, to));
    // RESET ALL would, in Flink, reset an option of that name and nothing else.
    if (match === null || /^ALL$/i.test(match[1])) return null;
    const [, name, quoted, bare] = match;
    const given = quoted ?? bare;
    if ((word === 'SET') !== (given !== undefined)) return null;
    while (this.at < end) this.advance();
    const literal = (value: string, span: Span): StringLiteral => ({
      kind: 'StringLiteral',
      value,
      charset: null,
      span,
    });
    const span = this.spanFrom(start);
    const key = literal(name, { start: from, end: from + name.length });
    if (given === undefined) return { kind: 'ResetOption', key, span };
    const width = given.length + (quoted === undefined ? 0 : 2);
    return { kind: 'SetOption', key, value: literal(given, { start: to - width, end: to }), span };
  }

  private use(): Statement {
    const start = this.current.start;
    this.expect('USE');
    if (this.accept('MODULES')) {
      const modules = this.list(() => this.name('module'));
      return { kind: 'UseModules', modules, span: this.spanFrom(start) };
    }
    if (this.is('CATALOG') && (this.isName(this.peek(1)) || this.peek(1).kind === TokenKind.End)) {
      this.advance();
      const name: Identifier = this.identifier([this.name('catalog')]);
      return { kind: 'Use', object: 'CATALOG', name, span: this.spanFrom(start) };
    }
    const name = this.path('database');
    return { kind: 'Use', object: 'DATABASE', name, span: this.spanFrom(start) };
  }

  private module(): Statement {
    const start = this.current.start;
    const word = this.expectOneOf('LOAD', 'UNLOAD');
    this.expect('MODULE');
    const name: IdentifierPart = this.name('module');
    if (word === 'UNLOAD') return { kind: 'UnloadModule', name, span: this.spanFrom(start) };
    const options = this.optionalOptions();
    return { kind: 'LoadModule', name, options, span: this.spanFrom(start) };
  }

  private stopJob(): Statement {
    const start = this.current.start;
    this.expect('STOP', 'JOB');
    const jobId = this.quotedString('job');
    const savepoint = this.acceptAll('WITH', 'SAVEPOINT');
    const drain = this.areNext('WITH', 'DRAIN');
    if (drain && !savepoint) throw this.error(this.current, 'WITH DRAIN can only follow WITH SAVEPOINT.');
    if (drain) this.moveTo(this.at + 2);
    return { kind: 'StopJob', jobId, savepoint, drain, span: this.spanFrom(start) };
  }

  private analyze(): Statement {
    const start = this.current.start;
    this.expect('ANALYZE', 'TABLE');
    const name = this.path('table');
    const partition = this.accept('PARTITION') ? this.partitionValues(false) : [];
    this.expect('COMPUTE', 'STATISTICS');
    let columns: Identifier[] | null = [];
    if (this.accept('FOR')) {
      if (this.accept('ALL')) {
        this.expect('COLUMNS');
        columns = null;
      } else {
        this.expect('COLUMNS');
        columns = this.list(() => this.identifier([this.name('column')]));
      }
    }
    return { kind: 'AnalyzeTable', name, partition, columns, span: this.spanFrom(start) };
  }
}

/** The words a statement may start with, for the list of what was expected. */
const statementWords = (
  'SELECT WITH VALUES INSERT CREATE ALTER DROP SHOW DESCRIBE EXPLAIN SET RESET USE EXECUTE BEGIN UPDATE DELETE ' +
  'TRUNCATE CALL STOP ANALYZE COMPILE LOAD UNLOAD ADD REMOVE REPLACE'
).split(' ');
