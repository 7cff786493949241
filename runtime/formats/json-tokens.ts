import { decodeUtf8 } from '../types/index.js';
import { replaceLoneSurrogates } from './byte-buffer.js';

/** A text that is no JSON. Never leaves the format: the decoder turns it into RECORD_MALFORMED, or counts the record as malformed. */
export class JsonSyntaxError extends Error {}

export const NO_TOKEN = 0;
export const START_OBJECT = 1;
export const END_OBJECT = 2;
export const START_ARRAY = 3;
export const END_ARRAY = 4;
export const FIELD_NAME = 5;
export const STRING = 6;
export const INTEGER = 7;
export const FLOAT = 8;
export const TRUE = 9;
export const FALSE = 10;
export const NULL = 11;
export type JsonToken = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11;

/** Limits of the referee's reader. */
const MAX_DEPTH = 1000;
const MAX_NUMBER_LENGTH = 1000;
const MAX_NAME_LENGTH = 50_000;
const MAX_STRING_LENGTH = 20_000_000;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What comes next inside a container. */
const EXPECT_FIRST = 0;
const EXPECT_SEPARATOR = 1;
const EXPECT_VALUE = 2;

/**
 * A pull reader of JSON tokens over UTF-8 bytes, with the strictness of Jackson as Flink sets it up: no comments, no trailing commas, no
 * leading zeros; raw control characters inside strings are fine; what follows the root value is not looked at. It is pull-based on purpose:
 * how the referee goes on after a bad field depends on which token it stopped at.
 *
 * State: position, the current token with its text range, and a stack of open containers. `token` is NO_TOKEN before the first token and at
 * the end of the input.
 */
export class JsonTokens {
  token: JsonToken = NO_TOKEN;
  /** Offset of the last value's first byte (a string's quote). */
  valueStart = 0;
  private data: Uint8Array = new Uint8Array(0);
  private pos = 0;
  private end = 0;
  private start = 0;
  private stop = 0;
  private escaped = false;
  private ascii = true;
  private depth = 0;
  private readonly isObject = new Uint8Array(MAX_DEPTH + 1);
  private expect = EXPECT_FIRST;

  reset(data: Uint8Array, start: number, end: number): void {
    this.data = data;
    this.pos = start;
    this.end = end;
    this.token = NO_TOKEN;
    this.depth = 0;
    this.expect = EXPECT_FIRST;
    if (end - start >= 3 && data[start] === 0xef && data[start + 1] === 0xbb && data[start + 2] === 0xbf) this.pos += 3;
  }

  /** Offset just behind the current token. */
  get position(): number {
    return this.pos;
  }

  /** Whether this is the current token. (A call, so that the compiler does not take it for unchanged after `next`.) */
  at(token: JsonToken): boolean {
    return this.token === token;
  }

  next(): JsonToken {
    return (this.token = this.advance());
  }

  /** Skips to the end of the container that starts at the current token; other tokens are left as they are. */
  skipChildren(): void {
    if (this.token !== START_OBJECT && this.token !== START_ARRAY) return;
    let open = 1;
    while (open > 0) {
      switch (this.next()) {
        case START_OBJECT:
        case START_ARRAY:
          open++;
          break;
        case END_OBJECT:
        case END_ARRAY:
          open--;
          break;
      }
    }
  }

  /** The text of the current token, numbers as they are written. */
  text(): string {
    switch (this.token) {
      case START_OBJECT:
        return '{';
      case END_OBJECT:
        return '}';
      case START_ARRAY:
        return '[';
      case END_ARRAY:
        return ']';
      case TRUE:
        return 'true';
      case FALSE:
        return 'false';
      case NULL:
        return 'null';
      case NO_TOKEN:
        throw new JsonSyntaxError('no token');
      case INTEGER:
      case FLOAT:
        return decodeUtf8(this.data, this.start, this.stop - this.start);
      case FIELD_NAME:
      case STRING: {
        const text = this.stringText();
        if (text.length > (this.token === STRING ? MAX_STRING_LENGTH : MAX_NAME_LENGTH))
          throw new JsonSyntaxError('text is too long');
        return text;
      }
    }
  }

