import {
  CHAR,
  DATE,
  DECIMAL,
  DOUBLE,
  FLOAT,
  INTERVAL_DAY_TIME,
  INTERVAL_YEAR_MONTH,
  MAX_LENGTH,
  TIME,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  VARBINARY,
  VARCHAR,
  typesEqual,
  withNullable,
  type CharType,
  type DataType,
  type DecimalType,
  type TypeRoot,
} from '../types/index.js';

const INTEGER_RANK: Partial<Record<TypeRoot, number>> = { TINYINT: 3, SMALLINT: 5, INTEGER: 10, BIGINT: 19 };

export function isInteger(t: DataType): boolean {
  return INTEGER_RANK[t.root] !== undefined;
}
export function isExact(t: DataType): boolean {
  return isInteger(t) || t.root === 'DECIMAL';
}
export function isApproximate(t: DataType): boolean {
  return t.root === 'FLOAT' || t.root === 'DOUBLE';
}
export function isNumeric(t: DataType): boolean {
  return isExact(t) || isApproximate(t);
}
export function isString(t: DataType): t is CharType & { root: 'CHAR' | 'VARCHAR' } {
  return t.root === 'CHAR' || t.root === 'VARCHAR';
}
export function isBinary(t: DataType): t is CharType & { root: 'BINARY' | 'VARBINARY' } {
  return t.root === 'BINARY' || t.root === 'VARBINARY';
}
export function isTimestamp(t: DataType): boolean {
  return t.root === 'TIMESTAMP' || t.root === 'TIMESTAMP_LTZ';
}
export function isDateTime(t: DataType): boolean {
  return isTimestamp(t) || t.root === 'DATE' || t.root === 'TIME';
}
export function isInterval(t: DataType): boolean {
  return t.root === 'INTERVAL_DAY_TIME' || t.root === 'INTERVAL_YEAR_MONTH';
}

/** The decimal that holds every value of an exact numeric type. */
export function asDecimal(t: DataType): DecimalType | undefined {
  if (t.root === 'DECIMAL') return t;
  const precision = INTEGER_RANK[t.root];
  return precision === undefined ? undefined : DECIMAL(precision, 0, t.nullable);
}

/** Fits (p, s) into 38 digits the way Flink does: whole digits first, but at least six of the scale. */
function fit(precision: number, scale: number): DecimalType {
  if (precision <= 38) return DECIMAL(precision, scale, true);
  const whole = precision - scale;
  return DECIMAL(38, Math.max(38 - whole, Math.min(scale, 6)), true);
}

export function decimalArithmetic(op: '+' | '-' | '*' | '/' | 'MOD', a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(a.scale, b.scale);
  switch (op) {
    case '+':
    case '-':
      return fit(Math.max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale);
    case '*':
      return fit(a.precision + b.precision + 1, a.scale + b.scale);
    case '/': {
      const s = Math.max(6, a.scale + b.precision + 1);
      return fit(a.precision - a.scale + b.scale + s, s);
    }
    case 'MOD':
      return fit(Math.min(a.precision - a.scale, b.precision - b.scale) + scale, scale);
  }
}

function commonDecimal(a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(a.scale, b.scale);
  const whole = Math.max(a.precision - a.scale, b.precision - b.scale);
  const precision = Math.min(whole + scale, 38);
  return DECIMAL(precision, Math.min(scale, precision - Math.min(whole, 38)), true);
}

const DATETIME_ORDER: readonly TypeRoot[] = ['DATE', 'TIMESTAMP', 'TIMESTAMP_LTZ'];

