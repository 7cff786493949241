import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { basename, dirname, relative, sep } from 'node:path';
import type { Decoder } from '../formats/format.js';
import { setValue } from '../formats/batch-builder.js';
import {
  Batch,
  BATCH_ROWS,
  createColumn,
  StreamcellError,
  Timestamp,
  type Column,
  type DataType,
  type Value,
} from '../types/index.js';
import type { Poll, SourceMetrics, SourceReader, SourceRequest, SplitOffset } from './connector.js';
import { fileError, listFiles, type FoundFile } from './file-listing.js';
import type { FilesystemSettings } from './filesystem.js';
import { partitionValue } from './partition-path.js';
import { assignedOffsets } from './split-assignment.js';

/** Bytes read at once: large enough to amortise the call, small enough to stay in the processor's cache while it is decoded. */
const READ_BYTES = 1 << 20;
/** Size of the byte ranges a large file is cut into. Small beside the file, so that subtasks advance side by side in its order. */
const RANGE_BYTES = 16 << 20;
/** Name of the pseudo split that remembers which files a monitoring source has seen. */
const SEEN = '#seen';
/** Names of files that Flink unpacks as it reads them. */
const COMPRESSED = /\.(deflate|gz|gzip|bz2|xz|zst)$/;
const NEWLINE = 10;
const RETURN = 13;

interface FileRange {
  readonly split: string;
  readonly path: string;
  readonly size: number;
  readonly modified: number;
  /** Lines that begin in [start, end) belong to this range. */
  readonly start: number;
  readonly end: number;
  /** Byte offset of the next row; null before the first line of the range was found. */
  next: number | null;
}

interface RangeOffset {
  readonly path: string;
  readonly size: number;
  readonly modified: number;
  readonly start: number;
  readonly end: number;
  readonly next: number | null;
}

/**
 * Reads lines of files, range after range. Every subtask lists the same files and takes every n-th range; a monitoring source takes
 * new files by a hash of their path instead, since subtasks then look at different moments.
 *
 * State: the ranges left, with the offset of the next row. Finished ranges are forgotten; a monitoring source remembers the paths it has seen.
 * Invariant: buffer[from, to) is text of the current range's file from offset `next` on.
 */
export class FilesystemReader implements SourceReader {
  readonly metrics: SourceMetrics = { records: 0, bytes: 0, malformed: 0, lag: null };
  private readonly decoder: Decoder;
  private readonly constants: readonly (((file: FileRange) => Value) | null)[];
  private constantColumns: readonly (Column | null)[] = [];
  private queue: FileRange[] = [];
  private seen = new Set<string>();
  private current: FileRange | null = null;
  private descriptor: number | null = null;
  private buffer: Uint8Array = new Uint8Array(0);
  private from = 0;
  private to = 0;
  private atEnd = false;
  private emitted = 0;
  /** Set by a malformed record: rows are then decoded one by one, so that those before it are given out and its place is known. */
  private stepwise = false;
  private nextListing = 0;
  private wake: (() => void) | null = null;

  constructor(
    private readonly request: SourceRequest,
    private readonly settings: FilesystemSettings,
  ) {
    const { partitionKeys } = request.table;
    const wanted: { path: readonly string[]; type: DataType }[] = [];
    this.constants = request.columns.map((c, i) => {
      const { type } = request.schema[i];
      if (c.from.kind === 'metadata') return metadataOf(c.from.key);
      if (partitionKeys.includes(c.from.path[0])) {
        const key = c.from.path[0];
        return (file) =>
          partitionValue(dirname(relative(settings.path, file.path)).split(sep), key, type, settings.defaultPartition);
      }
      wanted.push({ path: c.from.path, type });
      return null;
    });
    this.decoder = settings.format.createDecoder({
      schema: settings.fileSchema,
      columns: wanted,
      options: settings.formatOptions,
      file: true,
    });
  }

  open(offsets: readonly SplitOffset[] | null): Promise<void> {
    const { subtask, parallelism } = this.request;
    if (offsets === null) {
      this.discover();
    } else {
      for (const { split, offset } of offsets)
        if (split.startsWith(SEEN)) for (const path of offset as string[]) this.seen.add(path);
      const ranges = offsets.filter((o) => !o.split.startsWith(SEEN));
      this.queue = assignedOffsets(ranges, subtask, parallelism)
        .map(({ split, offset }) => ({ split, ...(offset as RangeOffset) }))
        .sort((a, b) => (a.path === b.path ? a.start - b.start : a.path < b.path ? -1 : 1));
    }
    return Promise.resolve();
  }

