import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SinkWriter } from '@streamcell/runtime/connectors/connector';
import { readAll, readerOf, tableOf, writerOf } from '@streamcell/runtime/connectors/test-harness';
import {
  batchFromRows,
  BIGINT,
  BYTES,
  type DataType,
  INSERT,
  INT,
  MAP,
  STRING,
  TIMESTAMP_LTZ,
} from '@streamcell/runtime/types/index';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { KafkaBroker } from './kafka.js';

const broker = new KafkaBroker();
let kafka: Kafka;
let producer: Producer;

beforeAll(async () => {
  await broker.start();
  kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING });
  producer = kafka.producer({ createPartitioner: () => () => 0 });
  await producer.connect();
}, 300_000);
afterAll(async () => {
  await producer.disconnect();
  await broker.stop();
});

async function createTopic(topic: string, numPartitions: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });
  await admin.disconnect();
}

const ID: readonly (readonly [string, DataType])[] = [
  ['id', INT()],
  ['name', STRING()],
];

function tableAt(topic: string, options: Record<string, string> = {}, columns = ID): ReturnType<typeof tableOf> {
  return tableOf(
    'kafka',
    {
      topic,
      'properties.bootstrap.servers': broker.bootstrapServers,
      format: 'json',
      'scan.startup.mode': 'earliest-offset',
      'scan.bounded.mode': 'latest-offset',
      ...options,
    },
    columns,
  );
}

async function writeIds(writer: SinkWriter, from: number, to: number): Promise<void> {
  const rows = Array.from(
    { length: to - from },
    (_, i) => ({ kind: INSERT, fields: [from + i, `n${from + i}`] }) as const,
  );
  writer.write(
    batchFromRows(
      ID.map(([, type]) => type),
      rows,
    ),
  );
  await writer.ready();
}

const ids = (rows: readonly string[]): number[] => rows.map((r) => Number(r.split(' ')[1])).sort((a, b) => a - b);
const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

async function closing<T>(reading: ReturnType<typeof readerOf>, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } finally {
    await reading.reader.close();
  }
}

async function read(...args: Parameters<typeof readerOf>): Promise<string[]> {
  const reading = readerOf(...args);
  return closing(reading, readAll(reading));
}

