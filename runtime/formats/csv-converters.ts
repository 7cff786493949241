import { StreamcellError, typeToString, type DataType, type Value } from '../types/index.js';
import { CsvSyntaxError } from './csv-records.js';
import {
  decimalOf,
  decodeBase64,
  javaTrim,
  parseDouble,
  parseFloat32,
  parseInteger,
  parseLong,
  rescale,
} from './java-values.js';
import { daysFromCivil, daysInMonth, parseIsoTime, parseTimestamp, withPrecision } from './time-text.js';

export interface CsvConvertOptions {
  readonly ignoreParseErrors: boolean;
  readonly nullLiteral: string | undefined;
  readonly emptyAsNull: boolean;
  readonly arrayDelimiter: string;
  readonly trimSpaces: boolean;
}

export type CsvConverter = (text: string) => Value;

/** Converters from the text of a field. Arrays and rows lie in one field, their elements separated by the array delimiter. */
export class CsvConverters {
  constructor(
    private readonly options: CsvConvertOptions,
    private readonly onFieldError: () => void,
  ) {}

  nullable(type: DataType): CsvConverter {
    const convert = this.notNull(type);
    const { nullLiteral, emptyAsNull, ignoreParseErrors } = this.options;
    return (text) => {
      if (text === nullLiteral || (emptyAsNull && text === '')) return null;
      try {
        return convert(text);
      } catch (error) {
        if (!ignoreParseErrors || !(error instanceof CsvSyntaxError)) throw error;
        this.onFieldError();
        return null;
      }
    };
  }

  private notNull(type: DataType): CsvConverter {
    switch (type.root) {
      case 'NULL':
        return () => null;
      case 'BOOLEAN':
        return (t) => javaTrim(t).toLowerCase() === 'true';
      case 'TINYINT':
        return (t) => found(parseInteger(javaTrim(t), -128, 127), t, type);
      case 'SMALLINT':
        return (t) => found(parseInteger(javaTrim(t), -32768, 32767), t, type);
      case 'INTEGER':
      case 'INTERVAL_YEAR_MONTH':
        return (t) => found(parseInteger(javaTrim(t), -2147483648, 2147483647), t, type);
      case 'BIGINT':
      case 'INTERVAL_DAY_TIME':
        return (t) => found(parseLong(javaTrim(t)), t, type);
      case 'FLOAT':
        return (t) => found(parseFloat32(javaTrim(t)), t, type);
      case 'DOUBLE':
        return (t) => found(parseDouble(javaTrim(t)), t, type);
      case 'DECIMAL':
        return (t) => rescale(found(decimalOf(t), t, type), type);
      case 'CHAR':
      case 'VARCHAR':
        return (t) => t;
      case 'BINARY':
      case 'VARBINARY':
        return (t) => found(decodeBase64(t), t, type);
      case 'DATE':
        return (t) => found(sqlDate(t), t, type);
      case 'TIME': {
        if (type.precision > 3) {
          throw new StreamcellError(
            'TYPE_UNSUPPORTED',
            `The csv format supports TIME with a precision of 0 to 3, not ${type.precision}.`,
          );
        }
        const unit = 10 ** (3 - type.precision);
        return (t) => Math.floor(found(parseIsoTime(t), t, type) / unit) * unit;
      }
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ': {
        const zoned = type.root === 'TIMESTAMP_LTZ';
        return (t) => withPrecision(found(parseTimestamp(javaTrim(t), 'SQL', zoned), t, type), type);
      }
      case 'ARRAY': {
        const element = this.nullable(simple(type.element, type));
        return (t) => this.elements(t).map(element);
      }
      case 'ROW': {
        const fields = type.fields.map((f) => this.nullable(simple(f.type, type)));
        return (t) => {
          const elements = this.elements(t);
          if (elements.length === 0) return null;
          if (elements.length < fields.length && !this.options.ignoreParseErrors)
            throw tooShort(fields.length, elements.length);
          return fields.map((convert, i) => (i < elements.length ? convert(elements[i]) : null));
        };
      }
      default:
        throw new StreamcellError(
          'TYPE_UNSUPPORTED',
          `The csv format does not support the type ${typeToString(type)}.`,
        );
    }
  }

  private elements(text: string): string[] {
    const { arrayDelimiter, trimSpaces } = this.options;
    if (text.trim() === '') return [];
    const elements = text.split(arrayDelimiter);
    return trimSpaces ? elements.map((e) => e.trim()) : elements;
  }
}

export function tooShort(expected: number, actual: number): CsvSyntaxError {
  return new CsvSyntaxError(`row length mismatch: ${expected} fields expected but was ${actual}`);
}

/** Elements of arrays and rows cannot be nested again: there is one array delimiter. */
export function simple(element: DataType, whole: DataType): DataType {
  if (!['ARRAY', 'ROW', 'MAP', 'MULTISET', 'VARIANT'].includes(element.root)) return element;
  throw new StreamcellError(
    'TYPE_UNSUPPORTED',
    `The csv format supports only simple types within ${typeToString(whole)}.`,
  );
}

/** java.sql.Date.valueOf: one digit will do for month and day, and the day may be any up to 31, running into the next month. */
function sqlDate(text: string): number | undefined {
  const m = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (m === null) return undefined;
  // Java's calendar has no year 0: it is read as the first one.
  const [year, month, day] = [Number(m[1]) || 1, Number(m[2]), Number(m[3])];
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  return (
    daysFromCivil(year, month, Math.min(day, daysInMonth(year, month))) + Math.max(0, day - daysInMonth(year, month))
  );
}

function found<T>(value: T | undefined, text: string, type: DataType): T {
  if (value === undefined)
    throw new CsvSyntaxError(`'${text.length > 60 ? `${text.slice(0, 60)}...` : text}' is no ${typeToString(type)}`);
  return value;
}
