import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { GatewaySession, type GatewaySessionOptions, type GatewayState } from '../session/gateway-session.js';
import type { Statement, ViewFrame } from '../session/session.js';
import { decodeRows, SUBPROTOCOL } from '../protocol/index.js';
import { StreamcellError } from '../types/index.js';
import { Gateway, type GatewayOptions } from './gateway.js';
import { startGateway } from './test-gateway.js';
import { TestNetwork } from './test-network.js';

const TOKEN = 'a-token-of-the-tests';

let gateway: Gateway;
let network: TestNetwork;
let log: string[];
const sessions: GatewaySession[] = [];

async function begin(options: Partial<GatewayOptions> = {}): Promise<void> {
  log = [];
  gateway = await Gateway.start({
    host: '127.0.0.1',
    port: 0,
    token: TOKEN,
    log: (_level, event) => log.push(event),
    ...options,
  });
  network = await TestNetwork.to(gateway.url);
}

async function client(options: Partial<GatewaySessionOptions> = {}): Promise<GatewaySession> {
  const session = await GatewaySession.connect(network.url, { token: TOKEN, ...options });
  sessions.push(session);
  return session;
}

beforeEach(() => begin());
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
  await network.close();
  await gateway.close();
});

const counting = (last: number, perSecond: number): string =>
  `CREATE TABLE counting (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '${perSecond}', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '${last}')`;

async function one(session: GatewaySession, text: string): Promise<Statement> {
  const statements: Statement[] = [];
  for await (const statement of session.execute(text)) statements.push(statement);
  return statements[statements.length - 1];
}

