import {
  BytesColumn,
  createColumn,
  physicalType,
  widen,
  type Column,
  type DataType,
  type F64Column,
  type I32Column,
  type I64Column,
  type ObjColumn,
  type StrColumn,
  type TsColumn,
  type Value,
} from '../types/index.js';
import { stringTarget } from './gather.js';
import { StringArena } from './string-arena.js';

const FIRST_CAPACITY = 16;
/** What a boxed nested value is taken to weigh; measuring each would cost more than it tells. */
const OBJECT_BYTES = 96;

/**
 * A slab of rows of one row type: where operators keep rows (a join's sides, Top-N buffers, windows).
 *
 * State kept: one growable column per field, in the layout of `types/column.ts`, so that generated predicates and gathers read stored rows
 * like batch rows, by row id. Strings always lie in bytes form in an arena of the column. Beside the fields: any number of 32-bit counters
 * per row (matches, multiplicity) and, when asked for, the time of the last write.
 *
 * Maintains the invariant that a row id stays readable until the `reclaim` after its `release`: output that refers to released rows is
 * gathered first, then the operator reclaims. Arrays are replaced when they grow; hold the column, not its arrays.
 */
export class RowStore {
  readonly columns: readonly Column[];
  /** Per-row integers, indexed by row id. Zero in a row just added. */
  readonly counters: Int32Array[];
  /** Epoch ms of the last write per row, Infinity for rows not in use; null unless asked for. */
  times: Float64Array | null;
  /** Rows added and not released. */
  live = 0;
  private capacity = FIRST_CAPACITY;
  private high = 0;
  private free: Int32Array = new Int32Array(FIRST_CAPACITY);
  private freeCount = 0;
  private released: Int32Array = new Int32Array(FIRST_CAPACITY);
  private releasedCount = 0;
  private readonly arena: StringArena;
  /** Positions of the string columns. */
  private readonly strings: readonly number[];
  private looseBytes = 0;

  constructor(
    readonly types: readonly DataType[],
    options: { counters?: number; times?: boolean } = {},
  ) {
    this.columns = types.map((t) =>
      physicalType(t) === 'str' ? stringTarget(FIRST_CAPACITY) : createColumn(t, FIRST_CAPACITY),
    );
    this.counters = Array.from({ length: options.counters ?? 0 }, () => new Int32Array(FIRST_CAPACITY));
    this.times = options.times === true ? new Float64Array(FIRST_CAPACITY).fill(Infinity) : null;
    this.strings = types.flatMap((t, c) => (physicalType(t) === 'str' ? [c] : []));
    this.arena = new StringArena(this.strings.map((c) => this.columns[c] as StrColumn));
  }

  /** Ids ever given out lie in [0, highWater). */
  get highWater(): number {
    return this.high;
  }

  /** Adds row `i` of `source`. @returns its row id. */
  add(source: readonly Column[], i: number): number {
    const id = this.allocate();
    for (let c = 0; c < this.columns.length; c++) this.putCell(c, id, source[c], i);
    return id;
  }

  /** Adds the rows `rows[0..count)` of `source` (null: rows 0 to count - 1), and writes their ids to `ids`. */
  addRows(source: readonly Column[], rows: Int32Array | null, count: number, ids: Int32Array): void {
    let k = 0;
    while (k < count && this.freeCount > 0) ids[k++] = this.free[--this.freeCount];
    const reused = k;
    this.reserve(this.high + count - k);
    while (k < count) ids[k++] = this.high++;
    this.live += count;
    if (reused > 0) this.clearRows(ids, reused);
    const block = rows === null && reused === 0;
    for (let c = 0; c < this.columns.length; c++) this.putColumn(c, source[c], rows, count, ids, block);
    if (this.strings.length > 0) {
      this.arena.putRows(
        this.strings.map((c) => this.columns[c] as StrColumn),
        this.strings.map((c) => source[c] as StrColumn),
        rows,
        count,
        ids,
      );
    }
  }

  /** Overwrites row `id`, keeping its counters. Not for rows that output still refers to. */
  put(id: number, source: readonly Column[], i: number): void {
    for (let c = 0; c < this.columns.length; c++) {
      this.dropCell(c, id);
      this.putCell(c, id, source[c], i);
    }
    this.arena.compactIfWorthIt(this.high);
  }

  /** Gives row `id` up. It stays readable, and its id unused, until `reclaim`. */
  release(id: number): void {
    if (this.releasedCount === this.released.length) this.released = grownI32(this.released, this.releasedCount * 2);
    this.released[this.releasedCount++] = id;
    if (this.times !== null) this.times[id] = Infinity;
    this.live--;
  }

