import type {
  BinaryOp,
  CaseBranch,
  ComparisonOp,
  DateTimeLiteral,
  Expr,
  FunctionCall,
  Is,
  Like,
  OrderItem,
  Query,
  Row,
  ScalarSubquery,
} from './ast.js';
import { CONTEXT_VARIABLES, RESERVED_FUNCTION_NAMES } from './keywords.js';
import { TokenKind } from './lexer.js';
import { TypeParser } from './parse-type.js';
import { binaryOperators, precedence } from './precedence.js';

const comparisons = new Set<string>(['=', '<>', '<', '<=', '>', '>=']);

/** Offered by completion after a complete operand. */
const operatorWords = ['AND', 'OR', 'IS', 'IN', 'NOT', 'BETWEEN', 'LIKE', 'SIMILAR TO'];

/**
 * Expressions, by operator precedence over primaries. Calls and other forms that start with a word are in FunctionParser.
 */
export abstract class ExpressionParser extends TypeParser {
  protected abstract query(): Query;
  protected abstract isQueryStart(): boolean;
  /** Goes on with a query whose first operand has been read as a subquery in parentheses. */
  protected abstract queryFrom(first: Query): Query;
  protected abstract isQueryContinuation(): boolean;
  /** A primary that starts with a name, quoted or not, or with a word that has a form of its own. */
  protected abstract namePrimary(): Expr;

  protected expression(): Expr {
    return this.operatorsAbove(0, false);
  }

  /** `stopAtAnd`: the AND after the low end of BETWEEN belongs to BETWEEN. */
  private operatorsAbove(minimum: number, stopAtAnd: boolean): Expr {
    let left = this.descend(() => this.prefixed());
    for (;;) {
      const token = this.current;
      const binary = token.word === '' ? undefined : binaryOperators[token.word];
      if (binary) {
        if (binary.precedence <= minimum || (stopAtAnd && token.word === 'AND')) return left;
        if (comparisons.has(token.word) && this.isQuantifier()) {
          left = this.quantified(left, token.word as ComparisonOp);
          continue;
        }
        this.advance();
        left = this.binary(left, binary.op, { start: token.start, end: token.end }, binary.precedence);
        continue;
      }
      const next = this.wordOperator(left, minimum);
      if (!next) {
        if (this.recorder) this.noteOperators();
        return left;
      }
      left = next;
    }
  }

  private noteOperators(): void {
    this.notePlace('operator');
    for (const word of operatorWords) this.recorder!.word(this.at, word);
  }

  private binary(left: Expr, op: BinaryOp, opSpan: { start: number; end: number }, above: number): Expr {
    const right = this.operatorsAbove(above, false);
    return { kind: 'Binary', op, left, right, opSpan, span: { start: left.span.start, end: right.span.end } };
  }

  /** Operators that are words, or several words; null when none stands here that binds tighter than `minimum`. */
  private wordOperator(left: Expr, minimum: number): Expr | null {
    const token = this.current;
    switch (token.word) {
      case 'IS':
        return this.is_(left, minimum);
      case 'IN':
      case 'BETWEEN':
      case 'LIKE':
      case 'ILIKE':
      case 'RLIKE':
      case 'SIMILAR':
        return minimum < precedence.range ? this.rangeOperator(left, false) : null;
      case 'NOT': {
        const next = this.peek(1).word;
        const ranged = ['IN', 'BETWEEN', 'LIKE', 'ILIKE', 'RLIKE', 'SIMILAR'].includes(next);
        if (ranged && minimum < precedence.range) {
          this.advance();
          return this.rangeOperator(left, true);
        }
        return null;
      }
      case 'MEMBER':
      case 'SUBMULTISET':
        if (minimum >= precedence.comparison) return null;
        this.advance();
        this.expect('OF');
        return this.binary(left, `${token.word} OF` as BinaryOp, this.spanFrom(token.start), precedence.comparison);
      case 'IMMEDIATELY': {
        const next = this.peek(1).word;
        if (minimum >= precedence.comparison || (next !== 'PRECEDES' && next !== 'SUCCEEDS')) return null;
        this.moveTo(this.at + 2);
        return this.binary(left, `IMMEDIATELY ${next}`, this.spanFrom(token.start), precedence.comparison);
      }
      case 'MULTISET':
        return this.multisetOperator(left, minimum);
      case '!=':
        throw this.error(token, "The operator '!=' is not allowed.", "Flink SQL writes '<>'.");
      default:
        return null;
    }
  }

