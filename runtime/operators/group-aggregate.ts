import {
  BIGINT,
  DELETE,
  F64Column,
  DOUBLE,
  I64Column,
  INSERT,
  UPDATE_AFTER,
  UPDATE_BEFORE,
  type Batch,
  type Column,
  type DataType,
} from '../types/index.js';
import type { AggregateCall } from '../expressions/bound.js';
import { cellsEqual } from '../state/column-equality.js';
import { KeyBatch, KeyTable } from '../state/key-table.js';
import { readRows, writeRows } from '../state/row-snapshot.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { AggregatePlan, AggregateState } from './aggregate-state.js';
import { allRows, readKeys, writeKeys } from './keyed-state.js';
import { Operator, type OperatorContext } from './operator.js';
import { OutputBuilder } from './output-builder.js';
import { nextSweep } from './partitions.js';
import { ResultBuffer } from './result-buffer.js';

export interface GroupAggregateSpec {
  readonly keys: readonly number[];
  readonly aggregates: readonly AggregateCall[];
  readonly inputRetracts: boolean;
  /** ms; 0 = for ever. */
  readonly ttl: number;
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly outputTypes: readonly DataType[];
  readonly emission: 'row' | 'folded';
  readonly updateBefore: boolean;
}

/** What a row did to its key, in row emission. */
const FIRST = 1;
const LAST = 2;

/** Mark of a slot without rows so far. */
const NEW = -1;
/** Marks start again well before they overflow. */
const MARK_LIMIT = 0x70000000;

/**
 * Unwindowed aggregation by key, or over everything when there are no keys.
 *
 * Algorithm: a batch is hashed and its keys found as a whole; then each aggregate call runs over the batch in one loop. In row emission that
 * loop also writes the call's result before and after each row, which is all that is needed afterwards to tell what each row changed:
 * calls do not depend on each other. In folded emission the result before a key's first row and the one after its last are
 * taken, traced or read around the batch.
 *
 * State: keys to slots; accumulators by slot; when the input retracts, the number of rows by slot; with a TTL, the time of the last write.
 *
 * Correctness: a key exists while its row count is positive. A row that takes the last one sends -D and its slot starts anew; when more rows
 * of that slot follow, the batch is cut before them, so that their trace starts from the empty state. A retraction of an unknown key
 * is ignored, as Flink does. Expired state is never read. With a TTL, unchanged results are sent too (they refresh what is downstream).
 */
export class GroupAggregate extends Operator {
  private readonly keyTypes: DataType[];
  private readonly table: KeyTable;
  private readonly state: AggregateState;
  private readonly keyBatch = new KeyBatch();
  private readonly results: ResultBuffer;
  private readonly builder: OutputBuilder;
  /** By slot: rows behind the key; kept only when the input retracts. */
  private rowCounts: Float64Array = new Float64Array(16);
  private lastWrites: Float64Array = new Float64Array(16);
  private readonly ttl: number;
  private sweepAt = Infinity;
  private slots: Int32Array = new Int32Array(4096);
  private rows: Int32Array = new Int32Array(4096);
  private flags: Uint8Array = new Uint8Array(4096);
  /**
   * By slot: NEW until its first row, then what the batch at hand notes: in row emission the piece in which the key died, in folded emission
   * its position among the keys touched (counted on from batch to batch, so that nothing has to be cleared).
   */
  private marks: Int32Array = new Int32Array(16);
  private nextMark = 1;
  /** Folded emission, by position among the keys touched. */
  private touched: Int32Array = new Int32Array(0);
  private firstRows: Int32Array = new Int32Array(0);
  private lastRows: Int32Array = new Int32Array(0);

  constructor(private readonly spec: GroupAggregateSpec) {
    super(1);
    this.keyTypes = spec.keys.map((k) => spec.inputTypes[0][k]);
    this.table = new KeyTable(this.keyTypes);
    this.state = new AggregateState(new AggregatePlan(spec.aggregates, spec.inputRetracts));
    const resultTypes = spec.aggregates.map((a) => a.type);
    this.results = new ResultBuffer(resultTypes);
    this.builder = new OutputBuilder([this.keyTypes, resultTypes], [], () => this.output);
    this.ttl = spec.ttl;
  }

  override processBatch(batch: Batch): void {
    const n = batch.length;
    if (this.slots.length < n) {
      this.slots = new Int32Array(n);
      this.rows = new Int32Array(n);
      this.flags = new Uint8Array(n);
    }
    this.keyBatch.prepare(batch.columns, this.spec.keys, n);
    this.table.upsert(this.keyBatch, allRows(n), n, this.slots);
    this.enterCreated();
    if (this.ttl > 0) this.expire(n);
    if (this.nextMark > MARK_LIMIT) this.forgetMarks();
    this.builder.bind(0, this.keyColumns(), null);
    if (this.spec.emission === 'folded') this.fold(batch);
    else if (this.spec.inputRetracts) this.traceRetracting(batch);
    else this.traceInserts(batch);
    const { metrics } = this.context;
    metrics.stateKeys = this.table.size;
    metrics.stateBytes = this.table.bytes() + this.state.bytes() + this.marks.byteLength;
  }

