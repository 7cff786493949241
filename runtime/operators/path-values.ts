import { compileKernel, type EvalEnvironment, type Kernel } from '../expressions/index.js';
import type { PathReader } from '../expressions/row-pattern.js';
import { Batch, createColumn, physicalType, type Column, type DataType, type TsColumn } from '../types/index.js';
import { gather, resetColumn, stringTarget } from '../state/gather.js';
import { AggregatePlan, AggregateState } from './aggregate-state.js';
import { allRows } from './keyed-state.js';
import type { PathNode } from './pattern-automaton.js';
import { ResultBuffer } from './result-buffer.js';

/**
 * What expressions over the rows of matches read, as columns: one row per path added, one column per reader.
 *
 * State: the paths of the batch being gathered, as row ids. Row ids must stay readable until `columns` has been called.
 * Aggregates are computed for all paths of a batch at once, each path being a slot.
 */
export class PathValues {
  readonly types: readonly DataType[];
  count = 0;
  private readonly rows: { column: number; refs: Int32Array; to: Column; take: (path: PathNode) => PathNode | null }[] =
    [];
  private readonly times: TsColumn[] = [];
  private readonly aggregates: { place: number; of: PathAggregate }[] = [];
  private readonly out: Column[] = [];

  constructor(
    readers: readonly PathReader[],
    inputTypes: readonly DataType[],
    private readonly capacity: number,
    env: EvalEnvironment,
  ) {
    this.types = readers.map((r) => r.type);
    readers.forEach((reader, i) => {
      const to = gatherTarget(reader.type, capacity);
      this.out.push(to);
      if (reader.kind === 'time') this.times.push(to as TsColumn);
      else if (reader.kind === 'row')
        this.rows.push({ column: reader.column, refs: new Int32Array(capacity), to, take: rowOf(reader) });
      else this.aggregates.push({ place: i, of: new PathAggregate(reader, inputTypes, capacity, env) });
    });
  }

  get full(): boolean {
    return this.count === this.capacity;
  }

  add(path: PathNode, time: number): void {
    const at = this.count++;
    for (const each of this.rows) each.refs[at] = each.take(path)?.row ?? -1;
    for (const column of this.times) column.millis[at] = time;
    for (const each of this.aggregates) each.of.collect(path, at);
  }

  /** The columns of all paths added since the last call, valid until the next `add`. */
  columns(stored: readonly Column[]): readonly Column[] {
    const n = this.count;
    this.count = 0;
    for (const { column, refs, to } of this.rows) {
      resetColumn(to);
      gather(stored[column], refs, n, to);
    }
    for (const each of this.aggregates) this.out[each.place] = each.of.compute(stored, n);
    return this.out;
  }
}

function rowOf(reader: PathReader & { kind: 'row' }): (path: PathNode) => PathNode | null {
  const { variable, from, offset } = reader;
  if (from === 'last')
    return (path) => {
      const run = variable === null ? path : path.runOf(variable);
      return run === null || offset > (variable === null ? run.depth : run.index) ? null : run.back(offset);
    };
  if (offset === 0) return (path) => (variable === null ? path.start : (path.runOf(variable)?.first ?? null));
  return (path) => {
    const run = variable === null ? path : path.runOf(variable);
    const before = run === null ? -1 : variable === null ? run.depth : run.index;
    return run === null || offset > before ? null : run.back(before - offset);
  };
}

/** One aggregate over the rows of one variable (null: of all). */
class PathAggregate {
  private readonly rows: number[] = [];
  private readonly slots: number[] = [];
  private readonly types: readonly DataType[];
  private readonly kernel: Kernel;
  private readonly state: AggregateState;
  private readonly results: ResultBuffer;

  constructor(
    private readonly reader: PathReader & { kind: 'aggregate' },
    inputTypes: readonly DataType[],
    capacity: number,
    env: EvalEnvironment,
  ) {
    this.types = reader.columns.map((c) => inputTypes[c]);
    this.kernel = compileKernel({ inputTypes: this.types, condition: null, projections: reader.values }, env);
    this.state = new AggregateState(new AggregatePlan([reader.call], false));
    this.state.ensure(capacity);
    this.results = new ResultBuffer([reader.call.type]);
    for (let slot = 0; slot < capacity; slot++) this.state.reset(slot);
  }

  collect(path: PathNode, slot: number): void {
    const { variable } = this.reader;
    const first = this.rows.length;
    const run = variable === null ? path : path.runOf(variable);
    const end = variable === null || run === null ? null : run.first.previous;
    for (let node = run; node !== null && node !== end; node = node.previous) {
      this.rows.push(node.row);
      this.slots.push(slot);
    }
    reverse(this.rows, first);
  }

  /** The results of slots 0 to n - 1. */
  compute(stored: readonly Column[], n: number): Column {
    const { state } = this;
    const length = this.rows.length;
    if (length > 0) {
      const refs = Int32Array.from(this.rows);
      const columns = this.reader.columns.map((c, i) => {
        const to = gatherTarget(this.types[i], length);
        gather(stored[c], refs, length, to);
        return to;
      });
      const values = this.kernel.run(new Batch(length, columns)).columns;
      state.update(values, length, null, allRows(length), length, Int32Array.from(this.slots));
    }
    const [result] = this.results.prepare(n);
    state.gather(allRows(n), n, [result]);
    for (let slot = 0; slot < n; slot++) state.reset(slot);
    this.rows.length = this.slots.length = 0;
    return result;
  }
}

function reverse(list: number[], from: number): void {
  for (let a = from, b = list.length - 1; a < b; a++, b--) {
    const kept = list[a];
    list[a] = list[b];
    list[b] = kept;
  }
}

/** A column that rows can be gathered into. */
export function gatherTarget(type: DataType, capacity: number): Column {
  return physicalType(type) === 'str' ? stringTarget(capacity) : createColumn(type, capacity);
}
