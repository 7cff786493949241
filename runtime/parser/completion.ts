import { StreamcellError } from '../types/errors.js';
import type { Span } from '../types/span.js';
import { type CommonTableName, scopeAt, type VisibleTable } from './completion-scope.js';
import { type Token, TokenKind, tokenize, type TokenList } from './lexer.js';
import { unquoteName } from './literals.js';
import { ExpectationRecorder, type Place, UnexpectedToken } from './parser-base.js';
import { StatementParser } from './parse-utility.js';

/** What may stand at the cursor. The caller turns places into the names that its catalog knows. */
export interface CompletionContext {
  /** The part of the word, quoted name or string that stands before the cursor, without its opening quote. */
  prefix: string;
  /** What accepting a candidate replaces: the word under the cursor, including the part behind it. */
  replace: Span;
  /** The cursor stands in a string or in a quoted name that is still open. */
  within: 'string' | 'quoted name' | null;
  /** The parts before the cursor's of a dotted name: `a.b.` is ['a', 'b']. */
  qualifier: string[];
  /** Keywords and phrases (`GROUP BY`) that the grammar takes here. */
  keywords: string[];
  places: Place[];
  /** Tables whose columns may be named here, innermost query first; works in broken text too. */
  tables: VisibleTable[];
  commonTables: CommonTableName[];
  /** The options already set in the list the cursor stands in, such as 'connector', to narrow what else may be. */
  options: ReadonlyMap<string, string>;
}

/** Begin an expression; the grammar tests for them by a switch, so they are listed here. */
const expressionWords = [
  'CASE',
  'CAST',
  'TRY_CAST',
  'NOT',
  'EXISTS',
  'NULL',
  'TRUE',
  'FALSE',
  'INTERVAL',
  'DATE',
  'TIME',
  'TIMESTAMP',
  'ARRAY',
  'MAP',
  'ROW',
  'CURRENT_DATE',
  'CURRENT_TIMESTAMP',
  'LOCALTIMESTAMP',
];

const queryWords = ['SELECT', 'WITH', 'VALUES'];

/** Words that never stand alone where the grammar asks for them. */
const phrases: Record<string, string> = { GROUP: 'GROUP BY', ORDER: 'ORDER BY', PARTITIONED: 'PARTITIONED BY' };

/** A beginning after which the clause that starts with the key parses. */
const clauseBeginnings: Record<string, string> = {
  SELECT: '',
  FROM: 'SELECT 1 ',
  JOIN: 'SELECT 1 FROM t ',
  ON: 'SELECT 1 FROM t JOIN u ',
  WHERE: 'SELECT 1 FROM t ',
  GROUP: 'SELECT 1 FROM t ',
  HAVING: 'SELECT 1 FROM t ',
  QUALIFY: 'SELECT 1 FROM t ',
  ORDER: 'SELECT 1 FROM t ',
};

/** What the grammar, and the text around it, allow at `offset`. Never throws, whatever the text. */
export function completionContext(text: string, offset: number): CompletionContext {
  const whole = tokenize(text);
  const cut = cutAt(text, offset);
  const start = statementStart(cut.list.tokens);
  const expected = expectationsInBrokenText(cut.list, start);
  const keywords = cut.within
    ? []
    : expected.words.flatMap((word) => (/^\w/.test(word) ? [phrases[word] ?? word] : []));
  if (!cut.within) {
    if (expected.places.includes('expression')) keywords.push(...expressionWords);
    if (expected.places.includes('query')) keywords.push(...queryWords);
  }
  const qualifier = qualifierBefore(cut.list);
  const scope = scopeAt(whole, offset);
  return {
    prefix: cut.prefix,
    replace: { start: cut.start, end: wordEnd(whole.tokens, cut.start, offset) },
    within: cut.within,
    qualifier,
    keywords: qualifier.length > 0 ? [] : [...new Set(keywords)],
    places: expected.places.filter((place) => place !== 'operator'),
    ...scope,
    options: optionsAround(cut.list),
  };
}

interface Cut {
  list: TokenList;
  prefix: string;
  start: number;
  within: CompletionContext['within'];
}

