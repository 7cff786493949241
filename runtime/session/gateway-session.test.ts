import { MessageChannel } from 'node:worker_threads';
import {
  encodeBinary,
  encodeRows,
  MessagePortTransport,
  type ClientMessage,
  type ServerMessage,
  type Transport,
} from '../protocol/index.js';
import { expect, test } from '@jest/globals';
import { sessionContract } from './contract-suite.js';
import { EmbeddedSession } from './embedded-session.js';
import { GatewaySession } from './gateway-session.js';
import { HostedSession } from './hosted-session.js';
import { ProtocolServer } from './protocol-server.js';
import type { Statement, ViewFrame } from './session.js';
import { SharedSessionHost } from './session-host.js';

/** As a gateway has it: the session ends with its client. */
class OwnSessions extends SharedSessionHost {
  override async close(session: HostedSession): Promise<void> {
    await session.close();
  }
}

sessionContract('over a message port', {
  make: async () => {
    const { port1, port2 } = new MessageChannel();
    const session = new EmbeddedSession({ options: { 'table.local-time-zone': 'UTC' } });
    new ProtocolServer(new MessagePortTransport(port1), new OwnSessions(() => ({ session, cluster: 'embedded' })));
    return GatewaySession.open({
      connect: async () => new MessagePortTransport(port2),
      reconnect: 0,
    });
  },
  bounded: (rows) =>
    `'connector' = 'values', 'rows' = '${JSON.stringify(rows.map((r) => ['+I', ...r])).replaceAll("'", "''")}'`,
  unbounded: (perSecond) =>
    `'connector' = 'datagen', 'rows-per-second' = '${perSecond}', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000000'`,
  blackhole: "'connector' = 'blackhole'",
});

test('who looks at a result that is not kept any more is told so', async () => {
  const { port1, port2 } = new MessageChannel();
  const session = new EmbeddedSession();
  new ProtocolServer(new MessagePortTransport(port1), new OwnSessions(() => ({ session, cluster: 'embedded' })));
  const user = await GatewaySession.open({ connect: async () => new MessagePortTransport(port2), reconnect: 0 });
  const results: Statement[] = [];
  // One more than is kept.
  for await (const statement of user.execute(Array.from({ length: 201 }, () => 'SHOW TABLES').join(';'))) {
    await statement.done;
    results.push(statement);
  }
  const frame = await new Promise<ViewFrame>((resolve) => results[0].view?.subscribe({ from: 0, to: 10 }, resolve));
  expect(frame.status).toMatchObject({ state: 'failed', error: { code: 'RESULT_GONE' } });
  const kept = await new Promise<ViewFrame>((resolve) => results[200].view?.subscribe({ from: 0, to: 10 }, resolve));
  expect(kept.status.state).toBe('finished');
  await user.close();
});

test('a session that is shared stays as it is when a user of it leaves', async () => {
  const { port1, port2 } = new MessageChannel();
  const session = new EmbeddedSession();
  new ProtocolServer(new MessagePortTransport(port1), new SharedSessionHost(() => ({ session, cluster: 'mine' })));
  const user = await GatewaySession.open({ connect: async () => new MessagePortTransport(port2), reconnect: 0 });
  const ends: Promise<unknown>[] = [];
  for await (const { done } of user.execute(
    "CREATE TABLE t (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100'); SELECT id FROM t",
  ))
    ends.push(done.catch((thrown: unknown) => thrown));
  expect([user.cluster, user.clusters]).toEqual(['mine', ['embedded']]);
  await user.close();
  expect(await ends[1]).toMatchObject({ code: 'SESSION_CLOSED' });
  expect((await session.jobs()).map((j) => j.state)).toEqual(['running']);
  await session.close();
});

/** A connection to a server that says what the test says. */
class Scripted implements Transport {
  readonly sent: ClientMessage[] = [];
  readonly buffered = 0;
  private hear: (data: string | Uint8Array) => void = () => undefined;
  private end: (end: { code: number; reason: string }) => void = () => undefined;