  private multisetOperator(left: Expr, minimum: number): Expr | null {
    const start = this.current.start;
    const word = this.peek(1).word;
    if (word !== 'UNION' && word !== 'INTERSECT' && word !== 'EXCEPT') return null;
    const own = word === 'INTERSECT' ? precedence.multisetIntersect : precedence.multisetUnion;
    if (own <= minimum) return null;
    this.moveTo(this.at + 2);
    const distinct = this.accept('DISTINCT');
    if (!distinct) this.accept('ALL');
    return this.binary(left, `MULTISET ${word}${distinct ? ' DISTINCT' : ''}`, this.spanFrom(start), own);
  }

  private is_(left: Expr, minimum: number): Expr | null {
    const start = this.current.start;
    const negatedAhead = this.peekIs(1, 'NOT');
    if (this.peekIs(negatedAhead ? 2 : 1, 'DISTINCT')) {
      if (minimum >= precedence.comparison) return null;
      this.moveTo(this.at + (negatedAhead ? 3 : 2));
      this.expect('FROM');
      const op = negatedAhead ? 'IS NOT DISTINCT FROM' : 'IS DISTINCT FROM';
      return this.binary(left, op, this.spanFrom(start), precedence.comparison);
    }
    if (minimum >= precedence.is) return null;
    this.advance();
    const negated = this.accept('NOT');
    const test = this.isTest();
    return { kind: 'Is', operand: left, test, negated, span: this.spanFrom(left.span.start) };
  }

  private isTest(): Is['test'] {
    if (this.recorder) this.recorder.word(this.at, 'DISTINCT FROM');
    const simple = this.acceptOneOf('NULL', 'TRUE', 'FALSE', 'UNKNOWN', 'EMPTY');
    if (simple) return simple;
    if (this.acceptAll('A', 'SET')) return 'A SET';
    this.expect('JSON');
    const shape = this.acceptOneOf('VALUE', 'OBJECT', 'ARRAY', 'SCALAR') ?? 'VALUE';
    return `JSON ${shape}`;
  }

  private rangeOperator(left: Expr, negated: boolean): Expr {
    const word = this.advance().word;
    if (word === 'IN') return this.inOperator(left, negated);
    if (word === 'BETWEEN') {
      const symmetric = this.acceptOneOf('SYMMETRIC', 'ASYMMETRIC') === 'SYMMETRIC';
      const low = this.operatorsAbove(0, true);
      this.expect('AND');
      const high = this.operatorsAbove(precedence.range, false);
      return { kind: 'Between', operand: left, low, high, negated, symmetric, span: this.spanFrom(left.span.start) };
    }
    if (word === 'SIMILAR') this.expect('TO');
    const variant = (word === 'SIMILAR' ? 'SIMILAR TO' : word) as Like['variant'];
    const pattern = this.operatorsAbove(precedence.range, false);
    const escape = this.accept('ESCAPE') ? this.operatorsAbove(precedence.range, false) : null;
    return { kind: 'Like', variant, operand: left, pattern, escape, negated, span: this.spanFrom(left.span.start) };
  }

  private inOperator(left: Expr, negated: boolean): Expr {
    const right = this.queryOrList();
    const span = this.spanFrom(left.span.start);
    return Array.isArray(right)
      ? { kind: 'InList', operand: left, values: right, negated, span }
      : { kind: 'InSubquery', operand: left, query: right, negated, span };
  }

  private isQuantifier(): boolean {
    const word = this.peek(1).word;
    return (word === 'SOME' || word === 'ANY' || word === 'ALL') && this.peekIs(2, '(');
  }

  private quantified(left: Expr, op: ComparisonOp): Expr {
    this.advance();
    const quantifier = this.expectOneOf('SOME', 'ANY', 'ALL');
    const right = this.queryOrList();
    return { kind: 'Quantified', operand: left, op, quantifier, right, span: this.spanFrom(left.span.start) };
  }

