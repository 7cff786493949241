import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rowKindName, typeToString } from '@streamcell/runtime/types/index';
import { gatewayJson } from './boxed-values.js';
import { type Case, goldenPath, layOut, readCases } from './case-file.js';
import { CASE_OPTIONS } from './case-options.js';
import { EngineRunner, setOptions } from './engine.js';
import { type Golden, type GoldenColumn, type GoldenRow, readGolden, rowText, settle } from './golden.js';
import { type Verdict, failed, failedToo, right, wrong } from './verdict.js';

async function judge(of: Case, golden: Golden, directory: string): Promise<Verdict> {
  const runner = EngineRunner.open();
  try {
    const outcome = await runner.run(setOptions(CASE_OPTIONS) + (await layOut(of, directory)));
    if (outcome.state === 'failed')
      return 'error' in golden ? failedToo(of.name, outcome.error) : failed(of.name, outcome.error);
    if ('error' in golden) return wrong(of.name, `Flink fails: ${golden.message}`);
    const columns: GoldenColumn[] = outcome.columns.map(({ name, type }) => ({
      name,
      type: typeToString(type).replace(/ \*(?:ROW|PROC)TIME\*/, ''),
    }));
    const shape = columnsText(columns);
    if (shape !== columnsText(golden.columns))
      return wrong(of.name, `columns\n  Flink:  ${columnsText(golden.columns)}\n  engine: ${shape}`);
    const rows = outcome.changes.map((row): GoldenRow => ({
      kind: rowKindName(row.kind),
      fields: row.fields.map((value, i) => {
        const column = outcome.columns[i];
        return column === undefined ? null : gatewayJson(column.type, value, outcome.zone);
      }),
    }));
    return compareRows(of, golden.columns, golden.rows, rows);
  } finally {
    await runner.close();
  }
}

function columnsText(columns: readonly GoldenColumn[]): string {
  return columns.map((column) => `${column.name} ${column.type}`).join(', ');
}

function compareRows(
  of: Case,
  columns: readonly GoldenColumn[],
  expected: readonly GoldenRow[],
  changes: readonly GoldenRow[],
): Verdict {
  let settled: GoldenRow[];
  try {
    settled = settle(of, columns, changes);
  } catch (error) {
    return wrong(of.name, error instanceof Error ? error.message : String(error));
  }
  const want = expected.map((row) => rowText(columns, row));
  const have = settled.map((row) => rowText(columns, row));
  if (want.join('\n') === have.join('\n')) return right(of.name);
  return wrong(of.name, `rows\n  Flink:  ${want.join('\n          ')}\n  engine: ${have.join('\n          ')}`);
}

/** Our own cases against their goldens. */
export async function* judgeCases(wanted: (name: string) => boolean): AsyncGenerator<Verdict> {
  const directory = await mkdtemp(join(tmpdir(), 'streamcell-cases-'));
  try {
    for (const one of await readCases()) {
      if (!wanted(one.name)) continue;
      const path = goldenPath(one);
      if (existsSync(path)) yield await judge(one, readGolden(await readFile(path, 'utf8')), directory);
      else yield wrong(one.name, 'has no golden: npm run conformance:record');
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
