import { StrColumn, type BytesColumn, type Column, type I64Column, type TsColumn } from '../types/index.js';

const encoder = new TextEncoder();

/**
 * Copies rows `refs[0..count)` of `source` to rows [0, count) of `target`; a negative reference makes NULL.
 *
 * `target` must be of the same physical type, with room for the rows, and must have been reset (`resetColumn`) before its first gather of a
 * batch. A string target takes the bytes of its source without copying them: it stays valid as long as the source's bytes do. That is why
 * two sources of strings for one target are only allowed through `gatherMixed`.
 */
export function gather(source: Column, refs: Int32Array, count: number, target: Column): void {
  switch (source.physical) {
    case 'i32':
    case 'f64': {
      const from = source.values;
      const to = (target as typeof source).values;
      for (let k = 0; k < count; k++) {
        const ref = refs[k];
        to[k] = from[ref < 0 ? 0 : ref];
      }
      break;
    }
    case 'i64':
      gatherI64(source, refs, count, target as I64Column);
      break;
    case 'ts': {
      const from = source.millis;
      const to = (target as TsColumn).millis;
      for (let k = 0; k < count; k++) {
        const ref = refs[k];
        to[k] = from[ref < 0 ? 0 : ref];
      }
      const nanos = source.nanos;
      if (nanos !== null) {
        const out = ((target as TsColumn).nanos ??= new Int32Array(to.length));
        for (let k = 0; k < count; k++) out[k] = refs[k] < 0 ? 0 : nanos[refs[k]];
      }
      break;
    }
    case 'str':
      gatherStr(source, refs, count, target as StrColumn);
      break;
    case 'bytes':
    case 'obj': {
      const from = source.values as unknown[];
      const to = (target as BytesColumn).values as unknown[];
      for (let k = 0; k < count; k++) to[k] = refs[k] < 0 ? EMPTY : from[refs[k]];
      break;
    }
  }
  gatherNulls(source, refs, count, target);
}

const EMPTY = new Uint8Array(0);

function gatherNulls(source: Column, refs: Int32Array, count: number, target: Column): void {
  const nulls = source.nulls;
  let out = target.nulls;
  for (let k = 0; k < count; k++) {
    const ref = refs[k];
    if (ref < 0 || (nulls !== null && nulls[ref] !== 0)) {
      out ??= target.nulls = new Uint8Array(capacityOf(target));
      out[k] = 1;
    }
  }
}

function gatherI64(source: I64Column, refs: Int32Array, count: number, target: I64Column): void {
  const wide = source.wide;
  if (wide === null) {
    const from = source.values;
    const to = target.values;
    for (let k = 0; k < count; k++) {
      const ref = refs[k];
      to[k] = from[ref < 0 ? 0 : ref];
    }
    return;
  }
  const capacity = target.values.length;
  if (wide instanceof BigInt64Array) {
    const to = (target.wide = new BigInt64Array(capacity));
    for (let k = 0; k < count; k++) if (refs[k] >= 0) to[k] = wide[refs[k]];
  } else {
    const to: bigint[] = (target.wide = new Array<bigint>(capacity).fill(0n));
    for (let k = 0; k < count; k++) if (refs[k] >= 0) to[k] = wide[refs[k]];
  }
}

function gatherStr(source: StrColumn, refs: Int32Array, count: number, target: StrColumn): void {
  const data = source.data;
  const strings = source.strings;
  if (data === null) {
    const to: (string | undefined)[] = (target.strings ??= new Array<string | undefined>(capacityOf(target)));
    target.data = null;
    const from = strings ?? [];
    for (let k = 0; k < count; k++) to[k] = refs[k] < 0 ? '' : (from[refs[k]] ?? '');
    return;
  }
  target.data = data;
  target.strings = null;
  const { starts, lengths } = source;
  const toStarts = target.starts;
  const toLengths = target.lengths;
  for (let k = 0; k < count; k++) {
    const ref = refs[k];
    toStarts[k] = ref < 0 ? 0 : starts[ref];
    toLengths[k] = ref < 0 ? 0 : lengths[ref];
  }
}

/**
 * As `gather`, from two sources at once: reference r >= 0 is row r of `stored`, r = -1 is NULL, r <= -2 is row -2 - r of `passing`.
 */
