import type { CellLanguage, CellRequest, CellResult, Completeness, CompletionReply, MimeBundle } from '../host.js';
import { cellFailure } from './cell-failure.js';
import { CELL_HELP, NO_OPTIONS, parseCellOptions, type CellOptions } from './cell-options.js';
import { completeness } from './completeness.js';
import { completeCell } from './completion.js';
import { inspectCell } from './inspection.js';
import { isSqlMagic, splitSqlCell } from './sql-cell.js';
import { runSql, type SqlSurroundings } from './sql-runner.js';

/** Cells of SQL: those that begin with `%%flinksql`, or every cell that is nothing else. */
export class SqlLanguage implements CellLanguage {
  constructor(
    private readonly around: SqlSurroundings,
    private readonly isDefault: boolean,
  ) {}

  takes(code: string): boolean {
    return isSqlMagic(code) || (this.isDefault && !/^\s*%/.test(code));
  }

  async run(request: CellRequest): Promise<CellResult> {
    const cell = splitSqlCell(request.code);
    if (cell.asksHelp) return { ok: true, pager: CELL_HELP };
    let options: CellOptions;
    try {
      options = cell.line === null ? NO_OPTIONS : parseCellOptions(cell.cell, cell.line);
    } catch (thrown) {
      return { ok: false, failure: cellFailure(thrown, cell.cell) };
    }
    if (options.help) return { ok: true, pager: CELL_HELP };
    return runSql(this.around, cell, options, request);
  }

  complete(code: string, offset: number): Promise<CompletionReply | null> {
    return completeCell(this.around.sessions.current, splitSqlCell(code), offset);
  }

  inspect(code: string, offset: number): Promise<MimeBundle | null> {
    return inspectCell(this.around.sessions.current, splitSqlCell(code), offset);
  }

  isComplete(code: string): Completeness {
    return completeness(splitSqlCell(code).sql);
  }
}
