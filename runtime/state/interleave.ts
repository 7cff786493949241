import {
  BytesColumn,
  F64Column,
  I32Column,
  I64Column,
  ObjColumn,
  StrColumn,
  TsColumn,
  type Column,
  type Value,
} from '../types/index.js';

/**
 * Row 0 of every source, then row 1 of every source, and so on: a new column of `rows * sources.length` rows.
 * The sources hold the same type, and `rows` rows each. A string column takes the bytes of its sources without copying them where they lie
 * in one buffer, and stays valid as long as that does.
 */
export function interleave(sources: readonly Column[], rows: number): Column {
  const total = sources.length * rows;
  const column = interleavedValues(sources, rows, total);
  if (sources.some((source) => source.nulls !== null)) {
    const nulls = (column.nulls = new Uint8Array(total));
    sources.forEach((source, s) => {
      if (source.nulls !== null) spread(source.nulls, nulls, s, sources.length, rows);
    });
  }
  return column;
}

/** Row kinds of the interleaved rows: each `times` times. */
export function repeatKinds(kinds: Uint8Array, rows: number, times: number): Uint8Array {
  const repeated = new Uint8Array(rows * times);
  for (let i = 0; i < rows; i++) repeated.fill(kinds[i], i * times, (i + 1) * times);
  return repeated;
}

function spread<T>(from: ArrayLike<T>, to: { [index: number]: T }, first: number, step: number, rows: number): void {
  for (let i = 0, k = first; i < rows; i++, k += step) to[k] = from[i];
}

function interleavedValues(sources: readonly Column[], rows: number, total: number): Column {
  const step = sources.length;
  switch (sources[0].physical) {
    case 'i32': {
      const values = new Int32Array(total);
      sources.forEach((source, s) => spread((source as I32Column).values, values, s, step, rows));
      return new I32Column(values);
    }
    case 'f64': {
      const values = new Float64Array(total);
      sources.forEach((source, s) => spread((source as F64Column).values, values, s, step, rows));
      return new F64Column(values);
    }
    case 'i64':
      return interleavedIntegers(sources as readonly I64Column[], rows, total);
    case 'ts': {
      const column = new TsColumn(new Float64Array(total));
      (sources as readonly TsColumn[]).forEach((source, s) => {
        spread(source.millis, column.millis, s, step, rows);
        if (source.nanos !== null) spread(source.nanos, (column.nanos ??= new Int32Array(total)), s, step, rows);
      });
      return column;
    }
    case 'str':
      return interleavedStrings(sources as readonly StrColumn[], rows, total);
    case 'bytes': {
      const values = new Array<Uint8Array>(total);
      sources.forEach((source, s) => spread((source as BytesColumn).values, values, s, step, rows));
      return new BytesColumn(values);
    }
    case 'obj': {
      const values = new Array<Value>(total);
      sources.forEach((source, s) => spread((source as ObjColumn).values, values, s, step, rows));
      return new ObjColumn(values);
    }
  }
}

function interleavedIntegers(sources: readonly I64Column[], rows: number, total: number): I64Column {
  const step = sources.length;
  const column = new I64Column(new Float64Array(total));
  if (sources.every((source) => source.wide === null)) {
    sources.forEach((source, s) => spread(source.values, column.values, s, step, rows));
    return column;
  }
  const beyond64 = sources.some((source) => Array.isArray(source.wide));
  const wide = (column.wide = beyond64 ? new Array<bigint>(total).fill(0n) : new BigInt64Array(total));
  sources.forEach((source, s) => {
    if (source.wide !== null) return spread(source.wide, wide, s, step, rows);
    for (let i = 0; i < rows; i++) {
      // What lies under a null need not be an integer.
      if (source.nulls === null || source.nulls[i] === 0) wide[i * step + s] = BigInt(source.values[i]);
    }
  });
  return column;
}

function interleavedStrings(sources: readonly StrColumn[], rows: number, total: number): StrColumn {
  const step = sources.length;
  const filled = sources.filter((source) => !allNull(source, rows));
  const data = filled.length > 0 ? filled[0].data : null;
  if (data !== null && filled.every((source) => source.data === data)) {
    const column = StrColumn.fromBytes(data, new Int32Array(total), new Int32Array(total));
    sources.forEach((source, s) => {
      if (!filled.includes(source)) return;
      spread(source.starts, column.starts, s, step, rows);
      spread(source.lengths, column.lengths, s, step, rows);
    });
    return column;
  }
  const strings = new Array<string>(total).fill('');
  for (const [s, source] of sources.entries()) {
    if (!filled.includes(source)) continue;
    for (let i = 0; i < rows; i++) {
      if (source.nulls === null || source.nulls[i] === 0) strings[i * step + s] = source.get(i);
    }
  }
  return StrColumn.fromStrings(strings);
}

function allNull(column: StrColumn, rows: number): boolean {
  if (column.nulls === null) return false;
  for (let i = 0; i < rows; i++) if (column.nulls[i] === 0) return false;
  return true;
}
