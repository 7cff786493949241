import { MapValue, typeToString, StreamcellError, type DataType, type Value } from '../types/index.js';
import {
  decimalOf,
  decodeBase64,
  doubleToLong,
  javaTrim,
  parseDouble,
  parseFloat32,
  parseInteger,
  parseLong,
  rescale,
  TWO_63,
} from './java-values.js';
import {
  END_ARRAY,
  END_OBJECT,
  FALSE,
  FLOAT,
  INTEGER,
  JsonSyntaxError,
  NO_TOKEN,
  NULL,
  START_ARRAY,
  START_OBJECT,
  STRING,
  TRUE,
  type JsonTokens,
} from './json-tokens.js';
import { nodeJson, readTree } from './json-tree.js';
import { parseDate, parseTime, parseTimestamp, withPrecision, type TimestampStandard } from './time-text.js';

export interface JsonDecodeOptions {
  readonly failOnMissingField: boolean;
  readonly ignoreParseErrors: boolean;
  readonly timestampStandard: TimestampStandard;
  /** Whether numbers inside a container that is read as STRING keep all digits: so when any wanted column is a DECIMAL. */
  readonly decimals: boolean;
}

/** Reads the value at the current token of `tokens`, and leaves it at the value's last token, unless it fails. */
export type JsonConverter = (tokens: JsonTokens) => Value;

/** What a conversion meets that is not what the type asks for. */
export class JsonValueError extends Error {}

/** The same, where nothing of the record can be saved. */
export class JsonRecordError extends JsonValueError {}

/**
 * Whether the referee's reader, giving up on a base64 text, cannot find the end of the string any more: it has taken the closing quote for
 * the second letter of a group, or stands within a character of several bytes.
 */
function losesRecord(text: string): boolean {
  let letters = 0;
  for (const c of text) {
    if (c <= ' ') continue;
    if (!/[A-Za-z0-9+/]/.test(c)) return c > '\u007f';
    letters++;
  }
  return letters % 4 === 1;
}

/** Called for each field that a failed conversion sets to NULL. */
export type OnFieldError = () => void;

/**
 * Converters from JSON tokens to values, in the manner of Flink's own pull-based converters, down to where they leave the reader after an
 * error: under ignore-parse-errors a failed field becomes NULL, and reading goes on from the token at which the conversion stopped.
 */
export class JsonConverters {
  constructor(
    private readonly options: JsonDecodeOptions,
    private readonly onFieldError: OnFieldError,
  ) {}

  /** A converter that takes JSON null to NULL and, under ignore-parse-errors, failures too. */
  nullable(type: DataType): JsonConverter {
    const convert = this.notNull(type);
    if (!this.options.ignoreParseErrors) return (t) => (t.token === NULL || t.token === NO_TOKEN ? null : convert(t));
    return (t) => {
      if (t.token === NULL || t.token === NO_TOKEN) return null;
      try {
        return convert(t);
      } catch (error) {
        if (!isDataError(error) || error instanceof JsonRecordError) throw error;
        this.onFieldError();
        return null;
      }
    };
  }

