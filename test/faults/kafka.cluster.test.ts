import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { EmbeddedSession } from '@streamcell/runtime/session/index';
import type { Statement } from '@streamcell/runtime/session/session';
import type { StreamcellError } from '@streamcell/runtime/types/index';
import { Kafka, logLevel } from 'kafkajs';
import { KafkaBroker } from '../cluster/kafka.js';
import { counted, Scene } from './scene.js';

const broker = new KafkaBroker();
let scene: Scene;

beforeAll(() => broker.start(), 300_000);
afterAll(() => broker.stop(), 60_000);
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.clear());

const client = (): Kafka => new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING });

async function produce(topic: string, values: readonly (string | null)[]): Promise<void> {
  const producer = client().producer();
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ value })) });
  await producer.disconnect();
}

/** Values of a topic up to its present end, in order. */
async function valuesOf(topic: string): Promise<string[]> {
  const session = scene.session();
  const { rows, error } = await scene.run(
    `${table(topic, 'bounded', '', 'v STRING', 'raw')}SELECT v FROM bounded`,
    session,
  );
  if (error !== null) throw error;
  return [...rows];
}

const table = (topic: string, name = 't', more = '', columns = 'id INT, v STRING', format = 'json'): string => {
  const values =
    format === 'raw'
      ? "'format' = 'csv', 'csv.field-delimiter' = '|', 'csv.disable-quote-character' = 'true'"
      : `'format' = '${format}'`;
  const bounded = more.includes('unbounded') || name === 'o' ? '' : ", 'scan.bounded.mode' = 'latest-offset'";
  return `CREATE TABLE ${name} (${columns}) WITH ('connector' = 'kafka', 'topic' = '${topic}', ${values},
    'properties.bootstrap.servers' = '${broker.bootstrapServers}', 'scan.startup.mode' = 'earliest-offset'${bounded}${more});\n`;
};

const UNBOUNDED = ", 'scan.bounded.mode' = 'unbounded'";

async function start(session: EmbeddedSession, text: string): Promise<Statement> {
  let last: Statement | null = null;
  for await (last of session.execute(text));
  if (last === null) throw new Error('a statement is expected');
  return last;
}

async function until(holds: () => Promise<boolean>, millis = 30_000): Promise<void> {
  const deadline = Date.now() + millis;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it did not come about within ${millis} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const rowsOf = async (statement: Statement): Promise<number> => (await statement.view?.status())?.rows ?? 0;

describe('malformed records of a topic', () => {
  const VALUES = ['{"id":1,"v":"a"}', null, '{"id":2,"v":"b"}', '{"id":', '{"v":"d"}', '{"id":5,"v":"e"}'];

  test('fail by default, with partition and offset, after the rows before them', async () => {
    await produce('strict', VALUES);
    const { rows, error } = await scene.run(`${table('strict')}SELECT * FROM t`);
    expect(rows).toEqual(['1 a', '2 b']);
    expect(error?.code).toBe('RECORD_MALFORMED');
    expect(error?.message).toContain('Partition strict-0, offset 3: ');
    expect(error?.operator).toMatch(/^TableSourceScan\(/);
  });

  test('are skipped and counted with ignore-parse-errors; a missing field is NULL, or an error when asked', async () => {
    await produce('lenient', VALUES);
    const session = scene.session();
    const lenient = await scene.run(
      `${table('lenient', 't', ", 'json.ignore-parse-errors' = 'true'")}SELECT * FROM t`,
      session,
    );
    expect(lenient).toEqual({ rows: ['1 a', '2 b', 'NULL d', '5 e'], error: null });
    expect((await counted(session)).malformed).toBe(1);
    const strict = await scene.run(
      `${table('lenient', 't', ", 'json.fail-on-missing-field' = 'true', 'scan.startup.mode' = 'specific-offsets', 'scan.startup.specific-offsets' = 'partition:0,offset:4'").replace("'scan.startup.mode' = 'earliest-offset', ", '')}SELECT * FROM t`,
    );
    expect(strict.error?.message).toContain('Partition lenient-0, offset 4: ');
  });
});

describe('a topic that is not there', () => {
  test('is named', async () => {
    const { error } = await scene.run(`${table('no such topic!')}SELECT * FROM t`);
    expect(error?.kind).toBe('external');
    expect(error?.message).toContain('no such topic!');
  });
});

// These come last: they take the broker away from everybody.
describe('a broker that dies', () => {
  test('while it is read from and written to, and comes back: nothing is lost, nothing twice', async () => {
    const values = (from: number, to: number): string[] =>
      Array.from({ length: to - from }, (_, i) => `{"id":${from + i},"v":"x"}`);
    await produce('in', values(0, 1000));
    await produce('out', ['{"id":-1,"v":"first"}']);
    const session = scene.session();
    const query = await start(session, `${table('in', 't', UNBOUNDED)}SELECT id FROM t`);
    const copy = await start(session, `${table('out', 'o')}INSERT INTO o SELECT id, v FROM t`);
    await until(async () => (await rowsOf(query)) === 1000 && (await valuesOf('out')).length === 1001);
    await broker.kill();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect((await session.jobs()).map((j) => j.state)).toEqual(['running', 'running']);
    await broker.restart();
    await produce('in', values(1000, 2000));
    await until(async () => (await rowsOf(query)) === 2000, 60_000);
    await until(async () => (await valuesOf('out')).length >= 2001, 60_000);
    const ids = (await valuesOf('out')).map((v) => (JSON.parse(v) as { id: number }).id);
    expect(ids).toEqual([-1, ...Array.from({ length: 2000 }, (_, i) => i)]);
    await Promise.all([query.cancel(), copy.cancel()]);
  }, 180_000);

  test('for longer than delivery.timeout.ms ends the job that writes, and no other', async () => {
    const session = scene.session();
    const ticks = "CREATE TABLE ticks (id INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000');\n";
    const healthy = await start(session, `${ticks}SELECT COUNT(*) AS n FROM ticks`);
    const copy = await start(
      session,
      `${table('gone', 'o', ", 'properties.delivery.timeout.ms' = '1500'", 'id INT')}INSERT INTO o SELECT id FROM ticks`,
    );
    // The writer makes the topic; before, there is none to look at.
    await until(async () => (await valuesOf('gone').catch(() => [])).length > 0, 30_000);
    await broker.kill();
    const error = await copy.done.then(
      () => null,
      (thrown: StreamcellError) => thrown,
    );
    expect(error?.code).toBe('KAFKA_UNREACHABLE');
    expect(error?.message).toMatch(
      /^Records could not be delivered to gone-0 within 1500 ms: no answer from 127\.0\.0\.1:\d+\.$/,
    );
    expect(error?.operator).toMatch(/^Sink\(/);
    expect((await session.jobs()).map((j) => j.state)).toEqual(['running', 'failed']);
    await healthy.cancel();
  }, 90_000);

  test('does not hold up who cancels', async () => {
    const session = scene.session();
    const query = await start(session, `${table('in', 't', UNBOUNDED)}SELECT * FROM t`);
    await query.cancel();
    await expect(query.done).resolves.toMatchObject({ state: 'cancelled' });
  });
});
