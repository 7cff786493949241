// Longer than files should be: one gateway's life from outside, with the few helpers that all of it needs.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GatewaySession } from '../session/gateway-session.js';
import type { Statement } from '../session/session.js';
import { StreamcellError } from '../types/index.js';
import { Gateway, type GatewayOptions } from './gateway.js';
import { jsonLog } from './log.js';
import { TestClient } from './test-client.js';
import { newToken, tokenCheck } from './token.js';

const TOKEN = 'a-token-of-the-tests';
const ENDLESS = "CREATE TABLE endless (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000')";
const ENDING =
  "CREATE TABLE ending (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1500')";

let gateway: Gateway;
let log: string;
const clients: TestClient[] = [];

async function begin(options: Partial<GatewayOptions> = {}): Promise<void> {
  log = '';
  gateway = await Gateway.start({
    host: '127.0.0.1',
    port: 0,
    token: TOKEN,
    log: jsonLog('debug', (line) => (log += line)),
    ...options,
  });
}
async function restart(options: Partial<GatewayOptions>): Promise<void> {
  await gateway.close();
  await begin(options);
}
async function open(options?: { origin?: string; protocol?: string }): Promise<TestClient> {
  const client = await TestClient.open(gateway.url, options);
  clients.push(client);
  return client;
}
async function ready(): Promise<{ client: TestClient; session: string }> {
  const opened = await TestClient.ready(gateway.url, TOKEN);
  clients.push(opened.client);
  return opened;
}
beforeEach(() => begin());
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await gateway.close();
});

