import type {
  Alias,
  DerivedTable,
  Expr,
  FunctionCall,
  Hint,
  IdentifierPart,
  Join,
  JoinType,
  NamedTable,
  Pivot,
  Query,
  Row,
  TableArgument,
  TableRef,
  TableSample,
  Unpivot,
} from './ast.js';
import { TokenKind } from './lexer.js';
import { MatchRecognizeParser } from './parse-match-recognize.js';

/** Everything in FROM. */
export abstract class TableRefParser extends MatchRecognizeParser {
  /** A row as VALUES has it. */
  protected abstract valuesRow(): Row;

  protected from(): TableRef {
    let left = this.tableRef();
    for (;;) {
      const start = left.span.start;
      if (this.accept(',')) {
        const right = this.tableRef();
        left = this.join(left, right, 'CROSS', { comma: true, start });
        continue;
      }
      const next = this.joinAfter(left);
      if (!next) return left;
      left = next;
    }
  }

  private joinAfter(left: TableRef): Join | null {
    const start = left.span.start;
    const natural = this.accept('NATURAL');
    const type = this.joinType();
    if (!type) {
      if (natural) this.fail();
      return null;
    }
    const right = this.tableRef();
    const join = this.join(left, right, type, { natural, start });
    if (this.accept('ON')) join.on = this.expression();
    else if (this.accept('USING')) join.using = this.nameList('column');
    join.span = this.spanFrom(start);
    return join;
  }

  private join(
    left: TableRef,
    right: TableRef,
    type: JoinType,
    { comma = false, natural = false, start }: { comma?: boolean; natural?: boolean; start: number },
  ): Join {
    return { kind: 'Join', type, natural, comma, left, right, on: null, using: null, span: this.spanFrom(start) };
  }

  private joinType(): JoinType | null {
    if (this.accept('JOIN')) return 'INNER';
    if (this.is('CROSS') || this.is('OUTER')) {
      if (this.peekIs(1, 'APPLY')) {
        throw this.unsupported(this.current, `${this.current.word} APPLY`, 'Flink SQL has CROSS JOIN LATERAL.');
      }
    }
    if (this.accept('INNER')) {
      this.expect('JOIN');
      return 'INNER';
    }
    if (this.accept('CROSS')) {
      this.expect('JOIN');
      return 'CROSS';
    }
    const side = this.acceptOneOf('LEFT', 'RIGHT', 'FULL');
    if (!side) return null;
    this.accept('OUTER');
    this.expect('JOIN');
    return side;
  }

  protected tableRef(): TableRef {
    return this.descend(() => this.withPivots(this.tablePrimary()));
  }

  private tablePrimary(): TableRef {
    const start = this.current.start;
    const lateral = this.accept('LATERAL');
    switch (this.current.word) {
      case '(':
        return this.parenthesizedTable(lateral, start);
      case 'UNNEST':
        return this.unnest(lateral, start);
      case 'TABLE': {
        this.expect('TABLE', '(');
        if (this.peekIs(0, 'SPECIFIC')) throw this.unsupported(this.current, 'SPECIFIC');
        const call = this.tableFunctionCall();
        this.expect(')');
        return { kind: 'TableFunction', call, lateral, wrapped: true, alias: null, span: this.spanFrom(start) };
      }
      default:
        break;
    }
    if (lateral) {
      for (const word of ['TABLE', '(', 'UNNEST']) this.is(word);
      this.fail();
    }
    if (this.recorder) for (const word of ['LATERAL', 'TABLE', 'UNNEST', '(']) this.is(word);
    const name = this.path('table');
    if (this.current.word === '(') {
      if (this.peekIs(1, 'SELECT')) {
        throw this.error(this.peek(1), 'A query as an argument stands in its own parentheses.', 'f((SELECT ..))');
      }
      const call = this.withTableArguments(this.callArguments(name));
      return { kind: 'TableFunction', call, lateral: false, wrapped: false, alias: null, span: this.spanFrom(start) };
    }
    const table: NamedTable = {
      kind: 'NamedTable',
      name,
      hints: this.hints(),
      asOf: null,
      sample: null,
      alias: null,
      span: name.span,
    };
    if (this.current.word === 'EXTEND') throw this.unsupported(this.current, 'EXTEND');
    if (this.accept('FOR')) {
      this.expect('SYSTEM_TIME', 'AS', 'OF');
      table.asOf = this.expression();
    }
    table.span = this.spanFrom(start);
    return this.is('MATCH_RECOGNIZE') ? this.matchRecognize(table) : table;
  }

