import type {
  Expr,
  FrameBound,
  FunctionCall,
  Identifier,
  IdentifierPart,
  OrderItem,
  TableArgument,
  TimeUnit,
  WindowFrame,
  WindowSpec,
} from './ast.js';
import { TokenKind } from './lexer.js';
import { JsonParser } from './parse-json.js';

const timeUnits = new Set<string>([
  'YEAR',
  'QUARTER',
  'MONTH',
  'WEEK',
  'DAY',
  'HOUR',
  'MINUTE',
  'SECOND',
  'MILLISECOND',
  'MICROSECOND',
  'NANOSECOND',
  'DOW',
  'DOY',
  'ISODOW',
  'ISOYEAR',
  'EPOCH',
  'DECADE',
  'CENTURY',
  'MILLENNIUM',
]);

/** Calls and the other primaries that start with a name or a word of their own. */
export abstract class FunctionParser extends JsonParser {
  protected namePrimary(): Expr {
    const token = this.current;
    if (token.kind === TokenKind.Word) {
      const special = this.specialForm(token.word);
      if (special) return special;
      if (this.isReservedFunction()) {
        this.advance();
        const part: IdentifierPart = { name: token.word, quoted: false, span: { start: token.start, end: token.end } };
        return this.callTail(this.callArguments(this.identifier([part])));
      }
    }
    return this.pathOrCall();
  }

  /** A column, a dotted path, `t.*`, or a call of a named function. */
  private pathOrCall(): Expr {
    const start = this.current.start;
    const parts = [this.name('column')];
    while (this.current.word === '.') {
      const next = this.peek(1);
      if (next.word === '*') {
        this.moveTo(this.at + 2);
        return { kind: 'Star', qualifier: parts, span: this.spanFrom(start) };
      }
      this.advance();
      parts.push(this.name('column'));
    }
    const name = this.identifier(parts);
    if (this.current.word !== '(') return name;
    if (parts.length === 1 && !parts[0]!.quoted && parts[0]!.name.toUpperCase() === 'DESCRIPTOR')
      return this.descriptor(start);
    return this.callTail(this.callArguments(name));
  }

  /** Forms with words of their own between the parentheses; null when the word starts none. */
  private specialForm(word: string): Expr | null {
    if (!this.peekIs(1, '(')) return this.specialWithoutParenthesis(word);
    switch (word) {
      case 'CAST':
      case 'TRY_CAST':
        return this.cast(word === 'TRY_CAST');
      case 'EXTRACT':
        return this.special('EXTRACT', () => {
          const unit = this.timeUnit();
          this.expect('FROM');
          return [unit, this.expression()];
        });
      case 'POSITION':
        return this.special('POSITION', () => this.positionArguments());
      case 'OVERLAY':
        return this.special('OVERLAY', () => {
          const args = [this.expression()];
          this.expect('PLACING');
          args.push(this.expression());
          this.expect('FROM');
          args.push(this.expression());
          if (this.accept('FOR')) args.push(this.expression());
          return args;
        });
      case 'SUBSTRING':
        return this.special('SUBSTRING', () => {
          const args = [this.expression()];
          this.expectOneOf('FROM', ',');
          args.push(this.expression());
          if (this.acceptOneOf('FOR', ',')) args.push(this.expression());
          return args;
        });
      case 'TRIM':
        return this.trim();
      case 'TRANSLATE':
        return this.special('TRANSLATE', () => {
          const args = [this.expression()];
          if (this.current.word === 'USING') throw this.unsupported(this.current, 'TRANSLATE with USING');
          while (this.accept(',')) args.push(this.expression());
          return args;
        });
      case 'CONVERT':
      case 'SAFE_CAST':
        throw this.unsupported(this.current, word);
      case 'FLOOR':
      case 'CEIL':
      case 'CEILING':
        return this.floor(word === 'FLOOR' ? 'FLOOR' : 'CEIL');
      case 'TIMESTAMPADD':
      case 'TIMESTAMPDIFF':
        return this.special(word, () => {
          const args: Expr[] = [this.timeUnit()];
          this.expect(',');
          args.push(this.expression());
          this.expect(',');
          args.push(this.expression());
          return args;
        });
      case 'TIMESTAMP_DIFF':
      case 'DATETIME_DIFF':
      case 'DATE_DIFF':
      case 'TIME_DIFF':
      case 'TIMESTAMP_TRUNC':
      case 'DATETIME_TRUNC':
      case 'DATE_TRUNC':
      case 'TIME_TRUNC':
        return this.special(word, () => this.argumentsWithUnitLast());
      case 'JSON_EXISTS':
        return this.jsonExists();
      case 'JSON_VALUE':
        return this.jsonValue();
      case 'JSON_QUERY':
        return this.jsonQuery();
      case 'JSON_OBJECT':
        return this.jsonObject();
      case 'JSON_ARRAY':
        return this.jsonArray();
      case 'JSON_OBJECTAGG':
      case 'JSON_ARRAYAGG':
        return this.jsonAggregate(word);
      case 'PREV':
      case 'NEXT':
      case 'FIRST':
      case 'LAST':
        return this.special(word, () => this.navigationArguments());
      case 'CLASSIFIER':
      case 'MATCH_NUMBER':
        return this.special(word, () => []);
      case 'ARRAY':
      case 'MAP':
      case 'MULTISET': {
        const start = this.advance().start;
        const { query } = this.subquery();
        return { kind: 'QueryConstructor', collection: word, query, span: this.spanFrom(start) };
      }
      default:
        return null;
    }
  }

