import {
  parametersToWire,
  type BinaryFrame,
  type PresentOptions,
  type ServerEvent,
  type StatementMessage,
  type WireExecuteOptions,
} from '../protocol/index.js';
import { StreamcellError, type ErrorData } from '../types/index.js';
import {
  errorFromWire,
  GatewayConnection,
  type ConnectionListener,
  type ConnectionOptions,
} from './gateway-connection.js';
import { RemoteStatement } from './remote-statement.js';
import type { Looker, ViewRoom } from './remote-view.js';
import type { Completion, ExecuteOptions, ExplainStage, JobInfo, Session, Statement } from './session.js';
import { connectWebSocket } from './web-socket-transport.js';

export interface GatewaySessionOptions extends ConnectionOptions {
  /** The gateway's first when absent. */
  readonly cluster?: string;
  /** Session options, as if SET. */
  readonly options?: Readonly<Record<string, string>>;
}

export type GatewayState = 'connected' | 'reconnecting' | 'lost' | 'closed';

/** Milliseconds until the other side must have stopped all jobs. */
const CLOSE_PATIENCE = 20_000;

interface RemoteExecution {
  readonly id: string;
  readonly text: string;
  readonly options: WireExecuteOptions;
  /** Statement messages that came, whether they were taken already or not. */
  received: number;
  readonly queue: RemoteStatement[];
  /** The statement that the consumer waits for. */
  asked: number;
  end: { readonly error: StreamcellError | null } | null;
  /** Nothing of it can be running over there: it was begun without a connection. */
  unheard: boolean;
  wake: (() => void) | null;
}

/**
 * A session on a gateway, or on another thread: the same statements, results and errors, over streamcell.v1.
 *
 * State: executions that have not ended, statements by stream. Maintains the invariant that whatever was begun ends: by its own event, by
 * what the gateway tells after a reconnect, or by the error that says that the gateway is lost.
 */
export class GatewaySession implements Session, ConnectionListener {
  id = '';
  /** Where its jobs run. */
  cluster = '';
  private readonly connection: GatewayConnection;
  private readonly room: ViewRoom;
  private readonly executions = new Map<string, RemoteExecution>();
  private readonly statements = new Map<string, WeakRef<RemoteStatement>>();
  /** Those that have not ended are held here: their `done` must come. */
  private readonly running = new Map<string, RemoteStatement>();
  private readonly forgotten = new FinalizationRegistry<string>((stream) => this.forget(stream));
  private readonly listeners = new Set<(state: GatewayState, error: StreamcellError | null) => void>();
  private nextExecution = 1;
  private nextSubscription = 1;
  private current: GatewayState = 'connected';
  private closing: Promise<void> | null = null;
  private failure: StreamcellError | null = null;
  /** Executions that were interrupted and have not ended: a cut may have swallowed the word. */
  private readonly interrupted = new Set<string>();
  /** Those that were interrupted while there was no connection. */
  private readonly unsaid = new Set<string>();

  private constructor(options: ConnectionOptions) {
    this.connection = new GatewayConnection(options, this);
    this.room = {
      connection: this.connection,
      lookers: new Map<number, Looker>(),
      nextSubscription: () => this.nextSubscription++,
    };
  }

  /** @throws StreamcellError GATEWAY_UNREACHABLE, GATEWAY_REFUSED, GATEWAY_LIMIT, CLUSTER_NOT_FOUND */
  static async open(options: GatewaySessionOptions): Promise<GatewaySession> {
    const session = new GatewaySession(options);
    try {
      await session.connection.open();
      const opened = await session.connection.request('openSession', {
        cluster: options.cluster,
        options: options.options,
      });
      session.id = opened.session;
      session.cluster = opened.cluster;
      return session;
    } catch (thrown) {
      session.connection.close();
      throw thrown;
    }
  }

  /** A session at the gateway of an address such as `ws://127.0.0.1:8090`. @throws as `open` */
  static async connect(address: string, options: Omit<GatewaySessionOptions, 'connect'>): Promise<GatewaySession> {
    return GatewaySession.open({ ...options, connect: () => connectWebSocket(address, options.patience) });
  }

  get state(): GatewayState {
    return this.current;
  }

