import type { Span } from '@streamcell/runtime/types/index';

/** SQL within a cell: cell.slice(offset) begins with it. */
export interface SqlText {
  /** The whole cell, which errors point into. */
  readonly cell: string;
  readonly sql: string;
  readonly offset: number;
}

export interface SqlCell extends SqlText {
  /** What stands behind the magic's name on its line; null for a cell without a magic. */
  readonly line: Span | null;
  /** `%%flinksql?` */
  readonly asksHelp: boolean;
}

const HEAD = /^\s*(?:%%(?:flinksql|flink_execute_sql)|%{1,2}flink\.ssql)(?![\w.])([ \t]*\?)?/;

export function isSqlMagic(cell: string): boolean {
  return HEAD.test(cell);
}

/** A cell that begins with `%%flinksql`, or is SQL as a whole. */
export function splitSqlCell(cell: string): SqlCell {
  const head = HEAD.exec(cell);
  if (head === null) return { cell, sql: cell, offset: 0, line: null, asksHelp: false };
  const newline = cell.indexOf('\n', head[0].length);
  const end = newline < 0 ? cell.length : newline;
  const offset = newline < 0 ? cell.length : newline + 1;
  let line = { start: head[0].length, end };
  // Zeppelin writes its properties in parentheses: %flink.ssql(type=update, parallelism=2)
  const [whole] = /^\([^()\n]*\)/.exec(cell.slice(line.start, end)) ?? [];
  if (whole !== undefined && cell.slice(line.start + whole.length, end).trim() === '')
    line = { start: line.start + 1, end: line.start + whole.length - 1 };
  return { cell, sql: cell.slice(offset), offset, line, asksHelp: head[1] !== undefined };
}
