import {
  boxedValue,
  StreamcellError,
  type Column,
  type DataType,
  type MapValue,
  type Schema,
  type Timestamp,
  type Value,
  doubleToString,
  floatToString,
  decimalToString,
} from '../types/index.js';
import type { ByteSink, Encoder } from './format.js';
import { decimalText, stripZeros } from './java-values.js';
import { requireStringKey } from './json-converters.js';
import { quoteJson } from './json-tree.js';
import { formatDate, formatTime, formatTimestamp, type TimestampStandard } from './time-text.js';

export interface JsonEncodeOptions {
  readonly timestampStandard: TimestampStandard;
  readonly nullKeyMode: 'FAIL' | 'DROP' | 'LITERAL';
  readonly nullKeyLiteral: string;
  readonly plainDecimals: boolean;
  readonly ignoreNullFields: boolean;
}

type ValueWriter = (value: NonNullable<Value>) => string;
type FieldWriter = (column: Column, row: number, out: ByteSink) => void;

/** Writes rows as compact JSON objects, texts of numbers and times as Flink's json format has them. */
export class JsonEncoder implements Encoder {
  private readonly prefixes: readonly string[];
  private readonly fields: readonly FieldWriter[];

  constructor(
    readonly schema: Schema,
    private readonly options: JsonEncodeOptions,
  ) {
    this.prefixes = schema.map((f) => `${quoteEscaped(f.name)}:`);
    this.fields = schema.map((f) => this.field(f.type));
  }

  encode(columns: readonly Column[], row: number, out: ByteSink): void {
    out.writeByte(123);
    let first = true;
    for (let c = 0; c < this.fields.length; c++) {
      const column = columns[c];
      const isNull = column.nulls !== null && column.nulls[row] !== 0;
      if (isNull && this.options.ignoreNullFields) continue;
      if (!first) out.writeByte(44);
      first = false;
      out.writeString(this.prefixes[c]);
      if (isNull) out.writeAscii('null');
      else this.fields[c](column, row, out);
    }
    out.writeByte(125);
  }

