import type { IntervalQualifier, RowTypeField, SimpleTypeName, TimeUnit, TypeName } from './ast.js';
import { TokenKind } from './lexer.js';
import { ParserBase } from './parser-base.js';

/** Type names that take nothing, a length or precision, or a precision and a scale. */
const simpleTypes: Record<string, { name: SimpleTypeName; parameters: 0 | 1 | 2 }> = {
  BOOLEAN: { name: 'BOOLEAN', parameters: 0 },
  TINYINT: { name: 'TINYINT', parameters: 0 },
  SMALLINT: { name: 'SMALLINT', parameters: 0 },
  INT: { name: 'INTEGER', parameters: 0 },
  INTEGER: { name: 'INTEGER', parameters: 0 },
  BIGINT: { name: 'BIGINT', parameters: 0 },
  REAL: { name: 'REAL', parameters: 0 },
  FLOAT: { name: 'FLOAT', parameters: 0 },
  DOUBLE: { name: 'DOUBLE', parameters: 0 },
  STRING: { name: 'STRING', parameters: 0 },
  BYTES: { name: 'BYTES', parameters: 0 },
  VARIANT: { name: 'VARIANT', parameters: 0 },
  BITMAP: { name: 'BITMAP', parameters: 0 },
  DATE: { name: 'DATE', parameters: 0 },
  DECIMAL: { name: 'DECIMAL', parameters: 2 },
  DEC: { name: 'DECIMAL', parameters: 2 },
  NUMERIC: { name: 'DECIMAL', parameters: 2 },
  ANY: { name: 'ANY', parameters: 2 },
  CHAR: { name: 'CHAR', parameters: 1 },
  CHARACTER: { name: 'CHAR', parameters: 1 },
  VARCHAR: { name: 'VARCHAR', parameters: 1 },
  BINARY: { name: 'BINARY', parameters: 1 },
  VARBINARY: { name: 'VARBINARY', parameters: 1 },
  TIME: { name: 'TIME', parameters: 1 },
  TIMESTAMP: { name: 'TIMESTAMP', parameters: 1 },
  TIMESTAMP_LTZ: { name: 'TIMESTAMP_LTZ', parameters: 1 },
};

/** The words of a time unit in an interval; the plural means the same. */
const intervalUnits: Record<string, TimeUnit> = {
  YEAR: 'YEAR',
  YEARS: 'YEAR',
  QUARTER: 'QUARTER',
  QUARTERS: 'QUARTER',
  MONTH: 'MONTH',
  MONTHS: 'MONTH',
  WEEK: 'WEEK',
  WEEKS: 'WEEK',
  DAY: 'DAY',
  DAYS: 'DAY',
  HOUR: 'HOUR',
  HOURS: 'HOUR',
  MINUTE: 'MINUTE',
  MINUTES: 'MINUTE',
  SECOND: 'SECOND',
  SECONDS: 'SECOND',
};

/** The units that may end a range which starts with the key. */
const rangeEnds: Partial<Record<TimeUnit, TimeUnit[]>> = {
  YEAR: ['MONTH'],
  DAY: ['HOUR', 'MINUTE', 'SECOND'],
  HOUR: ['MINUTE', 'SECOND'],
  MINUTE: ['SECOND'],
};

/** Types, and the qualifier that types and literals of intervals share. */
export abstract class TypeParser extends ParserBase {
  /**
   * A type. `nullability` says whether NULL and NOT NULL may follow it: so in column definitions and inside other types,
   * not in CAST, where nothing may.
   */
  protected type(nullability: boolean): TypeName {
    return this.descend(() => {
      let type = this.typeWithoutSuffix();
      for (;;) {
        if (nullability) this.nullability(type);
        const collection = this.acceptOneOf('ARRAY', 'MULTISET');
        if (!collection) return type;
        type = {
          kind: 'CollectionType',
          collection,
          element: type,
          nullable: true,
          span: this.spanFrom(type.span.start),
        };
      }
    });
  }

  private nullability(type: TypeName): void {
    if (this.acceptAll('NOT', 'NULL')) {
      type.nullable = false;
      type.span = this.spanFrom(type.span.start);
    } else if (this.accept('NULL')) {
      type.span = this.spanFrom(type.span.start);
    }
  }

