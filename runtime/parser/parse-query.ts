import type {
  CommonTable,
  Expr,
  GroupBy,
  GroupItem,
  NamedWindow,
  Query,
  QueryBody,
  Row,
  Select,
  SelectItem,
  SetOperation,
} from './ast.js';
import { TokenKind } from './lexer.js';
import { TableRefParser } from './parse-table-ref.js';

/** WITH, SELECT, VALUES, set operators, and what orders and limits them. */
export abstract class QueryParser extends TableRefParser {
  protected isQueryStart(): boolean {
    switch (this.current.word) {
      case 'SELECT':
      case 'WITH':
      case 'VALUES':
        return true;
      case 'TABLE':
        return !this.peekIs(1, '(');
      default:
        this.notePlace('query');
        return false;
    }
  }

  protected isQueryContinuation(): boolean {
    return ['UNION', 'INTERSECT', 'EXCEPT', 'MINUS', 'ORDER', 'LIMIT', 'OFFSET', 'FETCH'].includes(this.current.word);
  }

  protected query(): Query {
    return this.descend(() => {
      const start = this.current.start;
      const commonTables = this.withClause();
      const body = this.setOperations(this.queryTerm(), 0);
      return this.ordered(start, commonTables, body);
    });
  }

  protected queryFrom(first: Query): Query {
    return this.ordered(first.span.start, [], this.setOperations(first, 0));
  }

  private withClause(): CommonTable[] {
    if (!this.accept('WITH')) return [];
    const recursive = this.accept('RECURSIVE');
    return this.list(() => {
      const name = this.name('new name');
      const columns = this.is('(') ? this.nameList('new name') : [];
      this.expect('AS');
      const { query } = this.subquery();
      return { name, columns, recursive, query, span: this.spanFrom(name.span.start) };
    });
  }

  private ordered(start: number, commonTables: CommonTable[], body: QueryBody): Query {
    const orderBy = this.is('ORDER') ? this.orderBy() : [];
    let limit: Expr | null = null;
    let offset: Expr | null = null;
    if (this.is('LIMIT')) {
      limit = this.limit();
      if (this.is('OFFSET')) offset = this.offset();
    } else if (this.is('OFFSET')) {
      offset = this.offset();
      if (this.current.word === 'LIMIT') {
        throw this.error(
          this.current,
          'LIMIT cannot follow OFFSET.',
          'Write LIMIT first, or FETCH NEXT n ROWS ONLY after OFFSET.',
        );
      }
      if (this.is('FETCH')) limit = this.fetch();
    } else if (this.is('FETCH')) {
      limit = this.fetch();
    }
    return { kind: 'Query', with: commonTables, body, orderBy, offset, limit, span: this.spanFrom(start) };
  }

  private count(): Expr {
    const token = this.current;
    if (this.accept('?')) {
      return { kind: 'DynamicParameter', index: this.parameterCount++, span: { start: token.start, end: token.end } };
    }
    return this.numberLiteral();
  }

  private limit(): Expr | null {
    this.expect('LIMIT');
    if (this.accept('ALL')) return null;
    const count = this.count();
    if (this.current.word === ',') {
      throw this.error(this.current, "'LIMIT start, count' is not allowed.", 'Write LIMIT count OFFSET start.');
    }
    return count;
  }

  private offset(): Expr {
    this.expect('OFFSET');
    const count = this.count();
    this.acceptOneOf('ROWS', 'ROW');
    return count;
  }

  private fetch(): Expr {
    this.expect('FETCH');
    this.expectOneOf('FIRST', 'NEXT');
    const count = this.count();
    this.expectOneOf('ROWS', 'ROW');
    this.expect('ONLY');
    return count;
  }

  /** UNION and EXCEPT bind equally and to the left, INTERSECT tighter. */
  private setOperations(first: QueryBody, minimum: 0 | 1): QueryBody {
    let left = first;
    for (;;) {
      const word = this.current.word;
      if (word === 'MINUS') throw this.error(this.current, 'MINUS is not allowed.', 'Flink SQL writes EXCEPT.');
      const op = this.setOperator();
      if (!op || (minimum === 1 && op !== 'INTERSECT')) return left;
      this.advance();
      const all = this.accept('ALL');
      if (!all) this.accept('DISTINCT');
      let right = this.queryTerm();
      if (op !== 'INTERSECT') right = this.setOperations(right, 1);
      left = { kind: 'SetOperation', op, all, left, right, span: { start: left.span.start, end: right.span.end } };
    }
  }

  private setOperator(): SetOperation['op'] | null {
    for (const op of ['UNION', 'INTERSECT', 'EXCEPT'] as const) if (this.is(op)) return op;
    return null;
  }

  /** One operand of a set operator. */
  private queryTerm(): QueryBody {
    const start = this.current.start;
    if (this.is('SELECT')) return this.select();
    if (this.is('VALUES')) {
      this.advance();
      const rows = this.list(() => this.valuesRow());
      return { kind: 'Values', rows, span: this.spanFrom(start) };
    }
    if (this.is('TABLE')) {
      this.advance();
      const name = this.path('table');
      return { kind: 'TableQuery', name, span: this.spanFrom(start) };
    }
    if (this.current.word === '(') return { ...this.subquery().query, span: this.spanFrom(start) };
    this.is('(');
    this.fail();
  }

