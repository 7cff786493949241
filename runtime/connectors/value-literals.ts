import { decimalOf, parseDouble, parseFloat32, parseInteger, parseLong, rescale } from '../formats/java-values.js';
import { nodeText, type JsonNode } from '../formats/json-tree.js';
import { parseDate, parseTime, parseTimestamp } from '../formats/time-text.js';
import { MapValue, VariantValue, type DataType, type RowField, type Value } from '../types/index.js';

/**
 * A value of a type from JSON as rows are written by hand: strings for times, decimals and large integers; bytes as `0x...` or text;
 * arrays for ARRAY; objects or pairs for MAP and MULTISET; arrays or objects for ROW.
 * @returns undefined when the JSON does not fit the type.
 */
export function valueOf(node: JsonNode, type: DataType): Value | undefined {
  if (node.kind === 'null') return null;
  const text = nodeText(node);
  switch (type.root) {
    case 'NULL':
      return undefined;
    case 'BOOLEAN':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'TINYINT':
      return parseInteger(text, -128, 127);
    case 'SMALLINT':
      return parseInteger(text, -32768, 32767);
    case 'INTEGER':
    case 'INTERVAL_YEAR_MONTH':
      return parseInteger(text, -2147483648, 2147483647);
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME':
      return parseLong(text);
    case 'FLOAT':
      return parseFloat32(text);
    case 'DOUBLE':
      return parseDouble(text);
    case 'DECIMAL': {
      const value = decimalOf(text);
      return value === undefined ? undefined : (rescale(value, type) ?? undefined);
    }
    case 'CHAR':
    case 'VARCHAR':
      return node.kind === 'array' || node.kind === 'object' ? undefined : text;
    case 'BINARY':
    case 'VARBINARY':
      if (node.kind !== 'string') return undefined;
      return Uint8Array.from(/^0x([0-9a-f]{2})*$/i.test(text) ? Buffer.from(text.slice(2), 'hex') : Buffer.from(text));
    case 'DATE':
      return parseDate(text);
    case 'TIME':
      return parseTime(text);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return parseTimestamp(text.replace('T', ' ').replace(/Z$/, ''), 'SQL', false);
    case 'ARRAY':
      return node.kind === 'array' ? all(node.items.map((item) => valueOf(item, type.element))) : undefined;
    case 'MULTISET':
      return mapOf(node, type.element, { root: 'INTEGER', nullable: false });
    case 'MAP':
      return mapOf(node, type.key, type.value);
    case 'ROW':
      return rowOf(node, type.fields);
    case 'VARIANT':
      return new VariantValue(plain(node));
  }
}

function all(values: readonly (Value | undefined)[]): Value[] | undefined {
  return values.some((v) => v === undefined) ? undefined : (values as Value[]);
}

function rowOf(node: JsonNode, fields: readonly RowField[]): Value[] | undefined {
  if (node.kind === 'array') {
    return node.items.length === fields.length ? all(fields.map((f, i) => valueOf(node.items[i], f.type))) : undefined;
  }
  if (node.kind !== 'object') return undefined;
  return all(
    fields.map((f) => {
      const field = node.fields.get(f.name);
      return field === undefined ? null : valueOf(field, f.type);
    }),
  );
}

function mapOf(node: JsonNode, key: DataType, value: DataType): MapValue | undefined {
  const pairs: readonly (readonly [JsonNode, JsonNode])[] | undefined =
    node.kind === 'object'
      ? [...node.fields].map(([k, v]) => [{ kind: 'string', value: k }, v])
      : node.kind === 'array' && node.items.every((i) => i.kind === 'array' && i.items.length === 2)
        ? node.items.map((i) => (i.kind === 'array' ? [i.items[0], i.items[1]] : [i, i]))
        : undefined;
  if (pairs === undefined) return undefined;
  const entries = pairs.map(([k, v]) => all([valueOf(k, key), valueOf(v, value)]));
  if (entries.some((e) => e === undefined)) return undefined;
  return new MapValue(entries.map((e) => [(e as Value[])[0], (e as Value[])[1]]));
}

function plain(node: JsonNode): unknown {
  switch (node.kind) {
    case 'null':
      return null;
    case 'integer':
      return Number(node.value);
    case 'decimal':
      return Number(nodeText(node));
    case 'array':
      return node.items.map(plain);
    case 'object':
      return Object.fromEntries([...node.fields].map(([k, v]) => [k, plain(v)]));
    default:
      return node.value;
  }
}