  private notNull(type: DataType): JsonConverter {
    switch (type.root) {
      case 'NULL':
        return () => null;
      case 'BOOLEAN':
        return (t) =>
          t.token === TRUE ? true : t.token === FALSE ? false : javaTrim(t.text()).toLowerCase() === 'true';
      case 'TINYINT':
        return (t) => this.small(t, -128, 127);
      case 'SMALLINT':
        return (t) => this.small(t, -32768, 32767);
      case 'INTEGER':
      case 'INTERVAL_YEAR_MONTH':
        return integer;
      case 'BIGINT':
      case 'INTERVAL_DAY_TIME':
        return long;
      case 'FLOAT':
        return (t) => found(parseFloat32(numberText(t)), t, 'FLOAT');
      case 'DOUBLE':
        return (t) => found(parseDouble(numberText(t)), t, 'DOUBLE');
      case 'DECIMAL':
        return (t) => {
          if (t.token !== STRING && t.token !== INTEGER && t.token !== FLOAT) throw mismatch(t, 'DECIMAL');
          return rescale(found(decimalOf(javaTrim(t.text())), t, 'DECIMAL'), type);
        };
      case 'CHAR':
      case 'VARCHAR':
        return (t) =>
          t.token === START_OBJECT || t.token === START_ARRAY ? nodeJson(readTree(t, this.options.decimals)) : t.text();
      case 'BINARY':
      case 'VARBINARY':
        return (t) => {
          if (t.token !== STRING) throw mismatch(t, 'base64 BYTES');
          const text = t.text();
          if (losesRecord(text)) throw new JsonRecordError(`${text.slice(0, 60)} is no base64 BYTES`);
          return found(decodeBase64(text), t, 'base64 BYTES');
        };
      case 'DATE':
        return (t) => found(parseDate(t.text()), t, 'DATE');
      case 'TIME':
        return (t) => found(parseTime(t.text()), t, 'TIME');
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ': {
        const standard = this.options.timestampStandard;
        const zoned = type.root === 'TIMESTAMP_LTZ';
        return (t) => withPrecision(found(parseTimestamp(t.text(), standard, zoned), t, type.root), type);
      }
      case 'ARRAY':
        return this.array(type.element);
      case 'MAP':
        return this.map(type, type.key, type.value);
      case 'MULTISET':
        return this.map(type, type.element, { root: 'INTEGER', nullable: false });
      case 'ROW':
        return this.row(
          type.fields.map((f) => f.name),
          type.fields.map((f) => f.type),
        );
      case 'VARIANT':
        throw new StreamcellError('TYPE_UNSUPPORTED', 'The json format does not support the type VARIANT.');
    }
  }

  private small(tokens: JsonTokens, min: number, max: number): number {
    // Flink asks a number token for its int value first, and refuses fractions by parsing their text.
    return found(parseInteger(javaTrim(tokens.text()), min, max), tokens, min === -128 ? 'TINYINT' : 'SMALLINT');
  }

  private array(element: DataType): JsonConverter {
    const convert = this.nullable(element);
    return (t) => {
      if (t.token !== START_ARRAY) throw mismatch(t, 'ARRAY');
      const items: Value[] = [];
      while (t.next() !== END_ARRAY) items.push(convert(t));
      return items;
    };
  }

  private map(type: DataType, key: DataType, value: DataType): JsonConverter {
    requireStringKey(type, key);
    const convert = this.nullable(value);
    return (t) => {
      if (!t.at(START_OBJECT)) throw mismatch(t, 'MAP');
      const entries = new Map<string, Value>();
      while (t.next() !== END_OBJECT) {
        const name = t.text();
        t.next();
        entries.set(name, convert(t));
      }
      return new MapValue([...entries]);
    };
  }

  /** A row of named fields. Once every field was seen, the rest of the object is only skipped, so that repeated keys no longer count. */
  row(names: readonly string[], types: readonly DataType[]): (tokens: JsonTokens) => Value[] {
    const converters = types.map((type) => this.nullable(type));
    const indexOf = new Map(names.map((name, i) => [name, i]));
    const arity = indexOf.size;
    return (t) => {
      if (!t.at(START_OBJECT)) throw mismatch(t, 'ROW');
      const row = new Array<Value>(types.length).fill(null);
      let seen = 0;
      t.next();
      while (!t.at(END_OBJECT)) {
        if (seen >= arity) {
          skipToNextField(t);
          continue;
        }
        const name = t.text();
        t.next();
        const index = indexOf.get(name);
        if (index === undefined) {
          skipToNextField(t);
          continue;
        }
        try {
          row[index] = converters[index](t);
        } catch (error) {
          throw atField(error, name);
        }
        t.next();
        seen++;
      }
      if (seen < arity && this.options.failOnMissingField)
        throw new JsonValueError('some field is missing in the JSON data');
      return row;
    };
  }

  /**
   * The wanted columns of a record, by path into the format's row. When all are top-level it is a plain row; otherwise objects are walked
   * down to the wanted leaves.
   */
  projection(paths: readonly (readonly string[])[], types: readonly DataType[]): (tokens: JsonTokens) => Value[] {
    if (paths.every((p) => p.length === 1)) {
      return this.row(
        paths.map((p) => p[0]),
        types,
      );
    }
    const root = new Walk();
    paths.forEach((path, i) => root.add(path, 0, i, this.nullable(types[i])));
    return (t) => {
      const row = new Array<Value>(types.length).fill(null);
      root.read(t, row, this.options.failOnMissingField);
      return row;
    };
  }
}

