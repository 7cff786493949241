import { WebSocket } from 'ws';
import { decodeBinary, SUBPROTOCOL, type BinaryFrame } from '../protocol/index.js';

type Message = Readonly<Record<string, unknown>>;

/** A client that says what it is told to, right or wrong; for tests. */
export class TestClient {
  readonly messages: Message[] = [];
  readonly frames: BinaryFrame[] = [];
  private nextId = 1000;
  private readonly wakers = new Set<() => void>();
  /** Code and reason of the end. */
  ended: { readonly code: number; readonly reason: string } | null = null;
  /** Whether it answers pings. */
  polite = true;
  /** Pings that came. */
  beats = 0;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer, binary) => {
      if (binary) this.frames.push(decodeBinary(data));
      else this.heard(JSON.parse(data.toString('utf8')) as Message);
      this.wake();
    });
    socket.on('close', (code, reason) => {
      this.ended = { code, reason: reason.toString() };
      this.wake();
    });
    socket.on('error', () => undefined);
  }

  static async open(url: string, options: { origin?: string; protocol?: string } = {}): Promise<TestClient> {
    const socket = new WebSocket(url, options.protocol ?? SUBPROTOCOL, { origin: options.origin });
    const client = new TestClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('unexpected-response', (_request, response) => reject(new Error(`HTTP ${response.statusCode}`)));
      socket.once('error', reject);
    });
    return client;
  }

  /** Connected, greeted, with a session. */
  static async ready(url: string, token: string): Promise<{ client: TestClient; session: string }> {
    const client = await TestClient.open(url);
    client.say({ type: 'hello', versions: [1], token });
    await client.next('welcome');
    const { value } = await client.ask({ type: 'openSession' });
    return { client, session: (value as { session: string }).session };
  }

  say(message: unknown): void {
    this.socket.send(typeof message === 'string' || message instanceof Uint8Array ? message : JSON.stringify(message));
  }

  /** The reply to a request. */
  async ask(message: Message): Promise<Message> {
    const id = this.nextId++;
    this.say({ ...message, id });
    return this.until(() => this.messages.find((m) => m.type === 'reply' && m.id === id));
  }

  /** The first message of a type, taken away. */
  async next(type: string): Promise<Message> {
    return this.until(() => {
      const at = this.messages.findIndex((m) => m.type === type);
      return at < 0 ? undefined : this.messages.splice(at, 1)[0];
    });
  }

  async end(): Promise<{ readonly code: number; readonly reason: string }> {
    return this.until(() => this.ended ?? undefined);
  }

  close(): void {
    this.socket.terminate();
  }

  async until<T>(look: () => T | undefined): Promise<T> {
    const end = Date.now() + 10_000;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (Date.now() > end) throw new Error(`it did not come; there is ${JSON.stringify(this.messages).slice(0, 500)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.wakers.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  private heard(message: Message): void {
    if (message.type === 'ping') this.beats++;
    if (message.type === 'ping' && this.polite) this.say({ type: 'pong', at: message.at });
    else this.messages.push(message);
  }

  private wake(): void {
    for (const waker of this.wakers) waker();
    this.wakers.clear();
  }
}
