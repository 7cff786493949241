import type {
  AlterTable,
  AlterTableAction,
  AlterTableItem,
  ColumnDefinition,
  ColumnPosition,
  CreateTable,
  Distribution,
  Identifier,
  IdentifierPart,
  LikeClause,
  LikeOption,
  NumberLiteral,
  Option,
  PartitionValue,
  Query,
  ReplaceTable,
  StringLiteral,
  TableConstraint,
  Watermark,
} from './ast.js';
import { TokenKind } from './lexer.js';
import type { Token } from './lexer.js';
import { QueryParser } from './parse-query.js';

/** What stands between the parentheses of CREATE TABLE. */
export interface TableSchema {
  columns: ColumnDefinition[];
  constraints: TableConstraint[];
  watermark: Watermark | null;
}

/** How a CREATE began: what the words before the object's kind said. */
export interface CreatePrefix {
  start: number;
  orReplace: boolean;
  orAlter: boolean;
  temporary: boolean;
  /** Where SYSTEM stands, if it does. */
  system: Token | null;
}

const likeFeatures = [
  'ALL',
  'CONSTRAINTS',
  'DISTRIBUTION',
  'GENERATED',
  'METADATA',
  'OPTIONS',
  'PARTITIONS',
  'WATERMARKS',
] as const;

/** CREATE TABLE and ALTER TABLE. */
export abstract class TableDdlParser extends QueryParser {
  // ---- shared by all definitions ----------------------------------------------------------------------------------

  protected options(): Option[] {
    this.expect('(');
    const options = this.is(')') ? [] : this.list(() => this.option());
    this.expect(')');
    return options;
  }

  protected optionalOptions(): Option[] {
    return this.accept('WITH') ? this.options() : [];
  }

  private option(): Option {
    const key = this.stringLiteral('option key');
    this.expect('=');
    const value = this.stringLiteral('option value');
    return { key, value, span: this.spanFrom(key.span.start) };
  }

  protected optionKeys(): StringLiteral[] {
    this.expect('(');
    const keys = this.is(')') ? [] : this.list(() => this.stringLiteral('option key'));
    this.expect(')');
    return keys;
  }

  /** `(a = 1, b = 'x')` after PARTITION; ANALYZE TABLE alone lets a column stand without a value. */
  protected partitionValues(valueRequired = true): PartitionValue[] {
    return this.parenthesized(() => {
      const column = this.name('column');
      let value: PartitionValue['value'] = null;
      if (valueRequired) this.expect('=');
      if (valueRequired || this.accept('=')) value = this.partitionLiteral();
      return { column, value, span: this.spanFrom(column.span.start) };
    });
  }

  private partitionLiteral(): PartitionValue['value'] {
    const expr = this.expression();
    const signed = expr.kind === 'Unary' && expr.op !== 'NOT' ? expr.operand : expr;
    const literals = [
      'NumberLiteral',
      'StringLiteral',
      'BinaryLiteral',
      'BooleanLiteral',
      'NullLiteral',
      'DateTimeLiteral',
      'IntervalLiteral',
    ];
    if (!literals.includes(signed.kind)) throw this.error(expr.span, 'The value of a partition is a literal.');
    return expr;
  }

  protected isQueryAhead(): boolean {
    return this.isQueryStart() || this.current.word === '(';
  }

  /** A query that is the rest of a statement. */
  protected finalQuery(): Query {
    if (!this.isQueryAhead()) {
      for (const word of ['SELECT', 'WITH', 'VALUES', '(']) this.is(word);
      this.fail();
    }
    return this.query();
  }

  // ---- columns ----------------------------------------------------------------------------------------------------

  /** `namesAlone`: before AS the columns may be listed without types, then all of them. */
  protected tableSchema(namesAlone: boolean): TableSchema {
    const schema: TableSchema = { columns: [], constraints: [], watermark: null };
    this.expect('(');
    if (namesAlone && this.isName() && [',', ')'].includes(this.peek(1).word)) {
      schema.columns = this.list(() => this.reorderedColumn());
    } else {
      this.list(() => this.tableElement(schema));
    }
    this.expect(')');
    return schema;
  }

  private reorderedColumn(): ColumnDefinition {
    const name = this.name('column');
    return { kind: 'ReorderedColumn', name, span: name.span };
  }

  private tableElement(schema: TableSchema): void {
    if (this.is('WATERMARK')) {
      const watermark = this.watermark();
      if (schema.watermark) throw this.error(watermark.span, 'A table has at most one WATERMARK.');
      schema.watermark = watermark;
    } else if (this.isConstraintStart()) {
      schema.constraints.push(this.tableConstraint());
    } else {
      schema.columns.push(this.column());
    }
  }

  private isConstraintStart(): boolean {
    return this.is('CONSTRAINT') || this.is('PRIMARY') || this.is('UNIQUE');
  }

