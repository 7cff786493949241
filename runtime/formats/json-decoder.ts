import { Batch, type DataType, type Value } from '../types/index.js';
import { BatchBuilder } from './batch-builder.js';
import type { Decoded, DecodeMetrics, Decoder } from './format.js';
import { isDataError, JsonConverters, type JsonConverter, type JsonDecodeOptions } from './json-converters.js';
import { JsonExact } from './json-exact.js';
import { JsonScanner, SCAN_FULL } from './json-scanner.js';
import { learnShape, WantedTree } from './json-shape.js';
import { JsonTokens } from './json-tokens.js';
import { readTree } from './json-tree.js';
import { JsonTreeConverters } from './json-tree-converters.js';

const NEWLINE = 10;
const RETURN = 13;
/** Text outside the scanner's memory is copied there in pieces of this size. */
const COPY_BYTES = 1 << 20;

/**
 * The json decoder: the speculative scanner decodes rows whose shape it has learnt, the exact decoder all others, one by one, and each such
 * row is a chance to learn a shape. Both write to the same columns in the scanner's memory.
 *
 * State: the shapes (in the scanner), and how much longer learning pauses: data without shapes would otherwise pay for learning in vain.
 */
export class JsonDecoder implements Decoder {
  readonly metrics: DecodeMetrics = { records: 0, bytes: 0, malformed: 0 };
  private readonly exact: JsonExact;
  private readonly scanner: JsonScanner;
  private readonly wanted: WantedTree;
  private readonly converters: readonly JsonConverter[];
  private readonly tokens = new JsonTokens();
  private readonly rows: (readonly Value[])[] = [];
  /** Rows from the scanner since a shape was last learnt, and rows for which learning still pauses. */
  private hits = 0;
  private pause = 0;
  private pauseLength = 1;
  private recordOf = new Int32Array(0);

  constructor(
    paths: readonly (readonly string[])[],
    private readonly types: readonly DataType[],
    options: JsonDecodeOptions & { readonly pullParser: boolean },
  ) {
    this.exact = new JsonExact(paths, types, options, this.metrics);
    this.scanner = new JsonScanner(types, {
      timestampStandard: options.timestampStandard,
      numbersAsText: options.pullParser,
    });
    this.wanted = WantedTree.of(paths);
    // A value that the scanner leaves behind is converted strictly: when it fails, its whole row goes to the exact decoder.
    const strict = { ...options, ignoreParseErrors: false };
    const pulling = new JsonConverters(strict, () => undefined);
    const walking = new JsonTreeConverters(strict, () => undefined);
    this.converters = types.map((type) => {
      if (options.pullParser) return pulling.nullable(type);
      const convert = walking.nullable(type);
      return (tokens) => convert(readTree(tokens, options.decimals));
    });
  }

  reserve(size: number): Uint8Array {
    return this.scanner.reserve(size);
  }

  decodeLines(data: Uint8Array, start: number, end: number, maxRows: number): Decoded {
    const { scanner, metrics } = this;
    let from = start;
    let to = end;
    let text = data;
    if (!scanner.owns(data)) {
      if (end - start > COPY_BYTES) {
        const newline = data.lastIndexOf(NEWLINE, start + COPY_BYTES);
        const next = newline < start ? data.indexOf(NEWLINE, start) : newline;
        to = next < 0 || next >= end ? end : next + 1;
      }
      text = scanner.reserve(to - start);
      text.set(data.subarray(start, to));
      from = 0;
      to -= start;
    }
    const offset = text.byteOffset;
    const first = from + offset;
    const stop = to + offset;
    const limit = Math.min(maxRows, scanner.capacity);
    const memory = scanner.memoryBytes;
    scanner.begin();
    let at = first;
    let row = 0;
    let alone: Batch | null = null;
    while (row < limit && at < stop) {
      const next = scanner.lines(at, stop, row, limit);
      const sound = this.settle(next);
      metrics.records += sound - row;
      this.hits += sound - row;
      const progress = sound > row;
      row = sound;
      if (sound < next) {
        at = scanner.rowStart(sound);
      } else {
        at = scanner.position;
        if (row >= limit || at >= stop) break;
        if (scanner.outcome === SCAN_FULL) {
          if (progress) continue;
          if (row > 0) break;
        }
      }
      const newline = memory.indexOf(NEWLINE, at);
      const lineEnd = newline < 0 || newline > stop ? stop : newline;
      const last = lineEnd > at && memory[lineEnd - 1] === RETURN ? lineEnd - 1 : lineEnd;
      const added = this.exactly(memory, at, last, row, limit);
      if (added < 0 && row > 0) break;
      metrics.records++;
      at = Math.min(lineEnd + 1, stop);
      if (added < 0) {
        alone = this.alone();
        break;
      }
      row += added;
    }
    metrics.bytes += at - first;
    const batch = alone ?? new Batch(row, scanner.finish(row));
    return { batch, bytes: at - first, recordOf: null };
  }