  private advance(): JsonToken {
    if (this.depth === 0) {
      // The end is told once; who goes on reading behind it waits for a token that never comes.
      if (this.expect === EXPECT_VALUE) throw new JsonSyntaxError('unexpected end of input');
      if (this.expect === EXPECT_SEPARATOR) {
        this.expect = EXPECT_VALUE;
        return NO_TOKEN;
      }
      this.expect = EXPECT_SEPARATOR;
      this.space();
      if (this.pos >= this.end) return NO_TOKEN;
      return this.value();
    }
    const inObject = this.isObject[this.depth] === 1;
    if (this.token === FIELD_NAME) {
      this.space();
      if (this.byte() !== 58) throw this.unexpected("':'");
      this.pos++;
      this.space();
      this.expect = EXPECT_SEPARATOR;
      return this.value();
    }
    this.space();
    const c = this.byte();
    if (c === (inObject ? 125 : 93)) {
      if (this.expect === EXPECT_VALUE) throw this.unexpected('a value');
      this.pos++;
      this.depth--;
      this.expect = EXPECT_SEPARATOR;
      return inObject ? END_OBJECT : END_ARRAY;
    }
    if (this.expect === EXPECT_SEPARATOR) {
      if (c !== 44) throw this.unexpected("','");
      this.pos++;
      this.space();
    }
    this.expect = EXPECT_VALUE;
    if (inObject) {
      if (this.byte() !== 34) throw this.unexpected('a quoted field name');
      this.string();
      return FIELD_NAME;
    }
    this.expect = EXPECT_SEPARATOR;
    return this.value();
  }

  private value(): JsonToken {
    this.valueStart = this.pos;
    const c = this.byte();
    switch (c) {
      case 34:
        this.string();
        return STRING;
      case 123:
      case 91:
        this.pos++;
        if (++this.depth > MAX_DEPTH) throw new JsonSyntaxError(`nested deeper than ${MAX_DEPTH}`);
        this.isObject[this.depth] = c === 123 ? 1 : 0;
        this.expect = EXPECT_FIRST;
        return c === 123 ? START_OBJECT : START_ARRAY;
      case 116:
        return this.word('true', TRUE);
      case 102:
        return this.word('false', FALSE);
      case 110:
        return this.word('null', NULL);
      default:
        if (c === 45 || (c >= 48 && c <= 57)) return this.number();
        throw this.unexpected('a value');
    }
  }

  private byte(): number {
    if (this.pos >= this.end) throw new JsonSyntaxError('unexpected end of input');
    return this.data[this.pos];
  }

  private space(): void {
    const { data, end } = this;
    let p = this.pos;
    while (p < end) {
      const c = data[p];
      if (c !== 32 && c !== 10 && c !== 13 && c !== 9) break;
      p++;
    }
    this.pos = p;
  }

  private word(text: string, token: JsonToken): JsonToken {
    const { data, end } = this;
    for (let i = 0; i < text.length; i++) {
      if (this.pos + i >= end || data[this.pos + i] !== text.charCodeAt(i)) throw this.unexpected(`'${text}'`);
    }
    this.pos += text.length;
    if (this.pos < end && isWordByte(data[this.pos])) throw this.unexpected(`the end of '${text}'`);
    return token;
  }

  private number(): JsonToken {
    const { data, end } = this;
    let p = this.pos;
    this.start = p;
    if (data[p] === 45) p++;
    const first = p;
    while (p < end && isDigit(data[p])) p++;
    if (p === first) throw this.unexpected('a digit');
    if (p - first > 1 && data[first] === 48) throw new JsonSyntaxError('a number has leading zeros');
    let kind: JsonToken = INTEGER;
    if (p < end && data[p] === 46) {
      kind = FLOAT;
      const from = ++p;
      while (p < end && isDigit(data[p])) p++;
      if (p === from) throw new JsonSyntaxError('a decimal point is not followed by a digit');
    }
    if (p < end && (data[p] === 101 || data[p] === 69)) {
      kind = FLOAT;
      p++;
      if (p < end && (data[p] === 43 || data[p] === 45)) p++;
      const from = p;
      while (p < end && isDigit(data[p])) p++;
      if (p === from) throw new JsonSyntaxError('an exponent has no digits');
    }
    if (p - this.start > MAX_NUMBER_LENGTH) throw new JsonSyntaxError('a number is too long');
    this.stop = this.pos = p;
    return kind;
  }