/** The least type that both convert to without loss of kind, or undefined. Nullability is that of either. */
export function commonTypeOf(a: DataType, b: DataType): DataType | undefined {
  const nullable = a.nullable || b.nullable;
  if (a.root === 'NULL') return withNullable(b, true);
  if (b.root === 'NULL') return withNullable(a, true);
  const result = (t: DataType): DataType => withNullable(t, nullable);
  if (isNumeric(a) && isNumeric(b)) {
    if (a.root === b.root && a.root !== 'DECIMAL') return result(a);
    if (isApproximate(a) || isApproximate(b)) {
      // Of FLOAT and DOUBLE the first one mentioned is the result: SQL knows them as one type.
      if (isApproximate(a) && isApproximate(b)) return result(a);
      if (a.root === 'DOUBLE' || b.root === 'DOUBLE' || a.root === 'DECIMAL' || b.root === 'DECIMAL')
        return DOUBLE(nullable);
      return FLOAT(nullable);
    }
    if (isInteger(a) && isInteger(b)) return result((INTEGER_RANK[a.root] ?? 0) >= (INTEGER_RANK[b.root] ?? 0) ? a : b);
    return result(commonDecimal(asDecimal(a) as DecimalType, asDecimal(b) as DecimalType));
  }
  if (isString(a) && isString(b)) {
    const length = Math.max(a.length, b.length);
    // Ragged CHARs become VARCHAR, so that nothing is padded.
    if (a.root === 'CHAR' && b.root === 'CHAR' && a.length === b.length) return CHAR(length, nullable);
    return VARCHAR(length, nullable);
  }
  if (isBinary(a) && isBinary(b)) {
    const length = Math.max(a.length, b.length);
    if (a.root === 'BINARY' && b.root === 'BINARY' && a.length === b.length) return result(a);
    return VARBINARY(length, nullable);
  }
  if (a.root === 'TIME' && b.root === 'TIME') return TIME(Math.max(a.precision, b.precision), nullable);
  if (isDateTime(a) && isDateTime(b) && a.root !== 'TIME' && b.root !== 'TIME') {
    const root = DATETIME_ORDER[Math.max(DATETIME_ORDER.indexOf(a.root), DATETIME_ORDER.indexOf(b.root))];
    if (root === 'DATE') return DATE(nullable);
    const precision = Math.max('precision' in a ? a.precision : 0, 'precision' in b ? b.precision : 0);
    if (typesEqual(a, b, { ignoreNullable: true })) return result(a);
    return root === 'TIMESTAMP' ? TIMESTAMP(precision, nullable) : TIMESTAMP_LTZ(precision, nullable);
  }
  if (a.root === 'INTERVAL_YEAR_MONTH' && b.root === 'INTERVAL_YEAR_MONTH')
    return a.from === b.from && a.to === b.to ? result(a) : { ...a, from: 'YEAR', to: 'MONTH', nullable };
  if (a.root === 'INTERVAL_DAY_TIME' && b.root === 'INTERVAL_DAY_TIME') {
    if (a.from === b.from && a.to === b.to)
      return result({
        ...a,
        precision: Math.max(a.precision, b.precision),
        fraction: Math.max(a.fraction, b.fraction),
      });
    return {
      ...a,
      from: 'DAY',
      to: 'SECOND',
      precision: Math.max(a.precision, b.precision),
      fraction: Math.max(a.fraction, b.fraction),
      nullable,
    };
  }
  if ((a.root === 'ARRAY' && b.root === 'ARRAY') || (a.root === 'MULTISET' && b.root === 'MULTISET')) {
    const element = commonTypeOf(a.element, b.element);
    return element && { ...a, element, nullable };
  }
  if (a.root === 'MAP' && b.root === 'MAP') {
    const key = commonTypeOf(a.key, b.key);
    const value = commonTypeOf(a.value, b.value);
    return key && value && { ...a, key, value, nullable };
  }
  if (a.root === 'ROW' && b.root === 'ROW' && a.fields.length === b.fields.length) {
    const fields = [];
    for (let i = 0; i < a.fields.length; i++) {
      const type = commonTypeOf(a.fields[i].type, b.fields[i].type);
      if (!type) return undefined;
      fields.push({ ...a.fields[i], type });
    }
    return { ...a, fields, nullable };
  }
  return typesEqual(a, b, { ignoreNullable: true }) ? result(a) : undefined;
}

/** The common type as Flink's own functions (COALESCE, GREATEST, ARRAY_UNION, ...) take it; it differs where FLOAT is involved. */
export function commonArgumentType(types: readonly DataType[]): DataType | undefined {
  let result: DataType | undefined = types[0];
  for (let i = 1; i < types.length && result; i++) {
    const next = types[i];
    if (isApproximate(result) && isApproximate(next) && result.root !== next.root)
      result = DOUBLE(result.nullable || next.nullable);
    else if (result.root === 'DECIMAL' && next.root === 'FLOAT') result = FLOAT(result.nullable || next.nullable);
    else result = commonTypeOf(result, next);
  }
  return result;
}

/** @returns the least restrictive type of all, or undefined when there is none. */
export function commonType(types: readonly DataType[]): DataType | undefined {
  let result: DataType | undefined = types[0];
  for (let i = 1; i < types.length && result; i++) result = commonTypeOf(result, types[i]);
  return result;
}

/** Character length of a concatenation. */
export function addLengths(a: number, b: number): number {
  return Math.min(a + b, MAX_LENGTH);
}

/** Intervals as they leave an expression: Flink keeps neither their units nor their digits. */
export function normalInterval(t: DataType): DataType {
  if (t.root === 'INTERVAL_DAY_TIME') return INTERVAL_DAY_TIME('SECOND', 'SECOND', 2, 3, t.nullable);
  if (t.root === 'INTERVAL_YEAR_MONTH') return INTERVAL_YEAR_MONTH('MONTH', 'MONTH', 2, t.nullable);
  return t;
}
