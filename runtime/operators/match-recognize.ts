import {
  compileKernel,
  compilePredicate,
  type EvalEnvironment,
  type Kernel,
  type Predicate,
} from '../expressions/index.js';
import type { RowPattern } from '../expressions/row-pattern.js';
import { Batch, DOUBLE, F64Column, type Column, type DataType, type TsColumn } from '../types/index.js';
import { gather, resetColumn } from '../state/gather.js';
import { subtaskOfHash } from '../state/hash.js';
import { KeyBatch } from '../state/key-table.js';
import { readRows, writeRows } from '../state/row-snapshot.js';
import { RowStore } from '../state/row-store.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { TimerQueue } from '../state/timers.js';
import { rowOrder, type OrderKey, type RowOrder } from '../state/value-order.js';
import { allRows } from './keyed-state.js';
import { MIN_WATERMARK, Operator } from './operator.js';
import { Partitions } from './partitions.js';
import { gatherTarget, PathValues } from './path-values.js';
import { PartitionMatcher, PathNode, PatternAutomaton, type Condition, type Partial } from './pattern-automaton.js';

export interface MatchSpec {
  readonly partitionKeys: readonly number[];
  /** The time attribute, then what breaks ties. */
  readonly sort: readonly OrderKey[];
  readonly rowtime: boolean;
  readonly pattern: RowPattern;
  readonly inputTypes: readonly (readonly DataType[])[];
  readonly outputTypes: readonly DataType[];
  readonly env: EvalEnvironment;
}

/** Matches that are gathered before their measures are computed, all at once. */
const MATCHES = 256;
/** What a row's place in a path and a partial match are taken to weigh. */
const NODE_BYTES = 120;

/**
 * MATCH_RECOGNIZE: finds sequences of rows in each partition, and sends one row for each.
 *
 * Algorithm: rows wait until the watermark has passed them (by processing time: until they have come, or until their millisecond is over when
 * further columns order them), then go through their partition's automaton in order. Conditions and measures are generated code over the row at
 * hand and over columns that are gathered from the path, a list of rows, each pointing to the one before it.
 *
 * State: rows, counted by the paths they lie on; paths and partial matches by partition; rows waiting for their time; with WITHIN, when partial
 * matches run out of time.
 *
 * Correctness: a row at or before the watermark is late and dropped. A partition is forgotten as soon as no row waits and no match is under way.
 * A match that another, begun before it, may still overtake is kept back; it is sent when that one has ended, and that is its time, as in Flink.
 * Without WITHIN a match may stay under way for ever, and its rows with it.
 */
export class MatchRecognize extends Operator {
  private readonly store: RowStore;
  private readonly partitions: Partitions;
  private readonly automaton: PatternAutomaton;
  private readonly matchers: PartitionMatcher[] = [];
  private readonly definitions: readonly ((row: number, path: () => PathNode) => boolean)[];
  private readonly plainDefinition: readonly boolean[];
  private readonly values: PathValues;
  private readonly keyRows = new Int32Array(MATCHES);
  private readonly keyColumns: readonly Column[];
  private readonly measures: Kernel;
  private readonly order: RowOrder | null;
  private readonly waiting = new Map<number, number[]>();
  private readonly waitingOf: number[] = [];
  private readonly deadlines = new Map<number, number[]>();
  private readonly times = new TimerQueue();
  private sequence = 0;
  private nodes = 0;
  private progress = MIN_WATERMARK;
  /** Time at which matches are found. */
  private now = 0;