  private typeWithoutSuffix(): TypeName {
    this.notePlace('type');
    const token = this.current;
    const start = token.start;
    if (token.kind !== TokenKind.Word) return this.namedType();
    const simple = simpleTypes[token.word];
    if (simple) return this.simpleType(simple);
    switch (token.word) {
      case 'ARRAY':
      case 'MULTISET': {
        this.advance();
        this.expect('<');
        const element = this.type(true);
        this.expect('>');
        return { kind: 'CollectionType', collection: token.word, element, nullable: true, span: this.spanFrom(start) };
      }
      case 'MAP': {
        if (!this.peekIs(1, '<')) return this.namedType();
        this.advance();
        this.expect('<');
        const key = this.type(true);
        this.expect(',');
        const value = this.type(true);
        this.expect('>');
        return { kind: 'MapType', key, value, nullable: true, span: this.spanFrom(start) };
      }
      case 'ROW':
        return this.rowType();
      case 'RAW': {
        this.advance();
        this.expect('(');
        const className = this.stringLiteral();
        this.expect(',');
        const serializer = this.stringLiteral();
        this.expect(')');
        return { kind: 'RawType', className, serializer, nullable: true, span: this.spanFrom(start) };
      }
      case 'STRUCTURED': {
        this.advance();
        this.expect('<');
        const className = this.stringLiteral();
        const fields: RowTypeField[] = [];
        while (this.accept(',')) fields.push(this.rowTypeField());
        this.expect('>');
        return { kind: 'StructuredType', className, fields, nullable: true, span: this.spanFrom(start) };
      }
      case 'INTERVAL': {
        this.advance();
        const qualifier = this.intervalQualifier(true);
        return { kind: 'IntervalType', qualifier, nullable: true, span: this.spanFrom(start) };
      }
      default:
        return this.namedType();
    }
  }

  private namedType(): TypeName {
    const name = this.path('type');
    return { kind: 'NamedType', name, nullable: true, span: name.span };
  }

  private simpleType(entry: { name: SimpleTypeName; parameters: 0 | 1 | 2 }): TypeName {
    const start = this.advance().start;
    let name = entry.name;
    if (name === 'DOUBLE') this.accept('PRECISION');
    if (name === 'CHAR' && this.accept('VARYING')) name = 'VARCHAR';
    if (name === 'BINARY' && this.accept('VARYING')) name = 'VARBINARY';
    let precision: number | null = null;
    let scale: number | null = null;
    if (entry.parameters > 0 && this.accept('(')) {
      precision = this.integer();
      if (entry.parameters === 2 && this.accept(',')) scale = this.integer();
      this.expect(')');
    }
    if (name === 'TIME' || name === 'TIMESTAMP') {
      if (this.accept('WITHOUT')) this.expect('TIME', 'ZONE');
      else if (this.is('WITH') && this.peekIs(1, 'LOCAL')) {
        this.expect('WITH', 'LOCAL', 'TIME', 'ZONE');
        name = name === 'TIME' ? 'TIME_LTZ' : 'TIMESTAMP_LTZ';
      } else if (this.current.word === 'WITH' && this.peekIs(1, 'TIME')) {
        throw this.unsupported(this.current, `${name} WITH TIME ZONE`, `Flink has ${name} WITH LOCAL TIME ZONE.`);
      }
    }
    if ((name === 'CHAR' || name === 'VARCHAR') && this.current.word === 'CHARACTER' && this.peekIs(1, 'SET')) {
      throw this.unsupported(this.current, 'CHARACTER SET');
    }
    return { kind: 'SimpleType', name, precision, scale, nullable: true, span: this.spanFrom(start) };
  }

  private rowType(): TypeName {
    const start = this.advance().start;
    const close = this.expectOneOf('<', '(') === '<' ? '>' : ')';
    const fields: RowTypeField[] = [];
    // `ROW<>` lexes as the operator `<>`, and is no type in Flink either; `ROW()` has no fields.
    if (!this.is(close)) fields.push(...this.list(() => this.rowTypeField()));
    this.expect(close);
    return { kind: 'RowType', fields, nullable: true, span: this.spanFrom(start) };
  }

  private rowTypeField(): RowTypeField {
    const name = this.name('new name');
    const type = this.type(true);
    const comment = this.current.kind === TokenKind.String ? this.quotedString().value : null;
    return { name, type, comment, span: this.spanFrom(name.span.start) };
  }

  /** Whether a unit of an interval stands here. */
  protected isIntervalUnit(): boolean {
    return this.current.kind === TokenKind.Word && intervalUnits[this.current.word] !== undefined;
  }

  /** `DAY(3) TO SECOND(6)`; without `ranges` the part from TO on may not follow. */
  protected intervalQualifier(ranges: boolean): IntervalQualifier {
    const start = this.current.start;
    const from = this.intervalUnit();
    let to: TimeUnit | null = null;
    let precision: number | null = null;
    let fraction: number | null = null;
    if (this.accept('(')) {
      precision = this.integer();
      if (from === 'SECOND' && this.accept(',')) fraction = this.integer();
      this.expect(')');
    }
    const ends = ranges ? rangeEnds[from] : undefined;
    if (ends && this.is('TO')) {
      this.advance();
      const at = this.at;
      to = this.intervalUnit();
      if (!ends.includes(to)) {
        throw this.error(
          this.tokens[at]!,
          `An interval cannot range from ${from} to ${to}.`,
          `${from} TO ${ends.join(' | ')}`,
        );
      }
      if (to === 'SECOND' && this.accept('(')) {
        fraction = this.integer();
        this.expect(')');
      }
    }
    return { from, to, precision, fraction, span: this.spanFrom(start) };
  }

  private intervalUnit(): TimeUnit {
    this.notePlace('time unit');
    const unit = this.current.kind === TokenKind.Word ? intervalUnits[this.current.word] : undefined;
    if (!unit) this.fail();
    this.advance();
    return unit;
  }
}
