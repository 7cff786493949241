import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bindInserts } from '../binder/index.js';
import { checkpointPath, Job, WorkerPool } from '../dataflow/index.js';
import { parseScript, type ParsedStatement } from '../parser/parser.js';
import type { Identifier, Insert, Statement as Ast, StopJob } from '../parser/ast.js';
import { planStatement, type PhysicalPlan, type Planned } from '../planner/index.js';
import { parseDuration } from '../planner/options.js';
import { StreamcellError, type ErrorData, type Span } from '../types/index.js';
import { defaultPool } from './default-pool.js';
import { CompleteStatement, JOB_ID_COLUMNS, JobStatement, type StatementPlace } from './job-statement.js';
import { JobView, type Losses, type Progress } from './job-view.js';
import { WhyNoRows } from './why-no-rows.js';
import { LimitedStatement } from './limited-statement.js';
import { bindParameters } from './parameters.js';
import { checkOption, hasEffect } from './session-options.js';
import type { Completion, ExecuteOptions, ExplainStage, JobInfo, Session, Statement } from './session.js';
import { describe, show, showCreate, type ShowContext } from './show-statements.js';
import { OK, strings, texts, type SmallResult } from './small-result.js';
import { SqlContext, unwrap, withoutTimeAttributes } from './sql-context.js';

/** Rows a view keeps when nothing else was asked for. */
const DEFAULT_MAX_ROWS = 100_000;
/** Ended jobs that SHOW JOBS still lists. */
const ENDED_JOBS_KEPT = 100;

export interface EmbeddedSessionOptions {
  /** Session options as if they had been SET. */
  readonly options?: Readonly<Record<string, string>>;
  /** Worker threads; the process-wide pool by default. */
  readonly pool?: WorkerPool;
  /** Prints control events of every job to stderr. */
  readonly trace?: boolean;
}

interface JobRecord {
  readonly job: Job;
  readonly statement: string;
}

/**
 * A session on the engine in this process: statements are parsed, bound and planned here, and run as jobs in worker threads.
 *
 * State: the catalog, the options that were SET, the jobs. Statements take effect in order; a failing one leaves those before it in effect.
 */
export class EmbeddedSession implements Session {
  readonly id = randomBytes(8).toString('hex');
  private readonly context = new SqlContext();
  private readonly catalog = this.context.catalog;
  private readonly settings = this.context.settings;
  private readonly jobsById = new Map<string, JobRecord>();
  private readonly noticed = new Set<string>();
  /** What BEGIN STATEMENT SET has gathered for its END; null outside of one. */
  private gathered: Insert[] | null = null;
  private readonly pool: WorkerPool;
  private closed = false;

  constructor(private readonly given: EmbeddedSessionOptions = {}) {
    for (const [key, value] of Object.entries(given.options ?? {})) {
      checkOption(key, value);
      this.settings.set(key, value);
    }
    this.pool = given.pool ?? defaultPool();
    void this.pool.warm().catch(() => undefined);
  }

  /** Resolves when a worker stands ready, so that the first statement starts at once. */
  async warm(): Promise<void> {
    await this.pool.warm();
  }

  async *execute(text: string, options: ExecuteOptions = {}): AsyncGenerator<Statement> {
    this.assertOpen();
    const bound = bindParameters(text, options.parameters);
    const started: Statement[] = [];
    const abort = (): void => started.forEach((s) => void s.cancel());
    const stopped = (): boolean => options.signal?.aborted === true;
    options.signal?.addEventListener('abort', abort);
    try {
      const script = parseScript(bound.text);
      const broken = firstError(script.errors);
      for (const [index, parsed] of script.statements.entries()) {
        if (stopped()) return;
        if (broken !== null && parsed.span.start > (broken.span?.start ?? 0)) break;
        const span = bound.original(parsed.span);
        const whole = await this.run(
          parsed,
          { index, span, text: text.slice(span.start, span.end), original: bound.original },
          bound.text,
          options,
        );
        const { view } = whole;
        const statement =
          options.limit === undefined || view === null || whole.kind !== 'query'
            ? whole
            : new LimitedStatement(whole, view, options.limit);
        started.push(statement);
        if (stopped()) abort();
        if (view instanceof JobView) setImmediate(() => view.settle());
        yield statement;
        if (statement.kind === 'insert' && this.settings.get('table.dml-sync')?.toLowerCase() === 'true')
          await statement.done;
      }
      if (broken !== null) throw broken;
    } catch (thrown) {
      const error = StreamcellError.from(thrown);
      if (error.span === undefined || options.parameters === undefined) throw error;
      throw new StreamcellError(error.code, error.message, {
        ...error.toData(),
        span: bound.original(error.span),
        cause: error,
      });
    } finally {
      // Statements that run on are still the signal's.
      void Promise.allSettled(started.map((s) => s.done)).then(() =>
        options.signal?.removeEventListener('abort', abort),
      );
    }
  }

