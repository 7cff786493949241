import { MapValue, Timestamp, VariantValue, type Value } from '../../types/index.js';

/** Order of strings by code point, as UTF-8 bytes order them. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    let x = a.charCodeAt(i);
    let y = b.charCodeAt(i);
    if (x !== y) {
      // Surrogates stand for code points above all others.
      if (x >= 0xd800 && y >= 0xd800) {
        x = x >= 0xe000 ? x - 0x800 : x + 0x2000;
        y = y >= 0xe000 ? y - 0x800 : y + 0x2000;
      }
      return x < y ? -1 : 1;
    }
  }
  return a.length < b.length ? -1 : 1;
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
}

/** Are two slices of bytes equal? */
export function sameSlice(
  a: Uint8Array,
  aStart: number,
  aLength: number,
  b: Uint8Array,
  bStart: number,
  bLength: number,
): boolean {
  if (aLength !== bLength) return false;
  for (let i = 0; i < aLength; i++) if (a[aStart + i] !== b[bStart + i]) return false;
  return true;
}

/** Is a slice equal to a constant? */
export function isSlice(data: Uint8Array, start: number, length: number, constant: Uint8Array): boolean {
  if (length !== constant.length) return false;
  for (let i = 0; i < length; i++) if (data[start + i] !== constant[i]) return false;
  return true;
}

/** Equality of boxed values of one type; NULL equals NULL. */
export function sameValue(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a !== a && b !== b;
  if (a instanceof Timestamp) return b instanceof Timestamp && a.millis === b.millis && a.nanos === b.nanos;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  if (a instanceof MapValue) {
    if (!(b instanceof MapValue) || a.entries.length !== b.entries.length) return false;
    return a.entries.every(([k, v]) => b.entries.some(([x, w]) => sameValue(k, x) && sameValue(v, w)));
  }
  if (a instanceof VariantValue) return b instanceof VariantValue && JSON.stringify(a.json) === JSON.stringify(b.json);
  const x = a as readonly Value[];
  const y = b as readonly Value[];
  return Array.isArray(b) && x.length === y.length && x.every((v, i) => sameValue(v, y[i]));
}

/** Order of boxed values of one comparable type. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === 'string') return compareStrings(a, b as string);
  if (a instanceof Timestamp) {
    const t = b as Timestamp;
    return a.millis - t.millis || a.nanos - t.nanos;
  }
  if (a instanceof Uint8Array) return compareBytes(a, b as Uint8Array);
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}