  /** Makes released rows' ids and bytes usable again. Call when no output refers to them any more. */
  reclaim(): void {
    const n = this.releasedCount;
    if (n === 0) return;
    if (this.freeCount + n > this.free.length)
      this.free = grownI32(this.free, Math.max(this.freeCount + n, this.free.length * 2));
    for (let k = 0; k < n; k++) {
      const id = this.released[k];
      for (let c = 0; c < this.columns.length; c++) this.dropCell(c, id);
      this.free[this.freeCount++] = id;
    }
    this.releasedCount = 0;
    this.arena.compactIfWorthIt(this.high);
  }

  /** Forgets every row. */
  clear(): void {
    this.high = this.freeCount = this.releasedCount = this.live = this.looseBytes = 0;
    this.times?.fill(Infinity);
    for (const counter of this.counters) counter.fill(0);
    this.arena.clear();
    this.columns.forEach((column) => {
      column.nulls = null;
      if (column.physical === 'i64') column.wide = null;
      else if (column.physical === 'ts') column.nanos = null;
      else if (column.physical === 'obj') column.values.fill(null);
      else if (column.physical === 'bytes') column.values.fill(NO_BYTES);
    });
  }

  /** Bytes held. */
  get bytes(): number {
    let sum =
      this.arena.bytes +
      (this.free.length + this.released.length) * 4 +
      this.counters.length * this.capacity * 4 +
      this.looseBytes;
    if (this.times !== null) sum += this.times.byteLength;
    for (const column of this.columns) {
      if (column.nulls !== null) sum += column.nulls.byteLength;
      switch (column.physical) {
        case 'i32':
        case 'f64':
          sum += column.values.byteLength;
          break;
        case 'i64':
          sum +=
            column.values.byteLength +
            (column.wide === null ? 0 : this.capacity * (Array.isArray(column.wide) ? 32 : 8));
          break;
        case 'ts':
          sum += column.millis.byteLength + (column.nanos?.byteLength ?? 0);
          break;
        case 'str':
          sum += column.starts.byteLength * 2;
          break;
        case 'bytes':
        case 'obj':
          sum += this.capacity * 8;
      }
    }
    return sum;
  }

  private allocate(): number {
    this.live++;
    if (this.freeCount > 0) {
      const id = this.free[--this.freeCount];
      for (let c = 0; c < this.counters.length; c++) this.counters[c][id] = 0;
      return id;
    }
    this.reserve(this.high + 1);
    return this.high++;
  }

  private clearRows(ids: Int32Array, count: number): void {
    for (const counter of this.counters) for (let k = 0; k < count; k++) counter[ids[k]] = 0;
  }

  private reserve(rows: number): void {
    if (rows <= this.capacity) return;
    // Doubling while small; later by half, since old and new arrays are both held for a moment.
    const capacity = Math.max(rows, this.capacity < 1 << 20 ? this.capacity * 2 : this.capacity + (this.capacity >> 1));
    this.capacity = capacity;
    for (let c = 0; c < this.counters.length; c++) this.counters[c] = grownI32(this.counters[c], capacity);
    if (this.times !== null) {
      const times = new Float64Array(capacity).fill(Infinity, this.times.length);
      times.set(this.times);
      this.times = times;
    }
    for (const column of this.columns) growColumn(column, capacity);
  }

  private putCell(c: number, id: number, from: Column, i: number): void {
    const to = this.columns[c];
    if (from.nulls !== null && from.nulls[i] !== 0) {
      (to.nulls ??= new Uint8Array(this.capacity))[id] = 1;
      if (to.physical === 'str') to.lengths[id] = 0;
      return;
    }
    if (to.nulls !== null) to.nulls[id] = 0;
    switch (to.physical) {
      case 'i32':
      case 'f64':
        to.values[id] = (from as typeof to).values[i];
        break;
      case 'i64':
        this.putI64(to, id, from as I64Column, i);
        break;
      case 'ts': {
        const source = from as TsColumn;
        to.millis[id] = source.millis[i];
        if (source.nanos !== null) (to.nanos ??= new Int32Array(this.capacity))[id] = source.nanos[i];
        else if (to.nanos !== null) to.nanos[id] = 0;
        break;
      }
      case 'str':
        this.arena.put(to, id, from as StrColumn, i);
        break;
      case 'bytes': {
        // A copy: the source's bytes may be a window on a buffer that the next batch overwrites.
        const value = (from as BytesColumn).values[i].slice();
        to.values[id] = value;
        this.looseBytes += value.length + OBJECT_BYTES;
        break;
      }
      case 'obj':
        to.values[id] = (from as ObjColumn).values[i];
        this.looseBytes += OBJECT_BYTES;
        break;
    }
  }