  private keyColumns(): Column[] {
    return this.table.columns.map((c) => c.column);
  }

  private enterCreated(): void {
    const { table } = this;
    if (table.createdCount === 0) return;
    if (this.marks.length < table.capacity) this.grow(table.capacity);
    for (let k = 0; k < table.createdCount; k++) {
      const slot = table.created[k];
      this.state.reset(slot);
      this.marks[slot] = NEW;
      if (this.spec.inputRetracts) this.rowCounts[slot] = 0;
      if (this.ttl > 0) this.lastWrites[slot] = Infinity;
    }
  }

  private forgetMarks(): void {
    for (let slot = 0; slot < this.table.used; slot++) if (this.marks[slot] !== NEW) this.marks[slot] = 0;
    this.nextMark = 1;
  }

  private grow(capacity: number): void {
    this.state.ensure(capacity);
    const marks = new Int32Array(capacity);
    marks.set(this.marks);
    this.marks = marks;
    if (this.spec.inputRetracts) {
      const counts = new Float64Array(capacity);
      counts.set(this.rowCounts);
      this.rowCounts = counts;
    }
    if (this.ttl > 0) {
      const writes = new Float64Array(capacity);
      writes.set(this.lastWrites);
      this.lastWrites = writes;
    }
  }

  /** Keys whose state has expired start anew; those of the batch are written now. */
  private expire(n: number): void {
    const now = this.context.processingTime();
    for (let i = 0; i < n; i++) {
      const slot = this.slots[i];
      if (this.lastWrites[slot] + this.ttl <= now) {
        this.state.reset(slot);
        this.marks[slot] = NEW;
        this.rowCounts[slot] = 0;
      }
      this.lastWrites[slot] = now;
    }
    if (this.sweepAt === Infinity) {
      this.sweepAt = now + this.ttl;
      this.context.requestProcessingTime(this.sweepAt);
    }
  }

  override onProcessingTime(now: number): void {
    if (now < this.sweepAt) return;
    let oldest = Infinity;
    for (const slot of this.table.liveSlots()) {
      if (this.lastWrites[slot] + this.ttl <= now) this.forget(slot);
      else if (this.lastWrites[slot] < oldest) oldest = this.lastWrites[slot];
    }
    this.sweepAt = nextSweep(now, oldest, this.ttl);
    if (this.sweepAt !== Infinity) this.context.requestProcessingTime(this.sweepAt);
  }

  private forget(slot: number): void {
    this.state.reset(slot);
    this.rowCounts[slot] = 0;
    this.table.remove(slot);
  }

  private traceInserts(batch: Batch): void {
    const n = batch.length;
    const { slots, flags, marks } = this;
    for (let i = 0; i < n; i++) {
      const slot = slots[i];
      flags[i] = marks[slot] === NEW ? FIRST : 0;
      marks[slot] = 0;
    }
    this.emitTraced(batch, allRows(n), n);
    this.builder.flush();
  }

  private traceRetracting(batch: Batch): void {
    const n = batch.length;
    const { slots, rows, flags, rowCounts } = this;
    const kinds = batch.kinds;
    const dead: number[] = [];
    let i = 0;
    while (i < n) {
      const piece = this.nextMark++;
      let m = 0;
      let lasts = 0;
      for (; i < n; i++) {
        const slot = slots[i];
        const retract = kinds !== null && (kinds[i] & 1) !== 0;
        const count = rowCounts[slot];
        if (count === 0) {
          if (retract) {
            dead.push(slot);
            continue;
          }
          if (this.marks[slot] === piece) break;
          flags[m] = FIRST;
          rowCounts[slot] = 1;
        } else {
          rowCounts[slot] = count + (retract ? -1 : 1);
          flags[m] = rowCounts[slot] === 0 ? LAST : 0;
        }
        if (flags[m] === LAST) {
          this.marks[slot] = piece;
          dead.push(slot);
          lasts++;
        }
        rows[m++] = i;
      }
      this.emitTraced(batch, rows, m);
      if (lasts > 0) {
        this.builder.flush();
        for (let k = dead.length - 1; k >= 0; k--) if (this.marks[dead[k]] === piece) this.state.reset(dead[k]);
      }
    }
    this.builder.flush();
    this.forgetDead(dead);
  }

  private forgetDead(dead: readonly number[]): void {
    if (dead.length === 0) return;
    // A key may have died several times in the batch: it is removed once.
    const mark = this.nextMark++;
    for (const slot of dead) {
      if (this.rowCounts[slot] !== 0 || this.marks[slot] === mark) continue;
      this.marks[slot] = mark;
      this.forget(slot);
    }
  }

