import type {
  BytesColumn,
  Column,
  F64Column,
  I32Column,
  I64Column,
  ObjColumn,
  StrColumn,
  TsColumn,
} from '../types/index.js';
import { equalValues } from './value-order.js';

/**
 * Equality of rows that lie in columns, whatever form each column has, so that a stored row and a row of a batch can be compared. NULL equals
 * NULL here: this serves rows as wholes and null-safe keys. Hashes that agree with it: `hash.ts`.
 */

function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether cell i of one column equals cell j of another of the same physical type. */
export function cellsEqual(a: Column, i: number, b: Column, j: number): boolean {
  const aNull = a.nulls !== null && a.nulls[i] !== 0;
  const bNull = b.nulls !== null && b.nulls[j] !== 0;
  if (aNull || bNull) return aNull && bNull;
  switch (a.physical) {
    case 'i32':
      return a.values[i] === (b as I32Column).values[j];
    case 'f64':
      return Object.is(a.values[i], (b as F64Column).values[j]);
    case 'i64': {
      const other = b as I64Column;
      if (a.wide === null && other.wide === null) return a.values[i] === other.values[j];
      return (
        (a.wide === null ? BigInt(a.values[i]) : a.wide[i]) ===
        (other.wide === null ? BigInt(other.values[j]) : other.wide[j])
      );
    }
    case 'ts': {
      const other = b as TsColumn;
      return (
        a.millis[i] === other.millis[j] &&
        (a.nanos === null ? 0 : a.nanos[i]) === (other.nanos === null ? 0 : other.nanos[j])
      );
    }
    case 'str': {
      const other = b as StrColumn;
      if (a.data !== null && other.data !== null) {
        const length = a.lengths[i];
        if (length !== other.lengths[j]) return false;
        const x = a.data;
        const y = other.data;
        let p = a.starts[i];
        let q = other.starts[j];
        for (const end = p + length; p < end; p++, q++) if (x[p] !== y[q]) return false;
        return true;
      }
      return a.get(i) === other.get(j);
    }
    case 'bytes':
      return bytesEqual(a.values[i], (b as BytesColumn).values[j]);
    case 'obj':
      return equalValues(a.values[i], (b as ObjColumn).values[j]);
  }
}

/** Whether row i of `a` equals row j of `b`, column `aWhich[k]` against `bWhich[k]`. */
export function rowsEqual(
  a: readonly Column[],
  aWhich: readonly number[],
  i: number,
  b: readonly Column[],
  bWhich: readonly number[],
  j: number,
): boolean {
  for (let k = 0; k < aWhich.length; k++) if (!cellsEqual(a[aWhich[k]], i, b[bWhich[k]], j)) return false;
  return true;
}
