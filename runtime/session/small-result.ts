import { BOOLEAN, INSERT, STRING, type ChangelogRow, type Schema, type Value } from '../types/index.js';

/** The complete result of a statement that runs no job. */
export interface SmallResult {
  readonly columns: Schema;
  readonly rows: readonly (readonly Value[])[];
}

export function changelogRows(result: SmallResult): ChangelogRow[] {
  return result.rows.map((fields) => ({ kind: INSERT, fields }));
}

export const OK: SmallResult = { columns: [{ name: 'result', type: STRING() }], rows: [['OK']] };

/** One column of texts. */
export function texts(column: string, values: readonly string[]): SmallResult {
  return { columns: [{ name: column, type: STRING() }], rows: values.map((v) => [v]) };
}

export function strings(...names: readonly string[]): Schema {
  return names.map((name) => ({ name, type: STRING() }));
}

export const FLAG = BOOLEAN();
