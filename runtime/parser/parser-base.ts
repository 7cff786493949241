import { StreamcellError } from '../types/errors.js';
import { type Span } from '../types/span.js';
import type { Identifier, IdentifierPart, NumberLiteral, StringLiteral } from './ast.js';
import { RESERVED_WORDS } from './keywords.js';
import { type Token, TokenKind, type TokenList } from './lexer.js';
import {
  decodeEscapedString,
  decodeUnicodeEscapes,
  isUnicodeEscapeCharacter,
  unquoteName,
  unquoteString,
} from './literals.js';

/** What sort of thing the grammar wants at a place where any of many words could stand. */
export type Place =
  | 'expression'
  | 'operator'
  | 'query'
  | 'column'
  | 'table'
  | 'view'
  | 'model'
  | 'connection'
  | 'catalog'
  | 'database'
  | 'function'
  | 'module'
  | 'window'
  | 'type'
  | 'hint'
  | 'option key'
  | 'option value'
  | 'time unit'
  | 'job'
  | 'string'
  | 'number'
  | 'alias'
  | 'new name'
  | 'end';

/**
 * Collects, per token, everything the grammar would have accepted there. A parser runs without one; it is run a second
 * time with one only to explain an error or to complete at a cursor, so that the common way costs nothing.
 */
export class ExpectationRecorder {
  private readonly byToken = new Map<number, { words: Set<string>; places: Set<Place> }>();

  word(token: number, word: string): void {
    this.entry(token).words.add(word);
  }

  place(token: number, place: Place): void {
    this.entry(token).places.add(place);
  }

  at(token: number): { words: string[]; places: Place[] } {
    const entry = this.entry(token);
    return { words: [...entry.words], places: [...entry.places] };
  }

  private entry(token: number): { words: Set<string>; places: Set<Place> } {
    let entry = this.byToken.get(token);
    if (!entry) this.byToken.set(token, (entry = { words: new Set(), places: new Set() }));
    return entry;
  }
}

/** Reserved words that begin or join clauses: nobody means them as a name. */
const structuralWords = new Set(
  (
    'SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT OFFSET FETCH UNION INTERSECT EXCEPT WITH VALUES JOIN INNER LEFT RIGHT FULL ' +
    'OUTER CROSS NATURAL ON USING AS AND OR NOT IS IN LIKE BETWEEN CASE WHEN THEN ELSE END SET INTO INSERT UPDATE DELETE ' +
    'CREATE ALTER DROP SHOW TABLE EXISTS FOR OVER PARTITION QUALIFY WINDOW DISTINCT ALL EXPLAIN DESCRIBE USE EXECUTE BEGIN ' +
    'COMMENT WATERMARK PRIMARY UNIQUE CONSTRAINT MATCH_RECOGNIZE MEASURES PATTERN DEFINE'
  ).split(' '),
);

/** Thrown where the current token fits nothing; the statement parser turns it into an error that lists what would. */
export class UnexpectedToken extends Error {
  constructor(readonly tokenIndex: number) {
    super('unexpected token');
  }
}

/** Nesting deeper than this is refused: each level costs several frames of the call stack. */
const deepestNesting = 400;

/**
 * The cursor over the tokens of a script, and the small words of the grammar.
 * State: the index of the current token, how deep the parser stands in parentheses, and the parameters counted so far.
 * Maintains the invariant that `current` is `tokens[at]`, and that every test of the current token is also noted in the
 * recorder when there is one.
 */
export abstract class ParserBase {
  protected readonly text: string;
  protected readonly tokens: readonly Token[];
  protected at: number;
  protected current: Token;
  protected depth = 0;
  protected parameterCount = 0;

  constructor(
    list: TokenList,
    start: number,
    protected readonly recorder: ExpectationRecorder | null,
  ) {
    this.text = list.text;
    this.tokens = list.tokens;
    this.at = start;
    this.current = list.tokens[start]!;
  }

  // ---- the cursor -------------------------------------------------------------------------------------------------

  protected advance(): Token {
    const token = this.current;
    if (token.kind !== TokenKind.End) this.current = this.tokens[++this.at]!;
    return token;
  }

  protected moveTo(index: number): void {
    this.at = index;
    this.current = this.tokens[index]!;
  }

