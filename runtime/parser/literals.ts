import { StreamcellError } from '../types/errors.js';
import type { Span } from '../types/span.js';

/** The text between single quotes, doubled quotes resolved; `quoted` begins at the opening quote. */
export function unquoteString(quoted: string): string {
  const inner = quoted.slice(1, -1);
  return inner.includes("''") ? inner.replaceAll("''", "'") : inner;
}

/** The text between backticks, doubled ones resolved. */
export function unquoteName(quoted: string): string {
  const inner = quoted.slice(1, -1);
  return inner.includes('``') ? inner.replaceAll('``', '`') : inner;
}

export function isUnicodeEscapeCharacter(character: string): boolean {
  return character.length === 1 && !/[0-9A-Fa-f\s+'"]/.test(character);
}

/** Resolves `\hhhh` and `\+hhhhhh` of a U&'..' literal; `escape` is the escape character in force. */
export function decodeUnicodeEscapes(value: string, escape: string, span: Span): string {
  let result = '';
  for (let i = 0; i < value.length; i++) {
    const character = value[i]!;
    if (character !== escape) {
      result += character;
      continue;
    }
    if (value[i + 1] === escape) {
      result += escape;
      i++;
      continue;
    }
    const long = value[i + 1] === '+';
    const hex = long ? value.slice(i + 2, i + 8) : value.slice(i + 1, i + 5);
    if (hex.length !== (long ? 6 : 4) || !/^[0-9A-Fa-f]+$/.test(hex)) {
      throw new StreamcellError('SQL_SYNTAX', `A Unicode escape needs ${long ? 'six' : 'four'} hexadecimal digits.`, {
        span,
      });
    }
    result += String.fromCodePoint(parseInt(hex, 16));
    i += long ? 7 : 4;
  }
  return result;
}

const simpleEscapes: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** Resolves the escapes of an E'..' literal; `inner` is the text between the quotes. */
export function decodeEscapedString(inner: string, span: Span): string {
  const pattern = /''|\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{1,3})|([\s\S]))/g;
  return inner.replace(
    pattern,
    (whole: string, x?: string, u?: string, long?: string, octal?: string, simple?: string) => {
      if (whole === "''") return "'";
      if (octal !== undefined) return String.fromCodePoint(parseInt(octal, 8));
      const hex = x ?? u ?? long;
      if (hex !== undefined) {
        const point = parseInt(hex, 16);
        if (point > 0x10ffff) throw new StreamcellError('SQL_SYNTAX', `There is no character ${whole}.`, { span });
        return String.fromCodePoint(point);
      }
      if (simple === 'u' || simple === 'U') {
        throw new StreamcellError('SQL_SYNTAX', 'A Unicode escape needs four (or, as \\U, eight) hexadecimal digits.', {
          span,
        });
      }
      return simpleEscapes[simple!] ?? simple!;
    },
  );
}
