import { StreamcellError } from '../../types/index.js';

/** A LIKE pattern as alternating pieces: literal text, or one of the wildcards. */
type Piece = string | typeof ONE | typeof MANY;
const ONE = Symbol('_');
const MANY = Symbol('%');

function pieces(pattern: string, escape: string | undefined): Piece[] {
  if (escape === '') throw new StreamcellError('FUNCTION_UNSUPPORTED', 'LIKE with an empty escape is not supported.');
  if (escape !== undefined && (escape === '\0' || Array.from(escape).length !== 1))
    throw new StreamcellError('EXPRESSION_FAILED', `Invalid escape character '${escape}'.`);
  const out: Piece[] = [];
  let text = '';
  const flush = (): void => {
    if (text !== '') out.push(text);
    text = '';
  };
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === escape) {
      const next = pattern[++i];
      if (next !== '_' && next !== '%' && next !== escape)
        throw new StreamcellError('EXPRESSION_FAILED', `Invalid escape sequence '${c}${next ?? ''}' in LIKE pattern.`);
      text += next;
    } else if (c === '_' || c === '%') {
      flush();
      out.push(c === '_' ? ONE : MANY);
    } else text += c;
  }
  flush();
  return out;
}

/** The cheapest test for a pattern's shape; a regular expression only where `_` or inner `%` ask for it. */
export function likeMatcher(pattern: string, escape?: string): (s: string) => boolean {
  const p = pieces(pattern, escape).filter((x, i, all) => !(x === MANY && all[i - 1] === MANY));
  if (p.length === 0) return (s) => s === '';
  if (p.length === 1 && typeof p[0] === 'string') {
    const text = p[0];
    return (s) => s === text;
  }
  if (p.length === 1 && p[0] === MANY) return () => true;
  if (p.length === 2 && typeof p[0] === 'string' && p[1] === MANY) {
    const text = p[0];
    return (s) => s.startsWith(text);
  }
  if (p.length === 2 && p[0] === MANY && typeof p[1] === 'string') {
    const text = p[1];
    return (s) => s.endsWith(text);
  }
  if (p.length === 3 && p[0] === MANY && typeof p[1] === 'string' && p[2] === MANY) {
    const text = p[1];
    return (s) => s.includes(text);
  }
  const source = p
    .map((x) => (x === ONE ? '.' : x === MANY ? '.*' : (x as string).replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')))
    .join('');
  const regex = new RegExp(`^${source}$`, 'su');
  return (s) => regex.test(s);
}

/** The same tests over UTF-8 bytes where they lie; undefined for shapes that need characters. */
export function likeBytesMatcher(
  pattern: string,
  escape?: string,
): ((data: Uint8Array, start: number, length: number) => boolean) | undefined {
  const p = pieces(pattern, escape).filter((x, i, all) => !(x === MANY && all[i - 1] === MANY));
  const texts = p.filter((x) => typeof x === 'string');
  if (p.includes(ONE) || texts.length !== 1) return undefined;
  const part = new TextEncoder().encode(texts[0]);
  const n = part.length;
  const at = (data: Uint8Array, start: number): boolean => {
    for (let i = 0; i < n; i++) if (data[start + i] !== part[i]) return false;
    return true;
  };
  if (p.length === 1) return (data, start, length) => length === n && at(data, start);
  if (p.length === 3) {
    const first = part[0];
    return (data, start, length) => {
      for (let i = start, end = start + length - n; i <= end; i++) if (data[i] === first && at(data, i)) return true;
      return false;
    };
  }
  if (p[0] === MANY) return (data, start, length) => length >= n && at(data, start + length - n);
  return (data, start, length) => length >= n && at(data, start);
}
