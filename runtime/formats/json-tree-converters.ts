import { MapValue, StreamcellError, type DataType, type Value } from '../types/index.js';
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
  atField,
  isDataError,
  JsonValueError,
  requireStringKey,
  type JsonDecodeOptions,
  type OnFieldError,
} from './json-converters.js';
import { nodeJson, nodeText, type JsonNode } from './json-tree.js';
import { parseDate, parseTime, parseTimestamp, withPrecision } from './time-text.js';

export type NodeConverter = (node: JsonNode) => Value;

/** Converters from a whole JSON tree, as Flink's json format works with `decode.json-parser.enabled` = false: coercions differ in places. */
export class JsonTreeConverters {
  constructor(
    private readonly options: JsonDecodeOptions,
    private readonly onFieldError: OnFieldError,
  ) {}

  nullable(type: DataType): NodeConverter {
    const convert = this.notNull(type);
    return (node) => {
      if (node.kind === 'null') return null;
      try {
        return convert(node);
      } catch (error) {
        if (!this.options.ignoreParseErrors || !isDataError(error)) throw error;
        this.onFieldError();
        return null;
      }
    };
  }

  private notNull(type: DataType): NodeConverter {
    switch (type.root) {
      case 'NULL':
        return () => null;
      case 'BOOLEAN':
        return (n) => (n.kind === 'boolean' ? n.value : javaTrim(nodeText(n)).toLowerCase() === 'true');
      case 'TINYINT':
        return (n) => found(parseInteger(javaTrim(nodeText(n)), -128, 127), n, 'TINYINT');
      case 'SMALLINT':
        return (n) => found(parseInteger(javaTrim(nodeText(n)), -32768, 32767), n, 'SMALLINT');
      case 'INTEGER':
      case 'INTERVAL_YEAR_MONTH':
        return (n) => {
          const value = numeric(n);
          if (value !== undefined && value >= -2147483648 && value <= 2147483647) return Math.trunc(value) + 0;
          return found(parseInteger(javaTrim(nodeText(n)), -2147483648, 2147483647), n, 'INT');
        };
      case 'BIGINT':
      case 'INTERVAL_DAY_TIME':
        return bigint;
      case 'FLOAT':
        return (n) =>
          n.kind === 'double' ? Math.fround(n.value) : found(parseFloat32(javaTrim(nodeText(n))), n, 'FLOAT');
      case 'DOUBLE':
        return (n) => (n.kind === 'double' ? n.value : found(parseDouble(javaTrim(nodeText(n))), n, 'DOUBLE'));
      case 'DECIMAL':
        return (n) => rescale(n.kind === 'decimal' ? n.value : found(decimalOf(nodeText(n)), n, 'DECIMAL'), type);
      case 'CHAR':
      case 'VARCHAR':
        return (n) => (n.kind === 'array' || n.kind === 'object' ? nodeJson(n) : nodeText(n));
      case 'BINARY':
      case 'VARBINARY':
        return (n) => (n.kind === 'string' ? found(decodeBase64(n.value), n, 'base64 BYTES') : null);
      case 'DATE':
        return (n) => found(parseDate(nodeText(n)), n, 'DATE');
      case 'TIME':
        return (n) => found(parseTime(nodeText(n)), n, 'TIME');
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ': {
        const standard = this.options.timestampStandard;
        const zoned = type.root === 'TIMESTAMP_LTZ';
        return (n) => withPrecision(found(parseTimestamp(nodeText(n), standard, zoned), n, type.root), type);
      }
      case 'ARRAY': {
        const element = this.nullable(type.element);
        return (n) => {
          if (n.kind !== 'array') throw mismatch(n, 'ARRAY');
          return n.items.map(element);
        };
      }
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

  private map(type: DataType, key: DataType, value: DataType): NodeConverter {
    requireStringKey(type, key);
    const convert = this.nullable(value);
    return (n) => new MapValue(n.kind === 'object' ? [...n.fields].map(([k, v]) => [k, convert(v)] as const) : []);
  }

  row(names: readonly string[], types: readonly DataType[]): (node: JsonNode) => Value[] {
    const converters = types.map((type) => this.nullable(type));
    return (n) => {
      if (n.kind !== 'object') throw mismatch(n, 'ROW');
      return names.map((name, i) => {
        const field = n.fields.get(name);
        if (field === undefined) {
          if (this.options.failOnMissingField) throw new JsonValueError(`could not find field with name '${name}'`);
          return null;
        }
        try {
          return converters[i](field);
        } catch (error) {
          throw atField(error, name);
        }
      });
    };
  }
}

function bigint(n: JsonNode): bigint {
  if (n.kind === 'double' && n.value >= -TWO_63 && n.value <= TWO_63) return doubleToLong(n.value);
  if (n.kind === 'decimal') {
    const scale = BigInt(Math.abs(n.value.scale));
    const whole =
      scale > 400n ? undefined : n.value.scale >= 0 ? n.value.unscaled / 10n ** scale : n.value.unscaled * 10n ** scale;
    const value = whole === undefined ? undefined : parseLong(String(whole));
    if (value !== undefined) return value;
  }
  return found(parseLong(javaTrim(nodeText(n))), n, 'BIGINT');
}

function numeric(n: JsonNode): number | undefined {
  if (n.kind === 'double') return n.value;
  if (n.kind === 'integer') return Number(n.value);
  if (n.kind === 'decimal') return Number(nodeText(n));
  return undefined;
}

function found<T>(value: T | undefined, node: JsonNode, wanted: string): T {
  if (value === undefined) throw mismatch(node, wanted);
  return value;
}

function mismatch(node: JsonNode, wanted: string): JsonValueError {
  const text = node.kind === 'object' ? '{' : node.kind === 'array' ? '[' : nodeText(node);
  return new JsonValueError(`${text.length > 60 ? `${text.slice(0, 60)}...` : text} is no ${wanted}`);
}
