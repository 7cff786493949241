import { rescale } from '../formats/java-values.js';
import { Options } from '../formats/options.js';
import {
  isNarrow,
  MapValue,
  StrColumn,
  StreamcellError,
  Timestamp,
  typeToString,
  type Column,
  type DataType,
  type DecimalType,
  type Value,
} from '../types/index.js';
import type { Random } from './random.js';

/** Generator of one field: its values by row number, or straight into a column. */
export interface FieldGenerator {
  /** The value of the source's row number `index`. */
  value(index: number): Value;
  /** Fills rows [0, n) of a fresh column with the values of rows first, first + step, ... A generator without it is asked value by value. */
  readonly fill?: (column: Column, n: number, first: number, step: number) => void;
  /** Rows it can give, for sequences. */
  readonly count: number;
  /** Option keys it understands. */
  readonly keys: readonly string[];
}

const HEX = new TextEncoder().encode('0123456789abcdef');
const DEFAULT_LENGTH = 100;
const UNBOUNDED_LENGTH = 2147483647;
const MIN_DOUBLE = 5e-324;
const MAX_FLOAT = 3.4028234663852886e38;
const MIN_FLOAT = 1.401298464324817e-45;

/** Makes the generators of a datagen table from its `fields.NAME.*` options, with the defaults and refusals of Flink's. */
export class FieldGenerators {
  constructor(
    private readonly options: Options,
    private readonly random: Random,
  ) {}

  create(name: string, type: DataType): FieldGenerator {
    const kindKey = `fields.${name}.kind`;
    const kind = this.options.string(kindKey) ?? 'random';
    if (kind !== 'random' && kind !== 'sequence')
      throw this.options.invalid(kindKey, `Unsupported generator kind: ${kind}.`);
    const generator = kind === 'random' ? this.randomField(name, type) : this.sequence(name, type);
    return { ...generator, keys: [...generator.keys, kindKey] };
  }

