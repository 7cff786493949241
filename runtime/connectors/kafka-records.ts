import { gunzipSync, gzipSync } from 'node:zlib';
import { StreamcellError } from '../types/index.js';

/** Records of a run, as places in one buffer. Arrays have room for `capacity` records; [0, count) are filled. */
export class RecordRun {
  count = 0;
  keyStarts = new Int32Array(INITIAL);
  /** -1: null. */
  keyLengths = new Int32Array(INITIAL);
  valueStarts = new Int32Array(INITIAL);
  valueLengths = new Int32Array(INITIAL);
  offsets = new Float64Array(INITIAL);
  timestamps = new Float64Array(INITIAL);
  /** Where the header count of a record lies. */
  headers = new Int32Array(INITIAL);

  grow(): void {
    const larger = <T extends Int32Array | Float64Array>(old: T, fresh: T): T => {
      fresh.set(old);
      return fresh;
    };
    const n = this.offsets.length * 2;
    this.keyStarts = larger(this.keyStarts, new Int32Array(n));
    this.keyLengths = larger(this.keyLengths, new Int32Array(n));
    this.valueStarts = larger(this.valueStarts, new Int32Array(n));
    this.valueLengths = larger(this.valueLengths, new Int32Array(n));
    this.offsets = larger(this.offsets, new Float64Array(n));
    this.timestamps = larger(this.timestamps, new Float64Array(n));
    this.headers = larger(this.headers, new Int32Array(n));
  }
}

const INITIAL = 1024;
const HEADER_BYTES = 61;
const GZIP = 1;
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** The header of a record batch. */
export interface RecordBatch {
  readonly baseOffset: number;
  /** Offset of the next record behind the batch, even when compaction has removed its last ones. */
  readonly nextOffset: number;
  readonly leaderEpoch: number;
  readonly codec: number;
  readonly logAppendTime: boolean;
  readonly transactional: boolean;
  readonly control: boolean;
  readonly firstTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: bigint;
  readonly recordCount: number;
  /** Where the (perhaps compressed) records lie. */
  readonly start: number;
  readonly end: number;
}

/** The batch at `at`, or null when the data ends within it: a fetch may cut its last batch. */
export function readBatch(data: Buffer, at: number, limit: number): RecordBatch | null {
  if (at + HEADER_BYTES > limit) return null;
  const end = at + 12 + data.readInt32BE(at + 8);
  if (end > limit) return null;
  const magic = data[at + 16];
  if (magic !== 2)
    throw new StreamcellError(
      'KAFKA_FAILED',
      `Record batches of format ${magic} are not supported (brokers before 0.11 write them).`,
    );
  const attributes = data.readInt16BE(at + 21);
  const baseOffset = Number(data.readBigInt64BE(at));
  return {
    baseOffset,
    nextOffset: baseOffset + data.readInt32BE(at + 23) + 1,
    leaderEpoch: data.readInt32BE(at + 12),
    codec: attributes & 7,
    logAppendTime: (attributes & 8) !== 0,
    transactional: (attributes & 16) !== 0,
    control: (attributes & 32) !== 0,
    firstTimestamp: Number(data.readBigInt64BE(at + 27)),
    maxTimestamp: Number(data.readBigInt64BE(at + 35)),
    producerId: data.readBigInt64BE(at + 43),
    recordCount: data.readInt32BE(at + 57),
    start: at + HEADER_BYTES,
    end,
  };
}

/** The bytes of a batch's records and where they begin. */
export function recordBytes(data: Buffer, batch: RecordBatch): { readonly bytes: Buffer; readonly start: number } {
  if (batch.codec === 0) return { bytes: data, start: batch.start };
  if (batch.codec === GZIP) return { bytes: gunzipSync(data.subarray(batch.start, batch.end)), start: 0 };
  throw new StreamcellError(
    'KAFKA_FAILED',
    `The topic holds records compressed with ${CODECS[batch.codec] ?? batch.codec}; only gzip is supported.`,
    {
      hint: "Set the producer's compression.type to gzip or none.",
    },
  );
}

