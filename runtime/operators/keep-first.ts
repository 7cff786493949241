import type { Batch } from '../types/index.js';
import { KeyBatch, KeyTable } from '../state/key-table.js';
import { DOUBLE, F64Column } from '../types/index.js';
import { readRows, writeRows } from '../state/row-snapshot.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import type { DeduplicateSpec } from './deduplicate.js';
import { allRows, readKeys, writeKeys } from './keyed-state.js';
import { Operator } from './operator.js';
import { OutputBuilder } from './output-builder.js';
import { nextSweep } from './partitions.js';

/**
 * First row per key by processing time, that is, in order of arrival.
 *
 * State: the keys seen; with a TTL, when.
 * Maintains the invariant that one row per key has been sent, as an insertion, since the key was last forgotten.
 */
export class KeepFirst extends Operator {
  private readonly table: KeyTable;
  private readonly keyBatch = new KeyBatch();
  private readonly builder: OutputBuilder;
  private slots: Int32Array = new Int32Array(0);
  private seenAt: Float64Array = new Float64Array(16);
  private sweepAt = Infinity;

  constructor(private readonly spec: DeduplicateSpec) {
    super(1);
    const types = spec.inputTypes[0];
    this.table = new KeyTable(spec.keys.map((k) => types[k]));
    this.builder = new OutputBuilder([types], [], () => this.output);
  }

  override processBatch(batch: Batch): void {
    const n = batch.length;
    if (this.slots.length < n) this.slots = new Int32Array(n);
    const { slots, table, builder } = this;
    const now = this.spec.ttl > 0 ? this.context.processingTime() : 0;
    this.keyBatch.prepare(batch.columns, this.spec.keys, n);
    table.upsert(this.keyBatch, allRows(n), n, slots);
    this.grow();
    for (let k = 0; k < table.createdCount; k++) this.seenAt[table.created[k]] = -Infinity;
    builder.bind(0, null, batch.columns);
    const { ttl } = this.spec;
    for (let i = 0; i < n; i++) {
      const slot = slots[i];
      const seen = this.seenAt[slot];
      if (seen !== -Infinity && (ttl === 0 || seen + ttl > now)) continue;
      this.seenAt[slot] = now;
      builder.add(0, -2 - i);
    }
    builder.flush();
    if (ttl > 0 && this.sweepAt === Infinity && table.size > 0) {
      this.sweepAt = now + ttl;
      this.context.requestProcessingTime(this.sweepAt);
    }
    this.context.metrics.stateKeys = table.size;
    this.context.metrics.stateBytes = table.bytes() + this.seenAt.byteLength;
  }

  private grow(): void {
    if (this.seenAt.length >= this.table.capacity) return;
    const larger = new Float64Array(this.table.capacity);
    larger.set(this.seenAt);
    this.seenAt = larger;
  }

  override onProcessingTime(now: number): void {
    if (now < this.sweepAt) return;
    let oldest = Infinity;
    for (const slot of this.table.liveSlots()) {
      if (this.seenAt[slot] + this.spec.ttl <= now) this.table.remove(slot);
      else oldest = Math.min(oldest, this.seenAt[slot]);
    }
    this.sweepAt = nextSweep(now, oldest, this.spec.ttl);
    if (this.sweepAt !== Infinity) this.context.requestProcessingTime(this.sweepAt);
  }

  override snapshot(writer: SnapshotWriter): void {
    const slots = this.table.liveSlots();
    writeKeys(writer, 'keys', this.table, slots);
    writeRows(writer, 'seen', [DOUBLE()], [new F64Column(this.seenAt)], slots, slots.length);
  }

  override restore(readers: readonly SnapshotReader[]): void {
    for (const reader of readers) {
      const targets = readKeys(reader, 'keys', this.table, this.context);
      this.grow();
      const seen = (readRows(reader, 'seen', [DOUBLE()]).columns[0] as F64Column).values;
      for (let k = 0; k < targets.length; k++) if (targets[k] >= 0) this.seenAt[targets[k]] = seen[k];
    }
    if (this.spec.ttl > 0 && this.table.size > 0) {
      this.sweepAt = this.context.processingTime() + this.spec.ttl;
      this.context.requestProcessingTime(this.sweepAt);
    }
  }
}