  private randomField(name: string, type: DataType): FieldGenerator {
    const key = (option: string): string => `fields.${name}.${option}`;
    this.checkLength(name, type);
    const { random } = this;
    const rateKey = key('null-rate');
    const rate = this.options.number(rateKey, 0);
    const nullable = (value: (index: number) => Value): ((index: number) => Value) =>
      rate === 0 ? value : (index) => (random.double() < rate ? null : value(index));
    const of = (value: () => Value, keys: readonly string[], fill?: FieldGenerator['fill']): FieldGenerator => ({
      value: nullable(value),
      fill: rate === 0 ? fill : undefined,
      count: Infinity,
      keys: keys.map(key),
    });
    switch (type.root) {
      case 'BOOLEAN':
        return of(
          () => random.int32() < 0,
          ['null-rate'],
          fillI32(() => (random.int32() < 0 ? 1 : 0)),
        );
      case 'TINYINT':
        return this.integers(name, -128, 127, of);
      case 'SMALLINT':
        return this.integers(name, -32768, 32767, of);
      case 'INTEGER':
        return this.integers(name, -2147483648, 2147483647, of);
      case 'INTERVAL_YEAR_MONTH':
        return this.integers(name, 0, 120000, of);
      case 'BIGINT':
      case 'INTERVAL_DAY_TIME':
        return this.longs(name, of);
      case 'FLOAT':
      case 'DOUBLE': {
        const float = type.root === 'FLOAT';
        const [min, max] = this.range(name, float ? MIN_FLOAT : MIN_DOUBLE, float ? MAX_FLOAT : Number.MAX_VALUE);
        const next = (): number => {
          const u = random.double();
          const x = min * (1 - u) + max * u;
          return float ? Math.fround(x) : x;
        };
        return of(next, ['min', 'max', 'null-rate'], (column, n) => {
          if (column.physical === 'f64') for (let i = 0; i < n; i++) column.values[i] = next();
        });
      }
      case 'DECIMAL':
        return this.decimals(name, type, of);
      case 'CHAR':
      case 'VARCHAR': {
        const fixed = type.root === 'CHAR';
        const declared = type.length === UNBOUNDED_LENGTH ? DEFAULT_LENGTH : type.length;
        const length = fixed ? type.length : this.options.integer(key('length'), declared);
        const lengthOf = this.lengths(name, length, fixed);
        return of(
          () => hexText(random, lengthOf()),
          fixed ? ['null-rate'] : ['length', 'null-rate', 'var-len'],
          (column, n) => fillHex(column, n, random, lengthOf, length),
        );
      }
      case 'BINARY':
      case 'VARBINARY': {
        const fixed = type.root === 'BINARY';
        const declared = type.length === UNBOUNDED_LENGTH ? DEFAULT_LENGTH : type.length;
        const lengthOf = this.lengths(name, fixed ? type.length : this.options.integer(key('length'), declared), fixed);
        const value = (): Value => Uint8Array.from({ length: lengthOf() }, () => random.int32() & 255);
        return { value, count: Infinity, keys: fixed ? [] : [key('length'), key('var-len')] };
      }
      case 'DATE':
      case 'TIME':
        return now(type);
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ': {
        const past = this.options.duration(key('max-past'), 0);
        const next = (): number => Date.now() - (past > 0 ? Math.floor(random.double() * past) : 0);
        return of(
          () => new Timestamp(next()),
          ['max-past', 'null-rate'],
          (column, n) => {
            if (column.physical === 'ts') for (let i = 0; i < n; i++) column.millis[i] = next();
          },
        );
      }
      case 'ARRAY': {
        const length = this.options.integer(key('length'), 3);
        const element = this.randomField(`${name}.element`, type.element);
        const value = (i: number): Value => Array.from({ length }, () => element.value(i));
        return { value: nullable(value), count: Infinity, keys: [...element.keys, rateKey, key('length')] };
      }
      case 'MULTISET': {
        const element = this.randomField(`${name}.element`, type.element);
        const counts: FieldGenerator = { value: () => random.between(0, 10), count: Infinity, keys: [] };
        return this.map(name, element, counts, nullable);
      }
      case 'MAP':
        return this.map(
          name,
          this.randomField(`${name}.key`, type.key),
          this.randomField(`${name}.value`, type.value),
          nullable,
        );
      case 'ROW': {
        const fields = type.fields.map((f) => this.randomField(`${name}.${f.name}`, f.type));
        const value = (i: number): Value => fields.map((f) => f.value(i));
        return { value: nullable(value), count: Infinity, keys: [...fields.flatMap((f) => f.keys), rateKey] };
      }
      case 'NULL':
      case 'VARIANT':
        throw unsupported(name, type);
    }
  }

  private integers(name: string, lowest: number, highest: number, of: Make): FieldGenerator {
    const min = this.options.integer(`fields.${name}.min`, lowest);
    const max = this.options.integer(`fields.${name}.max`, highest);
    this.checkBounds(name, min, max);
    const next = (): number => this.random.between(min, max);
    return of(next, ['min', 'max', 'null-rate'], fillI32(next));
  }

  private longs(name: string, of: Make): FieldGenerator {
    const min = this.options.bigint(`fields.${name}.min`) ?? -(2n ** 63n);
    const max = this.options.bigint(`fields.${name}.max`) ?? 2n ** 63n - 1n;
    this.checkBounds(name, min, max);
    const keys = ['min', 'max', 'null-rate'];
    if (!isNarrow(min) || !isNarrow(max) || !isNarrow(max - min + 1n))
      return of(() => this.random.bigBetween(min, max), keys);
    const [from, to] = [Number(min), Number(max)];
    return of(
      () => BigInt(this.random.between(from, to)),
      keys,
      (column, n) => {
        if (column.physical === 'i64') for (let i = 0; i < n; i++) column.values[i] = this.random.between(from, to);
      },
    );
  }

  private decimals(name: string, type: DecimalType, of: Make): FieldGenerator {
    const largest = 10 ** (type.precision - type.scale) - 10 ** -type.scale;
    const [min, max] = this.range(name, MIN_DOUBLE, Number.MAX_VALUE);
    const low = Math.max(-largest, min);
    const high = Math.min(largest, max);
    const next = (): Value => {
      const x = low + this.random.double() * (high - low);
      // Digits beyond a double's own are noise; cut, never rounded up past the largest value.
      const digits = Math.min(type.scale, 15);
      return rescale({ unscaled: BigInt(Math.trunc(x * 10 ** digits)), scale: digits }, type);
    };
    return of(next, ['min', 'max', 'null-rate']);
  }

  private map(
    name: string,
    key: FieldGenerator,
    value: FieldGenerator,
    nullable: (value: (index: number) => Value) => (index: number) => Value,
  ): FieldGenerator {
    const length = this.options.integer(`fields.${name}.length`, 3);
    const next = (i: number): Value =>
      new MapValue(Array.from({ length }, () => [key.value(i), value.value(i)] as const));
    return {
      value: nullable(next),
      count: Infinity,
      keys: [...key.keys, ...value.keys, `fields.${name}.null-rate`, `fields.${name}.length`],
    };
  }

  private sequence(name: string, type: DataType): FieldGenerator {
    const keys = [`fields.${name}.start`, `fields.${name}.end`];
    if (type.root === 'BOOLEAN') return { ...this.randomField(name, type), keys };
    if (type.root === 'DATE' || type.root === 'TIME') return { ...now(type), keys };
    for (const key of keys) {
      if (!this.options.has(key)) {
        throw new StreamcellError(
          'OPTION_MISSING',
          `Could not find required property '${key}' for sequence generator.`,
        );
      }
    }
    const start = this.options.bigint(keys[0]) ?? 0n;
    const end = this.options.bigint(keys[1]) ?? 0n;
    const size = end - start + 1n;
    const count = Number(size < 0n ? -size : size);
    const narrow = isNarrow(start) && isNarrow(end);
    const from = Number(start);
    const long = (index: number): bigint => start + BigInt(index);
    switch (type.root) {
      case 'TINYINT':
      case 'SMALLINT':
      case 'INTEGER':
        return { value: (i) => from + i, fill: fillSequence(from), count, keys };
      case 'BIGINT':
        return { value: long, fill: narrow ? fillSequence(from) : undefined, count, keys };
      case 'FLOAT':
      case 'DOUBLE':
        return { value: (i) => from + i, fill: fillSequence(from), count, keys };
      case 'DECIMAL':
        return { value: (i) => rescale({ unscaled: long(i), scale: 0 }, type), count, keys };
      case 'CHAR':
      case 'VARCHAR':
        return { value: (i) => String(long(i)), count, keys };
      case 'BINARY':
      case 'VARBINARY':
        return { value: (i) => bigEndian(long(i)), count, keys };
      default:
        throw unsupported(name, type);
    }
  }

  private range(name: string, lowest: number, highest: number): readonly [number, number] {
    const min = this.options.number(`fields.${name}.min`, lowest);
    const max = this.options.number(`fields.${name}.max`, highest);
    this.checkBounds(name, min, max);
    return [min, max];
  }

  private checkBounds<T extends number | bigint>(name: string, min: T, max: T): void {
    if (min > max)
      throw this.options.invalid(`fields.${name}.min`, `min bound must not be greater than max [${min}, ${max}].`);
  }

  private lengths(name: string, length: number, fixed: boolean): () => number {
    if (fixed || !this.options.boolean(`fields.${name}.var-len`, false)) return () => length;
    return () => this.random.between(1, Math.max(1, length - 1));
  }

  private checkLength(name: string, type: DataType): void {
    const varLen = `fields.${name}.var-len`;
    if (this.options.boolean(varLen, false) && type.root !== 'VARCHAR' && type.root !== 'VARBINARY') {
      throw this.options.invalid(
        varLen,
        `only variable-length types (VARCHAR, STRING, VARBINARY, BYTES) take it, not ${typeToString(type)}.`,
      );
    }
    const key = `fields.${name}.length`;
    const length = this.options.integer(key);
    if (length === undefined) return;
    if (type.root === 'CHAR' || type.root === 'BINARY') {
      throw this.options.invalid(
        key,
        `Custom length for fixed-length type (CHAR/BINARY) field '${name}' is not supported.`,
      );
    }
    if ((type.root === 'VARCHAR' || type.root === 'VARBINARY') && length > type.length) {
      throw this.options.invalid(
        key,
        `Custom length '${length}' of field '${name}' should be shorter than '${type.length}' defined in the schema.`,
      );
    }
  }
}

