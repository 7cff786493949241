import {
  Timestamp,
  boxedValue,
  type BytesColumn,
  type Column,
  type DataType,
  type F64Column,
  type I32Column,
  type I64Column,
  type ObjColumn,
  type StrColumn,
  type TsColumn,
  type Value,
} from '../../types/index.js';
import type { AggregateCall } from '../../expressions/bound.js';
import type { SnapshotReader, SnapshotWriter } from '../../state/snapshot.js';
import { decodeValue, encodeValue, type EncodedValue } from '../../state/value-codec.js';
import { Accumulator, putExact, setNull } from './accumulator.js';

/** Writes a boxed value to row `at` of a result column. */
export function putValue(out: Column, at: number, value: Value, precise: boolean): void {
  if (value === null) {
    setNull(out, at);
    return;
  }
  switch (out.physical) {
    case 'i32':
    case 'f64':
      (out as I32Column | F64Column).values[at] = Number(value);
      break;
    case 'i64':
      putExact(out as I64Column, at, value as bigint, precise);
      break;
    case 'ts': {
      const time = value as Timestamp;
      const to = out as TsColumn;
      to.millis[at] = time.millis;
      if (time.nanos !== 0) (to.nanos ??= new Int32Array(to.millis.length))[at] = time.nanos;
      else if (to.nanos !== null) to.nanos[at] = 0;
      break;
    }
    case 'str':
      ((out as StrColumn).strings as string[])[at] = value as string;
      break;
    case 'bytes':
      (out as BytesColumn).values[at] = value as Uint8Array;
      break;
    case 'obj':
      (out as ObjColumn).values[at] = value;
      break;
  }
}

/** Bytes a boxed value is taken to weigh. */
const VALUE_BYTES = 48;

/** What a state is taken to weigh: its last value stands for all. */
function weight(state: unknown): number {
  if (state instanceof Map) return state.size * 2 * VALUE_BYTES;
  if (!Array.isArray(state)) {
    // A state of several parts; lists of plain numbers (samples) weigh little more than the numbers.
    let sum = 4 * VALUE_BYTES;
    for (const part of Object.values(state as object))
      if (Array.isArray(part)) sum += typeof part[0] === 'number' ? part.length * 8 : weight(part);
    return sum;
  }
  const last: unknown = state.at(-1);
  return state.length * (VALUE_BYTES + (typeof last === 'string' ? last.length : 0));
}

/**
 * Base of aggregates over boxed values: those that keep what they saw. State: one object per slot, encoded as JSON in snapshots.
 * `S` is made of values, arrays and numbers alone.
 */
export abstract class BoxedAccumulator<S> extends Accumulator {
  protected readonly states: (S | undefined)[] = [];
  protected readonly precise: boolean;
  protected columns: Column[] = [];
  private kept = 0;
  /** Weight of all states when it was last taken, and how often a state was asked for since. */
  private weighed = 0;
  private touched = 0;

  constructor(call: AggregateCall, retracts: boolean) {
    super(call, retracts);
    this.precise = call.type.root === 'DECIMAL' && call.type.precision > 18;
  }

  protected abstract create(): S;
  protected abstract result(state: S): Value;
  protected abstract encode(state: S): EncodedValue;
  protected abstract decode(encoded: EncodedValue): S;
  protected abstract combine(into: S, from: S): void;

  protected state(slot: number): S {
    this.touched++;
    let state = this.states[slot];
    if (state === undefined) {
      state = this.create();
      this.states[slot] = state;
      this.kept++;
    }
    return state;
  }

  /** Argument `a` of a row. */
  protected argument(a: number, row: number): Value {
    return boxedValue(this.columns[a], this.call.argTypes[a], row);
  }

  protected type(a: number): DataType {
    return this.call.argTypes[a];
  }

  ensure(): void {}

  reset(slot: number): void {
    if (this.states[slot] !== undefined) this.kept--;
    this.states[slot] = undefined;
  }

  bind(columns: readonly Column[]): void {
    this.columns = this.call.args.map((a) => columns[a]);
  }

  emit(slot: number, out: Column, at: number): void {
    const state = this.states[slot];
    putValue(out, at, state === undefined ? this.empty() : this.result(state), this.precise);
  }

  /** The result over no rows. */
  protected empty(): Value {
    return null;
  }

  merge(slot: number, other: Accumulator, from: number): void {
    const theirs = (other as BoxedAccumulator<S>).states[from];
    if (theirs !== undefined) this.combine(this.state(slot), theirs);
  }

  save(writer: SnapshotWriter, name: string, slots: Int32Array, n: number): void {
    const encoded: (string | null)[] = [];
    for (let k = 0; k < n; k++) {
      const state = this.states[slots[k]];
      encoded.push(state === undefined ? null : JSON.stringify(this.encode(state)));
    }
    writer.strings(name, encoded);
  }

  load(reader: SnapshotReader, name: string, targets: Int32Array): void {
    reader.strings(name).forEach((encoded, k) => {
      if (encoded === null || targets[k] < 0) return;
      this.reset(targets[k]);
      this.states[targets[k]] = this.decode(JSON.parse(encoded) as EncodedValue);
      this.kept++;
    });
  }

  /** States are weighed anew once as many values may have come as there are states: constant work a value. */
  bytes(): number {
    if (this.touched > Math.max(256, this.kept)) {
      this.touched = 0;
      this.weighed = 0;
      for (const state of this.states) if (state !== undefined) this.weighed += weight(state);
    }
    return this.states.length * 8 + Math.max(this.weighed, this.kept * 4 * VALUE_BYTES);
  }
}

/** Base of aggregates that keep a list of values in order of arrival; a value taken back leaves by its first occurrence. */
export abstract class ListAccumulator extends BoxedAccumulator<Value[]> {
  protected create(): Value[] {
    return [];
  }

  protected encode(state: Value[]): EncodedValue {
    return encodeValue(state);
  }

  protected decode(encoded: EncodedValue): Value[] {
    return decodeValue(encoded) as Value[];
  }

  protected combine(into: Value[], from: Value[]): void {
    for (const value of from) into.push(value);
  }
}
