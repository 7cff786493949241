import { type ExactJson, ExactNumber, writeExactJson } from '../cluster/exact-json.js';
import { sqlString } from './engine.js';

export class NotSql extends Error {}

type Fields = { readonly [name: string]: ExactJson };

/**
 * A Java value (suite/JsonText.java) as the values connector reads it.
 * @throws NotSql for an object of a Java class.
 */
export function plainValue(value: ExactJson): ExactJson {
  if (value === null || typeof value === 'boolean' || typeof value === 'string' || value instanceof ExactNumber)
    return value;
  if (Array.isArray(value)) return value.map((item: ExactJson) => plainValue(item));
  const fields = value as Fields;
  if (fields['bytes'] !== undefined) return `0x${String(fields['bytes'])}`;
  if (fields['map'] !== undefined)
    return (fields['map'] as readonly (readonly ExactJson[])[]).map((entry) => entry.map(plainValue));
  if (fields['row'] !== undefined) return (fields['row'] as readonly ExactJson[]).map(plainValue);
  if (fields['named'] !== undefined)
    return Object.fromEntries(Object.entries(fields['named'] as Fields).map(([k, v]) => [k, plainValue(v)]));
  throw new NotSql(`a value of ${String(fields['java'])}`);
}

/** Rows with their kinds ({"kind", "row"}), as the option `rows`. `pick` chooses the fields. */
export function rowsOption(rows: readonly ExactJson[], names: readonly string[], pick?: readonly number[]): string {
  const lines = rows.map((row) => {
    const {
      kind,
      row: items,
      named,
    } = row as { readonly kind: string; readonly row?: readonly ExactJson[]; readonly named?: Fields };
    const fields = items ?? names.map((name) => named?.[name] ?? null);
    const picked = pick ? pick.map((index) => fields[index] ?? null) : fields;
    return writeExactJson([kind, ...picked.map(plainValue)]);
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
