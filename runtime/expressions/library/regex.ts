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

/** Java's \s; JavaScript's takes every space of Unicode. */
const SPACES = ' \\t\\n\\x0b\\f\\r';
const LINE_END = '(?=(?:\\r\\n|[\\n\\r\\u0085\\u2028\\u2029])?$)';
const WORD = '[\\p{L}\\p{Nd}_]';
const WORD_BOUNDARY = `(?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))`;

/**
 * Writes a Java pattern in JavaScript's syntax (flag v). What differs: flags at the start, classes (nested, intersected, POSIX), what a
 * space, a word's boundary and a line's end are, \Q..\E, \A \Z \z \h \R, possessive quantifiers (taken for greedy ones), idle escapes.
 */
class PatternTranslator {
  private at = 0;
  private flags = '';

  constructor(private readonly pattern: string) {}

  translate(): { source: string; flags: string } {
    const inline = /^\(\?([a-zA-Z]+)\)/.exec(this.pattern);
    if (inline) {
      for (const f of inline[1]) if ('ims'.includes(f) && !this.flags.includes(f)) this.flags += f;
      this.at = inline[0].length;
    }
    let source = '';
    let quantified = false;
    while (this.at < this.pattern.length) {
      const c = this.pattern[this.at];
      const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})/.exec(this.pattern.slice(this.at, this.at + 24))?.[0];
      if (quantifier !== undefined) {
        this.at += quantifier.length;
        // A second sign is a mode: `?` reluctant, `+` possessive.
        if (!quantified || quantifier === '?') source += quantifier;
        quantified = !quantified;
        continue;
      }
      quantified = false;
      this.at++;
      if (c === '\\') source += this.escape(false);
      else if (c === '[') source += this.set();
      else if (c === '$' && !this.flags.includes('m')) source += LINE_END;
      else if (c === '(') source += this.open();
      else source += /[\]}/]/.test(c) ? `\\${c}` : c;
    }
    return { source, flags: this.flags };
  }

  private open(): string {
    const rest = this.pattern.slice(this.at, this.at + 3);
    if (/^\?(?:>|[a-zA-Z-])/.test(rest))
      throw new StreamcellError(
        'FUNCTION_UNSUPPORTED',
        `Regular expression '${this.pattern}': flags after its start and atomic groups are not supported.`,
      );
    return '(';
  }

  /** After the backslash. */
  private escape(inSet: boolean): string {
    const c = this.pattern[this.at++];
    const wrap = (members: string): string => (inSet ? members : `[${members}]`);
    switch (c) {
      case undefined:
        return '\\';
      case 'Q': {
        const end = this.pattern.indexOf('\\E', this.at);
        const text = this.pattern.slice(this.at, end < 0 ? undefined : end);
        this.at = end < 0 ? this.pattern.length : end + 2;
        return Array.from(text, (x) => literal(x, inSet)).join('');
      }
      case 'E':
        return '';
      case 'p':
      case 'P': {
        const name = /^(?:\{(\w+(?:=\w+)?)\}|(\w))/.exec(this.pattern.slice(this.at));
        if (name === null) return '\\p';
        this.at += name[0].length;
        const word = name[1] ?? name[2];
        const posix = POSIX[word];
        if (posix !== undefined) return c === 'p' ? wrap(posix) : `[^${posix}]`;
        const plain = word.replace(/^(?:Is|java)(?=[A-Z])/, '').replace(/^(Lower|Upper)Case$/, '$1case');
        return /^Is/.test(word) && isScript(plain) ? `\\${c}{Script=${plain}}` : `\\${c}{${plain}}`;
      }
      case 's':
        return wrap(SPACES);
      case 'S':
        return `[^${SPACES}]`;
      case 'h':
        return wrap(' \\t\\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000');
      case 'R':
        return '(?:\\r\\n|[\\n\\x0b\\f\\r\\u0085\\u2028\\u2029])';
      case 'A':
        return '(?<![\\s\\S])';
      case 'z':
        return '(?![\\s\\S])';
      case 'Z':
        return '(?=(?:\\r\\n|[\\n\\r\\u0085\\u2028\\u2029])?(?![\\s\\S]))';
      case 'b':
        return inSet ? '\\b' : WORD_BOUNDARY;
      case 'a':
        return '\\x07';
      case 'e':
        return '\\x1b';
      default:
        return /[A-Za-z0-9]/.test(c) ? `\\${c}` : literal(c, inSet);
    }
  }

  /** After the opening bracket: Java's classes nest, and `&&` cuts one with the next. */
  private set(): string {
    const negated = this.pattern[this.at] === '^';
    if (negated) this.at++;
    const operands: string[] = [];
    let members = '';
    for (let first = true; ; first = false) {
      const c = this.pattern[this.at++];
      if (c === undefined) return '['; // Never closed: no pattern, in JavaScript as in Java.
      if (c === ']' && !(first && members === '')) break;
      if (c === '[') members += this.set();
      else if (c === '\\') members += this.escape(true);
      else if (c === '&' && this.pattern[this.at] === '&') {
        this.at++;
        operands.push(members);
        members = '';
      } else if (c === '-' && members !== '' && !/[\]&[]/.test(this.pattern[this.at] ?? ']')) members += '-';
      else members += literal(c, true);
    }
    if (operands.length === 0) return `[${negated ? '^' : ''}${members}]`;
    return `[${negated ? '^' : ''}${[...operands, members]
      .filter((o) => o !== '')
      .map((o) => `[${o}]`)
      .join('&&')}]`;
  }
}

function literal(c: string, inSet: boolean): string {
  return (inSet ? /[()[\]{}/\-\\|^$.*+?&!#%,:;<=>@`~]/ : /[\\^$.*+?()[\]{}|/]/).test(c) ? `\\${c}` : c;
}

function isScript(name: string): boolean {
  try {
    new RegExp(`\\p{Script=${name}}`, 'u');
    return true;
  } catch {
    return false;
  }
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
  const t = new PatternTranslator(pattern).translate();
  let regex: RegExp | null = null;
  try {
    regex = new RegExp(t.source, [...new Set(`${t.flags}${flags}v`)].join(''));
  } catch {
    regex = null;
  }
  cache.set(key, regex);
  return regex;
}

/** String.split of Java: an empty part at the end is left out unless `limit` says how many parts there are at most. */
export function javaSplit(text: string, separator: string, limit = 0): string[] {
  const regex = javaRegex(separator, 'g');
  if (regex === null) throw new StreamcellError('EXPRESSION_FAILED', `Invalid regular expression '${separator}'.`);
  const parts: string[] = [];
  let from = 0;
  for (const m of text.matchAll(regex)) {
    if (limit > 0 && parts.length === limit - 1) break;
    const end = m.index + m[0].length;
    // Nothing found at the very start does not cut; nothing found at the end does only where parts are counted.
    if (end === 0 || (m[0] === '' && m.index === text.length && limit === 0)) continue;
    parts.push(text.slice(from, m.index));
    from = end;
  }
  if (from === 0 && parts.length === 0) return [text];
  parts.push(text.slice(from));
  if (limit === 0) while (parts.length > 0 && parts[parts.length - 1] === '') parts.pop();
  return parts;
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
