import { maskParameters } from '@streamcell/runtime/session/parameters';
import type { Session } from '@streamcell/runtime/session/session';
import type { CompletionReply } from '../host.js';
import { CELL_OPTIONS } from './cell-options.js';
import type { SqlCell } from './sql-cell.js';

/** Completion in a SQL cell: options on the magic's line, below it what the session knows. Null when there is nothing. */
export async function completeCell(session: Session, cell: SqlCell, offset: number): Promise<CompletionReply | null> {
  if (cell.line !== null && offset <= cell.line.end) return completeOptions(cell, offset);
  if (offset < cell.offset) return null;
  const found = await session.complete(maskParameters(cell.sql), offset - cell.offset);
  if (found.length === 0) return null;
  const { replace } = found[0];
  const fitting = found.filter((c) => c.replace.start === replace.start && c.replace.end === replace.end);
  return {
    matches: fitting.map((c) => c.text),
    kinds: fitting.map((c) => c.kind),
    from: replace.start + cell.offset,
    to: replace.end + cell.offset,
  };
}

function completeOptions(cell: SqlCell, offset: number): CompletionReply | null {
  if (cell.line === null || offset < cell.line.start) return null;
  const before = cell.cell.slice(cell.line.start, offset);
  const [, option, , prefix] = /(?:^|\s)(--?[\w-]+)(\s+|=)(\S*)$/.exec(before) ?? [];
  const values = CELL_OPTIONS.find((o) => o.name === option || o.short === option)?.values;
  if (values !== undefined && prefix !== undefined) return reply(values, prefix, offset);
  const [word] = /\S*$/.exec(before) ?? [''];
  return reply(
    CELL_OPTIONS.map((o) => o.name).filter((name) => !before.includes(`${name} `)),
    word,
    offset,
  );
}

export function reply(candidates: readonly string[], prefix: string, offset: number): CompletionReply | null {
  const matches = candidates.filter((c) => c.toLowerCase().startsWith(prefix.toLowerCase()));
  if (matches.length === 0) return null;
  return { matches, kinds: matches.map(() => 'option'), from: offset - prefix.length, to: offset };
}