  async validate(text: string): Promise<readonly ErrorData[]> {
    this.assertOpen();
    return this.context.validate(text);
  }

  async complete(text: string, offset: number): Promise<readonly Completion[]> {
    this.assertOpen();
    return this.context.complete(text, offset);
  }

  async explain(text: string, stage: ExplainStage = 'physical'): Promise<string> {
    this.assertOpen();
    const script = parseScript(text);
    const broken = firstError(script.errors);
    if (broken !== null) throw broken;
    if (script.statements.length !== 1) throw new StreamcellError('QUERY_INVALID', 'One statement is expected.');
    const { statement, span } = script.statements[0];
    if (stage === 'ast') return JSON.stringify(statement, null, 2);
    return withSpan(span, () => this.context.explain(statement, text, stage));
  }

  async jobs(): Promise<readonly JobInfo[]> {
    return this.jobInfos();
  }

  async stopJob(id: string): Promise<void> {
    await this.findJob(id).job.cancel();
  }

  async options(): Promise<Readonly<Record<string, string>>> {
    return Object.fromEntries(this.settings);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await Promise.all([...this.jobsById.values()].map(({ job }) => job.cancel()));
  }

  // ---- statements ---------------------------------------------------------------------------------------------------

  private async run(
    parsed: ParsedStatement,
    place: StatementPlace,
    script: string,
    options: ExecuteOptions,
  ): Promise<Statement> {
    const ast = unwrap(parsed.statement);
    try {
      if (this.gathered !== null) return this.gather(this.gathered, place, ast, script, options);
      switch (ast.kind) {
        case 'BeginStatementSet':
          this.gathered = [];
          return new CompleteStatement(place, 'utility', OK);
        case 'EndStatementSet':
          throw new StreamcellError(
            'QUERY_INVALID',
            "No statement set to submit: 'END' comes after 'BEGIN STATEMENT SET'.",
          );
        case 'QueryStatement': {
          const planned = this.context.plan(ast, script, options) as Planned;
          return this.startQuery(place, planned, options);
        }
        case 'Insert':
          return this.startInsert(place, [ast], script, options);
        case 'StatementSet':
          return this.startInsert(place, ast.statements, script, options);
        case 'SetOption':
        case 'ResetOption':
          return this.runSet(place, ast);
        case 'Show':
          return new CompleteStatement(place, 'utility', show(ast, this.showContext()));
        case 'ShowCreate':
          return new CompleteStatement(place, 'utility', showCreate(ast, this.catalog));
        case 'Describe':
          return new CompleteStatement(place, 'utility', describe(ast, this.showContext()));
        case 'Explain':
          return new CompleteStatement(
            place,
            'explain',
            texts('result', [this.context.explain(ast.statement, script, null, ast.details)]),
          );
        case 'StopJob':
          return new CompleteStatement(place, 'utility', await this.stop(ast));
        default:
          return this.runDdl(place, ast, script, options);
      }
    } catch (thrown) {
      throw StreamcellError.from(thrown).at(parsed.span);
    }
  }

