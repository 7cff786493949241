import {
  parametersFromWire,
  type ServerEvent,
  type StatementMessage,
  type WireExecuteOptions,
} from '../protocol/index.js';
import { StreamcellError, typeToString, type ErrorData, type Schema } from '../types/index.js';
import { ChangeFeed, DEFAULT_FEED_LIMITS, type FeedLimits, type Outlet } from './change-feed.js';
import { lossesOf } from './losses.js';
import { sessionTimeZone } from './session-options.js';
import type { Session, Statement, StatementEnd } from './session.js';
import { answerOutput, failedJobLine, jobLine } from './statement-output.js';
import { clampedRefresh, SHORTEST_REFRESH, type LiveStream, type StreamSettings } from './streams.js';

/** Ended statements whose results are kept, and ended executions that can be asked for again. */
const ENDED_KEPT = 200;
/** Rows of all ended results together; the newest is kept whatever its size. */
const ENDED_ROWS = 2_000_000;
/** Characters of the texts of ended executions. */
const ENDED_TEXT = 8 << 20;

export interface HostedStream {
  readonly id: string;
  readonly statement: Statement;
  readonly feed: ChangeFeed | null;
  /** How notebooks look at it; null when there is nothing to look at. */
  live: LiveStream | null;
  /** That it took to begin: for statements that run no job, all of it. */
  readonly milliseconds: number;
  /** The client needs it no more. */
  released: boolean;
  /** Whether the connection knows of it: one that came back learns of the end only after that. */
  told: boolean;
  /** Null while it runs. */
  end: { readonly end: StatementEnd } | { readonly error: ErrorData } | null;
}

interface Execution {
  readonly id: string;
  readonly controller: AbortController;
  /** All that was told of it so far, to be told again after a reconnect. */
  readonly statements: StatementMessage[];
  /** Statements that may have begun. */
  wanted: number;
  stopped: boolean;
  /** Whether the connection knows of it: what was missed comes first, and in order. */
  told: boolean;
  /** When it is over. */
  end: { readonly error?: ErrorData } | null;
  wake: (() => void) | null;
}

/**
 * A session as its server holds it: it outlives the connection that opened it.
 *
 * State: executions and streams (statements with their results), kept so that a client that comes back can be told what it missed.
 * Invariant: whatever an event tells is also in this state before it is sent, so that lost events cost nothing.
 */
export class HostedSession {
  private readonly executions = new Map<string, Execution>();
  private readonly streams = new Map<string, HostedStream>();
  private outlet: Outlet | null = null;
  private released: (() => void) | null = null;
  private nextStream = 1;
  private running = 0;
  private closing: Promise<void> | null = null;
  readonly createdAt = Date.now();
  /** Called when the last statement that ran has ended. */
  onIdle: (() => void) | null = null;
  /** Its user has left it on purpose: what runs goes on. */
  detached = false;

  constructor(
    readonly id: string,
    readonly cluster: string,
    readonly session: Session,
    private readonly limits: FeedLimits = DEFAULT_FEED_LIMITS,
  ) {}

  get connected(): boolean {
    return this.outlet !== null;
  }

  /** Statements that run. */
  get busy(): number {
    return this.running;
  }

  /** This connection has the session from now on; `released` is called when another one takes it, or it is over. */
  connect(outlet: Outlet, released: () => void): void {
    const former = this.released;
    // Who reads changes says on the new connection how far he got; until then none are sent.
    for (const stream of this.streams.values()) {
      stream.feed?.disconnected();
      stream.told = false;
    }
    for (const execution of this.executions.values()) execution.told = false;
    this.outlet = outlet;
    this.released = released;
    former?.();
  }

  /** The connection is gone. Says whether it still had the session. */
  disconnect(outlet: Outlet): boolean {
    if (this.outlet !== outlet) return false;
    this.outlet = null;
    this.released = null;
    for (const { feed } of this.streams.values()) feed?.disconnected();
    return true;
  }

  /** The connection takes more again. */
  drained(): void {
    for (const { feed } of this.streams.values()) feed?.drained();
  }

  /** Nobody is expected back for the changes: they hold nothing any more. */
  abandonFeeds(): void {
    for (const { feed } of this.streams.values()) feed?.stop();
  }

  /** @throws StreamcellError RESULT_GONE */
  stream(id: string): HostedStream {
    const found = this.streams.get(id);
    if (found === undefined) throw resultGone();
    return found;
  }

