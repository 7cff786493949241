import {
  CLOSE,
  decodeBinary,
  MISSED_BEATS,
  PROTOCOL_VERSIONS,
  type BinaryFrame,
  type ClientMessage,
  type Notice,
  type Requests,
  type RequestType,
  type ServerEvent,
  type ServerMessage,
  type Transport,
  type TransportEnd,
  type Welcome,
} from '../protocol/index.js';
import { ERRORS, StreamcellError, type ErrorData } from '../types/index.js';

export interface ConnectionOptions {
  /** Makes a transport: at first, and again after each cut. @throws StreamcellError when there is none to be had. */
  readonly connect: () => Promise<Transport>;
  readonly token?: string;
  /** Name and version, for the server's log. */
  readonly client?: string;
  /** Milliseconds for which it tries to connect again after a cut; 0 for transports that cannot. Default 30 s. */
  readonly reconnect?: number;
  /** Milliseconds for the server to answer hello. */
  readonly patience?: number;
}

export interface ConnectionListener {
  event(event: ServerEvent): void;
  frame(frame: BinaryFrame): void;
  /** The connection was cut; it is being made anew. */
  cut(): void;
  /** It is still tried, but nobody should wait for it who does not have to. */
  away(error: StreamcellError): void;
  /** It is there again, and has said hello: now the session must be resumed. Requests wait until this resolves. */
  restore(): Promise<void>;
  /** It is over for good. */
  lost(error: StreamcellError): void;
}

interface PendingRequest {
  readonly type: RequestType;
  readonly fields: object;
  readonly resolve: (value: never) => void;
  readonly reject: (error: StreamcellError) => void;
  /** Frames that came for it. */
  frames: BinaryFrame[];
}

/** resuming: there is a connection again, and the session is asked for; restoring: it is here, and is told what it missed. */
type State = 'connecting' | 'connected' | 'resuming' | 'restoring' | 'cut' | 'over';

const ENVELOPE_BYTES = 200;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 3000;
const DEFAULT_RECONNECT = 30_000;
/** Milliseconds after a cut for which requests wait; fewer when nothing listens there at all. */
const REQUESTS_WAIT = 3000;
const DEFAULT_PATIENCE = 10_000;
const TOO_LARGE = 1009;
const FATAL: ReadonlySet<number> = new Set([
  TOO_LARGE,
  CLOSE.unauthorized,
  CLOSE.version,
  CLOSE.malformedHello,
  CLOSE.limit,
]);

/**
 * A client's connection to a gateway: requests with replies, events, and a new transport when the old one was cut.
 *
 * State: the transport, requests without a reply, and whether they wait for a connection. Invariant: every request is answered once, by
 * its reply, or by the error that ended the connection or keeps it from coming back soon; requests that a short cut left open are sent again,
 * since all are safe to repeat.
 */