  /** Between BEGIN STATEMENT SET and END: INSERTs are kept, unchecked as in Flink, and run as one job at the END. */
  private gather(
    inserts: Insert[],
    place: StatementPlace,
    ast: Ast,
    script: string,
    options: ExecuteOptions,
  ): Statement {
    if (ast.kind === 'Insert') {
      inserts.push(ast);
      return new CompleteStatement(place, 'utility', OK);
    }
    if (ast.kind !== 'EndStatementSet')
      throw new StreamcellError('QUERY_INVALID', "Only INSERT is allowed in a statement set; 'END' submits it.");
    this.gathered = null;
    if (inserts.length === 0) return new CompleteStatement(place, 'utility', OK);
    return this.startInsert(place, inserts, script, options);
  }

  private runDdl(place: StatementPlace, ast: Ast, script: string, options: ExecuteOptions): Statement {
    const follow = this.context.applyDdl(ast, script);
    // CREATE TABLE .. AS: the table is there, now its query fills it.
    if (follow !== null) return this.startInsert(place, [follow], script, options);
    return new CompleteStatement(place, ast.kind === 'Use' ? 'utility' : 'ddl', OK);
  }

  private runSet(place: StatementPlace, ast: Ast & { kind: 'SetOption' | 'ResetOption' }): Statement {
    if (ast.kind === 'ResetOption') {
      if (ast.key === null) this.settings.clear();
      else this.settings.delete(ast.key.value);
      return new CompleteStatement(place, 'set', OK);
    }
    if (ast.key === null || ast.value === null) {
      const rows = [...this.settings].sort(([a], [b]) => (a < b ? -1 : 1));
      return new CompleteStatement(place, 'set', { columns: strings('key', 'value'), rows });
    }
    const key = ast.key.value.trim();
    const value = ast.value.value.trim();
    checkOption(key, value);
    this.settings.set(key, value);
    const notices: string[] = [];
    if (!hasEffect(key) && !this.noticed.has(key)) {
      this.noticed.add(key);
      notices.push(`Option '${key}' has no effect in the embedded engine.`);
    }
    return new CompleteStatement(place, 'set', OK, notices);
  }

  private startQuery(place: StatementPlace, { plan, bounded }: Planned, options: ExecuteOptions): Statement {
    const sink = plan.nodes.find((n) => n.op === 'sink');
    if (sink === undefined) throw new StreamcellError('INTERNAL', 'The plan of a query has no sink.');
    const columns = withoutTimeAttributes(sink.schema);
    const upsertKey = sink.upsertKeys[0] ?? null;
    const maxRows = Math.max(options.maxRows ?? this.maxRows(), options.limit ?? 0);
    const why = new WhyNoRows(plan);
    const progress = (): Progress => why.progress(job.nodeMetrics(), Date.now());
    const view = new JobView(
      { columns, upsertKey, maxRows, span: place.span, losses: () => lossesOf(job), progress },
      (command) => job.view(command),
    );
    const job = this.start(plan, place.text, options, { maxRows, changes: true }, view);
    return new JobStatement(place, 'query', columns, sink.changelog, upsertKey, bounded, job, view);
  }

  private startInsert(
    place: StatementPlace,
    inserts: readonly Insert[],
    script: string,
    options: ExecuteOptions,
  ): Statement {
    const bound = bindInserts(inserts, this.context.bindOptions(script));
    const { plan, bounded } = planStatement(bound, this.context.plannerContext(options));
    const name =
      this.settings.get('pipeline.name') ?? `insert-into_${inserts.map((i) => this.fullName(i.target.name)).join(',')}`;
    const job = this.start(plan, place.text, { name, ...options }, null, null);
    return new JobStatement(place, 'insert', JOB_ID_COLUMNS, 'append', null, bounded, job, null);
  }

