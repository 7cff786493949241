import { readFileSync } from 'node:fs';
import {
  BATCH_ROWS,
  emptyColumn,
  isNarrow,
  StreamcellError,
  widen,
  type Column,
  type DataType,
  type Timestamp,
  type Value,
} from '../types/index.js';
import { ByteBuffer } from './byte-buffer.js';
import type { Shape } from './json-shape.js';
import type { TimestampStandard } from './time-text.js';

/** Functions of wasm/json-scanner.ts. */
interface ScannerExports {
  position(): number;
  outcome(): number;
  arenaPosition(): number;
  pendingLength(): number;
  setArena(start: number, end: number): void;
  setPending(address: number, max: number): void;
  scanLines(
    start: number,
    end: number,
    row: number,
    maxRow: number,
    shapes: number,
    count: number,
    rowStarts: number,
  ): number;
  scanRecords(
    base: number,
    starts: number,
    lengths: number,
    first: number,
    last: number,
    row: number,
    maxRow: number,
    shapes: number,
    count: number,
    rowStarts: number,
  ): number;
}

// Mirrors of wasm/json-scanner.ts.
const STEP = 48;
const OP = {
  END: 0,
  INT32: 1,
  INT64: 2,
  INT64_WIDE: 3,
  FLOAT64: 4,
  FLOAT32: 5,
  BOOL: 6,
  TEXT: 7,
  TIMESTAMP: 8,
  DATE: 9,
  TIME: 10,
  DECIMAL: 11,
  DECIMAL_WIDE: 12,
  SKIP: 13,
  LATER: 14,
  NULL_VALUE: 15,
  SET_NULL: 16,
} as const;
const HAS_NULL = 1;
const HAS_NANOS = 2;
const NEEDS_WIDE = 4;
/** How a run of the scanner ended: at its limit, before a row that no shape fits, or before a row for which a buffer is too full. */
export const SCAN_DONE = 0;
export const SCAN_UNKNOWN = 1;
export const SCAN_FULL = 2;

const PAGE = 65536;
const PROGRAM_BYTES = 1 << 19;
const ARENA_BYTES = 1 << 20;
const PENDING_MAX = 1 << 14;
const MAX_SHAPES = 8;
/** The scanner reads ahead of its position by at most this much. */
const PADDING = 128;
const NO_VALUES: readonly PendingValue[] = [];
const MAX_SAFE = 9007199254740991n;

