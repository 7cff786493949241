/** Flink's logical types. Every type is plain data, so that plans cross threads by structured clone. */

export type TimeAttribute = 'rowtime' | 'proctime';

interface Nullable {
  readonly nullable: boolean;
}

export interface CharType extends Nullable {
  readonly root: 'CHAR' | 'VARCHAR' | 'BINARY' | 'VARBINARY';
  /** In code points (bytes for the binary ones), 0 only for empty literals; MAX_LENGTH stands for STRING and BYTES. */
  readonly length: number;
}
export interface DecimalType extends Nullable {
  readonly root: 'DECIMAL';
  /** 1 to 38 digits. */
  readonly precision: number;
  /** 0 to precision. */
  readonly scale: number;
}
export interface SimpleType extends Nullable {
  readonly root:
    'BOOLEAN' | 'TINYINT' | 'SMALLINT' | 'INTEGER' | 'BIGINT' | 'FLOAT' | 'DOUBLE' | 'DATE' | 'VARIANT' | 'NULL';
}
export interface TimeType extends Nullable {
  readonly root: 'TIME';
  /** Fraction digits, 0 to 9; values are kept in milliseconds, as Flink does. */
  readonly precision: number;
}
export interface TimestampType extends Nullable {
  readonly root: 'TIMESTAMP' | 'TIMESTAMP_LTZ';
  /** Fraction digits, 0 to 9. */
  readonly precision: number;
  readonly timeAttribute?: TimeAttribute;
}
export type IntervalUnit = 'YEAR' | 'MONTH' | 'DAY' | 'HOUR' | 'MINUTE' | 'SECOND';
export interface IntervalType extends Nullable {
  /** Values: months as i32 for YEAR_MONTH, milliseconds as i64 for DAY_TIME. */
  readonly root: 'INTERVAL_YEAR_MONTH' | 'INTERVAL_DAY_TIME';
  readonly from: IntervalUnit;
  readonly to: IntervalUnit;
  readonly precision: number;
  readonly fraction: number;
}
export interface CollectionType extends Nullable {
  readonly root: 'ARRAY' | 'MULTISET';
  readonly element: DataType;
}
export interface MapType extends Nullable {
  readonly root: 'MAP';
  readonly key: DataType;
  readonly value: DataType;
}
export interface RowField {
  readonly name: string;
  readonly type: DataType;
  readonly description?: string;
}
export interface RowType extends Nullable {
  readonly root: 'ROW';
  readonly fields: readonly RowField[];
}

export type DataType =
  CharType | DecimalType | SimpleType | TimeType | TimestampType | IntervalType | CollectionType | MapType | RowType;
export type TypeRoot = DataType['root'];

export const MAX_LENGTH = 2147483647;
export const MAX_DECIMAL_PRECISION = 38;

function simple(root: SimpleType['root']): (nullable?: boolean) => SimpleType {
  return (nullable = true) => ({ root, nullable });
}
export const BOOLEAN = simple('BOOLEAN');
export const TINYINT = simple('TINYINT');
export const SMALLINT = simple('SMALLINT');
export const INT = simple('INTEGER');
export const BIGINT = simple('BIGINT');
export const FLOAT = simple('FLOAT');
export const DOUBLE = simple('DOUBLE');
export const DATE = simple('DATE');
export const VARIANT = simple('VARIANT');
export const NULL = simple('NULL');
export const CHAR = (length: number, nullable = true): CharType => ({ root: 'CHAR', length, nullable });
export const VARCHAR = (length: number, nullable = true): CharType => ({ root: 'VARCHAR', length, nullable });
export const STRING = (nullable = true): CharType => VARCHAR(MAX_LENGTH, nullable);
export const BINARY = (length: number, nullable = true): CharType => ({ root: 'BINARY', length, nullable });
export const VARBINARY = (length: number, nullable = true): CharType => ({ root: 'VARBINARY', length, nullable });
export const BYTES = (nullable = true): CharType => VARBINARY(MAX_LENGTH, nullable);
export const DECIMAL = (precision: number, scale: number, nullable = true): DecimalType => ({
  root: 'DECIMAL',
  precision,
  scale,
  nullable,
});
export const TIME = (precision = 0, nullable = true): TimeType => ({ root: 'TIME', precision, nullable });
export const TIMESTAMP = (precision = 6, nullable = true, timeAttribute?: TimeAttribute): TimestampType =>
  timeAttribute
    ? { root: 'TIMESTAMP', precision, nullable, timeAttribute }
    : { root: 'TIMESTAMP', precision, nullable };
export const TIMESTAMP_LTZ = (precision = 6, nullable = true, timeAttribute?: TimeAttribute): TimestampType =>
  timeAttribute
    ? { root: 'TIMESTAMP_LTZ', precision, nullable, timeAttribute }
    : { root: 'TIMESTAMP_LTZ', precision, nullable };
