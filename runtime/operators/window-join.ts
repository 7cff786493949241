import type { EvalEnvironment } from '../expressions/index.js';
import { rowsEqual } from '../state/column-equality.js';
import { hashColumns } from '../state/hash.js';
import { ownRows, readRows, writeRows } from '../state/row-snapshot.js';
import { RowStore } from '../state/row-store.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { INSERT, type Batch, type Column, type DataType, type TsColumn } from '../types/index.js';
import { joinCondition, leftIsOuter, rightIsOuter, rowsWithKey, type JoinSpec, type Matches } from './join-spec.js';
import { MAX_WATERMARK, Operator } from './operator.js';
import { NULLS, OutputBuilder } from './output-builder.js';
import { WindowClock, type Windowing } from './windowing.js';

export interface WindowJoinSpec {
  readonly join: JoinSpec;
  readonly leftWindow: Windowing;
  readonly rightWindow: Windowing;
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly env: EvalEnvironment;
}

interface OpenWindow {
  /** Row ids of either side, in order of arrival. */
  readonly rows: readonly [number[], number[]];
}

/** Per-row counters of a side's store. */
const HASH = 0;
const HAS_KEY = 1;

/**
 * Joins the rows of equal windows, when the watermark passes the window's end.
 *
 * Algorithm: rows are only stored until then, listed by window; a window that fires is joined as a whole, by a hash table over its right rows.
 * Rows of a window that has fired are late, counted and dropped.
 *
 * State: the rows of open windows, each with the hash of its key. Maintains the invariant that a window is open exactly as long as the
 * watermark is before its last millisecond, and that it emits once; so the output only inserts.
 */
export class WindowJoin extends Operator {
  private readonly stores: readonly [RowStore, RowStore];
  private readonly keys: readonly [readonly number[], readonly number[]];
  /** Column of window_end per input. */
  private readonly ends: readonly [number, number];
  private readonly clock: WindowClock;
  private readonly windows = new Map<number, OpenWindow>();
  private readonly single: boolean;
  private readonly matches: Matches | null;
  private readonly builder: OutputBuilder;
  private rows: Int32Array = new Int32Array(4096);
  private ids: Int32Array = new Int32Array(4096);
  private hashes: Int32Array = new Int32Array(4096);

  constructor(private readonly spec: WindowJoinSpec) {
    super(2);
    const { join, inputTypes } = spec;
    this.single = join.type === 'semi' || join.type === 'anti';
    this.keys = [join.leftKeys, join.rightKeys];
    this.ends = [endColumn(spec.leftWindow), endColumn(spec.rightWindow)];
    this.clock = new WindowClock(spec.leftWindow, inputTypes[0], spec.env.timeZone);
    this.stores = [new RowStore(inputTypes[0], { counters: 2 }), new RowStore(inputTypes[1], { counters: 2 })];
    this.matches = joinCondition(join, inputTypes, spec.env);
    this.builder = new OutputBuilder(this.single ? [inputTypes[0]] : inputTypes, [], () => this.output);
  }

  override processBatch(batch: Batch, input: number): void {
    const n = batch.length;
    if (this.rows.length < n) {
      this.rows = new Int32Array(n * 2);
      this.ids = new Int32Array(n * 2);
      this.hashes = new Int32Array(n * 2);
    }
    const store = this.stores[input];
    const ends = batch.columns[this.ends[input]] as TsColumn;
    let kept = 0;
    for (let i = 0; i < n; i++) {
      if (this.firesAt(ends.millis[i]) <= this.currentWatermark) this.context.metrics.lateRows++;
      else this.rows[kept++] = i;
    }
    if (kept === 0) return;
    store.addRows(batch.columns, kept === n ? null : this.rows, kept, this.ids);
    let listed: OpenWindow | undefined;
    let end = NaN;
    for (let k = 0; k < kept; k++) {
      const time = ends.millis[this.rows[k]];
      if (time !== end || listed === undefined) {
        end = time;
        listed = this.windowOf(time);
      }
      listed.rows[input].push(this.ids[k]);
    }
    this.stampKeys(batch.columns, input, n, kept);
    this.account();
  }

  override processWatermark(time: number): void {
    const due = [...this.windows.keys()].filter((end) => this.firesAt(end) <= time).sort((a, b) => a - b);
    for (const end of due) {
      const window = this.windows.get(end) as OpenWindow;
      this.windows.delete(end);
      this.fire(window);
      this.builder.flush();
      this.stores.forEach((store, side) => {
        for (const id of window.rows[side]) store.release(id);
        store.reclaim();
      });
    }
    if (due.length > 0) this.account();
    this.output.watermark(time);
  }

  /** At the end of bounded inputs the watermark has fired every window; one that no watermark could reach fires here. */
  override finish(): void {
    if (this.windows.size > 0) this.processWatermark(MAX_WATERMARK);
  }

  /** The watermark that ends a window: its last millisecond, as an instant. */
  private firesAt(end: number): number {
    return this.clock.lastInstant(end);
  }

