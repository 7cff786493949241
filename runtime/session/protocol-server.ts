// Somewhat longer than files should be: one switch over all that clients may say belongs together.
import {
  CLOSE,
  encodeBinary,
  encodeRows,
  errorBundle,
  MISSED_BEATS,
  parseChart,
  parseClientMessage,
  PROTOCOL_VERSIONS,
  type ClientMessage,
  type FrameHeader,
  type Hello,
  type Notice,
  type Request,
  type ServerMessage,
  type Transport,
  type TransportEnd,
} from '../protocol/index.js';
import { StreamcellError, type ErrorData } from '../types/index.js';
import { changesGone, type Outlet } from './change-feed.js';
import type { HostedSession, HostedStream } from './hosted-session.js';
import { parameterNames } from './parameters.js';
import { present } from './presentation.js';
import { RequestQueue } from './request-queue.js';
import type { SessionHost } from './session-host.js';
import type { ResultView } from './session.js';
import { clampedRefresh } from './streams.js';
import { SubscriptionServer, type FrameSink } from './subscription-server.js';
import { validateUnbound } from './unbound-validation.js';
import { openView, type OpenedView } from './view-bridge.js';

export interface ProtocolServerOptions {
  /** Whether a token lets its bearer in; absent where everybody on this transport may. */
  readonly authorize?: (token: string | undefined) => boolean;
  /** Milliseconds between pings; 0 where the transport needs none. */
  readonly heartbeat?: number;
  /** Milliseconds until the first message must have come; 0 where the other side may take its time. */
  readonly helloTimeout?: number;
  /** Bytes of the largest message that the transport takes; 0 when it takes any. */
  readonly maxMessage?: number;
  /** Whether there are as many connections as there may be, this one apart. */
  readonly full?: () => boolean;
  /** Name and version. */
  readonly server?: string;
  /** Never holds texts of statements, nor tokens. */
  readonly log?: (event: string, details: Readonly<Record<string, string | number>>) => void;
}

/** Bytes under way beyond which nothing more is taken from the client, and those below which it is again. */
const HIGH_WATER = 4 << 20;
const LOW_WATER = 1 << 20;
/** Subscriptions and views of one connection. */
const MAX_LOOKERS = 256;
/** Rows of one frame of a snapshot. */
const SNAPSHOT_FRAME_ROWS = 20_000;
const DRAIN_POLL = 10;
/** Characters that are read of somebody whose token is not known yet. */
export const MAX_HELLO = 65_536;

/** What looks at a result, and whose result it is. */
interface Looking<T> {
  readonly session: HostedSession | undefined;
  readonly by: T;
}

/**
 * One connection onto a set of sessions: understands the client's messages and answers them; knows nothing of sockets.
 *
 * State: the sessions it has, subscriptions, views, requests that wait for others. Maintains the invariants that a client which does not
 * read is not served: beyond HIGH_WATER nothing is taken from it, and what the server sends on its own is bounded by the client's
 * acknowledgements and credit; and that a client which asks for much is still heard: pings and interrupts overtake its requests.
 */
