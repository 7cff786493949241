import { MapValue, StreamcellError, typeToString, typesEqual, type DataType, type Value } from '../../types/index.js';

/** Boxed conversion of one scalar, made by compiling the cast once; set by codegen, which this folder may not import. */
type ScalarCast = (from: DataType, to: DataType, safe: boolean, zone: string) => (v: Value) => Value;
let scalarCast: ScalarCast | null = null;

export function provideScalarCast(f: ScalarCast): void {
  scalarCast = f;
}

/** CAST between nested types, element by element. */
export function castNested(v: Value, from: DataType, to: DataType, safe: boolean, zone: string): Value {
  if (!safe) return convert(v, from, to, zone);
  // One part that fails makes the whole NULL.
  try {
    return convert(v, from, to, zone);
  } catch (e) {
    if (e instanceof StreamcellError && e.kind === 'data') return null;
    throw e;
  }
}

function convert(v: Value, from: DataType, to: DataType, zone: string): Value {
  if (v === null) return null;
  if (typesEqual(from, to, { ignoreNullable: true })) return v;
  if ((from.root === 'ARRAY' && to.root === 'ARRAY') || (from.root === 'MULTISET' && to.root === 'MULTISET')) {
    if (from.root === 'MULTISET') {
      return new MapValue((v as MapValue).entries.map(([k, n]) => [convert(k, from.element, to.element, zone), n]));
    }
    return (v as readonly Value[]).map((x) => convert(x, from.element, to.element, zone));
  }
  if (from.root === 'MAP' && to.root === 'MAP') {
    return new MapValue(
      (v as MapValue).entries.map(([k, x]) => [
        convert(k, from.key, to.key, zone),
        convert(x, from.value, to.value, zone),
      ]),
    );
  }
  if (from.root === 'ROW' && to.root === 'ROW') {
    return (v as readonly Value[]).map((x, i) => convert(x, from.fields[i].type, to.fields[i].type, zone));
  }
  if (scalarCast === null)
    throw new StreamcellError('INTERNAL', `No conversion from ${typeToString(from)} to ${typeToString(to)}.`);
  return scalarCast(from, to, false, zone)(v);
}
