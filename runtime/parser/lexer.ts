import { StreamcellError } from '../types/errors.js';

export const enum TokenKind {
  /** An unquoted word: a keyword, an identifier, or both, depending on the place. */
  Word,
  QuotedIdentifier,
  Integer,
  Decimal,
  Approximate,
  String,
  /** `N'..'` and `_charset'..'`. */
  PrefixedString,
  /** `U&'..'`. */
  UnicodeString,
  /** `E'..'`. */
  EscapedString,
  /** `X'..'`. */
  BinaryString,
  /** An operator or bracket; `word` is its text. */
  Symbol,
  /** `/*+`. */
  HintStart,
  /** The end of a hint. */
  HintEnd,
  /** Text that is no token; `error` says why. */
  Bad,
  End,
}

export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  /** Upper-case text of a Word, the text of a Symbol, else ''. */
  readonly word: string;
}

/** The tokens of one script, with the errors that the Bad ones stand for. The last token is End. */
export interface TokenList {
  readonly text: string;
  readonly tokens: Token[];
  readonly errors: StreamcellError[];
}

const upperCase = new Map<string, string>();

/** Keywords repeat in every statement: one upper-case string each, so that comparisons are mostly by identity. */
function internUpper(text: string): string {
  let upper = upperCase.get(text);
  if (upper === undefined) {
    upper = text.toUpperCase();
    if (text.length <= 24 && upperCase.size < 8192) upperCase.set(text, upper);
  }
  return upper;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isWordStart(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    code === 95 ||
    code === 36 ||
    (code >= 0xc0 && isLetter(code))
  );
}

const letter = /[\p{L}\p{Nl}]/u;

function isLetter(code: number): boolean {
  // Halves of a surrogate pair stand for letters beyond the basic plane; no operator lives there.
  return (code >= 0xd800 && code <= 0xdfff) || letter.test(String.fromCharCode(code));
}

function isWordPart(code: number): boolean {
  return isWordStart(code) || isDigit(code);
}

const twoCharacterSymbols = new Set(['<=', '>=', '<>', '!=', '||', '=>', '..']);
const oneCharacterSymbols = new Set('(){}[];.,=<>:+-*/%?|^$'.split(''));

