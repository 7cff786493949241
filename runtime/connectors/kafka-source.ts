// A little over the usual 600 lines: finding, fetching and decoding all move the cursors of the same partition states.
import type { Admin } from 'kafkajs';
import type { Decoded, Decoder } from '../formats/format.js';
import { setValue } from '../formats/batch-builder.js';
import {
  Batch,
  boxedValue,
  createColumn,
  MapValue,
  StreamcellError,
  Timestamp,
  type Column,
  type DataType,
  type Value,
} from '../types/index.js';
import type { Poll, SourceMetrics, SourceReader, SourceRequest, SplitOffset } from './connector.js';
import { ERROR_NAMES, FETCH, KafkaClient, TRANSIENT } from './kafka-client.js';
import { isAborted } from './kafka-transactions.js';
import { committedOffsets, offsetRange, offsetsAt, topicMetadata } from './kafka-offsets.js';
import { FETCH_VERSION, fetchBody, readFetch, type FetchedPartition, type FetchSettings } from './kafka-fetch.js';
import { appendRecords, readBatch, readHeaders, recordBytes, RecordRun, type RecordBatch } from './kafka-records.js';
import type { KafkaSettings } from './kafka.js';

const MAX_BATCH = 4096;
/** Bytes that may wait to be decoded; beyond, nothing more is fetched. */
const MAX_QUEUED = 32 << 20;
const FETCH_BYTES = 16 << 20;
const PARTITION_BYTES = 2 << 20;
const FETCH_WAIT = 200;
const FIRST_BACKOFF = 100;
const LAST_BACKOFF = 5000;
const NO_DATA = Buffer.alloc(0);

interface PartitionState {
  readonly split: string;
  readonly topic: string;
  readonly partition: number;
  /** Offset of the next row to give out. */
  position: number;
  /** Offset of the next record to fetch. */
  fetchAt: number;
  /** Exclusive end, or infinity. */
  readonly stop: number;
  ended: boolean;
  highWatermark: number;
  queued: number;
}

interface KafkaOffset {
  readonly topic: string;
  readonly partition: number;
  readonly next: number;
  /** Null: unbounded. */
  readonly stop: number | null;
}

interface Chunk {
  readonly state: PartitionState;
  readonly data: Buffer;
  readonly start: number;
  readonly end: number;
  at: number;
  readonly aborted: FetchedPartition['aborted'];
  /** Without data: the partition goes on at this offset, since the one that came next is not there. */
  readonly restartAt?: number;
}

/** Records of one or several batches, laid out for the decoders. */
interface Loaded {
  readonly state: PartitionState;
  readonly bytes: Buffer;
  readonly batch: RecordBatch;
  /** Offset behind all of these records. */
  readonly next: number;
  at: number;
}

/** Where a column's values come from, per batch. */
type Part =
  | { readonly from: 'value'; readonly index: number }
  | { readonly from: 'key'; readonly index: number }
  | { readonly from: 'metadata'; readonly make: (loaded: Loaded, record: number) => Value; readonly type: DataType };

/**
 * Reads the partitions that fall to this subtask ((hash of topic + partition) mod parallelism, which new partitions and restored jobs share).
 * Fetching goes on in the background; raw record batches wait in a queue; poll lays their records out as slices of the response and
 * decodes them to columns, thousands at a time. When a broker is lost, fetching waits, finds the leaders anew and goes on.
 *
 * State: per partition the offset of the next row. Invariant: queued chunks of a partition are in offset order and without gaps, and
 * `fetchAt` is the offset behind the last of them.
 */
export class KafkaReader implements SourceReader {
  readonly metrics: SourceMetrics = { records: 0, bytes: 0, malformed: 0, lag: null };
  private readonly client: KafkaClient;
  private readonly valueDecoder: Decoder;
  private readonly keyDecoder: Decoder | null;
  private readonly parts: readonly Part[];
  private readonly fetchSettings: FetchSettings;
  private readonly run = new RecordRun();
  private partitions: PartitionState[] = [];
  private readonly chunks: Chunk[] = [];
  private queued = 0;
  private loaded: Loaded | null = null;
  private failure: unknown = null;
  private closed = false;
  private emitted = 0;
  /** Set by a malformed record: records are then decoded one by one, so that those before it are given out and its offset is known. */
  private stepwise = false;
  private waiting: (() => void)[] = [];
  private drained: (() => void) | null = null;
  private fetching: Promise<void> = Promise.resolve();
  private nextDiscovery = Infinity;

