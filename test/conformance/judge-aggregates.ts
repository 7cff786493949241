import { type ChangelogRow, isRetraction, typeToString } from '@streamcell/runtime/types/index';
import type { ExactJson } from '../cluster/exact-json.js';
import { equalsJava } from './boxed-values.js';
import { EngineRunner, setOptions } from './engine.js';
import { suiteLines } from './suite-data.js';
import { engineType, isJavaType, rowFields } from './type-text.js';
import { NotSql, createValuesTable, rowsOption } from './values-table.js';
import { type Verdict, failed, failedToo, refused, right, wrong } from './verdict.js';

type Line = { readonly [name: string]: ExactJson };

/** Folds changes into a multiset of rows. */
function fold(changes: readonly ChangelogRow[]): ChangelogRow[] {
  const kept: { readonly key: string; readonly row: ChangelogRow }[] = [];
  const text = (row: ChangelogRow): string =>
    JSON.stringify(row.fields, (_key, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v));
  for (const row of changes) {
    const key = text(row);
    if (!isRetraction(row.kind)) kept.push({ key, row });
    else {
      const at = kept.findIndex((other) => other.key === key);
      if (at >= 0) kept.splice(at, 1);
    }
  }
  return kept.map((entry) => entry.row);
}

async function judge(line: Line): Promise<Verdict> {
  const name = String(line['name']);
  const inputType = engineType(String(line['inputType']));
  if (isJavaType(inputType)) return refused(name, `reads ${inputType}`);
  const fields = rowFields(inputType);
  let rows: string;
  try {
    rows = rowsOption(line['input'] as readonly ExactJson[], fields);
  } catch (error) {
    if (error instanceof NotSql) return refused(name, error.message);
    throw error;
  }
  const table = createValuesTable(
    'T',
    fields.map((field) => `\`${field.name}\` ${field.type}`),
    { rows, 'changelog-mode': 'I,UB,UA,D' },
  );
  const runner = EngineRunner.open();
  try {
    const options = { 'table.local-time-zone': 'UTC', ...(line['options'] as unknown as Record<string, string>) };
    const outcome = await runner.run(`${setOptions(options)}${table}${String(line['sql'])}`);
    const isError = line['error'] !== undefined || line['expected'] === null;
    if (outcome.state === 'failed') return isError ? failedToo(name, outcome.error) : failed(name, outcome.error);
    if (isError) return wrong(name, 'gives a result where Flink fails');
    const expectedType = rowFields(engineType(String(line['expectedType'])));
    const types = outcome.columns.map((column) => typeToString(column.type));
    // The specifications name no nullability: Flink's test compares rows, and their types by conversion only.
    const bare = (type: string): string => type.replaceAll(' NOT NULL', '');
    const differs = expectedType.findIndex((field, i) => bare(field.type) !== bare(types[i] ?? ''));
    if (differs >= 0)
      return wrong(
        name,
        `column ${differs}: type ${types[differs] ?? 'none'}, Flink: ${expectedType[differs]?.type ?? ''}`,
      );
    const left = fold(outcome.changes);
    const expected = line['expected'] as readonly { readonly row: readonly ExactJson[] }[];
    for (const { row } of expected) {
      const at = left.findIndex((have) =>
        outcome.columns.every((column, i) => equalsJava(column.type, have.fields[i] ?? null, row[i] ?? null)),
      );
      if (at < 0) return wrong(name, `${String(line['sql'])}: a row of Flink is missing`);
      left.splice(at, 1);
    }
    return left.length === 0 ? right(name) : wrong(name, `${String(line['sql'])}: ${left.length} rows too many`);
  } finally {
    await runner.close();
  }
}

export async function* judgeAggregates(directory: string, wanted: (name: string) => boolean): AsyncGenerator<Verdict> {
  for await (const line of suiteLines(directory, 'aggregates')) {
    if (wanted(String((line as Line)['name']))) yield await judge(line as Line);
  }
}
