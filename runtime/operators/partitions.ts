import { DOUBLE, F64Column, type Batch, type DataType } from '../types/index.js';
import { KeyBatch, KeyTable } from '../state/key-table.js';
import { readRows, writeRows } from '../state/row-snapshot.js';
import type { RowStore } from '../state/row-store.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { subtaskOfHash } from '../state/hash.js';
import { allRows, readKeys, writeKeys } from './keyed-state.js';
import type { OperatorContext } from './operator.js';

/**
 * When to look again for expired keys, after a look at `now` that left `oldest` as the longest unwritten one. Not at the very moment that one
 * expires: where keys come all the time the next one does so a millisecond later, and each look goes over all keys. Expired state is not
 * read anyway, and stays a quarter of its time longer at most.
 */
export function nextSweep(now: number, oldest: number, ttl: number): number {
  return oldest === Infinity ? Infinity : Math.max(oldest + ttl, now + ttl / 4);
}

/**
 * The partitions of an operator that keeps rows by key: keys to slots, and when each was last written, for a TTL.
 *
 * State: key table; time of the last write by slot. Whatever else belongs to a partition lies with the owner, who is told when one begins
 * (`onCreate`) and when one has expired (`onExpire`, which must drop what the slot holds, or say false when it may not go yet).
 */
export class Partitions {
  readonly table: KeyTable;
  readonly slots: { rows: Int32Array } = { rows: new Int32Array(4096) };
  private readonly batch = new KeyBatch();
  private lastWrites: Float64Array = new Float64Array(16);
  private sweepAt = Infinity;

  constructor(
    inputTypes: readonly DataType[],
    private readonly keys: readonly number[],
    private readonly ttl: number,
    private readonly onCreate: (slot: number) => void,
    private readonly onExpire: (slot: number) => boolean | void,
  ) {
    this.table = new KeyTable(keys.map((k) => inputTypes[k]));
  }

  /** Slots of all rows of a batch, in a buffer that the next call overwrites. */
  resolve(batch: Batch, context: OperatorContext): Int32Array {
    const n = batch.length;
    if (this.slots.rows.length < n) this.slots.rows = new Int32Array(n);
    const slots = this.slots.rows;
    this.batch.prepare(batch.columns, this.keys, n);
    this.enter(allRows(n), n, slots);
    if (this.ttl > 0) this.touch(slots, n, context);
    return slots;
  }

  private enter(rows: Int32Array, n: number, slots: Int32Array): void {
    this.table.upsert(this.batch, rows, n, slots);
    this.enterCreated();
  }

  private enterCreated(): void {
    const { table } = this;
    if (this.ttl > 0 && this.lastWrites.length < table.capacity) {
      const larger = new Float64Array(table.capacity);
      larger.set(this.lastWrites);
      this.lastWrites = larger;
    }
    for (let k = 0; k < table.createdCount; k++) {
      if (this.ttl > 0) this.lastWrites[table.created[k]] = Infinity;
      this.onCreate(table.created[k]);
    }
  }

  private touch(slots: Int32Array, n: number, context: OperatorContext): void {
    const now = context.processingTime();
    for (let i = 0; i < n; i++) {
      if (this.lastWrites[slots[i]] + this.ttl <= now) this.onExpire(slots[i]);
      this.lastWrites[slots[i]] = now;
    }
    if (this.sweepAt === Infinity) {
      this.sweepAt = now + this.ttl;
      context.requestProcessingTime(this.sweepAt);
    }
  }

  /** Drops what has expired by now. */
  sweep(now: number, context: OperatorContext): void {
    if (now < this.sweepAt) return;
    let oldest = Infinity;
    for (const slot of this.table.liveSlots()) {
      if (this.lastWrites[slot] + this.ttl <= now) {
        if (this.onExpire(slot) !== false) this.table.remove(slot);
      } else oldest = Math.min(oldest, this.lastWrites[slot]);
    }
    this.sweepAt = nextSweep(now, oldest, this.ttl);
    if (this.sweepAt !== Infinity) context.requestProcessingTime(this.sweepAt);
  }

  /** Writes rows of the owner's store, each with its partition's last write. `idsOf` lists a partition's rows in order. */
  save(writer: SnapshotWriter, name: string, store: RowStore, idsOf: (slot: number) => readonly number[]): void {
    const ids: number[] = [];
    const writes: number[] = [];
    for (const slot of this.table.liveSlots())
      for (const id of idsOf(slot)) {
        ids.push(id);
        writes.push(this.ttl > 0 ? this.lastWrites[slot] : 0);
      }
    writeRows(writer, name, store.types, store.columns, Int32Array.from(ids), ids.length);
    const times = new F64Column(Float64Array.from(writes));
    writeRows(writer, `${name}.writes`, [DOUBLE()], [times], allRows(ids.length), ids.length);
  }

  /** Reads what `save` wrote into the owner's store; `add(slot, id)` sees the rows of this subtask in the order they were saved. */
  load(
    reader: SnapshotReader,
    name: string,
    store: RowStore,
    context: OperatorContext,
    add: (slot: number, id: number) => void,
  ): void {
    const rows = readRows(reader, name, store.types);
    const writes = (readRows(reader, `${name}.writes`, [DOUBLE()]).columns[0] as F64Column).values;
    const n = rows.length;
    this.batch.prepare(rows.columns, this.keys, n);
    const { subtask, parallelism } = context;
    const mine = allRows(n)
      .slice(0, n)
      .filter((i) => parallelism === 1 || subtaskOfHash(this.batch.hashes[i], parallelism) === subtask);
    const slots = new Int32Array(n);
    this.enter(mine, mine.length, slots);
    for (const i of mine) {
      if (this.ttl > 0) this.lastWrites[slots[i]] = writes[i];
      add(slots[i], store.add(rows.columns, i));
    }
    this.scheduleSweep(context);
  }

  private scheduleSweep(context: OperatorContext): void {
    if (this.ttl === 0 || this.table.size === 0 || this.sweepAt !== Infinity) return;
    this.sweepAt = context.processingTime() + this.ttl;
    context.requestProcessingTime(this.sweepAt);
  }

  /** Writes the keys of those slots that hold a mere fact. */
  saveKeys(writer: SnapshotWriter, name: string, holds: (slot: number) => boolean): void {
    const slots = this.table.liveSlots().filter(holds);
    writeKeys(writer, name, this.table, slots);
    const writes = new F64Column(this.lastWrites);
    if (this.ttl > 0) writeRows(writer, `${name}.writes`, [DOUBLE()], [writes], slots, slots.length);
  }

  loadKeys(reader: SnapshotReader, name: string, context: OperatorContext, set: (slot: number) => void): Int32Array {
    const targets = readKeys(reader, name, this.table, context);
    this.enterCreated();
    const writes =
      this.ttl > 0 ? (readRows(reader, `${name}.writes`, [DOUBLE()]).columns[0] as F64Column).values : null;
    for (let k = 0; k < targets.length; k++) {
      const slot = targets[k];
      if (slot < 0) continue;
      if (writes !== null) this.lastWrites[slot] = writes[k];
      set(slot);
    }
    this.scheduleSweep(context);
    return targets;
  }

  bytes(): number {
    return this.table.bytes() + this.lastWrites.byteLength;
  }
}
