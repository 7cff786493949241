import { I32Column, INT, type Batch } from '../types/index.js';
import { KeyBatch, KeyTable } from '../state/key-table.js';
import { subtaskOfHash } from '../state/hash.js';
import { readRows, writeRows } from '../state/row-snapshot.js';
import { RowStore } from '../state/row-store.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { allRows } from './keyed-state.js';
import { MIN_WATERMARK, Operator } from './operator.js';
import { OutputBuilder } from './output-builder.js';
import { WindowClock, localTimes, type Windowing } from './windowing.js';
import type { WindowTvfSpec } from './window-tvf.js';

interface Session {
  start: number;
  end: number;
  /** Stored rows in order of arrival. */
  rows: number[];
}

/**
 * SESSION as a table function: rows with the bounds of their session, sent when the session is over.
 *
 * State: per partition its live sessions in order, each with its rows; the rows and their kinds.
 * Maintains the invariant that sessions of a partition do not meet; one is over when the watermark (or clock) reaches its end. A row whose
 * session, merged with those it meets, is over is late and dropped.
 */
export class SessionWindowTvf extends Operator {
  private readonly windowing: Extract<Windowing, { kind: 'time' }>;
  private readonly gap: number;
  private readonly keys: readonly number[];
  private readonly clock: WindowClock;
  private readonly table: KeyTable;
  private readonly keyBatch = new KeyBatch();
  private readonly store: RowStore;
  private readonly builder: OutputBuilder;
  private readonly sessions: Session[][] = [];
  private progress = MIN_WATERMARK;
  private slots: Int32Array = new Int32Array(0);
  private times: Float64Array = new Float64Array(0);
  /** No session ends before. */
  private nextEnd = Infinity;

  constructor(spec: WindowTvfSpec) {
    super(1);
    const { windowing } = spec;
    if (windowing.kind !== 'time' || windowing.spec.kind !== 'session') throw new Error('not a session window');
    this.windowing = windowing;
    this.gap = windowing.spec.gap;
    this.keys = windowing.spec.partitionKeys;
    const types = spec.inputTypes[0];
    this.clock = new WindowClock(windowing, types, spec.env.timeZone);
    this.table = new KeyTable(this.keys.map((k) => types[k]));
    this.store = new RowStore(types, { counters: 1 });
    this.builder = new OutputBuilder([types], spec.outputTypes.slice(types.length), () => this.output);
  }

  override processBatch(batch: Batch): void {
    const n = batch.length;
    if (this.slots.length < n) {
      this.slots = new Int32Array(n);
      this.times = new Float64Array(n);
    }
    this.keyBatch.prepare(batch.columns, this.keys, n);
    this.table.upsert(this.keyBatch, allRows(n), n, this.slots);
    this.enterKeys();
    localTimes(batch, this.windowing, this.clock, this.context.processingTime(), this.times);
    for (let i = 0; i < n; i++) {
      const session = this.place(this.slots[i], this.times[i]);
      if (session === null) {
        this.context.metrics.lateRows++;
        continue;
      }
      const id = this.store.add(batch.columns, i);
      this.store.counters[0][id] = batch.kinds === null ? 0 : batch.kinds[i];
      session.rows.push(id);
    }
    for (let i = 0; i < n; i++) this.dropIfEmpty(this.slots[i]);
    this.request();
    this.context.metrics.stateKeys = this.table.size;
    this.context.metrics.stateBytes = this.table.bytes() + this.store.bytes;
  }

  private enterKeys(): void {
    for (let k = 0; k < this.table.createdCount; k++) this.sessions[this.table.created[k]] = [];
  }

  private dropIfEmpty(slot: number): void {
    if (this.sessions[slot] === GONE || this.sessions[slot].length > 0) return;
    this.sessions[slot] = GONE;
    this.table.remove(slot);
  }

