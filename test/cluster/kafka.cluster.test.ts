import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { KafkaBroker } from './kafka.js';

const broker = new KafkaBroker();

beforeAll(async () => {
  await broker.start();
}, 300_000);
afterAll(async () => {
  await broker.stop();
});

async function readAll(kafka: Kafka, topic: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: `reader-${Date.now()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const seen: string[] = [];
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        seen.push(message.value?.toString() ?? 'null');
        if (seen.length === count) resolve();
      },
    });
  });
  await consumer.disconnect();
  return seen;
}

describe('the Kafka of our tests', () => {
  test('gives back what it was given, and keeps it over a crash', async () => {
    const kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING });
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: 'harness', messages: [{ value: 'a' }, { value: 'b' }] });
    await producer.disconnect();
    expect(await readAll(kafka, 'harness', 2)).toEqual(['a', 'b']);
    await broker.kill();
    await broker.restart();
    expect(await readAll(kafka, 'harness', 2)).toEqual(['a', 'b']);
  }, 120_000);
});
