import type { Column, DataType, I32Column } from '../types/index.js';
import { CountedValues } from '../state/counted-values.js';
import type { SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import type { AggregateCall } from '../expressions/bound.js';
import { allRows } from './keyed-state.js';
import { createAccumulator, loopsFor, type Accumulator, type Loops } from './accumulators/index.js';

/** DISTINCT calls over the same arguments share the values seen; each counts them under its own filter. */
interface DistinctGroup {
  readonly args: readonly number[];
  readonly types: readonly DataType[];
  readonly calls: number[];
}

/** What the aggregate calls of an operator have in common over all their states: plain data, made once. */
export class AggregatePlan {
  readonly distinct: DistinctGroup[] = [];
  /** Per call: index in `distinct`, or -1. */
  readonly distinctOf: number[] = [];

  readonly calls: readonly AggregateCall[];

  /** @param over the calls are those of an OVER window. */
  constructor(
    calls: readonly AggregateCall[],
    readonly retracts: boolean,
    over = false,
  ) {
    // Flink computes AVG as SUM / COUNT, with the overflow of SUM, in OVER windows and beside variances; otherwise it sums in a wider type.
    const divided = over || calls.some((call) => call.fn.startsWith('VAR_') || call.fn.startsWith('STDDEV_'));
    this.calls = calls.map((call) =>
      divided && call.fn === 'AVG' ? { ...call, options: { ...call.options, sumOverCount: true } } : call,
    );
    this.calls.forEach((call, c) => {
      // The extremes of a set are those of the multiset.
      const matters = call.distinct && call.args.length > 0 && call.fn !== 'MIN' && call.fn !== 'MAX';
      if (!matters) {
        this.distinctOf.push(-1);
        return;
      }
      const { args } = call;
      let g = this.distinct.findIndex((d) => d.args.join() === args.join());
      if (g < 0)
        g = this.distinct.push({ args, types: args.map((a) => call.argTypes[call.args.indexOf(a)]), calls: [] }) - 1;
      this.distinct[g].calls.push(c);
      this.distinctOf.push(g);
    });
  }
}

/** The planner knows that what the call sees only grows (MAX) or falls (MIN): the old row of an update need not be taken out. */
function monotonic(call: AggregateCall): boolean {
  return call.options?.['monotonic'] === true && call.filter === null;
}

function addingPass(kinds: Uint8Array | null, rows: Int32Array, n: number, length: number): Uint8Array | null {
  if (kinds === null) return null;
  const pass = new Uint8Array(length);
  for (let j = 0; j < n; j++) pass[rows[j]] = (kinds[rows[j]] & 1) ^ 1;
  return pass;
}

/**
 * The accumulators of all aggregate calls of an operator, over one set of slots, updated by whole batches.
 *
 * FILTER and DISTINCT are decided here, before an accumulator's loop: they only say which rows a call sees. State of DISTINCT: how often
 * each value occurs under each slot, per call; a row passes when it brings the first occurrence or takes the last.
 */
export class AggregateState {
  readonly accumulators: Accumulator[];
  private readonly loops: Loops[];
  private readonly distinct: CountedValues[];
  private capacity = 16;
  private passes: (Uint8Array | null)[];

  constructor(readonly plan: AggregatePlan) {
    this.accumulators = plan.calls.map((call) => createAccumulator(call, plan.retracts && !monotonic(call)));
    this.loops = this.accumulators.map((a) => loopsFor(a.shape));
    this.distinct = plan.distinct.map((d) => new CountedValues(d.types, d.calls.length));
    this.passes = plan.calls.map(() => null);
  }

  ensure(capacity: number): void {
    if (capacity <= this.capacity) return;
    this.capacity = capacity;
    for (const a of this.accumulators) a.ensure(capacity);
    for (const d of this.distinct) d.ensure(capacity);
  }

  reset(slot: number): void {
    for (const a of this.accumulators) a.reset(slot);
    for (const d of this.distinct) d.removeSlot(slot);
  }

  /** Applies rows[0..n) of a batch to their slots (by row). */
  update(
    columns: readonly Column[],
    length: number,
    kinds: Uint8Array | null,
    rows: Int32Array,
    n: number,
    slots: Int32Array,
  ): void {
    this.begin(columns, length, kinds, rows, n, slots);
    for (let c = 0; c < this.accumulators.length; c++) {
      const a = this.accumulators[c];
      a.prepare(rows, n, slots);
      this.loops[c].update(a, rows, n, slots, kinds, this.passes[c]);
      a.settle(rows, n);
    }
  }

  /** As update; results before and after row j go to rows 2j and 2j + 1 of `outs`, one column per call. */
  trace(
    columns: readonly Column[],
    length: number,
    kinds: Uint8Array | null,
    rows: Int32Array,
    n: number,
    slots: Int32Array,
    outs: readonly Column[],
  ): void {
    this.begin(columns, length, kinds, rows, n, slots);
    for (let c = 0; c < this.accumulators.length; c++) {
      const a = this.accumulators[c];
      a.prepare(rows, n, slots);
      this.loops[c].trace(a, rows, n, slots, kinds, this.passes[c], outs[c]);
      a.settle(rows, n);
    }
  }

  /** Writes the results of slots[0..n) to rows from `at` of `outs`. */
  gather(slots: Int32Array, n: number, outs: readonly Column[], at = 0): void {
    for (let c = 0; c < this.accumulators.length; c++)
      this.loops[c].gather(this.accumulators[c], slots, n, outs[c], at);
  }

  /** Adds what `other` holds under each slot of from[0..n) to what this holds under targets[that slot]. */
  merge(targets: Int32Array, other: AggregateState, from: Int32Array, n: number): void {
    for (let c = 0; c < this.accumulators.length; c++)
      if (this.plan.distinctOf[c] < 0)
        this.loops[c].merge(this.accumulators[c], targets, other.accumulators[c], from, n);
    if (this.distinct.length > 0) for (let j = 0; j < n; j++) this.mergeDistinct(targets[from[j]], other, from[j]);
  }

  /** Of distinct calls only values new to the slot may enter the accumulator: they are replayed as rows. */
  private mergeDistinct(slot: number, other: AggregateState, from: number): void {
    this.plan.distinct.forEach((group, g) => {
      const mine = this.distinct[g];
      const theirs = other.distinct[g];
      const fresh: number[][] = group.calls.map(() => []);
      mine.absorb(slot, theirs, from, (entry, source) => {
        group.calls.forEach((_, view) => {
          const before = mine.counts[view][entry];
          const added = theirs.counts[view][source];
          mine.counts[view][entry] = before + added;
          if (before <= 0 && before + added > 0) fresh[view].push(source);
        });
      });
      group.calls.forEach((c, view) => {
        const n = fresh[view].length;
        if (n === 0) return;
        const values = theirs.gathered(fresh[view]);
        const columns: Column[] = [];
        group.args.forEach((a, i) => (columns[a] = values[i]));
        const rows = allRows(n);
        const slots = new Int32Array(n).fill(slot);
        const accumulator = this.accumulators[c];
        accumulator.bind(columns, n);
        accumulator.prepare(rows, n, slots);
        this.loops[c].update(accumulator, rows, n, slots, null, null);
        accumulator.settle(rows, n);
      });
    });
  }

  save(writer: SnapshotWriter, name: string, slots: Int32Array, n: number): void {
    this.accumulators.forEach((a, c) => a.save(writer, `${name}.a${c}`, slots, n));
    this.distinct.forEach((d, g) => d.save(writer, `${name}.d${g}`, slots, n));
  }

  load(reader: SnapshotReader, name: string, targets: Int32Array): void {
    this.accumulators.forEach((a, c) => a.load(reader, `${name}.a${c}`, targets));
    this.distinct.forEach((d, g) => d.load(reader, `${name}.d${g}`, targets));
  }

  bytes(): number {
    let sum = 0;
    for (const a of this.accumulators) sum += a.bytes();
    for (const d of this.distinct) sum += d.bytes();
    return sum;
  }

  private begin(
    columns: readonly Column[],
    length: number,
    kinds: Uint8Array | null,
    rows: Int32Array,
    n: number,
    slots: Int32Array,
  ): void {
    const { calls } = this.plan;
    for (let c = 0; c < calls.length; c++) {
      const filter = calls[c].filter;
      const adding = monotonic(calls[c]) ? addingPass(kinds, rows, n, length) : null;
      this.passes[c] = filter === null ? adding : filterPass(columns[filter] as I32Column, rows, n, length);
      this.accumulators[c].bind(columns, length);
    }
    for (let g = 0; g < this.distinct.length; g++) this.passDistinct(g, columns, length, kinds, rows, n, slots);
  }

  private passDistinct(
    g: number,
    columns: readonly Column[],
    length: number,
    kinds: Uint8Array | null,
    rows: Int32Array,
    n: number,
    slots: Int32Array,
  ): void {
    const group = this.plan.distinct[g];
    const state = this.distinct[g];
    const values = group.args.map((a) => columns[a]);
    state.resolve(slots, values, rows, n, length);
    const entries = state.entries;
    group.calls.forEach((c, view) => {
      const counts = state.counts[view];
      const filtered = this.passes[c];
      const pass = new Uint8Array(length);
      for (let j = 0; j < n; j++) {
        const i = rows[j];
        if (filtered !== null && filtered[i] === 0) continue;
        const entry = entries[i];
        if (kinds === null || (kinds[i] & 1) === 0) {
          if (counts[entry]++ === 0) pass[i] = 1;
        } else if (counts[entry] > 0 && --counts[entry] === 0) pass[i] = 1;
      }
      this.passes[c] = pass;
    });
    if (kinds !== null || this.passes.some((p) => p !== null)) state.sweep(rows, n);
  }
}

function filterPass(column: I32Column, rows: Int32Array, n: number, length: number): Uint8Array {
  const pass = new Uint8Array(length);
  const { values, nulls } = column;
  for (let j = 0; j < n; j++) {
    const i = rows[j];
    if (values[i] !== 0 && (nulls === null || nulls[i] === 0)) pass[i] = 1;
  }
  return pass;
}
