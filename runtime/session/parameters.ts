import { quoteText } from '../catalog/index.js';
import { nearestNames, StreamcellError, Timestamp, timestampToString, type Span } from '../types/index.js';
import type { ParameterScalar, ParameterValue } from './session.js';

/** A text with its parameters bound, and the way back to the places of the text as written. */
export interface BoundText {
  readonly text: string;
  original(span: Span): Span;
}

/** A name in a text that asks for a value. */
export interface ParameterPlace {
  readonly name: string;
  readonly span: Span;
  /** `{name!r}`: pasted as it is. */
  readonly raw: boolean;
}

interface Piece {
  /** Where the replacement stands in the bound text, and the parameter in the original. */
  readonly boundStart: number;
  readonly boundEnd: number;
  readonly originalStart: number;
  readonly originalEnd: number;
}

/**
 * Quoted text, quoted names, comments and hints hold no parameters. `:` after a word, a closing bracket or a quote is no parameter's
 * (JSON_OBJECT's `'k':v`), and braces hold one only around a name, so that quantifiers (`A{2,3}`) stay what they are.
 */
const TOKENS =
  /'(?:[^']|'')*'?|`(?:[^`]|``)*`?|"(?:[^"]|"")*"?|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(?<![:\p{ID_Continue}'"`)\]]):([\p{ID_Start}_]\p{ID_Continue}*)|\{([\p{ID_Start}_$][\p{ID_Continue}$]*)(!r)?\}/gu;

/** Every place of the text that takes a value. */
export function parameterPlaces(text: string): readonly ParameterPlace[] {
  const places: ParameterPlace[] = [];
  for (const match of text.matchAll(TOKENS)) {
    const name = match[1] ?? match[2];
    if (name === undefined) continue;
    const span = { start: match.index, end: match.index + match[0].length };
    places.push({ name, span, raw: match[3] !== undefined });
  }
  return places;
}

/** The names that the text takes values of, each once: what a client must send along with it. */
export function parameterNames(text: string): readonly string[] {
  return [...new Set(parameterPlaces(text).map((p) => p.name))];
}

/**
 * Replaces `:name` and `{name}` by literals. Values never become SQL: a text is quoted, whatever it holds. `{name!r}` is for clients to
 * replace (`pasteParameters`), and refused here.
 * @throws StreamcellError PARAMETER_INVALID for a name without a value, and a value that is no literal.
 */
export function bindParameters(
  text: string,
  parameters: Readonly<Record<string, ParameterValue>> | undefined,
): BoundText {
  if (parameters === undefined) return { text, original: (span) => span };
  return replacePlaces(text, parameterPlaces(text), (place) => {
    if (place.raw) {
      throw new StreamcellError(
        'PARAMETER_INVALID',
        `{${place.name}!r} is pasted by the notebook, not by the session.`,
        {
          span: place.span,
        },
      );
    }
    return literal(place.name, valueOf(place, parameters), place.span);
  });
}

/**
 * Replaces `{name!r}` by the value's text as it is; other parameters stay. Only on the user's explicit word: the text becomes SQL.
 * @throws StreamcellError PARAMETER_INVALID for a name without a value.
 */
export function pasteParameters(text: string, values: Readonly<Record<string, ParameterValue>>): BoundText {
  const raw = parameterPlaces(text).filter((place) => place.raw);
  return replacePlaces(text, raw, (place) => {
    const value = valueOf(place, values);
    return Array.isArray(value) ? value.map(String).join(', ') : String(value);
  });
}

/** The text with every parameter replaced by a number as long as it is: to look at its syntax without values. */
export function maskParameters(text: string): string {
  let masked = '';
  let at = 0;
  for (const { span, raw } of parameterPlaces(text)) {
    const width = span.end - span.start;
    masked += text.slice(at, span.start) + (raw ? ' '.repeat(width) : '0'.padEnd(width));
    at = span.end;
  }
  return masked + text.slice(at);
}