  /** Passes the string at `pos`, checking escapes and the structure of its UTF-8. */
  private string(): void {
    const { data, end } = this;
    let p = this.pos + 1;
    this.start = p;
    this.escaped = false;
    this.ascii = true;
    for (;;) {
      if (p >= end) throw new JsonSyntaxError('unexpected end of input in a string');
      const c = data[p];
      if (c === 34) break;
      if (c === 92) {
        this.escaped = true;
        p = this.escape(p);
      } else if (c < 128) {
        p++;
      } else {
        this.ascii = false;
        const more = (c & 0xe0) === 0xc0 ? 1 : (c & 0xf0) === 0xe0 ? 2 : (c & 0xf8) === 0xf0 ? 3 : 0;
        if (more === 0) throw new JsonSyntaxError('invalid UTF-8 start byte');
        for (let i = 1; i <= more; i++) {
          if (p + i >= end || (data[p + i] & 0xc0) !== 0x80)
            throw new JsonSyntaxError('invalid UTF-8 continuation byte');
        }
        p += more + 1;
      }
    }
    this.stop = p;
    this.pos = p + 1;
  }

  private escape(p: number): number {
    const { data, end } = this;
    const c = p + 1 < end ? data[p + 1] : 0;
    switch (c) {
      case 34:
      case 92:
      case 47:
      case 98:
      case 102:
      case 110:
      case 114:
      case 116:
        return p + 2;
      case 117:
        for (let i = 2; i < 6; i++)
          if (p + i >= end || hexValue(data[p + i]) < 0) throw new JsonSyntaxError('invalid \\u escape');
        return p + 6;
      default:
        throw new JsonSyntaxError('invalid escape');
    }
  }

  private stringText(): string {
    const { data, start, stop } = this;
    if (!this.escaped) return this.ascii ? decodeUtf8(data, start, stop - start) : this.utf8Text(start, stop);
    let text = '';
    let from = start;
    for (let p = start; p < stop;) {
      if (data[p] !== 92) {
        p++;
        continue;
      }
      if (p > from) text += this.utf8Text(from, p);
      const c = data[p + 1];
      if (c === 117) {
        let code = 0;
        for (let i = 2; i < 6; i++) code = code * 16 + hexValue(data[p + i]);
        text += String.fromCharCode(code);
        p += 6;
      } else {
        text +=
          c === 98
            ? '\b'
            : c === 102
              ? '\f'
              : c === 110
                ? '\n'
                : c === 114
                  ? '\r'
                  : c === 116
                    ? '\t'
                    : String.fromCharCode(c);
        p += 2;
      }
      from = p;
    }
    // Escapes may write half a surrogate pair, which no UTF-8 can hold.
    return replaceLoneSurrogates(stop > from ? text + this.utf8Text(from, stop) : text);
  }

  private utf8Text(start: number, stop: number): string {
    if (this.ascii) return decodeUtf8(this.data, start, stop - start);
    try {
      return strictUtf8.decode(this.data.slice(start, stop));
    } catch {
      return replaceLoneSurrogates(looseUtf8(this.data, start, stop));
    }
  }

  private unexpected(wanted: string): JsonSyntaxError {
    if (this.pos >= this.end) return new JsonSyntaxError(`unexpected end of input, ${wanted} was expected`);
    const c = this.data[this.pos];
    const shown = c > 32 && c < 127 ? `'${String.fromCharCode(c)}'` : `byte 0x${c.toString(16).padStart(2, '0')}`;
    return new JsonSyntaxError(`unexpected ${shown}, ${wanted} was expected`);
  }
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

/** Bytes that would continue a word: Java identifier parts (and anything beyond ASCII). */
function isWordByte(c: number): boolean {
  return isDigit(c) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95 || c === 36 || c > 127;
}

function hexValue(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** UTF-8 as the referee's reader takes it: overlong forms and encoded surrogates pass. Structure was checked before. */
function looseUtf8(data: Uint8Array, start: number, stop: number): string {
  let text = '';
  for (let p = start; p < stop;) {
    const c = data[p];
    if (c < 128) {
      text += String.fromCharCode(c);
      p++;
    } else if ((c & 0xe0) === 0xc0) {
      text += String.fromCharCode(((c & 0x1f) << 6) | (data[p + 1] & 0x3f));
      p += 2;
    } else if ((c & 0xf0) === 0xe0) {
      text += String.fromCharCode(((c & 0x0f) << 12) | ((data[p + 1] & 0x3f) << 6) | (data[p + 2] & 0x3f));
      p += 3;
    } else {
      const code =
        (((c & 0x07) << 18) | ((data[p + 1] & 0x3f) << 12) | ((data[p + 2] & 0x3f) << 6) | (data[p + 3] & 0x3f)) -
        0x10000;
      text += String.fromCharCode(0xd800 | ((code >> 10) & 0x3ff), 0xdc00 | (code & 0x3ff));
      p += 4;
    }
  }
  return text;
}
