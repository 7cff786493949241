import { quoteText } from '../catalog/index.js';
import { StreamcellError, type Span } from '../types/index.js';

export type ParameterValue = string | number | boolean | null;

/** A text with its parameters bound, and the way back to the places of the text as written. */
export interface BoundText {
  readonly text: string;
  original(span: Span): Span;
}

interface Piece {
  /** Where the replacement ends in the bound text, and the parameter in the original. */
  readonly boundEnd: number;
  readonly originalEnd: number;
  readonly boundStart: number;
  readonly originalStart: number;
}

/** Quoted text, quoted names and comments hold no parameters; a name after `::` or within a word is none either. */
const TOKENS = /'(?:[^']|'')*'?|`(?:[^`]|``)*`?|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(?<![:\w]):([A-Za-z_]\w*)/g;

/**
 * Replaces `:name` by a literal. Values never become SQL: a text is quoted, whatever it holds.
 * @throws StreamcellError QUERY_INVALID for a name without a value.
 */
export function bindParameters(
  text: string,
  parameters: Readonly<Record<string, ParameterValue>> | undefined,
): BoundText {
  if (parameters === undefined) return { text, original: (span) => span };
  const pieces: Piece[] = [];
  let bound = '';
  let at = 0;
  for (const match of text.matchAll(TOKENS)) {
    const name = match[1];
    if (name === undefined) continue;
    const originalEnd = match.index + match[0].length;
    if (!Object.hasOwn(parameters, name)) {
      throw new StreamcellError('QUERY_INVALID', `Parameter :${name} has no value.`, {
        span: { start: match.index, end: originalEnd },
      });
    }
    bound += text.slice(at, match.index);
    const boundStart = bound.length;
    bound += literal(parameters[name]);
    pieces.push({ boundStart, boundEnd: bound.length, originalStart: match.index, originalEnd });
    at = originalEnd;
  }
  bound += text.slice(at);
  return {
    text: bound,
    original: (span) => ({ start: back(pieces, span.start, false), end: back(pieces, span.end, true) }),
  };
}

function literal(value: ParameterValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return quoteText(value);
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (Number.isInteger(value)) return value < 0 ? `(${value})` : String(value);
  return Number.isFinite(value)
    ? `CAST('${value}' AS DOUBLE)`
    : `CAST('${Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'}' AS DOUBLE)`;
}

function back(pieces: readonly Piece[], offset: number, end: boolean): number {
  let shift = 0;
  for (const piece of pieces) {
    if (offset <= piece.boundStart) break;
    if (offset < piece.boundEnd) return end ? piece.originalEnd : piece.originalStart;
    shift = piece.originalEnd - piece.boundEnd;
  }
  return offset + shift;
}
