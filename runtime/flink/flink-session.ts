import { randomBytes } from 'node:crypto';
import {
  bindParameters,
  CompleteStatement,
  LimitedStatement,
  LocalView,
  OK,
  scriptPieces,
  SqlContext,
  unwrap,
  withoutTimeAttributes,
  type Completion,
  type ExecuteOptions,
  type ExplainStage,
  type JobInfo,
  type ScriptPiece,
  type Session,
  type Statement,
  type StatementPlace,
} from '../session/index.js';
import { StreamcellError, TimeZone, typeToString, type ErrorData, type Schema } from '../types/index.js';
import { ClusterJob } from './cluster-job.js';
import { ClusterSession } from './cluster-session.js';
import { FlinkStatement, insertShape } from './flink-statement.js';
import { jobStatement } from './job-statements.js';
import { JobManager } from './job-manager.js';
import { JobWatch } from './job-watch.js';
import { ResultReader } from './result-reader.js';
import { dataType, writtenAsJson } from './logical-type.js';
import { boundedOnCluster, planOnCluster, type QueryShape } from './query-shape.js';
import { valueReader, type ValueReader } from './row-values.js';
import { SqlGateway, type GatewayPage, type Operation, type RowFormat } from './sql-gateway.js';
import { textReader } from './text-values.js';
import {
  changesCatalog,
  fillsTable,
  isBeyondContext,
  kindOf,
  optionReset,
  optionSet,
  sentText,
} from './statement-kind.js';

/** Rows a view keeps when nothing else was asked for. */
const DEFAULT_MAX_ROWS = 100_000;
/** For the question whether the JobManager is there at all. */
const PING_MILLIS = 2000;
/** Ended jobs that SHOW JOBS still lists. */
const ENDED_JOBS_KEPT = 100;

export interface FlinkSessionOptions {
  /** Address of Flink's SQL Gateway: `http://host:8083`. */
  readonly gateway: string;
  /** Address of the JobManager's REST endpoint: `http://host:8081`. */
  readonly jobManager: string;
  /** The session's name in the gateway. */
  readonly name?: string;
  /** Session options as if they had been SET. */
  readonly options?: Readonly<Record<string, string>>;
  /** Sent along with every request, as a proxy may ask for. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A session on a real Flink session cluster: its SQL Gateway runs the statements, its JobManager tells of the jobs.
 *
 * State: the gateway's session (ClusterSession), the jobs, and beside them a SqlContext: every definition that took effect on Flink takes
 * effect there too, without running. It completes, validates, and tells what the gateway does not: whether a query is bounded, and the
 * upsert key of its result.
 */
export class FlinkSession implements Session {
  readonly id = randomBytes(8).toString('hex');
  private readonly context = new SqlContext();
  private readonly jobsById = new Map<string, ClusterJob>();
  private readonly watch: JobWatch;
  private readonly session: ClusterSession;
  /** The context missed something that took effect on Flink: what it says of names is not to be believed any more. */
  private contextBehind = false;
  private closed = false;
  /** Statements that are being handed over just now give up. */
  private givesUp = false;
  private readonly starting = new Set<Promise<unknown>>();

  private constructor(
    private readonly gateway: SqlGateway,
    private readonly cluster: JobManager,
    given: FlinkSessionOptions,
  ) {
    for (const [key, value] of Object.entries(given.options ?? {})) this.context.settings.set(key, value);
    this.watch = new JobWatch(cluster);
    // Both sides have to agree on the zone, since the gateway writes times by its clock.
    const properties = (): Record<string, string> => ({
      'table.local-time-zone': this.context.timeZone(),
      ...Object.fromEntries(this.context.settings),
    });
    this.session = new ClusterSession(gateway, given.name ?? 'streamcell', properties, () => this.clusterAnswers());
  }

  /** @throws StreamcellError CLUSTER_UNREACHABLE, OPTION_INVALID. */
  static async open(options: FlinkSessionOptions): Promise<FlinkSession> {
    const gateway = new SqlGateway(options.gateway, options.headers);
    const cluster = new JobManager(options.jobManager, options.headers);
    await Promise.all([gateway.check(), cluster.check()]);
    const session = new FlinkSession(gateway, cluster, options);
    await session.session.open();
    return session;
  }

