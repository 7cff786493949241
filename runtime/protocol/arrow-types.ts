import {
  Binary,
  Bool,
  DateDay,
  Decimal,
  DurationMillisecond,
  Field,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  IntervalYearMonth,
  List,
  Map_,
  Null,
  Schema as ArrowSchema,
  Struct,
  TimeMicrosecond,
  TimeMillisecond,
  TimeNanosecond,
  TimeSecond,
  Timestamp as ArrowTimestamp,
  TimeUnit,
  Utf8,
  type DataType as ArrowType,
} from 'apache-arrow';
import { typeToString, type DataType, type Schema } from '../types/index.js';

/** Key of a field's metadata: Flink's own type, for what Arrow cannot tell apart (CHAR, MULTISET, VARIANT, precision of times). */
export const TYPE_KEY = 'streamcell.type';
/** First column of frames that carry changes: `+I -U +U -D`. */
export const OP_COLUMN = 'op';

function timestampUnit(precision: number): TimeUnit {
  if (precision === 0) return TimeUnit.SECOND;
  if (precision <= 3) return TimeUnit.MILLISECOND;
  return precision <= 6 ? TimeUnit.MICROSECOND : TimeUnit.NANOSECOND;
}

/** The Arrow type of a Flink type, as PyFlink maps them (so that pandas and Polars see what they see from a cluster). */
export function arrowType(type: DataType): ArrowType {
  switch (type.root) {
    case 'BOOLEAN':
      return new Bool();
    case 'TINYINT':
      return new Int8();
    case 'SMALLINT':
      return new Int16();
    case 'INTEGER':
      return new Int32();
    case 'BIGINT':
      return new Int64();
    case 'FLOAT':
      return new Float32();
    case 'DOUBLE':
      return new Float64();
    case 'DECIMAL':
      return new Decimal(type.scale, type.precision, 128);
    case 'CHAR':
    case 'VARCHAR':
    case 'VARIANT':
      return new Utf8();
    case 'BINARY':
    case 'VARBINARY':
      return new Binary();
    case 'DATE':
      return new DateDay();
    case 'TIME':
      if (type.precision === 0) return new TimeSecond();
      if (type.precision <= 3) return new TimeMillisecond();
      return type.precision <= 6 ? new TimeMicrosecond() : new TimeNanosecond();
    case 'TIMESTAMP':
      return new ArrowTimestamp(timestampUnit(type.precision));
    case 'TIMESTAMP_LTZ':
      return new ArrowTimestamp(timestampUnit(type.precision), 'UTC');
    case 'INTERVAL_YEAR_MONTH':
      return new IntervalYearMonth();
    case 'INTERVAL_DAY_TIME':
      return new DurationMillisecond();
    case 'ARRAY':
      return new List(arrowField('item', type.element));
    case 'MAP':
      return mapType(type.key, type.value);
    case 'MULTISET':
      return mapType(type.element, { root: 'INTEGER', nullable: false });
    case 'ROW':
      return new Struct(type.fields.map((f) => arrowField(f.name, f.type)));
    case 'NULL':
      return new Null();
  }
}

function mapType(key: DataType, value: DataType): ArrowType {
  const entries = new Struct<{ key: ArrowType; value: ArrowType }>([
    new Field('key', arrowType(key), false),
    arrowField('value', value) as Field<ArrowType>,
  ]);
  return new Map_(new Field('entries', entries, false));
}

export function arrowField(name: string, type: DataType): Field {
  return new Field(name, arrowType(type), type.nullable, new Map([[TYPE_KEY, typeToString(type)]]));
}

/**
 * Columns are told apart by their position. Arrow's JavaScript library mixes up those of one name, so that a repeated name gets a digit behind
 * it: a result's own `op` beside that of its changes.
 */
export function arrowSchema(schema: Schema, kinds: boolean): ArrowSchema {
  const fields = schema.map((c) => arrowField(c.name, c.type));
  if (kinds) fields.unshift(new Field(OP_COLUMN, new Utf8(), false));
  const taken = new Set(fields.map((f) => f.name));
  const seen = new Set<string>();
  return new ArrowSchema(
    fields.map((field) => {
      if (!seen.has(field.name)) {
        seen.add(field.name);
        return field;
      }
      let n = 0;
      while (taken.has(`${field.name}${n}`)) n++;
      const name = `${field.name}${n}`;
      taken.add(name);
      return new Field(name, field.type, field.nullable, field.metadata);
    }),
  );
}
