import { INSERT, type Batch, type DataType, type TsColumn } from '../types/index.js';
import { readRows, writeRows } from '../state/row-snapshot.js';
import { RowStore } from '../state/row-store.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { TimerQueue } from '../state/timers.js';
import { rowOrder, type RowOrder } from '../state/value-order.js';
import { MIN_WATERMARK, Operator } from './operator.js';
import { OutputBuilder } from './output-builder.js';
import type { SortSpec } from './sort.js';

/**
 * ORDER BY a time attribute, ascending, further columns breaking ties.
 *
 * By rowtime: State: rows waiting for the watermark, by time; the last time sent. Maintains the invariant that times sent only rise: a row at or before the
 * last one is late and dropped. By processing time rows come in order already; with further columns those of one millisecond are sorted.
 */
export class TemporalSort extends Operator {
  private readonly store: RowStore;
  private readonly builder: OutputBuilder;
  private readonly order: RowOrder;
  private readonly time: number;
  private readonly rowtime: boolean;
  private readonly waiting = new Map<number, number[]>();
  private readonly times = new TimerQueue();
  private lastSent = MIN_WATERMARK;

  constructor(private readonly spec: SortSpec) {
    super(1);
    const types = spec.inputTypes[0];
    this.time = spec.sort[0].column;
    this.rowtime = !isProctime(types[this.time]);
    // Nanoseconds within the millisecond still order rows; by processing time the attribute itself does not.
    this.order = rowOrder(this.rowtime ? spec.sort : spec.sort.slice(1), types);
    this.store = new RowStore(types);
    this.builder = new OutputBuilder([types], [], () => this.output);
  }

  override processBatch(batch: Batch): void {
    if (!this.rowtime && this.spec.sort.length === 1) {
      this.output.batch(batch);
      return;
    }
    const now = this.context.processingTime();
    const millis = (batch.columns[this.time] as TsColumn).millis;
    for (let i = 0; i < batch.length; i++) {
      const time = this.rowtime ? millis[i] : now;
      if (this.rowtime && time <= this.lastSent) {
        this.context.metrics.lateRows++;
        continue;
      }
      this.wait(time, this.store.add(batch.columns, i));
    }
    if (!this.rowtime) this.context.requestProcessingTime(now + 1);
    this.context.metrics.stateBytes = this.store.bytes;
    this.context.metrics.stateKeys = this.store.live;
  }

  private wait(time: number, id: number): void {
    const rows = this.waiting.get(time);
    if (rows !== undefined) {
      rows.push(id);
      return;
    }
    this.waiting.set(time, [id]);
    this.times.add(time, 0);
  }

  override processWatermark(time: number): void {
    if (this.rowtime) this.send(time);
    this.output.watermark(time);
  }

  override onProcessingTime(now: number): void {
    this.send(now - 1);
    if (this.times.size > 0) this.context.requestProcessingTime(this.times.next + 1);
  }

  override finish(): void {
    if (!this.rowtime) this.send(Infinity);
  }

  private send(upTo: number): void {
    const { store, builder } = this;
    builder.bind(0, store.columns, null);
    while (this.times.size > 0 && this.times.next <= upTo) {
      const time = this.times.next;
      this.times.pop();
      const rows = this.waiting.get(time) as number[];
      this.waiting.delete(time);
      this.lastSent = time;
      rows.sort((a, b) => this.order(store.columns, a, store.columns, b));
      for (const id of rows) {
        builder.add(INSERT, id);
        store.release(id);
      }
    }
    builder.flush();
    store.reclaim();
  }

  override snapshot(writer: SnapshotWriter): void {
    const entries = [...this.waiting];
    const ids = Int32Array.from(entries.flatMap(([, rows]) => rows));
    writeRows(writer, 'rows', this.store.types, this.store.columns, ids, ids.length);
    writer.json('sort', { times: entries.map(([time, rows]) => [time, rows.length]), lastSent: this.lastSent });
  }

  override restore(readers: readonly SnapshotReader[]): void {
    // A sort has one subtask.
    for (const reader of readers) {
      const rows = readRows(reader, 'rows', this.store.types);
      const saved = reader.json<{ times: [number, number][]; lastSent: number }>('sort');
      let i = 0;
      for (const [time, count] of saved.times)
        for (let k = 0; k < count; k++) this.wait(time, this.store.add(rows.columns, i++));
      this.lastSent = Math.max(this.lastSent, saved.lastSent);
    }
    if (!this.rowtime && this.times.size > 0) this.context.requestProcessingTime(this.times.next + 1);
  }
}

function isProctime(type: DataType): boolean {
  return (type.root === 'TIMESTAMP' || type.root === 'TIMESTAMP_LTZ') && type.timeAttribute === 'proctime';
}