async function failure(action: Promise<unknown>): Promise<StreamcellError> {
  try {
    await action;
  } catch (thrown) {
    if (thrown instanceof StreamcellError) return thrown;
    throw thrown;
  }
  throw new Error('it did not fail');
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('a connection that is cut', () => {
  test('whoever looks on is told that the connection is away, and when it is back', async () => {
    const session = await client();
    await one(session, counting(1_000_000, 500));
    const { view } = await one(session, 'SELECT COUNT(*) AS n FROM counting');
    const frames: ViewFrame[] = [];
    const subscription = view?.subscribe({ from: 0, to: 10 }, (frame) => {
      frames.push(frame);
      queueMicrotask(() => subscription?.acknowledge(frame.seq));
    });
    await until(() => frames.length > 0);
    network.cut();
    await until(() => frames.at(-1)?.status.away === true);
    const rows = frames.at(-1)?.rowCount;
    expect([frames.at(-1)?.status.state, rows]).toEqual(['running', 1]);
    await until(() => frames.at(-1)?.status.away === undefined);
    expect(frames.map((f) => f.seq)).toEqual(frames.map((_, i) => i + 1));
    subscription?.close();
  });

  test('three times in the middle of a query, whose every change arrives once and in order', async () => {
    const session = await client();
    const states: GatewayState[] = [];
    session.onState((state) => states.push(state));
    await one(session, counting(6000, 4000));
    const ids: number[] = [];
    const cuts = [1000, 2500, 4000];
    for await (const statement of session.execute('SELECT id FROM counting')) {
      for await (const run of statement.view?.changes() ?? []) {
        ids.push(...run.map((r) => Number(r.fields[0])));
        if (ids.length > cuts[0]) {
          cuts.shift();
          // What is on its way may hold rows beyond the next cut already.
          await until(() => session.state === 'connected');
          network.cut();
          await until(() => session.state === 'reconnecting');
        }
      }
      expect(await statement.done).toMatchObject({ state: 'finished', rows: 6000, changes: 6000 });
    }
    expect(ids).toEqual(Array.from({ length: 6000 }, (_, i) => i + 1));
    expect(cuts).toEqual([]);
    expect(states.filter((s) => s === 'reconnecting')).toHaveLength(3);
    expect(session.state).toBe('connected');
  });

  test('while statements begin: each runs once, and each end is told', async () => {
    const session = await client();
    const text = Array.from({ length: 20 }, (_, i) => `CREATE TABLE t${i} (a INT) WITH ('connector' = 'blackhole')`);
    let n = 0;
    for await (const statement of session.execute(text.join('; '))) {
      if (n++ % 5 === 2) network.cut();
      expect((await statement.done).state).toBe('finished');
    }
    expect(n).toBe(20);
    const tables = await one(session, 'SHOW TABLES');
    expect((await tables.view?.snapshot())?.length).toBe(20);
  });

  test('while a live view is looked at: its frames go on, numbered as before, up to the last state', async () => {
    const session = await client();
    await one(session, counting(3000, 2000));
    const query = await one(session, 'SELECT COUNT(*) AS n FROM counting');
    const frames: ViewFrame[] = [];
    const subscription = query.view?.subscribe({ from: 0, to: 1 }, (frame) => {
      frames.push(frame);
      subscription?.acknowledge(frame.seq);
      if (frames.length === 4) network.cut();
    });
    await query.done;
    await until(() => frames[frames.length - 1].status.state === 'finished');
    expect(frames.map((f) => f.seq)).toEqual(frames.map((_, i) => i + 1));
    const last = frames[frames.length - 1];
    expect(decodeRows(query.columns, last.arrow, false)[0].fields).toEqual([3000n]);
  });

  test('while a request waits and while the query is interrupted', async () => {
    const session = await client();
    await one(session, counting(100_000_000, 1000));
    const stop = new AbortController();
    const started: Statement[] = [];
    for await (const statement of session.execute('SELECT id FROM counting', { signal: stop.signal }))
      started.push(statement);
    network.cut();
    await until(() => session.state === 'reconnecting');
    const jobs = session.jobs();
    stop.abort();
    expect((await started[0].done).state).toBe('cancelled');
    expect((await jobs).map((j) => j.id)).toEqual([started[0].jobId]);
  });

  test('does not keep who interrupts meanwhile waiting, and what was begun is stopped afterwards', async () => {
    const session = await client();
    await one(session, counting(100_000_000, 1000));
    const stop = new AbortController();
    const seen: Statement[] = [];
    const execution = (async () => {
      for await (const statement of session.execute('SELECT id FROM counting; SELECT id FROM counting', {
        signal: stop.signal,
      })) {
        seen.push(statement);
        network.block();
        await until(() => session.state === 'reconnecting');
      }
    })();
    await until(() => session.state === 'reconnecting');
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    await execution;
    expect(seen).toHaveLength(1);
    network.unblock();
    expect((await seen[0].done).state).toBe('cancelled');
    expect((await session.jobs()).filter((j) => j.state === 'running')).toEqual([]);
  });

  test('for longer than the query is held back: the gap is told, the result is whole', async () => {
    await gateway.close();
    await network.close();
    await begin({ feeds: { hold: 20, keptBytes: 2000 } });
    const session = await client();
    await one(session, counting(5000, 10_000));
    let read = 0;
    for await (const statement of session.execute('SELECT id FROM counting')) {
      const error = await failure(
        (async () => {
          for await (const run of statement.view?.changes() ?? []) {
            expect(Number(run[0].fields[0])).toBe(read + 1);
            read += run.length;
            if (read > 100 && session.state === 'connected') {
              network.block();
              setTimeout(() => network.unblock(), 1500);
            }
          }
        })(),
      );
      expect(error.code).toBe('CHANGES_LOST');
      expect(Number(/^(\d+) changes/.exec(error.message)?.[1])).toBeGreaterThan(1000);
      expect(await statement.done).toMatchObject({ state: 'finished', rows: 5000 });
      expect((await statement.view?.snapshot())?.length).toBe(5000);
    }
    expect(read).toBeGreaterThan(100);
  });

  test('and nothing moves in it any more: the heartbeat finds out', async () => {
    await gateway.close();
    await network.close();
    await begin({ heartbeat: 50 });
    const session = await client();
    await one(session, counting(2000, 4000));
    let read = 0;
    for await (const statement of session.execute('SELECT id FROM counting')) {
      for await (const run of statement.view?.changes() ?? []) {
        read += run.length;
        if (read > 500 && read < 1000) network.freeze();
      }
    }
    expect(read).toBe(2000);
  });
});

describe('a gateway that is gone', () => {
  test('fails at once what begins now, while what runs waits for it to come back', async () => {
    const session = await client();
    await one(session, counting(100_000_000, 1000));
    const query = await one(session, 'SELECT id FROM counting');
    let ended = false;
    query.done.then(
      () => (ended = true),
      () => (ended = true),
    );
    const port = await network.hide();
    const begun = (async () => {
      await until(() => session.state === 'reconnecting');
      return failure(one(session, 'SHOW TABLES'));
    })();
    const [first, early] = await Promise.all([failure(session.jobs()), begun]);
    for (const error of [first, early, await failure(session.jobs()), await failure(one(session, 'SHOW TABLES'))]) {
      expect(error.code).toBe('GATEWAY_UNREACHABLE');
      expect(error.hint).toContain('%connect embedded');
    }
    expect([session.state, ended]).toEqual(['reconnecting', false]);
    await network.show(port);
    await until(() => session.state === 'connected');
    expect((await session.jobs()).map((j) => j.state)).toEqual(['running']);
    // What failed was not executed later.
    expect(await one(session, 'SHOW TABLES')).toMatchObject({ index: 0 });
    expect(ended).toBe(false);
    await query.cancel();
    expect((await query.done).state).toBe('cancelled');
  });

  test('fails what begins now when it does not answer for a while, too', async () => {
    const session = await client();
    network.block();
    const error = await failure(session.jobs());
    expect(error).toMatchObject({ code: 'GATEWAY_UNREACHABLE', message: expect.stringContaining('for a while') });
    expect(session.state).toBe('reconnecting');
    network.unblock();
    await until(() => session.state === 'connected');
    expect(await session.jobs()).toEqual([]);
  });

  test('fails what runs and what is begun, says so, and tells who looks', async () => {
    const own = await startGateway();
    const session = await GatewaySession.connect(own.url, { token: own.token, reconnect: 300 });
    sessions.push(session);
    const states: string[] = [];
    session.onState((state, error) => states.push(error === null ? state : `${state} ${error.code}`));
    await one(session, counting(100_000_000, 1000));
    const query = await one(session, 'SELECT id FROM counting');
    const frames: ViewFrame[] = [];
    query.view?.subscribe({ from: 0, to: 10 }, (frame) => frames.push(frame));
    await until(() => frames.length > 0);
    own.child.kill('SIGKILL');
    const error = await failure(query.done);
    expect(error).toMatchObject({ code: 'GATEWAY_LOST', kind: 'external' });
    expect(error.message).toContain('No gateway answers');
    expect((await failure(one(session, 'SHOW TABLES'))).code).toBe('GATEWAY_LOST');
    expect((await failure(session.jobs())).code).toBe('GATEWAY_LOST');
    expect(frames[frames.length - 1].status).toMatchObject({ state: 'failed', error: { code: 'GATEWAY_LOST' } });
    expect(states).toEqual(['reconnecting', 'lost GATEWAY_LOST']);
    await session.close();
  });

  test('by being shut down: its sessions learn at once', async () => {
    const session = await client();
    await one(session, counting(100_000_000, 1000));
    const query = await one(session, 'SELECT id FROM counting');
    const states: GatewayState[] = [];
    session.onState((state) => states.push(state));
    await gateway.close();
    const error = await failure(query.done);
    expect(error.message).toContain('shutdown');
    // None of the time that a cut would be waited for.
    expect(states).toEqual(['lost']);
  });

  test('before anything: nothing answers, or what answers is no gateway', async () => {
    const error = await failure(GatewaySession.connect('ws://127.0.0.1:1', { token: TOKEN }));
    expect(error).toMatchObject({ code: 'GATEWAY_UNREACHABLE' });
    expect(error.message).toContain('127.0.0.1:1');
    expect((await failure(GatewaySession.connect('::', { token: TOKEN }))).code).toBe('GATEWAY_UNREACHABLE');
    const mute = await TestNetwork.to(gateway.url);
    mute.block();
    expect((await failure(GatewaySession.connect(mute.url, { token: TOKEN }))).code).toBe('GATEWAY_UNREACHABLE');
    await mute.close();
  });

  test('before anything: what takes the connection says no welcome', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => SUBPROTOCOL });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const error = await failure(GatewaySession.connect(`ws://127.0.0.1:${port}`, { token: TOKEN, patience: 200 }));
    expect(error).toMatchObject({
      code: 'GATEWAY_UNREACHABLE',
      message: 'What answers there is no gateway: it does not say welcome.',
    });
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  });

  test('behind a proxy that says so, or behind none that knows of it', async () => {
    for (const [status, code] of [
      [502, 'GATEWAY_UNREACHABLE'],
      [404, 'GATEWAY_REFUSED'],
    ] as const) {
      const proxy = createServer((_request, response) => response.writeHead(status).end());
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      const { port } = proxy.address() as AddressInfo;
      const error = await failure(GatewaySession.connect(`http://127.0.0.1:${port}`, { token: TOKEN }));
      expect([error.code, error.message]).toEqual([code, `127.0.0.1:${port} refused the connection: HTTP ${status}.`]);
      await new Promise((resolve) => proxy.close(resolve));
    }
  });

  test('for a session that expired meanwhile', async () => {
    await gateway.close();
    await network.close();
    await begin({ sessionTimeout: 50 });
    const session = await client();
    await one(session, counting(100_000_000, 1000));
    const query = await one(session, 'SELECT id FROM counting');
    network.block();
    await until(() => log.includes('session expired'));
    network.unblock();
    const error = await failure(query.done);
    expect(error.code).toBe('GATEWAY_LOST');
    expect(error.message).toContain('no such session');
  });
});