  constructor(private readonly spec: MatchSpec) {
    super(1);
    const { pattern, env } = spec;
    const [types] = spec.inputTypes;
    this.store = new RowStore(types, { counters: 2, times: true });
    this.automaton = new PatternAutomaton(pattern.variables);
    // Of rows of one time, those that nothing else orders keep the order they came in.
    this.order = spec.sort.length > 1 ? rowOrder(spec.sort.slice(1), types) : null;
    this.plainDefinition = pattern.variables.map((v) => v.definition === null || v.definition.readers.length === 0);
    this.definitions = pattern.variables.map(({ definition }) => {
      if (definition === null) return () => true;
      const { store } = this;
      const values = new PathValues(definition.readers, types, 1, env);
      const test: Predicate = compilePredicate(types, values.types, definition.condition, env);
      return (row, path) => {
        if (definition.readers.length > 0) values.add(path(), this.now);
        return test(store.columns, row, values.columns(store.columns), 0);
      };
    });
    this.values = new PathValues(pattern.readers, types, MATCHES, env);
    const keyTypes = spec.partitionKeys.map((k) => types[k]);
    this.keyColumns = keyTypes.map((t) => gatherTarget(t, MATCHES));
    this.measures = compileKernel(
      {
        inputTypes: [...this.values.types, ...keyTypes],
        condition: null,
        projections: [
          ...keyTypes.map((type, k) => ({ kind: 'input', index: pattern.readers.length + k, type }) as const),
          ...pattern.measures.map((m) => m.expr),
        ],
      },
      env,
    );
    this.partitions = new Partitions(
      types,
      spec.partitionKeys,
      0,
      (slot) => {
        this.matchers[slot] = new PartitionMatcher(this.automaton, pattern, this);
        this.waitingOf[slot] = 0;
      },
      () => false,
    );
  }

  override processBatch(batch: Batch): void {
    const { rowtime, sort } = this.spec;
    const slots = this.partitions.resolve(batch, this.context);
    const now = this.context.processingTime();
    const millis = rowtime ? (batch.columns[sort[0].column] as TsColumn).millis : null;
    const immediate = !rowtime && this.order === null;
    const touched = new Set<number>();
    for (let i = 0; i < batch.length; i++) {
      const time = millis === null ? now : millis[i];
      touched.add(slots[i]);
      if (rowtime && time <= this.progress) {
        this.context.metrics.lateRows++;
        continue;
      }
      const id = this.keep(batch.columns, i, slots[i], time);
      if (!immediate) this.wait(id, slots[i], time);
      else {
        this.expire(slots[i], now);
        this.offer(id, slots[i], now);
      }
    }
    if (!rowtime) this.schedule();
    this.settle(touched);
  }

  private keep(columns: readonly Column[], i: number, slot: number, time: number): number {
    const id = this.store.add(columns, i);
    (this.store.times as Float64Array)[id] = time;
    this.store.counters[1][id] = slot;
    return id;
  }

  private wait(id: number, slot: number, time: number): void {
    this.waitingOf[slot]++;
    const rows = this.waiting.get(time);
    if (rows !== undefined) {
      rows.push(id);
      return;
    }
    this.waiting.set(time, [id]);
    this.times.add(time, 0);
  }

  private setDeadline(slot: number, time: number): void {
    const others = this.deadlines.get(time);
    if (others !== undefined) {
      if (others[others.length - 1] !== slot) others.push(slot);
      return;
    }
    this.deadlines.set(time, [slot]);
    this.times.add(time, 1);
  }

  override processWatermark(time: number): void {
    if (this.spec.rowtime) {
      this.progress = time;
      this.fire(time, time);
    }
    this.output.watermark(time);
  }

  override onProcessingTime(now: number): void {
    if (this.spec.rowtime) return;
    this.fire(now - 1, now);
    this.schedule();
  }

  override finish(): void {
    if (!this.spec.rowtime && this.order !== null) this.fire(Infinity, this.context.processingTime());
  }

  private schedule(): void {
    if (this.times.size > 0) this.context.requestProcessingTime(this.times.next + 1);
  }

  /** Takes in the rows up to a time, partition by partition, and lets matches run out of time at `now`. */
  private fire(upTo: number, now: number): void {
    const due = new Map<number, number[]>();
    while (this.times.next <= upTo) {
      const time = this.times.next;
      const rows = this.times.pop() === 0 ? this.waiting.get(time) : undefined;
      if (rows !== undefined) {
        this.waiting.delete(time);
        for (const id of this.inOrder(rows)) {
          const slot = this.store.counters[1][id];
          const others = due.get(slot);
          if (others === undefined) due.set(slot, [id]);
          else others.push(id);
        }
        continue;
      }
      for (const slot of this.deadlines.get(time) ?? []) if (!due.has(slot)) due.set(slot, []);
      this.deadlines.delete(time);
    }
    const { times } = this.store;
    for (const [slot, rows] of due) {
      // A partition that was forgotten had nothing left to run out of time.
      if (this.matchers[slot] === undefined) continue;
      this.waitingOf[slot] -= rows.length;
      for (const id of rows) {
        const time = (times as Float64Array)[id];
        this.expire(slot, time);
        this.offer(id, slot, time);
      }
      this.expire(slot, now);
    }
    this.settle(due.keys());
  }

