import { textTable } from '@streamcell/runtime/protocol/display-bundle';
import { escapeHtml } from '@streamcell/runtime/protocol/html';
import { cellsOfRow } from '@streamcell/runtime/protocol/text-table';
import { maskParameters } from '@streamcell/runtime/session/parameters';
import type { Completion, Session } from '@streamcell/runtime/session/session';
import type { MimeBundle } from '../host.js';
import { CELL_HELP } from './cell-options.js';
import type { SqlCell } from './sql-cell.js';

/** Help at a place of a SQL cell: of the magic on its line, of tables, columns and functions below it. Null when there is none. */
export async function inspectCell(session: Session, cell: SqlCell, offset: number): Promise<MimeBundle | null> {
  if (offset < cell.offset) return asText(CELL_HELP);
  const at = offset - cell.offset;
  const name = nameAt(cell.sql, at);
  if (name === null) return null;
  const known = await session.complete(maskParameters(cell.sql), name.end);
  const fitting = known.filter(
    (c) => plain(c.text) === plain(name.last) || c.text.toUpperCase() === name.last.toUpperCase(),
  );
  const relation = await describe(session, name.whole, fitting);
  if (relation !== null) return relation;
  const column = fitting.find((c) => c.kind === 'column');
  if (column !== undefined) return asText(`${plain(column.text)}: column${detail(column)}`);
  const other = fitting.find((c) => c.kind !== 'keyword');
  if (other?.kind === 'function' && other.detail !== undefined) return asText(`function ${other.detail}`);
  return other === undefined ? null : asText(`${plain(other.text)}: ${other.kind}${detail(other)}`);
}

function detail(completion: Completion): string {
  return completion.detail === undefined ? '' : `, ${completion.detail}`;
}

function plain(name: string): string {
  return name.replace(/^`(.*)`$/s, '$1').replaceAll('``', '`');
}

interface NameAt {
  /** As written, with its qualifiers up to the part at the place. */
  readonly whole: string;
  readonly last: string;
  readonly end: number;
}

const NAMES =
  /'(?:[^']|'')*'?|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|((?:`(?:[^`]|``)+`|[\p{L}_$][\p{L}\p{N}_$]*)(?:\s*\.\s*(?:`(?:[^`]|``)+`|[\p{L}_$][\p{L}\p{N}_$]*))*)/gu;
const PART = /`(?:[^`]|``)+`|[\p{L}_$][\p{L}\p{N}_$]*/gu;

function nameAt(sql: string, offset: number): NameAt | null {
  for (const match of sql.matchAll(NAMES)) {
    const [found, name] = match;
    if (offset > match.index + found.length) continue;
    if (offset < match.index || name === undefined) return null;
    for (const part of name.matchAll(PART)) {
      const end = part.index + part[0].length;
      if (match.index + end >= offset) return { whole: name.slice(0, end), last: part[0], end: match.index + end };
    }
  }
  return null;
}

/** The columns of a table or view; null where the name is none. */
async function describe(session: Session, name: string, fitting: readonly Completion[]): Promise<MimeBundle | null> {
  if (!fitting.some((c) => c.kind === 'table' || c.kind === 'view')) return null;
  try {
    for await (const statement of session.execute(`DESCRIBE ${name}`)) {
      const rows = (await statement.view?.snapshot()) ?? [];
      const columns = statement.columns.slice(0, 3);
      return asText(
        [
          plain(name),
          ...textTable(
            columns,
            rows.map((row) => cellsOfRow(columns, row, 'UTC', null)),
          ),
        ].join('\n'),
      );
    }
  } catch {
    // An alias, or a name of WITH: known to the statement, not to the catalog.
  }
  return null;
}

function asText(text: string): MimeBundle {
  return { 'text/plain': text, 'text/html': `<pre>${escapeHtml(text)}</pre>` };
}
