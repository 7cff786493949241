import { sessionTimeZone } from '@streamcell/runtime/session/index';
import { lossesOf } from '@streamcell/runtime/session/losses';
import type { ExecuteOptions, Session, Statement, StatementEnd } from '@streamcell/runtime/session/session';
import { answerOutput, failedJobLine, jobLine } from '@streamcell/runtime/session/statement-output';
import type { Streams } from '@streamcell/runtime/session/streams';
import { StreamcellError } from '@streamcell/runtime/types/index';
import { INTERRUPTED } from '../failures.js';
import type { CellRequest, CellResult, Sessions, Variables } from '../host.js';
import type { Audience } from '../views/audience.js';
import { cellFailure, moved } from './cell-failure.js';
import type { CellOptions } from './cell-options.js';
import { prepareSql, type PreparedSql } from './cell-values.js';
import { Interrupted, interruptible, within } from './interruption.js';
import type { PendingOutputs } from './pending-outputs.js';
import { showQuery } from './query-output.js';
import type { SqlText } from './sql-cell.js';

export interface SqlSurroundings {
  readonly sessions: Sessions;
  readonly variables: Variables;
  readonly streams: Streams;
  readonly audience: Pick<Audience, 'live'>;
  readonly pending: PendingOutputs;
  /** No front end looks: queries without an end are given a while, then stopped, so that a notebook run ends. */
  readonly headless: boolean;
}

type Outputs = Pick<CellRequest, 'output' | 'signal'>;

/** Rows that a result may have which a variable is to hold. */
const OUTPUT_ROWS = 5_000_000;
/** Milliseconds that an INSERT may take, or fail in, before its line is shown as running. */
const SHORT_JOB = 150;
/** Milliseconds that an interrupted job may take to end. */
const STOPPING = 1000;

/** Runs the statements of a cell, each with its output, in order. */
export async function runSql(
  around: SqlSurroundings,
  text: SqlText,
  options: CellOptions,
  request: Outputs,
): Promise<CellResult> {
  try {
    checkCluster(around.sessions, options);
    const prepared = await valuesOf(around, text, options, request.signal);
    await new ScriptRun(around, text, options, prepared, request).all();
    return { ok: true };
  } catch (thrown) {
    if (thrown instanceof Interrupted) return { ok: false, failure: INTERRUPTED };
    return { ok: false, failure: cellFailure(thrown, text.cell) };
  }
}

function checkCluster({ cluster }: Sessions, { cluster: wanted }: CellOptions): void {
  if (wanted === null || wanted.name === cluster) return;
  throw new StreamcellError('MAGIC_INVALID', `Cells run on '${cluster}', not on '${wanted.name}'.`, {
    span: wanted.span,
    hint: wanted.name === 'embedded' ? '%connect embedded' : `%connect ADDRESS?cluster=${wanted.name}`,
  });
}

async function valuesOf(
  around: SqlSurroundings,
  text: SqlText,
  options: CellOptions,
  signal: AbortSignal,
): Promise<PreparedSql> {
  try {
    const prepared = await interruptible(prepareSql(text.sql, options.parameters, around.variables), signal);
    if (prepared === 'interrupted') throw new Interrupted();
    return prepared;
  } catch (thrown) {
    throw thrown instanceof Interrupted ? thrown : moved(thrown, text.offset);
  }
}

/** One run of one text, in the session that was current at its beginning. */
class ScriptRun {
  private readonly session: Session;
  private readonly cluster: string;

  constructor(
    private readonly around: SqlSurroundings,
    private readonly text: SqlText,
    private readonly options: CellOptions,
    private readonly prepared: PreparedSql,
    private readonly request: Outputs,
  ) {
    this.session = around.sessions.current;
    this.cluster = around.sessions.cluster;
  }

  /** @throws StreamcellError with a span into the cell, Interrupted. */
  async all(): Promise<void> {
    const statements = this.session.execute(this.prepared.text, this.executeOptions())[Symbol.asyncIterator]();
    for (;;) {
      const began = performance.now();
      const statement = await this.next(statements);
      if (statement === null) return;
      try {
        await this.show(statement, performance.now() - began);
      } catch (thrown) {
        // Nothing that follows runs: the iteration is over for the session as well.
        void statements.return?.();
        throw thrown;
      }
    }
  }

