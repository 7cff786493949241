import { type ExactJson, ExactNumber, writeExactJson } from '../cluster/exact-json.js';
import { Timestamp } from '@streamcell/runtime/types/index';
import { inZone } from './boxed-values.js';
import { sqlString } from './engine.js';
import { durationMillis, innerTypes, periodMonths, plainClock, rowFields } from './type-text.js';

export class NotSql extends Error {}

type Fields = { readonly [name: string]: ExactJson };

/** `2021-09-24T12:34:56.1` on the clock of a zone, in UTC. Rows of tests are far from the hours in which clocks change. */
function toInstant(text: string, zone: string): string {
  const [whole = '', fraction = ''] = plainDateTime(text).split('.');
  const local = Date.parse(`${whole}Z`);
  const shift = inZone(new Timestamp(local), zone).millis - local;
  const utc = new Date(local - shift).toISOString().slice(0, 19);
  return fraction === '' ? utc : `${utc}.${fraction}`;
}

function plainDateTime(text: string): string {
  const [date = '', clock = '00:00'] = text.split('T');
  return `${date}T${plainClock(clock)}`;
}

function plainText(value: string, type: string, zone: string): ExactJson {
  const [, root = '', length = ''] = /^(\w+)(?:\((\d+))?/.exec(type) ?? [];
  switch (root) {
    case 'CHAR':
      return value + ' '.repeat(Math.max(0, Number(length || '1') - [...value].length));
    case 'TIME':
      return plainClock(value);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      // A LocalDateTime for an instant means the clock of the session's zone.
      const instant = root === 'TIMESTAMP_LTZ' && !value.endsWith('Z') ? toInstant(value, zone) : value;
      const [date = '', clock] = instant.replace(/Z$/, '').split(/[T ]/);
      if (clock === undefined) return value;
      const [seconds = '', fraction = ''] = plainClock(clock).split('.');
      const kept = fraction.slice(0, Number(length || '6'));
      return `${date} ${seconds}${kept === '' ? '' : `.${kept}`}`;
    }
    case 'INTERVAL': {
      const number = /YEAR|MONTH/.test(type) ? periodMonths(value) : durationMillis(value);
      return Number.isNaN(number) ? value : new ExactNumber(String(number));
    }
    default:
      return value;
  }
}

/**
 * A Java value (suite/JsonText.java) as the values connector reads it. Flink's tests cast their rows to the declared types; what such a
 * cast does to a literal (padding, fewer digits of a second) is done here.
 * @throws NotSql for an object of a Java class.
 */
export function plainValue(value: ExactJson, type: string, zone: string): ExactJson {
  if (value === null || typeof value === 'boolean' || value instanceof ExactNumber) return value;
  if (typeof value === 'string') return plainText(value, type, zone);
  const inner = innerTypes(type);
  if (Array.isArray(value)) return value.map((item: ExactJson) => plainValue(item, inner[0] ?? '', zone));
  const fields = value as Fields;
  if (fields['bytes'] !== undefined) {
    const length = /^BINARY\((\d+)\)/.exec(type)?.[1] ?? '0';
    return `0x${String(fields['bytes']).padEnd(Number(length) * 2, '0')}`;
  }
  if (fields['map'] !== undefined) {
    const entries = fields['map'] as readonly (readonly [ExactJson, ExactJson])[];
    return entries.map(([k, v]) => [plainValue(k, inner[0] ?? '', zone), plainValue(v, inner[1] ?? '', zone)]);
  }
  if (fields['row'] !== undefined) {
    return (fields['row'] as readonly ExactJson[]).map((item, i) => plainValue(item, inner[i] ?? '', zone));
  }
  if (fields['named'] !== undefined) {
    const named = fields['named'] as Fields;
    const types = new Map(type.startsWith('ROW<') ? rowFields(type).map((field) => [field.name, field.type]) : []);
    return Object.fromEntries(Object.entries(named).map(([k, v]) => [k, plainValue(v, types.get(k) ?? '', zone)]));
  }
  throw new NotSql(`a value of ${String(fields['java'])}`);
}

export interface Field {
  readonly name: string;
  readonly type: string;
}

/** Rows with their kinds ({"kind", "row"} or {"kind", "named"}), as the option `rows`. `pick` chooses the fields. */
export function rowsOption(
  rows: readonly ExactJson[],
  fields: readonly Field[],
  pick = [...fields.keys()],
  zone = 'UTC',
): string {
  const lines = rows.map((row) => {
    const {
      kind,
      row: items,
      named,
    } = row as { readonly kind: string; readonly row?: readonly ExactJson[]; readonly named?: Fields };
    const values = pick.map((index) => {
      const field = fields[index];
      const value = items ? items[index] : named?.[field?.name ?? ''];
      return plainValue(value ?? null, field?.type ?? '', zone);
    });
    return writeExactJson([kind, ...values]);
  });
  return `[${lines.join(',')}]`;
}

export function createValuesTable(
  name: string,
  components: readonly string[],
  options: Readonly<Record<string, string>>,
  partitionKeys: readonly string[] = [],
): string {
  const listed = Object.entries({ connector: 'values', ...options }).map(
    ([key, value]) => `  ${sqlString(key)} = ${sqlString(value)}`,
  );
  const partitioned =
    partitionKeys.length > 0 ? `PARTITIONED BY (${partitionKeys.map((key) => `\`${key}\``).join(', ')})\n` : '';
  return `CREATE TABLE \`${name}\` (\n  ${components.join(',\n  ')}\n) ${partitioned}WITH (\n${listed.join(',\n')}\n);\n`;
}
