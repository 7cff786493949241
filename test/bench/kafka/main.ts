import { performance } from 'node:perf_hooks';
import { Kafka, logLevel } from 'kafkajs';
import { EmbeddedSession } from '@streamcell/runtime/session/index';
import { FlinkCluster } from '../../cluster/flink.js';
import { JobManagerClient } from '../../cluster/job-manager-client.js';
import { KafkaBroker } from '../../cluster/kafka.js';
import { SqlGatewayClient } from '../../cluster/sql-gateway-client.js';
import { splitStatements } from '../../cluster/sql-script.js';
import { eventFiles } from '../nexmark/events.js';

const USAGE = `bench kafka [--records N] [--rounds N]
  --records  JSON records in the topic (default 2000000)
  --rounds   times either side reads it; the best counts (default 2)`;

const BID_COLUMNS =
  'auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING';

/** What is asked of the topic: every field is decoded for the first, few for the second. */
const QUERIES: Readonly<Record<string, { readonly sink: string; readonly select: string }>> = {
  'every field': { sink: BID_COLUMNS, select: 'SELECT * FROM bid' },
  'count by channel': {
    sink: 'channel STRING, n BIGINT',
    select: 'SELECT channel, COUNT(*) FROM bid GROUP BY channel',
  },
};

function bidTable(servers: string): string {
  return `CREATE TABLE bid (${BID_COLUMNS}) WITH ('connector' = 'kafka', 'topic' = 'bid', 'format' = 'json',
    'properties.bootstrap.servers' = '${servers}', 'properties.group.id' = 'bench',
    'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset')`;
}

/** Two partitions, so that both of Flink's readers have one. */
async function fill(servers: string, directory: string): Promise<void> {
  const admin = new Kafka({ brokers: [servers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'bid', numPartitions: 2 }] });
  await admin.disconnect();
  const session = new EmbeddedSession();
  const text = `
    CREATE TABLE file (${BID_COLUMNS}) WITH ('connector' = 'filesystem', 'path' = '${directory}/bid.json', 'format' = 'json');
    CREATE TABLE topic (${BID_COLUMNS}) WITH ('connector' = 'kafka', 'topic' = 'bid', 'format' = 'json',
      'properties.bootstrap.servers' = '${servers}');
    INSERT INTO topic SELECT * FROM file`;
  try {
    for await (const statement of session.execute(text)) await statement.done;
  } finally {
    await session.close();
  }
}

async function engineMillis(servers: string, query: { sink: string; select: string }): Promise<number> {
  const session = new EmbeddedSession();
  try {
    const setup = `${bidTable(servers)}; CREATE TABLE sink (${query.sink}) WITH ('connector' = 'blackhole')`;
    for await (const statement of session.execute(setup)) await statement.done;
    const started = performance.now();
    for await (const statement of session.execute(`INSERT INTO sink ${query.select}`, { parallelism: 1 }))
      await statement.done;
    return performance.now() - started;
  } finally {
    await session.close();
  }
}

async function flinkMillis(flink: FlinkCluster, servers: string, query: { sink: string; select: string }) {
  const session = await new SqlGatewayClient(flink.gatewayUrl).openSession({ 'parallelism.default': '2' });
  try {
    const setup = `${bidTable(servers)}; CREATE TABLE sink (${query.sink}) WITH ('connector' = 'blackhole')`;
    for (const statement of splitStatements(setup)) await session.execute(statement);
    const { jobId, rows } = await session.execute(`INSERT INTO sink ${query.select}`);
    return await new JobManagerClient(flink.restUrl).finishedMillis(jobId ?? String(rows[0]?.fields[0]), 600_000);
  } finally {
    await session.close();
  }
}

/** Reads one topic to its end on both engines, in turn. Flink's time is the job's own, the engine's is from execute to done. */
export async function run(args: readonly string[]): Promise<void> {
  let records = 2_000_000;
  let rounds = 2;
  const words = args[Symbol.iterator]();
  for (const word of words) {
    if (word === '--records') records = Number(words.next().value);
    else if (word === '--rounds') rounds = Number(words.next().value);
    else throw new Error(`${word}?\n${USAGE}`);
  }
  const broker = new KafkaBroker();
  const flink = new FlinkCluster({ slots: 4 });
  try {
    await Promise.all([broker.start(), flink.start()]);
    // Nexmark's mix has 46 bids in 50 events.
    await fill(broker.bootstrapServers, await eventFiles(Math.ceil((records * 50) / 46), 1));
    console.log(`${records} JSON records in one topic; engine with parallelism 1, Flink with 2`);
    console.log(`query                 engine      Flink   ratio`);
    for (const [name, query] of Object.entries(QUERIES)) {
      let engine = Infinity;
      let peer = Infinity;
      for (let round = 0; round < rounds; round++) {
        peer = Math.min(peer, await flinkMillis(flink, broker.bootstrapServers, query));
        engine = Math.min(engine, await engineMillis(broker.bootstrapServers, query));
      }
      const rate = (millis: number): string => `${Math.round(records / millis)}k/s`.padStart(10);
      console.log(`${name.padEnd(18)}${rate(engine)} ${rate(peer)} ${(peer / engine).toFixed(2).padStart(6)}x`);
    }
  } finally {
    await Promise.all([broker.stop(), flink.stop()]);
  }
}
