/** Bodies of Kafka's Fetch and Produce requests, and what is read from their responses. */
export interface FetchTarget {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly error: number;
  readonly highWatermark: number;
  /** Aborted transactions whose records lie in the data, under read_committed. */
  readonly aborted: readonly { readonly producerId: bigint; readonly firstOffset: number }[];
  /** Where the record batches lie in the response. */
  readonly start: number;
  readonly end: number;
}

export interface FetchSettings {
  readonly maxWait: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly partitionBytes: number;
  readonly committedOnly: boolean;
}

export const FETCH_VERSION = 11;
export const PRODUCE_VERSION = 7;

class BodyWriter {
  private bytes = Buffer.allocUnsafe(1024);
  private at = 0;

  private room(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + size));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }

  int8(value: number): this {
    this.room(1);
    this.bytes[this.at++] = value;
    return this;
  }

  int16(value: number): this {
    this.room(2);
    this.at = this.bytes.writeInt16BE(value, this.at);
    return this;
  }

  int32(value: number): this {
    this.room(4);
    this.at = this.bytes.writeInt32BE(value, this.at);
    return this;
  }

  int64(value: number): this {
    this.room(8);
    this.at = this.bytes.writeBigInt64BE(BigInt(value), this.at);
    return this;
  }

  string(text: string): this {
    const bytes = Buffer.from(text);
    this.int16(bytes.length).room(bytes.length);
    this.at += bytes.copy(this.bytes, this.at);
    return this;
  }

  data(bytes: Buffer): this {
    this.int32(bytes.length).room(bytes.length);
    this.at += bytes.copy(this.bytes, this.at);
    return this;
  }

  finish(): Buffer {
    return this.bytes.subarray(0, this.at);
  }
}

export function fetchBody(version: number, targets: readonly FetchTarget[], settings: FetchSettings): Buffer {
  const body = new BodyWriter().int32(-1).int32(settings.maxWait).int32(settings.minBytes).int32(settings.maxBytes);
  body.int8(settings.committedOnly ? 1 : 0);
  if (version >= 7) body.int32(0).int32(-1);
  const topics = [...new Set(targets.map((t) => t.topic))];
  body.int32(topics.length);
  for (const topic of topics) {
    const partitions = targets.filter((t) => t.topic === topic);
    body.string(topic).int32(partitions.length);
    for (const { partition, offset } of partitions) {
      body.int32(partition);
      if (version >= 9) body.int32(-1);
      body.int64(offset);
      if (version >= 5) body.int64(-1);
      body.int32(settings.partitionBytes);
    }
  }
  if (version >= 7) body.int32(0);
  if (version >= 11) body.string('');
  return body.finish();
}

class BodyReader {
  constructor(
    private readonly bytes: Buffer,
    public at = 0,
  ) {}

  int16(): number {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  int64(): bigint {
    this.at += 8;
    return this.bytes.readBigInt64BE(this.at - 8);
  }

  string(): string {
    const length = this.int16();
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }
}

export function readFetch(
  version: number,
  data: Buffer,
): { readonly error: number; readonly partitions: readonly FetchedPartition[] } {
  const body = new BodyReader(data);
  body.int32();
  let error = 0;
  if (version >= 7) {
    error = body.int16();
    body.int32();
  }
  const partitions: FetchedPartition[] = [];
  for (let topics = body.int32(); topics > 0; topics--) {
    const topic = body.string();
    for (let count = body.int32(); count > 0; count--) {
      const partition = body.int32();
      const partitionError = body.int16();
      const highWatermark = Number(body.int64());
      body.int64();
      if (version >= 5) body.int64();
      const aborted: { producerId: bigint; firstOffset: number }[] = [];
      for (let n = body.int32(); n > 0; n--)
        aborted.push({ producerId: body.int64(), firstOffset: Number(body.int64()) });
      if (version >= 11) body.int32();
      const size = Math.max(0, body.int32());
      const start = body.at;
      body.at += size;
      partitions.push({ topic, partition, error: partitionError, highWatermark, aborted, start, end: start + size });
    }
  }
  return { error, partitions };
}

export function produceBody(
  acks: number,
  timeout: number,
  topic: string,
  batches: readonly { readonly partition: number; readonly batch: Buffer }[],
): Buffer {
  const body = new BodyWriter().int16(-1).int16(acks).int32(timeout).int32(1).string(topic).int32(batches.length);
  for (const { partition, batch } of batches) body.int32(partition).data(batch);
  return body.finish();
}

export function readProduce(version: number, data: Buffer): { readonly partition: number; readonly error: number }[] {
  const body = new BodyReader(data);
  const results: { partition: number; error: number }[] = [];
  for (let topics = body.int32(); topics > 0; topics--) {
    body.string();
    for (let count = body.int32(); count > 0; count--) {
      results.push({ partition: body.int32(), error: body.int16() });
      body.int64();
      body.int64();
      if (version >= 5) body.int64();
    }
  }
  return results;
}