  private putI64(to: I64Column, id: number, from: I64Column, i: number): void {
    if (from.wide !== null) {
      this.widenFor(to, from);
      (to.wide as bigint[])[id] = from.wide[i];
    } else if (to.wide !== null) to.wide[id] = BigInt(from.values[i]);
    else to.values[id] = from.values[i];
  }

  /** A stored column turns wide once, and stays so: telling when it could turn back would cost a scan. */
  private widenFor(to: I64Column, from: I64Column): void {
    const precise = Array.isArray(from.wide);
    if (to.wide === null) widen(to, this.high, precise);
    else if (precise && !Array.isArray(to.wide)) to.wide = Array.from(to.wide);
  }

  /** All but the bytes of strings, which come together. */
  private putColumn(
    c: number,
    from: Column,
    rows: Int32Array | null,
    count: number,
    ids: Int32Array,
    block: boolean,
  ): void {
    const to = this.columns[c];
    const first = ids[0];
    if (from.nulls !== null || to.nulls !== null) {
      const nulls = from.nulls;
      const out = (to.nulls ??= new Uint8Array(this.capacity));
      for (let k = 0; k < count; k++) out[ids[k]] = nulls === null ? 0 : nulls[rows === null ? k : rows[k]];
    }
    switch (to.physical) {
      case 'i32': {
        const values = (from as I32Column).values;
        const out = to.values;
        if (block) out.set(values.subarray(0, count), first);
        else for (let k = 0; k < count; k++) out[ids[k]] = values[rows === null ? k : rows[k]];
        return;
      }
      case 'f64': {
        const values = (from as F64Column).values;
        const out = to.values;
        if (block) out.set(values.subarray(0, count), first);
        else for (let k = 0; k < count; k++) out[ids[k]] = values[rows === null ? k : rows[k]];
        return;
      }
      case 'i64': {
        const source = from as I64Column;
        if (source.wide !== null || to.wide !== null) break;
        const values = source.values;
        const out = to.values;
        if (block) out.set(values.subarray(0, count), first);
        else for (let k = 0; k < count; k++) out[ids[k]] = values[rows === null ? k : rows[k]];
        return;
      }
      case 'ts': {
        const source = from as TsColumn;
        if (source.nanos !== null || to.nanos !== null) break;
        const values = source.millis;
        const out = to.millis;
        if (block) out.set(values.subarray(0, count), first);
        else for (let k = 0; k < count; k++) out[ids[k]] = values[rows === null ? k : rows[k]];
        return;
      }
      case 'str':
        return;
    }
    for (let k = 0; k < count; k++) this.putCell(c, ids[k], from, rows === null ? k : rows[k]);
  }

  private dropCell(c: number, id: number): void {
    const column = this.columns[c];
    if (column.physical === 'str') {
      this.arena.drop(column, id);
    } else if (column.physical === 'obj' || column.physical === 'bytes') {
      if (column.nulls !== null && column.nulls[id] !== 0) return;
      const value: Value = column.values[id];
      this.looseBytes -= OBJECT_BYTES + (column.physical === 'bytes' ? (value as Uint8Array).length : 0);
      if (column.physical === 'obj') column.values[id] = null;
      else column.values[id] = NO_BYTES;
      // The cell is given up: an id not in use counts as NULL, so that it is not given up twice.
      (column.nulls ??= new Uint8Array(this.capacity))[id] = 1;
    }
  }
}

const NO_BYTES = new Uint8Array(0);

export function grownI32(array: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}

function grownF64(array: Float64Array, length: number): Float64Array {
  const larger = new Float64Array(length);
  larger.set(array);
  return larger;
}

function growColumn(column: Column, capacity: number): void {
  if (column.nulls !== null) {
    const nulls = new Uint8Array(capacity);
    nulls.set(column.nulls);
    column.nulls = nulls;
  }
  switch (column.physical) {
    case 'i32':
      column.values = grownI32(column.values, capacity);
      break;
    case 'f64':
      column.values = grownF64(column.values, capacity);
      break;
    case 'i64':
      column.values = grownF64(column.values, capacity);
      if (column.wide instanceof BigInt64Array) {
        const wide = new BigInt64Array(capacity);
        wide.set(column.wide);
        column.wide = wide;
      } else if (column.wide !== null) {
        while (column.wide.length < capacity) column.wide.push(0n);
      }
      break;
    case 'ts':
      column.millis = grownF64(column.millis, capacity);
      if (column.nanos !== null) column.nanos = grownI32(column.nanos, capacity);
      break;
    case 'str':
      column.starts = grownI32(column.starts, capacity);
      column.lengths = grownI32(column.lengths, capacity);
      break;
    case 'bytes':
      while (column.values.length < capacity) column.values.push(NO_BYTES);
      break;
    case 'obj':
      while (column.values.length < capacity) column.values.push(null);
      break;
  }
}
