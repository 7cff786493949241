import {
  BIGINT,
  DOUBLE,
  F64Column,
  I64Column,
  INSERT,
  type Batch,
  type Column,
  type DataType,
} from '../types/index.js';
import { KeyBatch, KeyTable } from '../state/key-table.js';
import { readRows, writeRows } from '../state/row-snapshot.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { TimerQueue } from '../state/timers.js';
import { subtaskOfHash } from '../state/hash.js';
import { AggregatePlan, AggregateState } from './aggregate-state.js';
import { allRows } from './keyed-state.js';
import { MIN_WATERMARK, Operator } from './operator.js';
import { OutputBuilder } from './output-builder.js';
import { ResultBuffer } from './result-buffer.js';
import type { WindowAggregateSpec } from './window-aggregate.js';
import { WindowClock, localTimes, type Windowing } from './windowing.js';

/**
 * Aggregation over session windows: a key's rows with less than a gap between them.
 *
 * Algorithm: each row is a window [t, t + gap]; it joins every live session of its key that it meets, bounds included, so that a gap
 * exactly as long still merges. Rows are given to sessions one by one, but accumulated by column: what is pending is applied before two
 * sessions merge, and at the end of the batch.
 *
 * State: keys to slots; per session a slot with bounds (local time), accumulators, and the next session of the key; one timer a session, at the end it
 * had when the timer was set.
 *
 * Correctness: sessions of a key never meet each other. A row is late when its session, merged with those it meets, is over: it is
 * dropped; a row that comes late but whose own session is not over opens one. Rows that take back meet sessions like all others.
 * With retractions, a hidden row count tells whether a session still has rows.
 */
export class SessionWindowAggregate extends Operator {
  private readonly keyTypes: DataType[];
  private readonly windowing: Extract<Windowing, { kind: 'time' }>;
  private readonly gap: number;
  private readonly clock: WindowClock;
  private readonly table: KeyTable;
  private readonly keyBatch = new KeyBatch();
  private readonly state: AggregateState;
  private readonly timers = new TimerQueue();
  private readonly results: ResultBuffer;
  private readonly builder: OutputBuilder;
  private progress = MIN_WATERMARK;
  /** First session of a key, plus one. */
  private heads: Int32Array = new Int32Array(16);
  /** By session: bounds, next of the key (plus one), key, whether in use. */
  private starts: Float64Array = new Float64Array(16);
  private ends: Float64Array = new Float64Array(16);
  private nexts: Int32Array = new Int32Array(16);
  private owners: Int32Array = new Int32Array(16).fill(-1);
  private mergeTargets: Int32Array = new Int32Array(16);
  private used = 0;
  private readonly free: number[] = [];
  /** Sessions whose timer is still in the queue although they are gone: not to be given out before it came. */
  private timed: Uint8Array = new Uint8Array(16);
  private keySlots: Int32Array = new Int32Array(0);
  private sessions: Int32Array = new Int32Array(0);
  private times: Float64Array = new Float64Array(0);
  private pending: Int32Array = new Int32Array(0);

  constructor(private readonly spec: WindowAggregateSpec) {
    super(1);
    const { windowing } = spec;
    if (windowing.kind !== 'time' || windowing.spec.kind !== 'session') throw new Error('not a session window');
    this.windowing = windowing;
    this.gap = windowing.spec.gap;
    const inputTypes = spec.inputTypes[0];
    this.keyTypes = spec.keys.map((k) => inputTypes[k]);
    this.clock = new WindowClock(windowing, inputTypes, spec.env.timeZone);
    this.table = new KeyTable(this.keyTypes);
    const calls = spec.inputRetracts
      ? [
          ...spec.aggregates,
          { fn: 'COUNT', args: [], argTypes: [], distinct: false, filter: null, type: BIGINT(false), name: '$rows' },
        ]
      : spec.aggregates;
    this.state = new AggregateState(new AggregatePlan(calls, spec.inputRetracts));
    this.results = new ResultBuffer(calls.map((a) => a.type));
    this.builder = new OutputBuilder(
      [this.keyTypes, spec.aggregates.map((a) => a.type)],
      spec.outputTypes.slice(spec.keys.length + spec.aggregates.length),
      () => this.output,
    );
  }