  send(data: string): void {
    this.sent.push(JSON.parse(data) as ClientMessage);
  }

  onMessage(listener: (data: string | Uint8Array) => void): void {
    this.hear = listener;
  }

  onClose(listener: (end: { code: number; reason: string }) => void): void {
    this.end = listener;
  }

  close(code = 1000, reason = ''): void {
    this.end({ code, reason });
  }

  pause(): void {}

  resume(): void {}

  say(message: ServerMessage): void {
    this.hear(JSON.stringify(message));
  }

  sayBytes(data: Uint8Array): void {
    this.hear(data);
  }

  begin(execution: string): void {
    const span = { start: 0, end: 8 };
    const query = { kind: 'query', span, text: 'SELECT 1', columns: [], bounded: false, notices: [] } as const;
    const running = { changelog: 'append', upsertKey: null, jobId: 'j', hasView: true } as const;
    this.say({ type: 'statement', session: 's', execution, stream: 's.1', index: 0, ...query, ...running });
  }

  /** Resolves with the first message of a type, once it was sent. */
  async got<T extends ClientMessage['type']>(type: T): Promise<ClientMessage & { readonly type: T }> {
    for (;;) {
      const found = this.sent.find((m): m is ClientMessage & { readonly type: T } => m.type === type);
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async greet(): Promise<void> {
    await this.got('hello');
    const [cluster, limits] = ['embedded', { heartbeat: 0, maxMessage: 0, sessionTimeout: 1000 }];
    this.say({ type: 'welcome', version: 1, server: 'test', ...limits, clusters: [cluster] });
    const { id, resume } = await this.got('openSession');
    if (resume === undefined) this.admit(id);
  }

  admit(id: number): void {
    this.say({ type: 'reply', id, value: { session: 's', cluster: 'embedded', resumed: id > 1 } });
  }
}

test('changes of which a frame cannot be read are called lost, not passed over', async () => {
  const connection = new Scripted();
  void connection.greet();
  const session = await GatewaySession.open({ connect: async () => connection, reconnect: 0 });
  const begun = session.execute('SELECT 1').next();
  connection.begin((await connection.got('execute')).execution);
  const { view } = (await begun).value as Statement;
  const seen: number[] = [];
  const read = (async () => {
    for await (const run of view?.changes() ?? []) seen.push(run.length);
  })();
  await connection.got('changes');
  const frame = (seq: number): Uint8Array =>
    encodeBinary({ type: 'changes', stream: 's.1', seq, rows: 0 }, encodeRows([], [], true));
  connection.sayBytes(frame(1));
  connection.sayBytes(new Uint8Array([1, 2, 3]));
  connection.sayBytes(frame(3));
  await expect(read).rejects.toMatchObject({ code: 'CHANGES_LOST' });
  expect(seen).toEqual([0]);
  connection.close(1006);
});

test('what begins while a session is being resumed is sent once, and after that', async () => {
  const connections = [new Scripted(), new Scripted()];
  let made = 0;
  void connections[0].greet();
  const session = await GatewaySession.open({ connect: async () => connections[made++] });
  const [first, second] = connections;
  const statements = session.execute('SELECT 1');
  const begun = statements.next();
  const { execution } = await first.got('execute');
  first.begin(execution);
  const statement = (await begun).value as Statement;
  first.close(1006);
  await second.greet();
  // Over there nobody knows the session yet.
  statement.view?.subscribe({ from: 0, to: 10 }, () => undefined);
  const refused = expect(session.execute('SHOW TABLES').next()).rejects.toMatchObject({ code: 'GATEWAY_LOST' });
  expect(second.sent.map((m) => m.type)).toEqual(['hello', 'openSession']);
  second.admit((await second.got('openSession')).id);
  await second.got('attach');
  const sent = second.sent.map((m) => m.type).slice(2);
  expect(sent.filter((type) => type === 'subscribe')).toHaveLength(1);
  expect(second.sent.filter((m) => m.type === 'execute').map((m) => m.text)).toEqual(['SELECT 1', 'SHOW TABLES']);
  second.close(4401);
  await refused;
});
