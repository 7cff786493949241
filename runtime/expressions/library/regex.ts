import { StreamcellError } from '../../types/index.js';

const POSIX: Readonly<Record<string, string>> = {
  Alpha: 'A-Za-z',
  Digit: '0-9',
  Alnum: 'A-Za-z0-9',
  Upper: 'A-Z',
  Lower: 'a-z',
  Punct: '!-\\/:-@\\[-`{-~',
  Space: '\\s',
  XDigit: '0-9A-Fa-f',
  ASCII: '\\x00-\\x7f',
  Blank: ' \\t',
};

/** A Java pattern as JavaScript writes it, for the constructs that differ: inline flags at the start, POSIX classes, \Z, \Q..\E. */
function translate(pattern: string): { source: string; flags: string } {
  let flags = '';
  let source = pattern;
  const inline = /^\(\?([a-zA-Z]+)\)/.exec(source);
  if (inline) {
    for (const f of inline[1]) if ('ims'.includes(f)) flags += f;
    source = source.slice(inline[0].length);
  }
  source = source
    .replace(/\\Q(.*?)(?:\\E|$)/gs, (_, text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
    .replace(/\[\\p\{(\w+)\}\]/g, (all, name: string) => (POSIX[name] ? `[${POSIX[name]}]` : all))
    .replace(/\\p\{(\w+)\}/g, (all, name: string) => (POSIX[name] ? `[${POSIX[name]}]` : all))
    .replace(/\\[Zz]/g, '$')
    .replace(/\\A/g, '^')
    .replace(/\\h/g, '[ \\t]')
    .replace(/([*+?}])\+/g, '$1');
  return { source, flags };
}

const cache = new Map<string, RegExp | null>();
let lastPattern = '';
let lastFlags = '';
let lastRegex: RegExp | null | undefined;

/** @returns the compiled pattern, or null when it is none. */
export function javaRegex(pattern: string, flags = ''): RegExp | null {
  if (pattern === lastPattern && flags === lastFlags && lastRegex !== undefined) return lastRegex;
  const key = `${flags}/${pattern}`;
  const known = cache.get(key);
  if (known !== undefined) {
    lastPattern = pattern;
    lastFlags = flags;
    lastRegex = known;
    return known;
  }
  if (cache.size > 1000) cache.clear();
  const t = translate(pattern);
  let regex: RegExp | null = null;
  for (const unicode of ['u', '']) {
    try {
      regex = new RegExp(t.source, [...new Set(t.flags + flags + unicode)].join(''));
      break;
    } catch {
      continue;
    }
  }
  cache.set(key, regex);
  return regex;
}

export function requireRegex(pattern: string, flags = ''): RegExp {
  const regex = javaRegex(pattern, flags);
  if (regex === null) throw new StreamcellError('EXPRESSION_FAILED', `Invalid regular expression '${pattern}'.`);
  return regex;
}

/** Number of capturing groups. */
export function groupCount(regex: RegExp): number {
  return (new RegExp(`${regex.source}|`, regex.flags).exec('')?.length ?? 1) - 1;
}

/** Every match replaced by the text as it is: `$1` has no meaning in it. */
export function replaceAll(s: string, pattern: string, replacement: string): string | null {
  const regex = javaRegex(pattern, 'g');
  return regex === null ? null : s.replace(regex, () => replacement);
}

/** SIMILAR TO: SQL's pattern language as a regular expression over the whole text. */
const similarCache = new Map<string, RegExp>();
export function similarRegex(pattern: string, escape?: string): RegExp {
  const key = `${escape ?? ''}|${pattern}`;
  let known = similarCache.get(key);
  if (known) return known;
  let source = '';
  let inClass = false;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === escape) {
      const next = pattern[++i];
      if (next === undefined)
        throw new StreamcellError('EXPRESSION_FAILED', `Invalid escape in SIMILAR TO pattern '${pattern}'.`);
      source += next.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
    } else if (inClass) {
      const named = /^\[:(\w+):\]/.exec(pattern.slice(i));
      if (named) {
        source += CLASSES[named[1].toUpperCase()] ?? '';
        i += named[0].length - 1;
      } else {
        if (c === ']') inClass = false;
        source += c;
      }
    } else if (c === '[') {
      inClass = true;
      source += c;
    } else if (c === '_') source += '.';
    else if (c === '%') source += '.*';
    else if (c === '\\' || c === '^' || c === '$') source += `\\${c}`;
    else source += c;
  }
  try {
    known = new RegExp(`^(?:${source})$`, 's');
  } catch {
    throw new StreamcellError('EXPRESSION_FAILED', `Invalid SIMILAR TO pattern '${pattern}'.`);
  }
  if (similarCache.size > 1000) similarCache.clear();
  similarCache.set(key, known);
  return known;
}

const CLASSES: Readonly<Record<string, string>> = {
  ALPHA: 'A-Za-z',
  ALNUM: 'A-Za-z0-9',
  DIGIT: '0-9',
  LOWER: 'a-z',
  UPPER: 'A-Z',
  SPACE: ' ',
  WHITESPACE: '\\s',
};
