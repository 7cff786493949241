import type { IntervalQualifier, RowTypeField, TypeName } from '../parser/ast.js';
import {
  ARRAY,
  BIGINT,
  BINARY,
  BOOLEAN,
  BYTES,
  CHAR,
  DATE,
  DECIMAL,
  DOUBLE,
  FLOAT,
  INT,
  INTERVAL_DAY_TIME,
  INTERVAL_YEAR_MONTH,
  MAP,
  MAX_DECIMAL_PRECISION,
  MAX_LENGTH,
  MULTISET,
  ROW,
  SMALLINT,
  STRING,
  StreamcellError,
  TIME,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  TINYINT,
  VARBINARY,
  VARCHAR,
  VARIANT,
  type DataType,
  type Span,
} from '../types/index.js';

/** Written type -> data type, with Flink's defaults and bounds. @throws StreamcellError TYPE_INVALID, TYPE_UNSUPPORTED */
export function bindType(type: TypeName): DataType {
  switch (type.kind) {
    case 'SimpleType':
      return simpleType(type);
    case 'IntervalType':
      return intervalType(type.qualifier, type.nullable);
    case 'CollectionType':
      return (type.collection === 'ARRAY' ? ARRAY : MULTISET)(bindType(type.element), type.nullable);
    case 'MapType':
      return MAP(bindType(type.key), bindType(type.value), type.nullable);
    case 'RowType':
      return ROW(rowFields(type.fields), type.nullable);
    case 'RawType':
      throw new StreamcellError('TYPE_UNSUPPORTED', 'The type RAW is not supported.', { span: type.span });
    case 'StructuredType':
      throw new StreamcellError('TYPE_UNSUPPORTED', 'The type STRUCTURED is not supported.', {
        span: type.span,
        hint: 'Use ROW.',
      });
    case 'NamedType':
      throw new StreamcellError('TYPE_INVALID', `Unknown type '${type.name.parts.map((p) => p.name).join('.')}'.`, {
        span: type.span,
      });
  }
}

function rowFields(fields: readonly RowTypeField[]): { name: string; type: DataType; description?: string }[] {
  const seen = new Set<string>();
  return fields.map((f) => {
    if (seen.has(f.name.name)) {
      throw new StreamcellError('TYPE_INVALID', `Field names must be unique, but '${f.name.name}' is declared twice.`, {
        span: f.span,
      });
    }
    seen.add(f.name.name);
    const type = bindType(f.type);
    return f.comment === null ? { name: f.name.name, type } : { name: f.name.name, type, description: f.comment };
  });
}

function bounded(value: number | null, fallback: number, min: number, max: number, what: string, span: Span): number {
  if (value === null) return fallback;
  if (value < min || value > max) {
    throw new StreamcellError(
      'TYPE_INVALID',
      `${what} must be between ${min} and ${max} (both inclusive), but is ${value}.`,
      {
        span,
      },
    );
  }
  return value;
}

function simpleType(type: TypeName & { kind: 'SimpleType' }): DataType {
  const { nullable: n, precision, scale, span } = type;
  const length = (fallback: number): number =>
    bounded(precision, fallback, 1, 2147483647, `The length of ${type.name}`, span);
  // A precision beyond the largest is cut to it, as Flink does.
  const fraction = (fallback: number): number => Math.min(precision ?? fallback, 9);
  switch (type.name) {
    case 'BOOLEAN':
      return BOOLEAN(n);
    case 'TINYINT':
      return TINYINT(n);
    case 'SMALLINT':
      return SMALLINT(n);
    case 'INTEGER':
      return INT(n);
    case 'BIGINT':
      return BIGINT(n);
    case 'FLOAT':
    case 'REAL':
      return FLOAT(n);
    case 'DOUBLE':
      return DOUBLE(n);
    case 'DECIMAL': {
      const p = Math.min(bounded(precision, 10, 1, MAX_LENGTH, 'Decimal precision', span), MAX_DECIMAL_PRECISION);
      return DECIMAL(p, bounded(scale, 0, 0, p, 'Decimal scale', span), n);
    }
    case 'CHAR':
      return CHAR(length(1), n);
    case 'VARCHAR':
      return VARCHAR(length(MAX_LENGTH), n);
    case 'STRING':
      return STRING(n);
    case 'BINARY':
      return BINARY(length(1), n);
    case 'VARBINARY':
      return VARBINARY(length(MAX_LENGTH), n);
    case 'BYTES':
      return BYTES(n);
    case 'DATE':
      return DATE(n);
    case 'TIME':
      // Flink keeps times to the millisecond, and says so.
      return TIME(Math.min(fraction(0), 3), n);
    case 'TIMESTAMP':
      return TIMESTAMP(fraction(6), n);
    case 'TIMESTAMP_LTZ':
      return TIMESTAMP_LTZ(fraction(6), n);
    case 'VARIANT':
      return VARIANT(n);
    default:
      throw new StreamcellError('TYPE_UNSUPPORTED', `The type ${type.name} is not supported.`, { span });
  }
}

/** The type of an interval, which in Flink keeps neither its units nor its digits: INTERVAL MONTH or INTERVAL SECOND(3). */
export function intervalType(q: IntervalQualifier, nullable: boolean): DataType {
  const from = q.from;
  const to = q.to ?? q.from;
  const yearMonth: readonly string[] = ['YEAR', 'QUARTER', 'MONTH'];
  const dayTime: readonly string[] = ['WEEK', 'DAY', 'HOUR', 'MINUTE', 'SECOND'];
  if (yearMonth.includes(from) && yearMonth.includes(to)) return INTERVAL_YEAR_MONTH('MONTH', 'MONTH', 2, nullable);
  if (dayTime.includes(from) && dayTime.includes(to)) return INTERVAL_DAY_TIME('SECOND', 'SECOND', 2, 3, nullable);
  throw new StreamcellError('TYPE_INVALID', `An interval from ${from} to ${to} does not exist.`, { span: q.span });
}
