import {
  ARRAY,
  BOOLEAN,
  INT,
  MAP,
  MapValue,
  ROW,
  STRING,
  StreamcellError,
  typesEqual,
  withNullable,
  type CollectionType,
  type DataType,
  type MapType,
  type Value,
} from '../../types/index.js';
import type { BoundExpr } from '../bound.js';
import { wellFormed } from '../library/parse.js';
import { compareValues, sameValue } from '../library/compare.js';
import { ValueSet } from '../library/value-set.js';
import { coerce, implicitlyCastable } from '../type-casts.js';
import {
  commonArgumentType,
  commonType,
  commonTypeOf,
  isInteger,
  isNumeric,
  isString,
  isTimestamp,
} from '../type-rules.js';
import { boxed } from './boxed.js';
import { anyNullable, type BuiltIn } from './define.js';

type Values = readonly Value[];

function isArray(t: DataType | undefined): t is CollectionType & { root: 'ARRAY' } {
  return t?.root === 'ARRAY';
}
function isMap(t: DataType | undefined): t is MapType {
  return t?.root === 'MAP';
}

/** The needle as an element of the array, or undefined when it cannot be one. */
function asElement(e: BoundExpr, array: CollectionType): BoundExpr | undefined {
  if (e.type.root === 'NULL') return coerce(e, withNullable(array.element, true));
  if (typesEqual(e.type, array.element, { ignoreNullable: true })) return e;
  return implicitlyCastable(e.type, array.element) ? coerce(e, array.element) : undefined;
}

/** f(array, element) */
function withElement(
  name: string,
  type: (array: CollectionType, element: DataType) => DataType,
  call: (array: Values, element: Value) => Value,
  nullElement: boolean,
): BuiltIn {
  return boxed({
    names: [name],
    signature: `${name}(ARRAY, ELEMENT)`,
    nulls: true,
    bind(args) {
      const t = args[0]?.type;
      if (args.length !== 2 || !isArray(t)) return undefined;
      const element = asElement(args[1], t);
      return element && { args: [args[0], element], type: type(t, args[1].type) };
    },
    call: ([array, element]) =>
      array === null || (!nullElement && element === null) ? null : call(array as Values, element),
  });
}

/** f(array) */
function ofArray(
  name: string,
  type: (array: CollectionType) => DataType,
  call: (array: Values) => Value,
  accept: (t: CollectionType) => boolean = () => true,
): BuiltIn {
  return boxed({
    names: [name],
    signature: `${name}(ARRAY)`,
    bind: (args) =>
      args.length === 1 && isArray(args[0].type) && accept(args[0].type)
        ? { args, type: type(args[0].type) }
        : undefined,
    call: ([array]) => call(array as Values),
  });
}

/** f(array, array, ...) over a common type. */
function ofArrays(name: string, least: number, most: number, call: (arrays: readonly Values[]) => Value): BuiltIn {
  return boxed({
    names: [name],
    signature: `${name}(ARRAY, ARRAY${most > 2 ? ', ...' : ''})`,
    bind(args) {
      if (
        args.length < least ||
        args.length > most ||
        !args.some((a) => isArray(a.type)) ||
        !args.every((a) => isArray(a.type) || a.type.root === 'NULL')
      )
        return undefined;
      const common = commonArgumentType(args.map((a) => a.type));
      if (!common) return undefined;
      const type = withNullable(common, anyNullable(args));
      return { args: args.map((a) => coerce(a, type)), type };
    },
    call: (args) => call(args as readonly Values[]),
  });
}

const comparable = (t: CollectionType): boolean => {
  const { element } = t;
  return (
    isNumeric(element) ||
    isString(element) ||
    isTimestamp(element) ||
    element.root === 'DATE' ||
    element.root === 'TIME'
  );
};

function extreme(array: Values, sign: number): Value {
  let best: Value = null;
  for (const v of array) if (v !== null && (best === null || compareValues(v, best) * sign > 0)) best = v;
  return best;
}