  protected peek(ahead: number): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)]!;
  }

  protected peekIs(ahead: number, word: string): boolean {
    return this.peek(ahead).word === word;
  }

  /** From the start of a node to the end of the last token consumed. */
  protected spanFrom(start: number): Span {
    return { start, end: Math.max(start, this.tokens[this.at - 1]?.end ?? start) };
  }

  protected fail(): never {
    throw new UnexpectedToken(this.at);
  }

  protected error({ start, end }: Span, message: string, hint?: string): StreamcellError {
    return new StreamcellError('SQL_SYNTAX', message, { span: { start, end }, hint });
  }

  protected unsupported({ start, end }: Span, construct: string, hint?: string): StreamcellError {
    return new StreamcellError('SQL_UNSUPPORTED', `${construct} is not supported.`, { span: { start, end }, hint });
  }

  protected descend<T>(parse: () => T): T {
    if (this.depth >= deepestNesting) {
      throw this.error(this.current, `This is nested more than ${deepestNesting} levels deep.`);
    }
    this.depth++;
    try {
      return parse();
    } finally {
      this.depth--;
    }
  }

  protected notePlace(place: Place): void {
    this.recorder?.place(this.at, place);
  }

  // ---- words and symbols ------------------------------------------------------------------------------------------

  /** Whether the current token is this keyword or symbol. */
  protected is(word: string): boolean {
    if (this.current.word === word) return true;
    this.recorder?.word(this.at, word);
    return false;
  }

  /** Whether these keywords or symbols come next, in this order. */
  protected areNext(first: string, second: string, third?: string): boolean {
    if (this.current.word !== first) {
      this.recorder?.word(this.at, third === undefined ? `${first} ${second}` : `${first} ${second} ${third}`);
      return false;
    }
    if (this.tokens[this.at + 1]?.word !== second) {
      this.recorder?.word(this.at + 1, third === undefined ? second : `${second} ${third}`);
      return false;
    }
    if (third !== undefined && this.tokens[this.at + 2]?.word !== third) {
      this.recorder?.word(this.at + 2, third);
      return false;
    }
    return true;
  }

  protected accept(word: string): boolean {
    if (!this.is(word)) return false;
    this.advance();
    return true;
  }

  protected acceptAll(first: string, second: string, third?: string): boolean {
    if (!this.areNext(first, second, third)) return false;
    this.moveTo(this.at + (third === undefined ? 2 : 3));
    return true;
  }

  protected expect(...words: string[]): void {
    for (const word of words) if (!this.accept(word)) this.fail();
  }

  /** The one of these words that stands here, consumed. */
  protected expectOneOf<W extends string>(...words: W[]): W {
    for (const word of words) if (this.accept(word)) return word;
    this.fail();
  }

  protected acceptOneOf<W extends string>(...words: W[]): W | null {
    for (const word of words) if (this.accept(word)) return word;
    return null;
  }

  /** One or more items with commas between them. */
  protected list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.accept(',')) items.push(item());
    return items;
  }

  protected parenthesized<T>(item: () => T): T[] {
    this.expect('(');
    const items = this.list(item);
    this.expect(')');
    return items;
  }

  protected ifExists(): boolean {
    return this.acceptAll('IF', 'EXISTS');
  }

  protected ifNotExists(): boolean {
    return this.acceptAll('IF', 'NOT', 'EXISTS');
  }

  // ---- names ------------------------------------------------------------------------------------------------------

  /** Whether a name may stand at the current token: quoted, or a word that is not reserved. */
  protected isName(token: Token = this.current): boolean {
    return (
      token.kind === TokenKind.QuotedIdentifier || (token.kind === TokenKind.Word && !RESERVED_WORDS.has(token.word))
    );
  }

  protected name(place: Place): IdentifierPart {
    this.notePlace(place);
    if (!this.isName()) this.failAtName(place);
    return this.namePart(this.advance());
  }

  protected namePart(token: Token): IdentifierPart {
    const quoted = token.kind === TokenKind.QuotedIdentifier;
    const source = this.text.slice(token.start, token.end);
    return { name: quoted ? unquoteName(source) : source, quoted, span: { start: token.start, end: token.end } };
  }

  private failAtName(place: Place): never {
    const token = this.current;
    // A misplaced FROM tells of something missing before it; any other reserved word was more likely meant as a name.
    const certain = place === 'new name' || this.tokens[this.at - 1]?.word === 'AS';
    if (token.kind === TokenKind.Word && (certain || !structuralWords.has(token.word))) throw this.reservedWord(token);
    this.fail();
  }

  protected reservedWord(token: Token): StreamcellError {
    const word = this.text.slice(token.start, token.end);
    return new StreamcellError('SQL_RESERVED_WORD', `${token.word} is a reserved word and cannot be a name.`, {
      span: { start: token.start, end: token.end },
      hint: `Quote it: \`${word}\`.`,
    });
  }

  /** A dotted name. */
  protected path(place: Place): Identifier {
    const parts = [this.name(place)];
    while (this.current.word === '.' && this.isPathPart(this.peek(1))) {
      this.advance();
      parts.push(this.name(place));
    }
    return this.identifier(parts);
  }

  private isPathPart(token: Token): boolean {
    return token.kind === TokenKind.Word || token.kind === TokenKind.QuotedIdentifier || token.kind === TokenKind.End;
  }

  protected identifier(parts: IdentifierPart[]): Identifier {
    return {
      kind: 'Identifier',
      parts,
      span: { start: parts[0]!.span.start, end: parts[parts.length - 1]!.span.end },
    };
  }

  protected nameList(place: Place): IdentifierPart[] {
    return this.parenthesized(() => this.name(place));
  }

  // ---- literals ---------------------------------------------------------------------------------------------------

  protected isString(): boolean {
    switch (this.current.kind) {
      case TokenKind.String:
      case TokenKind.PrefixedString:
      case TokenKind.UnicodeString:
      case TokenKind.EscapedString:
        return true;
      default:
        return false;
    }
  }

  /** A plain '..' and nothing else, as Flink wants it for comments, paths and class names. */
  protected quotedString(place: Place = 'string'): StringLiteral {
    this.notePlace(place);
    const token = this.current;
    if (token.kind !== TokenKind.String) this.fail();
    this.advance();
    return {
      kind: 'StringLiteral',
      value: unquoteString(this.text.slice(token.start, token.end)),
      charset: null,
      span: { start: token.start, end: token.end },
    };
  }

  /** Any character literal: prefixed, with escapes, or continued over several pieces. */
  protected stringLiteral(place: Place = 'string'): StringLiteral {
    this.notePlace(place);
    if (!this.isString()) this.fail();
    const first = this.advance();
    const source = this.text.slice(first.start, first.end);
    const quote = source.indexOf("'");
    const own = { start: first.start, end: first.end };
    let charset: string | null = null;
    if (first.kind === TokenKind.EscapedString) {
      const value = decodeEscapedString(source.slice(quote + 1, -1), own);
      return { kind: 'StringLiteral', value, charset: 'UTF16', span: own };
    }
    if (first.kind === TokenKind.UnicodeString) charset = 'UTF16';
    if (first.kind === TokenKind.PrefixedString)
      charset = quote === 1 ? 'NATIONAL' : source.slice(1, quote).toUpperCase();
    let value = unquoteString(source.slice(quote));
    while (this.current.kind === TokenKind.String) {
      const piece = this.advance();
      value += unquoteString(this.text.slice(piece.start, piece.end));
    }
    if (first.kind === TokenKind.UnicodeString) {
      let escape = '\\';
      if (this.accept('UESCAPE')) {
        const given = this.quotedString();
        if (!isUnicodeEscapeCharacter(given.value)) {
          throw this.error(given.span, 'UESCAPE takes one character that is no digit, sign, quote or blank.');
        }
        escape = given.value;
      }
      value = decodeUnicodeEscapes(value, escape, own);
    } else if (this.current.word === 'UESCAPE') {
      throw this.error(this.current, 'UESCAPE may only follow a literal that starts with U&.');
    }
    return { kind: 'StringLiteral', value, charset, span: this.spanFrom(first.start) };
  }

  protected numberLiteral(): NumberLiteral {
    this.notePlace('number');
    const token = this.current;
    const form =
      token.kind === TokenKind.Integer
        ? 'integer'
        : token.kind === TokenKind.Decimal
          ? 'decimal'
          : token.kind === TokenKind.Approximate
            ? 'approximate'
            : this.fail();
    this.advance();
    return {
      kind: 'NumberLiteral',
      text: this.text.slice(token.start, token.end),
      form,
      span: { start: token.start, end: token.end },
    };
  }

  /** An unsigned whole number that fits 32 bits, as lengths, precisions and counts are. */
  protected integer(): number {
    this.notePlace('number');
    const token = this.current;
    if (token.kind !== TokenKind.Integer) this.fail();
    const value = Number(this.text.slice(token.start, token.end));
    if (value > 2147483647) throw this.error(token, 'This number is too large here.');
    this.advance();
    return value;
  }

  protected optionalComment(): string | null {
    return this.accept('COMMENT') ? this.quotedString().value : null;
  }
}