/** One object level of a nested projection. */
class Walk {
  private readonly leaves = new Map<string, { readonly index: number; readonly convert: JsonConverter }>();
  private readonly inner = new Map<string, Walk>();

  add(path: readonly string[], depth: number, index: number, convert: JsonConverter): void {
    const name = path[depth];
    if (depth === path.length - 1) {
      this.leaves.set(name, { index, convert });
      return;
    }
    let walk = this.inner.get(name);
    if (walk === undefined) this.inner.set(name, (walk = new Walk()));
    walk.add(path, depth + 1, index, convert);
  }

  read(t: JsonTokens, row: Value[], failOnMissing: boolean): void {
    if (!t.at(START_OBJECT)) throw mismatch(t, 'ROW');
    const arity = this.leaves.size + this.inner.size;
    let seen = 0;
    t.next();
    while (!t.at(END_OBJECT)) {
      if (seen >= arity) {
        skipToNextField(t);
        continue;
      }
      const name = t.text();
      t.next();
      const leaf = this.leaves.get(name);
      const inner = this.inner.get(name);
      if (leaf === undefined && inner === undefined) {
        skipToNextField(t);
        continue;
      }
      if (!t.at(NULL) && !t.at(NO_TOKEN)) {
        if (leaf !== undefined) row[leaf.index] = leaf.convert(t);
        else inner?.read(t, row, failOnMissing);
      }
      t.next();
      seen++;
    }
    if (seen < arity && failOnMissing) throw new JsonValueError('some field is missing in the JSON data');
  }
}

export function requireStringKey(type: DataType, key: DataType): void {
  if (key.root === 'CHAR' || key.root === 'VARCHAR') return;
  throw new StreamcellError(
    'TYPE_UNSUPPORTED',
    `The json format does not support a key that is not a string: ${typeToString(type)}.`,
  );
}

/** Whether what was thrown says that the record is wrong, rather than that we are. */
export function isDataError(error: unknown): boolean {
  return error instanceof JsonSyntaxError || error instanceof JsonValueError;
}

export function atField(error: unknown, name: string): unknown {
  if (!(error instanceof JsonValueError) && !(error instanceof JsonSyntaxError)) return error;
  const message = `field '${name}': ${error.message}`;
  return error instanceof JsonRecordError ? new JsonRecordError(message) : new JsonValueError(message);
}

function skipToNextField(tokens: JsonTokens): void {
  if (tokens.token === NO_TOKEN) throw new JsonSyntaxError('unexpected end of input');
  tokens.skipChildren();
  tokens.next();
}

function integer(t: JsonTokens): number {
  if (t.token === FLOAT) {
    const value = Number(t.text());
    if (value < -2147483648 || value > 2147483647) throw mismatch(t, 'INT');
    return Math.trunc(value) + 0;
  }
  return found(parseInteger(javaTrim(t.text()), -2147483648, 2147483647), t, 'INT');
}

function long(t: JsonTokens): bigint {
  if (t.token === FLOAT) {
    const value = Number(t.text());
    if (value < -TWO_63 || value > TWO_63) throw mismatch(t, 'BIGINT');
    return doubleToLong(value);
  }
  return found(parseLong(javaTrim(t.text())), t, 'BIGINT');
}

function numberText(t: JsonTokens): string {
  const text = t.text();
  return t.token === FLOAT || t.token === INTEGER ? text : javaTrim(text);
}

function found<T>(value: T | undefined, t: JsonTokens, wanted: string): T {
  if (value === undefined) throw mismatch(t, wanted);
  return value;
}

function mismatch(t: JsonTokens, wanted: string): JsonValueError {
  if (t.token === NO_TOKEN) return new JsonValueError(`the text ends where ${wanted} was expected`);
  const text = t.text();
  return new JsonValueError(`${text.length > 60 ? `${text.slice(0, 60)}...` : text} is no ${wanted}`);
}