  private emitTraced(batch: Batch, rows: Int32Array, m: number): void {
    const { slots, flags, builder } = this;
    const outs = this.results.prepare(2 * m);
    this.state.trace(batch.columns, batch.length, batch.kinds, rows, m, slots, outs);
    builder.bind(1, outs, null);
    const { updateBefore } = this.spec;
    const always = this.ttl > 0;
    for (let j = 0; j < m; j++) {
      const slot = slots[rows[j]];
      const flag = flags[j];
      if (flag === FIRST) builder.addPair(INSERT, slot, 2 * j + 1);
      else if (flag === LAST) builder.addPair(DELETE, slot, 2 * j);
      else if (always || differs(outs, 2 * j, 2 * j + 1)) {
        if (updateBefore) builder.addPair(UPDATE_BEFORE, slot, 2 * j);
        builder.addPair(UPDATE_AFTER, slot, 2 * j + 1);
      }
    }
    // The result columns are written again by the next piece.
    builder.flush();
  }

  private fold(batch: Batch): void {
    const n = batch.length;
    const { slots, rows, rowCounts, marks, builder, flags: known } = this;
    if (this.touched.length < n) {
      this.touched = new Int32Array(n);
      this.firstRows = new Int32Array(n);
      this.lastRows = new Int32Array(n);
    }
    const { touched, firstRows, lastRows } = this;
    const { updateBefore, inputRetracts } = this.spec;
    const kinds = inputRetracts ? batch.kinds : null;
    const base = this.nextMark;
    let t = 0;
    let m = 0;
    for (let i = 0; i < n; i++) {
      const slot = slots[i];
      let k = marks[slot] - base;
      if (k < 0) {
        k = t++;
        touched[k] = slot;
        known[k] = inputRetracts ? (rowCounts[slot] === 0 ? 0 : 1) : marks[slot] === NEW ? 0 : 1;
        marks[slot] = base + k;
        firstRows[k] = m;
      }
      if (kinds !== null && (kinds[i] & 1) !== 0) {
        if (rowCounts[slot] === 0) continue;
        rowCounts[slot]--;
      } else if (inputRetracts) rowCounts[slot]++;
      lastRows[k] = m;
      rows[m++] = i;
    }
    this.nextMark = base + t;
    // Few rows a key: results are traced along, so that a key's state is touched once. Many: they are read before and after.
    const traced = t * 2 > m;
    const outs = this.results.prepare(traced ? 2 * m : 2 * t);
    if (traced) this.state.trace(batch.columns, n, kinds, rows, m, slots, outs);
    else {
      this.state.gather(touched, t, outs);
      this.state.update(batch.columns, n, kinds, rows, m, slots);
      this.state.gather(touched, t, outs, t);
    }
    builder.bind(1, outs, null);
    const dead: number[] = [];
    for (let k = 0; k < t; k++) {
      const slot = touched[k];
      const before = traced ? 2 * firstRows[k] : k;
      const after = traced ? 2 * lastRows[k] + 1 : t + k;
      if (inputRetracts && rowCounts[slot] === 0) {
        if (known[k] !== 0) builder.addPair(DELETE, slot, before);
        dead.push(slot);
      } else if (known[k] === 0) builder.addPair(INSERT, slot, after);
      else if (differs(outs, before, after)) {
        if (updateBefore) builder.addPair(UPDATE_BEFORE, slot, before);
        builder.addPair(UPDATE_AFTER, slot, after);
      }
    }
    builder.flush();
    this.forgetDead(dead);
  }

  override snapshot(writer: SnapshotWriter): void {
    const slots = this.table.liveSlots();
    writeKeys(writer, 'keys', this.table, slots);
    const columns = [new I64Column(this.rowCounts), new F64Column(this.lastWrites)];
    if (this.spec.inputRetracts) writeRows(writer, 'rows', [BIGINT()], columns.slice(0, 1), slots, slots.length);
    if (this.ttl > 0) writeRows(writer, 'writes', [DOUBLE()], columns.slice(1), slots, slots.length);
    this.state.save(writer, 'state', slots, slots.length);
  }

  override restore(readers: readonly SnapshotReader[]): void {
    for (const reader of readers) {
      const targets = readKeys(reader, 'keys', this.table, this.context);
      this.enterCreated();
      const counts = this.spec.inputRetracts
        ? (readRows(reader, 'rows', [BIGINT()]).columns[0] as I64Column).values
        : null;
      const writes = this.ttl > 0 ? (readRows(reader, 'writes', [DOUBLE()]).columns[0] as F64Column).values : null;
      for (let k = 0; k < targets.length; k++) {
        const slot = targets[k];
        if (slot < 0) continue;
        this.marks[slot] = 0;
        if (counts !== null) this.rowCounts[slot] = counts[k];
        if (writes !== null) this.lastWrites[slot] = writes[k];
      }
      this.state.load(reader, 'state', targets);
    }
    if (this.ttl > 0 && this.table.size > 0) {
      this.sweepAt = this.context.processingTime() + this.ttl;
      this.context.requestProcessingTime(this.sweepAt);
    }
  }

  override open(context: OperatorContext): void {
    super.open(context);
    this.state.ensure(this.table.capacity);
  }
}

function differs(columns: readonly Column[], a: number, b: number): boolean {
  for (let c = 0; c < columns.length; c++) if (!cellsEqual(columns[c], a, columns[c], b)) return true;
  return false;
}