  /** What a notebook looks at; settings given here hold from now on. @throws StreamcellError RESULT_GONE */
  async live(id: string, settings: StreamSettings = {}): Promise<LiveStream> {
    const stream = this.stream(id);
    const { statement } = stream;
    if (statement.view === null) throw new StreamcellError('RESULT_GONE', 'This statement has no result to look at.');
    const options = await this.session.options();
    stream.live = {
      id,
      statement,
      view: statement.view,
      cluster: this.cluster,
      title: null,
      mode: options['sql-client.execution.result-mode']?.toLowerCase() === 'changelog' ? 'changelog' : 'table',
      chart: null,
      refresh: SHORTEST_REFRESH,
      zone: sessionTimeZone(options),
      ...stream.live,
      ...settings,
      ...(settings.refresh === undefined ? {} : { refresh: clampedRefresh(settings.refresh) }),
    };
    return stream.live;
  }

  /** What a notebook shows of a statement that is no query, as it stands. @throws StreamcellError RESULT_GONE */
  async answer(id: string): Promise<Readonly<Record<string, unknown>>> {
    const { statement, end, milliseconds } = this.stream(id);
    if (statement.kind === 'insert' || statement.view === null) {
      if (end !== null && 'error' in end) return failedJobLine(statement, end.error);
      return end === null
        ? jobLine(statement, null)
        : jobLine(statement, end.end, await lossesOf(this.session, statement));
    }
    const zone = sessionTimeZone(await this.session.options());
    return answerOutput(statement, await statement.view.snapshot(), milliseconds, zone);
  }

  hasStream(id: string): boolean {
    return this.streams.has(id);
  }

  /** Lets a result go; one that runs is let go when it ends. */
  release(id: string): void {
    const found = this.streams.get(id);
    if (found === undefined) return;
    found.released = true;
    found.feed?.stop();
    if (found.end !== null) this.streams.delete(id);
  }

  execute(id: string, text: string, options: WireExecuteOptions, received: number): void {
    const known = this.executions.get(id);
    if (known !== undefined) {
      known.told = true;
      for (const message of known.statements.slice(received)) this.tell(message);
      if (known.end !== null) this.sendExecutionEnd(known);
      return;
    }
    const execution: Execution = {
      id,
      controller: new AbortController(),
      statements: [],
      wanted: options.paced === true ? 1 : Infinity,
      stopped: false,
      told: true,
      end: null,
      wake: null,
    };
    this.executions.set(id, execution);
    if (received > 0) {
      const gone = new StreamcellError('RESULT_GONE', 'This execution is not kept any more.');
      this.finish(execution, { error: gone.toData() });
      return;
    }
    void this.run(execution, text, options);
  }

  next(id: string, received: number): void {
    const execution = this.executions.get(id);
    if (execution === undefined) return;
    execution.wanted = Math.max(execution.wanted, received + 1);
    execution.wake?.();
  }

  endExecution(id: string): void {
    const execution = this.executions.get(id);
    if (execution === undefined) return;
    execution.stopped = true;
    execution.wake?.();
  }

  interrupt(id: string): void {
    const execution = this.executions.get(id);
    if (execution === undefined) return;
    execution.controller.abort();
    this.endExecution(id);
  }

  /** Stops everything, and resolves when all ends have been told. Idempotent. */
  close(): Promise<void> {
    this.closing ??= this.closeNow();
    return this.closing;
  }

  /** As `close`, but what can run without the session goes on where it runs. */
  leave(): Promise<void> {
    this.closing ??= this.session.detach === undefined ? this.closeNow() : this.leaveNow(this.session.detach());
    return this.closing;
  }

  /** Tells the connection that it has the session no longer. */
  end(reason: 'closed' | 'resumed elsewhere' | 'shutdown'): void {
    this.send({ type: 'sessionEnd', session: this.id, reason });
  }

  /** Ends of what goes on are nobody's to tell any more. */
  private async leaveNow(left: Promise<void>): Promise<void> {
    for (const execution of this.executions.values()) this.endExecution(execution.id);
    try {
      await left;
      this.abandonFeeds();
    } finally {
      this.released?.();
    }
  }

  private async closeNow(): Promise<void> {
    for (const execution of this.executions.values()) this.endExecution(execution.id);
    try {
      await this.session.close();
      this.abandonFeeds();
      await Promise.allSettled([...this.streams.values()].map(({ statement }) => statement.done));
      // The ends are told by what follows `done`, which is as far away as a turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      // Whoever ended it: the connection has it no longer.
      this.released?.();
    }
  }

  private async run(execution: Execution, text: string, options: WireExecuteOptions): Promise<void> {
    const { paced: _paced, changes, parameters, ...rest } = options;
    try {
      const statements = this.session.execute(text, {
        ...rest,
        ...(parameters === undefined ? {} : { parameters: parametersFromWire(parameters) }),
        signal: execution.controller.signal,
      });
      const iterator = statements[Symbol.asyncIterator]();
      for (;;) {
        while (execution.wanted <= execution.statements.length && !execution.stopped)
          await new Promise<void>((resolve) => (execution.wake = resolve));
        if (execution.stopped) break;
        const began = performance.now();
        const result = await iterator.next();
        if (result.done === true) break;
        this.begin(execution, result.value, changes === true, performance.now() - began);
      }
      await iterator.return?.();
      this.finish(execution, {});
    } catch (thrown) {
      this.finish(execution, { error: StreamcellError.from(thrown).toData() });
    }
  }

