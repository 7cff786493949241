import { StreamcellError } from '../../types/index.js';
import { codePoints, wellFormed } from './parse.js';

/** Functions over strings; positions and lengths count code points, from 1, as in SQL. */

const BMP_ONLY = /^[^\ud800-\udfff]*$/;

/** Is every code point one UTF-16 unit? Then plain string indexes are right. */
export function isPlain(s: string): boolean {
  return s.length < 1 || BMP_ONLY.test(s);
}

export function charLength(s: string): number {
  return codePoints(s);
}

/** SUBSTRING from a position (negative: from the end) for a length; a negative length gives NULL. */
export function substring(s: string, start: number, length?: number): string | null {
  if (length !== undefined && length < 0) return null;
  const plain = isPlain(s);
  const points = plain ? null : Array.from(s);
  const size = points === null ? s.length : points.length;
  const from = start > 0 ? start - 1 : start < 0 ? size + start : 0;
  const to = length === undefined ? size : Math.min(from + length, size);
  const a = Math.max(from, 0);
  if (to <= a || from >= size || (from < 0 && start < 0 && -start > size)) return '';
  return points === null ? s.slice(a, to) : points.slice(a, to).join('');
}

export function left(s: string, n: number): string {
  return n <= 0 ? '' : isPlain(s) ? s.slice(0, n) : Array.from(s).slice(0, n).join('');
}

export function right(s: string, n: number): string {
  if (n <= 0) return '';
  if (isPlain(s)) return n >= s.length ? s : s.slice(s.length - n);
  const points = Array.from(s);
  return n >= points.length ? s : points.slice(points.length - n).join('');
}

/** Position of the first occurrence from a position on, 0 when there is none. The empty text is at the start, wherever one looks from. */
export function position(part: string, s: string, from = 1): number {
  if (part === '') return 1;
  if (from < 1) from = 1;
  const at = s.indexOf(part, isPlain(s) ? from - 1 : left(s, from - 1).length);
  if (at < 0) return 0;
  return isPlain(s) ? at + 1 : codePoints(s.slice(0, at)) + 1;
}

/** Position of the n-th occurrence, searched from a position on; a negative one counts from the end, and searches towards the start. */
export function instr(s: string, part: string, from = 1, nth = 1): number {
  if (nth <= 0) throw new StreamcellError('EXPRESSION_FAILED', 'INSTR: the occurrence must be positive.');
  if (from === 0) return 0;
  if (from < 0) {
    const at = instr(reverse(s), reverse(part), -from, nth);
    return at === 0 ? 0 : codePoints(s) + 2 - at - codePoints(part);
  }
  let at = 0;
  for (let n = 0, start = from; n < nth; n++, start = at + 1) {
    at = position(part, s, start);
    if (at === 0) return 0;
  }
  return at;
}

export function trimStart(s: string, chars = ' '): string {
  let i = 0;
  while (i < s.length && chars.includes(s[i])) i++;
  return s.slice(i);
}

export function trimEnd(s: string, chars = ' '): string {
  let i = s.length;
  while (i > 0 && chars.includes(s[i - 1])) i--;
  return s.slice(0, i);
}

export function trimBoth(s: string, chars = ' '): string {
  return trimEnd(trimStart(s, chars), chars);
}

export function lpad(s: string, n: number, pad: string): string | null {
  if (n < 0 || pad === '') return null;
  if (n <= s.length) return wellFormed(s.slice(0, n));
  const need = n - s.length;
  return wellFormed(pad.repeat(Math.ceil(need / pad.length)).slice(0, need) + s);
}

export function rpad(s: string, n: number, pad: string): string | null {
  if (n < 0 || pad === '') return null;
  if (n <= s.length) return wellFormed(s.slice(0, n));
  const need = n - s.length;
  return wellFormed(s + pad.repeat(Math.ceil(need / pad.length)).slice(0, need));
}

export function initCap(s: string): string {
  let out = '';
  let word = false;
  for (const c of s) {
    const letter = /[A-Za-z0-9]/.test(c);
    out += letter ? (word ? c.toLowerCase() : c.toUpperCase()) : c;
    word = letter;
  }
  return out;
}

export function repeat(s: string, n: number): string {
  return n <= 0 ? '' : s.repeat(n);
}

export function reverse(s: string): string {
  return isPlain(s) ? s.split('').reverse().join('') : Array.from(s).reverse().join('');
}

export function splitIndex(s: string, by: string | number, index: number): string | null {
  if (index < 0) return null;
  // A number is the code of the separating character.
  if (typeof by === 'number' && (by > 255 || by < 1)) return null;
  const separator = typeof by === 'number' ? String.fromCharCode(by) : by;
  if (s === '') return null;
  if (separator === '') {
    const parts = s.split(/\s+/);
    return index < parts.length ? parts[index] : null;
  }
  let from = 0;
  for (let n = 0; ; n++) {
    const to = s.indexOf(separator, from);
    if (n === index) return to < 0 ? s.slice(from) : s.slice(from, to);
    if (to < 0) return null;
    from = to + separator.length;
  }
}

export function concatWs(separator: string | null, ...parts: (string | null)[]): string | null {
  if (separator === null) return null;
  return parts.filter((p) => p !== null).join(separator);
}