  /** Lists the files and queues the ranges of new ones that fall to this subtask. */
  private discover(): void {
    const { subtask, parallelism } = this.request;
    const { path, pattern, monitorInterval } = this.settings;
    const monitored = monitorInterval !== undefined;
    // A table whose partitions are still to be written has none.
    const none = this.request.table.partitionKeys.length > 0 && !existsSync(path);
    const files = none ? [] : listFiles(path, pattern).filter((f) => !this.seen.has(f.path));
    const packed = files.find((f) => COMPRESSED.test(f.path));
    if (packed !== undefined)
      throw new StreamcellError('OPTION_UNSUPPORTED', `Compressed files are not read: ${packed.path}.`, {
        hint: "Unpack it, or leave it out with 'source.path.regex-pattern'.",
      });
    const ranges = files.flatMap((f) => this.ranges(f));
    const own = ranges.filter((r, i) => (monitored ? hash(r.split) : i) % parallelism === subtask);
    this.queue = this.queue.concat(own);
    if (monitored) for (const f of files) this.seen.add(f.path);
    this.nextListing = Date.now() + (monitorInterval ?? 0);
  }

  private ranges(file: FoundFile): FileRange[] {
    const { path, size, modified } = file;
    const whole = !this.settings.format.splittable(this.settings.formatOptions) || size <= RANGE_BYTES * 1.5;
    const count = whole ? 1 : Math.ceil(size / RANGE_BYTES);
    return Array.from({ length: count }, (_, i) => {
      const start = i * RANGE_BYTES;
      const end = i === count - 1 ? size : start + RANGE_BYTES;
      return {
        split: count === 1 ? path : `${path}@${start}`,
        path,
        size,
        modified,
        start,
        end,
        next: start === 0 ? 0 : null,
      };
    });
  }

  splits(): readonly string[] {
    return (this.current === null ? this.queue : [this.current, ...this.queue]).map((r) => r.split);
  }

  poll(): Poll {
    const { limit } = this.request;
    const { monitorInterval } = this.settings;
    if (limit !== null && this.emitted >= limit) return { kind: 'end' };
    if (
      this.current === null &&
      this.queue.length === 0 &&
      monitorInterval !== undefined &&
      Date.now() >= this.nextListing
    )
      this.discover();
    if (this.current === null) {
      const next = this.queue.shift();
      if (next === undefined) return monitorInterval === undefined ? { kind: 'end' } : { kind: 'empty' };
      this.begin(next);
    }
    const range = this.current;
    if (range === null) return { kind: 'empty' };
    try {
      const rows = this.stepwise ? 1 : BATCH_ROWS;
      const batch = this.nextBatch(range, limit === null ? rows : Math.min(rows, limit - this.emitted));
      if (batch !== null) return { kind: 'batch', batch, split: range.split };
    } catch (error) {
      if (!this.stepwise && error instanceof StreamcellError && error.code === 'RECORD_MALFORMED') {
        this.stepwise = true;
        return this.poll();
      }
      const place = this.recordAt(range);
      this.release();
      throw inFile(error, range, place);
    }
    this.release();
    return { kind: 'splitEnd', split: range.split };
  }

  private begin(range: FileRange): void {
    this.current = range;
    this.atEnd = false;
    this.from = this.to = 0;
    this.constantColumns = this.constants.map((constant, i) =>
      constant === null ? null : repeated(constant(range), this.request.schema[i].type, BATCH_ROWS),
    );
    try {
      this.descriptor = openSync(range.path, 'r');
    } catch (error) {
      this.current = null;
      throw fileError(error, range.path);
    }
    this.buffer = this.decoder.reserve(READ_BYTES * 2);
  }

  /** The next rows, or null at the end of the range. */
  private nextBatch(range: FileRange, maxRows: number): Batch | null {
    if (range.next === null) this.findFirstLine(range);
    for (;;) {
      const next = range.next ?? range.end;
      if (next >= range.end && range.end < range.size) return null;
      const end = this.decodable(range, next);
      if (end > this.from) {
        const decoded = this.decoder.decodeLines(this.buffer, this.from, end, maxRows, this.atEnd && end === this.to);
        this.from += decoded.bytes;
        range.next = next + decoded.bytes;
        this.metrics.records = this.decoder.metrics.records;
        this.metrics.bytes = this.decoder.metrics.bytes;
        this.metrics.malformed = this.decoder.metrics.malformed;
        if (decoded.batch.length > 0) return this.complete(decoded.batch);
        if (decoded.bytes > 0) continue;
      }
      if (this.atEnd) {
        if (this.from < this.to && end > this.from) throw new Error('the decoder left text behind');
        return null;
      }
      this.fill(range);
    }
  }

  /** End of the whole lines in the buffer that begin within the range. */
  private decodable(range: FileRange, next: number): number {
    const { buffer, from, to } = this;
    let end = to;
    if (!this.atEnd) end = buffer.subarray(from, to).lastIndexOf(NEWLINE) + 1 + from;
    // The last line to take is the one that begins before the range's end: it ends at the first newline at or after end - 1.
    const left = range.end - next;
    if (range.end < range.size && end - from > left) {
      const newline = buffer.indexOf(NEWLINE, from + left - 1);
      end = newline < 0 || newline >= end ? end : newline + 1;
    }
    return end;
  }

