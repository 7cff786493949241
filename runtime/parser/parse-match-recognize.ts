import type { AfterMatch, IntervalLiteral, MatchRecognize, Pattern, TableRef } from './ast.js';
import { TokenKind } from './lexer.js';
import { FunctionParser } from './parse-function.js';

/** MATCH_RECOGNIZE and its patterns. */
export abstract class MatchRecognizeParser extends FunctionParser {
  protected matchRecognize(input: TableRef): MatchRecognize {
    const start = input.span.start;
    this.expect('MATCH_RECOGNIZE', '(');
    const partitionBy = this.acceptAll('PARTITION', 'BY') ? this.list(() => this.expression()) : [];
    const orderBy = this.is('ORDER') ? this.orderBy() : [];
    const measures = this.accept('MEASURES') ? this.list(() => this.measure()) : [];
    let rowsPerMatch: MatchRecognize['rowsPerMatch'] = null;
    if (this.accept('ONE')) {
      this.expect('ROW', 'PER', 'MATCH');
      rowsPerMatch = 'ONE';
    } else if (this.accept('ALL')) {
      this.expect('ROWS', 'PER', 'MATCH');
      rowsPerMatch = 'ALL';
    }
    const afterMatch = this.is('AFTER') ? this.afterMatch() : null;
    this.expect('PATTERN', '(');
    const anchoredStart = this.accept('^');
    const pattern = this.pattern();
    const anchoredEnd = this.accept('$');
    this.expect(')');
    const within = this.accept('WITHIN') ? this.withinInterval() : null;
    const subsets = this.accept('SUBSET') ? this.list(() => this.subset()) : [];
    this.expect('DEFINE');
    const define = this.list(() => {
      const name = this.name('new name');
      this.expect('AS');
      const condition = this.expression();
      return { name, condition, span: this.spanFrom(name.span.start) };
    });
    this.expect(')');
    return {
      kind: 'MatchRecognize',
      input,
      partitionBy,
      orderBy,
      measures,
      rowsPerMatch,
      afterMatch,
      anchoredStart,
      anchoredEnd,
      pattern,
      within,
      subsets,
      define,
      alias: null,
      span: this.spanFrom(start),
    };
  }

  private measure(): MatchRecognize['measures'][number] {
    const expr = this.expression();
    this.expect('AS');
    const alias = this.name('new name');
    return { expr, alias, span: this.spanFrom(expr.span.start) };
  }

  private subset(): MatchRecognize['subsets'][number] {
    const name = this.name('new name');
    this.expect('=');
    const members = this.nameList('new name');
    return { name, members, span: this.spanFrom(name.span.start) };
  }

  private withinInterval(): IntervalLiteral {
    const expr = this.expression();
    if (expr.kind !== 'IntervalLiteral')
      throw this.error(expr.span, 'WITHIN takes an interval literal.', "WITHIN INTERVAL '1' HOUR");
    return expr;
  }

  private afterMatch(): AfterMatch {
    const start = this.current.start;
    this.expect('AFTER', 'MATCH', 'SKIP');
    if (this.accept('PAST')) {
      this.expect('LAST', 'ROW');
      return { kind: 'SkipPastLastRow', span: this.spanFrom(start) };
    }
    this.expect('TO');
    if (this.acceptAll('NEXT', 'ROW')) return { kind: 'SkipToNextRow', span: this.spanFrom(start) };
    // FIRST and LAST are no reserved words: `SKIP TO LAST` alone goes to a variable of that name.
    const first = this.is('FIRST') && this.isName(this.peek(1));
    if (first || (this.is('LAST') && this.isName(this.peek(1)))) this.advance();
    const variable = this.name('new name');
    return { kind: first ? 'SkipToFirst' : 'SkipToLast', variable, span: this.spanFrom(start) };
  }

  private pattern(): Pattern {
    return this.descend(() => {
      const start = this.current.start;
      const items = [this.patternSequence()];
      while (this.accept('|')) items.push(this.patternSequence());
      return items.length === 1 ? items[0]! : { kind: 'PatternAlternation', items, span: this.spanFrom(start) };
    });
  }

  private patternSequence(): Pattern {
    const start = this.current.start;
    const items = [this.patternFactor()];
    while (this.isName() || ['(', '{', 'PERMUTE'].includes(this.current.word)) items.push(this.patternFactor());
    return items.length === 1 ? items[0]! : { kind: 'PatternSequence', items, span: this.spanFrom(start) };
  }

  private patternFactor(): Pattern {
    const start = this.current.start;
    const item = this.patternPrimary();
    const bounds = this.quantifier();
    if (!bounds) return item;
    const questioned = this.accept('?');
    // `A{3}?` is no more reluctant than `A{3}`.
    const reluctant = questioned && bounds.min !== bounds.max;
    return { kind: 'PatternQuantified', item, ...bounds, reluctant, span: this.spanFrom(start) };
  }

  private quantifier(): { min: number; max: number | null } | null {
    if (this.accept('*')) return { min: 0, max: null };
    if (this.accept('+')) return { min: 1, max: null };
    if (this.accept('?')) return { min: 0, max: 1 };
    if (!this.is('{') || this.peekIs(1, '-')) return null;
    this.advance();
    if (this.accept(',')) {
      const max = this.integer();
      this.expect('}');
      return { min: 0, max };
    }
    const min = this.integer();
    let max: number | null = min;
    if (this.accept(',')) max = this.current.kind === TokenKind.Integer ? this.integer() : null;
    this.expect('}');
    return { min, max };
  }

  private patternPrimary(): Pattern {
    const start = this.current.start;
    if (this.accept('(')) {
      const inner = this.pattern();
      this.expect(')');
      return { ...inner, span: this.spanFrom(start) };
    }
    if (this.accept('{')) {
      this.expect('-');
      const item = this.pattern();
      this.expect('-', '}');
      return { kind: 'PatternExclude', item, span: this.spanFrom(start) };
    }
    if (this.accept('PERMUTE')) {
      const items = this.parenthesized(() => this.pattern());
      return { kind: 'PatternPermute', items, span: this.spanFrom(start) };
    }
    const name = this.name('new name');
    return { kind: 'PatternVariable', name, span: name.span };
  }
}