const arraySort: BuiltIn = boxed({
  names: ['ARRAY_SORT'],
  signature: 'ARRAY_SORT(ARRAY[, BOOLEAN[, BOOLEAN]])',
  bind(args) {
    const t = args[0]?.type;
    if (!isArray(t) || args.length > 3 || !comparable(t)) return undefined;
    const rest = args.slice(1).map((a) => (a.type.root === 'NULL' ? coerce(a, BOOLEAN()) : a));
    if (!rest.every((a) => a.type.root === 'BOOLEAN')) return undefined;
    return { args: [args[0], ...rest], type: withNullable(t, anyNullable(args)) };
  },
  call([array, ascending = true, nullsFirst = ascending]) {
    const values = (array as Values).filter((v) => v !== null);
    const nulls = (array as Values).filter((v) => v === null);
    values.sort(ascending ? compareValues : (a, b) => compareValues(b, a));
    return nullsFirst ? [...nulls, ...values] : [...values, ...nulls];
  },
});

const arraySlice: BuiltIn = boxed({
  names: ['ARRAY_SLICE'],
  signature: 'ARRAY_SLICE(ARRAY, INT[, INT])',
  bind(args) {
    const t = args[0]?.type;
    if (!isArray(t) || args.length < 2 || args.length > 3) return undefined;
    const rest = args
      .slice(1)
      .map((a) => (a.type.root === 'NULL' || implicitlyCastable(a.type, INT()) ? coerce(a, INT()) : undefined));
    if (rest.some((a) => a === undefined)) return undefined;
    return { args: [args[0], ...(rest as BoundExpr[])], type: withNullable(t, anyNullable(args)) };
  },
  call([array, from, to]) {
    const a = array as Values;
    if (a.length === 0) return [];
    const at = (n: number): number => (n > 0 ? n - 1 : n < 0 ? a.length + n : 0);
    let start = at(from as number);
    let end = to === undefined ? a.length - 1 : at(to as number);
    if (start >= a.length || end < 0 || start > end) return [];
    start = Math.max(start, 0);
    end = Math.min(end, a.length - 1);
    return a.slice(start, end + 1);
  },
});

const arrayJoin: BuiltIn = boxed({
  names: ['ARRAY_JOIN'],
  signature: 'ARRAY_JOIN(ARRAY<STRING>, STRING[, STRING])',
  bind(args) {
    const t = args[0]?.type;
    if (!isArray(t) || !isString(t.element) || args.length < 2 || args.length > 3) return undefined;
    const rest = args.slice(1);
    if (!rest.every((a) => isString(a.type) || a.type.root === 'NULL')) return undefined;
    return { args: [args[0], ...rest.map((a) => coerce(a, STRING()))], type: STRING(anyNullable(args)) };
  },
  call([array, separator, replacement]) {
    const parts = (array as readonly (string | null)[])
      .map((v) => v ?? (replacement as string | undefined))
      .filter((v) => v !== undefined);
    return parts.join(separator as string);
  },
});

const split: BuiltIn = boxed({
  names: ['SPLIT'],
  signature: 'SPLIT(STRING, STRING)',
  bind(args) {
    if (args.length !== 2 || !args.every((a) => isString(a.type) || a.type.root === 'NULL')) return undefined;
    return { args: args.map((a) => coerce(a, STRING())), type: ARRAY(STRING(), anyNullable(args)) };
  },
  call: ([s, separator]) => (s === '' ? [] : (s as string).split(separator as string).map(wellFormed)),
});

const element: BuiltIn = ofArray(
  'ELEMENT',
  (t) => withNullable(t.element, t.element.nullable || t.nullable),
  (array) => {
    if (array.length > 1) throw new StreamcellError('EXPRESSION_FAILED', 'Array has more than one element.');
    return array.length === 0 ? null : array[0];
  },
);

const cardinality: BuiltIn = boxed({
  names: ['CARDINALITY'],
  signature: 'CARDINALITY(ARRAY or MAP or MULTISET)',
  bind: (args) =>
    args.length === 1 && (isArray(args[0].type) || isMap(args[0].type) || args[0].type.root === 'MULTISET')
      ? { args, type: INT(args[0].type.nullable) }
      : undefined,
  call: ([c]) => (c instanceof MapValue ? c.entries.length : (c as Values).length),
});

