import type { Statement as Ast } from '../parser/ast.js';
import { parseScript } from '../parser/parser.js';
import type { Span, StreamcellError } from '../types/index.js';

/** One statement of a script, whether our parser can read it or not. */
export interface ScriptPiece {
  readonly text: string;
  readonly span: Span;
  /** Null when it could not be read. */
  readonly statement: Ast | null;
  readonly error: StreamcellError | null;
}

/** Cuts a script into statements, for a system that may know more syntax than our parser does. */
export function scriptPieces(text: string): readonly ScriptPiece[] {
  const script = parseScript(text);
  const pieces: ScriptPiece[] = script.statements.map((s) => ({ ...s, error: null }));
  for (const { span, error } of script.broken)
    pieces.push({ text: text.slice(span.start, span.end), span, statement: null, error });
  return pieces.sort((a, b) => a.span.start - b.span.start);
}
