import { INSERT, type Batch, type DataType, type TsColumn } from '../types/index.js';
import type { EvalEnvironment } from '../expressions/index.js';
import { KeyBatch, KeyTable } from '../state/key-table.js';
import { subtaskOfHash } from '../state/hash.js';
import { OrderedRows } from '../state/ordered-rows.js';
import { readRows, writeRows } from '../state/row-snapshot.js';
import { RowStore } from '../state/row-store.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { rowOrder, type OrderKey, type RowOrder } from '../state/value-order.js';
import { allRows } from './keyed-state.js';
import { MIN_WATERMARK, Operator } from './operator.js';
import { OutputBuilder } from './output-builder.js';
import { WindowClock, type Windowing } from './windowing.js';

export interface WindowRankSpec {
  readonly windowing: Windowing;
  readonly partitionKeys: readonly number[];
  readonly sort: readonly OrderKey[];
  readonly start: number;
  readonly end: number;
  readonly outputRank: boolean;
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly outputTypes: readonly DataType[];
  readonly env: EvalEnvironment;
}

interface Window {
  readonly table: KeyTable;
  readonly lists: OrderedRows[];
}

/**
 * Top-N within windows that the rows carry: sent once, in rank order, when the window is over.
 *
 * State: per window end a key table and each partition's best rows in order, no more than `end`; the rows themselves.
 * Maintains the invariant that a window exists only until the watermark has reached its end; rows for it that come later are late and dropped.
 * Of rows with equal sort keys the earlier one ranks first (with `latestFirst` the later one).
 */
export class WindowRank extends Operator {
  private readonly windowEnd: number;
  private readonly clock: WindowClock;
  private readonly keyTypes: DataType[];
  private readonly keyBatch = new KeyBatch();
  private readonly store: RowStore;
  private readonly windows = new Map<number, Window>();
  private readonly builder: OutputBuilder;
  private readonly order: RowOrder;
  private progress = MIN_WATERMARK;
  private slots: Int32Array = new Int32Array(0);

  constructor(
    private readonly spec: WindowRankSpec,
    private readonly latestFirst = false,
  ) {
    super(1);
    if (spec.windowing.kind !== 'attached') throw new Error('a window rank takes rows that carry their window');
    this.windowEnd = spec.windowing.end;
    const types = spec.inputTypes[0];
    this.clock = new WindowClock(spec.windowing, types, spec.env.timeZone);
    this.keyTypes = spec.partitionKeys.map((k) => types[k]);
    this.order = rowOrder(spec.sort, types);
    this.store = new RowStore(types);
    this.builder = new OutputBuilder([types], spec.outputRank ? spec.outputTypes.slice(-1) : [], () => this.output);
  }

  override processBatch(batch: Batch): void {
    const n = batch.length;
    if (this.slots.length < n) this.slots = new Int32Array(n);
    this.keyBatch.prepare(batch.columns, this.spec.partitionKeys, n);
    const ends = (batch.columns[this.windowEnd] as TsColumn).millis;
    let from = 0;
    while (from < n) {
      let to = from + 1;
      while (to < n && ends[to] === ends[from]) to++;
      this.enter(batch, ends[from], from, to);
      from = to;
    }
    this.store.reclaim();
    let bytes = this.store.bytes;
    let keys = 0;
    for (const window of this.windows.values()) {
      bytes += window.table.bytes();
      keys += window.table.size;
    }
    this.context.metrics.stateBytes = bytes;
    this.context.metrics.stateKeys = keys;
  }

  private window(end: number): Window {
    let window = this.windows.get(end);
    if (window === undefined) {
      window = { table: new KeyTable(this.keyTypes), lists: [] };
      this.windows.set(end, window);
    }
    return window;
  }

  /** Rows [from, to) of the window that ends at `end`. */
  private enter(batch: Batch, end: number, from: number, to: number): void {
    if (this.clock.lastInstant(end) <= this.progress) {
      this.context.metrics.lateRows += to - from;
      return;
    }
    const { store, spec } = this;
    const { table, lists } = this.window(end);
    table.upsert(this.keyBatch, allRows(batch.length).subarray(from, to), to - from, this.slots);
    for (let k = 0; k < table.createdCount; k++) lists[table.created[k]] = new OrderedRows();
    for (let i = from; i < to; i++) {
      const list = lists[this.slots[i]];
      const goesBehind = (id: number): boolean => {
        const c = this.order(store.columns, id, batch.columns, i);
        return this.latestFirst ? c < 0 : c <= 0;
      };
      if (list.size >= spec.end && goesBehind(list.last())) continue;
      list.insert(list.rankWhere(goesBehind), store.add(batch.columns, i));
      if (list.size > spec.end) store.release(list.remove(list.size));
    }
  }

  override processWatermark(time: number): void {
    this.progress = time;
    const due = [...this.windows.keys()].filter((end) => this.clock.lastInstant(end) <= time).sort((a, b) => a - b);
    this.builder.bind(0, this.store.columns, null);
    for (const end of due) this.fire(end);
    this.builder.flush();
    this.store.reclaim();
    this.output.watermark(time);
  }

  private fire(end: number): void {
    const { builder, spec, store } = this;
    for (const list of this.window(end).lists) {
      list.forEachFrom(1, (id, rank) => {
        if (rank >= spec.start && rank <= spec.end) {
          builder.add(INSERT, id);
          if (spec.outputRank) builder.compute(0, rank);
        }
        store.release(id);
        return true;
      });
    }
    this.windows.delete(end);
  }

  override snapshot(writer: SnapshotWriter): void {
    const ids: number[] = [];
    for (const window of this.windows.values())
      for (const list of window.lists) list.forEachFrom(1, (id) => ids.push(id) > 0);
    const rows = Int32Array.from(ids);
    writeRows(writer, 'rows', this.store.types, this.store.columns, rows, rows.length);
    writer.json('progress', this.progress);
  }

  override restore(readers: readonly SnapshotReader[]): void {
    let progress = Infinity;
    for (const reader of readers) {
      const rows = readRows(reader, 'rows', this.store.types);
      const ends = (rows.columns[this.windowEnd] as TsColumn).millis;
      this.keyBatch.prepare(rows.columns, this.spec.partitionKeys, rows.length);
      const slots = new Int32Array(rows.length);
      const { subtask, parallelism } = this.context;
      for (let i = 0; i < rows.length; i++) {
        if (parallelism > 1 && subtaskOfHash(this.keyBatch.hashes[i], parallelism) !== subtask) continue;
        const { table, lists } = this.window(ends[i]);
        table.upsert(this.keyBatch, Int32Array.of(i), 1, slots);
        if (table.createdCount > 0) lists[slots[i]] = new OrderedRows();
        const list = lists[slots[i]];
        list.insert(list.size + 1, this.store.add(rows.columns, i));
      }
      progress = Math.min(progress, reader.json<number>('progress'));
    }
    if (readers.length > 0) this.progress = progress;
  }
}