export class GatewayConnection {
  private transport: Transport | null = null;
  private state: State = 'connecting';
  private readonly pending = new Map<number, PendingRequest>();
  private nextId = 1;
  /** Pings since the server gave its last sign of life. */
  private unheard = 0;
  private heartbeat: NodeJS.Timeout | null = null;
  private ending: StreamcellError | null = null;
  /** Why requests fail though it is not over; null when they are answered, or wait. */
  private absence: StreamcellError | null = null;
  private lastError: ErrorData | null = null;
  private greeting: ((welcome: Welcome) => void) | null = null;
  welcome: Welcome | null = null;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly listener: ConnectionListener,
  ) {}

  /** @throws StreamcellError GATEWAY_UNREACHABLE, GATEWAY_REFUSED */
  async open(): Promise<Welcome> {
    const welcome = await this.hello();
    this.state = 'connected';
    return welcome;
  }

  request<T extends RequestType>(type: T, fields: Requests[T]['request']): Promise<Requests[T]['value']> {
    return this.ask(type, fields, []);
  }

  /** With the binary frames that came for it. */
  async requestFrames<T extends RequestType>(
    type: T,
    fields: Requests[T]['request'],
  ): Promise<{ readonly value: Requests[T]['value']; readonly frames: readonly BinaryFrame[] }> {
    const frames: BinaryFrame[] = [];
    const value = await this.ask(type, fields, frames);
    return { value, frames };
  }

  /** Sent while there is a connection; otherwise `restore` makes up for it. */
  notify(notice: Notice): void {
    if (this.state === 'connected' || this.state === 'restoring') this.post(notice);
  }

  /** A message that is too large would end the connection. @throws StreamcellError GATEWAY_LIMIT */
  checkSize(fields: object): void {
    const most = this.welcome?.maxMessage ?? 0;
    if (most === 0) return;
    // The envelope is small beside what a text may be.
    const bytes = Buffer.byteLength(JSON.stringify(fields)) + ENVELOPE_BYTES;
    if (bytes <= most) return;
    throw new StreamcellError('GATEWAY_LIMIT', `The message has ${bytes} bytes; the gateway takes ${most} at most.`, {
      hint: 'Split the text into several, or read the data from a file.',
    });
  }

  /** @throws StreamcellError GATEWAY_UNREACHABLE when nothing that begins now can be expected to get there. */
  checkPresent(): void {
    if (this.absence !== null) throw this.absence;
  }

  close(): void {
    this.finish(new StreamcellError('SESSION_CLOSED', 'The session is closed.'));
  }

  private ask<T extends RequestType>(
    type: T,
    fields: Requests[T]['request'],
    frames: BinaryFrame[],
  ): Promise<Requests[T]['value']> {
    if (this.ending !== null) return Promise.reject(this.ending);
    try {
      if (!this.isReturning()) this.checkPresent();
      this.checkSize(fields);
    } catch (thrown) {
      return Promise.reject(StreamcellError.from(thrown));
    }
    return new Promise((resolve, reject) => {
      const id = this.nextId++;
      const pending: PendingRequest = { type, fields, resolve: resolve as (value: never) => void, reject, frames };
      this.pending.set(id, pending);
      // While the session is being resumed, only that itself can be answered: the rest is sent afterwards.
      if (this.state === 'connected' || (this.state === 'resuming' && type === 'openSession'))
        this.post({ type, id, ...fields } as ClientMessage);
    });
  }

  private async hello(): Promise<Welcome> {
    const transport = await this.options.connect();
    if (this.state === 'over') {
      transport.close();
      throw this.ending ?? new StreamcellError('SESSION_CLOSED', 'The session is closed.');
    }
    this.transport = transport;
    this.lastError = null;
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => {
        // First, since closing fails it as well, with less to say.
        fail(new StreamcellError('GATEWAY_UNREACHABLE', 'What answers there is no gateway: it does not say welcome.'));
        transport.close();
      }, this.options.patience ?? DEFAULT_PATIENCE);
      let greeted = false;
      const fail = (error: StreamcellError): void => {
        clearTimeout(patience);
        reject(error);
      };
      this.greeting = (welcome) => {
        greeted = true;
        clearTimeout(patience);
        this.welcome = welcome;
        this.beat(transport, welcome.heartbeat);
        resolve(welcome);
      };
      transport.onMessage((data) => {
        if (this.transport === transport) this.receive(data);
      });
      transport.onClose((end) => {
        if (this.heartbeat !== null && this.transport === transport) clearInterval(this.heartbeat);
        if (!greeted) fail(this.refusal(end));
        else if (this.transport === transport) this.cut(end);
      });
      transport.send(
        JSON.stringify({
          type: 'hello',
          versions: PROTOCOL_VERSIONS,
          token: this.options.token,
          client: this.options.client,
        }),
      );
    });
  }

  private refusal(end: TransportEnd): StreamcellError {
    if (this.lastError !== null) return errorFromWire(this.lastError);
    return FATAL.has(end.code)
      ? new StreamcellError('GATEWAY_REFUSED', `The gateway refused the connection: ${end.reason}.`)
      : new StreamcellError('GATEWAY_UNREACHABLE', `The connection was closed before it began (${end.code}).`);
  }

  private beat(transport: Transport, interval: number): void {
    this.unheard = 0;
    if (interval === 0) return;
    if (this.heartbeat !== null) clearInterval(this.heartbeat);
    this.heartbeat = setInterval(() => {
      if (this.unheard++ >= MISSED_BEATS) transport.close(CLOSE.heartbeat, 'no sign of life');
      else this.post({ type: 'ping', at: Date.now() });
    }, interval);
    this.heartbeat.unref();
  }

  private receive(data: string | Uint8Array): void {
    this.unheard = 0;
    if (typeof data !== 'string') {
      let frame: BinaryFrame;
      try {
        frame = decodeBinary(data);
      } catch {
        // A frame that cannot be read concerns nobody in particular; who waits for it learns by the next one, or by its reply.
        return;
      }
      if (frame.header.type === 'rows') this.pending.get(frame.header.id)?.frames.push(frame);
      else this.listener.frame(frame);
      return;
    }
    let message: ServerMessage;
    try {
      message = JSON.parse(data) as ServerMessage;
    } catch {
      this.transport?.close(CLOSE.version, 'what came was no JSON');
      return;
    }
    switch (message.type) {
      case 'welcome':
        this.greeting?.(message);
        break;
      case 'reply': {
        const pending = this.pending.get(message.id);
        this.pending.delete(message.id);
        if ('error' in message) {
          pending?.reject(errorFromWire(message.error));
        } else {
          // From here on messages about the session are understood; what came to mind before is said by `restore`, once.
          if (this.state === 'resuming' && pending?.type === 'openSession') this.state = 'restoring';
          pending?.resolve(message.value as never);
        }
        break;
      }
      case 'ping':
        this.post({ type: 'pong', at: message.at });
        break;
      case 'pong':
        break;
      case 'error':
        this.lastError = message.error;
        this.listener.event(message);
        break;
      default:
        this.listener.event(message);
    }
  }

  private post(message: ClientMessage): void {
    this.transport?.send(JSON.stringify(message));
  }

  private cut(end: TransportEnd): void {
    if (this.state === 'over' || this.state === 'cut') return;
    this.transport = null;
    if (this.isReturning()) {
      // The loop that reconnects waits for this, and tries again.
      this.state = 'cut';
      const error = new StreamcellError('GATEWAY_UNREACHABLE', `The connection broke again (${end.code}).`);
      for (const [id, { type, reject }] of this.pending) {
        if (type !== 'openSession') continue;
        this.pending.delete(id);
        reject(error);
      }
      return;
    }
    const reconnect = this.options.reconnect ?? DEFAULT_RECONNECT;
    if (FATAL.has(end.code)) {
      this.finish(new StreamcellError('GATEWAY_LOST', `The gateway closed the connection: ${end.reason || end.code}.`));
    } else if (reconnect === 0) {
      this.finish(new StreamcellError('GATEWAY_LOST', 'The connection to the runtime broke.'));
    } else {
      this.state = 'cut';
      this.listener.cut();
      void this.reconnect(Date.now(), reconnect);
    }
  }

  private async reconnect(since: number, patience: number): Promise<void> {
    const waiting = setTimeout(() => this.away('It has not answered for a while.'), Math.min(REQUESTS_WAIT, patience));
    try {
      await this.tryAgain(since + patience);
    } finally {
      clearTimeout(waiting);
    }
  }

  private async tryAgain(until: number): Promise<void> {
    let pause = FIRST_PAUSE;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, pause * (0.75 + Math.random() / 2)));
      pause = Math.min(2 * pause, LONGEST_PAUSE);
      if (this.isOver()) return;
      try {
        await this.hello();
        this.state = 'resuming';
        await this.listener.restore();
        this.state = 'connected';
        this.absence = null;
        for (const [id, request] of this.pending) {
          request.frames.length = 0;
          this.post({ type: request.type, id, ...request.fields } as ClientMessage);
        }
        return;
      } catch (thrown) {
        if (this.isOver()) return;
        this.state = 'cut';
        const error = StreamcellError.from(thrown);
        const hopeless = error.code === 'GATEWAY_REFUSED' || error.code === 'SESSION_CLOSED';
        if (hopeless || Date.now() > until) {
          const why = hopeless ? error.message : `It did not answer again. ${error.message}`;
          this.finish(
            new StreamcellError('GATEWAY_LOST', `The connection to the gateway is lost. ${why}`, { cause: error }),
          );
          return;
        }
        // Nothing listens: what comes back has been started anew, and that takes longer than a request may.
        if (isRefusal(error)) this.away(error.message);
      }
    }
  }

  /** From now on nobody waits but those who have something running over there. */
  private away(why: string): void {
    if (this.isOver() || this.absence !== null || this.state === 'connected') return;
    const error = new StreamcellError('GATEWAY_UNREACHABLE', `The connection to the gateway broke. ${why}`, {
      hint: 'It is tried again for a while. Meanwhile `%connect embedded` runs cells on the engine of the kernel.',
    });
    this.absence = error;
    for (const [id, { type, reject }] of this.pending) {
      if (type === 'openSession') continue;
      this.pending.delete(id);
      reject(error);
    }
    this.listener.away(error);
  }

  private isReturning(): boolean {
    return this.state === 'resuming' || this.state === 'restoring';
  }

  /** Apart, since the state changes while others wait. */
  private isOver(): boolean {
    return this.state === 'over';
  }

  /** No more of it: whoever waits fails. */
  finish(error: StreamcellError): void {
    if (this.state === 'over') return;
    this.state = 'over';
    this.ending = error;
    if (this.heartbeat !== null) clearInterval(this.heartbeat);
    this.transport?.close();
    this.transport = null;
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
    this.listener.lost(error);
  }
}

function isRefusal({ cause }: StreamcellError): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
}

/** A server may know codes that we do not. */
export function errorFromWire(data: ErrorData): StreamcellError {
  if (Object.hasOwn(ERRORS, data.code)) return StreamcellError.fromData(data);
  return new StreamcellError('INTERNAL', `${data.code}: ${data.message}`, {
    span: data.span,
    hint: data.hint,
    operator: data.operator,
  });
}