  /** What stands on the right of IN: a query or expressions, in parentheses. */
  private queryOrList(): Query | Expr[] {
    this.expect('(');
    const values = this.parenthesisContents();
    this.expect(')');
    const only = values[0]!;
    return values.length === 1 && only.kind === 'ScalarSubquery' ? only.query : values;
  }

  /** Expressions after an opening parenthesis; a query there, bare or continued by a set operator, is one subquery. */
  protected parenthesisContents(): Expr[] {
    const first = this.queryOrExpression();
    const values = [first];
    while (this.accept(',')) values.push(this.expression());
    return values;
  }

  protected queryOrExpression(): Expr {
    if (this.isQueryStart()) {
      const query = this.query();
      return { kind: 'ScalarSubquery', query, span: query.span };
    }
    const expr = this.expression();
    if (expr.kind === 'ScalarSubquery' && this.isQueryContinuation()) {
      const query = this.queryFrom(expr.query);
      return { kind: 'ScalarSubquery', query, span: query.span };
    }
    return expr;
  }

  // ---- operands ---------------------------------------------------------------------------------------------------

  private prefixed(): Expr {
    const token = this.current;
    switch (token.word) {
      case '+':
      case '-': {
        this.advance();
        const operand = this.operatorsAbove(precedence.sign - 1, false);
        return { kind: 'Unary', op: token.word, operand, span: this.spanFrom(token.start) };
      }
      case 'NOT': {
        this.advance();
        const operand = this.operatorsAbove(precedence.not - 1, false);
        return { kind: 'Unary', op: 'NOT', operand, span: this.spanFrom(token.start) };
      }
      case 'EXISTS': {
        this.advance();
        const { query } = this.subquery();
        return { kind: 'Exists', query, span: this.spanFrom(token.start) };
      }
      default:
        return this.withAccess(this.primary());
    }
  }

  protected subquery(): ScalarSubquery {
    const start = this.current.start;
    this.expect('(');
    const inner = this.queryOrExpression();
    if (inner.kind !== 'ScalarSubquery') throw this.error(inner.span, 'A query is expected here.');
    this.expect(')');
    return { ...inner, span: this.spanFrom(start) };
  }

  /** `[i]` and `.field` after an operand. */
  private withAccess(operand: Expr): Expr {
    let expr = operand;
    for (;;) {
      if (this.current.word === '[') {
        this.advance();
        const index = this.expression();
        this.expect(']');
        expr = { kind: 'ElementAccess', operand: expr, index, span: this.spanFrom(operand.span.start) };
      } else if (this.current.word === '.' && expr.kind !== 'Star') {
        if (this.peekIs(1, '*')) throw this.unsupported(this.current, 'Expanding the fields of an expression with .*');
        this.advance();
        const field = this.name('column');
        if (this.peekIs(0, '(')) throw this.unsupported(field.span, 'Calling a method of a value');
        expr = { kind: 'FieldAccess', operand: expr, field, span: this.spanFrom(operand.span.start) };
      } else {
        return expr;
      }
    }
  }

  private primary(): Expr {
    this.notePlace('expression');
    const token = this.current;
    switch (token.kind) {
      case TokenKind.Integer:
      case TokenKind.Decimal:
      case TokenKind.Approximate:
        return this.numberLiteral();
      case TokenKind.String:
      case TokenKind.PrefixedString:
      case TokenKind.UnicodeString:
      case TokenKind.EscapedString:
        return this.stringLiteral();
      case TokenKind.BinaryString:
        return this.binaryLiteral();
      case TokenKind.Symbol:
        return this.symbolPrimary();
      case TokenKind.QuotedIdentifier:
        return this.namePrimary();
      case TokenKind.Word:
        return this.wordPrimary();
      default:
        this.fail();
    }
  }

  private binaryLiteral(): Expr {
    const token = this.advance();
    let hex = this.text.slice(token.start + 2, token.end - 1);
    while (this.current.kind === TokenKind.String) {
      const piece = this.advance();
      hex += this.text.slice(piece.start + 1, piece.end - 1);
    }
    const span = this.spanFrom(token.start);
    if (hex.length % 2 !== 0 || /[^0-9A-Fa-f]/.test(hex)) {
      throw this.error(span, 'A binary literal holds pairs of hexadecimal digits.');
    }
    return { kind: 'BinaryLiteral', hex, span };
  }

