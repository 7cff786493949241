import { type ExactJson, ExactNumber, canonical, parseExactJson, writeExactJson } from '../cluster/exact-json.js';
import type { Case } from './case-file.js';

export interface GoldenColumn {
  readonly name: string;
  readonly type: string;
}

/** A change, or a row of a materialised result (then without kind): in the gateway's JSON row format. */
export interface GoldenRow {
  readonly kind: string;
  readonly fields: readonly ExactJson[];
}

/** What Flink did with a case. */
export type Golden =
  | { readonly columns: readonly GoldenColumn[]; readonly rows: readonly GoldenRow[] }
  | { readonly error: 'validation' | 'runtime'; readonly message: string };

/** Golden files have one line per row, so that a change of one row is a change of one line. */
export function writeGolden(golden: Golden): string {
  if ('error' in golden) return `${JSON.stringify({ error: golden.error, message: golden.message }, null, 2)}\n`;
  const columns = golden.columns.map((column) => `    ${JSON.stringify([column.name, column.type])}`);
  const rows = golden.rows.map((row) => `    ${writeExactJson([row.kind, ...row.fields])}`);
  const list = (lines: readonly string[]): string => (lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`);
  return `{\n  "columns": ${list(columns)},\n  "rows": ${list(rows)}\n}\n`;
}

export function readGolden(text: string): Golden {
  const read = parseExactJson(text) as { readonly [name: string]: ExactJson };
  if (read['error'] !== undefined) {
    return { error: read['error'] as 'validation' | 'runtime', message: String(read['message']) };
  }
  return {
    columns: (read['columns'] as readonly (readonly string[])[]).map(([name = '', type = '']) => ({ name, type })),
    rows: (read['rows'] as readonly (readonly ExactJson[])[]).map(([kind, ...fields]) => ({
      kind: String(kind),
      fields,
    })),
  };
}

/** Brings changes into the form the case determines: as they are, sorted, or folded into a sorted table. */
export function settle(of: Case, columns: readonly GoldenColumn[], changes: readonly GoldenRow[]): GoldenRow[] {
  if (of.comparison === 'changelog') return [...changes];
  const rows = of.comparison === 'changes' ? [...changes] : materialize(of, columns, changes);
  const text = new Map(rows.map((row) => [row, rowText(columns, row)]));
  return rows.sort((a, b) => ((text.get(a) ?? '') < (text.get(b) ?? '') ? -1 : 1));
}

function materialize(of: Case, columns: readonly GoldenColumn[], changes: readonly GoldenRow[]): GoldenRow[] {
  const key = of.key?.map((name) => {
    const index = columns.findIndex((column) => column.name === name);
    if (index < 0) throw new Error(`${of.name}: no column ${name} to be a key`);
    return index;
  });
  const table = new Map<string, GoldenRow[]>();
  for (const change of changes) {
    const row: GoldenRow = { kind: '+I', fields: change.fields };
    const at = key
      ? JSON.stringify(key.map((index) => writeExactJson(change.fields[index] ?? null)))
      : rowText(columns, row);
    const held = table.get(at) ?? [];
    if (change.kind === '+I' || change.kind === '+U') table.set(at, key ? [row] : [...held, row]);
    else if (held.length > 0) table.set(at, held.slice(1));
    else if (!key)
      throw new Error(
        `${of.name}: takes back a row that is not there (${writeExactJson(change.fields)}); does it need a key?`,
      );
  }
  return [...table.values()].flat();
}

/** One text per row, the same for the same values whatever their spelling: for comparing and sorting. */
export function rowText(columns: readonly GoldenColumn[], row: GoldenRow): string {
  const fields = row.fields.map((field, i) =>
    writeExactJson(plainValue(field, /DOUBLE|FLOAT/.test(columns[i]?.type ?? ''))),
  );
  return `${row.kind}[${fields.join(', ')}]`;
}

function plainValue(value: ExactJson, floating: boolean): ExactJson {
  if (value instanceof ExactNumber) {
    // Java 17 does not always print the shortest digits of a double; its value is what counts.
    return new ExactNumber(floating ? canonical(String(Number(value.text))) : canonical(value.text));
  }
  if (Array.isArray(value)) return value.map((item: ExactJson) => plainValue(item, floating));
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value as { readonly [name: string]: ExactJson });
    return Object.fromEntries(
      fields
        .map(([name, field]) => [name, plainValue(field, floating)])
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    );
  }
  return value;
}
