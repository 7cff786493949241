import {
  StreamcellError,
  Timestamp,
  VariantValue,
  MapValue,
  decimalToString,
  doubleToString,
  parseExactDecimal,
  timestampToString,
  dateToString,
  timeToString,
  type DataType,
  type Value,
} from '../../types/index.js';

/** A parsed JSON value. Numbers keep their text, so that nothing is rounded on the way through. */
export type Json = null | boolean | string | JsonNumber | readonly Json[] | JsonObject;

export class JsonNumber {
  constructor(
    readonly text: string,
    /** Written as it is, in scientific notation too. */
    readonly verbatim = false,
  ) {}
}

export class JsonObject {
  constructor(readonly fields: ReadonlyMap<string, Json>) {}
}

const WHITE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// eslint-disable-next-line no-control-regex -- control characters are what JSON forbids in a string
const STRING = /"((?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"/y;

/** @returns undefined for a text that is not JSON. `prefix` lets anything follow the first value, as Jackson's reader does. */
export function parseJson(text: string, prefix = false): Json | undefined {
  let at = 0;
  const skip = (): void => {
    WHITE.lastIndex = at;
    WHITE.exec(text);
    at = WHITE.lastIndex;
  };
  const string = (): string | undefined => {
    STRING.lastIndex = at;
    const m = STRING.exec(text);
    if (m === null) return undefined;
    at = STRING.lastIndex;
    return m[1].includes('\\') ? (JSON.parse(m[0]) as string) : m[1];
  };
  const value = (depth: number): Json | undefined => {
    if (depth > 1000) return undefined;
    skip();
    const c = text[at];
    if (c === '{') {
      at++;
      const fields = new Map<string, Json>();
      skip();
      if (text[at] === '}') {
        at++;
        return new JsonObject(fields);
      }
      for (;;) {
        skip();
        const key = string();
        if (key === undefined) return undefined;
        skip();
        if (text[at] !== ':') return undefined;
        at++;
        const v = value(depth + 1);
        if (v === undefined) return undefined;
        fields.set(key, v);
        skip();
        if (text[at] === ',') at++;
        else if (text[at] === '}') {
          at++;
          return new JsonObject(fields);
        } else return undefined;
      }
    }
    if (c === '[') {
      at++;
      const items: Json[] = [];
      skip();
      if (text[at] === ']') {
        at++;
        return items;
      }
      for (;;) {
        const v = value(depth + 1);
        if (v === undefined) return undefined;
        items.push(v);
        skip();
        if (text[at] === ',') at++;
        else if (text[at] === ']') {
          at++;
          return items;
        } else return undefined;
      }
    }
    if (c === '"') return string();
    for (const [word, v] of WORDS) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return v;
      }
    }
    NUMBER.lastIndex = at;
    const m = NUMBER.exec(text);
    if (m === null) return undefined;
    at = NUMBER.lastIndex;
    return new JsonNumber(m[0]);
  };
  const result = value(0);
  skip();
  return result !== undefined && !prefix && at < text.length ? undefined : result;
}

const WORDS: readonly (readonly [string, Json])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/** java.math.BigDecimal.toString of a JSON number; integers stay as they are. */
export function numberText(n: JsonNumber, plain: boolean): string {
  if (n.verbatim || /^-?\d+$/.test(n.text)) return n.text;
  const exact = parseExactDecimal(n.text);
  if (exact === null) return n.text;
  const { unscaled, scale } = exact;
  if (plain) return scale >= 0 ? decimalToString(unscaled, scale) : `${unscaled}${'0'.repeat(-scale)}`;
  const digits = String(unscaled < 0n ? -unscaled : unscaled);
  const exponent = digits.length - 1 - scale;
  if (scale >= 0 && exponent >= -6) return decimalToString(unscaled, scale);
  return `${unscaled < 0n ? '-' : ''}${digits[0]}${digits.length > 1 ? `.${digits.slice(1)}` : ''}${exponent === 0 ? '' : `E${exponent > 0 ? '+' : ''}${exponent}`}`;
}

export function isScalarJson(v: Json): boolean {
  return !Array.isArray(v) && !(v instanceof JsonObject);
}

