import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedSession } from '@streamcell/runtime/session/index';
import type { Statement } from '@streamcell/runtime/session/session';
import { Kafka, type Producer, logLevel } from 'kafkajs';
import { sleep } from './child-process.js';
import { FlinkCluster } from './flink.js';
import { JobManagerClient } from './job-manager-client.js';
import { KafkaBroker } from './kafka.js';
import { SqlGatewayClient } from './sql-gateway-client.js';
import { splitStatements } from './sql-script.js';

/*
 * The job that the engine is for: a live topic with late and malformed records, counted in windows, joined with a file, written to
 * another topic. Flink and the engine read the same topic at the same time; what they write must be the same.
 */

const broker = new KafkaBroker();
const flink = new FlinkCluster({ slots: 4 });
let directory = '';
let kafka: Kafka;
let producer: Producer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamcell-pipeline-'));
  await writeFile(
    join(directory, 'items.json'),
    [1, 2, 3].map((id) => JSON.stringify({ id, name: `item ${id}` })).join('\n'),
  );
  await Promise.all([broker.start(), flink.start()]);
  kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: ['bids', 'by-engine', 'by-flink'].map((topic) => ({ topic, numPartitions: 1 })) });
  await admin.disconnect();
  producer = kafka.producer();
  await producer.connect();
}, 600_000);

afterAll(async () => {
  await producer.disconnect();
  await Promise.all([broker.stop(), flink.stop()]);
  await rm(directory, { recursive: true, force: true });
}, 60_000);

const script = (output: string): string => `
CREATE TABLE bids (item INT, price DECIMAL(10, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH (
  'connector' = 'kafka', 'topic' = 'bids', 'properties.bootstrap.servers' = '${broker.bootstrapServers}',
  'properties.group.id' = 'reads-for-${output}', 'scan.startup.mode' = 'earliest-offset',
  'format' = 'json', 'json.ignore-parse-errors' = 'true');
CREATE TABLE items (id INT, name STRING) WITH ('connector' = 'filesystem', 'path' = '${directory}/items.json', 'format' = 'json');
CREATE TABLE totals (name STRING, window_start TIMESTAMP(3), bids BIGINT, total DECIMAL(38, 2)) WITH (
  'connector' = 'kafka', 'topic' = '${output}', 'properties.bootstrap.servers' = '${broker.bootstrapServers}', 'format' = 'json');
INSERT INTO totals
SELECT i.name, b.window_start, b.bids, b.total
FROM (
  SELECT item, window_start, window_end, COUNT(*) AS bids, SUM(price) AS total
  FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '10' SECOND))
  WHERE price IS NOT NULL
  GROUP BY item, window_start, window_end
) AS b
JOIN items AS i ON b.item = i.id`;

const at = (seconds: number): string =>
  new Date(Date.UTC(2024, 0, 1) + seconds * 1000).toISOString().replace('T', ' ').replace('Z', '');

function bids(from: number, to: number, price: number): string[] {
  return Array.from({ length: (to - from) * 50 }, (_, i) =>
    JSON.stringify({ item: (i % 4) + 1, price: price + (i % 7) / 4, ts: at(from + i / 50) }),
  );
}

async function send(values: readonly string[]): Promise<void> {
  await producer.send({ topic: 'bids', messages: values.map((value) => ({ value })) });
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
  while (Date.now() - last < 4000) await sleep(100);
  await consumer.disconnect();
  return seen.sort();
}

/** Rows as values: the order of fields and the spelling of a number are the format's affair. */
const rows = (lines: readonly string[]): unknown[] =>
  lines.map((line) => Object.entries(JSON.parse(line) as object).sort());

describe('a live topic, windowed and joined with a file', () => {
  test('gives the topic that Flink gives', async () => {
    const gateway = await new SqlGatewayClient(flink.gatewayUrl).openSession({
      'parallelism.default': '1',
      'table.local-time-zone': 'UTC',
    });
    let job = '';
    for (const statement of splitStatements(script('by-flink'))) {
      const result = await gateway.execute(statement);
      if (statement.startsWith('INSERT')) job = result.jobId ?? String(result.rows[0]?.fields[0]);
    }
    const session = new EmbeddedSession();
    let insert: Statement | undefined;
    for await (const statement of session.execute(`SET 'table.local-time-zone' = 'UTC';\n${script('by-engine')}`)) {
      insert = statement;
      if (statement.kind !== 'insert') await statement.done;
    }
    try {
      await send(bids(0, 30, 10));
      // Sources of Flink emit a watermark every 200 ms: after this pause both stand at 29 s, and what comes for earlier windows is late.
      await sleep(3000);
      await send(bids(5, 6, 1000));
      await send([
        'no json at all',
        '{"item": "many", "price": 1, "ts": "2024-01-01 00:00:30"}',
        '{"item": 1, "price": {}, "ts": "2024-01-01 00:00:30"}',
      ]);
      await send(bids(30, 60, 20));
      await sleep(3000);
      await send(bids(41, 42, 2000));
      await send(bids(60, 75, 30));
      const [ours, theirs] = [await settled('by-engine'), await settled('by-flink')];
      expect(theirs.length).toBeGreaterThan(10);
      expect(rows(ours)).toEqual(rows(theirs));
    } finally {
      await insert?.cancel();
      await session.close();
      await new JobManagerClient(flink.restUrl).cancel(job);
      await gateway.close();
    }
  }, 180_000);
});