  private begin(execution: Execution, statement: Statement, changes: boolean, milliseconds: number): void {
    const id = `${this.id}.${this.nextStream++}`;
    const { view } = statement;
    const feed =
      changes && view !== null
        ? new ChangeFeed(id, statement.columns, view.changes(), () => this.outlet, this.limits)
        : null;
    if (feed !== null && this.outlet === null) feed.disconnected();
    const stream: HostedStream = {
      id,
      statement,
      feed,
      live: null,
      milliseconds,
      released: false,
      told: false,
      end: null,
    };
    this.streams.set(id, stream);
    this.running++;
    const message = statementMessage(this.id, execution.id, id, statement);
    execution.statements.push(message);
    if (execution.told) this.tell(message);
    statement.done.then(
      (end) => this.ended(stream, { end }),
      (thrown) => this.ended(stream, { error: StreamcellError.from(thrown).toData() }),
    );
  }

  private ended(stream: HostedStream, end: NonNullable<HostedStream['end']>): void {
    stream.end = end;
    this.running--;
    if (stream.told) this.tellEnd(stream);
    if (stream.released) this.streams.delete(stream.id);
    this.letGo();
    this.forgetExecutions();
    if (this.running === 0) this.onIdle?.();
  }

  /** Lets go of ended results beyond what is kept, those that began first before others. */
  private letGo(): void {
    const ended = [...this.streams.values()].filter((s) => s.end !== null);
    let rows = ended.reduce((sum, s) => sum + rowsOf(s), 0);
    let count = ended.length;
    for (const stream of ended.slice(0, -1)) {
      if (count <= ENDED_KEPT && rows <= ENDED_ROWS) break;
      this.streams.delete(stream.id);
      rows -= rowsOf(stream);
      count--;
    }
  }

  /** The connection knows of a statement; now it learns of its end, if it is over, and otherwise when it is. */
  attach(stream: HostedStream): void {
    stream.told = true;
    this.tellEnd(stream);
  }

  /** A statement, with its end if it is over already. */
  private tell(message: StatementMessage): void {
    this.send(message);
    const stream = this.streams.get(message.stream);
    if (stream !== undefined) this.attach(stream);
    else this.send({ type: 'end', stream: message.stream, error: resultGone().toData() });
  }

  private tellEnd({ id, end }: HostedStream): void {
    if (end !== null) this.send({ type: 'end', stream: id, ...end });
  }

  private finish(execution: Execution, end: { readonly error?: ErrorData }): void {
    execution.end = end;
    if (execution.told) this.sendExecutionEnd(execution);
    this.forgetExecutions();
  }

  /** Lets go of ended executions beyond what is kept, oldest first; the newest stays, and whatever can still be interrupted. */
  private forgetExecutions(): void {
    const running = new Set([...this.streams.values()].filter((s) => s.end === null).map((s) => s.id));
    const over = [...this.executions.values()].filter(
      (e) => e.end !== null && !e.statements.some(({ stream }) => running.has(stream)),
    );
    let count = over.length;
    let text = over.reduce((sum, e) => sum + textOf(e), 0);
    for (const old of over.slice(0, -1)) {
      if (count <= ENDED_KEPT && text <= ENDED_TEXT) break;
      this.executions.delete(old.id);
      text -= textOf(old);
      count--;
    }
  }

  private sendExecutionEnd({ id, statements, end }: Execution): void {
    this.send({ type: 'executionEnd', session: this.id, execution: id, statements: statements.length, ...end });
  }

  private send(event: ServerEvent): void {
    this.outlet?.send(event);
  }
}

function resultGone(): StreamcellError {
  return new StreamcellError('RESULT_GONE', 'This result is not kept any more.');
}

function textOf({ statements }: Execution): number {
  return statements.reduce((sum, s) => sum + s.text.length, 0);
}

function rowsOf({ end, statement }: HostedStream): number {
  return end !== null && 'end' in end && statement.view !== null ? end.end.rows : 0;
}

function statementMessage(session: string, execution: string, stream: string, statement: Statement): StatementMessage {
  return {
    type: 'statement',
    session,
    execution,
    stream,
    index: statement.index,
    kind: statement.kind,
    span: statement.span,
    text: statement.text,
    columns: wireColumns(statement.columns),
    bounded: statement.bounded,
    changelog: statement.changelog,
    upsertKey: statement.upsertKey,
    jobId: statement.jobId,
    hasView: statement.view !== null,
    notices: statement.notices ?? [],
  };
}

function wireColumns(columns: Schema): StatementMessage['columns'] {
  return columns.map(({ name, type }) => ({ name, type: typeToString(type), logical: type }));
}