  private place(slot: number, time: number): Session | null {
    const sessions = this.sessions[slot];
    let start = time;
    let end = time + this.gap;
    let from = 0;
    while (from < sessions.length && sessions[from].end < start) from++;
    let to = from;
    while (to < sessions.length && sessions[to].start <= end) {
      start = Math.min(start, sessions[to].start);
      end = Math.max(end, sessions[to].end);
      to++;
    }
    if (from === to && this.windowing.rowtime && this.clock.lastInstant(end) <= this.progress) return null;
    this.nextEnd = Math.min(this.nextEnd, end);
    if (from === to) {
      const opened: Session = { start, end, rows: [] };
      sessions.splice(from, 0, opened);
      return opened;
    }
    // The first takes the others in: a row that merely prolongs its session costs no copy of the rows before it.
    const merged = sessions[from];
    merged.start = start;
    merged.end = end;
    for (let s = from + 1; s < to; s++) for (const id of sessions[s].rows) merged.rows.push(id);
    if (to - from > 1) sessions.splice(from + 1, to - from - 1);
    return merged;
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
    if (!this.windowing.rowtime && this.nextEnd !== Infinity)
      this.context.requestProcessingTime(this.clock.lastInstant(this.nextEnd) + 1);
  }

  private fireUpTo(instant: number): void {
    if (this.nextEnd === Infinity || this.clock.lastInstant(this.nextEnd) > instant) return;
    const fired: Session[] = [];
    this.nextEnd = Infinity;
    for (const slot of this.table.liveSlots()) {
      const sessions = this.sessions[slot];
      let over = 0;
      while (over < sessions.length && this.clock.lastInstant(sessions[over].end) <= instant) over++;
      for (const session of sessions.splice(0, over)) fired.push(session);
      if (sessions.length > 0) this.nextEnd = Math.min(this.nextEnd, sessions[0].end);
      this.dropIfEmpty(slot);
    }
    fired.sort((a, b) => a.end - b.end);
    this.builder.bind(0, this.store.columns, null);
    for (const session of fired) {
      const time = this.windowing.rowtime ? this.clock.windowTime(session.end) : this.context.processingTime();
      for (const id of session.rows) {
        this.builder.add(this.store.counters[0][id], id);
        this.builder.compute(0, session.start);
        this.builder.compute(1, session.end);
        this.builder.compute(2, time);
        this.store.release(id);
      }
    }
    this.builder.flush();
    this.store.reclaim();
  }

  override snapshot(writer: SnapshotWriter): void {
    const ids: number[] = [];
    const bounds: [number, number, number][] = [];
    for (const slot of this.table.liveSlots())
      for (const session of this.sessions[slot]) {
        bounds.push([session.start, session.end, session.rows.length]);
        for (const id of session.rows) ids.push(id);
      }
    const rows = Int32Array.from(ids);
    writeRows(writer, 'rows', this.store.types, this.store.columns, rows, rows.length);
    writeRows(writer, 'kinds', [INT()], [new I32Column(this.store.counters[0])], rows, rows.length);
    writer.json('sessions', { bounds, progress: this.progress });
  }

  override restore(readers: readonly SnapshotReader[]): void {
    let progress = Infinity;
    for (const reader of readers) {
      const rows = readRows(reader, 'rows', this.store.types);
      const kinds = (readRows(reader, 'kinds', [INT()]).columns[0] as I32Column).values;
      const saved = reader.json<{ bounds: [number, number, number][]; progress: number }>('sessions');
      progress = Math.min(progress, saved.progress);
      const n = rows.length;
      this.keyBatch.prepare(rows.columns, this.keys, n);
      const slots = new Int32Array(n);
      let first = 0;
      for (const [start, end, count] of saved.bounds) {
        const { subtask, parallelism } = this.context;
        if (parallelism === 1 || subtaskOfHash(this.keyBatch.hashes[first], parallelism) === subtask) {
          this.table.upsert(this.keyBatch, Int32Array.of(first), 1, slots);
          this.enterKeys();
          const session: Session = { start, end, rows: [] };
          for (let i = first; i < first + count; i++) {
            const id = this.store.add(rows.columns, i);
            this.store.counters[0][id] = kinds[i];
            session.rows.push(id);
          }
          this.sessions[slots[first]].push(session);
          this.nextEnd = Math.min(this.nextEnd, end);
        }
        first += count;
      }
    }
    if (readers.length > 0) this.progress = progress;
    this.request();
  }
}

/** In place of the sessions of a key that was removed. */
const GONE: Session[] = [];