  private field(type: DataType): FieldWriter {
    switch (type.root) {
      case 'CHAR':
      case 'VARCHAR':
        return writeStringField;
      case 'TINYINT':
      case 'SMALLINT':
      case 'INTEGER':
        return (column, row, out) => {
          if (column.physical === 'i32') out.writeAscii(String(column.values[row]));
        };
      case 'BIGINT':
        return (column, row, out) => {
          if (column.physical === 'i64')
            out.writeAscii(String(column.wide === null ? column.values[row] : column.wide[row]));
        };
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ': {
        const { timestampStandard } = this.options;
        const zoned = type.root === 'TIMESTAMP_LTZ';
        return (column, row, out) => {
          if (column.physical !== 'ts') return;
          const text = formatTimestamp(
            column.millis[row],
            column.nanos === null ? 0 : column.nanos[row],
            timestampStandard,
            zoned,
          );
          out.writeByte(34);
          out.writeAscii(text);
          out.writeByte(34);
        };
      }
      default: {
        const write = this.value(type);
        return (column, row, out) => out.writeString(write(boxedValue(column, type, row) as NonNullable<Value>));
      }
    }
  }

  private value(type: DataType): ValueWriter {
    switch (type.root) {
      case 'NULL':
        return () => 'null';
      case 'BOOLEAN':
      case 'TINYINT':
      case 'SMALLINT':
      case 'INTEGER':
      case 'INTERVAL_YEAR_MONTH':
      case 'BIGINT':
      case 'INTERVAL_DAY_TIME':
        return (v) => String(v);
      case 'FLOAT':
        return (v) => quoteNonFinite(floatToString(v as number));
      case 'DOUBLE':
        return (v) => quoteNonFinite(doubleToString(v as number));
      case 'DECIMAL': {
        const { scale } = type;
        if (this.options.plainDecimals) return (v) => decimalToString(v as bigint, scale);
        return (v) => decimalText(stripZeros({ unscaled: v as bigint, scale }));
      }
      case 'CHAR':
      case 'VARCHAR':
        return (v) => quoteEscaped(v as string);
      case 'BINARY':
      case 'VARBINARY':
        return (v) => `"${Buffer.from(v as Uint8Array).toString('base64')}"`;
      case 'DATE':
        return (v) => `"${formatDate(v as number)}"`;
      case 'TIME':
        return (v) => `"${formatTime(v as number)}"`;
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ': {
        const zoned = type.root === 'TIMESTAMP_LTZ';
        return (v) => {
          const t = v as Timestamp;
          return `"${formatTimestamp(t.millis, t.nanos, this.options.timestampStandard, zoned)}"`;
        };
      }
      case 'ARRAY': {
        const element = this.nullable(type.element);
        return (v) => `[${(v as readonly Value[]).map(element).join(',')}]`;
      }
      case 'MAP':
        return this.map(type, type.key, type.value);
      case 'MULTISET':
        return this.map(type, type.element, { root: 'INTEGER', nullable: false });
      case 'ROW': {
        const names = type.fields.map((f) => `${quoteEscaped(f.name)}:`);
        const writers = type.fields.map((f) => this.nullable(f.type));
        return (v) => {
          const parts: string[] = [];
          (v as readonly Value[]).forEach((field, i) => {
            if (field !== null || !this.options.ignoreNullFields) parts.push(names[i] + writers[i](field));
          });
          return `{${parts.join(',')}}`;
        };
      }
      case 'VARIANT':
        throw new StreamcellError('TYPE_UNSUPPORTED', 'The json format does not support the type VARIANT.');
    }
  }

  private nullable(type: DataType): (value: Value) => string {
    const write = this.value(type);
    return (v) => (v === null ? 'null' : write(v));
  }

  private map(type: DataType, key: DataType, value: DataType): ValueWriter {
    requireStringKey(type, key);
    const write = this.nullable(value);
    const { nullKeyMode, nullKeyLiteral } = this.options;
    return (v) => {
      // A repeated name (a literal for null that is also a key) keeps its first place and its last value.
      const fields = new Map<string, string>();
      for (const [k, item] of (v as MapValue).entries) {
        if (k !== null) fields.set(k as string, write(item));
        else if (nullKeyMode === 'LITERAL') fields.set(nullKeyLiteral, write(item));
        else if (nullKeyMode === 'FAIL') {
          throw new StreamcellError(
            'EXPRESSION_FAILED',
            "The json format cannot write a map with a null key. See the option 'map-null-key.mode'.",
          );
        }
      }
      return `{${[...fields].map(([k, text]) => `${quoteEscaped(k)}:${text}`).join(',')}}`;
    };
  }
}

function quoteNonFinite(text: string): string {
  return text === 'NaN' || text.endsWith('Infinity') ? `"${text}"` : text;
}

/** The referee writes characters beyond the basic plane as two escapes. */
function quoteEscaped(text: string): string {
  const quoted = quoteJson(text);
  if (!/[\uD800-\uDBFF][\uDC00-\uDFFF]/.test(quoted)) return quoted;
  return quoted.replace(
    /[\uD800-\uDBFF][\uDC00-\uDFFF]/g,
    (pair) => `\\u${pair.charCodeAt(0).toString(16).toUpperCase()}\\u${pair.charCodeAt(1).toString(16).toUpperCase()}`,
  );
}

/** Strings in bytes form are copied as they are when nothing in them needs an escape. */
function writeStringField(column: Column, row: number, out: ByteSink): void {
  if (column.physical !== 'str') return;
  if (column.data !== null) {
    const start = column.starts[row];
    const end = start + column.lengths[row];
    const { data } = column;
    let plain = true;
    for (let i = start; i < end; i++) {
      const c = data[i];
      if (c < 32 || c === 34 || c === 92 || c >= 0xf0) {
        plain = false;
        break;
      }
    }
    if (plain) {
      out.writeByte(34);
      out.writeBytes(data, start, end);
      out.writeByte(34);
      return;
    }
  }
  out.writeString(quoteEscaped(column.get(row)));
}
