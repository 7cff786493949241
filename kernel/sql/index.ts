import { CONTROL_TARGET, VIEW_TARGET } from '@streamcell/runtime/protocol/view-channel';
import { Streams } from '@streamcell/runtime/session/streams';
import type { CellLanguage, CellRequest, CellResult, CommTarget, Sessions, Variables } from '../host.js';
import { Audience } from '../views/audience.js';
import { ControlTarget } from '../views/control-target.js';
import { viewTarget } from '../views/view-target.js';
import { NO_OPTIONS } from './cell-options.js';
import { MagicLanguage } from './magics/magic-language.js';
import { PendingOutputs } from './pending-outputs.js';
import { SqlLanguage } from './sql-language.js';
import { runSql, type SqlSurroundings } from './sql-runner.js';

export interface SqlCellsOptions {
  readonly sessions: Sessions;
  readonly variables: Variables;
  /** Language of cells without a magic. */
  readonly language: 'sql' | 'typescript';
  /** Default: whether STREAMCELL_HEADLESS is 1. */
  readonly headless?: boolean;
}

/** What SQL brings to a kernel. */
export interface SqlCells {
  /** In this order, before TypeScript's. */
  readonly languages: readonly CellLanguage[];
  /** By name of the comm target. */
  readonly targets: ReadonlyMap<string, CommTarget>;
  /** Shows a query that another language composed. */
  displayQuery(sql: string, request: Pick<CellRequest, 'output' | 'signal'>): Promise<CellResult>;
  close(): void;
}

export function createSqlCells(options: SqlCellsOptions): SqlCells {
  const { sessions, variables } = options;
  const streams = new Streams();
  const audience = new Audience();
  const around: SqlSurroundings = {
    sessions,
    variables,
    streams,
    audience,
    pending: new PendingOutputs(),
    headless: options.headless ?? process.env.STREAMCELL_HEADLESS === '1',
  };
  const sqlByDefault = options.language === 'sql';
  const control = new ControlTarget(sessions, variables, sqlByDefault);
  return {
    languages: [new MagicLanguage(around, sqlByDefault), new SqlLanguage(around, sqlByDefault)],
    targets: new Map<string, CommTarget>([
      [VIEW_TARGET, audience.noting(viewTarget(streams))],
      [CONTROL_TARGET, audience.noting(control)],
    ]),
    displayQuery: (sql, request) => runSql(around, { cell: sql, sql, offset: 0 }, NO_OPTIONS, request),
    close: () => control.close(),
  };
}