  private specialWithoutParenthesis(word: string): Expr | null {
    switch (word) {
      case 'ARRAY':
      case 'MULTISET': {
        const start = this.advance().start;
        const elements = this.bracketed(() => this.expression());
        const span = this.spanFrom(start);
        return word === 'ARRAY'
          ? { kind: 'ArrayConstructor', elements, span }
          : { kind: 'MultisetConstructor', elements, span };
      }
      case 'MAP': {
        if (!this.peekIs(1, '[')) return null;
        const start = this.advance().start;
        const items = this.bracketed(() => this.expression());
        const span = this.spanFrom(start);
        if (items.length % 2 !== 0)
          throw this.error(span, 'MAP[..] needs a value for every key: an even number of items.');
        const entries = [];
        for (let i = 0; i < items.length; i += 2) entries.push({ key: items[i]!, value: items[i + 1]! });
        return { kind: 'MapConstructor', entries, span };
      }
      case 'RUNNING':
      case 'FINAL': {
        const named = this.isName(this.peek(1)) || this.peek(1).kind === TokenKind.Word;
        if (!named || !this.peekIs(2, '(')) return null;
        const start = this.advance().start;
        const call = this.namePrimary();
        if (call.kind !== 'FunctionCall')
          throw this.error(call.span, `${word} applies to an aggregate, FIRST or LAST.`);
        return { ...call, semantics: word, span: this.spanFrom(start) };
      }
      default:
        return null;
    }
  }

  private bracketed<T>(item: () => T): T[] {
    this.expect('[');
    const items = this.is(']') ? [] : this.list(item);
    this.expect(']');
    return items;
  }

  /** NAME ( .. ) where what stands between the parentheses is read by `args`. */
  private special(name: string, args: () => Expr[]): FunctionCall {
    const token = this.advance();
    this.expect('(');
    const values = args();
    this.expect(')');
    return this.plainCall(name, { start: token.start, end: token.end }, values, this.spanFrom(token.start));
  }

  private cast(safe: boolean): Expr {
    const start = this.advance().start;
    this.expect('(');
    const operand = this.expression();
    this.expect('AS');
    const type = this.type(false);
    this.expect(')');
    return { kind: 'Cast', safe, operand, type, span: this.spanFrom(start) };
  }

  /** The needle is an operand without operators: IN after it is POSITION's own. */
  private positionArguments(): Expr[] {
    const from = this.at;
    let end = from;
    for (let depth = 0; this.tokens[end]!.kind !== TokenKind.End; end++) {
      const word = this.tokens[end]!.word;
      if (depth === 0 && (word === 'IN' || word === ')' || word === ',')) break;
      if (word === '(' || word === '[') depth++;
      if (word === ')' || word === ']') depth--;
    }
    const needle = this.namedOrLiteral();
    if (this.at !== end) this.fail();
    this.expect('IN');
    const args = [needle, this.expression()];
    if (this.accept('FROM')) args.push(this.expression());
    return args;
  }

