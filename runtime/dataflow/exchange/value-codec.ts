import { MapValue, Timestamp, VariantValue, type Value } from '../../types/index.js';

/**
 * Boxed values as bytes, for nested columns that cross threads. Not a storage format: both ends are the same build.
 * Structured clone would lose the classes (Timestamp, MapValue) and cannot write into a ring.
 */
const NULL = 0;
const FALSE = 1;
const TRUE = 2;
const NUMBER = 3;
const BIGINT = 4;
const STRING = 5;
const BYTES = 6;
const TIMESTAMP = 7;
const LIST = 8;
const MAP = 9;
const VARIANT = 10;
const BIG_TEXT = 11;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const MAX_64 = (1n << 63n) - 1n;
const MIN_64 = -(1n << 63n);

export class ValueWriter {
  private bytes = new Uint8Array(256);
  private view = new DataView(this.bytes.buffer);
  length = 0;

  /** What was written so far; valid until the next write. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  write(value: Value): void {
    this.need(13);
    if (value === null) this.bytes[this.length++] = NULL;
    else if (typeof value === 'boolean') this.bytes[this.length++] = value ? TRUE : FALSE;
    else if (typeof value === 'number') this.double(NUMBER, value);
    else if (typeof value === 'bigint') this.bigint(value);
    else if (typeof value === 'string') this.blob(STRING, encoder.encode(value));
    else if (value instanceof Uint8Array) this.blob(BYTES, value);
    else if (value instanceof Timestamp) {
      this.double(TIMESTAMP, value.millis);
      this.int(value.nanos);
    } else if (value instanceof MapValue) {
      this.bytes[this.length++] = MAP;
      this.int(value.entries.length);
      for (const [k, v] of value.entries) {
        this.write(k);
        this.write(v);
      }
    } else if (value instanceof VariantValue) this.blob(VARIANT, encoder.encode(JSON.stringify(value.json)));
    else {
      this.bytes[this.length++] = LIST;
      this.int(value.length);
      for (const v of value) this.write(v);
    }
  }

  private need(size: number): void {
    if (this.length + size <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + size));
    grown.set(this.bytes);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  private int(value: number): void {
    this.need(4);
    this.view.setInt32(this.length, value, true);
    this.length += 4;
  }

  private double(tag: number, value: number): void {
    this.bytes[this.length] = tag;
    this.view.setFloat64(this.length + 1, value, true);
    this.length += 9;
  }

  private bigint(value: bigint): void {
    if (value > MAX_64 || value < MIN_64) {
      this.blob(BIG_TEXT, encoder.encode(value.toString()));
      return;
    }
    this.bytes[this.length] = BIGINT;
    this.view.setBigInt64(this.length + 1, value, true);
    this.length += 9;
  }

  private blob(tag: number, data: Uint8Array): void {
    this.bytes[this.length++] = tag;
    this.int(data.length);
    this.need(data.length);
    this.bytes.set(data, this.length);
    this.length += data.length;
  }
}

export class ValueReader {
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    public position: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): Value {
    const tag = this.bytes[this.position++];
    switch (tag) {
      case NULL:
        return null;
      case FALSE:
        return false;
      case TRUE:
        return true;
      case NUMBER:
        return this.double();
      case BIGINT:
        this.position += 8;
        return this.view.getBigInt64(this.position - 8, true);
      case BIG_TEXT:
        return BigInt(decoder.decode(this.blob()));
      case STRING:
        return decoder.decode(this.blob());
      case BYTES:
        return this.blob();
      case TIMESTAMP: {
        const millis = this.double();
        return new Timestamp(millis, this.int());
      }
      case LIST:
        return this.list(this.int());
      case MAP: {
        const n = this.int();
        const entries: [Value, Value][] = [];
        for (let i = 0; i < n; i++) entries.push([this.read(), this.read()]);
        return new MapValue(entries);
      }
      case VARIANT:
        return new VariantValue(JSON.parse(decoder.decode(this.blob())));
      default:
        throw new Error(`value tag ${tag} in a frame`);
    }
  }

  private list(n: number): Value[] {
    const values: Value[] = [];
    for (let i = 0; i < n; i++) values.push(this.read());
    return values;
  }

  private int(): number {
    this.position += 4;
    return this.view.getInt32(this.position - 4, true);
  }

  private double(): number {
    this.position += 8;
    return this.view.getFloat64(this.position - 8, true);
  }

  /** A copy outside the frame, which the writer will overwrite (and TextDecoder refuses shared memory). */
  private blob(): Uint8Array {
    const n = this.int();
    this.position += n;
    return this.bytes.slice(this.position - n, this.position);
  }
}