/** What is used of WebAssembly; the compiler's library for Node does not declare it. */
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
interface WasmApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  readonly Memory: new (descriptor: { readonly initial: number }) => WasmMemory;
}
const wasm = (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly;

let compiled: object | undefined;

function scannerModule(): object {
  if (compiled === undefined) {
    const url = new URL('./json-scanner.wasm', import.meta.url);
    try {
      compiled = new wasm.Module(readFileSync(url));
    } catch (error) {
      throw new StreamcellError(
        'INTERNAL',
        `The JSON scanner is not built (${url.pathname}): run the script build:wasm.`,
        { cause: error },
      );
    }
  }
  return compiled;
}

interface Slot {
  readonly type: DataType;
  readonly column: Column;
  readonly values: number;
  readonly second: number;
  readonly nulls: number;
  readonly flags: number;
  /** Whether 64-bit values are written as such: after a batch in which many did not fit the narrow form. */
  wide: boolean;
  /** Values of this batch that do not fit the narrow form. */
  readonly overflow: Map<number, bigint>;
}

/** A value that the scanner found but leaves to the host. */
export interface PendingValue {
  readonly row: number;
  readonly column: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Host side of the speculative scanner: owns the WebAssembly memory with input, columns and shapes, and hands out the columns.
 *
 * Layout: static data | shapes | columns | pending list | row starts | record tables | arena | input. The arena takes strings that are not
 * a slice of the input: unescaped ones, and those of rows from the exact decoder. Growing moves nothing, only the views are made anew.
 * Invariant: rows [0, row) of every column are complete; whatever a refused row left behind is overwritten by the next writer of that row.
 */
export class JsonScanner {
  readonly capacity = BATCH_ROWS;
  private readonly memory: WasmMemory;
  private readonly scan: ScannerExports;
  private readonly slots: readonly Slot[];
  private readonly program: number;
  private readonly shapeTable: number;
  private readonly pending: number;
  private readonly rowStarts: number;
  private readonly recordStarts: number;
  private readonly recordLengths: number;
  private readonly arena: number;
  private readonly input: number;
  private programTop: number;
  private shapeCount = 0;
  private bytes!: Uint8Array;
  private words!: Uint32Array;
  private readonly scratch = new ByteBuffer(256);

  constructor(
    types: readonly DataType[],
    private readonly settings: { readonly timestampStandard: TimestampStandard; readonly numbersAsText: boolean },
  ) {
    let top = PAGE;
    const take = (size: number): number => {
      const address = top;
      top = (top + size + 63) & ~63;
      return address;
    };
    this.shapeTable = take(MAX_SHAPES * 4);
    this.program = take(PROGRAM_BYTES);
    this.programTop = this.program;
    const { capacity } = this;
    const places = types.map(() => ({
      values: take(capacity * 8),
      second: take(capacity * 4),
      nulls: take(capacity),
      flags: take(1),
    }));
    this.pending = take(PENDING_MAX * 16);
    this.rowStarts = take(capacity * 4);
    this.recordStarts = take(capacity * 4);
    this.recordLengths = take(capacity * 4);
    this.arena = take(ARENA_BYTES);
    this.input = take(PADDING);
    this.memory = new wasm.Memory({ initial: Math.ceil((top + PADDING) / PAGE) });
    const instance = new wasm.Instance(scannerModule(), {
      env: {
        memory: this.memory,
        abort: () => {
          throw new Error('the JSON scanner aborted');
        },
      },
    });
    this.scan = instance.exports as ScannerExports;
    this.slots = types.map((type, c) => ({
      type,
      column: emptyColumn(type, capacity),
      ...places[c],
      wide: false,
      overflow: new Map(),
    }));
    this.viewMemory();
  }

  /** Makes the views anew; memory that has grown leaves old ones empty. */
  private viewMemory(): void {
    const { buffer } = this.memory;
    const { capacity } = this;
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    // A string that is never closed ends at a line break at the latest: this one, so that no scan leaves the memory.
    this.bytes.fill(0, this.bytes.length - PADDING);
    this.bytes.fill(10, this.bytes.length - PADDING, this.bytes.length - PADDING / 2);
    for (const { column, values, second } of this.slots) {
      switch (column.physical) {
        case 'i32':
          column.values = new Int32Array(buffer, values, capacity);
          break;
        case 'f64':
        case 'i64':
          column.values = new Float64Array(buffer, values, capacity);
          break;
        case 'ts':
          column.millis = new Float64Array(buffer, values, capacity);
          break;
        case 'str':
          column.data = this.bytes;
          column.starts = new Int32Array(buffer, values, capacity);
          column.lengths = new Int32Array(buffer, second, capacity);
          break;
      }
    }
  }

  /** A view over input memory of at least `size` bytes. What an earlier, smaller one held stays where it was. */
  reserve(size: number): Uint8Array {
    const missing = this.input + size + PADDING - this.memory.buffer.byteLength;
    if (missing > 0) {
      this.memory.grow(Math.ceil(missing / PAGE));
      this.viewMemory();
    }
    return this.bytes.subarray(this.input, this.input + size);
  }

  /** Whether bytes lie in this memory already. */
  owns(data: Uint8Array): boolean {
    return data.buffer === this.memory.buffer;
  }

  /** Begins a batch. */
  begin(): void {
    this.scan.setArena(this.arena, this.arena + ARENA_BYTES);
    this.scan.setPending(this.pending, PENDING_MAX);
    for (const slot of this.slots) {
      this.bytes[slot.flags] = 0;
      slot.overflow.clear();
      slot.column.nulls = null;
      if (slot.column.physical === 'i64') slot.column.wide = null;
      else if (slot.column.physical === 'ts') slot.column.nanos = null;
      else if (slot.column.physical === 'str') slot.column.strings = null;
    }
  }

  /** @returns the number of the next row; `position` tells where its line begins. Addresses are offsets into the memory. */
  lines(start: number, end: number, row: number, maxRow: number): number {
    return this.scan.scanLines(start, end, row, maxRow, this.shapeTable, this.shapeCount, this.rowStarts);
  }

  /** Hands over where records lie, before `records`. */
  setRecords(starts: Int32Array, lengths: Int32Array, from: number, to: number): void {
    new Int32Array(this.memory.buffer, this.recordStarts, this.capacity).set(starts.subarray(from, to));
    new Int32Array(this.memory.buffer, this.recordLengths, this.capacity).set(lengths.subarray(from, to));
  }

  /** Records first to last of those set; `base` is the address of the data they point into. */
  records(base: number, first: number, last: number, row: number, maxRow: number): number {
    const { recordStarts, recordLengths, shapeTable, shapeCount, rowStarts } = this;
    return this.scan.scanRecords(
      base,
      recordStarts,
      recordLengths,
      first,
      last,
      row,
      maxRow,
      shapeTable,
      shapeCount,
      rowStarts,
    );
  }

  get position(): number {
    return this.scan.position() >>> 0;
  }

  get outcome(): number {
    return this.scan.outcome();
  }

  /** Where a row of this batch began, for rows that the scanner decoded. */
  rowStart(row: number): number {
    return this.words[(this.rowStarts >>> 2) + row];
  }

  get memoryBytes(): Uint8Array {
    return this.bytes;
  }

  /** The values left behind by the last run, in the order of their rows; the list is emptied. */
  takePending(): readonly PendingValue[] {
    const count = this.scan.pendingLength();
    if (count === 0) return NO_VALUES;
    const { words } = this;
    const at = this.pending >>> 2;
    this.scan.setPending(this.pending, PENDING_MAX);
    return Array.from({ length: count }, (_, i) => {
      const k = at + i * 4;
      return { row: words[k], column: words[k + 1], start: words[k + 2], end: words[k + 2] + words[k + 3] };
    });
  }

  /**
   * Writes a row that was decoded elsewhere.
   * @returns false when its strings do not fit into what is left of the arena; the row is then incomplete.
   */
  writeRow(row: number, values: readonly Value[]): boolean {
    const { scratch } = this;
    let arena = this.scan.arenaPosition() >>> 0;
    for (let c = 0; c < this.slots.length; c++) {
      const slot = this.slots[c];
      const value = values[c];
      if (slot.column.physical === 'str' && value !== null) {
        scratch.clear();
        scratch.writeString(value as string);
        if (arena + scratch.length > this.arena + ARENA_BYTES) return false;
        this.bytes.set(scratch.bytes.subarray(0, scratch.length), arena);
        slot.column.starts[row] = arena;
        slot.column.lengths[row] = scratch.length;
        arena += scratch.length;
        this.bytes[slot.nulls + row] = 0;
      } else {
        this.writeValue(c, row, value);
      }
    }
    this.scan.setArena(arena, this.arena + ARENA_BYTES);
    return true;
  }

  /** Writes one value that is no string. */
  writeValue(c: number, row: number, value: Value): void {
    const slot = this.slots[c];
    const { column } = slot;
    if (value === null) {
      this.bytes[slot.nulls + row] = 1;
      this.bytes[slot.flags] |= HAS_NULL;
      return;
    }
    this.bytes[slot.nulls + row] = 0;
    switch (column.physical) {
      case 'i32':
        column.values[row] = Number(value);
        break;
      case 'f64':
        column.values[row] = value as number;
        break;
      case 'i64': {
        const exact = value as bigint;
        if (slot.wide) new BigInt64Array(this.memory.buffer, slot.values, this.capacity)[row] = exact;
        else if (isNarrow(exact)) column.values[row] = Number(exact);
        else {
          column.values[row] = 0;
          slot.overflow.set(row, exact);
        }
        break;
      }
      case 'ts': {
        const t = value as Timestamp;
        column.millis[row] = t.millis;
        new Int32Array(this.memory.buffer, slot.second, this.capacity)[row] = t.nanos;
        if (t.nanos !== 0) this.bytes[slot.flags] |= HAS_NANOS;
        break;
      }
      case 'bytes':
        column.values[row] = value as Uint8Array;
        break;
      case 'obj':
        column.values[row] = value;
        break;
      case 'str':
        throw new Error('strings are written by writeRow');
    }
  }

  /** The columns of a finished batch of n rows. */
  finish(n: number): Column[] {
    const { buffer } = this.memory;
    let relearn = false;
    for (const slot of this.slots) {
      const { column } = slot;
      const flags = this.bytes[slot.flags];
      if ((flags & HAS_NULL) !== 0) column.nulls = new Uint8Array(buffer, slot.nulls, this.capacity);
      if (column.physical === 'ts' && (flags & HAS_NANOS) !== 0)
        column.nanos = new Int32Array(buffer, slot.second, this.capacity);
      if (column.physical !== 'i64') continue;
      if (slot.wide) {
        column.wide = new BigInt64Array(buffer, slot.values, this.capacity);
        continue;
      }
      const precise = slot.type.root === 'DECIMAL' && slot.type.precision > 18;
      if (slot.overflow.size > 0) {
        for (const row of slot.overflow.keys()) if (row >= n) slot.overflow.delete(row);
        if (slot.overflow.size > 0) widen(column, n, precise);
        if (column.wide !== null) for (const [row, value] of slot.overflow) column.wide[row] = value;
        if ((flags & NEEDS_WIDE) !== 0 && !precise && slot.overflow.size * 16 > n) {
          slot.wide = true;
          relearn = true;
        }
      }
    }
    // Shapes name the form of each column.
    if (relearn) this.forgetShapes();
    return this.slots.map((s) => s.column);
  }

  forgetShapes(): void {
    this.shapeCount = 0;
    this.programTop = this.program;
  }

  /** Adds a shape to those that are tried, first in line. */
  addShape(shape: Shape): void {
    const align = (n: number): number => (n + 15) & ~15;
    const count = shape.steps.length + shape.absent.length;
    const size = align(count * STEP) + shape.steps.reduce((sum, s) => sum + align(s.literal.length + 1), 0);
    if (size > PROGRAM_BYTES / 2) return;
    // Shapes are few and learnt in a burst; when they do not fit any more, those in use are learnt again at once.
    if (this.shapeCount === MAX_SHAPES || this.programTop + size > this.program + PROGRAM_BYTES) this.forgetShapes();
    const address = this.programTop;
    let literal = address + align(count * STEP);
    const view = new DataView(this.memory.buffer);
    let at = address;
    const step = (op: number, bytes: Uint8Array, column: number): void => {
      view.setUint32(at, op, true);
      view.setUint32(at + 4, literal, true);
      view.setUint32(at + 8, bytes.length, true);
      this.bytes.fill(0, literal, literal + align(bytes.length + 1));
      this.bytes.set(bytes, literal);
      literal += align(bytes.length + 1);
      if (column >= 0) this.describe(view, at, column);
      at += STEP;
    };
    const none = new Uint8Array(0);
    for (const s of shape.steps) {
      if (s.kind === 'end') {
        for (const column of shape.absent) {
          step(OP.SET_NULL, none, column);
          // Their literal is empty and takes no room of its own.
          literal -= 16;
        }
        step(OP.END, s.literal, -1);
      } else if (s.kind === 'skip') {
        step(OP.SKIP, s.literal, -1);
      } else if (s.kind === 'null') {
        step(OP.NULL_VALUE, s.literal, -1);
      } else {
        step(this.opOf(this.slots[s.column]), s.literal, s.column);
      }
    }
    this.programTop = address + size;
    for (let i = this.shapeCount; i > 0; i--)
      this.words[(this.shapeTable >>> 2) + i] = this.words[(this.shapeTable >>> 2) + i - 1];
    this.words[this.shapeTable >>> 2] = address;
    this.shapeCount++;
  }

  private opOf(slot: Slot): number {
    const { type } = slot;
    switch (type.root) {
      case 'BOOLEAN':
        return OP.BOOL;
      case 'TINYINT':
      case 'SMALLINT':
      case 'INTEGER':
      case 'INTERVAL_YEAR_MONTH':
        return OP.INT32;
      case 'BIGINT':
      case 'INTERVAL_DAY_TIME':
        return slot.wide ? OP.INT64_WIDE : OP.INT64;
      case 'FLOAT':
        return OP.FLOAT32;
      case 'DOUBLE':
        return OP.FLOAT64;
      case 'CHAR':
      case 'VARCHAR':
        return OP.TEXT;
      case 'DATE':
        return OP.DATE;
      case 'TIME':
        return OP.TIME;
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ':
        return OP.TIMESTAMP;
      case 'DECIMAL':
        return slot.wide ? OP.DECIMAL_WIDE : OP.DECIMAL;
      default:
        return OP.LATER;
    }
  }

  private describe(view: DataView, at: number, c: number): void {
    const slot = this.slots[c];
    const { type } = slot;
    view.setUint32(at + 12, slot.values, true);
    view.setUint32(at + 16, slot.second, true);
    view.setUint32(at + 20, slot.nulls, true);
    view.setUint32(at + 24, slot.flags, true);
    let parameter = c << 8;
    let limit = slot.wide ? 2n ** 63n - 1n : MAX_SAFE;
    let lowest = -limit;
    switch (type.root) {
      case 'FLOAT':
      case 'DOUBLE':
        parameter |= this.settings.numbersAsText ? 0 : 1;
        break;
      case 'TINYINT':
        [lowest, limit] = [-128n, 127n];
        break;
      case 'SMALLINT':
        [lowest, limit] = [-32768n, 32767n];
        break;
      case 'INTEGER':
      case 'INTERVAL_YEAR_MONTH':
        [lowest, limit] = [-(2n ** 31n), 2n ** 31n - 1n];
        break;
      case 'CHAR':
      case 'VARCHAR':
        parameter = this.settings.numbersAsText ? 1 : 0;
        break;
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ':
        parameter =
          (this.settings.timestampStandard === 'SQL' ? 32 : 84) |
          (type.root === 'TIMESTAMP_LTZ' ? 256 : 0) |
          (type.precision > 3 ? 0 : 512);
        break;
      case 'DECIMAL': {
        parameter = type.scale;
        const most = 10n ** BigInt(type.precision) - 1n;
        if (most < limit) [lowest, limit] = [-most, most];
        break;
      }
    }
    view.setUint32(at + 28, parameter, true);
    view.setBigInt64(at + 32, lowest, true);
    view.setBigInt64(at + 40, limit, true);
  }
}