/** array[i], map[key], row['field'] */
const item: BuiltIn = boxed({
  names: ['ITEM'],
  signature: 'ARRAY[INT] or MAP[key]',
  bind(args, info) {
    const [collection, index] = args;
    const t = collection.type;
    if (isArray(t)) {
      if (!isInteger(index.type) && index.type.root !== 'NULL') return undefined;
      if (index.kind === 'literal' && index.value !== null && Number(index.value) < 1)
        throw new StreamcellError(
          'FUNCTION_ARGUMENTS',
          'Array element access needs an index starting at 1 but was ' + String(index.value) + '.',
          { span: info.span },
        );
      return { args: [collection, coerce(index, INT())], type: withNullable(t.element, true) };
    }
    if (isMap(t)) {
      if (index.type.root !== 'NULL' && !commonTypeOf(index.type, t.key)) return undefined;
      return { args: [collection, coerce(index, t.key)], type: withNullable(t.value, true) };
    }
    return undefined;
  },
  call([c, key]) {
    if (c instanceof MapValue) {
      for (const [k, v] of c.entries) if (sameValue(k, key)) return v;
      return null;
    }
    const i = key as number;
    const array = c as Values;
    return i >= 1 && i <= array.length ? array[i - 1] : null;
  },
});

/** ITEM of a row is a field access, known when the statement is bound. */
const access: BuiltIn = {
  ...item,
  bind(args, info) {
    const [row, name] = args;
    const t = row.type;
    if (t.root === 'ROW' && name.kind === 'literal') {
      const index =
        typeof name.value === 'string' ? t.fields.findIndex((f) => f.name === name.value) : Number(name.value) - 1;
      if (index < 0 || index >= t.fields.length)
        throw new StreamcellError('COLUMN_NOT_FOUND', `The row has no field ${String(name.value)}.`, {
          span: info.span,
        });
      const type = t.fields[index].type;
      return { kind: 'field', arg: row, index, type: withNullable(type, type.nullable || t.nullable), span: info.span };
    }
    return item.bind(args, info);
  },
};

const arrayConstructor: BuiltIn = boxed({
  names: ['ARRAY'],
  signature: 'ARRAY[a, ...]',
  nulls: true,
  bind(args) {
    if (args.length === 0) return undefined;
    const type = commonType(args.map((a) => a.type));
    if (!type || type.root === 'NULL') return undefined;
    return { args: args.map((a) => coerce(a, type)), type: ARRAY(withNullable(type, anyNullable(args)), false) };
  },
  call: (args) => [...args],
});

const mapConstructor: BuiltIn = boxed({
  names: ['MAP'],
  signature: 'MAP[key, value, ...]',
  nulls: true,
  bind(args) {
    if (args.length === 0 || args.length % 2 !== 0) return undefined;
    const keys = args.filter((_, i) => i % 2 === 0);
    const values = args.filter((_, i) => i % 2 === 1);
    const key = commonType(keys.map((a) => a.type));
    const value = commonType(values.map((a) => a.type));
    if (!key || !value || key.root === 'NULL' || value.root === 'NULL') return undefined;
    return {
      args: args.map((a, i) => coerce(a, i % 2 === 0 ? key : value)),
      type: MAP(withNullable(key, anyNullable(keys)), withNullable(value, anyNullable(values)), false),
    };
  },
  call(args) {
    const entries: [Value, Value][] = [];
    for (let i = 0; i < args.length; i += 2) entries.push([args[i], args[i + 1]]);
    return mapOf(entries);
  },
});

const rowConstructor: BuiltIn = boxed({
  names: ['ROW'],
  signature: 'ROW(a, ...)',
  nulls: true,
  bind: (args) => ({
    args,
    type: ROW(
      args.map((a, i) => ({ name: `EXPR$${i}`, type: a.type })),
      false,
    ),
  }),
  call: (args) => [...args],
});

/** A map in which the last value of a key wins, at the key's first place. */
export function mapOf(entries: readonly (readonly [Value, Value])[]): MapValue {
  const set = new ValueSet();
  const out: [Value, Value][] = [];
  for (const [k, v] of entries) {
    const at = set.indexOf(k);
    if (at >= 0) out[at] = [out[at][0], v];
    else {
      set.add(k);
      out.push([k, v]);
    }
  }
  return new MapValue(out);
}

function ofMap(name: string, type: (map: MapType) => DataType, call: (map: MapValue) => Value): BuiltIn {
  return boxed({
    names: [name],
    signature: `${name}(MAP)`,
    bind: (args) =>
      args.length === 1 && isMap(args[0].type)
        ? { args, type: withNullable(type(args[0].type), args[0].type.nullable) }
        : undefined,
    call: ([map]) => call(map as MapValue),
  });
}