  constructor(
    private readonly request: SourceRequest,
    private readonly settings: KafkaSettings,
  ) {
    const { key, value, keyFields, exceptKey, options } = settings;
    this.client = new KafkaClient(options);
    const valueColumns: { path: readonly string[]; type: DataType }[] = [];
    const keyColumns: { path: readonly string[]; type: DataType }[] = [];
    this.parts = request.columns.map((c, i): Part => {
      const { type } = request.schema[i];
      if (c.from.kind === 'metadata') return { from: 'metadata', make: metadataOf(c.from.key, this.run), type };
      const [name, ...inner] = c.from.path;
      if (key !== null && exceptKey && keyFields.includes(name)) {
        return { from: 'key', index: keyColumns.push({ path: [name.slice(key.prefix.length), ...inner], type }) - 1 };
      }
      return { from: 'value', index: valueColumns.push({ path: c.from.path, type }) - 1 };
    });
    this.valueDecoder = value.format.createDecoder({
      schema: value.schema,
      columns: valueColumns,
      options: value.options,
      file: false,
    });
    // A key that does not decode takes its record with it, even when no column of it is wanted.
    this.keyDecoder =
      key === null
        ? null
        : key.format.createDecoder({
            schema: key.schema,
            columns:
              keyColumns.length > 0
                ? keyColumns
                : key.schema.slice(0, 1).map((f) => ({ path: [f.name], type: f.type })),
            options: key.options,
            file: false,
          });
    const p = options.scoped('properties.');
    this.fetchSettings = {
      maxWait: p.integer('fetch.max.wait.ms', FETCH_WAIT),
      minBytes: p.integer('fetch.min.bytes', 1),
      maxBytes: p.integer('fetch.max.bytes', FETCH_BYTES),
      partitionBytes: p.integer('max.partition.fetch.bytes', PARTITION_BYTES),
      committedOnly: p.string('isolation.level')?.toLowerCase() === 'read_committed',
    };
  }

  async open(offsets: readonly SplitOffset[] | null): Promise<void> {
    await this.client.connect();
    try {
      const restored = new Map((offsets ?? []).map((o) => [o.split, o.offset as KafkaOffset]));
      this.partitions = await this.find(restored, offsets !== null);
    } catch (error) {
      await this.client.close();
      throw StreamcellError.from(error, 'KAFKA_FAILED');
    }
    if (this.settings.bounded === 'unbounded' && this.settings.discoveryInterval > 0) {
      this.nextDiscovery = Date.now() + this.settings.discoveryInterval;
    }
    this.fetching = this.fetchForEver();
  }

  /**
   * The partitions of this subtask that are not known yet, with where to begin and to end.
   * @param later whether the job began before: what is found then is read from its beginning, since nothing of it was there at the start.
   */
  private async find(restored: ReadonlyMap<string, KafkaOffset>, later: boolean): Promise<PartitionState[]> {
    const { settings, request } = this;
    const admin = await this.client.admin();
    let { topics } = settings;
    if (settings.pattern !== null) {
      const { pattern } = settings;
      topics = (await admin.listTopics()).filter((t) => pattern.test(t)).sort();
      if (topics.length === 0 && !later && settings.bounded !== 'unbounded') return [];
    }
    const metadata = await topicMetadata(admin, topics);
    if (topics.length > 0) await this.client.watch(topics);
    const found: PartitionState[] = [];
    for (const topic of topics) {
      const all = (metadata.get(topic) ?? []).map((p) => ({ partition: p, split: `${topic}-${p}` }));
      const own = all.filter(({ partition, split }) => {
        const mine = (hash(topic) + partition) % request.parallelism === request.subtask;
        return mine && !this.partitions.some((s) => s.split === split);
      });
      if (own.length === 0) continue;
      const starts = await this.starts(admin, topic, later);
      const stops = await this.stops(admin, topic);
      for (const { partition, split } of own) {
        const saved = restored.get(split);
        const start = saved?.next ?? starts(partition);
        const stop = saved !== undefined ? (saved.stop ?? Infinity) : stops(partition);
        found.push({
          split,
          topic,
          partition,
          position: start,
          fetchAt: start,
          stop,
          ended: false,
          highWatermark: start,
          queued: 0,
        });
      }
    }
    return found;
  }

