import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { sleep } from '../cluster/child-process.js';
import { FlinkCluster } from '../cluster/flink.js';
import { JobManagerClient } from '../cluster/job-manager-client.js';
import { KafkaBroker } from '../cluster/kafka.js';
import { SqlGatewayClient } from '../cluster/sql-gateway-client.js';
import { splitStatements } from '../cluster/sql-script.js';
import { click, closing, inStock, windowOf, WINDOW_SECONDS, writeItems } from './events.js';

/*
 * The whole of it, as a user runs it: `npx streamcell run` on a script that reads a live topic (20,000 records a second, some late, some
 * malformed) and a large JSON file, windows and joins them, writes to another topic and prints; then Ctrl-C. Flink runs the same script
 * beside it, and both topics must hold the same rows.
 *
 * STREAMCELL_MAIN_JOB_ITEMS: rows of the file (5000000 for the real thing). STREAMCELL_MAIN_JOB_SECONDS: how long the topic is written to.
 */
const ITEMS = Number(process.env['STREAMCELL_MAIN_JOB_ITEMS'] ?? 300_000);
const SECONDS = Number(process.env['STREAMCELL_MAIN_JOB_SECONDS'] ?? 35);
const PER_SECOND = 20_000;
const PARTITIONS = 2;
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const broker = new KafkaBroker();
const flink = new FlinkCluster({ slots: 4, taskHeapMegabytes: ITEMS > 1_000_000 ? 3000 : 1024 });
let directory = '';
let kafka: Kafka;
let producer: Producer;
let command: ChildProcess | null = null;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamcell-main-job-'));
  await Promise.all([broker.start(), flink.start(), writeItems(join(directory, 'items.json'), ITEMS)]);
  kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    topics: [
      { topic: 'clicks', numPartitions: PARTITIONS },
      { topic: 'by-engine', numPartitions: 1 },
      { topic: 'by-flink', numPartitions: 1 },
    ],
  });
  await admin.disconnect();
  producer = kafka.producer();
  await producer.connect();
}, 600_000);

afterAll(async () => {
  try {
    if (command?.pid !== undefined) process.kill(-command.pid, 'SIGKILL');
  } catch {
    // As it should be: nothing of it is left.
  }
  await producer.disconnect();
  await Promise.all([broker.stop(), flink.stop()]);
  await rm(directory, { recursive: true, force: true });
}, 60_000);

const script = (output: string): string => `
CREATE TABLE clicks (item INT, price DECIMAL(10, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) WITH (
  'connector' = 'kafka', 'topic' = 'clicks', 'properties.bootstrap.servers' = '${broker.bootstrapServers}',
  'properties.group.id' = 'reads-for-${output}', 'scan.startup.mode' = 'earliest-offset',
  'format' = 'json', 'json.ignore-parse-errors' = 'true');
CREATE TABLE items (id INT, name STRING, stock INT) WITH ('connector' = 'filesystem', 'path' = '${directory}/items.json', 'format' = 'json');
CREATE TABLE totals (name STRING, window_start TIMESTAMP(3), clicks BIGINT, spent DECIMAL(38, 2)) WITH (
  'connector' = 'kafka', 'topic' = '${output}', 'properties.bootstrap.servers' = '${broker.bootstrapServers}', 'format' = 'json');
CREATE TABLE shown (window_start TIMESTAMP(3), clicks BIGINT, spent DECIMAL(38, 2)) WITH ('connector' = 'print', 'print-identifier' = 'window');
CREATE VIEW sound AS SELECT item, price, ts FROM clicks WHERE price IS NOT NULL;
EXECUTE STATEMENT SET BEGIN
INSERT INTO totals
SELECT i.name, c.window_start, c.clicks, c.spent
FROM (
  SELECT item, window_start, window_end, COUNT(*) AS clicks, SUM(price) AS spent
  FROM TABLE(TUMBLE(TABLE sound, DESCRIPTOR(ts), INTERVAL '${WINDOW_SECONDS}' SECOND))
  GROUP BY item, window_start, window_end
) AS c
JOIN (SELECT id, name FROM items WHERE stock > 0) AS i ON c.item = i.id;
INSERT INTO shown
SELECT window_start, COUNT(*), SUM(price)
FROM TABLE(TUMBLE(TABLE sound, DESCRIPTOR(ts), INTERVAL '${WINDOW_SECONDS}' SECOND))
GROUP BY window_start, window_end;
END;`;

/** What must be printed for each window: clicks and cents, from the events themselves. */
interface Expected {
  readonly windows: Map<string, { clicks: number; cents: number }>;
  /** Rows of the output topic. */
  readonly rows: Set<string>;
  late: number;
  malformed: number;
}

