import { ByteBuffer } from '../formats/byte-buffer.js';
import type { Encoder } from '../formats/format.js';
import { boxedValue, StreamcellError, type Batch, type Column, type MapValue, type Timestamp } from '../types/index.js';
import type { SinkRequest, SinkWriter } from './connector.js';
import { ERROR_NAMES, KafkaClient, PRODUCE, TRANSIENT } from './kafka-client.js';
import { PRODUCE_VERSION, produceBody, readProduce } from './kafka-fetch.js';
import { murmur2, RecordBatchBuilder } from './kafka-records.js';
import type { KafkaSettings } from './kafka.js';

const BATCH_BYTES = 900_000;
/** Bytes on their way to brokers; beyond, the writer asks its caller to wait. */
const MAX_IN_FLIGHT = 16 << 20;
const LINGER = 20;
/** How long a broker may take to create the topic. */
const CREATION = 5000;
const FIRST_BACKOFF = 100;
const LAST_BACKOFF = 5000;
const ACK_TIMEOUT = 30_000;
/** For a batch of records, with all attempts; that of Kafka's own producer. */
const DELIVERY_TIMEOUT = 120_000;
const DUPLICATE_SEQUENCE = 46;

interface Target {
  readonly partition: number;
  readonly builder: RecordBatchBuilder;
  /** Batches that wait for the one before them: a partition has one request at a time, which keeps its order. */
  readonly queue: { readonly batch: Buffer; readonly records: number }[];
  sequence: number;
  sending: boolean;
}

/**
 * Writes records to one topic. Record batches are encoded here and sent to each partition's leader, one at a time, with an idempotent
 * producer's sequence numbers, so that a batch that is sent again after a lost answer is not written twice.
 *
 * State: what has not been acknowledged. Invariant: a checkpoint (flush) resolves only when nothing is left.
 */
export class KafkaWriter implements SinkWriter {
  private readonly client: KafkaClient;
  private readonly topic: string;
  private readonly valueEncoder: Encoder;
  private readonly keyEncoder: Encoder | null;
  private readonly valueColumns: readonly number[];
  private readonly keyColumns: readonly number[];
  private readonly timestampColumn: number;
  private readonly headersColumn: number;
  private readonly gzip: boolean;
  private readonly deliveryTimeout: number;
  private targets: Target[] = [];
  private producer = { id: -1n, epoch: -1 };
  private inFlight = 0;
  private turn = 0;
  private failure: unknown = null;
  private closed = false;
  private timer: NodeJS.Timeout | null = null;
  private waiting: (() => void)[] = [];
  private readonly key = new ByteBuffer(256);
  private readonly value = new ByteBuffer(1024);

  constructor(
    private readonly request: SinkRequest,
    private readonly settings: KafkaSettings,
  ) {
    const { value, key, keyFields, options } = settings;
    const { schema } = request;
    this.client = new KafkaClient(options);
    [this.topic] = settings.topics;
    const metadata = new Map(request.metadata.map((m) => [m.key, m.column]));
    const physical = schema.map((_, i) => i).filter((i) => !request.metadata.some((m) => m.column === i));
    const indexOf = (name: string): number => physical[request.table.physicalSchema.findIndex((c) => c.name === name)];
    this.valueColumns = value.schema.map((c) => indexOf(c.name));
    this.keyColumns = keyFields.map(indexOf);
    this.timestampColumn = metadata.get('timestamp') ?? -1;
    this.headersColumn = metadata.get('headers') ?? -1;
    this.valueEncoder = value.format.createEncoder(value.schema, value.options);
    this.keyEncoder = key === null ? null : key.format.createEncoder(key.schema, key.options);
    const compression = options.string('properties.compression.type') ?? 'none';
    if (compression !== 'none' && compression !== 'gzip') {
      throw new StreamcellError(
        'OPTION_UNSUPPORTED',
        `The compression '${compression}' is not available: none and gzip are.`,
      );
    }
    this.gzip = compression === 'gzip';
    this.deliveryTimeout = options.scoped('properties.').integer('delivery.timeout.ms', DELIVERY_TIMEOUT);
  }

  async open(): Promise<void> {
    await this.client.connect();
    try {
      await this.client.watch([this.topic], CREATION);
      const partitions = [...this.client.leaders(this.topic).keys()].sort((a, b) => a - b);
      if (partitions.length === 0) throw new StreamcellError('KAFKA_TOPIC', `Topic ${this.topic} does not exist.`);
      this.targets = partitions.map((partition) => ({
        partition,
        builder: new RecordBatchBuilder(),
        queue: [],
        sequence: 0,
        sending: false,
      }));
      if (this.settings.acknowledged) this.producer = await this.client.producerId();
    } catch (error) {
      await this.client.close();
      throw StreamcellError.from(error, 'KAFKA_TOPIC');
    }
    this.turn = Math.floor(Math.random() * this.targets.length);
  }