  private async starts(admin: Admin, topic: string, discovered: boolean): Promise<(partition: number) => number> {
    const { startup, startupTimestamp, startupOffsets, groupId, options } = this.settings;
    const range = await offsetRange(admin, topic);
    const earliest = (p: number): number => range.get(p)?.low ?? 0;
    const latest = (p: number): number => range.get(p)?.high ?? 0;
    if (discovered) return earliest;
    switch (startup) {
      case 'earliest-offset':
        return earliest;
      case 'latest-offset':
        return latest;
      case 'timestamp': {
        const at = await offsetsAt(admin, topic, startupTimestamp);
        return (p) => at.get(p) ?? latest(p);
      }
      case 'specific-offsets':
        return (p) => startupOffsets.get(p) ?? earliest(p);
      case 'group-offsets': {
        const committed = await committedOffsets(admin, groupId ?? '', topic);
        const reset = options.string('properties.auto.offset.reset') ?? 'none';
        return (p) => {
          const offset = committed.get(p);
          if (offset !== undefined) return offset;
          if (reset === 'earliest') return earliest(p);
          if (reset === 'latest') return latest(p);
          throw new StreamcellError(
            'KAFKA_FAILED',
            `The group '${groupId}' has no committed offset for partition ${topic}-${p}.`,
            {
              hint: "Set 'properties.auto.offset.reset', or another 'scan.startup.mode'.",
            },
          );
        };
      }
    }
  }

  private async stops(admin: Admin, topic: string): Promise<(partition: number) => number> {
    const { bounded, boundedTimestamp, boundedOffsets, groupId } = this.settings;
    if (bounded === 'unbounded') return () => Infinity;
    const range = await offsetRange(admin, topic);
    const latest = (p: number): number => range.get(p)?.high ?? 0;
    switch (bounded) {
      case 'latest-offset':
        return latest;
      case 'timestamp': {
        const at = await offsetsAt(admin, topic, boundedTimestamp);
        return (p) => at.get(p) ?? latest(p);
      }
      case 'specific-offsets':
        return (p) => boundedOffsets.get(p) ?? latest(p);
      case 'group-offsets': {
        const committed = await committedOffsets(admin, groupId ?? '', topic);
        return (p) => committed.get(p) ?? latest(p);
      }
    }
  }

  private async fetchForEver(): Promise<void> {
    let backoff = FIRST_BACKOFF;
    while (!this.closed) {
      try {
        if (Date.now() >= this.nextDiscovery) {
          this.nextDiscovery = Infinity;
          // Beside the fetching, which may go on while there is nobody to ask.
          void this.discover();
        }
        if (this.queued >= MAX_QUEUED) {
          await new Promise<void>((resolve) => (this.drained = resolve));
          continue;
        }
        if (await this.fetchRound()) {
          backoff = FIRST_BACKOFF;
          continue;
        }
      } catch (error) {
        if (error instanceof StreamcellError) {
          this.failure = error;
          this.notify();
          return;
        }
      }
      // The broker is away, or its partitions have moved: look again after a while.
      await sleep(backoff);
      backoff = Math.min(backoff * 2, LAST_BACKOFF);
      if (!this.closed) await this.client.refresh().catch(() => undefined);
    }
  }

  /** Looks for new partitions. When nobody answers, the next look will find them; the known ones are read meanwhile. */
  private async discover(): Promise<void> {
    try {
      for (const found of await this.find(new Map(), true)) this.partitions.push(found);
    } catch {
      // What is wrong with the topics themselves, the fetching finds out.
    }
    // Closed meanwhile: what was opened for the question is left over.
    if (this.closed) await this.client.close();
    this.nextDiscovery = Date.now() + this.settings.discoveryInterval;
  }

