import * as zmq from 'zeromq';
import { endpoint, type ChannelName, type ConnectionInfo } from './connection-file.js';
import { Codec, RejectedMessage, type Header, type JsonObject, type Message } from './codec.js';

/** Where requests come from and their replies go. */
export type RequestChannel = 'shell' | 'control' | 'stdin';

export interface Outgoing {
  readonly type: string;
  readonly parent: Partial<Header>;
  readonly content: JsonObject;
  readonly metadata?: JsonObject;
  readonly buffers?: readonly Uint8Array[];
}

/** Published messages, of mostly no more than 64 KB, that a subscriber may lag behind before the others wait for it. */
const PUBLISH_LIMIT = 256;
/** Milliseconds that all wait for a subscriber that takes nothing; then it loses messages, for so long. */
const PATIENCE = 10_000;
const PUNISHMENT = 60_000;
/** Milliseconds between two attempts to send. */
const RETRY = 5;

/**
 * The five sockets of a kernel.
 *
 * State: the sockets, and for each the chain of its sends, since zeromq allows one send under way per socket; until when messages that a
 * subscriber does not take are lost to it.
 * Maintains the invariants that messages leave a socket in the order in which they were given to it, that a bad one only loses itself, and
 * that no front end which still reads loses one, however slowly it does.
 */
export class KernelSockets {
  private readonly codec: Codec;
  private readonly routers: Record<RequestChannel, zmq.Router>;
  private readonly publisher: zmq.XPublisher;
  private readonly heartbeat: zmq.Router;
  private readonly chains = new Map<zmq.Socket, Promise<void>>();
  private lossyUntil = 0;
  private lossy = false;
  private closed = false;

  constructor(
    private readonly connection: ConnectionInfo,
    private readonly onRequest: (channel: RequestChannel, message: Message) => void,
  ) {
    this.codec = new Codec(connection.key);
    const secret = connection.curveSecretKey;
    const security = secret === null ? {} : { curveServer: true, curveSecretKey: secret };
    const router = (): zmq.Router => new zmq.Router({ ...security, linger: 500, handover: true });
    this.publisher = new zmq.XPublisher({ ...security, linger: 500, sendHighWaterMark: PUBLISH_LIMIT, noDrop: true });
    this.heartbeat = new zmq.Router({ ...security, linger: 0 });
    this.routers = { shell: router(), control: router(), stdin: router() };
  }

  async open(): Promise<void> {
    const bind = (socket: zmq.Router | zmq.XPublisher, channel: ChannelName): Promise<void> =>
      socket.bind(endpoint(this.connection, channel));
    const { shell, control, stdin } = this.routers;
    await Promise.all([
      bind(shell, 'shell'),
      bind(control, 'control'),
      bind(stdin, 'stdin'),
      bind(this.publisher, 'iopub'),
      bind(this.heartbeat, 'heartbeat'),
    ]);
    void this.listen(shell, (frames) => this.receive('shell', frames));
    void this.listen(control, (frames) => this.receive('control', frames));
    void this.listen(stdin, (frames) => this.receive('stdin', frames));
    void this.listen(this.heartbeat, (frames) => this.send(this.heartbeat, frames));
    void this.listen(this.publisher, (frames) => this.welcome(frames));
  }

  reply(channel: RequestChannel, request: Message, outgoing: Outgoing): void {
    this.send(this.routers[channel], this.codec.encode(this.message(request.identities, outgoing)));
  }

  publish(outgoing: Outgoing): void {
    const topic = Buffer.from(`kernel.${outgoing.type}`);
    this.send(this.publisher, this.codec.encode(this.message([topic], outgoing)));
  }

  /** Resolves when everything published so far was handed to the network; what is not is for the caller to bound. */
  async published(): Promise<void> {
    await this.chains.get(this.publisher);
  }

  async close(): Promise<void> {
    this.lossyUntil = Infinity;
    await Promise.all(this.chains.values());
    this.closed = true;
    for (const socket of [...Object.values(this.routers), this.publisher, this.heartbeat]) socket.close();
  }

  private message(identities: readonly Uint8Array[], outgoing: Outgoing): Message {
    return {
      identities,
      header: this.codec.header(outgoing.type),
      parent: outgoing.parent,
      metadata: outgoing.metadata ?? {},
      content: outgoing.content,
      buffers: outgoing.buffers ?? [],
    };
  }

  private receive(channel: RequestChannel, frames: readonly Buffer[]): void {
    let message: Message;
    try {
      message = this.codec.decode(frames);
    } catch (thrown) {
      if (thrown instanceof RejectedMessage) return;
      throw thrown;
    }
    this.onRequest(channel, message);
  }

  /** A subscription reaches an XPUB socket as a byte 1 and the topic. */
  private welcome(frames: readonly Buffer[]): void {
    const [subscription] = frames;
    if (subscription === undefined || subscription[0] !== 1) return;
    const topic = subscription.subarray(1);
    const outgoing: Outgoing = { type: 'iopub_welcome', parent: {}, content: { subscription: topic.toString('utf8') } };
    this.send(this.publisher, this.codec.encode(this.message([topic], outgoing)));
  }

  private async listen(
    socket: zmq.Router | zmq.XPublisher,
    onFrames: (frames: readonly Buffer[]) => void,
  ): Promise<void> {
    while (!this.closed) {
      let frames: Buffer[];
      try {
        frames = await socket.receive();
      } catch (thrown) {
        if (this.closed || socket.closed) return;
        report(thrown);
        continue;
      }
      try {
        onFrames(frames);
      } catch (thrown) {
        report(thrown);
      }
    }
  }

  private send(socket: zmq.Router | zmq.XPublisher, frames: readonly Buffer[]): void {
    const before = this.chains.get(socket) ?? Promise.resolve();
    const sent = before
      .then(() => (socket === this.publisher ? this.sendPublished(frames) : this.sendNow(socket, frames)))
      // A front end that has gone is no reason to fail.
      .catch(() => undefined);
    this.chains.set(socket, sent);
  }

  private async sendNow(socket: zmq.Router | zmq.XPublisher, frames: readonly Buffer[]): Promise<void> {
    if (!socket.closed) await socket.send([...frames]);
  }

  private loseMessages(lossy: boolean): void {
    // zeromq warns each time that it is set, in vain: it does take effect.
    if (lossy === this.lossy || this.publisher.closed) return;
    this.lossy = lossy;
    this.publisher.noDrop = !lossy;
  }

  /** Unlike other sockets a publisher refuses at once when a subscriber is full, and says not when to try again. */
  private async sendPublished(frames: readonly Buffer[]): Promise<void> {
    const began = performance.now();
    for (;;) {
      this.loseMessages(performance.now() < this.lossyUntil);
      try {
        return await this.sendNow(this.publisher, frames);
      } catch (thrown) {
        if (!isFull(thrown)) throw thrown;
      }
      const now = performance.now();
      if (now - began > PATIENCE) this.lossyUntil = now + PUNISHMENT;
      else await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
  }
}

function isFull(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown as NodeJS.ErrnoException).code === 'EAGAIN';
}

function report(thrown: unknown): void {
  process.stderr.write(
    `streamcell kernel: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`,
  );
}