  protected valuesRow(): Row {
    const start = this.current.start;
    if (this.current.word === 'ROW' && this.peekIs(1, '(')) {
      this.moveTo(this.at + 2);
      const fields = this.rowFields();
      return { kind: 'Row', fields, explicit: true, span: this.spanFrom(start) };
    }
    if (this.current.word === '(' && this.parenthesisIsWholeRow()) {
      // Flink takes `(ROW(1, 2))` for the row itself.
      if (this.peekIs(1, 'ROW') && this.peekIs(2, '(') && this.closing(this.at + 2) === this.closing(this.at) - 1) {
        this.advance();
        const row = this.valuesRow();
        this.expect(')');
        return { ...row, span: this.spanFrom(start) };
      }
      this.advance();
      const fields = this.rowFields();
      return { kind: 'Row', fields, explicit: false, span: this.spanFrom(start) };
    }
    const value = this.expression();
    return { kind: 'Row', fields: [value], explicit: false, span: value.span };
  }

  private rowFields(): Expr[] {
    const field = (): Expr => {
      const token = this.current;
      if (this.accept('DEFAULT')) return { kind: 'DefaultArgument', span: { start: token.start, end: token.end } };
      return this.queryOrExpression();
    };
    const fields = this.list(field);
    this.expect(')');
    return fields;
  }

  /** Whether nothing but the end of the row follows the parenthesis: `(1) + 2` is a value, `(1, 2)` a row. */
  private parenthesisIsWholeRow(): boolean {
    const after = this.tokens[this.closing(this.at) + 1];
    if (!after || after.kind === TokenKind.End) return true;
    if (after.kind === TokenKind.Symbol) return [',', ')', ';'].includes(after.word);
    const operators = ['AND', 'OR', 'IS', 'IN', 'NOT', 'LIKE', 'BETWEEN', 'SIMILAR'];
    return !(after.kind === TokenKind.Word && operators.includes(after.word));
  }

  /** The index of the parenthesis that closes the one at `open`, or of the last token. */
  private closing(open: number): number {
    let depth = 0;
    for (let i = open; i < this.tokens.length; i++) {
      const word = this.tokens[i]!.word;
      if (word === '(') depth++;
      else if (word === ')' && --depth === 0) return i;
    }
    return this.tokens.length - 1;
  }

  // ---- SELECT -----------------------------------------------------------------------------------------------------

  private select(): Select {
    const start = this.current.start;
    this.expect('SELECT');
    const hints = this.hints();
    if (this.current.word === 'STREAM')
      throw this.unsupported(this.current, 'SELECT STREAM', 'Every query is a stream already.');
    const quantifier = this.acceptOneOf('DISTINCT', 'ALL');
    const items = this.list(() => this.selectItem());
    const select: Select = {
      kind: 'Select',
      hints,
      quantifier,
      items,
      from: null,
      where: null,
      groupBy: null,
      having: null,
      windows: [],
      qualify: null,
      span: { start, end: start },
    };
    if (this.accept('FROM')) {
      select.from = this.from();
      if (this.accept('WHERE')) select.where = this.expression();
      if (this.is('GROUP')) select.groupBy = this.groupBy();
      if (this.accept('HAVING')) select.having = this.expression();
      if (this.accept('WINDOW')) select.windows = this.list(() => this.namedWindow());
      if (this.accept('QUALIFY')) select.qualify = this.expression();
    }
    select.span = this.spanFrom(start);
    return select;
  }

  private selectItem(): SelectItem {
    const token = this.current;
    if (token.word === '*') {
      this.advance();
      const span = { start: token.start, end: token.end };
      return { expr: { kind: 'Star', qualifier: [], span }, alias: null, span };
    }
    if (this.recorder) this.is('*');
    const expr = this.expression();
    const stated = this.accept('AS');
    if (!stated) this.notePlace('alias');
    if (this.isString()) {
      throw this.error(this.current, "An alias is a name, not a text in '..'.", 'Quote a name with backticks.');
    }
    const alias = stated || this.isName() ? this.name('alias') : null;
    return { expr, alias, span: this.spanFrom(token.start) };
  }

  private namedWindow(): NamedWindow {
    const name = this.name('new name');
    this.expect('AS');
    const spec = this.windowSpec();
    return { name, spec, span: this.spanFrom(name.span.start) };
  }

  private groupBy(): GroupBy {
    const start = this.current.start;
    this.expect('GROUP', 'BY');
    const quantifier = this.acceptOneOf('DISTINCT', 'ALL');
    const items = this.list(() => this.groupItem());
    return { quantifier, items, span: this.spanFrom(start) };
  }

  private groupItem(): GroupItem {
    const start = this.current.start;
    if (this.areNext('GROUPING', 'SETS')) {
      this.moveTo(this.at + 2);
      const items = this.parenthesized(() => this.groupItem());
      return { kind: 'GroupingSets', items, span: this.spanFrom(start) };
    }
    const nested = this.acceptOneOf('ROLLUP', 'CUBE');
    if (nested) {
      const items = this.parenthesized(() => this.groupKey());
      return { kind: nested === 'ROLLUP' ? 'Rollup' : 'Cube', items, span: this.spanFrom(start) };
    }
    return this.groupKey();
  }

  private groupKey(): GroupItem {
    const start = this.current.start;
    if (this.current.word === '(' && this.peekIs(1, ')')) {
      this.moveTo(this.at + 2);
      return { kind: 'GroupKey', exprs: [], parenthesized: true, span: this.spanFrom(start) };
    }
    const parenthesized = this.current.word === '(';
    const expr = this.expression();
    const span = this.spanFrom(start);
    const isRow = parenthesized && expr.kind === 'Row' && !expr.explicit;
    return isRow
      ? { kind: 'GroupKey', exprs: expr.fields, parenthesized: true, span }
      : { kind: 'GroupKey', exprs: [expr], parenthesized: parenthesized && expr.span.start === start, span };
  }
}