export class ProtocolServer implements Outlet, FrameSink {
  private welcomed = false;
  private over = false;
  private readonly sessions = new Map<string, HostedSession>();
  private readonly subscriptions = new Map<number, Looking<SubscriptionServer>>();
  /** The one heard from last at the end. */
  private readonly views = new Map<string, Looking<OpenedView>>();
  private readonly requests = new RequestQueue<Request>((request) => this.serve(request));
  private paused = false;
  private snapshots: Promise<unknown> = Promise.resolve();
  /** Pings since the client gave its last sign of life. Counted, not timed: when this process itself slept, nobody else is to blame. */
  private unheard = 0;
  private lastBuffered = 0;
  private timer: NodeJS.Timeout | null = null;
  private readonly helloTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly host: SessionHost,
    private readonly options: ProtocolServerOptions = {},
  ) {
    const { helloTimeout = 10_000 } = options;
    if (helloTimeout > 0)
      this.helloTimer = setTimeout(() => this.refuse('no hello came', CLOSE.helloTimeout), helloTimeout);
    transport.onMessage((data) => this.receive(data));
    transport.onClose((end) => this.closed(end));
  }

  /** Whether the other side may be here. */
  get greeted(): boolean {
    return this.welcomed && !this.over;
  }

  /** Whether it is not known yet who is there. */
  get isStranger(): boolean {
    return !this.welcomed && !this.over;
  }

  /** Who is not known has sent more than a hello can be. */
  refuseFlood(): void {
    this.refuse('the first message was too long for a hello', CLOSE.malformedHello);
  }

  /** Ends a connection that has not begun, since there are too many such. */
  refuseStranger(): void {
    this.refuse('too many connections say nothing', CLOSE.limit);
  }

  /** Ends the connection. */
  close(code: number, reason: string): void {
    this.transport.close(code, reason);
    this.closed({ code, reason });
  }

  // ---- sending ------------------------------------------------------------------------------------------------------------------------

  send(message: ServerMessage): void {
    this.transport.send(JSON.stringify(message));
    this.watchBuffer();
  }

  sendFrame(header: FrameHeader, body: Uint8Array): void {
    this.transport.send(encodeBinary(header, body));
    this.watchBuffer();
  }

  get crowded(): boolean {
    return this.over || this.transport.buffered > HIGH_WATER;
  }

  private watchBuffer(): void {
    if (!this.paused && this.transport.buffered > HIGH_WATER) {
      this.paused = true;
      this.transport.pause();
      this.pollDrain();
    }
  }

  private pollDrain(): void {
    setTimeout(() => {
      if (this.over) return;
      if (this.transport.buffered > LOW_WATER) {
        this.pollDrain();
        return;
      }
      this.paused = false;
      // First: what was held back may fill it again, and pause.
      this.transport.resume();
      for (const { by } of this.subscriptions.values()) by.drained();
      for (const session of this.sessions.values()) session.drained();
    }, DRAIN_POLL);
  }

  private async drained(): Promise<void> {
    while (!this.over && this.transport.buffered > LOW_WATER)
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL));
  }

  // ---- receiving ----------------------------------------------------------------------------------------------------------------------

  private receive(data: string | Uint8Array): void {
    if (this.over) return;
    this.unheard = 0;
    try {
      this.understand(data);
    } catch (thrown) {
      // One client's message is no reason for everybody's gateway to end.
      this.log('internal error', { message: StreamcellError.from(thrown).message });
      this.sendError(invalid('The message could not be dealt with.'));
    }
  }

  private understand(data: string | Uint8Array): void {
    if (typeof data !== 'string') {
      if (!this.welcomed) this.refuse('the first message was no hello', CLOSE.malformedHello);
      else this.sendError(invalid('Clients send no binary frames.'));
      return;
    }
    if (!this.welcomed && data.length > MAX_HELLO) {
      this.refuseFlood();
      return;
    }
    const parsed = parseClientMessage(data);
    if (!this.welcomed) {
      if ('message' in parsed && parsed.message.type === 'hello') this.greet(parsed.message);
      else this.refuse('the first message was no hello', CLOSE.malformedHello);
    } else if ('error' in parsed) {
      if (parsed.id === null) this.send({ type: 'error', error: parsed.error });
      else this.send({ type: 'reply', id: parsed.id, error: parsed.error });
    } else {
      this.dispatch(parsed.message, data.length);
    }
  }

  private greet(hello: Hello): void {
    const version = PROTOCOL_VERSIONS.find((v) => hello.versions.includes(v));
    if (version === undefined) {
      this.refuse(`only version ${PROTOCOL_VERSIONS.join(', ')} is spoken here`, CLOSE.version);
      return;
    }
    if (this.options.authorize?.(hello.token) === false) {
      this.log('unauthorized', {});
      this.refuse('the token is wrong or missing', CLOSE.unauthorized);
      return;
    }
    if (this.options.full?.() === true) {
      this.sendError(new StreamcellError('GATEWAY_LIMIT', 'The gateway has as many connections as it may have.'));
      this.close(CLOSE.limit, 'too many connections');
      return;
    }
    clearTimeout(this.helloTimer);
    this.welcomed = true;
    const heartbeat = this.options.heartbeat ?? 0;
    if (heartbeat > 0) this.timer = setInterval(() => this.beat(), heartbeat);
    this.log('connected', { client: (hello.client ?? 'unknown').slice(0, 100) });
    this.send({
      type: 'welcome',
      version,
      server: this.options.server ?? 'streamcell',
      heartbeat,
      maxMessage: this.options.maxMessage ?? 0,
      sessionTimeout: this.host.sessionTimeout,
      clusters: this.host.clusters,
    });
  }

  private refuse(reason: string, code: number): void {
    if (this.over) return;
    this.sendError(new StreamcellError('GATEWAY_REFUSED', `The gateway refused the connection: ${reason}.`));
    this.close(code, reason);
  }

  private beat(): void {
    // Somebody who still takes what was sent is alive, though we do not listen to him now.
    const { buffered } = this.transport;
    if (buffered < this.lastBuffered) this.unheard = 0;
    this.lastBuffered = buffered;
    if (this.unheard++ >= MISSED_BEATS) this.close(CLOSE.heartbeat, 'no sign of life');
    else this.send({ type: 'ping', at: Date.now() });
  }

  private dispatch(message: ClientMessage, size: number): void {
    if (message.type === 'hello') this.sendError(invalid('There is one hello only.'));
    else if (!('id' in message)) this.notice(message);
    else if (!this.requests.take(message, size))
      this.send({ type: 'reply', id: message.id, error: tooManyRequests().toData() });
  }

  private async serve(request: Request): Promise<void> {
    try {
      const value = await this.answer(request);
      if (!this.over) this.send({ type: 'reply', id: request.id, value });
    } catch (thrown) {
      if (!this.over) this.send({ type: 'reply', id: request.id, error: this.errorData(thrown) });
    }
  }

  private async answer(request: Request): Promise<unknown> {
    switch (request.type) {
      case 'openSession':
        return this.openSession(request);
      case 'status':
        return this.view(request.stream).status();
      case 'snapshot':
        return this.snapshot(request.id, request.stream);
      case 'present': {
        const { session, stream } = this.stream(request.stream);
        if (stream.statement.kind !== 'query') return session.answer(request.stream);
        const { options = {} } = request;
        const live = await session.live(request.stream, {
          ...(options.title === undefined ? {} : { title: options.title }),
          ...(options.mode === undefined ? {} : { mode: options.mode }),
          ...(options.refresh === undefined ? {} : { refresh: clampedRefresh(options.refresh) }),
          ...(options.chart === undefined ? {} : { chart: parseChart(options.chart, stream.statement.columns) }),
        });
        return present(live, options);
      }
      case 'presentError':
        return errorBundle(request.error, request.cell);
      case 'attach': {
        const session = this.sessionOf(request.stream);
        if (session === undefined) return { known: false };
        // The end comes after the reply.
        const stream = session.stream(request.stream);
        setImmediate(() => session.attach(stream));
        return { known: true };
      }
      case 'cancel':
        await this.stream(request.stream).stream.statement.cancel();
        return null;
      case 'complete':
        return this.session(request.session).session.complete(
          request.text,
          Math.min(request.offset, request.text.length),
        );
      case 'validate': {
        const { session } = this.session(request.session);
        return request.unbound === true ? validateUnbound(session, request.text) : session.validate(request.text);
      }
      case 'explain':
        return this.session(request.session).session.explain(request.text, request.stage);
      case 'parameterNames':
        return parameterNames(request.text);
      case 'jobs':
        return this.session(request.session).session.jobs();
      case 'stopJob':
        await this.session(request.session).session.stopJob(request.job);
        return null;
      case 'options':
        return this.session(request.session).session.options();
      case 'detach': {
        const session = this.session(request.session);
        this.forget(session);
        this.host.detached(session);
        return null;
      }
      case 'close': {
        const session = this.session(request.session);
        await this.host.close(session);
        this.forget(session);
        return null;
      }
    }
  }

  private notice(message: Notice): void {
    switch (message.type) {
      case 'ping':
        this.send({ type: 'pong', at: message.at });
        break;
      case 'pong':
        break;
      case 'execute': {
        const { session: id, execution, text, options = {}, received = 0 } = message;
        const session = this.sessions.get(id);
        if (session !== undefined) session.execute(execution, text, options, received);
        else {
          const error = sessionGone().toData();
          this.send({ type: 'executionEnd', session: id, execution, statements: 0, error });
        }
        break;
      }
      case 'next':
        this.sessions.get(message.session)?.next(message.execution, message.received);
        break;
      case 'endExecution':
        this.sessions.get(message.session)?.endExecution(message.execution);
        break;
      case 'interrupt':
        this.sessions.get(message.session)?.interrupt(message.execution);
        break;
      case 'changes': {
        const feed = this.sessionOf(message.stream)?.stream(message.stream).feed ?? null;
        if (feed !== null) feed.read(message.credit, message.after ?? 0);
        else this.send({ type: 'changesEnd', stream: message.stream, error: changesGone().toData() });
        break;
      }
      case 'credit':
        this.sessionOf(message.stream)?.stream(message.stream).feed?.grant(message.credit, message.received);
        break;
      case 'stopChanges':
        this.sessionOf(message.stream)?.stream(message.stream).feed?.stop();
        break;
      case 'release':
        this.sessionOf(message.stream)?.release(message.stream);
        break;
      case 'subscribe':
      case 'viewport':
      case 'ack':
      case 'unsubscribe':
        this.look(message);
        break;
      case 'viewOpen':
        void this.openView(message);
        break;
      case 'viewMessage':
        this.viewMessage(message.channel, message.data);
        break;
      case 'viewClose':
        this.views.get(message.channel)?.by.closed();
        this.views.delete(message.channel);
        break;
    }
  }

  // ---- sessions -----------------------------------------------------------------------------------------------------------------------

  private async openSession(request: Request & { type: 'openSession' }): Promise<unknown> {
    let session: HostedSession;
    if (request.resume === undefined) {
      session = await this.host.open(request.cluster, request.options ?? {});
      this.log('session opened', { session: session.id, cluster: session.cluster });
    } else {
      const found = this.host.find(request.resume);
      if (found === undefined) throw sessionGone();
      session = found;
      // It is here already: whoever asks twice shall not take it away from himself.
      if (this.sessions.has(session.id)) return { session: session.id, cluster: session.cluster, resumed: true };
      if (session.connected) session.end('resumed elsewhere');
      this.host.resumed(session);
      this.log('session resumed', { session: session.id });
    }
    session.connect(this, () => this.forget(session));
    this.sessions.set(session.id, session);
    // The connection may have gone while the cluster was asked.
    if (this.over) {
      this.forget(session);
      this.host.disconnected(session);
    }
    return { session: session.id, cluster: session.cluster, resumed: request.resume !== undefined };
  }

  /** The session is not this connection's any more. */
  private forget(session: HostedSession): void {
    this.sessions.delete(session.id);
    session.disconnect(this);
    for (const [id, looking] of this.subscriptions) {
      if (looking.session !== session) continue;
      looking.by.close();
      this.subscriptions.delete(id);
      if (!this.over) this.send({ type: 'subscriptionEnd', subscription: id, error: sessionGone().toData() });
    }
    for (const [channel, looking] of this.views) {
      if (looking.session !== session) continue;
      looking.by.closed();
      this.views.delete(channel);
      if (!this.over) this.send({ type: 'view', channel, data: { type: 'gone', reason: sessionGone().message } });
    }
  }

  private session(id: string): HostedSession {
    const found = this.sessions.get(id);
    if (found === undefined) throw sessionGone();
    return found;
  }

  private sessionOf(stream: string): HostedSession | undefined {
    for (const session of this.sessions.values()) if (session.hasStream(stream)) return session;
    return undefined;
  }

  private stream(id: string): { readonly session: HostedSession; readonly stream: HostedStream } {
    const session = this.sessionOf(id);
    if (session === undefined) throw new StreamcellError('RESULT_GONE', 'This result is not kept any more.');
    return { session, stream: session.stream(id) };
  }

  // ---- results ------------------------------------------------------------------------------------------------------------------------

  private view(id: string): ResultView {
    const { view } = this.stream(id).stream.statement;
    if (view === null) throw new StreamcellError('RESULT_GONE', 'This statement has no result to look at.');
    return view;
  }

  /** One after the other: each holds all rows of its result meanwhile. */
  private async snapshot(id: number, stream: string): Promise<unknown> {
    const view = this.view(stream);
    const turn = this.snapshots.then(() => this.sendSnapshot(id, view));
    this.snapshots = turn.catch(() => undefined);
    return turn;
  }

  private async sendSnapshot(id: number, view: ResultView): Promise<unknown> {
    await this.drained();
    const rows = this.over ? [] : await view.snapshot();
    let frames = 0;
    for (let from = 0; from === 0 || from < rows.length; from += SNAPSHOT_FRAME_ROWS) {
      const part = rows.slice(from, from + SNAPSHOT_FRAME_ROWS);
      this.sendFrame({ type: 'rows', id, rows: part.length }, encodeRows(view.columns, part, false));
      frames++;
      await this.drained();
      // Pings and other clients want to live, too.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.over) break;
    }
    return { frames, rows: rows.length };
  }

  private look(message: Notice & { readonly subscription: number }): void {
    const known = this.subscriptions.get(message.subscription);
    switch (message.type) {
      case 'subscribe':
        this.subscribe(message);
        break;
      case 'viewport':
        this.update(message);
        break;
      case 'ack':
        known?.by.acknowledge(message.seq);
        break;
      case 'unsubscribe':
        known?.by.close();
        this.subscriptions.delete(message.subscription);
        break;
    }
  }

  private subscribe({ subscription: id, stream, viewport }: Notice & { type: 'subscribe' }): void {
    try {
      if (this.subscriptions.has(id)) throw invalid(`Subscription ${id} exists.`);
      if (this.subscriptions.size + this.views.size >= MAX_LOOKERS) throw tooManyLookers();
      const by = new SubscriptionServer(id, this.view(stream), viewport, this);
      this.subscriptions.set(id, { session: this.sessionOf(stream), by });
    } catch (thrown) {
      this.send({ type: 'subscriptionEnd', subscription: id, error: this.errorData(thrown) });
    }
  }

  private update({ subscription: id, viewport }: Notice & { type: 'viewport' }): void {
    try {
      this.subscriptions.get(id)?.by.update(viewport);
    } catch (thrown) {
      this.send({ type: 'error', error: this.errorData(thrown) });
    }
  }

  private viewMessage(channel: string, data: unknown): void {
    const looking = this.views.get(channel);
    if (looking === undefined) return;
    this.views.delete(channel);
    this.views.set(channel, looking);
    looking.by.message(data);
  }

  /** A page that is reloaded leaves its views behind without a word: the one that was silent for longest goes. */
  private makeRoom(): void {
    if (this.subscriptions.size + this.views.size < MAX_LOOKERS) return;
    const [silent] = this.views;
    if (silent === undefined) throw tooManyLookers();
    const [channel, { by }] = silent;
    by.closed();
    this.views.delete(channel);
    this.send({ type: 'view', channel, data: { type: 'gone', reason: tooManyLookers().message } });
  }

  private async openView({ session: id, channel, data }: Notice & { type: 'viewOpen' }): Promise<void> {
    const tell = (
      message: Parameters<Parameters<typeof openView>[1]['send']>[0],
      buffers?: readonly Uint8Array[],
    ): void => {
      if (this.over) return;
      const header = { type: 'view', channel, data: message } as const;
      if (buffers === undefined || buffers.length === 0) this.send(header);
      else this.sendFrame(header, buffers[0]);
    };
    // What comes before it is open is handed over then.
    const early: unknown[] = [];
    const session = this.sessions.get(id);
    const waiting: Looking<OpenedView> = {
      session,
      by: { message: (m) => early.push(m), closed: () => undefined },
    };
    try {
      this.views.get(channel)?.by.closed();
      this.views.delete(channel);
      this.makeRoom();
      this.views.set(channel, waiting);
      const known = session?.hasStream(data.stream) === true ? await session.live(data.stream) : undefined;
      const streams = {
        get: () => known,
        reasonGone: () => 'Its session is over, or its rows were let go. Run the cell again.',
      };
      if (this.over || this.views.get(channel) !== waiting) return;
      const opened = openView(streams, { send: tell }, data);
      this.views.set(channel, { session, by: opened });
      for (const m of early) opened.message(m);
    } catch (thrown) {
      if (this.views.get(channel) === waiting) this.views.delete(channel);
      tell({ type: 'refused', error: this.errorData(thrown) });
    }
  }

  // ---- the end ------------------------------------------------------------------------------------------------------------------------

  private closed(end: TransportEnd): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.helloTimer);
    if (this.timer !== null) clearInterval(this.timer);
    for (const { by } of this.subscriptions.values()) by.close();
    for (const { by } of this.views.values()) by.closed();
    this.subscriptions.clear();
    this.views.clear();
    this.requests.clear();
    for (const session of [...this.sessions.values()]) {
      this.forget(session);
      this.host.disconnected(session);
    }
    if (this.welcomed) this.log('disconnected', { code: end.code });
  }

  private sendError(error: StreamcellError): void {
    this.send({ type: 'error', error: error.toData() });
  }

  private errorData(thrown: unknown): ErrorData {
    const error = StreamcellError.from(thrown);
    if (error.code === 'INTERNAL') this.log('internal error', { message: error.message });
    return error.toData();
  }

  private log(event: string, details: Readonly<Record<string, string | number>>): void {
    this.options.log?.(event, details);
  }
}

function invalid(message: string): StreamcellError {
  return new StreamcellError('PROTOCOL_INVALID', message);
}

function sessionGone(): StreamcellError {
  return new StreamcellError('SESSION_CLOSED', 'There is no such session here (any more).');
}

function tooManyLookers(): StreamcellError {
  return new StreamcellError('GATEWAY_LIMIT', `One connection looks at ${MAX_LOOKERS} results at most.`, {
    hint: 'Close views that are not needed.',
  });
}

function tooManyRequests(): StreamcellError {
  return new StreamcellError('GATEWAY_LIMIT', 'Too many requests of this connection wait for an answer.', {
    hint: 'Wait for answers before asking more.',
  });
}