export function tokenize(text: string): TokenList {
  const tokens: Token[] = [];
  const errors: StreamcellError[] = [];
  const length = text.length;
  let inHint = false;
  let at = 0;

  const push = (kind: TokenKind, start: number, end: number, word = ''): void => {
    tokens.push({ kind, start, end, word });
  };
  const bad = (
    code: 'SQL_SYNTAX' | 'SQL_UNTERMINATED',
    message: string,
    start: number,
    end: number,
    hint?: string,
  ): void => {
    errors.push(new StreamcellError(code, message, { span: { start, end }, hint }));
    push(TokenKind.Bad, start, end);
  };
  /** `open` is the offset of the quote; returns the offset after the closing one, or -1. */
  const closeQuote = (open: number, quote: number): number => {
    for (let i = open + 1; i < length; i++) {
      if (text.charCodeAt(i) !== quote) continue;
      if (text.charCodeAt(i + 1) !== quote) return i + 1;
      i++;
    }
    return -1;
  };
  const stringFrom = (start: number, open: number, kind: TokenKind): void => {
    const end = closeQuote(open, 39);
    at = end < 0 ? length : end;
    if (end < 0) bad('SQL_UNTERMINATED', 'This string has no closing quote.', start, length);
    else push(kind, start, end);
  };

  while (at < length) {
    const start = at;
    const code = text.charCodeAt(at);
    if (code === 32 || (code >= 9 && code <= 13) || code === 0xa0 || code === 0xfeff) {
      at++;
      continue;
    }
    const next = text.charCodeAt(at + 1);
    if ((code === 45 && next === 45) || (code === 47 && next === 47)) {
      while (at < length && text.charCodeAt(at) !== 10 && text.charCodeAt(at) !== 13) at++;
      continue;
    }
    if (code === 47 && next === 42) {
      if (text.charCodeAt(at + 2) === 43) {
        at += 3;
        inHint = true;
        push(TokenKind.HintStart, start, at);
        continue;
      }
      const end = text.indexOf('*/', at + 2);
      if (end < 0) bad('SQL_UNTERMINATED', 'This comment is not closed.', start, length);
      at = end < 0 ? length : end + 2;
      continue;
    }
    if (code === 42 && next === 47 && inHint) {
      at += 2;
      inHint = false;
      push(TokenKind.HintEnd, start, at);
      continue;
    }
    if (isWordStart(code)) {
      if (next === 39) {
        if (code === 120 || code === 88) {
          stringFrom(start, at + 1, TokenKind.BinaryString);
          continue;
        }
        if (code === 110 || code === 78) {
          stringFrom(start, at + 1, TokenKind.PrefixedString);
          continue;
        }
        if (code === 101 || code === 69) {
          const end = closeEscaped(text, at + 1);
          at = end < 0 ? length : end;
          if (end < 0) bad('SQL_UNTERMINATED', 'This string has no closing quote.', start, length);
          else push(TokenKind.EscapedString, start, end);
          continue;
        }
      }
      if ((code === 117 || code === 85) && next === 38 && text.charCodeAt(at + 2) === 39) {
        stringFrom(start, at + 2, TokenKind.UnicodeString);
        continue;
      }
      if (code === 36 && !isWordPart(next)) {
        at++;
        push(TokenKind.Symbol, start, at, '$');
        continue;
      }
      at++;
      while (at < length && isWordPart(text.charCodeAt(at))) at++;
      if (code === 95) {
        // `_utf8'..'` and `_iso-8859-1'..'`: the name of a character set may hold what a word may not.
        let quote = at;
        while (quote < length && /[-:.\w]/.test(text[quote]!)) quote++;
        if (text.charCodeAt(quote) === 39) {
          stringFrom(start, quote, TokenKind.PrefixedString);
          continue;
        }
      }
      push(TokenKind.Word, start, at, internUpper(text.slice(start, at)));
      continue;
    }
    if (isDigit(code) || (code === 46 && isDigit(next))) {
      at = endOfNumber(text, at);
      const number = text.slice(start, at);
      const kind = /[eE]/.test(number)
        ? TokenKind.Approximate
        : number.includes('.')
          ? TokenKind.Decimal
          : TokenKind.Integer;
      push(kind, start, at);
      continue;
    }
    if (code === 39) {
      stringFrom(start, at, TokenKind.String);
      continue;
    }
    if (code === 96) {
      const end = closeQuote(at, 96);
      at = end < 0 ? length : end;
      if (end < 0) bad('SQL_UNTERMINATED', 'This quoted name has no closing backtick.', start, length);
      else if (end === start + 2) bad('SQL_SYNTAX', 'A quoted name cannot be empty.', start, end);
      else push(TokenKind.QuotedIdentifier, start, end);
      continue;
    }
    const two = text.slice(at, at + 2);
    if (twoCharacterSymbols.has(two)) {
      at += 2;
      push(TokenKind.Symbol, start, at, two);
      continue;
    }
    const one = text[at]!;
    if (oneCharacterSymbols.has(one)) {
      at++;
      push(TokenKind.Symbol, start, at, one);
      continue;
    }
    if (code === 34) {
      const end = closeQuote(at, 34);
      at = end < 0 ? length : end;
      bad(
        'SQL_SYNTAX',
        'Double quotes do not quote anything here.',
        start,
        at,
        "Names are quoted with backticks, text with '..'.",
      );
      continue;
    }
    at++;
    bad('SQL_SYNTAX', `The character '${one}' has no meaning in SQL.`, start, at);
  }
  push(TokenKind.End, length, length);
  return { text, tokens, errors };
}

/** Digits, an optional fraction, an optional exponent; an `e` without digits after it belongs to the next word. */
function endOfNumber(text: string, start: number): number {
  let at = start;
  while (isDigit(text.charCodeAt(at))) at++;
  if (text.charCodeAt(at) === 46 && text.charCodeAt(at + 1) !== 46) {
    at++;
    while (isDigit(text.charCodeAt(at))) at++;
  }
  const exponent = text.charCodeAt(at);
  if (exponent === 101 || exponent === 69) {
    const sign = text.charCodeAt(at + 1);
    let digits = sign === 43 || sign === 45 ? at + 2 : at + 1;
    if (isDigit(text.charCodeAt(digits))) {
      while (isDigit(text.charCodeAt(digits))) digits++;
      at = digits;
    }
  }
  return at;
}

function closeEscaped(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 92) i++;
    else if (code === 39) {
      if (text.charCodeAt(i + 1) !== 39) return i + 1;
      i++;
    }
  }
  return -1;
}
