import { MessageChannel } from 'node:worker_threads';
import { MessagePortTransport } from '../protocol/index.js';
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