  private tableFunctionCall(): FunctionCall {
    const name = this.path('function');
    return this.withTableArguments(this.callArguments(name));
  }

  /** A query among the arguments of a table function is a table. */
  private withTableArguments(call: FunctionCall): FunctionCall {
    const convert = (arg: Expr): Expr => {
      if (arg.kind === 'NamedArgument') return { ...arg, value: convert(arg.value) };
      if (arg.kind !== 'ScalarSubquery') return arg;
      const table: TableArgument = {
        kind: 'TableArgument',
        input: arg.query,
        partitionBy: [],
        orderBy: [],
        span: arg.span,
      };
      return table;
    };
    call.args = call.args.map(convert);
    return call;
  }

  private unnest(lateral: boolean, start: number): TableRef {
    this.expect('UNNEST', '(');
    const exprs = this.parenthesisContents();
    this.expect(')');
    const ordinality = this.acceptAll('WITH', 'ORDINALITY');
    return { kind: 'Unnest', exprs, ordinality, lateral, alias: null, span: this.spanFrom(start) };
  }

  /** A query, or tables joined, in parentheses; a query may turn out to be one only after its first operand. */
  private parenthesizedTable(lateral: boolean, start: number): TableRef {
    this.expect('(');
    let table: TableRef;
    if (this.isQueryStart()) {
      table = this.derivedTable(this.query(), lateral, start);
    } else {
      const inner = this.joinsOnly();
      if (inner.kind === 'DerivedTable' && !inner.alias && !inner.lateral && this.isQueryContinuation()) {
        table = this.derivedTable(this.queryFrom(inner.query), lateral, start);
      } else if (inner.kind === 'DerivedTable' && !inner.alias) {
        table = { ...inner, lateral: lateral || inner.lateral };
      } else if (inner.kind === 'Join' && !lateral) {
        table = inner;
      } else {
        throw this.error(inner.span, 'Only a query or a join may stand in parentheses here.');
      }
    }
    this.expect(')');
    if (table.kind === 'DerivedTable') table.span = this.spanFrom(start);
    return this.is('MATCH_RECOGNIZE') ? this.matchRecognize(table) : table;
  }

  /** Inside parentheses tables are joined by JOIN, never by a comma. */
  private joinsOnly(): TableRef {
    let left = this.tableRef();
    for (;;) {
      const next = this.joinAfter(left);
      if (!next) return left;
      left = next;
    }
  }

  private derivedTable(query: Query, lateral: boolean, start: number): DerivedTable {
    return { kind: 'DerivedTable', lateral, query, sample: null, alias: null, span: this.spanFrom(start) };
  }

  private withPivots(primary: TableRef): TableRef {
    const start = primary.span.start;
    let table = primary;
    if (this.accept('PIVOT')) table = this.pivot(table);
    if (this.accept('UNPIVOT')) table = this.unpivot(table);
    const alias = this.alias();
    if (alias) {
      if (table.kind === 'Join') {
        throw this.error(
          alias.span,
          'A join in parentheses cannot have an alias.',
          'Give the aliases to its tables, or SELECT from it.',
        );
      }
      table = { ...table, alias, span: this.spanFrom(start) };
    }
    if (this.is('TABLESAMPLE')) {
      if (table.kind !== 'NamedTable' && table.kind !== 'DerivedTable') {
        throw this.unsupported(this.current, 'TABLESAMPLE of anything but a table or a query');
      }
      table = { ...table, sample: this.sample(), span: this.spanFrom(start) };
    }
    return table;
  }

  protected alias(): Alias | null {
    const start = this.current.start;
    const stated = this.accept('AS');
    if (!stated) {
      this.notePlace('alias');
      if (!this.isName()) return null;
    }
    const name = this.name('alias');
    const columns = this.is('(') ? this.nameList('new name') : [];
    return { name, columns, span: this.spanFrom(start) };
  }