  private windowOf(end: number): OpenWindow {
    let window = this.windows.get(end);
    if (window === undefined) {
      window = { rows: [[], []] };
      this.windows.set(end, window);
    }
    return window;
  }

  /** Notes with each stored row whether it can have a partner at all, and the hash of its key. */
  private stampKeys(columns: readonly Column[], input: number, n: number, kept: number): void {
    const keys = this.keys[input];
    hashColumns(
      keys.map((c) => columns[c]),
      n,
      this.hashes,
    );
    const { counters } = this.stores[input];
    for (let k = 0; k < kept; k++) {
      counters[HASH][this.ids[k]] = this.hashes[this.rows[k]];
      counters[HAS_KEY][this.ids[k]] = 0;
    }
    const place = new Int32Array(n).fill(-1);
    for (let k = 0; k < kept; k++) place[this.rows[k]] = this.ids[k];
    const keyed = rowsWithKey(columns, keys, this.spec.join.nullSafe, n, this.rows);
    for (let k = 0; k < keyed; k++) {
      const id = place[this.rows[k]];
      if (id >= 0) counters[HAS_KEY][id] = 1;
    }
  }

  private fire(window: OpenWindow): void {
    const { type } = this.spec.join;
    const [left, right] = this.stores;
    const [leftRows, rightRows] = window.rows;
    this.builder.bind(0, left.columns, null);
    if (!this.single) this.builder.bind(1, right.columns, null);
    const buckets = new Buckets(rightRows, right.counters[HASH], right.counters[HAS_KEY]);
    const seen = rightIsOuter(type) ? new Uint8Array(rightRows.length) : null;
    for (const id of leftRows) {
      let matched = false;
      if (left.counters[HAS_KEY][id] !== 0) {
        const hash = left.counters[HASH][id];
        for (let k = buckets.first(hash); k >= 0; k = buckets.next[k]) {
          const other = rightRows[k];
          if (right.counters[HASH][other] !== hash || !this.pair(left.columns, id, right.columns, other)) continue;
          matched = true;
          if (this.single) break;
          if (seen !== null) seen[k] = 1;
          this.builder.addPair(INSERT, id, other);
        }
      }
      if (this.single) {
        if (matched === (type === 'semi')) this.builder.add(INSERT, id);
      } else if (!matched && leftIsOuter(type)) this.builder.addPair(INSERT, id, NULLS);
    }
    if (seen !== null) rightRows.forEach((id, k) => seen[k] === 0 && this.builder.addPair(INSERT, NULLS, id));
  }

  private pair(left: readonly Column[], i: number, right: readonly Column[], j: number): boolean {
    return (
      rowsEqual(left, this.keys[0], i, right, this.keys[1], j) &&
      (this.matches === null || this.matches(left, i, right, j))
    );
  }

  private account(): void {
    const { metrics } = this.context;
    metrics.stateBytes = this.stores[0].bytes + this.stores[1].bytes + (this.stores[0].live + this.stores[1].live) * 8;
    metrics.stateKeys = this.windows.size;
  }

  override snapshot(writer: SnapshotWriter): void {
    writer.json('watermarks', this.watermarks);
    this.stores.forEach((store, side) => {
      const ids = new Int32Array(store.live);
      let n = 0;
      for (const window of this.windows.values()) for (const id of window.rows[side]) ids[n++] = id;
      writeRows(writer, side === 0 ? 'left' : 'right', this.spec.inputTypes[side], store.columns, ids, n);
    });
  }

  override restore(readers: readonly SnapshotReader[]): void {
    // Rows first: they were in time when they were stored.
    for (const reader of readers) {
      for (const input of [0, 1]) {
        const batch = readRows(reader, input === 0 ? 'left' : 'right', this.spec.inputTypes[input]);
        this.processBatch(ownRows(batch, this.spec.inputTypes[input], this.keys[input], this.context), input);
      }
    }
    const saved = readers.map((r) => r.json<number[]>('watermarks'));
    if (saved.length > 0) this.restoreWatermarks(saved[0].map((_, i) => Math.min(...saved.map((w) => w[i]))));
  }
}

/** Right rows by hash, each bucket in order of arrival. */
class Buckets {
  readonly next: Int32Array;
  private readonly heads: Int32Array;
  private readonly mask: number;

  constructor(rows: readonly number[], hashes: Int32Array, hasKey: Int32Array) {
    const size = 1 << Math.max(4, 32 - Math.clz32(rows.length));
    this.mask = size - 1;
    this.heads = new Int32Array(size).fill(-1);
    this.next = new Int32Array(rows.length);
    for (let k = rows.length - 1; k >= 0; k--) {
      if (hasKey[rows[k]] === 0) continue;
      const bucket = hashes[rows[k]] & this.mask;
      this.next[k] = this.heads[bucket];
      this.heads[bucket] = k;
    }
  }

  first(hash: number): number {
    return this.heads[hash & this.mask];
  }
}

function endColumn(windowing: Windowing): number {
  if (windowing.kind !== 'attached') throw new Error('a window join takes rows that carry their windows');
  return windowing.end;
}