  /** A range that begins within a file begins with the first line that begins there. */
  private findFirstLine(range: FileRange): void {
    const at = range.start - 1;
    range.next = at;
    for (;;) {
      const newline = this.buffer.subarray(this.from, this.to).indexOf(NEWLINE);
      if (newline >= 0) {
        range.next += newline + 1;
        this.from += newline + 1;
        return;
      }
      range.next += this.to - this.from;
      this.from = this.to = 0;
      if (this.atEnd || range.next >= range.end) {
        range.next = Math.max(range.next, range.end);
        return;
      }
      this.fill(range);
    }
  }

  /** Reads more text behind what is left in the buffer; a line longer than the buffer makes it grow. */
  private fill(range: FileRange): void {
    if (this.descriptor === null) throw new Error('no open file');
    const left = this.to - this.from;
    if (this.from > 0 && left > 0) this.buffer.copyWithin(0, this.from, this.to);
    this.from = 0;
    this.to = left;
    if (this.buffer.length - left < READ_BYTES) {
      const kept = this.buffer.slice(0, left);
      this.buffer = this.decoder.reserve(Math.max(this.buffer.length * 2, left + READ_BYTES));
      this.buffer.set(kept);
    }
    const position = (range.next ?? 0) + left;
    // The size is the one at discovery: what is appended to a file while it is read is not part of it.
    const want = Math.min(this.buffer.length - left, READ_BYTES, range.size - position);
    const got = want <= 0 ? 0 : readSync(this.descriptor, this.buffer, left, want, position);
    if (got === 0 || position + got >= range.size) this.atEnd = true;
    this.to = left + got;
  }

  /** Adds metadata and partition columns, which are the same for all rows of a file. */
  private complete(batch: Batch): Batch {
    this.emitted += batch.length;
    if (this.constants.every((c) => c === null)) return batch;
    let decoded = 0;
    const range = this.current;
    const columns = this.constantColumns.map((constant, i) => {
      if (constant === null) return batch.columns[decoded++];
      const make = this.constants[i];
      if (batch.length <= BATCH_ROWS || make === null || range === null) return constant;
      return repeated(make(range), this.request.schema[i].type, batch.length);
    });
    return new Batch(batch.length, columns, batch.kinds);
  }

  /** Byte offset of the record that is decoded next: blank lines and comments before it give no record. */
  private recordAt(range: FileRange): number {
    let at = Math.max(this.from, this.decoder.failedAt ?? 0);
    while (at < this.to && (this.buffer[at] === NEWLINE || this.buffer[at] === RETURN)) at++;
    return (range.next ?? range.start) + at - this.from;
  }

  private release(): void {
    if (this.descriptor !== null) closeSync(this.descriptor);
    this.descriptor = null;
    this.current = null;
  }

  ready(): Promise<void> {
    return new Promise((resolve) => {
      const idle = this.current === null && this.queue.length === 0 && this.settings.monitorInterval !== undefined;
      const timer = setTimeout(resolve, idle ? Math.max(0, this.nextListing - Date.now()) : 0);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  snapshotOffsets(): readonly SplitOffset[] {
    const ranges = this.current === null ? this.queue : [this.current, ...this.queue];
    const offsets = ranges.map(({ split, ...rest }): SplitOffset => ({ split, offset: rest satisfies RangeOffset }));
    if (this.settings.monitorInterval === undefined) return offsets;
    return [...offsets, { split: `${SEEN}-${this.request.subtask}`, offset: [...this.seen] }];
  }

  close(): Promise<void> {
    this.release();
    this.wake?.();
    return Promise.resolve();
  }
}

function metadataOf(key: string): (file: FileRange) => Value {
  switch (key) {
    case 'file.path':
      return (file) => file.path;
    case 'file.name':
      return (file) => basename(file.path);
    case 'file.size':
      return (file) => BigInt(file.size);
    case 'file.modification-time':
      return (file) => new Timestamp(file.modified);
    default:
      throw new Error(`filesystem has no metadata column ${key}`);
  }
}

function repeated(value: Value, type: DataType, n: number): Column {
  const column = createColumn(type, n);
  for (let i = 0; i < n; i++) setValue(column, type, i, value, n);
  return column;
}

function inFile(error: unknown, range: FileRange, place: number): unknown {
  if (!(error instanceof StreamcellError)) return 'code' in Object(error) ? fileError(error, range.path) : error;
  if (error.code !== 'RECORD_MALFORMED') return error;
  return new StreamcellError(
    error.code,
    `${range.path}, line ${lineOf(range.path, place)} (byte ${place}): ${error.message}`,
    { hint: error.hint, cause: error },
  );
}

/** Number of the line that begins at a byte offset, from 1. */
function lineOf(path: string, offset: number): number {
  const descriptor = openSync(path, 'r');
  try {
    const buffer = new Uint8Array(READ_BYTES);
    let line = 1;
    for (let at = 0; at < offset;) {
      const got = readSync(descriptor, buffer, 0, Math.min(buffer.length, offset - at), at);
      if (got === 0) break;
      for (let i = buffer.indexOf(NEWLINE); i >= 0 && i < got; i = buffer.indexOf(NEWLINE, i + 1)) line++;
      at += got;
    }
    return line;
  } finally {
    closeSync(descriptor);
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
