import type { Expr, JsonBehavior, JsonExists, OrderItem, Span } from './ast.js';
import { ExpressionParser } from './parse-expression.js';

/** The JSON functions of the SQL standard, which have clauses of their own. */
export abstract class JsonParser extends ExpressionParser {
  private jsonInputAndPath(): { input: Expr; path: Expr; start: number } {
    const start = this.advance().start;
    this.expect('(');
    const input = this.jsonItem().value;
    this.expect(',');
    const path = this.expression();
    if (this.current.word === 'PASSING') throw this.unsupported(this.current, 'The PASSING clause of a JSON function');
    return { input, path, start };
  }

  protected jsonExists(): Expr {
    const { input, path, start } = this.jsonInputAndPath();
    const onError: JsonExists['onError'] = this.acceptOneOf('TRUE', 'FALSE', 'UNKNOWN', 'ERROR');
    if (onError) this.expect('ON', 'ERROR');
    this.expect(')');
    return { kind: 'JsonExists', input, path, onError, span: this.spanFrom(start) };
  }

  protected jsonValue(): Expr {
    const { input, path, start } = this.jsonInputAndPath();
    const returning = this.accept('RETURNING') ? this.type(false) : null;
    const { onEmpty, onError } = this.jsonBehaviors(true);
    this.expect(')');
    return { kind: 'JsonValue', input, path, returning, onEmpty, onError, span: this.spanFrom(start) };
  }

  protected jsonQuery(): Expr {
    const { input, path, start } = this.jsonInputAndPath();
    const returning = this.accept('RETURNING') ? this.type(false) : null;
    let wrapper: 'WITHOUT' | 'CONDITIONAL' | 'UNCONDITIONAL' | null = null;
    if (this.accept('WITHOUT')) wrapper = 'WITHOUT';
    else if (this.accept('WITH')) wrapper = this.acceptOneOf('CONDITIONAL', 'UNCONDITIONAL') ?? 'UNCONDITIONAL';
    if (wrapper) {
      this.accept('ARRAY');
      this.expect('WRAPPER');
    }
    const { onEmpty, onError } = this.jsonBehaviors(false);
    this.expect(')');
    return { kind: 'JsonQuery', input, path, returning, wrapper, onEmpty, onError, span: this.spanFrom(start) };
  }

  /** `.. ON EMPTY` and `.. ON ERROR`, in any order; a repeated one replaces the earlier. */
  private jsonBehaviors(value: boolean): { onEmpty: JsonBehavior | null; onError: JsonBehavior | null } {
    let onEmpty: JsonBehavior | null = null;
    let onError: JsonBehavior | null = null;
    for (;;) {
      const behavior = this.jsonBehavior(value);
      if (!behavior) return { onEmpty, onError };
      this.expect('ON');
      if (this.expectOneOf('EMPTY', 'ERROR') === 'EMPTY') onEmpty = behavior;
      else onError = behavior;
    }
  }

  private jsonBehavior(value: boolean): JsonBehavior | null {
    const start = this.current.start;
    if (this.accept('NULL')) return { kind: 'Null', span: this.spanFrom(start) };
    if (this.accept('ERROR')) return { kind: 'Error', span: this.spanFrom(start) };
    if (value && this.accept('DEFAULT')) {
      const given = this.expression();
      return { kind: 'Default', value: given, span: this.spanFrom(start) };
    }
    if (!value && this.acceptAll('EMPTY', 'ARRAY')) return { kind: 'EmptyArray', span: this.spanFrom(start) };
    if (!value && this.acceptAll('EMPTY', 'OBJECT')) return { kind: 'EmptyObject', span: this.spanFrom(start) };
    return null;
  }

  private jsonItem(): { value: Expr; formatJson: boolean } {
    const value = this.expression();
    const formatJson = this.acceptAll('FORMAT', 'JSON');
    if (formatJson && this.accept('ENCODING')) this.expectOneOf('UTF8', 'UTF16', 'UTF32');
    return { value, formatJson };
  }

  private jsonEntry(): { key: Expr; value: Expr; formatJson: boolean } {
    // KEY is no reserved word: `key VALUE 1` names a column.
    const keyword = this.is('KEY') && !this.peekIs(1, 'VALUE') && !this.peekIs(1, ':') && !this.peekIs(1, '.');
    if (keyword) this.advance();
    const key = this.expression();
    if (keyword) this.expect('VALUE');
    else this.expectOneOf('VALUE', ':');
    return { key, ...this.jsonItem() };
  }

  private jsonOnNull(): 'NULL' | 'ABSENT' | null {
    if (this.acceptAll('NULL', 'ON', 'NULL')) return 'NULL';
    return this.acceptAll('ABSENT', 'ON', 'NULL') ? 'ABSENT' : null;
  }

  private isJsonOnNull(): boolean {
    return (
      (this.current.word === 'NULL' || this.current.word === 'ABSENT') && this.peekIs(1, 'ON') && this.peekIs(2, 'NULL')
    );
  }

  protected jsonObject(): Expr {
    const start = this.advance().start;
    this.expect('(');
    const entries = this.is(')') || this.isJsonOnNull() ? [] : this.list(() => this.jsonEntry());
    const onNull = this.jsonOnNull();
    this.expect(')');
    return { kind: 'JsonObject', entries, onNull, span: this.spanFrom(start) };
  }

  protected jsonArray(): Expr {
    const start = this.advance().start;
    this.expect('(');
    const elements = this.is(')') || this.isJsonOnNull() ? [] : this.list(() => this.jsonItem());
    const onNull = this.jsonOnNull();
    this.expect(')');
    return { kind: 'JsonArray', elements, onNull, span: this.spanFrom(start) };
  }

  protected jsonAggregate(word: 'JSON_OBJECTAGG' | 'JSON_ARRAYAGG'): Expr {
    const token = this.advance();
    const nameSpan: Span = { start: token.start, end: token.end };
    this.expect('(');
    const args: Expr[] = [];
    let orderBy: OrderItem[] = [];
    if (word === 'JSON_OBJECTAGG') {
      const entry = this.jsonEntry();
      args.push(entry.key, entry.value);
    } else {
      args.push(this.jsonItem().value);
      if (this.is('ORDER')) orderBy = this.orderBy();
    }
    const jsonOnNull = this.jsonOnNull();
    this.expect(')');
    const withinGroup = this.acceptAll('WITHIN', 'GROUP') ? this.withinGroup() : null;
    return { ...this.plainCall(word, nameSpan, args, this.spanFrom(token.start)), orderBy, jsonOnNull, withinGroup };
  }
}