  write(batch: Batch): void {
    if (this.failure !== null) throw this.failure;
    const { key, value, keyEncoder, valueEncoder } = this;
    const values = this.valueColumns.map((c) => batch.columns[c]);
    const keys = this.keyColumns.map((c) => batch.columns[c]);
    const now = Date.now();
    for (let i = 0; i < batch.length; i++) {
      value.clear();
      valueEncoder.encode(values, i, value);
      let keyBytes: Uint8Array | null = null;
      if (keyEncoder !== null) {
        key.clear();
        keyEncoder.encode(keys, i, key);
        keyBytes = key.bytes.subarray(0, key.length);
      }
      const target = this.targets[this.choose(keyBytes)];
      target.builder.add(
        this.timestampOf(batch, i, now),
        keyBytes,
        value.bytes.subarray(0, value.length),
        this.headersOf(batch.columns, i),
      );
      if (target.builder.size >= BATCH_BYTES) this.seal(target);
    }
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.sealAll();
    }, LINGER);
  }

  private choose(key: Uint8Array | null): number {
    const n = this.targets.length;
    switch (this.settings.partitioner) {
      case 'fixed':
        return this.request.subtask % n;
      case 'round-robin':
        return this.turn++ % n;
      case 'default':
        // Without a key a partition is kept until its batch is sent, which makes batches large.
        return key === null ? this.turn % n : (murmur2(key) & 0x7fffffff) % n;
    }
  }

  private timestampOf(batch: Batch, row: number, now: number): number {
    if (this.timestampColumn < 0) return now;
    const { type } = this.request.schema[this.timestampColumn];
    const value = boxedValue(batch.columns[this.timestampColumn], type, row);
    return value === null ? now : (value as Timestamp).millis;
  }

  private headersOf(columns: readonly Column[], row: number): readonly (readonly [string, Uint8Array | null])[] {
    if (this.headersColumn < 0) return [];
    const value = boxedValue(columns[this.headersColumn], this.request.schema[this.headersColumn].type, row);
    if (value === null) return [];
    return (value as MapValue).entries
      .filter(([k]) => k !== null)
      .map(([k, v]) => [k as string, v as Uint8Array | null] as const);
  }

  private seal(target: Target): void {
    const records = target.builder.count;
    if (records === 0) return;
    const batch = target.builder.finish(
      { ...this.producer, sequence: this.producer.id < 0n ? -1 : target.sequence },
      this.gzip,
    );
    target.sequence = (target.sequence + records) % 2147483648;
    target.queue.push({ batch, records });
    this.inFlight += batch.length;
    if (this.settings.partitioner === 'default') this.turn++;
    if (!target.sending) void this.send(target);
  }

  private sealAll(): void {
    for (const target of this.targets) this.seal(target);
  }

  /** Sends what a partition's queue holds, in order, each batch until it is acknowledged. */
  private async send(target: Target): Promise<void> {
    target.sending = true;
    let backoff = FIRST_BACKOFF;
    let since = Date.now();
    while (target.queue.length > 0 && !this.closed && this.failure === null) {
      const [{ batch }] = target.queue;
      let error: number | null = null;
      try {
        const leader = this.client.leaders(this.topic).get(target.partition) ?? -1;
        if (leader >= 0) {
          const body = (): Buffer => produceBody(-1, ACK_TIMEOUT, this.topic, [{ partition: target.partition, batch }]);
          const { version, data } = await this.client.send(leader, PRODUCE, PRODUCE_VERSION, body);
          error = readProduce(version, data)[0]?.error ?? null;
        }
      } catch {
        error = null;
      }
      if (error === 0 || error === DUPLICATE_SEQUENCE) {
        target.queue.shift();
        this.inFlight -= batch.length;
        backoff = FIRST_BACKOFF;
        since = Date.now();
        this.notify();
      } else if (error !== null && !TRANSIENT.has(error)) {
        const name = ERROR_NAMES[error] ?? `error ${error}`;
        this.failure = new StreamcellError(
          'KAFKA_FAILED',
          `Writing to ${this.topic}-${target.partition} failed: ${name}.`,
        );
      } else if (Date.now() - since >= this.deliveryTimeout) {
        this.failure = new StreamcellError(
          'KAFKA_UNREACHABLE',
          `Records could not be delivered to ${this.topic}-${target.partition} within ${this.deliveryTimeout} ms: ` +
            (error === null ? `no answer from ${this.client.servers}.` : `${ERROR_NAMES[error] ?? `error ${error}`}.`),
        );
      } else {
        await new Promise((resolve) => setTimeout(resolve, backoff));
        backoff = Math.min(backoff * 2, LAST_BACKOFF);
        if (!this.closed) await this.client.refresh().catch(() => undefined);
      }
    }
    target.sending = false;
    this.notify();
  }

  private notify(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private async until(done: () => boolean): Promise<void> {
    while (!done() && this.failure === null && !this.closed)
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.failure !== null) throw this.failure;
  }

  ready(): Promise<void> | null {
    if (this.failure !== null) throw this.failure;
    return this.inFlight < MAX_IN_FLIGHT ? null : this.until(() => this.inFlight < MAX_IN_FLIGHT / 2);
  }

  async flush(): Promise<void> {
    this.sealAll();
    await this.until(() => this.targets.every((t) => t.queue.length === 0));
  }

  commit(): Promise<void> {
    return this.flush();
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.notify();
    await this.client.close();
  }
}