export const ARRAY = (element: DataType, nullable = true): CollectionType => ({ root: 'ARRAY', element, nullable });
export const MULTISET = (element: DataType, nullable = true): CollectionType => ({
  root: 'MULTISET',
  element,
  nullable,
});
export const MAP = (key: DataType, value: DataType, nullable = true): MapType => ({
  root: 'MAP',
  key,
  value,
  nullable,
});
export const ROW = (fields: readonly RowField[], nullable = true): RowType => ({ root: 'ROW', fields, nullable });
export const INTERVAL_DAY_TIME = (
  from: IntervalUnit = 'DAY',
  to: IntervalUnit = 'SECOND',
  precision = 2,
  fraction = 6,
  nullable = true,
): IntervalType => ({ root: 'INTERVAL_DAY_TIME', from, to, precision, fraction, nullable });
export const INTERVAL_YEAR_MONTH = (
  from: IntervalUnit = 'YEAR',
  to: IntervalUnit = 'MONTH',
  precision = 2,
  nullable = true,
): IntervalType => ({ root: 'INTERVAL_YEAR_MONTH', from, to, precision, fraction: 0, nullable });

export function withNullable<T extends DataType>(type: T, nullable: boolean): T {
  return type.nullable === nullable ? type : { ...type, nullable };
}

/**
 * How values of a type lie in memory; see column.ts.
 * i32: BOOLEAN to INT, DATE (days), TIME (ms), months. f64: FLOAT, DOUBLE. i64: BIGINT, DECIMAL of any precision (unscaled), day-time ms.
 * ts: epoch milliseconds and nanoseconds within. str: CHAR, VARCHAR. bytes: BINARY, VARBINARY. obj: nested values, boxed.
 */
export type PhysicalType = 'i32' | 'f64' | 'i64' | 'ts' | 'str' | 'bytes' | 'obj';

export function physicalType(type: DataType): PhysicalType {
  switch (type.root) {
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'DATE':
    case 'TIME':
    case 'INTERVAL_YEAR_MONTH':
    case 'NULL':
      return 'i32';
    case 'FLOAT':
    case 'DOUBLE':
      return 'f64';
    case 'BIGINT':
    case 'DECIMAL':
    case 'INTERVAL_DAY_TIME':
      return 'i64';
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return 'ts';
    case 'CHAR':
    case 'VARCHAR':
      return 'str';
    case 'BINARY':
    case 'VARBINARY':
      return 'bytes';
    case 'ARRAY':
    case 'MULTISET':
    case 'MAP':
    case 'ROW':
    case 'VARIANT':
      return 'obj';
  }
}

function interval(type: IntervalType): string {
  const year = type.root === 'INTERVAL_YEAR_MONTH';
  const first = type.from === 'SECOND' ? `SECOND(${type.fraction})` : `${type.from}(${type.precision})`;
  if (type.from === type.to)
    return `INTERVAL ${type.from === 'MONTH' || type.from === 'HOUR' || type.from === 'MINUTE' ? type.from : first}`;
  return `INTERVAL ${first} TO ${type.to}${!year && type.to === 'SECOND' ? `(${type.fraction})` : ''}`;
}

function bare(type: DataType): string {
  switch (type.root) {
    case 'CHAR':
    case 'BINARY':
      return `${type.root}(${type.length})`;
    case 'VARCHAR':
      return type.length === MAX_LENGTH ? 'STRING' : `VARCHAR(${type.length})`;
    case 'VARBINARY':
      return type.length === MAX_LENGTH ? 'BYTES' : `VARBINARY(${type.length})`;
    case 'DECIMAL':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'INTEGER':
      return 'INT';
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return `${type.root}(${type.precision})`;
    case 'INTERVAL_DAY_TIME':
    case 'INTERVAL_YEAR_MONTH':
      return interval(type);
    case 'ARRAY':
    case 'MULTISET':
      return `${type.root}<${typeToString(type.element)}>`;
    case 'MAP':
      return `MAP<${typeToString(type.key)}, ${typeToString(type.value)}>`;
    case 'ROW':
      return `ROW<${type.fields.map((f) => `\`${f.name}\` ${typeToString(f.type)}`).join(', ')}>`;
    default:
      return type.root;
  }
}

/** Flink's summary string of a type: `BIGINT NOT NULL`, `ROW<\`a\` INT>`, time attributes marked `*ROWTIME*`. */
export function typeToString(type: DataType): string {
  const attribute =
    (type.root === 'TIMESTAMP' || type.root === 'TIMESTAMP_LTZ') && type.timeAttribute
      ? ` *${type.timeAttribute.toUpperCase()}*`
      : '';
  return bare(type) + attribute + (type.nullable ? '' : ' NOT NULL');
}

/** Structural equality; time attributes are ignored unless asked for. */
export function typesEqual(a: DataType, b: DataType, options: { ignoreNullable?: boolean } = {}): boolean {
  const text = (t: DataType): string =>
    typeToString(options.ignoreNullable ? withNullable(t, true) : t).replace(/ \*(ROW|PROC)TIME\*/g, '');
  return text(a) === text(b);
}