function replacePlaces(
  text: string,
  places: readonly ParameterPlace[],
  replacement: (place: ParameterPlace) => string,
): BoundText {
  const pieces: Piece[] = [];
  let bound = '';
  let at = 0;
  for (const place of places) {
    const { start, end } = place.span;
    bound += text.slice(at, start);
    const boundStart = bound.length;
    const value = replacement(place);
    // What stands right beside it must not grow together with it: SELECT{x}FROM.
    const before = !place.raw && /\w$/.test(bound) ? ' ' : '';
    const after = !place.raw && /^\w/.test(text.slice(end, end + 1)) ? ' ' : '';
    bound += before + value + after;
    pieces.push({ boundStart, boundEnd: bound.length, originalStart: start, originalEnd: end });
    at = end;
  }
  bound += text.slice(at);
  return {
    text: bound,
    original: (span) => ({ start: back(pieces, span.start, false), end: back(pieces, span.end, true) }),
  };
}

function valueOf(place: ParameterPlace, parameters: Readonly<Record<string, ParameterValue>>): ParameterValue {
  // The record may come from anywhere: what is not its own property is no value.
  if (Object.hasOwn(parameters, place.name)) return parameters[place.name];
  const near = nearestNames(place.name, Object.keys(parameters));
  throw new StreamcellError('PARAMETER_INVALID', `Parameter '${place.name}' has no value.`, {
    span: place.span,
    hint:
      near.length > 0
        ? `Did you mean ${near.map((n) => `'${n}'`).join(' or ')}?`
        : `Define a variable ${place.name}, or give a value for it (--param ${place.name}=...).`,
  });
}

function literal(name: string, value: ParameterValue, span: Span): string {
  if (!Array.isArray(value)) return scalar(name, value as ParameterScalar, span);
  if (value.length === 0) throw refused(name, 'is an empty list, and SQL has no such thing', span);
  return (value as readonly ParameterScalar[]).map((v) => scalar(name, v, span)).join(', ');
}

const LARGEST_BIGINT = 2n ** 63n;

function scalar(name: string, value: ParameterScalar, span: Span): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return quoteText(value);
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'bigint') {
    if (value >= -LARGEST_BIGINT && value < LARGEST_BIGINT) return `CAST('${value}' AS BIGINT)`;
    if (String(value).replace('-', '').length <= 38) return `CAST('${value}' AS DECIMAL(38, 0))`;
    throw refused(name, 'has more than the 38 digits of a DECIMAL', span);
  }
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value < 0 ? `(${value})` : String(Math.abs(value));
    return `CAST('${value}' AS DOUBLE)`;
  }
  if (value instanceof Date) {
    const millis = value.getTime();
    if (Number.isNaN(millis)) throw refused(name, 'is an invalid Date', span);
    const instant = new Timestamp(millis);
    return `TIMESTAMP '${timestampToString(instant.millis, instant.nanos, 3)}'`;
  }
  // Values come from notebooks, where types are only promises.
  throw refused(name, `is ${kindOf(value)}, which is no SQL literal`, span);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list in a list';
  if (value === undefined) return 'undefined';
  return typeof value === 'function' ? 'a function' : 'an object';
}

function refused(name: string, why: string, span: Span): StreamcellError {
  return new StreamcellError('PARAMETER_INVALID', `Parameter '${name}' ${why}.`, {
    span,
    hint: 'Texts, numbers, booleans, dates, null and lists of them can be bound.',
  });
}

function back(pieces: readonly Piece[], offset: number, end: boolean): number {
  let shift = 0;
  for (const piece of pieces) {
    if (end ? offset <= piece.boundStart : offset < piece.boundStart) break;
    if (end ? offset <= piece.boundEnd : offset < piece.boundEnd) return end ? piece.originalEnd : piece.originalStart;
    shift = piece.originalEnd - piece.boundEnd;
  }
  return offset + shift;
}