type Make = (value: () => Value, keys: readonly string[], fill?: FieldGenerator['fill']) => FieldGenerator;

function unsupported(name: string, type: DataType): StreamcellError {
  return new StreamcellError(
    'TYPE_UNSUPPORTED',
    `The datagen connector cannot generate field '${name}' of type ${typeToString(type)}.`,
  );
}

function now(type: DataType): FieldGenerator {
  const offset = new Date().getTimezoneOffset() * 60_000;
  return {
    value: () => {
      const local = Date.now() - offset;
      const days = Math.floor(local / 86_400_000);
      return type.root === 'DATE' ? days : local - days * 86_400_000;
    },
    count: Infinity,
    keys: [],
  };
}

function fillI32(next: () => number): NonNullable<FieldGenerator['fill']> {
  return (column, n) => {
    if (column.physical === 'i32') for (let i = 0; i < n; i++) column.values[i] = next();
  };
}

function fillSequence(from: number): NonNullable<FieldGenerator['fill']> {
  return (column, n, first, step) => {
    if (column.physical !== 'i32' && column.physical !== 'f64' && column.physical !== 'i64') return;
    for (let i = 0; i < n; i++) column.values[i] = from + first + i * step;
  };
}

function hexText(random: Random, length: number): string {
  let text = '';
  while (text.length < length) text += (random.int32() >>> 0).toString(16).padStart(8, '0');
  return text.slice(0, length);
}

function fillHex(column: Column, n: number, random: Random, lengthOf: () => number, most: number): void {
  if (!(column instanceof StrColumn)) return;
  const data = new Uint8Array(n * most);
  const starts = new Int32Array(n);
  const lengths = new Int32Array(n);
  let at = 0;
  for (let i = 0; i < n; i++) {
    const length = lengthOf();
    starts[i] = at;
    lengths[i] = length;
    const end = at + length;
    let bits = 0;
    for (let k = 0; at < end; k++) {
      bits = (k & 7) === 0 ? random.int32() : bits >>> 4;
      data[at++] = HEX[bits & 15];
    }
  }
  column.data = data;
  column.starts = starts;
  column.lengths = lengths;
  column.strings = null;
}

function bigEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value);
  return bytes;
}
