import { StreamcellError } from '../types/errors.js';
import type { Expr, Insert, Span, Statement, TypeName } from './ast.js';
import { describeExpectations, nearestKeyword } from './expectations.js';
import { type Token, TokenKind, tokenize, type TokenList } from './lexer.js';
import { ExpectationRecorder, UnexpectedToken } from './parser-base.js';
import { StatementParser } from './parse-utility.js';

/** A statement with its own text; `span` is where that text stands in the script. */
export interface ParsedStatement {
  statement: Statement;
  text: string;
  span: Span;
}

/** What a script holds: every statement that could be read, in order, and an error for each that could not. */
export interface ParsedScript {
  statements: ParsedStatement[];
  errors: StreamcellError[];
  /** Where the statements stand that could not be read: another system may know their syntax. */
  broken: BrokenStatement[];
}

export interface BrokenStatement {
  span: Span;
  error: StreamcellError;
}

/** Reads all statements. An error in one does not keep the others from being read; nothing is thrown. */
export function parseScript(text: string): ParsedScript {
  const list = tokenize(text);
  const found: ParsedStatement[] = [];
  const errors: StreamcellError[] = [];
  const broken: BrokenStatement[] = [];
  let at = 0;
  while (list.tokens[at]!.kind !== TokenKind.End) {
    if (list.tokens[at]!.word === ';') {
      at++;
      continue;
    }
    const result = parseAt(list, at, (parser) => parser.statement());
    if (result.error) {
      errors.push(result.error);
      const end = endOfBrokenStatement(list.tokens, at, result.end);
      const span = { start: list.tokens[at]!.start, end: list.tokens[Math.max(at, end - 1)]!.end };
      broken.push({ span, error: result.error });
      at = end;
      continue;
    }
    const { span } = result.value;
    found.push({ statement: result.value, text: text.slice(span.start, span.end), span });
    at = result.end;
  }
  return { statements: joinStatementSets(text, found, errors), errors, broken };
}

/** Reads exactly one statement; throws the first error. */
export function parseStatement(text: string): Statement {
  const { statements, errors } = parseScript(text);
  if (errors[0]) throw errors[0];
  if (statements.length !== 1) {
    const span = statements[1]?.span ?? { start: 0, end: text.length };
    throw new StreamcellError('SQL_SYNTAX', `One statement is expected here, but there are ${statements.length}.`, {
      span,
    });
  }
  return statements[0]!.statement;
}

/** Reads a lone expression; throws when there is anything else. */
export function parseExpression(text: string): Expr {
  const result = parseAt(tokenize(text), 0, (parser) => parser.loneExpression());
  if (result.error) throw result.error;
  return result.value;
}

/** Reads a lone type, as written in a column definition; throws when there is anything else. */
export function parseType(text: string): TypeName {
  const result = parseAt(tokenize(text), 0, (parser) => parser.loneType());
  if (result.error) throw result.error;
  return result.value;
}

type Outcome<T> = { value: T; error: null; end: number } | { error: StreamcellError; end: number };

/** `end` is the index of the token the parser stopped at. */
function parseAt<T>(list: TokenList, at: number, read: (parser: StatementParser) => T): Outcome<T> {
  const parser = new StatementParser(list, at, null);
  try {
    const value = read(parser);
    return { value, error: null, end: parser.tokenIndex };
  } catch (thrown) {
    if (thrown instanceof UnexpectedToken) {
      return { error: explain(list, at, read, thrown.tokenIndex), end: thrown.tokenIndex };
    }
    if (thrown instanceof StreamcellError) return { error: thrown, end: parser.tokenIndex };
    throw thrown;
  }
}