  private namedOrLiteral(): Expr {
    if (this.isString()) return this.stringLiteral();
    if (this.current.kind === TokenKind.Integer) return this.numberLiteral();
    return this.namePrimary();
  }

  /** A value and, optionally, how many rows away: a number, not an expression. */
  private navigationArguments(): Expr[] {
    const args = [this.expression()];
    if (!this.accept(',')) return args;
    const start = this.current.start;
    const sign = this.acceptOneOf('-', '+');
    const operand = this.numberLiteral();
    args.push(sign ? { kind: 'Unary', op: sign, operand, span: this.spanFrom(start) } : operand);
    return args;
  }

  private argumentsWithUnitLast(): Expr[] {
    const args: Expr[] = [this.expression()];
    while (this.accept(',')) {
      const unit = timeUnits.has(this.current.word) && (this.peekIs(1, ')') || this.peekIs(1, '('));
      args.push(unit ? this.timeUnit() : this.expression());
    }
    return args;
  }

  /** A unit; any other name may be a time frame that is defined elsewhere, which the binder refuses. */
  private timeUnit(): Expr {
    this.notePlace('time unit');
    const token = this.current;
    if (token.kind === TokenKind.Word && timeUnits.has(token.word)) {
      this.advance();
      if (token.word === 'WEEK' && this.current.word === '(') throw this.unsupported(token, 'WEEK with its first day');
      return { kind: 'TimeUnitArgument', unit: token.word as TimeUnit, span: { start: token.start, end: token.end } };
    }
    return this.identifier([this.name('time unit')]);
  }

  private floor(name: 'FLOOR' | 'CEIL'): Expr {
    const call = this.special(name, () => {
      const args = [this.expression()];
      if (this.accept('TO')) args.push(this.timeUnit());
      return args;
    });
    if (!this.accept('OVER')) return call;
    return { ...call, over: this.over(), span: this.spanFrom(call.span.start) };
  }

  private trim(): Expr {
    const start = this.advance().start;
    this.expect('(');
    const side = this.acceptOneOf('BOTH', 'LEADING', 'TRAILING');
    let characters: Expr | null = null;
    let operand: Expr;
    if (side && this.accept('FROM')) {
      operand = this.expression();
    } else {
      operand = this.expression();
      if (this.accept('FROM')) {
        characters = operand;
        operand = this.expression();
      }
    }
    this.expect(')');
    return { kind: 'Trim', side: side ?? 'BOTH', characters, operand, span: this.spanFrom(start) };
  }

  private descriptor(start: number): Expr {
    const empty = this.peekIs(1, ')');
    if (empty) this.moveTo(this.at + 2);
    const columns = empty ? [] : this.nameList('column');
    return { kind: 'Descriptor', columns, span: this.spanFrom(start) };
  }

  // ---- calls ------------------------------------------------------------------------------------------------------

  /** The parenthesis after a function's name, and what stands in it. */
  protected callArguments(name: Identifier): FunctionCall {
    const call = this.plainCall('', name.span, [], name.span);
    call.name = name;
    this.expect('(');
    if (this.current.word === '*' && this.peekIs(1, ')')) {
      this.advance();
      call.star = true;
    } else if (!this.is(')')) {
      call.quantifier = this.acceptOneOf('DISTINCT', 'ALL');
      call.args = this.list(() => this.argument());
      call.nullTreatment = this.nullTreatment();
      if (this.is('ORDER')) call.orderBy = this.orderBy();
    }
    this.expect(')');
    call.span = this.spanFrom(name.span.start);
    return call;
  }

  /** What may follow the closing parenthesis of a named function. */
  private callTail(call: FunctionCall): FunctionCall {
    call.nullTreatment ??= this.nullTreatment();
    if (this.acceptAll('WITHIN', 'DISTINCT')) call.withinDistinct = this.parenthesized(() => this.expression());
    if (this.acceptAll('WITHIN', 'GROUP')) call.withinGroup = this.withinGroup();
    if (this.is('FILTER') && this.peekIs(1, '(')) {
      this.expect('FILTER', '(', 'WHERE');
      call.filter = this.expression();
      this.expect(')');
    }
    if (this.accept('OVER')) call.over = this.over();
    call.span = this.spanFrom(call.span.start);
    return call;
  }