describe('kafka', () => {
  test('keys go to their partitions and come back as columns, with metadata', async () => {
    await createTopic('keyed', 3);
    const options = { 'key.format': 'csv', 'key.fields': 'name', 'value.fields-include': 'EXCEPT_KEY' };
    const writer = writerOf(tableAt('keyed', options));
    await writer.open();
    await writeIds(writer, 0, 3000);
    await writer.flush();
    await writer.close();
    const rows = await read(tableAt('keyed', options));
    expect(ids(rows)).toEqual(count(3000));
    expect(rows.every((r) => r.split(' ')[2] === `n${r.split(' ')[1]}`)).toBe(true);
    const shared = await Promise.all(
      [0, 1].map((subtask) => read(tableAt('keyed', options), { subtask, parallelism: 2 })),
    );
    expect(shared.every((s) => s.length > 0)).toBe(true);
    expect(ids(shared.flat())).toEqual(count(3000));
    const metadata = await read(tableAt('keyed', options), {
      columns: [['id']],
      metadata: [
        ['topic', STRING(false)],
        ['partition', INT(false)],
        ['offset', BIGINT(false)],
        ['timestamp-type', STRING(false)],
      ],
    });
    expect(metadata.every((r) => /^\+I \d+ keyed [012] \d+ CreateTime$/.test(r))).toBe(true);
    expect(new Set(metadata.map((r) => r.split(' ').slice(3, 5).join())).size).toBe(3000);
  }, 120_000);

  test('compressed batches, headers, tombstones, arrays and malformed records', async () => {
    await producer.send({
      topic: 'mixed',
      compression: 1,
      messages: [
        { value: '{"id":1,"name":"a"}', headers: { h: 'x' }, timestamp: '1577934245000' },
        { value: null },
        { value: '{"id":' },
        { value: '[{"id":2},{"id":3}]', timestamp: '1577934246000' },
      ],
    });
    const reading = readerOf(tableAt('mixed', { 'json.ignore-parse-errors': 'true' }), {
      metadata: [
        ['timestamp', TIMESTAMP_LTZ(3, false)],
        ['headers', MAP(STRING(), BYTES(), false)],
        ['offset', BIGINT(false)],
      ],
    });
    expect(await closing(reading, readAll(reading))).toEqual([
      '+I 1 a 2020-01-02T03:04:05Z {h=[120]} 0',
      '+I 2 null 2020-01-02T03:04:06Z {} 3',
      '+I 3 null 2020-01-02T03:04:06Z {} 3',
    ]);
    expect(reading.reader.metrics.malformed).toBe(1);
    await expect(read(tableAt('mixed'))).rejects.toMatchObject({
      code: 'RECORD_MALFORMED',
      message: expect.stringContaining('mixed-0') as unknown,
    });
  }, 60_000);

  test('startup and bounded modes', async () => {
    for (let i = 0; i < 10; i++) {
      await producer.send({ topic: 'modes', messages: [{ value: `{"id":${i}}`, timestamp: String(1000 + i) }] });
    }
    const from = (options: Record<string, string>): Promise<number[]> => read(tableAt('modes', options)).then(ids);
    expect(await from({})).toEqual(count(10));
    expect(await from({ 'scan.startup.mode': 'latest-offset' })).toEqual([]);
    expect(await from({ 'scan.startup.mode': 'timestamp', 'scan.startup.timestamp-millis': '1007' })).toEqual([
      7, 8, 9,
    ]);
    expect(
      await from({
        'scan.startup.mode': 'specific-offsets',
        'scan.startup.specific-offsets': 'partition:0,offset:3',
        'scan.bounded.mode': 'specific-offsets',
        'scan.bounded.specific-offsets': 'partition:0,offset:5',
      }),
    ).toEqual([3, 4]);
    expect(await from({ 'scan.bounded.mode': 'timestamp', 'scan.bounded.timestamp-millis': '1002' })).toEqual([0, 1]);
    expect(await read(tableAt('', { 'topic-pattern': 'mode.', topic: '' })).then(ids)).toEqual(count(10));
  }, 60_000);

  test('a group goes on from its committed offsets', async () => {
    await producer.send({ topic: 'grouped', messages: count(20).map((i) => ({ value: `{"id":${i}}` })) });
    const options = { 'scan.startup.mode': 'group-offsets', 'properties.group.id': 'g' };
    await expect(read(tableAt('grouped', options))).rejects.toMatchObject({ code: 'KAFKA_FAILED' });
    const first = readerOf(
      tableAt('grouped', {
        ...options,
        'properties.auto.offset.reset': 'earliest',
        'scan.bounded.mode': 'specific-offsets',
        'scan.bounded.specific-offsets': 'partition:0,offset:12',
      }),
    );
    expect(ids(await readAll(first))).toEqual(count(12));
    first.reader.checkpointComplete?.(first.reader.snapshotOffsets());
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await first.reader.close();
    expect(ids(await read(tableAt('grouped', options)))).toEqual(count(20).slice(12));
  }, 60_000);

  test('an offset that is not there any more, or not yet, is reset in either direction', async () => {
    await producer.send({ topic: 'reset', messages: count(10).map((i) => ({ value: `{"id":${i}}` })) });
    const at = (offset: number, options: Record<string, string> = {}): ReturnType<typeof readerOf> =>
      readerOf(
        tableAt('reset', {
          'scan.startup.mode': 'specific-offsets',
          'scan.startup.specific-offsets': `partition:0,offset:${offset}`,
          ...options,
        }),
      );
    // As of a topic that was made anew under a job.
    const ahead = at(100, { 'scan.bounded.mode': 'unbounded' });
    expect(ids(await closing(ahead, readAll(ahead, null, 10)))).toEqual(count(10));
    const admin = kafka.admin();
    await admin.connect();
    await admin.fetchTopicMetadata({ topics: ['reset'] });
    await admin.deleteTopicRecords({ topic: 'reset', partitions: [{ partition: 0, offset: '6' }] });
    await admin.disconnect();
    const behind = at(2);
    expect(ids(await closing(behind, readAll(behind)))).toEqual([6, 7, 8, 9]);
    const nothingLeft = at(2, {
      'scan.bounded.mode': 'specific-offsets',
      'scan.bounded.specific-offsets': 'partition:0,offset:5',
    });
    expect(await closing(nothingLeft, readAll(nothingLeft))).toEqual([]);
    const strict = at(2, { 'properties.auto.offset.reset': 'none' });
    await expect(closing(strict, readAll(strict))).rejects.toMatchObject({ code: 'KAFKA_FAILED' });
  }, 60_000);

  test('a partition that is added is read from its beginning, also by a subtask that had none', async () => {
    await createTopic('growing', 1);
    const readers = [0, 1].map((subtask) =>
      readerOf(
        tableAt('growing', {
          'scan.startup.mode': 'latest-offset',
          'scan.bounded.mode': 'unbounded',
          'scan.topic-partition-discovery.interval': '3 s',
        }),
        { subtask, parallelism: 2 },
      ),
    );
    try {
      for (const { reader } of readers) await reader.open(null);
      expect(readers.map(({ reader }) => reader.splits().length).sort()).toEqual([0, 1]);
      const admin = kafka.admin();
      await admin.connect();
      await admin.createPartitions({ topicPartitions: [{ topic: 'growing', count: 2 }] });
      await admin.disconnect();
      const second = kafka.producer({ createPartitioner: () => () => 1 });
      await second.connect();
      await second.send({ topic: 'growing', messages: count(5).map((i) => ({ value: `{"id":${i}}` })) });
      await second.disconnect();
      let rows = 0;
      while (rows < 5) {
        for (const { reader } of readers) {
          const poll = reader.poll();
          if (poll.kind === 'batch') rows += poll.batch.length;
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(rows).toBe(5);
    } finally {
      for (const { reader } of readers) await reader.close();
    }
  }, 60_000);

  test('offsets resume exactly', async () => {
    await producer.send({ topic: 'resumed', messages: count(9000).map((i) => ({ value: `{"id":${i}}` })) });
    const first = readerOf(tableAt('resumed'));
    const before = await readAll(first, null, 1);
    const offsets = first.reader.snapshotOffsets();
    await first.reader.close();
    expect(before.length).toBeLessThan(9000);
    const second = readerOf(tableAt('resumed'));
    const after = await closing(second, readAll(second, offsets));
    expect(ids([...before, ...after])).toEqual(count(9000));
  }, 60_000);

  test('a broker that dies and returns loses and doubles nothing, on either side', async () => {
    await createTopic('survivor', 1);
    const writer = writerOf(tableAt('survivor'));
    await writer.open();
    await writeIds(writer, 0, 500);
    await writer.flush();
    const reading = readerOf(
      tableAt('survivor', {
        'scan.bounded.mode': 'unbounded',
        // It looks for new partitions while there is nobody to ask, too.
        'scan.topic-partition-discovery.interval': '300 ms',
      }),
    );
    const before = await readAll(reading, null, 500);
    await broker.kill();
    await writeIds(writer, 500, 900);
    const flushed = writer.flush();
    const idle = reading.reader.poll();
    expect(idle.kind).toBe('empty');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await broker.restart();
    await flushed;
    await writeIds(writer, 900, 1000);
    await writer.flush();
    await writer.close();
    const rows = [...before];
    while (rows.length < 1000) {
      const poll = reading.reader.poll();
      if (poll.kind === 'batch') for (let i = 0; i < poll.batch.length; i++) rows.push('+I 0');
      else await reading.reader.ready();
    }
    await reading.reader.close();
    expect(rows.length).toBe(1000);
    expect(ids(await read(tableAt('survivor')))).toEqual(count(1000));
  }, 120_000);

  test('what cannot be reached, and what does not exist, is named at once', async () => {
    const table = tableAt('t', { 'properties.bootstrap.servers': '127.0.0.1:1' });
    await expect(read(table)).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    await expect(read(tableAt('no/such/topic'))).rejects.toMatchObject({ code: 'KAFKA_TOPIC' });
  }, 60_000);
});
