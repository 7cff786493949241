import type { EvalEnvironment } from '../expressions/index.js';
import { KeyBatch, KeyTable } from '../state/key-table.js';
import { RowChains } from '../state/row-chains.js';
import { ownRowNumbers, ownRows, readRows, writeRows } from '../state/row-snapshot.js';
import { RowStore } from '../state/row-store.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { Batch, INSERT, StreamcellError, type DataType } from '../types/index.js';
import { joinCondition, rowsWithKey, type JoinSpec, type Matches } from './join-spec.js';
import { MIN_WATERMARK, Operator } from './operator.js';
import { NULLS, OutputBuilder, passing } from './output-builder.js';

export interface LookupJoinSpec {
  readonly join: JoinSpec;
  /** Left input, then the table's rows as they are joined. */
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly env: EvalEnvironment;
}

/**
 * Looks each left row up in a bounded table, which comes as input 1 and is read whole before the first left row passes.
 *
 * State: the table's rows, chained by key; until the table has ended, the left rows that wait for it. Left rows keep their order and kind.
 * Maintains the invariant that a left row meets the complete table. Both inputs are
 * spread by the lookup keys.
 */
export class LookupJoin extends Operator {
  private readonly table: KeyTable;
  private readonly store: RowStore;
  private readonly chains = new RowChains(false);
  private readonly keyBatch = new KeyBatch();
  private readonly keyed: boolean;
  private readonly matches: Matches | null;
  private readonly builder: OutputBuilder;
  private complete = false;
  /** Watermark that waits with the left rows. */
  private held = MIN_WATERMARK;
  private waiting: RowStore;
  private waitingKinds: number[] = [];
  private rows: Int32Array = new Int32Array(4096);
  private slots: Int32Array = new Int32Array(4096);

  constructor(private readonly spec: LookupJoinSpec) {
    super(2);
    const { join, inputTypes } = spec;
    if (join.type !== 'inner' && join.type !== 'left')
      throw new StreamcellError('SQL_UNSUPPORTED', `A lookup join cannot be a ${join.type} join.`);
    this.keyed = join.leftKeys.length > 0;
    this.table = new KeyTable(join.leftKeys.map((c) => inputTypes[0][c]));
    this.store = new RowStore(inputTypes[1]);
    this.waiting = new RowStore(inputTypes[0]);
    this.matches = joinCondition(join, inputTypes, spec.env);
    this.builder = new OutputBuilder(inputTypes, [], () => this.output);
  }

  override processBatch(batch: Batch, input: number): void {
    if (input === 1) this.addToTable(batch);
    else if (this.complete) {
      const { kinds } = batch;
      this.lookUp(batch.columns, batch.length, kinds === null ? () => INSERT : (row) => kinds[row]);
    } else {
      const ids = new Int32Array(batch.length);
      this.waiting.addRows(batch.columns, null, batch.length, ids);
      for (let i = 0; i < batch.length; i++) this.waitingKinds.push(batch.kinds === null ? INSERT : batch.kinds[i]);
      this.account();
    }
  }

  private addToTable(batch: Batch): void {
    const count = this.findSlots(batch, this.spec.join.rightKeys, true);
    const ids = new Int32Array(count);
    this.store.addRows(batch.columns, this.rows, count, ids);
    for (let k = 0; k < count; k++) this.chains.append(this.slots[this.rows[k]], ids[k]);
    this.account();
  }

  override endInput(input: number): void {
    if (input !== 1) return;
    this.complete = true;
    const { waiting, waitingKinds } = this;
    // Nothing was ever released: ids are the order of arrival.
    this.lookUp(waiting.columns, waitingKinds.length, (row) => waitingKinds[row]);
    this.waiting = new RowStore(this.spec.inputTypes[0]);
    this.waitingKinds = [];
    this.account();
    if (this.held > MIN_WATERMARK) this.output.watermark(this.held);
  }

  override processWatermark(time: number): void {
    if (this.complete) this.output.watermark(time);
    else this.held = time;
  }

  private lookUp(columns: Batch['columns'], length: number, kindOf: (row: number) => number): void {
    const count = this.findSlots(new Batch(length, columns), this.spec.join.leftKeys, false);
    this.builder.bind(0, null, columns);
    this.builder.bind(1, this.store.columns, null);
    const { chains, matches } = this;
    for (let i = 0, k = 0; i < length; i++) {
      let found = false;
      if (k < count && this.rows[k] === i) {
        k++;
        const slot = this.slots[i];
        for (let id = slot < 0 ? -1 : chains.first(slot); id >= 0; id = chains.next[id]) {
          if (matches !== null && !matches(columns, i, this.store.columns, id)) continue;
          found = true;
          this.builder.addPair(kindOf(i), passing(i), id);
        }
      }
      if (!found && this.spec.join.type === 'left') this.builder.addPair(kindOf(i), passing(i), NULLS);
    }
    this.builder.flush();
  }

  /** Slots of rows [0, length) that can have a partner. @returns how many those are; their numbers are in `rows`. */
  private findSlots(batch: Batch, keys: readonly number[], insert: boolean): number {
    const n = batch.length;
    if (this.rows.length < n) {
      this.rows = new Int32Array(n * 2);
      this.slots = new Int32Array(n * 2);
    }
    const count = rowsWithKey(batch.columns, keys, this.spec.join.nullSafe, n, this.rows);
    if (!this.keyed) this.slots.fill(0, 0, n);
    else {
      this.keyBatch.prepare(batch.columns, keys, n);
      if (insert) this.table.upsert(this.keyBatch, this.rows, count, this.slots);
      else this.table.find(this.keyBatch, this.rows, count, this.slots);
    }
    return count;
  }

  private account(): void {
    const { metrics } = this.context;
    metrics.stateBytes = this.store.bytes + this.chains.bytes + this.table.bytes() + this.waiting.bytes;
    metrics.stateKeys = this.keyed ? this.table.size : 1;
  }

  override snapshot(writer: SnapshotWriter): void {
    const rows = (store: RowStore): Int32Array => Int32Array.from({ length: store.live }, (_, id) => id);
    writer.json('lookup', { complete: this.complete, watermarks: this.watermarks });
    writeRows(writer, 'table', this.spec.inputTypes[1], this.store.columns, rows(this.store), this.store.live);
    writeRows(writer, 'waiting', this.spec.inputTypes[0], this.waiting.columns, rows(this.waiting), this.waiting.live);
    writer.array('kinds', Uint8Array.from(this.waitingKinds));
  }

  override restore(readers: readonly SnapshotReader[]): void {
    if (readers.length === 0) return;
    const saved = readers.map((r) => r.json<{ complete: boolean; watermarks: number[] }>('lookup'));
    const { leftKeys, rightKeys } = this.spec.join;
    const [leftTypes, rightTypes] = this.spec.inputTypes;
    for (const reader of readers) {
      this.addToTable(ownRows(readRows(reader, 'table', rightTypes), rightTypes, rightKeys, this.context));
      const all = readRows(reader, 'waiting', leftTypes);
      const kinds = reader.array<Uint8Array>('kinds');
      const own = new Int32Array(all.length);
      const count = ownRowNumbers(all, leftKeys, this.context, own);
      for (let k = 0; k < count; k++) {
        this.waiting.add(all.columns, own[k]);
        this.waitingKinds.push(kinds[own[k]]);
      }
    }
    this.complete = saved.every((s) => s.complete);
    this.restoreWatermarks(saved[0].watermarks.map((_, i) => Math.min(...saved.map((s) => s.watermarks[i]))));
    this.held = this.currentWatermark;
  }
}