/** The tokens before the cursor, without the word that is being typed. */
function cutAt(text: string, offset: number): Cut {
  const list = tokenize(text.slice(0, offset));
  const tokens = list.tokens.slice(0, -1);
  const last = tokens[tokens.length - 1];
  const end: Token = { kind: TokenKind.End, start: offset, end: offset, word: '' };
  const cut = (prefix: string, start: number, within: CompletionContext['within']): Cut => ({
    list: { text: list.text, tokens: [...tokens.slice(0, -1), end], errors: [] },
    prefix,
    start,
    within,
  });
  if (last && last.end === offset) {
    const source = text.slice(last.start, offset);
    if (last.kind === TokenKind.Word) return cut(source, last.start, null);
    if (last.kind === TokenKind.QuotedIdentifier) return cut(unquoteName(source), last.start, null);
    if (last.kind === TokenKind.Bad && source.startsWith('`')) return cut(source.slice(1), last.start, 'quoted name');
    const quote = source.indexOf("'");
    if (last.kind === TokenKind.Bad && quote >= 0) return cut(source.slice(quote + 1), last.start, 'string');
  }
  return { list: { text: list.text, tokens: [...tokens, end], errors: [] }, prefix: '', start: offset, within: null };
}

/** The end of the word that begins at `start`; the cursor itself when there is none. */
function wordEnd(tokens: readonly Token[], start: number, offset: number): number {
  const token = tokens.find((candidate) => candidate.start === start && candidate.end > offset);
  const wordLike =
    token?.kind === TokenKind.Word || token?.kind === TokenKind.QuotedIdentifier || token?.kind === TokenKind.String;
  return token && wordLike ? token.end : offset;
}

function statementStart(tokens: readonly Token[]): number {
  for (let i = tokens.length - 2; i >= 0; i--) {
    if (tokens[i]!.word === ';') return i + 1;
    if (tokens[i]!.word === 'BEGIN' && tokens[i - 1]?.word === 'SET') return i + 1;
  }
  return 0;
}

function expectationsAtEnd(list: TokenList, start: number): { words: string[]; places: Place[] } {
  const recorder = new ExpectationRecorder();
  try {
    new StatementParser(list, start, recorder).statement();
  } catch (thrown) {
    // The text up to the cursor is rarely a whole statement; what was noted on the way is all that matters.
    if (!(thrown instanceof UnexpectedToken) && !(thrown instanceof StreamcellError)) throw thrown;
  }
  return recorder.at(list.tokens.length - 1);
}

/** When the text is broken before the cursor, the clause that the cursor stands in is read by itself. */
function expectationsInBrokenText(list: TokenList, start: number): { words: string[]; places: Place[] } {
  const expected = expectationsAtEnd(list, start);
  if (expected.words.length > 0 || expected.places.length > 0) return expected;
  for (let i = list.tokens.length - 2; i >= start; i--) {
    const beginning = clauseBeginnings[list.tokens[i]!.word];
    if (beginning === undefined) continue;
    const clause = list.text.slice(list.tokens[i]!.start, list.tokens[list.tokens.length - 2]!.end);
    return expectationsAtEnd(tokenize(beginning + clause), 0);
  }
  return expected;
}

function qualifierBefore(list: TokenList): string[] {
  const parts: string[] = [];
  let at = list.tokens.length - 2;
  while (at >= 1 && list.tokens[at]!.word === '.') {
    const token = list.tokens[at - 1]!;
    if (token.kind !== TokenKind.Word && token.kind !== TokenKind.QuotedIdentifier) break;
    const source = list.text.slice(token.start, token.end);
    parts.unshift(token.kind === TokenKind.QuotedIdentifier ? unquoteName(source) : source);
    at -= 2;
  }
  return parts;
}

/** `'key' = 'value'` pairs between the nearest open parenthesis and the cursor. */
function optionsAround(list: TokenList): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  const inner = (token: Token): string => list.text.slice(token.start + 1, token.end - 1).replaceAll("''", "'");
  for (let i = list.tokens.length - 2; i >= 2 && list.tokens[i]!.word !== '('; i--) {
    if (list.tokens[i]!.word === ')') break;
    const [key, equals, value] = [list.tokens[i - 2]!, list.tokens[i - 1]!, list.tokens[i]!];
    if (key.kind === TokenKind.String && equals.word === '=' && value.kind === TokenKind.String) {
      options.set(inner(key), inner(value));
    }
  }
  return options;
}