  private executeOptions(): ExecuteOptions {
    const { mode, name, parallelism, limit, output, chart } = this.options;
    const { parameters } = this.prepared;
    const looked = mode === 'changelog' ? 'changelog' : mode !== null || chart !== null ? 'table' : undefined;
    return {
      ...(looked === undefined ? {} : { mode: looked }),
      ...(name === null ? {} : { name }),
      ...(parallelism === null ? {} : { parallelism }),
      ...(limit === null ? {} : { limit }),
      ...(output === null ? {} : { maxRows: OUTPUT_ROWS }),
      ...(parameters === undefined ? {} : { parameters }),
    };
  }

  /** Null at the end. */
  private async next(statements: AsyncIterator<Statement>): Promise<Statement | null> {
    const pending = statements.next();
    let result: IteratorResult<Statement> | 'interrupted';
    try {
      result = await interruptible(pending, this.request.signal);
    } catch (thrown) {
      throw this.inCell(thrown);
    }
    if (result !== 'interrupted') return result.done === true ? null : result.value;
    // A statement that begins in spite of the interrupt is none that anybody looks at.
    pending.then((late) => (late.done === true ? undefined : late.value.cancel())).catch(() => undefined);
    void statements.return?.();
    throw new Interrupted();
  }

  private async show(statement: Statement, milliseconds: number): Promise<void> {
    for (const notice of statement.notices ?? []) this.say(notice);
    const { view } = statement;
    if (statement.kind === 'insert' || view === null) return this.insert(statement);
    const options = await this.session.options();
    const zone = sessionTimeZone(options);
    if (statement.kind !== 'query') {
      const [, stopped] = /^\s*STOP\s+JOB\s+'([^']*)'/i.exec(statement.text) ?? [];
      if (stopped !== undefined) await this.around.pending.stopped(stopped);
      this.request.output.display(answerOutput(statement, await view.snapshot(), milliseconds, zone));
      return;
    }
    await showQuery(statement, view, {
      ...this.around,
      ...this.request,
      cluster: this.cluster,
      options: this.options,
      zone,
      changelog: options['sql-client.execution.result-mode']?.toLowerCase() === 'changelog',
      say: (text) => this.say(text),
      inCell: (thrown) => this.inCell(thrown),
    });
  }

  /** A bounded one is waited for, so that what follows sees what it wrote. */
  private async insert(statement: Statement): Promise<void> {
    const { output, signal } = this.request;
    const displayId = `job-${statement.jobId ?? statement.index}`;
    const over = statement.done.then(
      async (end: StatementEnd) => ({ line: jobLine(statement, end, await lossesOf(this.session, statement)) }),
      (thrown: unknown) => ({
        line: failedJobLine(statement, StreamcellError.from(thrown).toData()),
        error: this.inCell(thrown),
      }),
    );
    const quick = await interruptible(within(over, SHORT_JOB), signal);
    if (quick === 'interrupted') return this.interrupt(statement);
    if (quick !== 'late') {
      if ('error' in quick) throw quick.error;
      output.display(quick.line, {}, displayId);
      return;
    }
    output.display(jobLine(statement, null), {}, displayId);
    // Also when the cell is long over.
    const updated = over.then((end) => {
      output.updateDisplay(displayId, end.line);
      return end;
    });
    this.around.pending.add(statement.jobId, updated);
    if (!statement.bounded) return;
    const end = await interruptible(updated, signal);
    if (end === 'interrupted') return this.interrupt(statement);
    if ('error' in end) throw end.error;
  }

  private async interrupt(statement: Statement): Promise<never> {
    await within(statement.cancel(), STOPPING).catch(() => undefined);
    throw new Interrupted();
  }

  private inCell(thrown: unknown): StreamcellError {
    const error = StreamcellError.from(thrown);
    if (error.span === undefined) return error;
    const span = this.prepared.original(error.span);
    return moved(
      new StreamcellError(error.code, error.message, { ...error.toData(), span, cause: error }),
      this.text.offset,
    );
  }

  private say(text: string): void {
    this.request.output.stream('stdout', `${text}\n`);
  }
}