  override processBatch(batch: Batch): void {
    const n = batch.length;
    if (this.sessions.length < n) {
      this.keySlots = new Int32Array(n);
      this.sessions = new Int32Array(n);
      this.times = new Float64Array(n);
      this.pending = new Int32Array(n);
    }
    this.keyBatch.prepare(batch.columns, this.spec.keys, n);
    this.table.upsert(this.keyBatch, allRows(n), n, this.keySlots);
    this.enterKeys();
    localTimes(batch, this.windowing, this.clock, this.context.processingTime(), this.times);
    let pending = 0;
    const apply = (): void => {
      if (pending > 0) this.apply(batch, pending);
      pending = 0;
    };
    for (let i = 0; i < n; i++) {
      const session = this.place(this.keySlots[i], this.times[i], apply);
      if (session < 0) {
        this.context.metrics.lateRows++;
        continue;
      }
      this.sessions[i] = session;
      this.pending[pending++] = i;
    }
    apply();
    for (let i = 0; i < n; i++) this.dropKeyWithoutSessions(this.keySlots[i]);
    this.request();
    const { metrics } = this.context;
    metrics.stateKeys = this.table.size;
    metrics.stateBytes = this.table.bytes() + this.state.bytes() + this.timers.bytes() + this.starts.byteLength * 4;
  }

  private apply(batch: Batch, n: number): void {
    const kinds = this.spec.inputRetracts ? batch.kinds : null;
    this.state.update(batch.columns, batch.length, kinds, this.pending, n, this.sessions);
  }

  private enterKeys(): void {
    const { table } = this;
    if (this.heads.length < table.capacity) {
      const heads = new Int32Array(table.capacity);
      heads.set(this.heads);
      this.heads = heads;
    }
    for (let k = 0; k < table.createdCount; k++) this.heads[table.created[k]] = 0;
  }

  /** Late rows of unknown keys, and sessions that fired, leave keys with nothing behind them. */
  private dropKeyWithoutSessions(key: number): void {
    if (this.heads[key] !== 0) return;
    // Marked, since several rows of a batch may share the key.
    this.heads[key] = GONE;
    this.table.remove(key);
  }

  /** The session for a row at `time`, merged with those it meets; -1 for a late row. `apply` brings accumulators up to date. */
  private place(key: number, time: number, apply: () => void): number {
    let start = time;
    let end = time + this.gap;
    let into = -1;
    let previous = -1;
    let at = this.heads[key] - 1;
    while (at >= 0 && this.starts[at] <= end) {
      const next = this.nexts[at] - 1;
      if (this.ends[at] >= start) {
        start = Math.min(start, this.starts[at]);
        end = Math.max(end, this.ends[at]);
        if (into < 0) into = at;
        else {
          apply();
          this.mergeTargets[at] = into;
          this.state.merge(this.mergeTargets, this.state, Int32Array.of(at), 1);
          this.nexts[into] = this.nexts[at];
          this.release(at);
          at = next;
          continue;
        }
      }
      if (into < 0) previous = at;
      at = next;
    }
    if (into < 0) {
      if (this.windowing.rowtime && this.clock.lastInstant(end) <= this.progress) return -1;
      into = this.allocate();
      this.owners[into] = key;
      if (previous < 0) {
        this.nexts[into] = this.heads[key];
        this.heads[key] = into + 1;
      } else {
        this.nexts[into] = this.nexts[previous];
        this.nexts[previous] = into + 1;
      }
    }
    this.starts[into] = start;
    this.ends[into] = end;
    if (this.timed[into] === 0) {
      this.timed[into] = 1;
      this.timers.add(this.clock.lastInstant(end), into);
    }
    return into;
  }

  private allocate(): number {
    const reused = this.free.pop();
    const session = reused ?? this.used++;
    if (session === this.starts.length) this.grow(session * 2);
    this.state.reset(session);
    return session;
  }

  private grow(capacity: number): void {
    const longer = <T extends Float64Array | Int32Array | Uint8Array>(old: T, larger: T): T => {
      larger.set(old);
      return larger;
    };
    this.starts = longer(this.starts, new Float64Array(capacity));
    this.ends = longer(this.ends, new Float64Array(capacity));
    this.nexts = longer(this.nexts, new Int32Array(capacity));
    this.owners = longer(this.owners, new Int32Array(capacity).fill(-1));
    this.mergeTargets = new Int32Array(capacity);
    this.timed = longer(this.timed, new Uint8Array(capacity));
    this.state.ensure(capacity);
  }

  /** The session is gone; its slot is free once its timer has come out. */
  private release(session: number): void {
    this.owners[session] = -1;
    this.state.reset(session);
    if (this.timed[session] === 0) this.free.push(session);
  }

  override processWatermark(time: number): void {
    if (this.windowing.rowtime) {
      this.progress = time;
      this.fireUpTo(time);
    }
    this.output.watermark(time);
  }