  onState(listener: (state: GatewayState, error: StreamcellError | null) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Clusters that the gateway has; the first is the default. */
  get clusters(): readonly string[] {
    return this.connection.welcome?.clusters ?? [];
  }

  async *execute(text: string, options: ExecuteOptions = {}): AsyncGenerator<Statement> {
    this.assertOpen();
    const { signal, parameters, ...rest } = options;
    if (signal?.aborted === true) return;
    const execution: RemoteExecution = {
      id: `e${this.nextExecution++}`,
      text,
      options: {
        ...rest,
        ...(parameters === undefined ? {} : { parameters: parametersToWire(parameters) }),
        paced: true,
        changes: true,
      },
      received: 0,
      queue: [],
      asked: 1,
      end: null,
      unheard: this.current !== 'connected',
      wake: null,
    };
    this.connection.checkPresent();
    this.connection.checkSize({ text, options: execution.options });
    this.executions.set(execution.id, execution);
    const started: RemoteStatement[] = [];
    const interrupt = (): void => {
      this.interrupted.add(execution.id);
      if (this.current === 'connected') {
        this.sendInterrupt(execution.id);
      } else {
        // Who interrupts does not want to wait for the connection; it is told over there when there is one again.
        this.unsaid.add(execution.id);
        this.endExecution(execution, null);
      }
    };
    signal?.addEventListener('abort', interrupt);
    try {
      this.sendExecute(execution);
      for (;;) {
        const statement = execution.queue.shift();
        if (statement !== undefined) {
          started.push(statement);
          if (statement.view !== null) setImmediate(() => statement.view?.settle());
          yield statement;
          execution.asked = execution.received + 1;
          this.sendNext(execution);
        } else if (execution.end !== null) {
          if (execution.end.error !== null) throw execution.end.error;
          return;
        } else {
          await new Promise<void>((resolve) => (execution.wake = resolve));
        }
      }
    } finally {
      if (execution.end === null) {
        this.connection.notify({ type: 'endExecution', session: this.id, execution: execution.id });
        this.executions.delete(execution.id);
      }
      // Statements that run on are still the signal's.
      void Promise.allSettled(started.map((s) => s.done)).then(() => {
        signal?.removeEventListener('abort', interrupt);
        this.interrupted.delete(execution.id);
      });
    }
  }

  async validate(text: string): Promise<readonly ErrorData[]> {
    this.assertOpen();
    return this.connection.request('validate', { session: this.id, text });
  }

  async complete(text: string, offset: number): Promise<readonly Completion[]> {
    this.assertOpen();
    return this.connection.request('complete', { session: this.id, text, offset });
  }

  async explain(text: string, stage?: ExplainStage): Promise<string> {
    this.assertOpen();
    return this.connection.request('explain', { session: this.id, text, stage });
  }

  async jobs(): Promise<readonly JobInfo[]> {
    return this.connection.request('jobs', { session: this.id });
  }

  async stopJob(id: string): Promise<void> {
    await this.connection.request('stopJob', { session: this.id, job: id });
  }

  async options(): Promise<Readonly<Record<string, string>>> {
    return this.connection.request('options', { session: this.id });
  }

  /** The MIME bundle that shows a statement's result in a notebook; made over there. */
  async present(statement: Statement, options: PresentOptions = {}): Promise<Readonly<Record<string, unknown>>> {
    if (!(statement instanceof RemoteStatement) || this.statements.get(statement.stream) === undefined)
      throw new StreamcellError('RESULT_GONE', 'This statement is none of this session.');
    return this.connection.request('present', { stream: statement.stream, options });
  }

  async parameterNames(text: string): Promise<readonly string[]> {
    return this.connection.request('parameterNames', { text });
  }

  /** Leaves: jobs run on over there. */
  async detach(): Promise<void> {
    this.assertOpen();
    await this.connection.request('detach', { session: this.id });
    this.leave();
  }

  close(): Promise<void> {
    this.closing ??= this.closeNow();
    return this.closing;
  }

  private async closeNow(): Promise<void> {
    if (this.current === 'lost' || this.current === 'closed') return;
    try {
      const patience = new Promise((resolve) => setTimeout(resolve, CLOSE_PATIENCE).unref());
      if (this.current === 'connected')
        await Promise.race([this.connection.request('close', { session: this.id }), patience]);
    } catch {
      // It is gone already, or cannot be reached: there it ends by its time-out.
    }
    this.leave();
  }

  private leave(): void {
    if (this.current === 'lost') return;
    this.setState('closed', null);
    this.connection.close();
  }

  // ---- events -------------------------------------------------------------------------------------------------------------------------

  event(event: ServerEvent): void {
    switch (event.type) {
      case 'statement':
        this.begin(event);
        break;
      case 'executionEnd': {
        const execution = this.executions.get(event.execution);
        if (execution === undefined) break;
        this.endExecution(execution, event.error === undefined ? null : errorFromWire(event.error));
        break;
      }
      case 'end':
        if (event.error !== undefined) this.running.get(event.stream)?.end({ error: errorFromWire(event.error) });
        else if (event.end !== undefined) this.running.get(event.stream)?.end({ end: event.end });
        this.running.delete(event.stream);
        break;
      case 'gap':
        this.statement(event.stream)?.view?.changesGap(event.seq, event.lost);
        break;
      case 'changesEnd':
        this.statement(event.stream)?.view?.changesEnd(event.error === undefined ? null : errorFromWire(event.error));
        break;
      case 'subscriptionEnd':
        this.room.lookers.get(event.subscription)?.lost(errorFromWire(event.error));
        this.room.lookers.delete(event.subscription);
        break;
      case 'sessionEnd':
        if (event.session === this.id && this.closing === null)
          this.connection.finish(
            new StreamcellError('GATEWAY_LOST', `The session was ended over there: ${event.reason}.`),
          );
        break;
      default:
        break;
    }
  }

  frame(frame: BinaryFrame): void {
    const { header } = frame;
    if (header.type === 'frame') this.room.lookers.get(header.subscription)?.frame(header, frame.body);
    else if (header.type === 'changes') this.statement(header.stream)?.view?.changesFrame({ ...frame, header });
  }

  cut(): void {
    if (this.id === '') return;
    this.setState('reconnecting', null);
    for (const looker of [...this.room.lookers.values()]) looker.away();
  }

  away(error: StreamcellError): void {
    for (const execution of [...this.executions.values()]) if (execution.unheard) this.endExecution(execution, error);
  }

  async restore(): Promise<void> {
    if (this.id === '') return;
    await this.connection.request('openSession', { resume: this.id });
    this.setState('connected', null);
    for (const execution of this.executions.values()) {
      execution.unheard = false;
      this.sendExecute(execution);
      this.sendNext(execution);
    }
    for (const id of new Set([...this.interrupted, ...this.unsaid])) this.sendInterrupt(id);
    this.unsaid.clear();
    for (const ref of this.statements.values()) ref.deref()?.view?.again();
    for (const statement of this.running.values()) {
      // What it knows of it comes as an event; that it is gone, as a reply.
      this.connection.request('attach', { stream: statement.stream }).then(
        ({ known }) => {
          if (!known) this.gone(statement);
        },
        (thrown: unknown) => {
          // After another cut it is asked again.
          if (StreamcellError.from(thrown).code !== 'GATEWAY_UNREACHABLE') this.gone(statement);
        },
      );
    }
    for (const looker of [...this.room.lookers.values()]) looker.again();
  }

  lost(error: StreamcellError): void {
    if (this.current !== 'closed' && this.id !== '') {
      this.failure = error;
      this.setState('lost', error);
    }
    for (const execution of [...this.executions.values()]) this.endExecution(execution, error);
    for (const ref of this.statements.values()) ref.deref()?.view?.changesEnd(error);
    for (const looker of [...this.room.lookers.values()]) looker.lost(error);
    for (const statement of this.running.values()) statement.end({ error });
    this.running.clear();
    this.room.lookers.clear();
  }

  // ---- inside -------------------------------------------------------------------------------------------------------------------------

  private begin(message: StatementMessage): void {
    const execution = this.executions.get(message.execution);
    if (execution === undefined) return;
    const statement = new RemoteStatement(this.room, message);
    this.statements.set(message.stream, new WeakRef(statement));
    this.forgotten.register(statement, message.stream);
    this.running.set(message.stream, statement);
    execution.received++;
    execution.queue.push(statement);
    execution.wake?.();
  }

  private endExecution(execution: RemoteExecution, error: StreamcellError | null): void {
    execution.end = { error };
    this.executions.delete(execution.id);
    execution.wake?.();
  }

  private sendExecute({ id, text, options, received }: RemoteExecution): void {
    this.connection.notify({ type: 'execute', session: this.id, execution: id, text, options, received });
  }

  private sendNext({ id, asked, received }: RemoteExecution): void {
    if (asked > received && received > 0)
      this.connection.notify({ type: 'next', session: this.id, execution: id, received });
  }

  private sendInterrupt(execution: string): void {
    this.connection.notify({ type: 'interrupt', session: this.id, execution });
  }

  private gone(statement: RemoteStatement): void {
    const error = new StreamcellError('RESULT_GONE', 'The gateway does not know this statement any more.');
    statement.end({ error });
    statement.view?.changesEnd(error);
    this.running.delete(statement.stream);
  }

  private statement(stream: string): RemoteStatement | undefined {
    return this.statements.get(stream)?.deref();
  }

  /** Nobody here can look at this result any more. */
  private forget(stream: string): void {
    this.statements.delete(stream);
    this.connection.notify({ type: 'release', stream });
  }

  private setState(state: GatewayState, error: StreamcellError | null): void {
    if (this.current === state) return;
    this.current = state;
    for (const listener of this.listeners) listener(state, error);
  }

  private assertOpen(): void {
    if (this.closing !== null || this.current === 'closed')
      throw new StreamcellError('SESSION_CLOSED', 'The session is closed.');
    if (this.failure !== null) throw this.failure;
  }
}