let cursor = 0;

/** A zigzag varint at `cursor`. Values beyond 32 bits (timestamp deltas) come out right up to the safe range. */
function varint(data: Buffer): number {
  let byte = data[cursor++];
  let value = byte & 127;
  if (byte < 128) return (value >>> 1) ^ -(value & 1);
  let shift = 7;
  do {
    byte = data[cursor++];
    if (shift < 28) value |= (byte & 127) << shift;
    else value = (value >>> 0) + (byte & 127) * 2 ** shift;
    shift += 7;
  } while (byte >= 128);
  if (shift <= 28) return (value >>> 1) ^ -(value & 1);
  const half = Math.floor(value / 2);
  return value % 2 === 0 ? half : -half - 1;
}

/**
 * Appends the records of a batch with offsets in [from, until) to a run.
 * @returns whether a record at or beyond `until` was met.
 */
export function appendRecords(
  run: RecordRun,
  bytes: Buffer,
  start: number,
  batch: RecordBatch,
  from: number,
  until: number,
): boolean {
  cursor = start;
  for (let i = 0; i < batch.recordCount; i++) {
    const length = varint(bytes);
    const end = cursor + length;
    cursor++;
    const timestamp = batch.firstTimestamp + varint(bytes);
    const offset = batch.baseOffset + varint(bytes);
    if (offset >= until) return true;
    if (offset >= from) {
      if (run.count === run.offsets.length) run.grow();
      const n = run.count++;
      const keyLength = varint(bytes);
      run.keyStarts[n] = cursor;
      run.keyLengths[n] = keyLength;
      if (keyLength > 0) cursor += keyLength;
      const valueLength = varint(bytes);
      run.valueStarts[n] = cursor;
      run.valueLengths[n] = valueLength;
      run.headers[n] = valueLength > 0 ? cursor + valueLength : cursor;
      run.offsets[n] = offset;
      run.timestamps[n] = batch.logAppendTime ? batch.maxTimestamp : timestamp;
    }
    cursor = end;
  }
  return false;
}

/** The headers of a record; a repeated key keeps its last value, as in Flink's map. */
export function readHeaders(bytes: Buffer, at: number): Map<string, Uint8Array | null> {
  cursor = at;
  const headers = new Map<string, Uint8Array | null>();
  const count = varint(bytes);
  for (let i = 0; i < count; i++) {
    const keyLength = varint(bytes);
    const key = bytes.toString('utf8', cursor, cursor + keyLength);
    cursor += keyLength;
    const length = varint(bytes);
    headers.set(key, length < 0 ? null : Uint8Array.from(bytes.subarray(cursor, cursor + length)));
    if (length > 0) cursor += length;
  }
  return headers;
}

/** A record batch under construction. */
export class RecordBatchBuilder {
  count = 0;
  private bytes = Buffer.allocUnsafe(1 << 16);
  private at = HEADER_BYTES;
  private first = 0;
  private latest = 0;

  get size(): number {
    return this.at;
  }

  add(
    timestamp: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: readonly (readonly [string, Uint8Array | null])[],
  ): void {
    if (this.count === 0) this.first = this.latest = timestamp;
    this.latest = Math.max(this.latest, timestamp);
    const names = headers.map(([name]) => Buffer.from(name));
    let body =
      1 +
      varintSize(timestamp - this.first) +
      varintSize(this.count) +
      fieldSize(key) +
      fieldSize(value) +
      varintSize(headers.length);
    headers.forEach(([, v], i) => (body += fieldSize(names[i]) + fieldSize(v)));
    this.room(body + 10);
    this.varint(body);
    this.bytes[this.at++] = 0;
    this.varint(timestamp - this.first);
    this.varint(this.count);
    this.field(key);
    this.field(value);
    this.varint(headers.length);
    headers.forEach(([, v], i) => {
      this.field(names[i]);
      this.field(v);
    });
    this.count++;
  }