  private inOrder(rows: number[]): readonly number[] {
    const { order, store } = this;
    return order === null ? rows : rows.sort((a, b) => order(store.columns, a, store.columns, b));
  }

  private expire(slot: number, time: number): void {
    this.now = time;
    this.matchers[slot].advance(time);
  }

  private offer(row: number, slot: number, time: number): void {
    this.now = time;
    const sequence = this.sequence++;
    const { counters } = this.store;
    counters[0][row]++;
    const plain: (boolean | undefined)[] = [];
    const accepts: Condition = (variable, path) => {
      const known = plain[variable];
      if (known !== undefined) return known;
      const answer = this.definitions[variable](row, () => new PathNode(variable, row, sequence, path));
      if (this.plainDefinition[variable]) plain[variable] = answer;
      return answer;
    };
    const begun = this.matchers[slot].row(row, sequence, time, accepts);
    const { within } = this.spec.pattern;
    if (begun && within > 0) this.setDeadline(slot, time + within);
    this.dropRow(row);
  }

  /** For the matchers: a path is pointed to once more. */
  retain(path: PathNode): void {
    for (let node: PathNode | null = path; node !== null && node.refs++ === 0; node = node.previous) {
      this.nodes++;
      this.store.counters[0][node.row]++;
    }
  }

  release(path: PathNode): void {
    let node: PathNode | null = path;
    while (node !== null && --node.refs === 0) {
      this.nodes--;
      this.dropRow(node.row);
      node = node.previous;
    }
  }

  private dropRow(row: number): void {
    if (--this.store.counters[0][row] === 0) this.store.release(row);
  }

  match(path: PathNode): void {
    if (this.values.full) this.send();
    this.keyRows[this.values.count] = path.row;
    this.values.add(path, this.now);
  }

  private send(): void {
    const n = this.values.count;
    if (n === 0) return;
    const { store } = this;
    this.spec.partitionKeys.forEach((k, i) => {
      resetColumn(this.keyColumns[i]);
      gather(store.columns[k], this.keyRows, n, this.keyColumns[i]);
    });
    this.output.batch(this.measures.run(new Batch(n, [...this.values.columns(store.columns), ...this.keyColumns])));
  }

  /** After rows were taken in: sends matches, forgets rows and partitions. */
  private settle(slots: Iterable<number>): void {
    this.send();
    this.store.reclaim();
    const { table } = this.partitions;
    for (const slot of slots) {
      if (this.matchers[slot] === undefined || this.waitingOf[slot] > 0 || !this.matchers[slot].idle) continue;
      table.remove(slot);
      delete this.matchers[slot];
    }
    const { metrics } = this.context;
    metrics.stateKeys = table.size;
    metrics.stateBytes = this.store.bytes + this.partitions.bytes() + this.nodes * NODE_BYTES + this.times.bytes();
  }

  override snapshot(writer: SnapshotWriter): void {
    const { store } = this;
    const numbers = new Map<PathNode, number>();
    const nodes: PathNode[] = [];
    const numberOf = (path: PathNode | null): number => {
      const fresh: PathNode[] = [];
      for (let node = path; node !== null && !numbers.has(node); node = node.previous) fresh.push(node);
      for (const node of fresh.reverse()) {
        numbers.set(node, nodes.length);
        nodes.push(node);
      }
      return path === null ? -1 : (numbers.get(path) as number);
    };
    const slots = this.partitions.table.liveSlots();
    this.partitions.saveKeys(writer, 'keys', () => true);
    const partials: number[] = [];
    slots.forEach((slot, key) => {
      const { partial, complete } = this.matchers[slot];
      for (const [list, items] of [partial.items, complete.items].entries())
        for (const p of items) partials.push(key, list, p.state, numberOf(p.path), p.startTime);
    });
    const waiting = [...this.waiting.values()].flat();
    const ids = [...new Set([...nodes.map((n) => n.row), ...waiting])];
    const place = new Map(ids.map((id, i) => [id, i]));
    writeRows(writer, 'rows', store.types, store.columns, Int32Array.from(ids), ids.length);
    const times = new F64Column(store.times as Float64Array);
    writeRows(writer, 'times', [DOUBLE()], [times], Int32Array.from(ids), ids.length);
    const previous = nodes.map((n) => (n.previous === null ? -1 : (numbers.get(n.previous) as number)));
    writer.array(
      'nodes',
      Int32Array.from(nodes.flatMap((n, i) => [n.variable, place.get(n.row) as number, previous[i]])),
    );
    writer.array(
      'sequences',
      Float64Array.from(nodes, (n) => n.sequence),
    );
    writer.array('partials', Float64Array.from(partials));
    writer.array(
      'waiting',
      Int32Array.from(waiting, (id) => place.get(id) as number),
    );
    writer.json('match', { progress: this.progress, sequence: this.sequence });
  }