  private nullTreatment(): 'IGNORE' | 'RESPECT' | null {
    if (this.acceptAll('IGNORE', 'NULLS')) return 'IGNORE';
    return this.acceptAll('RESPECT', 'NULLS') ? 'RESPECT' : null;
  }

  private argument(): Expr {
    if (this.isName() && this.peekIs(1, '=>')) {
      const name = this.name('new name');
      this.advance();
      const value = this.argumentValue();
      return { kind: 'NamedArgument', name, value, span: this.spanFrom(name.span.start) };
    }
    return this.argumentValue();
  }

  private argumentValue(): Expr {
    const token = this.current;
    if (this.accept('DEFAULT')) return { kind: 'DefaultArgument', span: { start: token.start, end: token.end } };
    if (token.word === 'MODEL' && this.isName(this.peek(1))) {
      this.advance();
      const name = this.path('model');
      return { kind: 'ModelArgument', name, span: this.spanFrom(token.start) };
    }
    if (this.is('TABLE') && this.isName(this.peek(1))) {
      this.advance();
      return this.tableArgument(this.path('table'), token.start);
    }
    const value = this.queryOrExpression();
    const setSemantics = this.current.word === 'PARTITION' || this.current.word === 'ORDER';
    return value.kind === 'ScalarSubquery' && setSemantics ? this.tableArgument(value.query, token.start) : value;
  }

  private tableArgument(input: TableArgument['input'], start: number): TableArgument {
    let partitionBy: Expr[] = [];
    let orderBy: OrderItem[] = [];
    if (this.acceptAll('PARTITION', 'BY')) {
      const columns = this.current.word === '(' ? this.nameList('column') : [this.name('column')];
      partitionBy = columns.map((column) => this.identifier([column]));
    }
    if (this.acceptAll('ORDER', 'BY')) {
      orderBy = this.current.word === '(' ? this.parenthesized(() => this.orderItem()) : [this.orderItem()];
    }
    return { kind: 'TableArgument', input, partitionBy, orderBy, span: this.spanFrom(start) };
  }

  // ---- windows ----------------------------------------------------------------------------------------------------

  private over(): FunctionCall['over'] {
    if (this.is('(')) return this.windowSpec();
    const name = this.name('window');
    return { kind: 'WindowReference', name, span: name.span };
  }

  protected windowSpec(): WindowSpec {
    const start = this.current.start;
    this.expect('(');
    this.notePlace('window');
    const base = this.isName() && !['ALLOW', 'DISALLOW'].includes(this.current.word) ? this.name('window') : null;
    const partitionBy = this.acceptAll('PARTITION', 'BY') ? this.list(() => this.expression()) : [];
    const orderBy = this.is('ORDER') ? this.orderBy() : [];
    const frame = this.windowFrame();
    let allowPartial: boolean | null = null;
    if (this.acceptAll('ALLOW', 'PARTIAL')) allowPartial = true;
    else if (this.acceptAll('DISALLOW', 'PARTIAL')) allowPartial = false;
    this.expect(')');
    return { kind: 'WindowSpec', base, partitionBy, orderBy, frame, allowPartial, span: this.spanFrom(start) };
  }

  private windowFrame(): WindowFrame | null {
    const from = this.current.start;
    const unit = this.acceptOneOf('ROWS', 'RANGE');
    if (!unit) return null;
    if (!this.accept('BETWEEN')) return { unit, start: this.frameBound(), end: null, span: this.spanFrom(from) };
    const start = this.frameBound();
    this.expect('AND');
    const end = this.frameBound();
    return { unit, start, end, span: this.spanFrom(from) };
  }

  private frameBound(): FrameBound {
    const from = this.current.start;
    if (this.acceptAll('CURRENT', 'ROW')) return { kind: 'CurrentRow', span: this.spanFrom(from) };
    if (this.acceptAll('UNBOUNDED', 'PRECEDING')) return { kind: 'UnboundedPreceding', span: this.spanFrom(from) };
    if (this.acceptAll('UNBOUNDED', 'FOLLOWING')) return { kind: 'UnboundedFollowing', span: this.spanFrom(from) };
    const amount = this.expression();
    const kind = this.expectOneOf('PRECEDING', 'FOLLOWING') === 'PRECEDING' ? 'Preceding' : 'Following';
    return { kind, amount, span: this.spanFrom(from) };
  }
}
