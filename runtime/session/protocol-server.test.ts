import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Transport, TransportEnd } from '../protocol/index.js';
import { STRING, StreamcellError, type ChangelogRow, type Schema } from '../types/index.js';
import { HostedSession } from './hosted-session.js';
import { ProtocolServer } from './protocol-server.js';
import type { SessionHost } from './session-host.js';
import type { ResultView, Session, Statement } from './session.js';

type Message = Readonly<Record<string, unknown>>;

/** A connection whose other side takes what was sent when it is told to. */
class FakeTransport implements Transport {
  readonly messages: Message[] = [];
  frames = 0;
  buffered = 0;
  paused = false;
  ended: TransportEnd | null = null;
  private listener: (data: string | Uint8Array) => void = () => undefined;

  send(data: string | Uint8Array): void {
    this.buffered += data.length;
    if (typeof data === 'string') this.messages.push(JSON.parse(data) as Message);
    else this.frames++;
  }

  onMessage(listener: (data: string | Uint8Array) => void): void {
    this.listener = listener;
  }

  onClose(): void {}

  close(code = 1000, reason = ''): void {
    this.ended = { code, reason };
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  say(message: Message): void {
    this.listener(JSON.stringify(message));
  }
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const COLUMNS: Schema = [{ name: 's', type: STRING() }];

/** A result of rows of a megabyte, without end. */
function wideStatement(): Statement {
  async function* changes(): AsyncGenerator<readonly ChangelogRow[]> {
    for (;;) yield [{ kind: 0, fields: ['x'.repeat(1 << 20)] }];
  }
  return {
    index: 0,
    kind: 'query',
    span: { start: 0, end: 1 },
    text: 'x',
    columns: COLUMNS,
    bounded: false,
    changelog: 'append',
    upsertKey: null,
    jobId: null,
    view: { columns: COLUMNS, changes } as unknown as ResultView,
    cancel: async () => undefined,
    done: new Promise(() => undefined),
  };
}

describe('a connection', () => {
  let transport: FakeTransport;
  let opened: HostedSession[];
  let opens: (() => void)[];
  let server: ProtocolServer;
  beforeEach(() => {
    transport = new FakeTransport();
    opened = [];
    opens = [];
  });
  afterEach(() => server.close(1000, ''));

  function begin(statement: () => Statement): void {
    const session = {
      execute: async function* () {
        yield statement();
      },
    } as unknown as Session;
    const host = {
      clusters: ['fake'],
      sessionTimeout: 0,
      open: async () => {
        await new Promise<void>((resolve) => opens.push(resolve));
        const hosted = new HostedSession(`s${opened.length}`, 'fake', session);
        opened.push(hosted);
        return hosted;
      },
      disconnected: (hosted: HostedSession) => hosted.abandonFeeds(),
    } as unknown as SessionHost;
    server = new ProtocolServer(transport, host);
    transport.say({ type: 'hello', versions: [1] });
  }

  async function openOne(): Promise<void> {
    transport.say({ type: 'openSession', id: 1 });
    opens[0]();
    await until(() => transport.messages.some((m) => m.type === 'reply'));
  }

  test('with many slow requests is still heard, and has the surplus refused', async () => {
    begin(() => {
      throw new StreamcellError('INTERNAL', 'nothing is executed');
    });
    for (let id = 0; id < 1100; id++) transport.say({ type: 'openSession', id });
    expect(transport.paused).toBe(false);
    expect(opens).toHaveLength(64);
    const refused = transport.messages.filter((m) => m.type === 'reply');
    expect(refused.map((m) => m.id)).toEqual(Array.from({ length: 36 }, (_, n) => 1064 + n));
    expect(refused[0]).toMatchObject({ error: { code: 'GATEWAY_LIMIT' } });
    transport.say({ type: 'ping', at: 5 });
    expect(transport.messages.at(-1)).toEqual({ type: 'pong', at: 5 });
    // Each is answered when its turn comes.
    while (opens.length > 0) {
      for (const open of opens.splice(0)) open();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(opened).toHaveLength(1064);
    expect(transport.ended).toBeNull();
  });

  test('is not listened to while it takes nothing, also when what was held back fills it again', async () => {
    begin(wideStatement);
    await openOne();
    transport.say({ type: 'execute', session: 's0', execution: 'e', text: 'x', options: { changes: true } });
    await until(() => transport.messages.some((m) => m.type === 'statement'));
    transport.say({ type: 'changes', stream: 's0.1', credit: 64 });
    for (let round = 1; round <= 3; round++) {
      // Four megabytes may be under way.
      await until(() => transport.frames >= 4 * round);
      for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(transport.frames).toBe(4 * round);
      expect(transport.paused).toBe(true);
      transport.buffered = 0;
    }
    await until(() => transport.frames === 16);
    expect(transport.paused).toBe(true);
  });

  test('lets the view go that was silent for longest, when reloaded pages have left too many behind', async () => {
    const status = { state: 'running', rows: 0, changes: 0, truncated: false, watermark: null } as const;
    let looking = 0;
    const subscribe = (): object => {
      looking++;
      return { close: () => looking--, update: () => undefined, acknowledge: () => undefined };
    };
    const view = { columns: COLUMNS, status: async () => status, subscribe, changes: () => [] };
    begin(() => ({ ...wideStatement(), view: view as unknown as ResultView }));
    await openOne();
    opened[0].session.options = async () => ({});
    transport.say({ type: 'execute', session: 's0', execution: 'e', text: 'x' });
    await until(() => transport.messages.some((m) => m.type === 'statement'));
    const data = { stream: 's0.1', viewport: { from: 0, to: 10, mode: 'table' } };
    const open = async (n: number): Promise<void> => {
      transport.say({ type: 'viewOpen', session: 's0', channel: `c${n}`, data });
      await until(() => transport.messages.some((m) => m.channel === `c${n}`));
    };
    for (let n = 0; n < 256; n++) await open(n);
    await until(() => looking === 256);
    transport.say({ type: 'viewMessage', channel: 'c0', data: { type: 'ack', seq: 0 } });
    await open(256);
    await until(() => looking === 256);
    const gone = transport.messages.filter((m) => (m.data as { type?: string } | undefined)?.type === 'gone');
    expect(gone.map((m) => m.channel)).toEqual(['c1']);
  });

  test('survives a message that cannot be dealt with', async () => {
    begin(wideStatement);
    await openOne();
    opened[0].next = () => {
      throw new Error('surely wrong');
    };
    transport.say({ type: 'next', session: 's0', execution: 'e', received: 1 });
    expect(transport.messages.at(-1)).toMatchObject({ type: 'error', error: { code: 'PROTOCOL_INVALID' } });
    expect(transport.ended).toBeNull();
  });
});
