import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { GatewaySession } from '../session/gateway-session.js';
import { TestClient } from './test-client.js';
import { startGateway, type GatewayProcess } from './test-gateway.js';

const MEGABYTES = 1 << 20;
/** Others may take so many times what they take alone, and milliseconds: being blocked takes as long as the client does not read. */
const MUCH = 20;
const GRACE = 2000;

let gateway: GatewayProcess;
const clients: TestClient[] = [];
beforeEach(async () => {
  gateway = await startGateway();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await gateway.end();
});

/** Megabytes of memory that the gateway holds, buffers of the system apart. */
function memory(): number {
  const status = readFileSync(`/proc/${gateway.child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

async function ready(): Promise<{ client: TestClient; session: string }> {
  const opened = await TestClient.ready(gateway.url, gateway.token);
  clients.push(opened.client);
  return opened;
}

/** The id of a result of many wide rows. */
async function wideResult(client: TestClient, session: string): Promise<string> {
  const text = `CREATE TABLE wide (id BIGINT, filler STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '30000', 'rows-per-second' = '1000000', 'fields.filler.length' = '200'); SELECT id, filler FROM wide`;
  client.say({ type: 'execute', session, execution: 'wide', text });
  await client.next('statement');
  const { stream } = await client.next('statement');
  await client.until(() => client.messages.find((m) => m.type === 'end' && m.stream === stream));
  return stream as string;
}

/** The most that the gateway has held in a while. */
async function watched(milliseconds: number): Promise<number> {
  let most = 0;
  for (const end = Date.now() + milliseconds; Date.now() < end;) {
    most = Math.max(most, memory());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return most;
}

describe('a client that does not read', () => {
  test('costs the gateway no memory, whatever it asks for; nor others their time', async () => {
    const { client, session } = await ready();
    const stream = await wideResult(client, session);
    // Once, so that what the work itself needs is there already.
    expect(await client.ask({ type: 'snapshot', stream })).toMatchObject({ value: { rows: 30_000, frames: 2 } });
    const bytes = client.frames.reduce((sum, f) => sum + f.body.length, 0);
    expect(bytes).toBeGreaterThan(5 * MEGABYTES);
    const before = memory();
    const usual = await lively();
    client.socket.pause();
    // 100 times 6 MB, and 10 viewports of 2 MB each, acknowledged without having been seen.
    for (let id = 0; id < 100; id++) client.say({ type: 'snapshot', id, stream });
    for (let subscription = 0; subscription < 10; subscription++) {
      client.say({ type: 'subscribe', stream, subscription, viewport: { from: 0, to: 10_000 } });
      client.say({ type: 'ack', subscription, seq: 1_000_000 });
    }
    const [most, other] = await Promise.all([watched(8000), lively()]);
    expect(most - before).toBeLessThan(200);
    expect(other).toBeLessThan(MUCH * usual + GRACE);
    // Once it reads again, everything comes.
    client.frames.length = 0;
    client.socket.resume();
    await client.until(() => client.messages.find((m) => m.type === 'reply' && m.id === 5));
    const rows = client.frames.flatMap(({ header }) =>
      header.type === 'rows' && header.id === 5 ? [header.rows] : [],
    );
    expect(rows).toEqual([20_000, 10_000]);
  });

  test('and reads no changes holds its query back, and nothing else', async () => {
    const usual = await lively();
    const { client, session } = await ready();
    const text = `CREATE TABLE fast (id BIGINT, filler STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '10000000', 'fields.filler.length' = '200'); SELECT id, filler FROM fast`;
    client.say({ type: 'execute', session, execution: 'e', text, options: { changes: true, maxRows: 100 } });
    await client.next('statement');
    const { stream } = await client.next('statement');
    client.say({ type: 'changes', stream, credit: 64 });
    await client.until(() => (client.frames.length >= 64 ? true : undefined));
    const { value } = await client.ask({ type: 'status', stream });
    const before = memory();
    const most = await watched(1000);
    const { value: after } = await client.ask({ type: 'status', stream });
    expect((after as { changes: number }).changes).toBe((value as { changes: number }).changes);
    expect(client.frames).toHaveLength(64);
    expect(most - before).toBeLessThan(200);
    expect(await lively()).toBeLessThan(MUCH * usual + GRACE);
  });
});

/** Milliseconds that somebody else's small session takes. */
async function lively(): Promise<number> {
  const began = Date.now();
  const session = await GatewaySession.connect(gateway.url, { token: gateway.token });
  for await (const statement of session.execute("CREATE TABLE p (a INT) WITH ('connector' = 'blackhole'); SHOW TABLES"))
    expect((await statement.view?.snapshot())?.length).toBe(1);
  await session.close();
  return Date.now() - began;
}