  private column(): ColumnDefinition {
    const name = this.name('new name');
    const start = name.span.start;
    if (this.current.word === '.') throw this.unsupported(this.current, 'Defining a nested column');
    if (this.accept('AS')) {
      const expr = this.expression();
      const comment = this.optionalComment();
      return { kind: 'ComputedColumn', name, expr, comment, span: this.spanFrom(start) };
    }
    const type = this.type(true);
    if (this.accept('METADATA')) {
      const from = this.accept('FROM') ? this.stringLiteral() : null;
      const virtual = this.accept('VIRTUAL');
      const comment = this.optionalComment();
      return { kind: 'MetadataColumn', name, type, from, virtual, comment, span: this.spanFrom(start) };
    }
    const constraint = this.isConstraintStart() ? this.columnConstraint(name) : null;
    const comment = this.optionalComment();
    return { kind: 'PhysicalColumn', name, type, constraint, comment, span: this.spanFrom(start) };
  }

  protected watermark(): Watermark {
    const start = this.current.start;
    this.expect('WATERMARK', 'FOR');
    const column = this.path('column');
    this.expect('AS');
    const strategy = this.expression();
    return { kind: 'Watermark', column, strategy, span: this.spanFrom(start) };
  }

  private columnConstraint(column: IdentifierPart): TableConstraint {
    const start = this.current.start;
    const { name, type } = this.constraintHead();
    const enforced = this.enforcement();
    return { kind: 'TableConstraint', name, type, columns: [column], enforced, span: this.spanFrom(start) };
  }

  private tableConstraint(): TableConstraint {
    const start = this.current.start;
    const { name, type } = this.constraintHead();
    const columns = this.nameList('column');
    const enforced = this.enforcement();
    return { kind: 'TableConstraint', name, type, columns, enforced, span: this.spanFrom(start) };
  }

  private constraintHead(): { name: IdentifierPart | null; type: TableConstraint['type'] } {
    const name = this.accept('CONSTRAINT') ? this.name('new name') : null;
    if (this.accept('UNIQUE')) return { name, type: 'UNIQUE' };
    this.expect('PRIMARY', 'KEY');
    return { name, type: 'PRIMARY KEY' };
  }

  private enforcement(): boolean | null {
    if (this.acceptAll('NOT', 'ENFORCED')) return false;
    return this.accept('ENFORCED') ? true : null;
  }

  // ---- CREATE TABLE -----------------------------------------------------------------------------------------------

  protected createTable(prefix: CreatePrefix): CreateTable {
    this.expect('TABLE');
    const ifNotExists = this.ifNotExists();
    return this.tableDefinition('CreateTable', prefix, ifNotExists);
  }

  protected replaceTable(): ReplaceTable {
    const start = this.current.start;
    this.expect('REPLACE', 'TABLE');
    const prefix = { start, orReplace: false, orAlter: false, temporary: false, system: null };
    const table = this.tableDefinition('ReplaceTable', prefix, false);
    if (!table.as) throw this.error(table.span, 'REPLACE TABLE needs AS and a query.');
    return table;
  }

  private tableDefinition<K extends 'CreateTable' | 'ReplaceTable'>(
    kind: K,
    prefix: CreatePrefix,
    ifNotExists: boolean,
  ): Omit<CreateTable, 'kind'> & { kind: K } {
    const name = this.path('new name');
    const schema = this.is('(') ? this.tableSchema(true) : { columns: [], constraints: [], watermark: null };
    const comment = this.optionalComment();
    const distribution = this.accept('DISTRIBUTED') ? this.distribution() : null;
    const partitionedBy = this.partitionedBy();
    const options = this.optionalOptions();
    let like: LikeClause | null = null;
    let as: Query | null = null;
    if (this.accept('LIKE')) like = this.likeClause();
    else if (this.accept('AS')) as = this.finalQuery();
    const nameOnly = schema.columns.find((column) => column.kind === 'ReorderedColumn');
    if (nameOnly && !as) throw this.error(nameOnly.span, `Column ${nameOnly.name.name} has no type.`);
    return {
      kind,
      temporary: prefix.temporary,
      orReplace: prefix.orReplace,
      ifNotExists,
      name,
      ...schema,
      comment,
      distribution,
      partitionedBy,
      options,
      like,
      as,
      span: this.spanFrom(prefix.start),
    };
  }

  protected partitionedBy(): IdentifierPart[] {
    return this.acceptAll('PARTITIONED', 'BY') ? this.nameList('column') : [];
  }

  /** After DISTRIBUTED or DISTRIBUTION. */
  protected distribution(): Distribution {
    const start = this.current.start;
    if (this.accept('INTO')) {
      return { method: null, columns: [], buckets: this.buckets(), span: this.spanFrom(start) };
    }
    this.expect('BY');
    const method = this.acceptOneOf('HASH', 'RANGE');
    const columns = this.nameList('column');
    const buckets = this.accept('INTO') ? this.buckets() : null;
    return { method, columns, buckets, span: this.spanFrom(start) };
  }

  private buckets(): NumberLiteral {
    const count = this.numberLiteral();
    if (count.form !== 'integer') throw this.error(count.span, 'The number of buckets is a whole number.');
    this.expect('BUCKETS');
    return count;
  }

