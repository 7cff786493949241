import { StreamcellError } from '../../types/index.js';
import type { Exact } from './exact.js';

/** java.lang.String.hashCode. */
export function javaHash(s: string): number {
  let h = 0;
  for (let i = 0; i < s.length; i++) h = (Math.imul(31, h) + s.charCodeAt(i)) | 0;
  return h;
}

export function hex(v: Exact | string): string {
  if (typeof v === 'string') return Buffer.from(v, 'utf8').toString('hex').toUpperCase();
  return BigInt.asUintN(64, BigInt(v)).toString(16).toUpperCase();
}

export function unhex(s: string): Uint8Array | null {
  // Of an odd number of digits Flink drops the first one.
  if (!/^[0-9a-fA-F]*$/.test(s)) return null;
  const even = s.length % 2 === 0 ? s : `00${s.slice(1)}`;
  return Uint8Array.from(even.match(/../g) ?? [], (h) => parseInt(h, 16));
}

/** @throws StreamcellError EXPRESSION_FAILED for what Java's strict decoder does not take. */
export function fromBase64(text: string): string {
  const m = /^([A-Za-z0-9+/]*)(={0,2})$/.exec(text);
  const rest = (m?.[1].length ?? 1) % 4;
  if (m === null || rest === 1 || (m[2] !== '' && rest + m[2].length !== 4))
    throw new StreamcellError('EXPRESSION_FAILED', 'Text that is not Base64.');
  return Buffer.from(text, 'base64').toString('utf8');
}

/** Names of character sets, as Java knows them, to one name each. */
const CHARSETS: Readonly<Record<string, string>> = {
  'UTF-8': 'UTF-8',
  UTF8: 'UTF-8',
  'US-ASCII': 'US-ASCII',
  ASCII: 'US-ASCII',
  'ISO-8859-1': 'ISO-8859-1',
  ISO8859_1: 'ISO-8859-1',
  LATIN1: 'ISO-8859-1',
  'UTF-16': 'UTF-16',
  UTF16: 'UTF-16',
  'UTF-16BE': 'UTF-16BE',
  'UTF-16LE': 'UTF-16LE',
};

function charsetOf(name: string): string {
  const known = CHARSETS[name.toUpperCase()];
  if (known === undefined) throw new StreamcellError('EXPRESSION_FAILED', `Unsupported character set '${name}'.`);
  return known;
}

export function encodeText(s: string, charset: string): Uint8Array {
  const name = charsetOf(charset);
  switch (name) {
    case 'UTF-8':
      return new TextEncoder().encode(s);
    case 'US-ASCII':
    case 'ISO-8859-1': {
      const limit = name === 'US-ASCII' ? 127 : 255;
      return Uint8Array.from(s, (c) => (c.charCodeAt(0) > limit ? 63 : c.charCodeAt(0)));
    }
    default: {
      const little = name === 'UTF-16LE';
      // The mark of the byte order precedes text, if there is any.
      const mark = name === 'UTF-16' && s !== '' ? 2 : 0;
      const out = new Uint8Array(s.length * 2 + mark);
      const view = new DataView(out.buffer);
      if (mark > 0) view.setUint16(0, 0xfeff);
      for (let i = 0; i < s.length; i++) view.setUint16(mark + i * 2, s.charCodeAt(i), little);
      return out;
    }
  }
}

export function decodeText(b: Uint8Array, charset: string): string {
  const name = charsetOf(charset);
  const copy = Uint8Array.from(b);
  if (name === 'ISO-8859-1') return Array.from(copy, (c) => String.fromCharCode(c)).join('');
  if (name === 'US-ASCII') return Array.from(copy, (c) => (c > 127 ? '\ufffd' : String.fromCharCode(c))).join('');
  const little = name === 'UTF-16LE' || (name === 'UTF-16' && copy[0] === 0xff && copy[1] === 0xfe);
  return new TextDecoder(name === 'UTF-8' ? 'utf-8' : little ? 'utf-16le' : 'utf-16be').decode(copy);
}

const URL_PARTS = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

/** Part of a URL as java.net.URL names it; QUERY with a key gives that parameter. */
export function parseUrl(url: string, part: string, key?: string): string | null {
  const m = URL_PARTS.exec(url);
  if (m === null || !/^(https?|ftp|file|jar|mailto)$/i.test(m[1])) return null;
  const authority = m[2] ?? '';
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1).replace(/:\d*$/, '');
  const query = m[4] ?? null;
  if (key !== undefined) {
    if (part !== 'QUERY' || query === null) return null;
    for (const pair of query.split('&')) if (pair.startsWith(`${key}=`)) return pair.slice(key.length + 1);
    return null;
  }
  switch (part) {
    case 'HOST':
      return host;
    case 'PATH':
      return m[3];
    case 'QUERY':
      return query;
    case 'REF':
      return m[5] ?? null;
    case 'PROTOCOL':
      return m[1];
    case 'FILE':
      return query === null ? m[3] : `${m[3]}?${query}`;
    case 'AUTHORITY':
      return m[2] ?? null;
    case 'USERINFO':
      return at < 0 ? null : authority.slice(0, at);
    default:
      return null;
  }
}