  private symbolPrimary(): Expr {
    const token = this.current;
    switch (token.word) {
      case '(':
        return this.parenthesizedPrimary();
      case '?':
        this.advance();
        return { kind: 'DynamicParameter', index: this.parameterCount++, span: this.spanFrom(token.start) };
      case '{':
        return this.escapeSyntax();
      default:
        this.fail();
    }
  }

  private parenthesizedPrimary(): Expr {
    const start = this.advance().start;
    const values = this.parenthesisContents();
    this.expect(')');
    const span = this.spanFrom(start);
    const only = values[0]!;
    if (values.length > 1) return { kind: 'Row', fields: values, explicit: false, span };
    if (only.kind === 'ScalarSubquery') return { ...only, span };
    if (only.kind === 'Binary' && only.op === '-' && this.isIntervalUnit() && !this.isName()) {
      throw this.unsupported(
        this.current,
        'A difference with an interval qualifier',
        'TIMESTAMPDIFF counts units between two times.',
      );
    }
    // A name in parentheses is a value: what follows the dot is a field of it, not a longer path.
    return { ...only, span };
  }

  /** `{d '..'}`, `{t '..'}`, `{ts '..'}` and `{fn f(..)}`. */
  private escapeSyntax(): Expr {
    const start = this.advance().start;
    const types: Record<string, DateTimeLiteral['type']> = { D: 'DATE', T: 'TIME', TS: 'TIMESTAMP' };
    const type = types[this.current.word];
    if (type) {
      this.advance();
      const text = this.quotedString().value;
      this.expect('}');
      return { kind: 'DateTimeLiteral', type, text, span: this.spanFrom(start) };
    }
    this.expect('FN');
    const call = this.primary();
    if (call.kind !== 'FunctionCall' && call.kind !== 'Trim')
      throw this.error(call.span, 'A function call is expected here.');
    this.expect('}');
    return call;
  }

  private wordPrimary(): Expr {
    const token = this.current;
    const span = { start: token.start, end: token.end };
    switch (token.word) {
      case 'NULL':
        this.advance();
        return { kind: 'NullLiteral', span };
      case 'TRUE':
      case 'FALSE':
        this.advance();
        return { kind: 'BooleanLiteral', value: token.word === 'TRUE', span };
      case 'UNKNOWN':
        this.advance();
        return { kind: 'BooleanLiteral', value: null, span };
      case 'INTERVAL':
        return this.interval();
      case 'DATE':
      case 'TIME':
      case 'TIMESTAMP':
      case 'DATETIME':
        return this.dateTime();
      case 'DECIMAL':
        return this.decimalLiteral();
      case 'CASE':
        return this.caseExpression();
      case 'ROW':
        return this.row();
      case 'PERIOD':
        return this.period();
      case 'CURSOR':
      case 'UNIQUE':
      case 'NEW':
        throw this.unsupported(span, token.word);
      case 'CURRENT':
        throw this.unsupported(span, 'CURRENT VALUE FOR');
      default:
        break;
    }
    if (CONTEXT_VARIABLES.has(token.word) && !this.peekIs(1, '(')) return this.contextVariable();
    if (token.word === 'NEXT' && this.peekIs(1, 'VALUE')) throw this.unsupported(span, 'NEXT VALUE FOR');
    return this.namePrimary();
  }

  private contextVariable(): FunctionCall {
    const token = this.advance();
    const span = { start: token.start, end: token.end };
    return { ...this.plainCall(token.word, span, [], span), niladic: true };
  }

  /** A call without any of the optional clauses. */
  protected plainCall(
    name: string,
    nameSpan: { start: number; end: number },
    args: Expr[],
    span: { start: number; end: number },
  ): FunctionCall {
    return {
      kind: 'FunctionCall',
      name: this.identifier([{ name, quoted: false, span: nameSpan }]),
      args,
      star: false,
      niladic: false,
      quantifier: null,
      orderBy: [],
      jsonOnNull: null,
      withinGroup: null,
      withinDistinct: null,
      nullTreatment: null,
      filter: null,
      over: null,
      semantics: null,
      span,
    };
  }

