import { StreamcellError, type StrColumn } from '../types/index.js';

const encoder = new TextEncoder();

/** What is used of WebAssembly; the compiler's library for Node does not declare it. */
interface GrowingMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
const wasm = (
  globalThis as unknown as {
    readonly WebAssembly: { readonly Memory: new (pages: { initial: number; maximum: number }) => GrowingMemory };
  }
).WebAssembly;

/** Garbage below this is not worth a compaction. */
const COMPACT_FROM = 1 << 16;
const LIMIT = 0x7fffffff;
/** From this size on the bytes lie in WebAssembly memory: it grows in place, where an array has to be copied (a third of a join's time). */
const GROW_IN_PLACE_FROM = 1 << 23;
const PAGE = 1 << 16;
/** Above this length the native copy wins over a loop (measured: 1.8 ns a byte against 55 ns a call). */
const NATIVE_COPY_FROM = 32;

/**
 * The bytes of all string columns of a slab of rows.
 *
 * Rows of a batch mostly lie together in one buffer (a block of a file, a batch received). When the wanted strings make up half of the stretch
 * they lie in, the whole stretch is copied at once, and the rows keep their distances: one copy for thousands of strings (measured on rows of
 * three strings: 250 ns a row for single copies, 25 ns so). What lies between is garbage; a compaction leaves it behind.
 *
 * Maintains the invariant that every string column's `data` is this arena, and that a string of a row not in use has length 0.
 */
export class StringArena {
  private data: Uint8Array = new Uint8Array(64);
  private memory: GrowingMemory | null = null;
  private end = 0;
  /** Bytes of the strings in use. */
  private used = 0;

  constructor(private readonly columns: readonly StrColumn[]) {
    for (const column of columns) column.data = this.data;
  }

  get bytes(): number {
    return this.columns.length === 0 ? 0 : this.data.byteLength;
  }

  /** Stores the string of row `i` of `from` as row `id` of `to`. */
  put(to: StrColumn, id: number, from: StrColumn, i: number): void {
    let length: number;
    if (from.data !== null) {
      length = from.lengths[i];
      const arena = this.room(length);
      // Asked for only now: growing gives the arena's own columns new bytes.
      copyBytes(from.data, from.starts[i], length, arena, this.end);
    } else {
      const s = from.get(i);
      length = writeString(s, this.room(s.length * 3), this.end);
    }
    to.starts[id] = this.end;
    to.lengths[id] = length;
    this.end += length;
    this.used += length;
  }

  /** Stores rows `rows[0..count)` (null: 0 to count - 1) of each column of `from` as rows `ids[k]` of the column of `to` beside it. */
  putRows(
    to: readonly StrColumn[],
    from: readonly StrColumn[],
    rows: Int32Array | null,
    count: number,
    ids: Int32Array,
  ): void {
    const together: number[] = [];
    const shared = from.find((column) => column.data !== null)?.data ?? null;
    for (let c = 0; c < to.length; c++) {
      if (from[c].data !== null && from[c].data === shared) together.push(c);
      else this.putEach(to[c], from[c], rows, count, ids);
    }
    if (
      together.length > 0 &&
      !this.putStretch(
        together.map((c) => to[c]),
        together.map((c) => from[c]),
        rows,
        count,
        ids,
      )
    )
      for (const c of together) this.putEach(to[c], from[c], rows, count, ids);
  }

  /** Gives a string up. */
  drop(column: StrColumn, id: number): void {
    this.used -= column.lengths[id];
    column.lengths[id] = 0;
  }

  clear(): void {
    this.end = this.used = 0;
  }

  /** Rewrites the arena when less than a third of it is in use. Rows lie in [0, high). */
  compactIfWorthIt(high: number): void {
    if (this.end < this.used * 3 + COMPACT_FROM) return;
    const old = this.data;
    this.data = new Uint8Array(Math.max(64, this.used + (this.used >> 1)));
    this.memory = null;
    let end = 0;
    for (const column of this.columns) {
      const { starts, lengths } = column;
      for (let id = 0; id < high; id++) {
        const length = lengths[id];
        if (length === 0) continue;
        copyBytes(old, starts[id], length, this.data, end);
        starts[id] = end;
        end += length;
      }
      column.data = this.data;
    }
    this.end = end;
  }