  private sample(): TableSample {
    const start = this.current.start;
    this.expect('TABLESAMPLE');
    const method = this.expectOneOf('BERNOULLI', 'SYSTEM', 'SUBSTITUTE');
    this.expect('(');
    const amount = method === 'SUBSTITUTE' ? this.stringLiteral() : this.numberLiteral();
    this.expect(')');
    let repeatable: Expr | null = null;
    if (method !== 'SUBSTITUTE' && this.accept('REPEATABLE')) {
      this.expect('(');
      repeatable = this.numberLiteral();
      this.expect(')');
    }
    return { method, amount, repeatable, span: this.spanFrom(start) };
  }

  private nameOrList(place: 'column' | 'new name'): IdentifierPart[] {
    return this.is('(') ? this.nameList(place) : [this.name(place)];
  }

  private optionalAlias(): IdentifierPart | null {
    const stated = this.accept('AS');
    return stated || this.isName() ? this.name('new name') : null;
  }

  private pivot(input: TableRef): Pivot {
    const start = input.span.start;
    this.expect('(');
    const aggregates = this.list(() => {
      const expr = this.namePrimary();
      return { expr, alias: this.optionalAlias(), span: this.spanFrom(expr.span.start) };
    });
    this.expect('FOR');
    const axes = this.nameOrList('column');
    this.expect('IN', '(');
    const value = (): Pivot['values'][number] => {
      const from = this.current.start;
      const exprs = this.valuesRow().fields;
      return { exprs, alias: this.optionalAlias(), span: this.spanFrom(from) };
    };
    const values = this.is(')') ? [] : this.list(value);
    this.expect(')', ')');
    return { kind: 'Pivot', input, aggregates, axes, values, alias: null, span: this.spanFrom(start) };
  }

  private unpivot(input: TableRef): Unpivot {
    const start = input.span.start;
    let includeNulls = false;
    if (this.acceptAll('INCLUDE', 'NULLS')) includeNulls = true;
    else this.acceptAll('EXCLUDE', 'NULLS');
    this.expect('(');
    const measures = this.nameOrList('new name');
    this.expect('FOR');
    const axes = this.nameOrList('new name');
    this.expect('IN');
    const columns = this.parenthesized(() => {
      const from = this.current.start;
      const names = this.nameOrList('column');
      const values = this.accept('AS') ? this.valuesRow().fields : [];
      return { names, values, span: this.spanFrom(from) };
    });
    this.expect(')');
    return { kind: 'Unpivot', input, includeNulls, measures, axes, columns, alias: null, span: this.spanFrom(start) };
  }

  // ---- hints ------------------------------------------------------------------------------------------------------

  /** The hints that stand here, if any. */
  protected hints(): Hint[] {
    if (this.current.kind !== TokenKind.HintStart) return [];
    this.advance();
    const hints = this.list(() => this.hint());
    if (this.peek(0).kind !== TokenKind.HintEnd) {
      this.is('*/');
      this.fail();
    }
    this.advance();
    return hints;
  }

  private hint(): Hint {
    const name = this.name('hint');
    const hint: Hint = { name, options: [], args: [], span: name.span };
    if (this.accept('(')) {
      if (!this.is(')')) this.list(() => this.hintArgument(hint));
      this.expect(')');
    }
    hint.span = this.spanFrom(name.span.start);
    return hint;
  }

  private hintArgument(hint: Hint): void {
    const start = this.current.start;
    this.notePlace('option key');
    const quoted = this.isString();
    let text: string;
    if (quoted) text = this.stringLiteral('option key').value;
    else if (this.isName()) text = this.name('table').name;
    else {
      const sign = this.acceptOneOf('-', '+') === '-' ? '-' : '';
      text = sign + this.numberLiteral().text;
    }
    if (this.accept('=')) {
      const value = this.stringLiteral('option value').value;
      hint.options.push({ key: text, value, span: this.spanFrom(start) });
    } else {
      hint.args.push({ text, quoted, span: this.spanFrom(start) });
    }
    if (hint.options.length > 0 && hint.args.length > 0) {
      throw this.error(this.spanFrom(start), "A hint takes either 'key' = 'value' pairs or plain arguments, not both.");
    }
  }
}
