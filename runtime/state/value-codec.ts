import { MapValue, Timestamp, VariantValue, type Value } from '../types/index.js';

/**
 * Boxed values as JSON, for snapshots: `null`, booleans, strings and finite numbers as they are, everything else as a one-key object
 * (`{"n":"1"}` BIGINT, `{"f":"NaN"}`, `{"t":[ms,ns]}`, `{"b":"base64"}`, `{"m":[[k,v]]}`, `{"v":json}`), lists as arrays.
 */
export type EncodedValue =
  null | boolean | string | number | readonly EncodedValue[] | { readonly [tag: string]: unknown };

export function encodeValue(value: Value): EncodedValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0) ? value : { f: Object.is(value, -0) ? '-0' : String(value) };
  if (typeof value === 'bigint') return { n: value.toString() };
  if (value instanceof Uint8Array) return { b: Buffer.from(value).toString('base64') };
  if (value instanceof Timestamp) return { t: [value.millis, value.nanos] };
  if (value instanceof MapValue) return { m: value.entries.map(([k, v]) => [encodeValue(k), encodeValue(v)]) };
  if (value instanceof VariantValue) return { v: value.json };
  return (value as readonly Value[]).map(encodeValue);
}

export function decodeValue(encoded: EncodedValue): Value {
  if (encoded === null || typeof encoded !== 'object') return encoded;
  if (Array.isArray(encoded)) return (encoded as readonly EncodedValue[]).map(decodeValue);
  const tagged = encoded as {
    f?: string;
    n?: string;
    b?: string;
    t?: [number, number];
    m?: [EncodedValue, EncodedValue][];
    v?: unknown;
  };
  if (tagged.n !== undefined) return BigInt(tagged.n);
  if (tagged.f !== undefined) return Number(tagged.f);
  if (tagged.b !== undefined) return new Uint8Array(Buffer.from(tagged.b, 'base64'));
  if (tagged.t !== undefined) return new Timestamp(tagged.t[0], tagged.t[1]);
  if (tagged.m !== undefined) return new MapValue(tagged.m.map(([k, v]) => [decodeValue(k), decodeValue(v)] as const));
  return new VariantValue(tagged.v);
}