  override restore(readers: readonly SnapshotReader[]): void {
    const { subtask, parallelism } = this.context;
    let progress = Infinity;
    for (const reader of readers) {
      const targets = this.partitions.loadKeys(reader, 'keys', this.context, () => {});
      const saved = reader.json<{ progress: number; sequence: number }>('match');
      const rows = readRows(reader, 'rows', this.store.types);
      const times = (readRows(reader, 'times', [DOUBLE()]).columns[0] as F64Column).values;
      const ids = new Map<number, number>();
      const idOf = (row: number, slot: number): number => {
        let id = ids.get(row);
        if (id === undefined) ids.set(row, (id = this.keep(rows.columns, row, slot, times[row])));
        return id;
      };
      this.restorePaths(reader, targets, idOf);
      const batch = new KeyBatch();
      batch.prepare(rows.columns, this.spec.partitionKeys, rows.length);
      const slots = new Int32Array(rows.length);
      this.partitions.table.find(batch, allRows(rows.length), rows.length, slots);
      for (const row of reader.array<Int32Array>('waiting')) {
        if (parallelism > 1 && subtaskOfHash(batch.hashes[row], parallelism) !== subtask) continue;
        this.wait(idOf(row, slots[row]), slots[row], times[row]);
      }
      this.sequence = Math.max(this.sequence, saved.sequence);
      progress = Math.min(progress, saved.progress);
    }
    if (readers.length > 0) this.progress = progress;
    if (!this.spec.rowtime) this.schedule();
  }

  private restorePaths(reader: SnapshotReader, targets: Int32Array, idOf: (row: number, slot: number) => number): void {
    const saved = reader.array<Int32Array>('nodes');
    const sequences = reader.array<Float64Array>('sequences');
    const partials = reader.array<Float64Array>('partials');
    const nodes: (PathNode | undefined)[] = [];
    const nodeOf = (number: number, slot: number): PathNode => {
      const missing: number[] = [];
      for (let k = number; k >= 0 && nodes[k] === undefined; k = saved[3 * k + 2]) missing.push(k);
      for (const k of missing.reverse()) {
        const before = saved[3 * k + 2];
        const row = idOf(saved[3 * k + 1], slot);
        nodes[k] = new PathNode(saved[3 * k], row, sequences[k], before < 0 ? null : (nodes[before] as PathNode));
      }
      return nodes[number] as PathNode;
    };
    const { within } = this.spec.pattern;
    for (const slot of targets) {
      if (slot < 0) continue;
      this.matchers[slot].partial.items = [];
      this.matchers[slot].complete.items = [];
    }
    for (let k = 0; k < partials.length; k += 5) {
      const slot = targets[partials[k]];
      if (slot < 0) continue;
      const path = partials[k + 3] < 0 ? null : nodeOf(partials[k + 3], slot);
      const startTime = partials[k + 4];
      const item: Partial = { state: partials[k + 2], path, start: path?.start.sequence ?? Infinity, startTime };
      const matcher = this.matchers[slot];
      (partials[k + 1] === 0 ? matcher.partial : matcher.complete).items.push(item);
      if (path === null) continue;
      this.retain(path);
      if (within > 0) this.setDeadline(slot, startTime + within);
    }
  }
}