const rest = (path: string, options: RequestInit & { token?: string | null } = {}): Promise<Response> =>
  fetch(gateway.url.replace(/^ws(.*)\/v1$/, 'http$1') + path, {
    ...options,
    headers: {
      ...(options.token === null ? {} : { Authorization: `Bearer ${options.token ?? TOKEN}` }),
      ...options.headers,
    },
  });

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
  const end = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('who is let in', () => {
  test.each([
    ['a wrong token', { versions: [1], token: 'another' }],
    ['a token that begins like the right one', { versions: [1], token: TOKEN.slice(0, -1) }],
    ['an empty token', { versions: [1], token: '' }],
    ['no token', { versions: [1] }],
  ])('not %s: an error and close code 4401', async (_name, hello) => {
    const client = await open();
    client.say({ type: 'hello', ...hello });
    expect(await client.next('error')).toMatchObject({ error: { code: 'GATEWAY_REFUSED' } });
    expect(await client.end()).toMatchObject({ code: 4401 });
    expect(log).toContain('"unauthorized"');
    expect(log).not.toContain(TOKEN.slice(0, -1));
  });

  test('a client of the library with a wrong token fails with GATEWAY_REFUSED', async () => {
    const error = await failure(GatewaySession.connect(gateway.url, { token: 'another' }));
    expect(error.code).toBe('GATEWAY_REFUSED');
    expect(error.message).toContain('token');
    expect(error.hint).toContain('STREAMCELL_TOKEN');
  });

  test('tokens are compared in constant time, by nothing but that', () => {
    const right = newToken();
    const fits = tokenCheck(right);
    expect([right, right.slice(1), `${right} `, '', undefined].map(fits)).toEqual([true, false, false, false, false]);
    expect(newToken()).toMatch(/^[\w-]{43}$/);
    const source = readFileSync(fileURLToPath(new URL('../../gateway/token.ts', import.meta.url)), 'utf8');
    expect(source).toContain('timingSafeEqual(hash(given');
  });

  test('no version in common: 4406', async () => {
    const client = await open();
    client.say({ type: 'hello', versions: [2, 3], token: TOKEN });
    expect(await client.end()).toMatchObject({ code: 4406 });
  });

  test('a newer client that speaks version 1, too', async () => {
    const client = await open();
    client.say({ type: 'hello', versions: [3, 2, 1], token: TOKEN, surely: 'unknown' });
    expect(await client.next('welcome')).toMatchObject({ version: 1, clusters: ['embedded'], maxMessage: 8 << 20 });
  });

  test('a first message that is no hello: 4400; none at all: 4408', async () => {
    await restart({ helloTimeout: 100 });
    const rude = await open();
    rude.say({ type: 'openSession', id: 1 });
    expect(await rude.end()).toMatchObject({ code: 4400 });
    const garbage = await open();
    garbage.say(new Uint8Array([1, 2, 3]));
    expect(await garbage.end()).toMatchObject({ code: 4400 });
    const long = await open();
    long.say({ type: 'hello', versions: [1], token: TOKEN, client: 'x'.repeat(100_000) });
    expect(await long.end()).toMatchObject({ code: 4400 });
    const silent = await open();
    expect(await silent.end()).toMatchObject({ code: 4408 });
  });

  test('no browser page, unless its origin is allowed', async () => {
    await expect(open({ origin: 'https://evil.example' })).rejects.toThrow('HTTP 403');
    expect((await rest('/v1/sessions', { headers: { Origin: 'https://evil.example' } })).status).toBe(403);
    await restart({ origins: ['https://hub.example'] });
    await expect(open({ origin: 'https://hub.example.evil' })).rejects.toThrow('HTTP 403');
    await expect(open({ origin: 'null' })).rejects.toThrow('HTTP 403');
    const client = await open({ origin: 'https://hub.example' });
    client.say({ type: 'hello', versions: [1], token: TOKEN });
    await client.next('welcome');
  });

  test('only who asks for streamcell.v1, at its path', async () => {
    await expect(open({ protocol: 'graphql-ws' })).rejects.toThrow('HTTP 400');
    await expect(TestClient.open(gateway.url.replace('/v1', '/v2'))).rejects.toThrow('HTTP 404');
    expect((await open()).socket.protocol).toBe('streamcell.v1');
  });

  test('no more sessions and connections than there may be', async () => {
    await restart({ maxSessions: 1, maxConnections: 2 });
    const { client } = await ready();
    expect(await client.ask({ type: 'openSession' })).toMatchObject({ error: { code: 'GATEWAY_LIMIT' } });
    const second = await open();
    second.say({ type: 'hello', versions: [1], token: TOKEN });
    await second.next('welcome');
    const third = await open();
    third.say({ type: 'hello', versions: [1], token: TOKEN });
    expect(await third.next('error')).toMatchObject({ error: { code: 'GATEWAY_LIMIT' } });
    expect(await third.end()).toMatchObject({ code: 4429 });
  });

  test('strangers take nobody’s place: the one that has been silent longest makes room', async () => {
    await restart({ maxConnections: 2 });
    const strangers: TestClient[] = [];
    for (let n = 0; n < 51; n++) strangers.push(await open());
    expect(await strangers[0].end()).toMatchObject({ code: 4429 });
    expect(strangers.slice(1).filter((s) => s.ended !== null)).toEqual([]);
    const { client } = await ready();
    expect(client.ended).toBeNull();
  });

  test('strangers are listened to for the length of a hello, whole or not', async () => {
    const stranger = await open();
    stranger.socket.send('x'.repeat(100_000), { fin: false });
    expect(await stranger.end()).toMatchObject({ code: 4400 });
  });

  test.each(['{"type":{"toString":null}}', `{"type":${'['.repeat(30_000)}${']'.repeat(30_000)}}`])(
    'a stranger ends nobody but himself',
    async (message) => {
      const stranger = await open();
      stranger.say(message);
      expect(await stranger.end()).toMatchObject({ code: 4400 });
      await ready();
      expect(log).not.toContain('"internal error"');
    },
  );

  test('a handshake that is refused leaves no socket behind, whoever keeps his side open', async () => {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    let over = false;
    socket.on('error', () => (over = true));
    socket.on('close', () => (over = true));
    socket.write('GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await new Promise((resolve) => socket.once('end', resolve).resume());
    await until(() => {
      socket.write('x');
      return over;
    });
    socket.destroy();
  });

  test('an unknown cluster is named, with those there are', async () => {
    const error = await failure(GatewaySession.connect(gateway.url, { token: TOKEN, cluster: 'moon' }));
    expect(error.code).toBe('CLUSTER_NOT_FOUND');
    expect(error.message).toContain("'moon'");
    expect(error.message).toContain("'embedded'");
  });
});

describe('what a client may send', () => {
  test('wrong messages are answered one by one, and the connection goes on', async () => {
    const { client, session } = await ready();
    const wrong = [
      '',
      '{',
      '[]',
      'null',
      '"x"',
      '{}',
      '{"type":"__proto__"}',
      '{"type":"hello","versions":[1]}',
      `{"type":"next","session":"${session}"}`,
    ];
    for (const message of wrong) {
      client.say(message);
      expect(await client.next('error')).toMatchObject({ error: { code: 'PROTOCOL_INVALID' } });
    }
    client.say(new Uint8Array(100));
    expect(await client.next('error')).toMatchObject({ error: { code: 'PROTOCOL_INVALID' } });
    expect(await client.ask({ type: 'complete', session })).toMatchObject({ error: { code: 'PROTOCOL_INVALID' } });
    expect(await client.ask({ type: 'jobs', session: 'nobody' })).toMatchObject({ error: { code: 'SESSION_CLOSED' } });
    expect(await client.ask({ type: 'snapshot', stream: 'none' })).toMatchObject({ error: { code: 'RESULT_GONE' } });
    expect(await client.ask({ type: 'openSession', options: { 'parallelism.default': 'many' } })).toMatchObject({
      error: { code: 'OPTION_INVALID' },
    });
    expect(await client.ask({ type: 'options', session })).toMatchObject({ value: {} });
  });

  test('whatever comes, the gateway lives, and serves whoever asks properly', async () => {
    const { client, session } = await ready();
    client.say({ type: 'execute', session, execution: 'e', text: 'SELECT 1 AS a', options: { changes: true } });
    const { stream } = await client.next('statement');
    const types = ['execute', 'next', 'changes', 'credit', 'subscribe', 'viewport', 'ack', 'viewOpen', 'viewMessage'];
    types.push('snapshot', 'status', 'present', 'presentError', 'complete', 'validate', 'explain', 'attach', 'cancel');
    const field = fc.oneof(fc.constantFrom<unknown>(session, stream, 0, 1, 64, '', 'SELECT 1', {}, []), fc.jsonValue());
    const names = [
      'id',
      'session',
      'stream',
      'execution',
      'subscription',
      'channel',
      'text',
      'offset',
      'data',
      'viewport',
    ];
    names.push('options', 'credit', 'received', 'after', 'seq', 'error', 'cell', 'stage');
    const proper = {
      session,
      stream,
      execution: 'e',
      subscription: 1,
      channel: 'c',
      text: 'SELECT 1',
      offset: 1,
      seq: 1,
    };
    const usual = { ...proper, credit: 1, received: 0, viewport: { from: 0, to: 5 }, cell: '', data: { stream } };
    const messages = fc.record({
      type: fc.constantFrom(...types),
      odd: fc.dictionary(fc.constantFrom(...names), field),
    });
    const error = { code: 'INTERNAL', message: '' };
    fc.sample(messages, { numRuns: 400, seed: 7 }).forEach(({ type, odd }, id) => {
      client.say({ ...usual, error, type, id, ...odd });
    });
    expect(await client.ask({ type: 'options', session })).toMatchObject({ value: {} });
    expect(client.ended).toBeNull();
    const { client: other } = await ready();
    expect(other.ended).toBeNull();
    expect(log).not.toContain('"internal error"');
  });

  test('names that nobody has given out do nothing', async () => {
    const { client, session } = await ready();
    for (const type of ['next', 'endExecution', 'interrupt'])
      client.say({ type, session, execution: 'none', received: 0 });
    client.say({ type: 'credit', stream: 'none', credit: 1, received: 0 });
    client.say({ type: 'stopChanges', stream: 'none' });
    client.say({ type: 'release', stream: 'none' });
    client.say({ type: 'viewMessage', channel: 'none', data: { type: 'pause' } });
    client.say({ type: 'viewClose', channel: 'none' });
    for (const type of ['ack', 'unsubscribe', 'viewport'])
      client.say({ type, subscription: 9, seq: 1, viewport: { from: 0, to: 1 } });
    client.say({ type: 'changes', stream: 'none', credit: 1 });
    expect(await client.next('changesEnd')).toMatchObject({ error: { code: 'RESULT_GONE' } });
    client.say({ type: 'subscribe', stream: 'none', subscription: 1, viewport: { from: 0, to: 1 } });
    expect(await client.next('subscriptionEnd')).toMatchObject({ error: { code: 'RESULT_GONE' } });
    client.say({ type: 'execute', session: 'none', execution: 'e', text: 'SHOW TABLES' });
    expect(await client.next('executionEnd')).toMatchObject({ error: { code: 'SESSION_CLOSED' } });
    client.say({ type: 'viewOpen', session, channel: 'c', data: { stream: 'none' } });
    expect(await client.next('view')).toMatchObject({ channel: 'c', data: { type: 'gone' } });
    expect(client.messages.filter((m) => m.type !== 'reply')).toEqual([]);
  });

  test('a viewport of columns that are not there harms nobody', async () => {
    const { client, session } = await ready();
    client.say({ type: 'execute', session, execution: 'e', text: 'SELECT 1 AS a' });
    const { stream } = await client.next('statement');
    const viewport = { from: 0, to: 1, sort: [{ column: 1, ascending: true }] };
    client.say({ type: 'subscribe', stream, subscription: 1, viewport });
    expect(await client.next('subscriptionEnd')).toMatchObject({ error: { code: 'PROTOCOL_INVALID' } });
    client.say({ type: 'subscribe', stream, subscription: 2, viewport: { from: 0, to: 1 } });
    await client.until(() => client.frames[0]);
    client.say({ type: 'viewport', subscription: 2, viewport });
    expect(await client.next('error')).toMatchObject({ error: { code: 'PROTOCOL_INVALID' } });
  });

  test('a message that is too large ends the connection; the library does not send it', async () => {
    await restart({ maxMessage: 10_000 });
    const { client } = await ready();
    client.say({ type: 'parameterNames', id: 1, text: 'x'.repeat(20_000) });
    expect(await client.end()).toMatchObject({ code: 1009 });
    const session = await GatewaySession.connect(gateway.url, { token: TOKEN });
    expect((await failure(session.validate('x'.repeat(20_000)))).code).toBe('GATEWAY_LIMIT');
    const iterate = async (): Promise<void> => {
      for await (const statement of session.execute(`SELECT '${'x'.repeat(20_000)}'`)) await statement.done;
    };
    expect((await failure(iterate())).code).toBe('GATEWAY_LIMIT');
    expect(await session.parameterNames('SELECT {a}, :b')).toEqual(['a', 'b']);
    await session.close();
  });
});

describe('a plain client, such as one in another language', () => {
  test('runs statements that follow each other, and reads the result', async () => {
    const { client, session } = await ready();
    client.say({ type: 'execute', session, execution: 'e', text: "SET 'a.b' = 'c'; SELECT 1 AS a, 'x' AS b; SELEC" });
    const first = await client.next('statement');
    expect(first).toMatchObject({ execution: 'e', index: 0, kind: 'set', hasView: true });
    expect(await client.next('statement')).toMatchObject({
      index: 1,
      kind: 'query',
      text: "SELECT 1 AS a, 'x' AS b",
      columns: [
        { name: 'a', type: 'INT NOT NULL' },
        { name: 'b', type: 'CHAR(1) NOT NULL' },
      ],
      bounded: true,
      changelog: 'append',
      upsertKey: null,
    });
    expect(await client.next('executionEnd')).toMatchObject({ statements: 2, error: { code: 'SQL_SYNTAX' } });
    expect(await client.next('end')).toMatchObject({ end: { state: 'finished' } });
    const end = await client.next('end');
    expect(end).toMatchObject({ end: { state: 'finished', rows: 1, changes: 1 } });
    const reply = await client.ask({ type: 'snapshot', stream: end.stream });
    expect(reply).toMatchObject({ value: { frames: 1, rows: 1 } });
    expect(client.frames.map((f) => f.header)).toEqual([{ type: 'rows', id: reply.id, rows: 1 }]);
    expect(await client.ask({ type: 'present', stream: end.stream, options: { title: 'T' } })).toMatchObject({
      value: { 'application/vnd.streamcell.view+json': { stream: end.stream, title: 'T', snapshot: [['1', 'x']] } },
    });
    expect(
      await client.ask({ type: 'presentError', error: { code: 'SQL_SYNTAX', message: 'no' }, cell: 'SELEC' }),
    ).toMatchObject({ value: { 'text/plain': expect.stringContaining('SQL_SYNTAX no') } });
  });

  test('shows statements that are no queries as a kernel does, and INSERT as it stands', async () => {
    const { client, session } = await ready();
    const shown = async (): Promise<unknown> => {
      const { stream } = await client.next('statement');
      return (await client.ask({ type: 'present', stream })).value;
    };
    const text = `${ENDLESS}; CREATE TEMPORARY VIEW \`a <b>\` AS SELECT 1 AS x; SHOW TABLES; EXPLAIN SELECT 1;
      CREATE TABLE hole (id BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO hole SELECT id FROM endless`;
    client.say({ type: 'execute', session, execution: 'e', text });
    await client.next('statement');
    expect(await shown()).toEqual({
      'text/plain': expect.stringMatching(/^OK · CREATE TEMPORARY VIEW `a <b>` · \d+ ms$/),
      'text/html': expect.stringContaining('CREATE TEMPORARY VIEW `a &lt;b&gt;` &nbsp; '),
    });
    expect(await shown()).toMatchObject({ 'text/plain': expect.stringMatching(/a <b>[\s\S]*\n2 rows$/) });
    expect(await shown()).toMatchObject({ 'text/html': expect.stringMatching(/^<pre>/) });
    await shown();
    const { stream, jobId } = await client.next('statement');
    const running = (await client.ask({ type: 'present', stream })).value;
    expect(running).toMatchObject({ 'text/plain': `INSERT INTO hole · running · job ${jobId}` });
    await client.ask({ type: 'cancel', stream });
    const stopped = (await client.ask({ type: 'present', stream })).value as Record<string, string>;
    expect(stopped['text/plain']).toMatch(/^INSERT INTO hole · stopped · [\d,]+ rows? written · .* · job \S+$/);
  });

  test('checks a text whose values are not known yet: its syntax and names, and all of it when it asks for none', async () => {
    const { client, session } = await ready();
    const codes = async (text: string, unbound?: boolean): Promise<unknown> => {
      const { value } = await client.ask({ type: 'validate', session, text, unbound });
      return (value as readonly { code: string }[]).map(({ code }) => code);
    };
    expect(await codes("SELECT JSON_VALUE({a}, '$.x')", true)).toEqual([]);
    expect(await codes("SELECT JSON_VALUE(0, '$.x')", true)).not.toEqual([]);
    expect(await codes('SELECT {a} + nope FROM (VALUES (1)) AS t(x)', true)).toEqual(['COLUMN_NOT_FOUND']);
    expect(await codes('SELECT {a!r} FROM nowhere', true)).toEqual([]);
    expect(await codes('SELECT {a} FROM', true)).toEqual(['SQL_SYNTAX']);
    expect(await codes("SELECT '{a}' FROM nowhere", true)).toEqual(['TABLE_NOT_FOUND']);
    expect(await codes('SELECT x FROM nowhere')).toEqual(['TABLE_NOT_FOUND']);
  });

  test('relays a view: what the front end sends, and what comes back', async () => {
    const { client, session } = await ready();
    client.say({ type: 'execute', session, execution: 'e', text: `${ENDLESS}; SELECT COUNT(*) AS n FROM endless` });
    await client.next('statement');
    const { stream } = await client.next('statement');
    const viewport = { from: 0, to: 10, mode: 'table' };
    client.say({ type: 'viewOpen', session, channel: 'comm', data: { stream, viewport } });
    client.say({ type: 'viewMessage', channel: 'comm', data: { type: 'viewport', epoch: 7, viewport } });
    expect(await client.next('view')).toMatchObject({ channel: 'comm', data: { type: 'attached' } });
    const frame = await client.until(() =>
      client.frames.find(
        ({ header }) => header.type === 'view' && header.data.type === 'frame' && header.data.epoch === 7,
      ),
    );
    expect(frame.header).toMatchObject({ channel: 'comm', data: { from: 0, rowCount: 1 } });
    expect(frame.body.length).toBeGreaterThan(100);
    client.say({ type: 'viewMessage', channel: 'comm', data: { type: 'stop' } });
    await client.until(() => client.messages.find((m) => m.type === 'end' && m.stream === stream));
    client.say({ type: 'viewMessage', channel: 'comm', data: { type: 'dance' } });
    expect(await client.next('view')).toMatchObject({ data: { type: 'refused', error: { code: 'MESSAGE_INVALID' } } });
  });
});

describe('sessions', () => {
  const all = async (session: GatewaySession, text: string): Promise<Statement[]> => {
    const statements: Statement[] = [];
    for await (const statement of session.execute(text)) statements.push(statement);
    return statements;
  };
  const tables = async (session: GatewaySession): Promise<unknown[]> => {
    const [statement] = await all(session, 'SHOW TABLES');
    return ((await statement.view?.snapshot()) ?? []).map((r) => r.fields[0]);
  };

  test('know nothing of each other', async () => {
    const one = await GatewaySession.connect(gateway.url, { token: TOKEN });
    const two = await GatewaySession.connect(gateway.url, { token: TOKEN });
    const [, query] = await all(one, `${ENDLESS}; SELECT id FROM endless`);
    await all(two, "SET 'my.own' = 'x'");
    expect([await tables(one), await tables(two)]).toEqual([['endless'], []]);
    expect([await one.jobs(), await two.jobs()].map((j) => j.length)).toEqual([1, 0]);
    expect(await one.options()).toEqual({});
    expect((await failure(two.stopJob(query.jobId as string))).code).toBe('JOB_NOT_FOUND');
    expect((await failure(two.present(query))).code).toBe('RESULT_GONE');
    const { client } = await ready();
    const stream = `${one.id}.2`;
    expect(await client.ask({ type: 'status', stream })).toMatchObject({ error: { code: 'RESULT_GONE' } });
    expect(await client.ask({ type: 'cancel', stream })).toMatchObject({ error: { code: 'RESULT_GONE' } });
    await two.close();
    expect((await query.view?.status())?.state).toBe('running');
    await one.close();
    expect((await query.done).state).toBe('cancelled');
  });

  test('that are left on purpose run on, until they are closed', async () => {
    const one = await GatewaySession.connect(gateway.url, { token: TOKEN });
    await all(
      one,
      `${ENDLESS}; CREATE TABLE nowhere (id BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO nowhere SELECT id FROM endless`,
    );
    const { id } = one;
    await one.detach();
    expect(one.state).toBe('closed');
    expect((await failure(all(one, 'SHOW TABLES'))).code).toBe('SESSION_CLOSED');
    const { client } = await ready();
    expect(await client.ask({ type: 'openSession', resume: id })).toMatchObject({
      value: { session: id, resumed: true },
    });
    const jobs = await client.ask({ type: 'jobs', session: id });
    expect(jobs).toMatchObject({ value: [{ state: 'running' }] });
    await client.ask({ type: 'detach', session: id });
    expect(await client.ask({ type: 'jobs', session: id })).toMatchObject({ error: { code: 'SESSION_CLOSED' } });
    expect((await rest(`/v1/sessions/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect(await client.ask({ type: 'openSession', resume: id })).toMatchObject({ error: { code: 'SESSION_CLOSED' } });
  });

  test("that are ended from elsewhere are not their connection's any more", async () => {
    const { client, session } = await ready();
    client.say({ type: 'execute', session, execution: 'e', text: `${ENDLESS}; SELECT id FROM endless` });
    await client.next('statement');
    const { stream } = await client.next('statement');
    client.say({ type: 'subscribe', stream, subscription: 1, viewport: { from: 0, to: 10 } });
    expect((await rest(`/v1/sessions/${session}`, { method: 'DELETE' })).status).toBe(204);
    expect(await client.next('sessionEnd')).toMatchObject({ session, reason: 'closed' });
    expect(await client.next('subscriptionEnd')).toMatchObject({ subscription: 1, error: { code: 'SESSION_CLOSED' } });
    expect(await client.ask({ type: 'jobs', session })).toMatchObject({ error: { code: 'SESSION_CLOSED' } });
    expect(await client.ask({ type: 'status', stream })).toMatchObject({ error: { code: 'RESULT_GONE' } });
  });

  test('that are left on purpose end, when their jobs have ended for long enough', async () => {
    await restart({ sessionTimeout: 100 });
    const one = await GatewaySession.connect(gateway.url, { token: TOKEN });
    await all(
      one,
      `${ENDING}; CREATE TABLE nowhere (id BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO nowhere SELECT id FROM ending`,
    );
    await one.detach();
    // As long as its job runs it is there, however often its time-out has passed.
    let running = 1;
    await until(async () => {
      const { sessions } = (await (await rest('/v1/sessions')).json()) as { sessions: { running: number }[] };
      if (running > 0) expect(sessions).toHaveLength(1);
      running = sessions[0]?.running ?? 0;
      return sessions.length === 0;
    });
    expect(log).toContain('"session expired"');
  });

  test('that another connection takes over say so', async () => {
    const one = await GatewaySession.connect(gateway.url, { token: TOKEN });
    const [, query] = await all(one, `${ENDLESS}; SELECT id FROM endless`);
    const { client } = await ready();
    await client.ask({ type: 'openSession', resume: one.id });
    const error = await failure(query.done);
    expect(error.code).toBe('GATEWAY_LOST');
    expect(error.message).toContain('resumed elsewhere');
    expect(await client.ask({ type: 'jobs', session: one.id })).toMatchObject({ value: [{ state: 'running' }] });
  });

  test('that are taken over are looked at no more from where they were', async () => {
    const { client, session } = await ready();
    client.say({ type: 'execute', session, execution: 'e', text: `${ENDLESS}; SELECT id FROM endless` });
    await client.next('statement');
    const { stream } = await client.next('statement');
    const viewport = { from: 0, to: 1 };
    client.say({ type: 'subscribe', stream, subscription: 1, viewport });
    client.say({ type: 'viewOpen', session, channel: 'c', data: { stream, viewport: { ...viewport, mode: 'table' } } });
    await client.until(() => (client.frames.length >= 2 ? true : undefined));
    await client.until(() => client.messages.find((m) => m.type === 'view'));
    client.messages.length = 0;
    const { client: other } = await ready();
    await other.ask({ type: 'openSession', resume: session });
    expect(await client.next('subscriptionEnd')).toMatchObject({ subscription: 1, error: { code: 'SESSION_CLOSED' } });
    expect(await client.next('view')).toMatchObject({ channel: 'c', data: { type: 'gone' } });
    client.frames.length = 0;
    client.say({ type: 'ack', subscription: 1, seq: 1 });
    other.say({ type: 'subscribe', stream, subscription: 1, viewport });
    await other.until(() => other.frames[0]);
    expect(client.frames).toEqual([]);
  });

  test('that are resumed where they are stay there', async () => {
    const { client, session } = await ready();
    expect(await client.ask({ type: 'openSession', resume: session })).toMatchObject({
      value: { session, resumed: true },
    });
    client.say({ type: 'execute', session, execution: 'e', text: 'SHOW TABLES' });
    await client.next('executionEnd');
    expect(client.messages.map((m) => m.type)).not.toContain('sessionEnd');
  });

  test('are listed and ended over HTTP, with the token only', async () => {
    const one = await GatewaySession.connect(gateway.url, { token: TOKEN });
    const [, query] = await all(one, `${ENDLESS}; SELECT id FROM endless`);
    for (const token of [null, 'another']) {
      const refused = await rest('/v1/sessions', { token });
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="streamcell"']);
    }
    expect(await (await rest('/v1/sessions')).json()).toEqual({
      sessions: [{ id: one.id, cluster: 'embedded', connected: true, running: 1, createdAt: expect.any(Number) }],
    });
    expect((await rest('/v1/sessions/nobody', { method: 'DELETE' })).status).toBe(404);
    expect((await rest('/v1/sessions', { method: 'POST', body: 'x' })).status).toBe(405);
    expect((await rest('/elsewhere')).status).toBe(404);
    expect(await (await rest('/health', { token: null })).json()).toEqual({ status: 'ok' });
    expect((await rest(`/v1/sessions/${one.id}`, { method: 'DELETE' })).status).toBe(204);
    await query.done.catch(() => undefined);
    expect(one.state).toBe('lost');
  });
});

describe('a gateway', () => {
  test('gives up who shows no sign of life', async () => {
    await restart({ heartbeat: 100 });
    const { client, session } = await ready();
    // Many more beats than may be missed, all answered.
    await client.until(() => (client.beats > 8 ? true : undefined));
    expect(client.ended).toBeNull();
    client.polite = false;
    expect(await client.end()).toMatchObject({ code: 4410 });
    // The session waits for its client.
    const { client: again } = await ready();
    expect(await again.ask({ type: 'openSession', resume: session })).toMatchObject({ value: { resumed: true } });
  });

  test('says goodbye when it is shut down', async () => {
    const { client } = await ready();
    await gateway.close();
    expect(await client.next('sessionEnd')).toMatchObject({ reason: 'shutdown' });
    expect(await client.end()).toMatchObject({ code: 1001 });
    await expect(open()).rejects.toThrow();
  });

  test('logs neither tokens nor what statements say', async () => {
    const { client, session } = await ready();
    const text =
      "CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'properties.sasl.jaas.config' = 'password=hunter2')";
    client.say({ type: 'execute', session, execution: 'e', text });
    await client.next('executionEnd');
    client.say({ type: 'nonsense', token: TOKEN, text });
    await client.next('error');
    expect(log).toContain('"session opened"');
    expect(log).not.toMatch(/hunter2|CREATE|a-token-of-the-tests/);
    for (const line of log.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('event');
  });

  test('that can be reached from elsewhere says so in its log', async () => {
    expect(log).not.toContain('TLS');
    await restart({ host: '0.0.0.0' });
    expect(log).toContain('"level":"warn","event":"reachable from elsewhere, without TLS of its own"');
  });

  test('that cannot listen says where', async () => {
    const { port } = new URL(gateway.url);
    const error = await failure(
      Gateway.start({ host: '127.0.0.1', port: Number(port), token: TOKEN, log: () => undefined }),
    );
    expect(error.code).toBe('GATEWAY_UNREACHABLE');
    expect(error.message).toContain(`127.0.0.1:${port}`);
  });
});