  private likeClause(): LikeClause {
    const source = this.path('table');
    const options: LikeOption[] = [];
    if (this.accept('(')) {
      do {
        const start = this.current.start;
        const mode = this.expectOneOf('INCLUDING', 'EXCLUDING', 'OVERWRITING');
        const feature = this.expectOneOf(...likeFeatures);
        options.push({ mode, feature, span: this.spanFrom(start) });
      } while (!this.is(')'));
      this.expect(')');
    }
    return { source, options, span: this.spanFrom(source.span.start) };
  }

  // ---- ALTER TABLE ------------------------------------------------------------------------------------------------

  protected alterTable(start: number): AlterTable {
    this.expect('TABLE');
    const ifExists = this.ifExists();
    const name = this.path('table');
    const action = this.alterTableAction();
    return { kind: 'AlterTable', ifExists, name, action, span: this.spanFrom(start) };
  }

  protected alterTableAction(): AlterTableAction {
    const start = this.current.start;
    switch (this.expectOneOf('ADD', 'MODIFY', 'DROP', 'RENAME', 'SET', 'RESET')) {
      case 'RENAME':
        return this.alterTableRename(start);
      case 'SET': {
        const options = this.options();
        return { kind: 'SetOptions', options, span: this.spanFrom(start) };
      }
      case 'RESET': {
        const keys = this.optionKeys();
        return { kind: 'ResetOptions', keys, span: this.spanFrom(start) };
      }
      case 'ADD':
        if (this.is('PARTITION') || this.areNext('IF', 'NOT', 'EXISTS')) return this.addPartitions(start);
        return { kind: 'Add', items: this.alterTableItems(), span: this.spanFrom(start) };
      case 'MODIFY':
        return { kind: 'Modify', items: this.alterTableItems(), span: this.spanFrom(start) };
      case 'DROP':
        return this.alterTableDrop(start);
    }
  }

  private alterTableRename(start: number): AlterTableAction {
    if (this.accept('TO')) {
      const newName = this.path('new name');
      return { kind: 'RenameTable', newName, span: this.spanFrom(start) };
    }
    const column = this.path('column');
    this.expect('TO');
    const newName = this.path('new name');
    return { kind: 'RenameColumn', column, newName, span: this.spanFrom(start) };
  }

  protected alterTableItems(): AlterTableItem[] {
    const start = this.current.start;
    if (this.is('(')) return this.parenthesized(() => this.alterTableItem());
    if (!this.accept('DISTRIBUTION')) return [this.alterTableItem()];
    const distribution = this.distribution();
    return [{ kind: 'Distribution', distribution, span: this.spanFrom(start) }];
  }

  private alterTableItem(): AlterTableItem {
    const start = this.current.start;
    if (this.is('WATERMARK')) return this.watermark();
    if (this.isConstraintStart()) return this.tableConstraint();
    const column = this.column();
    const position = this.columnPosition();
    return { kind: 'Column', column, position, span: this.spanFrom(start) };
  }

  private columnPosition(): ColumnPosition | null {
    const start = this.current.start;
    if (this.accept('FIRST')) return { first: true, after: null, span: this.spanFrom(start) };
    if (!this.accept('AFTER')) return null;
    const after = this.path('column');
    return { first: false, after, span: this.spanFrom(start) };
  }

  private addPartitions(start: number): AlterTableAction {
    const ifNotExists = this.ifNotExists();
    const partitions = [];
    do {
      const from = this.current.start;
      this.expect('PARTITION');
      const values = this.partitionValues();
      const options = this.optionalOptions();
      partitions.push({ values, options, span: this.spanFrom(from) });
    } while (this.is('PARTITION'));
    return { kind: 'AddPartitions', ifNotExists, partitions, span: this.spanFrom(start) };
  }

  private alterTableDrop(start: number): AlterTableAction {
    if (this.is('PARTITION') || this.areNext('IF', 'EXISTS')) {
      const ifExists = this.ifExists();
      const partitions = this.list(() => {
        this.expect('PARTITION');
        return this.partitionValues();
      });
      return { kind: 'DropPartitions', ifExists, partitions, span: this.spanFrom(start) };
    }
    if (this.accept('PRIMARY')) {
      this.expect('KEY');
      return { kind: 'DropPrimaryKey', span: this.spanFrom(start) };
    }
    if (this.accept('CONSTRAINT')) {
      const name = this.name('new name');
      return { kind: 'DropConstraint', name, span: this.spanFrom(start) };
    }
    if (this.accept('WATERMARK')) return { kind: 'DropWatermark', span: this.spanFrom(start) };
    if (this.accept('DISTRIBUTION')) return { kind: 'DropDistribution', span: this.spanFrom(start) };
    const column = (): Identifier => this.path('column');
    const columns = this.is('(') ? this.parenthesized(column) : [column()];
    return { kind: 'DropColumns', columns, span: this.spanFrom(start) };
  }

  /** Whether a statement may end here. */
  protected isStatementEnd(): boolean {
    this.notePlace('end');
    return this.current.kind === TokenKind.End || this.current.word === ';';
  }
}
