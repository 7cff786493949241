import { counted, textTable } from '../protocol/display-bundle.js';
import { errorHtml, errorText } from '../protocol/error-bundle.js';
import { escapeHtml } from '../protocol/html.js';
import { cellsOfRow, isNumeric, printable } from '../protocol/text-table.js';
import { displayText } from '../protocol/value-text.js';
import type { ChangelogRow, ErrorData, Schema } from '../types/index.js';
import type { Statement, StatementEnd } from './session.js';

type MimeBundle = Readonly<Record<string, unknown>>;

/*
 * Outputs that do not live: answers of DDL, SHOW, EXPLAIN, and the lines of INSERT.
 */

/** `SHOW COLUMNS`, `CREATE TABLE bids`: what a statement does, in a few words. */
export function statementLabel(text: string): string {
  const words = text
    .replace(/--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const name = '(?:`[^`]*`|[^\\s`(;]+)';
  const objects =
    'MATERIALIZED TABLE|TABLE|VIEW|DATABASE|CATALOG|SYSTEM FUNCTION|FUNCTION|MODEL|CONNECTION|MODULE|STATISTICS';
  const pattern = new RegExp(
    `^(?:EXECUTE )?(?:(?:CREATE|DROP|ALTER|ANALYZE)(?: OR (?:REPLACE|ALTER))?(?: TEMPORARY)? (?:${objects})(?: IF(?: NOT)? EXISTS)? ${name}(?:\\.${name})*|` +
      `INSERT (?:INTO|OVERWRITE)(?: TABLE)? ${name}|(?:STATEMENT SET|BEGIN STATEMENT SET)|USE(?: CATALOG)? ${name}|(?:RE)?SET(?: '[^']*')?)`,
    'i',
  );
  const [label] = pattern.exec(words) ?? [];
  return label ?? words.split(' ').slice(0, 2).join(' ');
}

function time(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** One quiet line. */
export function quietLine(parts: readonly string[]): MimeBundle {
  const shown = parts.map(printable);
  return {
    'text/html': `<div style="opacity:.75">${shown.map(escapeHtml).join(' &nbsp; ')}</div>`,
    'text/plain': shown.join(' · '),
  };
}

export function doneLine(statement: Statement, milliseconds: number): MimeBundle {
  return quietLine(['OK', statementLabel(statement.text), time(milliseconds)]);
}

/** The line of an INSERT; `end` once it is over. */
export function jobLine(statement: Statement, end: StatementEnd | null, losses: readonly string[] = []): MimeBundle {
  const state = end === null ? 'running' : end.state === 'cancelled' ? 'stopped' : end.state;
  const written = end === null || end.counted === false ? [] : [`${counted(end.rows, 'row')} written`];
  const figures = end === null ? [] : [...written, time(end.milliseconds)];
  return quietLine([statementLabel(statement.text), state, ...figures, ...losses, `job ${statement.jobId ?? ''}`]);
}

export function failedJobLine(statement: Statement, error: ErrorData): MimeBundle {
  const line = quietLine([statementLabel(statement.text), 'failed', `job ${statement.jobId ?? ''}`]);
  const data = { ...error, span: undefined };
  return {
    'text/html': `${String(line['text/html'])}${errorHtml(data, '')}`,
    'text/plain': `${String(line['text/plain'])}\n${errorText(data, '')}`,
  };
}

/** Text that is laid out by itself: plans, CREATE statements. */
export function textOutput(text: string): MimeBundle {
  return { 'text/html': `<pre>${escapeHtml(text)}</pre>`, 'text/plain': text };
}

/** A small complete result. */
export function smallTable(columns: Schema, rows: readonly ChangelogRow[], zone: string): MimeBundle {
  const alignment = columns.map(({ type }) => `text-align:${isNumeric(type) ? 'right' : 'left'}`);
  const heads = columns.map(({ name }, c) => `<th style="${alignment[c]}">${escapeHtml(printable(name))}</th>`);
  const lines = rows.map((row) => {
    const cells = columns.map(({ type }, c) => {
      const value = row.fields[c];
      return value === null
        ? `<td style="${alignment[c]};font-style:italic;opacity:.65">NULL</td>`
        : `<td style="${alignment[c]}">${escapeHtml(printable(displayText(value, type, zone)))}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  const text = textTable(
    columns,
    rows.map((row) => cellsOfRow(columns, row, zone, null)),
  );
  const count = counted(rows.length, 'row');
  return {
    'text/html':
      `<table><thead><tr>${heads.join('')}</tr></thead><tbody>${lines.join('')}</tbody></table>` +
      `<div style="opacity:.65">${count}</div>`,
    'text/plain': [...text, count].join('\n'),
  };
}

/** How the answer of a statement that ran no job is shown. */
export function answerOutput(
  statement: Statement,
  rows: readonly ChangelogRow[],
  milliseconds: number,
  zone: string,
): MimeBundle {
  const only = rows.length === 1 && statement.columns.length === 1 ? rows[0].fields[0] : null;
  if (only === 'OK' && statement.columns[0].name === 'result') return doneLine(statement, milliseconds);
  if (typeof only === 'string' && (statement.kind === 'explain' || only.includes('\n'))) return textOutput(only);
  return smallTable(statement.columns, rows, zone);
}
