import { INSERT, type Batch, type TsColumn } from '../types/index.js';
import { RowStore } from '../state/row-store.js';
import { SlotRows } from '../state/slot-rows.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { TimerQueue } from '../state/timers.js';
import type { DeduplicateSpec } from './deduplicate.js';
import { MIN_WATERMARK, Operator } from './operator.js';
import { OutputBuilder } from './output-builder.js';
import { Partitions } from './partitions.js';

/** In place of a row's number: it was sent. */
const SENT = -2;

/**
 * First row per key by rowtime. Sent once, as an insertion, when the watermark says that no earlier row can come.
 *
 * State: per key the earliest row so far, or the fact that it was sent; a timer at the rowtime of each candidate.
 * Maintains the invariant that a key's row is sent at the first watermark at or behind its rowtime. Rows behind the watermark are late
 * and dropped; of equal times the earlier arrival stays.
 */
export class FirstByRowtime extends Operator {
  private readonly store: RowStore;
  private readonly builder: OutputBuilder;
  private readonly partitions: Partitions;
  private readonly timers = new TimerQueue();
  private readonly rows: SlotRows;
  private progress = MIN_WATERMARK;

  constructor(private readonly spec: DeduplicateSpec) {
    super(1);
    const types = spec.inputTypes[0];
    this.store = new RowStore(types);
    this.builder = new OutputBuilder([types], [], () => this.output);
    this.rows = new SlotRows(this.store);
    this.partitions = new Partitions(types, spec.keys, spec.ttl, this.rows.enter, (slot) => {
      // The TTL is that of the fact that a row was sent; a candidate waits for its time.
      if (this.rows.get(slot) >= 0) return false;
      this.rows.drop(slot);
      return true;
    });
  }

  private times(): Float64Array {
    return (this.store.columns[this.spec.time as number] as TsColumn).millis;
  }

  override processBatch(batch: Batch): void {
    const slots = this.partitions.resolve(batch, this.context);
    const times = (batch.columns[this.spec.time as number] as TsColumn).millis;
    for (let i = 0; i < batch.length; i++) {
      const time = times[i];
      const slot = slots[i];
      if (time < this.progress) {
        this.context.metrics.lateRows++;
        continue;
      }
      const old = this.rows.get(slot);
      if (old === SENT) continue;
      if (old >= 0) {
        if (time >= this.times()[old]) continue;
        this.store.release(old);
      }
      this.rows.set(slot, this.store.add(batch.columns, i));
      this.timers.add(time, slot);
    }
    this.store.reclaim();
    this.context.metrics.stateKeys = this.partitions.table.size;
    this.context.metrics.stateBytes = this.store.bytes + this.partitions.bytes() + this.timers.bytes();
  }

  override processWatermark(time: number): void {
    this.progress = time;
    this.builder.bind(0, this.store.columns, null);
    while (this.timers.next <= time) {
      const at = this.timers.next;
      const slot = this.timers.pop();
      const id = this.rows.get(slot);
      // The candidate may have changed since: then its own timer was earlier, and the row is sent.
      if (id < 0 || this.times()[id] !== at) continue;
      this.builder.add(INSERT, id);
      this.rows.set(slot, SENT);
      this.store.release(id);
    }
    this.builder.flush();
    this.store.reclaim();
    this.output.watermark(time);
  }

  override onProcessingTime(now: number): void {
    this.partitions.sweep(now, this.context);
  }

  override snapshot(writer: SnapshotWriter): void {
    this.partitions.save(writer, 'waiting', this.store, this.rows.list);
    this.partitions.saveKeys(writer, 'sent', (slot) => this.rows.get(slot) === SENT);
    writer.json('progress', this.progress);
  }

  override restore(readers: readonly SnapshotReader[]): void {
    let progress = Infinity;
    for (const reader of readers) {
      this.partitions.load(reader, 'waiting', this.store, this.context, (slot, id) => {
        this.rows.set(slot, id);
        this.timers.add(this.times()[id], slot);
      });
      this.partitions.loadKeys(reader, 'sent', this.context, (slot) => this.rows.set(slot, SENT));
      progress = Math.min(progress, reader.json<number>('progress'));
    }
    if (readers.length > 0) this.progress = progress;
  }
}