export function gatherMixed(
  stored: Column,
  passing: Column,
  refs: Int32Array,
  count: number,
  target: Column,
  scratch: Int32Array,
): void {
  if (target.physical === 'str') {
    gatherMixedStr(stored as StrColumn, passing as StrColumn, refs, count, target);
  } else if (
    target.physical === 'i64' &&
    ((stored as I64Column).wide !== null || (passing as I64Column).wide !== null)
  ) {
    gatherMixedI64(stored as I64Column, passing as I64Column, refs, count, target);
  } else {
    // Twice over the references, each time blind for the other source's rows; then the second source's rows are put in.
    for (let k = 0; k < count; k++) scratch[k] = refs[k] < -1 ? -1 : refs[k];
    gather(stored, scratch, count, target);
    putPassing(passing, refs, count, target);
    return;
  }
  for (let k = 0; k < count; k++) {
    const ref = refs[k];
    const source = ref >= 0 ? stored : passing;
    const row = ref >= 0 ? ref : -2 - ref;
    if (ref === -1 || (source.nulls !== null && source.nulls[row] !== 0))
      (target.nulls ??= new Uint8Array(capacityOf(target)))[k] = 1;
  }
}

function putPassing(passing: Column, refs: Int32Array, count: number, target: Column): void {
  for (let k = 0; k < count; k++) {
    if (refs[k] >= -1) continue;
    const row = -2 - refs[k];
    const isNull = passing.nulls !== null && passing.nulls[row] !== 0;
    if (target.nulls !== null) target.nulls[k] = isNull ? 1 : 0;
    switch (passing.physical) {
      case 'i32':
      case 'f64':
        (target as typeof passing).values[k] = passing.values[row];
        break;
      case 'i64': {
        const to = target as I64Column;
        to.values[k] = passing.values[row];
        break;
      }
      case 'ts': {
        const to = target as TsColumn;
        to.millis[k] = passing.millis[row];
        if (passing.nanos !== null) (to.nanos ??= new Int32Array(to.millis.length))[k] = passing.nanos[row];
        else if (to.nanos !== null) to.nanos[k] = 0;
        break;
      }
      case 'bytes':
      case 'obj':
        (target as BytesColumn).values[k] = passing.values[row] as Uint8Array;
        break;
      case 'str':
        break;
    }
  }
}

function gatherMixedI64(
  stored: I64Column,
  passing: I64Column,
  refs: Int32Array,
  count: number,
  target: I64Column,
): void {
  const capacity = target.values.length;
  const precise = Array.isArray(stored.wide) || Array.isArray(passing.wide);
  const to: bigint[] | BigInt64Array = (target.wide = precise
    ? new Array<bigint>(capacity).fill(0n)
    : new BigInt64Array(capacity));
  for (let k = 0; k < count; k++) {
    const ref = refs[k];
    if (ref === -1) continue;
    const source = ref >= 0 ? stored : passing;
    const row = ref >= 0 ? ref : -2 - ref;
    if (source.nulls !== null && source.nulls[row] !== 0) continue;
    to[k] = source.wide === null ? BigInt(source.values[row]) : source.wide[row];
  }
}

function gatherMixedStr(
  stored: StrColumn,
  passing: StrColumn,
  refs: Int32Array,
  count: number,
  target: StrColumn,
): void {
  // Strings of two arenas meet: the smaller evil is one copy of the bytes of this batch.
  let total = 0;
  const pieces: (Uint8Array | null)[] = [];
  for (let k = 0; k < count; k++) {
    const ref = refs[k];
    const source = ref >= 0 ? stored : passing;
    const row = ref >= 0 ? ref : -2 - ref;
    if (ref === -1 || (source.nulls !== null && source.nulls[row] !== 0)) {
      pieces.push(null);
      continue;
    }
    const bytes =
      source.data === null
        ? encoder.encode(source.get(row))
        : source.data.subarray(source.starts[row], source.starts[row] + source.lengths[row]);
    pieces.push(bytes);
    total += bytes.length;
  }
  const data = new Uint8Array(total);
  let at = 0;
  pieces.forEach((bytes, k) => {
    target.starts[k] = at;
    target.lengths[k] = bytes === null ? 0 : bytes.length;
    if (bytes !== null) {
      data.set(bytes, at);
      at += bytes.length;
    }
  });
  target.data = data;
  target.strings = null;
}

/** Rows a column has room for. */
export function capacityOf(column: Column): number {
  switch (column.physical) {
    case 'ts':
      return column.millis.length;
    case 'str':
      return column.starts.length > 0 ? column.starts.length : (column.strings?.length ?? 0);
    default:
      return column.values.length;
  }
}

/** Makes a target of an earlier batch ready for the next: no nulls, narrow, no bytes. */
export function resetColumn(column: Column): void {
  column.nulls = null;
  if (column.physical === 'i64') column.wide = null;
  else if (column.physical === 'ts') column.nanos = null;
  else if (column.physical === 'str') {
    column.data = null;
    column.strings = null;
  }
}

/** A string column able to take either form. */
export function stringTarget(capacity: number): StrColumn {
  return StrColumn.fromBytes(EMPTY, new Int32Array(capacity), new Int32Array(capacity));
}