  /** The finished batch; the builder is then empty again. */
  finish(producer: { readonly id: bigint; readonly epoch: number; readonly sequence: number }, gzip: boolean): Buffer {
    const records = this.bytes.subarray(HEADER_BYTES, this.at);
    const body = gzip ? gzipSync(records) : records;
    const batch = Buffer.allocUnsafe(HEADER_BYTES + body.length);
    body.copy(batch, HEADER_BYTES);
    batch.writeBigInt64BE(0n, 0);
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeInt32BE(-1, 12);
    batch[16] = 2;
    batch.writeInt16BE(gzip ? GZIP : 0, 21);
    batch.writeInt32BE(this.count - 1, 23);
    batch.writeBigInt64BE(BigInt(this.first), 27);
    batch.writeBigInt64BE(BigInt(this.latest), 35);
    batch.writeBigInt64BE(producer.id, 43);
    batch.writeInt16BE(producer.epoch, 51);
    batch.writeInt32BE(producer.sequence, 53);
    batch.writeInt32BE(this.count, 57);
    batch.writeUInt32BE(crc32c(batch, 21), 17);
    this.count = 0;
    this.at = HEADER_BYTES;
    return batch;
  }

  private room(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + size));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }

  private field(bytes: Uint8Array | null): void {
    this.varint(bytes === null ? -1 : bytes.length);
    if (bytes === null) return;
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  private varint(value: number): void {
    let rest = value >= 0 ? value * 2 : -value * 2 - 1;
    while (rest >= 128) {
      this.bytes[this.at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.at++] = rest;
  }
}

function varintSize(value: number): number {
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  let size = 1;
  while (rest >= 128) {
    rest = Math.floor(rest / 128);
    size++;
  }
  return size;
}

function fieldSize(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length;
}

/** CRC-32C by eight tables: eight bytes a step. */
const CRC_TABLES = Array.from({ length: 8 }, () => new Uint32Array(256));
for (let n = 0; n < 256; n++) {
  let c = n;
  for (let k = 0; k < 8; k++) c = (c & 1) !== 0 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  CRC_TABLES[0][n] = c >>> 0;
}
for (let n = 0; n < 256; n++) {
  for (let t = 1; t < 8; t++)
    CRC_TABLES[t][n] = (CRC_TABLES[0][CRC_TABLES[t - 1][n] & 255] ^ (CRC_TABLES[t - 1][n] >>> 8)) >>> 0;
}

export function crc32c(bytes: Uint8Array, start = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = CRC_TABLES;
  let crc = 0xffffffff;
  let i = start;
  for (; i + 8 <= bytes.length; i += 8) {
    const low = crc ^ (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24));
    crc =
      t7[low & 255] ^
      t6[(low >>> 8) & 255] ^
      t5[(low >>> 16) & 255] ^
      t4[low >>> 24] ^
      t3[bytes[i + 4]] ^
      t2[bytes[i + 5]] ^
      t1[bytes[i + 6]] ^
      t0[bytes[i + 7]];
  }
  for (; i < bytes.length; i++) crc = t0[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** The hash by which Kafka's own clients choose the partition of a key (murmur2). */
export function murmur2(data: Uint8Array): number {
  const m = 0x5bd1e995;
  let h = 0x9747b28c ^ data.length;
  const blocks = data.length >> 2;
  for (let b = 0; b < blocks; b++) {
    const i = b * 4;
    let k = data[i] | (data[i + 1] << 8) | (data[i + 2] << 16) | (data[i + 3] << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const i = blocks * 4;
  const rest = data.length - i;
  if (rest >= 3) h ^= data[i + 2] << 16;
  if (rest >= 2) h ^= data[i + 1] << 8;
  if (rest >= 1) h = Math.imul(h ^ data[i], m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
}