  private interval(): Expr {
    const start = this.advance().start;
    const negative = this.acceptOneOf('-', '+') === '-';
    if (this.current.kind === TokenKind.String) {
      const text = this.quotedString().value;
      const qualifier = this.intervalQualifier(true);
      return { kind: 'IntervalLiteral', negative, text, qualifier, span: this.spanFrom(start) };
    }
    let amount: Expr;
    if (this.accept('(')) {
      amount = this.expression();
      this.expect(')');
    } else if (this.isName()) {
      amount = this.path('column');
    } else {
      this.notePlace('string');
      amount = this.numberLiteral();
    }
    const qualifier = this.intervalQualifier(false);
    return { kind: 'IntervalExpression', negative, amount, qualifier, span: this.spanFrom(start) };
  }

  private dateTime(): Expr {
    const token = this.advance();
    const zoned = token.word === 'TIMESTAMP' && this.current.word === 'WITH';
    if (zoned) this.expect('WITH', 'LOCAL', 'TIME', 'ZONE');
    if (!zoned && this.current.word === '(') {
      const nameSpan = { start: token.start, end: token.end };
      this.advance();
      const args = this.list(() => this.expression());
      this.expect(')');
      return this.plainCall(token.word, nameSpan, args, this.spanFrom(token.start));
    }
    if (token.word === 'DATETIME') throw this.unsupported(token, 'A DATETIME literal', "Write TIMESTAMP '..'.");
    if (!zoned && this.current.kind !== TokenKind.String && !this.recorder) throw this.reservedWord(token);
    const text = this.quotedString().value;
    const type = zoned ? 'TIMESTAMP_LTZ' : (token.word as DateTimeLiteral['type']);
    return { kind: 'DateTimeLiteral', type, text, span: this.spanFrom(token.start) };
  }

  /** `DECIMAL '1.5'`. */
  private decimalLiteral(): Expr {
    const start = this.advance().start;
    const { value, span } = this.quotedString();
    if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(value.trim())) throw this.error(span, `'${value}' is no decimal number.`);
    return { kind: 'NumberLiteral', text: value.trim(), form: 'decimal', span: this.spanFrom(start) };
  }

  private caseExpression(): Expr {
    const start = this.advance().start;
    const operand = this.current.word === 'WHEN' ? null : this.expression();
    const branches: CaseBranch[] = [];
    do {
      const from = this.current.start;
      this.expect('WHEN');
      const conditions = this.list(() => this.expression());
      this.expect('THEN');
      const result = this.expression();
      branches.push({ conditions, result, span: this.spanFrom(from) });
    } while (this.is('WHEN'));
    const otherwise = this.accept('ELSE') ? this.expression() : null;
    this.expect('END');
    return { kind: 'Case', operand, branches, otherwise, span: this.spanFrom(start) };
  }

  protected row(): Row {
    const start = this.current.start;
    this.expect('ROW', '(');
    const fields = this.parenthesisContents();
    this.expect(')');
    return { kind: 'Row', fields, explicit: true, span: this.spanFrom(start) };
  }

  /** `PERIOD (start, end)` is the row of the two. */
  private period(): Row {
    const start = this.advance().start;
    this.expect('(');
    const from = this.expression();
    this.expect(',');
    const fields = [from, this.expression()];
    this.expect(')');
    return { kind: 'Row', fields, explicit: false, span: this.spanFrom(start) };
  }

  /** Whether the current word, though reserved, names a function here. */
  protected isReservedFunction(): boolean {
    return RESERVED_FUNCTION_NAMES.has(this.current.word) && this.peekIs(1, '(');
  }

  // ---- order ------------------------------------------------------------------------------------------------------

  protected orderBy(): OrderItem[] {
    this.expect('ORDER', 'BY');
    return this.list(() => this.orderItem());
  }

  protected orderItem(): OrderItem {
    const expr = this.expression();
    const descending = this.acceptOneOf('ASC', 'DESC') === 'DESC';
    let nulls: OrderItem['nulls'] = null;
    if (this.acceptAll('NULLS', 'FIRST')) nulls = 'FIRST';
    else if (this.acceptAll('NULLS', 'LAST')) nulls = 'LAST';
    return { expr, descending, nulls, span: this.spanFrom(expr.span.start) };
  }

  protected withinGroup(): OrderItem[] {
    this.expect('(');
    const items = this.orderBy();
    this.expect(')');
    return items;
  }
}