  decodeRecords(data: Uint8Array, starts: Int32Array, lengths: Int32Array, from: number, to: number): Decoded {
    const { scanner, metrics } = this;
    const until = Math.min(to, from + scanner.capacity);
    if (this.recordOf.length < scanner.capacity) this.recordOf = new Int32Array(scanner.capacity);
    let base = data.byteOffset;
    let low = 0;
    if (!scanner.owns(data)) {
      low = 2147483647;
      let high = 0;
      for (let i = from; i < until; i++) {
        if (lengths[i] < 0) continue;
        low = Math.min(low, starts[i]);
        high = Math.max(high, starts[i] + lengths[i]);
      }
      low = Math.min(low, high);
      const text = scanner.reserve(high - low);
      text.set(data.subarray(low, high));
      base = text.byteOffset - low;
    }
    const memory = scanner.memoryBytes;
    scanner.begin();
    scanner.setRecords(starts, lengths, from, until);
    const { recordOf } = this;
    let row = 0;
    let record = from;
    let straight = from === 0;
    let alone: Batch | null = null;
    while (record < until && row < scanner.capacity) {
      const next = scanner.records(base, record - from, until - from, row, scanner.capacity);
      const sound = this.settle(next);
      this.hits += sound - row;
      const progress = sound > row;
      while (row < sound) recordOf[row++] = record++;
      if (sound === next) {
        if (record >= until || row >= scanner.capacity) break;
        if (scanner.outcome === SCAN_FULL) {
          if (progress) continue;
          if (row > 0) break;
        }
      }
      if (lengths[record] < 0) {
        straight = false;
        record++;
        continue;
      }
      const start = base + starts[record];
      const added = this.exactly(memory, start, start + lengths[record], row, scanner.capacity);
      if (added < 0) {
        if (row > 0) break;
        alone = this.alone();
        this.recordOf = new Int32Array(Math.max(alone.length, scanner.capacity)).fill(record);
        record++;
        break;
      }
      if (added !== 1) straight = false;
      for (let i = 0; i < added; i++) recordOf[row++] = record;
      record++;
    }
    for (let i = from; i < record; i++) if (lengths[i] > 0) metrics.bytes += lengths[i];
    metrics.records += record - from;
    const batch = alone ?? new Batch(row, scanner.finish(row));
    return { batch, bytes: record - from, recordOf: straight && alone === null ? null : this.recordOf };
  }

  /**
   * Decodes one record exactly, into rows from `row` on.
   * @returns how many rows it gave, or -1 when they do not fit the batch: they are then in `rows`.
   */
  private exactly(data: Uint8Array, start: number, end: number, row: number, limit: number): number {
    const { rows, scanner } = this;
    rows.length = 0;
    const malformed = this.metrics.malformed;
    this.exact.record(data, start, end, (r) => rows.push(r));
    // Records are counted, however many of their fields do not parse.
    this.metrics.malformed = Math.min(this.metrics.malformed, malformed + 1);
    const fits = row + rows.length <= Math.max(limit, row + 1) && row + rows.length <= scanner.capacity;
    if (!fits || !rows.every((r, i) => scanner.writeRow(row + i, r))) {
      // It will be decoded again unless it stands alone.
      if (row > 0) this.metrics.malformed = malformed;
      return -1;
    }
    if (rows.length === 1 && this.metrics.malformed === malformed) this.learn(data, start, end);
    return rows.length;
  }

  /** The rows of one record as a batch of their own. */
  private alone(): Batch {
    const builder = new BatchBuilder(this.types, Math.max(1, this.rows.length));
    for (const r of this.rows) builder.add(r);
    return builder.finish();
  }

  private learn(data: Uint8Array, start: number, end: number): void {
    if (this.pause > 0) {
      this.pause--;
      return;
    }
    // A shape that was learnt and then hardly used tells that rows do not share shapes.
    this.pauseLength = this.hits < 16 ? Math.min(this.pauseLength * 2, 4096) : 1;
    this.pause = this.pauseLength - 1;
    this.hits = 0;
    const shape = learnShape(data, start, end, this.wanted);
    if (shape !== null) this.scanner.addShape(shape);
  }

  /**
   * Converts the values that the scanner has left behind in rows before `rows`.
   * @returns the number of rows that are complete: the first row with a value that does not convert, and all behind it, are decoded again.
   */
  private settle(rows: number): number {
    const { scanner, tokens } = this;
    for (const { row, column, start, end } of scanner.takePending()) {
      tokens.reset(scanner.memoryBytes, start, end);
      try {
        tokens.next();
        scanner.writeValue(column, row, this.converters[column](tokens));
      } catch (error) {
        if (!isDataError(error)) throw error;
        return row;
      }
    }
    return rows;
  }
}
