import {
  Batch,
  createColumn,
  INSERT,
  isNarrow,
  StrColumn,
  widen,
  type Column,
  type DataType,
  type Timestamp,
  type Value,
} from '../types/index.js';

/**
 * Collects boxed rows into columns that it owns and reuses: the batch of `finish` is valid until the next row is added. For sources and
 * exact decoders whose rows come one value at a time.
 */
export class BatchBuilder {
  length = 0;
  private columns: Column[] = [];
  private kinds: Uint8Array | null = null;
  private capacity: number;

  constructor(
    private readonly types: readonly DataType[],
    capacity = 1024,
  ) {
    this.capacity = capacity;
    this.clear();
  }

  clear(): void {
    this.length = 0;
    this.kinds = null;
    this.columns = this.types.map((type, c) => {
      const old = this.columns[c];
      return old === undefined ? createColumn(type, this.capacity) : reusable(old, this.capacity);
    });
  }

  add(row: readonly Value[], kind: number = INSERT): void {
    if (this.length === this.capacity) this.grow();
    const i = this.length++;
    if (kind !== INSERT) (this.kinds ??= new Uint8Array(this.capacity))[i] = kind;
    else if (this.kinds !== null) this.kinds[i] = INSERT;
    for (let c = 0; c < this.types.length; c++)
      setValue(this.columns[c], this.types[c], i, row[c] ?? null, this.capacity);
  }

  finish(): Batch {
    return new Batch(this.length, this.columns, this.kinds);
  }

  private grow(): void {
    const capacity = this.capacity * 2;
    this.columns = this.columns.map((column) => grown(column, capacity));
    if (this.kinds !== null) this.kinds = copyInto(new Uint8Array(capacity), this.kinds);
    this.capacity = capacity;
  }
}

/** Writes one boxed value to row i of a column with room for `capacity` rows. Rows before i have been written. */
export function setValue(column: Column, type: DataType, i: number, value: Value, capacity: number): void {
  if (value === null) {
    (column.nulls ??= new Uint8Array(capacity))[i] = 1;
    if (column.physical === 'str' && column.strings !== null) column.strings[i] = '';
    return;
  }
  if (column.nulls !== null) column.nulls[i] = 0;
  switch (column.physical) {
    case 'i32':
      column.values[i] = Number(value);
      break;
    case 'f64':
      column.values[i] = value as number;
      break;
    case 'i64': {
      const exact = typeof value === 'bigint' ? value : BigInt(value as number);
      if (column.wide === null && !isNarrow(exact)) widen(column, i, type.root === 'DECIMAL' && type.precision > 18);
      if (column.wide === null) column.values[i] = Number(exact);
      else column.wide[i] = exact;
      break;
    }
    case 'ts': {
      const t = value as Timestamp;
      column.millis[i] = t.millis;
      if (t.nanos !== 0) column.nanos ??= new Int32Array(capacity);
      if (column.nanos !== null) column.nanos[i] = t.nanos;
      break;
    }
    case 'str':
      (column.strings as string[])[i] = value as string;
      break;
    case 'bytes':
      column.values[i] = value as Uint8Array;
      break;
    case 'obj':
      column.values[i] = value;
      break;
  }
}

/** The column emptied, with its arrays kept. */
function reusable(column: Column, capacity: number): Column {
  column.nulls = null;
  switch (column.physical) {
    case 'i64':
      column.wide = null;
      break;
    case 'ts':
      column.nanos = null;
      break;
    case 'str':
      return StrColumn.fromStrings(new Array<string>(capacity));
  }
  return column;
}

function copyInto<T extends Uint8Array | Int32Array | Float64Array | BigInt64Array>(target: T, from: T): T {
  if (target instanceof BigInt64Array) target.set(from as BigInt64Array);
  else (target as Uint8Array).set(from as Uint8Array);
  return target;
}

function grown(column: Column, capacity: number): Column {
  if (column.nulls !== null) column.nulls = copyInto(new Uint8Array(capacity), column.nulls);
  switch (column.physical) {
    case 'i32':
      column.values = copyInto(new Int32Array(capacity), column.values);
      break;
    case 'f64':
      column.values = copyInto(new Float64Array(capacity), column.values);
      break;
    case 'i64':
      column.values = copyInto(new Float64Array(capacity), column.values);
      if (column.wide instanceof BigInt64Array) column.wide = copyInto(new BigInt64Array(capacity), column.wide);
      else if (column.wide !== null) while (column.wide.length < capacity) column.wide.push(0n);
      break;
    case 'ts':
      column.millis = copyInto(new Float64Array(capacity), column.millis);
      if (column.nanos !== null) column.nanos = copyInto(new Int32Array(capacity), column.nanos);
      break;
    case 'str':
      break;
    case 'bytes':
    case 'obj':
      break;
  }
  return column;
}