  override onProcessingTime(now: number): void {
    this.fireUpTo(now - 1);
    this.request();
  }

  private request(): void {
    if (!this.windowing.rowtime && this.timers.size > 0) this.context.requestProcessingTime(this.timers.next + 1);
  }

  private fireUpTo(instant: number): void {
    const fired: number[] = [];
    while (this.timers.next <= instant) {
      const session = this.timers.pop();
      this.timed[session] = 0;
      if (this.owners[session] < 0) {
        this.free.push(session);
        continue;
      }
      const due = this.clock.lastInstant(this.ends[session]);
      if (due <= instant) fired.push(session);
      else {
        this.timed[session] = 1;
        this.timers.add(due, session);
      }
    }
    if (fired.length > 0) this.emit(fired);
  }

  private emit(fired: number[]): void {
    const { builder, spec } = this;
    // A session that had grown since its timer was set may come out behind others that end later.
    fired.sort((a, b) => this.ends[a] - this.ends[b]);
    const n = fired.length;
    const outs = this.results.prepare(n);
    this.state.gather(Int32Array.from(fired), n, outs);
    const counts = spec.inputRetracts ? (outs[spec.aggregates.length] as I64Column).values : null;
    builder.bind(0, this.keyColumns(), null);
    builder.bind(1, outs, null);
    for (let k = 0; k < n; k++) {
      const session = fired[k];
      if (counts !== null && counts[k] <= 0) continue;
      builder.addPair(INSERT, this.owners[session], k);
      spec.properties.forEach((property, p) => {
        const end = this.ends[session];
        if (property === 'start') builder.compute(p, this.starts[session]);
        else if (property === 'end') builder.compute(p, end);
        else builder.compute(p, this.windowing.rowtime ? this.clock.windowTime(end) : this.context.processingTime());
      });
    }
    builder.flush();
    for (const session of fired) {
      const key = this.owners[session];
      this.unlink(key, session);
      this.release(session);
      this.dropKeyWithoutSessions(key);
    }
  }

  private unlink(key: number, session: number): void {
    if (this.heads[key] === session + 1) {
      this.heads[key] = this.nexts[session];
      return;
    }
    let at = this.heads[key] - 1;
    while (this.nexts[at] !== session + 1) at = this.nexts[at] - 1;
    this.nexts[at] = this.nexts[session];
  }

  private keyColumns(): Column[] {
    return this.table.columns.map((c) => c.column);
  }

  override snapshot(writer: SnapshotWriter): void {
    const live: number[] = [];
    for (let s = 0; s < this.used; s++) if (this.owners[s] >= 0) live.push(s);
    const sessions = Int32Array.from(live);
    const n = sessions.length;
    const owners = sessions.map((s) => this.owners[s]);
    writeRows(writer, 'keys', this.keyTypes, this.keyColumns(), owners, n);
    const bounds = [new F64Column(this.starts), new F64Column(this.ends)];
    writeRows(writer, 'bounds', [DOUBLE(), DOUBLE()], bounds, sessions, n);
    this.state.save(writer, 'state', sessions, n);
    writer.json('progress', this.progress);
  }

  override restore(readers: readonly SnapshotReader[]): void {
    let progress = Infinity;
    for (const reader of readers) {
      const keys = readRows(reader, 'keys', this.keyTypes);
      const [starts, ends] = readRows(reader, 'bounds', [DOUBLE(), DOUBLE()]).columns as F64Column[];
      const n = keys.length;
      this.keyBatch.prepare(
        keys.columns,
        this.keyTypes.map((_, c) => c),
        n,
      );
      const { subtask, parallelism } = this.context;
      const mine = allRows(n)
        .slice(0, n)
        .filter((i) => parallelism === 1 || subtaskOfHash(this.keyBatch.hashes[i], parallelism) === subtask);
      const slots = new Int32Array(n);
      this.table.upsert(this.keyBatch, mine, mine.length, slots);
      this.enterKeys();
      const targets = new Int32Array(n).fill(-1);
      for (const i of mine) targets[i] = this.reopen(slots[i], starts.values[i], ends.values[i]);
      this.state.load(reader, 'state', targets);
      progress = Math.min(progress, reader.json<number>('progress'));
    }
    // Only now: nothing that was saved is late.
    if (readers.length > 0) this.progress = progress;
    this.request();
  }

  private reopen(key: number, start: number, end: number): number {
    const session = this.place(key, start, () => {});
    // The bounds are those saved, not those of a row at its start.
    this.ends[session] = end;
    return session;
  }
}

/** In place of the first session of a key that was removed. */
const GONE = -1;
