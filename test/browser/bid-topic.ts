import { Kafka, logLevel } from 'kafkajs';
import { sleep } from '../cluster/child-process.js';
import { jsonLine, type Bid } from './bid-file.js';

/** Events of one message to the broker. */
const CHUNK = 2000;

/** Makes a topic of one partition, so that its order is the order of the events. */
export async function createTopic(servers: string, topic: string): Promise<void> {
  const admin = new Kafka({ brokers: [servers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  await admin.disconnect();
}

/**
 * Writes events into a topic as if they happened now, so many a second, and one of an hour later at the end: by it all windows before are
 * complete.
 */
export async function writeBids(
  servers: string,
  topic: string,
  events: Iterable<Bid>,
  perSecond: number,
): Promise<void> {
  const producer = new Kafka({ brokers: [servers], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const send = (chunk: readonly Bid[]): Promise<unknown> =>
    producer.send({ topic, messages: chunk.map((bid) => ({ value: jsonLine(bid).trimEnd() })) });
  let chunk: Bid[] = [];
  let newest = 0;
  for (const bid of events) {
    newest = Math.max(newest, bid.time);
    if (chunk.push(bid) < CHUNK) continue;
    await Promise.all([send(chunk), sleep((CHUNK / perSecond) * 1000)]);
    chunk = [];
  }
  await send([...chunk, { auction: 0, price: 1, channel: 'app', time: newest + 3_600_000 }]);
  await producer.disconnect();
}
