import { formatDate, parseDate, parseTime, parseTimestamp } from '../formats/time-text.js';
import { decimalOf, parseDouble, parseFloat32, parseInteger, parseLong, rescale } from '../formats/java-values.js';
import { javaText } from './print.js';
import { StreamcellError, typeToString, type DataType, type Timestamp, type Value } from '../types/index.js';

/** Characters that a directory name of a partition must not hold as they are. */
const ESCAPED = new Set([...'"#%\'*/:=?\\{[]^'].map((c) => c.charCodeAt(0)).concat([0x7f]));

export function escapePathName(text: string): string {
  let out = '';
  for (const c of text) {
    const code = c.charCodeAt(0);
    out += code < 32 || ESCAPED.has(code) ? `%${code.toString(16).toUpperCase().padStart(2, '0')}` : c;
  }
  return out;
}

function unescapePathName(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** The value of a partition column in the directories `key=value` of a file. */
export function partitionValue(
  directories: readonly string[],
  key: string,
  type: DataType,
  defaultName: string,
): Value {
  for (const directory of directories) {
    const cut = directory.indexOf('=');
    if (cut < 0 || unescapePathName(directory.slice(0, cut)) !== key) continue;
    const text = unescapePathName(directory.slice(cut + 1));
    if (text === defaultName) return null;
    const value = fromText(text, type);
    if (value !== undefined) return value;
    throw new StreamcellError('RECORD_MALFORMED', `Partition '${directory}' is no ${typeToString(type)}.`);
  }
  throw new StreamcellError('FILE_ACCESS', `The path ${directories.join('/')} has no partition '${key}'.`);
}

/** The directory value of a partition column. */
export function partitionText(value: Value, type: DataType, defaultName: string): string {
  if (value === null || value === '') return defaultName;
  if (type.root === 'TIMESTAMP' || type.root === 'TIMESTAMP_LTZ') {
    const { millis } = value as Timestamp;
    const days = Math.floor(millis / 86_400_000);
    return millis === days * 86_400_000
      ? `${formatDate(days)} 00:00:00`
      : javaText(value, type).replace('T', ' ').replace(/Z$/, '');
  }
  return javaText(value, type);
}

function fromText(text: string, type: DataType): Value | undefined {
  switch (type.root) {
    case 'CHAR':
    case 'VARCHAR':
      return text;
    case 'BOOLEAN':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'TINYINT':
      return parseInteger(text, -128, 127);
    case 'SMALLINT':
      return parseInteger(text, -32768, 32767);
    case 'INTEGER':
      return parseInteger(text, -2147483648, 2147483647);
    case 'BIGINT':
      return parseLong(text);
    case 'FLOAT':
      return parseFloat32(text);
    case 'DOUBLE':
      return parseDouble(text);
    case 'DECIMAL': {
      const value = decimalOf(text);
      return value === undefined ? undefined : rescale(value, type);
    }
    case 'DATE':
      return parseDate(text);
    case 'TIME':
      return parseTime(text);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return parseTimestamp(text, 'SQL', false);
    default:
      throw new StreamcellError('TYPE_UNSUPPORTED', `A partition column cannot be of type ${typeToString(type)}.`);
  }
}
