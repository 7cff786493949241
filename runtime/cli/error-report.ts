import { textWidth } from '../protocol/text-table.js';
import { positionAt, StreamcellError } from '../types/index.js';

/**
 * `FILE:line:column: CODE message`, the source line with a mark under the place, and the hint. What is not a StreamcellError is our own
 * mistake, and shows as INTERNAL.
 */
export function errorReport(thrown: unknown, file: string, text: string): string {
  const error = StreamcellError.from(thrown);
  const lines: string[] = [];
  const from = error.operator === undefined ? '' : ` (in ${error.operator})`;
  if (error.span === undefined) lines.push(`${file}: ${error.code} ${error.message}${from}`);
  else {
    const { line, column } = positionAt(text, error.span.start);
    lines.push(`${file}:${line}:${column}: ${error.code} ${error.message}${from}`);
    const lineStart = text.lastIndexOf('\n', error.span.start - 1) + 1;
    const lineEnd = text.indexOf('\n', error.span.start);
    const source = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd).replace(/\r$/, '');
    const at = error.span.start - lineStart;
    const marked = Math.max(1, textWidth(source.slice(at, error.span.end - lineStart)));
    // Tabs stay tabs, so that the mark stands under its place whatever their width; wide characters take two cells.
    const indent = [...source.slice(0, at)].map((c) => (c === '\t' ? c : ' '.repeat(textWidth(c)))).join('');
    lines.push(`  ${source}`, `  ${indent}${'^'.repeat(marked)}`);
  }
  if (error.hint !== undefined) lines.push(`Hint: ${error.hint}`);
  return `${lines.join('\n')}\n`;
}