/** Compact text; the fields of objects in the order of their names, as Flink writes them. */
export function jsonText(v: Json): string {
  if (v === null || typeof v === 'boolean') return String(v);
  if (typeof v === 'string') return jsonString(v);
  if (v instanceof JsonNumber) return numberText(v, true);
  if (v instanceof JsonObject) {
    const keys = [...v.fields.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${keys.map((k) => `${jsonString(k)}:${jsonText(v.fields.get(k) as Json)}`).join(',')}}`;
  }
  return `[${(v as readonly Json[]).map(jsonText).join(',')}]`;
}

/** Jackson's string: only quote, backslash and control characters are escaped. */
export function jsonString(s: string): string {
  return JSON.stringify(s).replace(/\\u[0-9a-f]{4}/g, (m) => {
    const c = parseInt(m.slice(2), 16);
    return c >= 0xd800 ? String.fromCharCode(c) : m.toUpperCase().replace('\\U', '\\u');
  });
}

/** A floating point number the way java.math.BigDecimal prints Java's text of it. */
function floating(text: string): JsonNumber {
  return new JsonNumber(numberText(new JsonNumber(text), false), true);
}

/** A SQL value as JSON, in the ways of JSON_STRING, JSON_OBJECT and JSON_ARRAY. */
export function toJson(v: Value, type: DataType, zone: string): Json {
  if (v === null) return null;
  switch (type.root) {
    case 'BOOLEAN':
      return v as boolean;
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
      return new JsonNumber(String(v));
    case 'DECIMAL':
      return new JsonNumber(decimalToString(v as bigint, type.scale));
    case 'FLOAT':
      return floating(doubleToString(v as number));
    case 'DOUBLE':
      return floating(doubleToString(v as number));
    case 'CHAR':
    case 'VARCHAR':
      return v as string;
    case 'BINARY':
    case 'VARBINARY':
      return Buffer.from(v as Uint8Array).toString('base64');
    case 'DATE':
      return dateToString(v as number);
    case 'TIME':
      return timeToString(v as number, 0);
    case 'TIMESTAMP': {
      const t = v as Timestamp;
      return isoTimestamp(t, type.precision);
    }
    case 'TIMESTAMP_LTZ': {
      const t = v as Timestamp;
      return `${isoTimestamp(t, type.precision)}Z`;
    }
    case 'ARRAY':
      return (v as readonly Value[]).map((x) => toJson(x, type.element, zone));
    case 'MAP':
      return new JsonObject(new Map((v as MapValue).entries.map(([k, x]) => [String(k), toJson(x, type.value, zone)])));
    case 'MULTISET':
      return new JsonObject(new Map((v as MapValue).entries.map(([k, n]) => [String(k), new JsonNumber(String(n))])));
    case 'ROW':
      return new JsonObject(
        new Map(type.fields.map((f, i) => [f.name, toJson((v as readonly Value[])[i], f.type, zone)])),
      );
    case 'VARIANT':
      return fromPlain((v as VariantValue).json);
    default:
      throw new StreamcellError('FUNCTION_UNSUPPORTED', `JSON of the type ${type.root} is not supported.`);
  }
}

/** Without the zeros at a fraction's end. */
function isoTimestamp(t: Timestamp, precision: number): string {
  return timestampToString(t.millis, t.nanos, precision)
    .replace(' ', 'T')
    .replace(/\.?0+$/, (zeros, at: number, all: string) =>
      all.indexOf('.') >= 0 && at >= all.indexOf('.') ? '' : zeros,
    );
}

/** Plain JavaScript values of JSON, as VARIANT holds them: numbers are doubles. */
export function toPlain(v: Json): unknown {
  if (v instanceof JsonNumber) return Number(v.text);
  if (v instanceof JsonObject) return Object.fromEntries([...v.fields].map(([k, x]) => [k, toPlain(x)]));
  return Array.isArray(v) ? (v as readonly Json[]).map(toPlain) : v;
}

/** JSON of plain JavaScript values, as VARIANT holds them. */
export function fromPlain(v: unknown): Json {
  if (v === null || v === undefined || typeof v === 'boolean' || typeof v === 'string') return v ?? null;
  if (typeof v === 'number' || typeof v === 'bigint') return new JsonNumber(String(v));
  if (Array.isArray(v)) return v.map(fromPlain);
  return new JsonObject(new Map(Object.entries(v as Record<string, unknown>).map(([k, x]) => [k, fromPlain(x)])));
}

export type PathStep =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'index'; readonly indexes: readonly number[] }
  | { readonly kind: 'slice'; readonly from: number | null; readonly to: number | null }
  | { readonly kind: 'all' }
  | { readonly kind: 'deep'; readonly step: PathStep };

export interface JsonPath {
  readonly lax: boolean;
  readonly steps: readonly PathStep[];
  /** One value at most, rather than a list of matches. */
  readonly definite: boolean;
}

const paths = new Map<string, JsonPath>();

/** Paths of JSONPath with the prefixes lax and strict (the default). Filters and functions are refused. */
export function jsonPath(spec: string): JsonPath {
  const known = paths.get(spec);
  if (known) return known;
  const m = /^\s*(strict|lax)\s+(.*)$/is.exec(spec);
  const text = (m ? m[2] : spec).trim();
  const bad = (): StreamcellError => new StreamcellError('EXPRESSION_FAILED', `Illegal jsonpath spec '${spec}'.`);
  if (!text.startsWith('$')) throw bad();
  const steps: PathStep[] = [];
  let at = 1;
  const bracket = (): PathStep => {
    const rest = text.slice(at);
    const name = /^\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\]/s.exec(rest);
    if (name) {
      at += name[0].length;
      return { kind: 'field', name: (name[1] ?? name[2]).replace(/\\(.)/gs, '$1') };
    }
    const indexes = /^\[\s*(-?\d+(?:\s*,\s*-?\d+)*)\s*\]/.exec(rest);
    if (indexes) {
      at += indexes[0].length;
      return { kind: 'index', indexes: indexes[1].split(',').map(Number) };
    }
    const slice = /^\[\s*(-?\d+)?\s*:\s*(-?\d+)?\s*\]/.exec(rest);
    if (slice) {
      at += slice[0].length;
      return {
        kind: 'slice',
        from: slice[1] === undefined ? null : Number(slice[1]),
        to: slice[2] === undefined ? null : Number(slice[2]),
      };
    }
    const all = /^\[\s*\*\s*\]/.exec(rest);
    if (all) {
      at += all[0].length;
      return { kind: 'all' };
    }
    throw rest.startsWith('[?')
      ? new StreamcellError('FUNCTION_UNSUPPORTED', `Filters in JSON paths are not supported: '${spec}'.`)
      : bad();
  };
  while (at < text.length) {
    if (text[at] === '[') {
      steps.push(bracket());
      continue;
    }
    if (text[at] !== '.') throw bad();
    at++;
    const deep = text[at] === '.';
    if (deep) at++;
    let step: PathStep;
    if (text[at] === '[') step = bracket();
    else if (text[at] === '*') {
      at++;
      step = { kind: 'all' };
    } else {
      const name = /^[^.[\]()\s'"]+/.exec(text.slice(at));
      if (!name) throw bad();
      at += name[0].length;
      if (text[at] === '(')
        throw new StreamcellError('FUNCTION_UNSUPPORTED', `Functions in JSON paths are not supported: '${spec}'.`);
      step = { kind: 'field', name: name[0] };
    }
    steps.push(deep ? { kind: 'deep', step } : step);
  }
  const path: JsonPath = {
    lax: m !== null && m[1].toLowerCase() === 'lax',
    steps,
    definite: steps.every(isDefinite),
  };
  if (paths.size > 1000) paths.clear();
  paths.set(spec, path);
  return path;
}

/** @returns undefined where a definite path finds nothing, or (strict) the definite start of an indefinite one; else that one's list. */
export function readPath(root: Json, path: JsonPath): Json | undefined {
  let found: Json[] = [root];
  let start = true;
  for (const step of path.steps) {
    found = found.flatMap((v) => apply(v, step));
    start &&= isDefinite(step);
    if (start && !path.lax && found.length === 0) return undefined;
  }
  return path.definite ? found[0] : found;
}

function isDefinite(step: PathStep): boolean {
  return step.kind === 'field' || (step.kind === 'index' && step.indexes.length === 1);
}

function apply(v: Json, step: PathStep): Json[] {
  switch (step.kind) {
    case 'field': {
      const f = v instanceof JsonObject ? v.fields.get(step.name) : undefined;
      return f === undefined ? [] : [f];
    }
    case 'index': {
      if (!Array.isArray(v)) return [];
      const items = v as readonly Json[];
      return step.indexes
        .map((i) => (i < 0 ? i + items.length : i))
        .filter((i) => i >= 0 && i < items.length)
        .map((i) => items[i]);
    }
    case 'slice':
      return Array.isArray(v) ? (v as readonly Json[]).slice(step.from ?? 0, step.to ?? undefined) : [];
    case 'all':
      return v instanceof JsonObject ? [...v.fields.values()] : Array.isArray(v) ? [...(v as readonly Json[])] : [];
    case 'deep':
      return [...apply(v, step.step), ...apply(v, { kind: 'all' }).flatMap((x) => apply(x, step))];
  }
}