  private putEach(to: StrColumn, from: StrColumn, rows: Int32Array | null, count: number, ids: Int32Array): void {
    const { nulls } = from;
    for (let k = 0; k < count; k++) {
      const row = rows === null ? k : rows[k];
      if (nulls === null || nulls[row] === 0) this.put(to, ids[k], from, row);
      else to.lengths[ids[k]] = 0;
    }
  }

  /** @returns false when the strings lie too far apart. */
  private putStretch(
    to: readonly StrColumn[],
    from: readonly StrColumn[],
    rows: Int32Array | null,
    count: number,
    ids: Int32Array,
  ): boolean {
    let first = Infinity;
    let last = 0;
    let total = 0;
    for (const { starts, lengths, nulls } of from) {
      for (let k = 0; k < count; k++) {
        const row = rows === null ? k : rows[k];
        if (nulls !== null && nulls[row] !== 0) continue;
        const start = starts[row];
        const length = lengths[row];
        total += length;
        if (start < first) first = start;
        if (start + length > last) last = start + length;
      }
    }
    if (total === 0) first = last = 0;
    // Strings that lie on each other (constants, repeated values) are as welcome: they are kept once.
    if (total * 2 < last - first) return false;
    const arena = this.room(last - first);
    arena.set((from[0].data as Uint8Array).subarray(first, last), this.end);
    const shift = this.end - first;
    for (let c = 0; c < to.length; c++) {
      const { starts, lengths, nulls } = from[c];
      const toStarts = to[c].starts;
      const toLengths = to[c].lengths;
      for (let k = 0; k < count; k++) {
        const row = rows === null ? k : rows[k];
        const id = ids[k];
        const isNull = nulls !== null && nulls[row] !== 0;
        toStarts[id] = isNull ? 0 : starts[row] + shift;
        toLengths[id] = isNull ? 0 : lengths[row];
      }
    }
    this.end += last - first;
    this.used += total;
    return true;
  }

  /** The arena with room for `extra` more bytes. */
  private room(extra: number): Uint8Array {
    const need = this.end + extra;
    if (need <= this.data.length) return this.data;
    if (need > LIMIT) throw new StreamcellError('MEMORY_LIMIT', 'the strings that one operator keeps exceed 2 GB');
    this.data =
      need < GROW_IN_PLACE_FROM ? this.moved(new Uint8Array(Math.max(need, this.data.length * 2))) : this.grown(need);
    for (const column of this.columns) column.data = this.data;
    return this.data;
  }

  private moved(larger: Uint8Array): Uint8Array {
    larger.set(this.data.subarray(0, this.end));
    return larger;
  }

  /** Pages are only touched when they are written to: asking for half as much again costs nothing yet. */
  private grown(need: number): Uint8Array {
    const pages = Math.ceil(Math.min(LIMIT, need + (need >> 1)) / PAGE);
    if (this.memory === null) {
      try {
        this.memory = new wasm.Memory({ initial: pages, maximum: Math.ceil(LIMIT / PAGE) });
      } catch {
        // No address space for another one.
        return this.moved(new Uint8Array(Math.min(LIMIT, need + (need >> 1))));
      }
      return this.moved(new Uint8Array(this.memory.buffer));
    }
    try {
      this.memory.grow(pages - this.memory.buffer.byteLength / PAGE);
    } catch {
      throw new StreamcellError('MEMORY_LIMIT', 'there is no memory for more strings that one operator keeps');
    }
    return new Uint8Array(this.memory.buffer);
  }
}

function copyBytes(from: Uint8Array, start: number, length: number, to: Uint8Array, at: number): void {
  if (length >= NATIVE_COPY_FROM) to.set(from.subarray(start, start + length), at);
  else for (let b = 0; b < length; b++) to[at + b] = from[start + b];
}

/** Writes the string's UTF-8 bytes at `at`. @returns how many. */
function writeString(s: string, arena: Uint8Array, at: number): number {
  const n = s.length;
  if (n < NATIVE_COPY_FROM) {
    let i = 0;
    for (; i < n; i++) {
      const code = s.charCodeAt(i);
      if (code > 127) break;
      arena[at + i] = code;
    }
    if (i === n) return n;
  }
  return encoder.encodeInto(s, arena.subarray(at)).written;
}