  private start(
    plan: PhysicalPlan,
    statement: string,
    options: ExecuteOptions,
    view: { readonly maxRows: number; readonly changes: boolean } | null,
    receiver: JobView | null,
  ): Job {
    const restore = this.settings.get('execution.state-recovery.path');
    const interval = this.settings.get('execution.checkpointing.interval');
    const job = new Job({
      name: options.name ?? this.settings.get('pipeline.name') ?? statement.replace(/\s+/g, ' ').slice(0, 200),
      plan,
      pool: this.pool,
      view,
      onView: (reply) => receiver?.receive(reply),
      checkpoints: {
        directory: checkpointPath(
          this.settings.get('execution.checkpointing.dir') ?? join(tmpdir(), 'streamcell-checkpoints'),
        ),
        interval: interval === undefined ? 0 : parseDuration('execution.checkpointing.interval', interval),
      },
      restoreFrom: restore === undefined ? undefined : checkpointPath(restore),
      trace: this.given.trace,
    });
    this.remember({ job, statement });
    job.start();
    return job;
  }

  private remember(record: JobRecord): void {
    this.jobsById.set(record.job.id, record);
    let ended = [...this.jobsById.values()].filter(({ job }) => job.endedAt !== null).length - ENDED_JOBS_KEPT;
    for (const [id, { job }] of this.jobsById) {
      if (ended <= 0) break;
      if (job.endedAt === null) continue;
      this.jobsById.delete(id);
      ended--;
    }
  }

  private async stop(ast: StopJob): Promise<SmallResult> {
    const { job } = this.findJob(ast.jobId.value, ast.jobId.span);
    if (!ast.savepoint) {
      await (ast.drain ? job.drain() : job.cancel());
      return OK;
    }
    const directory =
      this.settings.get('execution.checkpointing.savepoint-dir') ?? this.settings.get('execution.checkpointing.dir');
    if (directory === undefined) {
      throw new StreamcellError('OPTION_MISSING', 'A savepoint needs a directory.', {
        span: ast.span,
        hint: "SET 'execution.checkpointing.savepoint-dir' = '/path/to/savepoints'",
      });
    }
    const name = `savepoint-${job.id.slice(0, 6)}-${randomBytes(6).toString('hex')}`;
    return texts('savepoint path', [await job.stopWithSavepoint(checkpointPath(directory), name, ast.drain)]);
  }

  // ---- inside -------------------------------------------------------------------------------------------------------

  private fullName(identifier: Identifier): string {
    const { catalog, database, name } = this.catalog.path({
      parts: identifier.parts.map((p) => p.name),
      span: identifier.span,
    });
    return `${catalog}.${database}.${name}`;
  }

  private maxRows(): number {
    const text = this.settings.get('sql-client.execution.max-table-result.rows');
    const rows = text === undefined ? NaN : Number(text);
    return Number.isInteger(rows) && rows > 0 ? rows : DEFAULT_MAX_ROWS;
  }

  private showContext(): ShowContext {
    return { catalog: this.catalog, jobs: this.jobInfos() };
  }

  private jobInfos(): JobInfo[] {
    return [...this.jobsById.values()].map(({ job, statement }) => ({
      id: job.id,
      name: job.name,
      state: job.state,
      statement,
      startedAt: job.startedAt,
      endedAt: job.endedAt,
      operators: job
        .nodeMetrics()
        .map(({ node, ...metrics }, i) => ({ id: node, name: job.plan.nodes[i].label, ...metrics })),
      ...(job.error === null ? {} : { error: job.error.toData() }),
    }));
  }

  private findJob(id: string, span?: Span): JobRecord {
    const record = this.jobsById.get(id);
    if (record === undefined) throw new StreamcellError('JOB_NOT_FOUND', `There is no job '${id}'.`, { span });
    return record;
  }

  private assertOpen(): void {
    if (this.closed) throw new StreamcellError('SESSION_CLOSED', 'The session is closed.');
  }
}

function firstError(errors: readonly StreamcellError[]): StreamcellError | null {
  return [...errors].sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0))[0] ?? null;
}

function withSpan<T>(span: Span, action: () => T): T {
  try {
    return action();
  } catch (thrown) {
    throw StreamcellError.from(thrown).at(span);
  }
}

/** What a job has left out so far. */
function lossesOf(job: Job): Losses {
  let lateRows = 0;
  let malformed = 0;
  for (const operator of job.nodeMetrics()) {
    lateRows += operator.lateRows;
    malformed += operator.malformed;
  }
  return { lateRows, malformed };
}