/** Reads the same text once more, this time noting what the grammar would have taken, to say it in the error. */
function explain<T>(
  list: TokenList,
  at: number,
  read: (parser: StatementParser) => T,
  failedAt: number,
): StreamcellError {
  const token = list.tokens[failedAt]!;
  const lexical = list.errors.find((error) => error.span?.start === token.start);
  if (token.kind === TokenKind.Bad && lexical) return lexical;
  const recorder = new ExpectationRecorder();
  try {
    read(new StatementParser(list, at, recorder));
  } catch (thrown) {
    if (!(thrown instanceof UnexpectedToken)) throw thrown;
  }
  const expected = recorder.at(failedAt);
  const description = describeExpectations(expected);
  const source = (index: number): string => list.text.slice(list.tokens[index]!.start, list.tokens[index]!.end);
  const found = token.kind === TokenKind.End ? 'the end of the text' : `'${source(failedAt)}'`;
  const message = `${description ? `Expected ${description}` : 'Nothing is expected here'}, but found ${found}.`;
  // `SELECT a FORM t`: FORM has been taken for an alias, and only what follows it fits nothing.
  const suspects = [failedAt, failedAt - 1].filter(
    (index) => index >= at && list.tokens[index]!.kind === TokenKind.Word,
  );
  const slip = suspects.find((index) => nearestKeyword(source(index), expected.words) !== null);
  const hint = slip === undefined ? undefined : `Did you mean ${nearestKeyword(source(slip), expected.words)}?`;
  return new StreamcellError('SQL_SYNTAX', message, { span: errorSpan(list, slip ?? failedAt), hint });
}

/** The end of the text has no width to underline: point behind the last token instead. */
function errorSpan(list: TokenList, index: number): Span {
  const token = list.tokens[index]!;
  if (token.kind !== TokenKind.End || index === 0) return { start: token.start, end: token.end };
  const last = list.tokens[index - 1]!;
  return { start: last.end, end: last.end };
}

/**
 * Where to go on after an error: at the next semicolon. The semicolons inside STATEMENT SET BEGIN .. END do not end it;
 * its END is the one that follows a semicolon.
 */
function endOfBrokenStatement(tokens: readonly Token[], start: number, failedAt: number): number {
  const end = (from: number): number => {
    let at = from;
    while (tokens[at]!.kind !== TokenKind.End && tokens[at]!.word !== ';') at++;
    return at;
  };
  const firstEnd = end(start);
  for (let i = start; i + 2 < firstEnd; i++) {
    const opens = tokens[i]!.word === 'STATEMENT' && tokens[i + 1]!.word === 'SET' && tokens[i + 2]!.word === 'BEGIN';
    if (!opens) continue;
    for (let at = firstEnd; tokens[at]!.kind !== TokenKind.End; at = end(at + 1)) {
      if (tokens[at + 1]!.word === 'END') return end(at + 1);
    }
    break;
  }
  return Math.max(firstEnd, end(Math.max(start, Math.min(failedAt, firstEnd))));
}

/** Turns `BEGIN STATEMENT SET; INSERT ..; END;` into one statement where both ends are there. */
function joinStatementSets(text: string, found: ParsedStatement[], errors: StreamcellError[]): ParsedStatement[] {
  const joined: ParsedStatement[] = [];
  for (let i = 0; i < found.length; i++) {
    const begin = found[i]!;
    const end =
      begin.statement.kind === 'BeginStatementSet'
        ? found.findIndex((s, at) => at > i && s.statement.kind === 'EndStatementSet')
        : -1;
    if (end < 0) {
      joined.push(begin);
      continue;
    }
    const inserts: Insert[] = [];
    for (const member of found.slice(i + 1, end)) {
      if (member.statement.kind === 'Insert') {
        inserts.push(member.statement);
        continue;
      }
      errors.push(
        new StreamcellError('SQL_SYNTAX', 'Only INSERT statements may stand in a statement set.', {
          span: member.span,
        }),
      );
    }
    const span = { start: begin.span.start, end: found[end]!.span.end };
    if (inserts.length === 0 && end === i + 1) {
      errors.push(new StreamcellError('SQL_SYNTAX', 'This statement set is empty.', { span }));
    } else {
      const statement: Statement = { kind: 'StatementSet', form: 'BEGIN', statements: inserts, span };
      joined.push({ statement, text: text.slice(span.start, span.end), span });
    }
    i = end;
  }
  return joined;
}