  /** One fetch from each leader. @returns whether all partitions were served. */
  private async fetchRound(): Promise<boolean> {
    const open = this.partitions.filter((s) => !s.ended && s.fetchAt < s.stop && s.queued < MAX_QUEUED / 4);
    if (open.length === 0) {
      await sleep(this.partitions.length === 0 ? FETCH_WAIT : 5);
      return true;
    }
    const byLeader = new Map<number, PartitionState[]>();
    for (const state of open) {
      const leader = this.client.leaders(state.topic).get(state.partition) ?? -1;
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), state]);
    }
    const served = await Promise.all(
      [...byLeader].map(([leader, states]) => (leader < 0 ? false : this.fetchFrom(leader, states))),
    );
    return served.every((s) => s);
  }

  private async fetchFrom(leader: number, states: readonly PartitionState[]): Promise<boolean> {
    const targets = states.map((s) => ({ topic: s.topic, partition: s.partition, offset: s.fetchAt }));
    const { version, data } = await this.client.send(leader, FETCH, FETCH_VERSION, (v) =>
      fetchBody(v, targets, this.fetchSettings),
    );
    const response = readFetch(version, data);
    if (response.error !== 0) throw new Error(ERROR_NAMES[response.error] ?? `error ${response.error}`);
    let served = true;
    for (const fetched of response.partitions) {
      const state = states.find((s) => s.topic === fetched.topic && s.partition === fetched.partition);
      if (state === undefined) continue;
      if (fetched.error === 0) this.enqueue(state, data, fetched);
      else if (TRANSIENT.has(fetched.error)) served = false;
      else if (fetched.error === 1) await this.outOfRange(state);
      else throw brokerError(fetched.error, state);
    }
    this.notify();
    return served;
  }

  private enqueue(state: PartitionState, data: Buffer, fetched: FetchedPartition): void {
    state.highWatermark = fetched.highWatermark;
    let end = fetched.start;
    for (let batch = readBatch(data, end, fetched.end); batch !== null; batch = readBatch(data, end, fetched.end)) {
      end = batch.end;
      state.fetchAt = Math.max(state.fetchAt, batch.nextOffset);
    }
    if (end === fetched.start) return;
    this.chunks.push({ state, data, start: fetched.start, at: fetched.start, end, aborted: fetched.aborted });
    state.queued += end - fetched.start;
    this.queued += end - fetched.start;
  }

  /** The wanted offset has been deleted, or does not exist yet. */
  private async outOfRange(state: PartitionState): Promise<void> {
    const { startup, options } = this.settings;
    const begins = startup === 'earliest-offset' || startup === 'specific-offsets';
    const otherwise = begins ? 'earliest' : startup === 'latest-offset' ? 'latest' : 'none';
    const reset = options.string('properties.auto.offset.reset') ?? otherwise;
    if (reset !== 'earliest' && reset !== 'latest') throw brokerError(1, state);
    const range = (await offsetRange(await this.client.admin(), state.topic)).get(state.partition);
    const offset = (reset === 'earliest' ? range?.low : range?.high) ?? 0;
    state.fetchAt = offset;
    // Behind what is queued: rows of that are given out first.
    this.chunks.push({ state, data: NO_DATA, start: 0, end: 0, at: 0, aborted: [], restartAt: offset });
  }

  splits(): readonly string[] {
    return this.partitions.filter((s) => !s.ended).map((s) => s.split);
  }

  poll(): Poll {
    const { limit } = this.request;
    if (limit !== null && this.emitted >= limit) return { kind: 'end' };
    for (;;) {
      if (this.loaded === null && !this.load()) break;
      const { loaded } = this;
      if (loaded === null) continue;
      const batch = this.decode(loaded, limit === null ? MAX_BATCH : Math.min(MAX_BATCH, limit - this.emitted));
      if (loaded.at >= this.run.count) {
        loaded.state.position = loaded.next;
        this.loaded = null;
      }
      this.metrics.lag = this.partitions.reduce((sum, s) => sum + Math.max(0, s.highWatermark - s.position), 0);
      if (batch.length === 0) continue;
      this.emitted += batch.length;
      return { kind: 'batch', batch, split: loaded.state.split };
    }
    if (this.failure !== null) throw this.failure;
    const done = this.partitions.find((s) => !s.ended && s.position >= s.stop && s.queued === 0);
    if (done !== undefined) {
      done.ended = true;
      return { kind: 'splitEnd', split: done.split };
    }
    if (this.settings.bounded !== 'unbounded' && this.partitions.every((s) => s.ended)) return { kind: 'end' };
    return { kind: 'empty' };
  }

  /** Lays out records of the next chunk; false when there is none. */
  private load(): boolean {
    const [chunk] = this.chunks;
    if (chunk === undefined) return false;
    const { state, data, restartAt } = chunk;
    if (restartAt !== undefined) {
      this.chunks.shift();
      state.position = restartAt;
      return true;
    }
    const { run } = this;
    run.count = 0;
    let loaded: Loaded | null = null;
    let next = state.position;
    while (chunk.at < chunk.end && run.count < MAX_BATCH) {
      const batch = readBatch(data, chunk.at, chunk.end);
      if (batch === null) break;
      // Bytes of a compressed batch are its own; and metadata of a run come from one batch header.
      const apart = batch.codec !== 0 || this.parts.some((p) => p.from === 'metadata');
      if (loaded !== null && apart) break;
      this.free(state, batch.end - chunk.at);
      chunk.at = batch.end;
      next = Math.max(next, batch.nextOffset);
      if (batch.control || next <= state.position || (batch.transactional && isAborted(batch, chunk))) continue;
      const { bytes, start } = recordBytes(data, batch);
      const reached = appendRecords(run, bytes, start, batch, state.position, state.stop);
      loaded = { state, bytes, batch, next: 0, at: 0 };
      if (reached || next >= state.stop) {
        this.free(state, chunk.end - chunk.at);
        chunk.at = chunk.end;
      }
      if (apart) break;
    }
    if (chunk.at >= chunk.end) this.chunks.shift();
    next = Math.min(next, state.stop);
    if (loaded === null || run.count === 0) state.position = next;
    else this.loaded = { ...loaded, next };
    return true;
  }

  private free(state: PartitionState, bytes: number): void {
    state.queued -= bytes;
    this.queued -= bytes;
    if (this.queued < MAX_QUEUED / 2 && this.drained !== null) {
      this.drained();
      this.drained = null;
    }
  }

  private decode(loaded: Loaded, most: number): Batch {
    const { run, metrics, valueDecoder, keyDecoder } = this;
    const { bytes, state } = loaded;
    const from = loaded.at;
    const to = Math.min(run.count, from + (this.stepwise ? 1 : most));
    try {
      const values = valueDecoder.decodeRecords(bytes, run.valueStarts, run.valueLengths, from, to);
      let used = values.bytes;
      let batch: Batch;
      if (keyDecoder === null) {
        batch = this.assemble(loaded, from, values, null);
      } else {
        const keys = keyDecoder.decodeRecords(bytes, run.keyStarts, run.keyLengths, from, from + used);
        used = Math.min(used, keys.bytes);
        batch = this.paired(loaded, from, from + used, values, keys);
      }
      for (let i = from; i < from + used; i++)
        metrics.bytes += Math.max(0, run.valueLengths[i]) + Math.max(0, run.keyLengths[i]);
      metrics.records += used;
      metrics.malformed = valueDecoder.metrics.malformed + (keyDecoder?.metrics.malformed ?? 0);
      loaded.at = from + used;
      state.position = loaded.at < run.count ? run.offsets[loaded.at] : loaded.next;
      return batch;
    } catch (error) {
      if (!(error instanceof StreamcellError) || error.code !== 'RECORD_MALFORMED') throw error;
      if (!this.stepwise) {
        this.stepwise = true;
        return this.decode(loaded, 1);
      }
      throw new StreamcellError(error.code, `Partition ${state.split}, offset ${run.offsets[from]}: ${error.message}`, {
        hint: error.hint,
        cause: error,
      });
    }
  }

  private assemble(loaded: Loaded, from: number, values: Decoded, keys: readonly Column[] | null): Batch {
    const { batch, recordOf } = values;
    const n = batch.length;
    const columns = this.parts.map((part): Column => {
      if (part.from === 'value') return batch.columns[part.index];
      if (part.from === 'key') return (keys ?? [])[part.index];
      const column = createColumn(part.type, n);
      for (let i = 0; i < n; i++)
        setValue(column, part.type, i, part.make(loaded, recordOf === null ? from + i : recordOf[i]), n);
      return column;
    });
    return new Batch(n, columns, batch.kinds);
  }

  /** Joins the rows of key and value of each record; a record whose key gives no row gives none. */
  private paired(loaded: Loaded, from: number, to: number, values: Decoded, keys: Decoded): Batch {
    if (values.recordOf === null && keys.recordOf === null && values.batch.length === keys.batch.length) {
      return this.assemble(loaded, from, values, keys.batch.columns);
    }
    const record = (decoded: Decoded, row: number): number =>
      decoded.recordOf === null ? from + row : decoded.recordOf[row];
    const keyRow = new Map<number, number>();
    for (let i = 0; i < keys.batch.length; i++) keyRow.set(record(keys, i), i);
    const rows: number[] = [];
    for (let i = 0; i < values.batch.length; i++)
      if (record(values, i) < to && keyRow.has(record(values, i))) rows.push(i);
    const types = (of: 'value' | 'key', index: number): DataType => {
      const at = this.parts.findIndex((p) => p.from === of && p.index === index);
      return at < 0 ? { root: 'NULL', nullable: true } : this.request.schema[at].type;
    };
    const gather = (columns: readonly Column[], of: 'value' | 'key', indexes: readonly number[]): Column[] =>
      columns.map((column, c) => {
        const type = types(of, c);
        const taken = createColumn(type, indexes.length);
        if (type.root !== 'NULL')
          indexes.forEach((row, i) => setValue(taken, type, i, boxedValue(column, type, row), indexes.length));
        return taken;
      });
    const taken: Decoded = {
      batch: new Batch(rows.length, gather(values.batch.columns, 'value', rows)),
      bytes: 0,
      recordOf: Int32Array.from(rows, (row) => record(values, row)),
    };
    const keyRows = rows.map((row) => keyRow.get(record(values, row)) ?? 0);
    return this.assemble(loaded, from, taken, gather(keys.batch.columns, 'key', keyRows));
  }

  private notify(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  ready(): Promise<void> {
    if (this.chunks.length > 0 || this.failure !== null || this.closed)
      return new Promise((resolve) => setImmediate(resolve));
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  snapshotOffsets(): readonly SplitOffset[] {
    return this.partitions.map((s) => ({
      split: s.split,
      offset: {
        topic: s.topic,
        partition: s.partition,
        next: s.position,
        stop: s.stop === Infinity ? null : s.stop,
      } satisfies KafkaOffset,
    }));
  }

  checkpointComplete(offsets: readonly SplitOffset[]): void {
    const { groupId, options } = this.settings;
    if (groupId === undefined || !options.boolean('properties.commit.offsets.on.checkpoint', true)) return;
    const own = offsets
      .filter((o) => this.partitions.some((s) => s.split === o.split))
      .map((o) => o.offset as KafkaOffset)
      .map(({ topic, partition, next }) => ({ topic, partition, offset: next }));
    // The group's offsets are for others to see progress; the job itself restarts from its own checkpoint.
    if (own.length > 0) this.client.commitOffsets(groupId, own).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.drained?.();
    this.notify();
    await this.client.close();
    await this.fetching.catch(() => undefined);
  }
}

function metadataOf(key: string, run: RecordRun): (loaded: Loaded, record: number) => Value {
  switch (key) {
    case 'topic':
      return ({ state }) => state.topic;
    case 'partition':
      return ({ state }) => state.partition;
    case 'headers':
      return ({ bytes }, i) => new MapValue([...readHeaders(bytes, run.headers[i])]);
    case 'leader-epoch':
      return ({ batch }) => (batch.leaderEpoch < 0 ? null : batch.leaderEpoch);
    case 'offset':
      return (_, i) => BigInt(run.offsets[i]);
    case 'timestamp':
      return (_, i) => new Timestamp(run.timestamps[i]);
    case 'timestamp-type':
      return ({ batch }) => (batch.logAppendTime ? 'LogAppendTime' : 'CreateTime');
    default:
      throw new Error(`kafka has no metadata column ${key}`);
  }
}

function brokerError(code: number, state: PartitionState): StreamcellError {
  return new StreamcellError(
    'KAFKA_FAILED',
    `Partition ${state.split} at offset ${state.fetchAt}: ${ERROR_NAMES[code] ?? `error ${code}`}.`,
  );
}

function sleep(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}

function hash(text: string): number {
  let h = 0;
  for (let i = 0; i < text.length; i++) h = (Math.imul(h, 31) + text.charCodeAt(i)) | 0;
  return h & 0x7fffffff;
}
