import { positionAt, type ErrorData, type Span } from '../types/index.js';
import { escapeHtml } from './html.js';
import { ERROR_MIME, type ErrorBundle } from './view-channel.js';

/** Characters of a source line that are shown on each side of a place in it. */
const AROUND = 100;

/** The line that a span begins in, and the marks that stand under it. Tabs stay tabs, so that the marks stand right whatever their width. */
export function markedSource(text: string, span: Span): readonly [string, string] {
  const lineStart = text.lastIndexOf('\n', span.start - 1) + 1;
  const newline = text.indexOf('\n', span.start);
  const source = text.slice(lineStart, newline < 0 ? text.length : newline).replace(/\r$/, '');
  const at = Math.min(span.start - lineStart, source.length);
  const marked = Math.max(1, Math.min(span.end - lineStart, source.length) - at);
  const from = at > AROUND ? at - AROUND : 0;
  const to = Math.min(source.length, at + Math.max(AROUND, Math.min(marked, 2 * AROUND)));
  const lead = from > 0 ? '…' : '';
  const indent = lead.replace(/./, ' ') + source.slice(from, at).replace(/[^\t]/g, ' ');
  return [
    `${lead}${source.slice(from, to)}${to < source.length ? '…' : ''}`,
    indent + '^'.repeat(Math.min(marked, Math.max(1, to - at))),
  ];
}

/** `line:column CODE message`, the source line with a mark under the place, and the hint: what a console shows. */
export function errorText(error: ErrorData, cell: string): string {
  const place = error.span === undefined ? '' : `${placeOf(cell, error.span)} `;
  const lines = [`${place}${error.code} ${error.message}${origin(error)}`];
  if (error.span !== undefined && cell !== '') lines.push(...markedSource(cell, error.span).map((l) => `  ${l}`));
  if (error.hint !== undefined) lines.push(`Hint: ${error.hint}`);
  return lines.join('\n');
}

/** An error in all its forms; `cell` is the text that its span points into. */
export function errorBundle(error: ErrorData, cell: string): Readonly<Record<string, unknown>> {
  const bundle: ErrorBundle = { version: 1, error, cell, span: error.span ?? null };
  return { [ERROR_MIME]: bundle, 'text/html': errorHtml(error, cell), 'text/plain': errorText(error, cell) };
}

/** What is wrong and where; the source line is in the text form, which the traceback shows below. Without scripts and classes: for exported and untrusted notebooks, where colours may be dark on light or light on dark. */
export function errorHtml(error: ErrorData, cell: string): string {
  const place = error.span === undefined ? '' : ` · ${placeOf(cell, error.span)}`;
  const hint = error.hint === undefined ? '' : `<div style="opacity:.75">${quoted(error.hint)}</div>`;
  return (
    '<div style="border:1px solid #c62828;border-left-width:3px;padding:8px 12px">' +
    `<div>${quoted(error.message)}${escapeHtml(origin(error))} <code style="opacity:.6">${escapeHtml(error.code)}${place}</code></div>` +
    `${hint}</div>`
  );
}

function placeOf(cell: string, span: Span): string {
  const { line, column } = positionAt(cell, span.start);
  return `${line}:${column}`;
}

function origin(error: ErrorData): string {
  return error.operator === undefined ? '' : ` (in ${error.operator})`;
}

/** Names that a message quotes are shown as code. */
function quoted(message: string): string {
  return escapeHtml(message).replace(/&#39;((?:(?!&#39;).)+)&#39;/g, '<code>$1</code>');
}