/** Writes `SECONDS` seconds of clicks, at their pace, and then one that closes all windows. */
async function produce(): Promise<Expected> {
  const expected: Expected = { windows: new Map(), rows: new Set(), late: 0, malformed: 0 };
  const began = Date.now();
  const batch = PER_SECOND / 20;
  for (let n = 0; n < SECONDS * PER_SECOND; n += batch) {
    const messages = Array.from({ length: batch }, (_, i) => {
      const { kind, item, price, time, text } = click(n + i, PER_SECOND, ITEMS);
      if (kind === 'sound') {
        const window = windowOf(time);
        const sum = expected.windows.get(window) ?? { clicks: 0, cents: 0 };
        expected.windows.set(window, { clicks: sum.clicks + 1, cents: sum.cents + price });
        if (inStock(item)) expected.rows.add(`${item} ${window}`);
      } else expected[kind]++;
      return { value: text, partition: (n + i) % PARTITIONS };
    });
    await producer.send({ topic: 'clicks', messages, acks: 1 });
    const ahead = began + ((n + batch) * 1000) / PER_SECOND - Date.now();
    if (ahead > 0) await sleep(ahead);
  }
  const last = Array.from({ length: PARTITIONS }, (_, partition) => ({ value: closing(1), partition }));
  await producer.send({ topic: 'clicks', messages: last });
  return expected;
}

/** What a topic holds once nothing has come for a while. */
async function settled(topic: string): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: `${topic}-${Date.now()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const seen: string[] = [];
  let last = Date.now();
  await consumer.run({
    eachMessage: async ({ message }) => {
      seen.push(String(message.value));
      last = Date.now();
    },
  });
  while (seen.length === 0 || Date.now() - last < 5000) await sleep(100);
  await consumer.disconnect();
  return seen;
}

/** Rows as values: the order of fields and the spelling of a number are the format's affair. */
const rows = (lines: readonly string[]): string[] =>
  lines.map((line) => JSON.stringify(Object.entries(JSON.parse(line) as object).sort())).sort();

describe('the main job', () => {
  test('writes what Flink writes, prints, and ends on Ctrl-C without a trace', async () => {
    const gateway = await new SqlGatewayClient(flink.gatewayUrl).openSession({
      'parallelism.default': '1',
      'table.local-time-zone': 'UTC',
    });
    let flinkJob = '';
    for (const statement of splitStatements(script('by-flink'))) {
      const result = await gateway.execute(statement);
      if (statement.startsWith('EXECUTE')) flinkJob = result.jobId ?? String(result.rows[0]?.fields[0]);
    }
    try {
      const file = join(directory, 'job.sql');
      await writeFile(file, script('by-engine'));
      // A group of its own, as a terminal makes one: Ctrl-C goes to all that is in it.
      const child = spawn('npx', ['--no-install', 'streamcell', 'run', file, '--set', 'table.local-time-zone=UTC'], {
        cwd: ROOT,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        // npx has warnings of its own about the machine's settings; what is looked at here is what the command itself says.
        env: { ...process.env, npm_config_loglevel: 'error' },
      });
      command = child;
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
      child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
      // npx passes on how its command ended: by the signal, or with a shell's number for it. Either is Ctrl-C to who started it.
      const closed = new Promise<number | null>((resolve) =>
        child.on('close', (code, signal) => resolve(signal === 'SIGINT' ? 130 : code)),
      );
      while (!stdout.includes('[job ')) {
        expect([child.exitCode, stderr]).toEqual([null, '']);
        await sleep(50);
      }

      const expected = await produce();
      const [ours, theirs] = await Promise.all([settled('by-engine'), settled('by-flink')]);
      expect(rows(ours)).toEqual(rows(theirs));
      expect(ours.length).toBe(expected.rows.size);

      process.kill(-(child.pid as number), 'SIGINT');
      expect(await closed).toBe(130);
      expect(() => process.kill(-(child.pid as number), 0)).toThrow('ESRCH');
      expect(stderr).toBe('');
      const printed = [...stdout.matchAll(/^window> \+I\[(.*?), (\d+), ([\d.]+)\]$/gm)].map(
        ([, window, clicks, spent]) => `${windowOf(Date.parse(`${window}Z`))} ${clicks} ${spent}`,
      );
      expect(printed.sort()).toEqual(
        [...expected.windows].map(([w, s]) => `${w} ${s.clicks} ${(s.cents / 100).toFixed(2)}`).sort(),
      );
      // Both INSERTs read the topic, each its own columns.
      const twice = (n: number): string => (2 * n).toLocaleString('en-US');
      expect(stdout.trim().split('\n').at(-1)).toBe(
        `${twice(expected.malformed)} malformed records skipped or set to NULL, ${twice(expected.late)} late rows dropped`,
      );
    } finally {
      await new JobManagerClient(flink.restUrl).cancel(flinkJob);
      await gateway.close();
    }
  }, 600_000);
});