  async *execute(text: string, options: ExecuteOptions = {}): AsyncGenerator<Statement> {
    this.assertOpen();
    const bound = bindParameters(text, options.parameters);
    const started: Statement[] = [];
    const abort = (): void => started.forEach((s) => void s.cancel().catch(() => undefined));
    const stopped = (): boolean => options.signal?.aborted === true;
    options.signal?.addEventListener('abort', abort);
    try {
      for (const [index, piece] of scriptPieces(bound.text).entries()) {
        if (stopped()) return;
        this.assertOpen();
        const span = bound.original(piece.span);
        const place = { index, span, text: text.slice(span.start, span.end) };
        const running = this.run(piece, place, bound.text, options);
        this.starting.add(running);
        const statement = await running.finally(() => this.starting.delete(running));
        if (statement === null) {
          // Aborted before it was there, if it was not the session that ended.
          if (!stopped()) this.assertOpen();
          return;
        }
        started.push(statement);
        if (stopped()) abort();
        yield statement;
        if (statement.kind === 'insert' && this.context.settings.get('table.dml-sync')?.toLowerCase() === 'true')
          await statement.done;
      }
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

  /** What our own parser and binder find, less what only Flink can know. */
  async validate(text: string): Promise<readonly ErrorData[]> {
    this.assertOpen();
    return this.context.validate(text).filter((e) => this.believed(StreamcellError.fromData(e)));
  }

  async complete(text: string, offset: number): Promise<readonly Completion[]> {
    this.assertOpen();
    return this.context.complete(text, offset);
  }

  /** Flink's own plan; the syntax tree is ours. */
  async explain(text: string, stage: ExplainStage = 'physical'): Promise<string> {
    this.assertOpen();
    const pieces = scriptPieces(text);
    if (pieces.length !== 1) throw new StreamcellError('QUERY_INVALID', 'One statement is expected.');
    const [piece] = pieces;
    if (stage === 'ast') {
      if (piece.statement === null) throw piece.error ?? new StreamcellError('SQL_SYNTAX', 'It cannot be parsed.');
      return JSON.stringify(piece.statement, null, 2);
    }
    const { text: sent, shift } = sentText(piece);
    const explained = sent.replace(/^EXECUTE\s+(?=STATEMENT\s+SET)/i, '');
    const before = stage === 'changelog' ? 'EXPLAIN CHANGELOG_MODE ' : 'EXPLAIN ';
    const moved = shift + before.length - (sent.length - explained.length);
    const result = await this.session.collect(before + explained, {}, piece.span.start - moved);
    return sectionOf(String(result.rows[0]?.[0] ?? ''), stage);
  }

  async jobs(): Promise<readonly JobInfo[]> {
    this.assertOpen();
    return this.jobInfos();
  }

  async stopJob(id: string): Promise<void> {
    await this.findJob(id).cancel();
  }

  async options(): Promise<Readonly<Record<string, string>>> {
    return Object.fromEntries(this.context.settings);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.givesUp = true;
    this.session.end();
    await Promise.allSettled([...this.starting, ...[...this.jobsById.values()].map((job) => job.cancel())]);
    await this.watch.close();
    await this.session.close();
  }

  /** Leaves jobs that write into sinks running; a query without its reader is stopped. */
  async detach(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const read = [...this.jobsById.values()].filter((j) => j.hasReader);
    await Promise.allSettled([...this.starting, ...read.map((job) => job.cancel())]);
    await this.watch.close();
    await this.session.close();
  }

  // ---- statements ---------------------------------------------------------------------------------------------------

  private async run(
    piece: ScriptPiece,
    place: StatementPlace,
    script: string,
    options: ExecuteOptions,
  ): Promise<Statement | null> {
    try {
      const ast = piece.statement === null ? null : unwrap(piece.statement);
      const own =
        ast === null
          ? null
          : await jobStatement(
              ast,
              () => this.jobInfos(),
              (id, span) => this.findJob(id, span),
            );
      if (own !== null) return new CompleteStatement(place, 'utility', own, this.session.notices());
      const kind = kindOf(piece);
      return kind === 'query' || kind === 'insert'
        ? await this.runJob(piece, place, script, options)
        : await this.runSmall(piece, place, script, options.signal);
    } catch (thrown) {
      const error = await this.attributed(StreamcellError.from(thrown));
      throw this.explained(error, piece, script).at(piece.span);
    }
  }

  private async runJob(
    piece: ScriptPiece,
    place: StatementPlace,
    script: string,
    options: ExecuteOptions,
  ): Promise<Statement | null> {
    const isInsert = kindOf(piece) === 'insert';
    const sent = sentText(piece);
    const start = piece.span.start - sent.shift;
    const id = randomBytes(16).toString('hex');
    const planned = this.planned(piece, script, options);
    const config: Record<string, string> = { '$internal.pipeline.job-id': id };
    // Flink names a query by its text as it writes it; the user knows it as it was written.
    const name =
      options.name ?? (isInsert || this.context.settings.has('pipeline.name') ? undefined : nameOf(place.text));
    if (name !== undefined) config['pipeline.name'] = name;
    if (options.parallelism !== undefined) {
      config['parallelism.default'] = String(options.parallelism);
      config['table.exec.resource.default-parallelism'] = String(options.parallelism);
    }
    // Waiting is done here, where it can be seen and stopped.
    if (isInsert) config['table.dml-sync'] = 'false';
    const zone = TimeZone.get(this.context.timeZone());
    const handed = await this.handOver(sent.text, config, start, options.signal).catch((thrown: unknown) => {
      // What was given up may be run all the same, when the cluster is back.
      if (this.closed || (thrown instanceof StreamcellError && thrown.kind === 'external')) this.watch.doom(id);
      throw thrown;
    });
    if (handed === null) {
      this.watch.doom(id);
      return null;
    }
    const { operation, first } = handed;
    const jobId = first.jobId ?? id;
    const job = new ClusterJob(jobId, place.text, first.isQuery, this.cluster);
    if (!first.isQuery && first.jobId === null) {
      const result = await this.session.rest(operation, first, sent.text, start);
      return new CompleteStatement(place, 'utility', result, this.session.notices());
    }
    this.remember(job);
    // The session ended meanwhile; a job that writes into a sink is left when the others are.
    if (this.givesUp || (this.closed && first.isQuery)) {
      await job.cancel();
      this.assertOpen();
    }
    if (!first.isQuery) {
      void this.gateway.closeOperation(operation).catch(() => undefined);
      const bounded = planned?.bounded ?? (await boundedOnCluster(this.session, sent.text));
      return new FlinkStatement(place, insertShape(bounded, this.session.notices()), job, null);
    }
    const columns = withoutTimeAttributes(first.columns.map((c) => ({ name: c.name, type: dataType(c.logicalType) })));
    const readable = readersOf(columns, zone);
    if (readable instanceof StreamcellError) {
      await job.cancel();
      throw readable;
    }
    const usable = planned !== null && planned.width === columns.length ? planned : null;
    const shape = usable ?? (await planOnCluster(this.session, sent.text, columns));
    const maxRows = Math.max(options.maxRows ?? this.maxRows(), options.limit ?? 0);
    const view = new LocalView({
      columns,
      upsertKey: shape.upsertKey,
      appendOnly: shape.changelog === 'append',
      maxRows,
      span: place.span,
      losses: () => ({ lateRows: job.lateRows }),
    });
    job.onWatermark = (time) => view.watermark(time);
    const reader = new ResultReader({
      gateway: this.gateway,
      operation,
      job,
      view,
      ...readable,
      text: sent.text,
      jobState: () => this.cluster.state(job.id),
      doom: () => this.watch.doom(job.id),
    });
    const notices = [...this.session.notices(), ...shape.notices];
    const statement = new FlinkStatement(place, { kind: 'query', columns, ...shape, notices }, job, view);
    void reader.run(first);
    setImmediate(() => view.view.settle());
    return options.limit === undefined ? statement : new LimitedStatement(statement, view.view, options.limit);
  }

  /** Null when the signal came first. */
  private async handOver(
    text: string,
    config: Readonly<Record<string, string>>,
    start: number,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly operation: Operation; readonly first: GatewayPage } | null> {
    const operation = await this.session.submit(text, config);
    const first = await this.session.firstPage(operation, text, start, () => this.isGivenUp(signal));
    return first === null ? null : { operation, first };
  }

  /** A statement that runs no job, or one that Flink starts on the side (CREATE TABLE AS). */
  private async runSmall(
    piece: ScriptPiece,
    place: StatementPlace,
    script: string,
    signal: AbortSignal | undefined,
  ): Promise<Statement | null> {
    const config: Record<string, string> = fillsTable(piece) ? { 'table.dml-sync': 'false' } : {};
    const operation = await this.session.submit(piece.text, config);
    const first = await this.session.firstPage(operation, piece.text, piece.span.start, () => this.isGivenUp(signal));
    if (first === null) return null;
    const result = await this.session.rest(operation, first, piece.text, piece.span.start);
    const kind = kindOf(piece);
    const [set, reset] = [optionSet(piece), optionReset(piece)];
    if (set !== null) this.context.settings.set(set.key, set.value);
    else if (reset !== undefined) await this.reset(reset);
    else if (kind !== 'explain' && kind !== 'set') this.follow(piece, script);
    if (first.jobId !== null && kind === 'ddl') {
      const job = new ClusterJob(first.jobId, place.text, false, this.cluster);
      this.remember(job);
      return new FlinkStatement(place, insertShape(true, this.session.notices()), job, null);
    }
    return new CompleteStatement(place, kind, kind === 'ddl' ? OK : result, this.session.notices());
  }

  /** Flink falls back to the gateway's zone, we to this machine's: the session's zone is said again. */
  private async reset(key: string | null): Promise<void> {
    if (key === null) this.context.settings.clear();
    else this.context.settings.delete(key);
    if (key === null || key === 'table.local-time-zone')
      await this.session.collect(`SET 'table.local-time-zone' = '${this.context.timeZone()}'`, {}, 0);
  }

  /** Definitions that took effect on Flink take effect in the context, and are kept for the session that may have to follow this one. */
  private follow(piece: ScriptPiece, script: string): void {
    this.session.keep(piece);
    this.contextBehind ||= isBeyondContext(piece);
    if (piece.statement === null || !changesCatalog(piece)) return;
    try {
      this.context.applyDdl(piece.statement, script);
    } catch {
      this.contextBehind = true;
    }
  }

  // ---- what our own planner says ------------------------------------------------------------------------------------

  /** Null when Flink has to be asked. */
  private planned(
    piece: ScriptPiece,
    script: string,
    options: ExecuteOptions,
  ): (QueryShape & { width: number }) | null {
    const batch = this.context.settings.get('execution.runtime-mode')?.toLowerCase() === 'batch';
    if (piece.statement === null || this.contextBehind || batch || this.hasChangelogOptions()) return null;
    try {
      const planned = this.context.plan(piece.statement, script, options);
      const sink = planned?.plan.nodes.find((n) => n.op === 'sink');
      if (planned === null || sink === undefined) return null;
      return {
        bounded: planned.bounded,
        changelog: sink.changelog,
        upsertKey: sink.upsertKeys[0] ?? null,
        notices: [],
        width: sink.schema.length,
      };
    } catch {
      return null;
    }
  }

  /** Options by which Flink makes another changelog than the engine would: it is asked for it. */
  private hasChangelogOptions(): boolean {
    return [...this.context.settings.keys()].some((key) => /^table\.exec\.(?:emit|mini-batch|deduplicate)\./.test(key));
  }

  private async clusterAnswers(): Promise<boolean> {
    return this.cluster.jobs(PING_MILLIS).then(
      () => true,
      () => false,
    );
  }

  /** A gateway that is silent mostly waits for its JobManager. */
  private async attributed(error: StreamcellError): Promise<StreamcellError> {
    if (error.code !== 'CLUSTER_UNREACHABLE') return error;
    try {
      await this.cluster.jobs(PING_MILLIS);
      return error;
    } catch (thrown) {
      return StreamcellError.from(thrown, 'CLUSTER_UNREACHABLE');
    }
  }

  /** Adds to Flink's error what our own binder knows of the same statement: a place, a code, a hint. */
  private explained(error: StreamcellError, piece: ScriptPiece, script: string): StreamcellError {
    const vague = error.code === 'CLUSTER_STATEMENT_FAILED';
    if (error.code.startsWith('CLUSTER') && !vague) return error;
    const own = piece.error ?? this.ownError(piece, script);
    if (own === null || (!vague && own.code !== error.code)) return error;
    return new StreamcellError(own.code, error.message, {
      span: error.span ?? own.span,
      hint: error.hint ?? own.hint,
      cause: error,
    });
  }

  private ownError({ statement }: ScriptPiece, script: string): StreamcellError | null {
    const error = statement === null ? null : this.context.errorOf(statement, script);
    return error !== null && this.believed(error) ? error : null;
  }

  /** What the engine does not support Flink may; what the context does not know it may have missed. */
  private believed(error: StreamcellError): boolean {
    if (error.kind === 'unsupported' || error.kind === 'internal') return false;
    return !this.contextBehind || !error.code.endsWith('_NOT_FOUND');
  }

  // ---- jobs ---------------------------------------------------------------------------------------------------------

  private remember(job: ClusterJob): void {
    this.jobsById.set(job.id, job);
    this.watch.add(job);
    let surplus = [...this.jobsById.values()].filter((j) => j.over).length - ENDED_JOBS_KEPT;
    for (const [id, { over }] of this.jobsById) {
      if (surplus <= 0) break;
      if (!over) continue;
      this.jobsById.delete(id);
      surplus--;
    }
  }

  private async jobInfos(): Promise<JobInfo[]> {
    return Promise.all([...this.jobsById.values()].map((job) => job.info()));
  }

  private findJob(id: string, span?: StatementPlace['span']): ClusterJob {
    const job = this.jobsById.get(id);
    if (job === undefined) throw new StreamcellError('JOB_NOT_FOUND', `This session has no job '${id}'.`, { span });
    return job;
  }

  private maxRows(): number {
    const rows = Number(this.context.settings.get('sql-client.execution.max-table-result.rows') ?? NaN);
    return Number.isInteger(rows) && rows > 0 ? rows : DEFAULT_MAX_ROWS;
  }

  private isGivenUp(signal: AbortSignal | undefined): boolean {
    return this.givesUp || signal?.aborted === true;
  }

  private assertOpen(): void {
    if (this.closed) throw new StreamcellError('SESSION_CLOSED', 'The session is closed.');
  }
}

/** How the rows of a result are fetched and read. */
function readersOf(columns: Schema, zone: TimeZone): { format: RowFormat; values: ValueReader[] } | StreamcellError {
  if (columns.every((c) => writtenAsJson(c.type)))
    return { format: 'JSON', values: columns.map((c) => valueReader(c.type, zone)) };
  const values: ValueReader[] = [];
  for (const { name, type } of columns) {
    const reader = textReader(type, zone);
    if (reader === null) {
      return new StreamcellError(
        'TYPE_UNSUPPORTED',
        `Flink's SQL Gateway cannot send column '${name}' of type ${typeToString(type)} exactly.`,
        {
          hint: 'Send a map as MAP_ENTRIES(map), a VARIANT as JSON_STRING(variant), anything else as CAST(... AS STRING).',
        },
      );
    }
    values.push(reader);
  }
  return { format: 'PLAIN_TEXT', values };
}

function nameOf(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 200);
}

/** One section of the text that Flink's EXPLAIN answers. */
function sectionOf(text: string, stage: ExplainStage): string {
  const title = {
    ast: 'Abstract Syntax Tree',
    logical: 'Abstract Syntax Tree',
    optimized: 'Optimized Physical Plan',
    changelog: 'Optimized Physical Plan',
    physical: 'Optimized Execution Plan',
  }[stage];
  const section = text.split(/^== /m).find((s) => s.startsWith(`${title} ==`));
  return section === undefined ? text : section.slice(title.length + 3).trim();
}