const mapFromArrays: BuiltIn = boxed({
  names: ['MAP_FROM_ARRAYS'],
  signature: 'MAP_FROM_ARRAYS(ARRAY, ARRAY)',
  bind(args) {
    const [k, v] = args;
    if (args.length !== 2 || !isArray(k.type) || !isArray(v.type)) return undefined;
    return { args, type: MAP(k.type.element, v.type.element, anyNullable(args)) };
  },
  call([keys, values]) {
    const k = keys as Values;
    const v = values as Values;
    if (k.length !== v.length) {
      throw new StreamcellError(
        'EXPRESSION_FAILED',
        `Invalid function MAP_FROM_ARRAYS call: The length of the keys array ${k.length} is not equal to the length of the values array ${v.length}`,
      );
    }
    return mapOf(k.map((x, i) => [x, v[i]]));
  },
});

const mapUnion: BuiltIn = boxed({
  names: ['MAP_UNION'],
  signature: 'MAP_UNION(MAP, ...)',
  bind(args) {
    if (args.length === 0 || !args.every((a) => isMap(a.type))) return undefined;
    const common = commonArgumentType(args.map((a) => a.type));
    if (!common) return undefined;
    const type = withNullable(common, anyNullable(args));
    return { args: args.map((a) => coerce(a, type)), type };
  },
  // The last map comes first, and wins.
  call(args) {
    const maps = [...(args as readonly MapValue[])].reverse();
    const seen = new ValueSet();
    return new MapValue(
      maps.flatMap((m) =>
        m.entries.filter(([k]) => {
          const fresh = seen.indexOf(k) < 0;
          seen.add(k);
          return fresh;
        }),
      ),
    );
  },
});

export const collectionFunctions: readonly BuiltIn[] = [
  arrayConstructor,
  mapConstructor,
  rowConstructor,
  access,
  cardinality,
  element,
  withElement(
    'ARRAY_APPEND',
    (t, e) => ARRAY(withNullable(t.element, t.element.nullable || e.nullable), t.nullable),
    (a, x) => [...a, x],
    true,
  ),
  withElement(
    'ARRAY_PREPEND',
    (t, e) => ARRAY(withNullable(t.element, t.element.nullable || e.nullable), t.nullable),
    (a, x) => [x, ...a],
    true,
  ),
  withElement(
    'ARRAY_CONTAINS',
    (t) => BOOLEAN(t.nullable),
    (a, x) => a.some((v) => sameValue(v, x)),
    true,
  ),
  withElement(
    'ARRAY_POSITION',
    (t, e) => INT(t.nullable || e.nullable),
    (a, x) => a.findIndex((v) => sameValue(v, x)) + 1,
    false,
  ),
  withElement(
    'ARRAY_REMOVE',
    (t) => t,
    (a, x) => a.filter((v) => !sameValue(v, x)),
    true,
  ),
  ofArray(
    'ARRAY_DISTINCT',
    (t) => t,
    (a) => new ValueSet(a).values(),
  ),
  ofArray(
    'ARRAY_REVERSE',
    (t) => t,
    (a) => [...a].reverse(),
  ),
  ofArray(
    'ARRAY_MAX',
    (t) => withNullable(t.element, true),
    (a) => extreme(a, 1),
    comparable,
  ),
  ofArray(
    'ARRAY_MIN',
    (t) => withNullable(t.element, true),
    (a) => extreme(a, -1),
    comparable,
  ),
  ofArrays('ARRAY_UNION', 2, 2, (arrays) => new ValueSet(arrays.flat()).values()),
  ofArrays('ARRAY_CONCAT', 1, 1000, (arrays) => arrays.flat()),
  ofArrays('ARRAY_EXCEPT', 2, 2, ([a, b]) => {
    const without = new ValueSet(b);
    return new ValueSet(a.filter((v) => without.indexOf(v) < 0)).values();
  }),
  ofArrays('ARRAY_INTERSECT', 2, 2, ([a, b]) => {
    const within = new ValueSet(b);
    return new ValueSet(a.filter((v) => within.indexOf(v) >= 0)).values();
  }),
  arraySort,
  arraySlice,
  arrayJoin,
  split,
  ofMap(
    'MAP_KEYS',
    (t) => ARRAY(t.key),
    (m) => m.entries.map(([k]) => k),
  ),
  ofMap(
    'MAP_VALUES',
    (t) => ARRAY(t.value),
    (m) => m.entries.map(([, v]) => v),
  ),
  ofMap(
    'MAP_ENTRIES',
    (t) =>
      ARRAY(
        ROW([
          { name: 'key', type: t.key },
          { name: 'value', type: t.value },
        ]),
      ),
    (m) => m.entries.map(([k, v]) => [k, v]),
  ),
  mapFromArrays,
  mapUnion,
];
