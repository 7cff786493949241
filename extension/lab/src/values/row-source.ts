import type { ColumnText } from '@streamcell/runtime/protocol/view-channel';

export type ColumnKind = 'op' | 'number' | 'time' | 'boolean' | 'text' | 'nested';

/** What a column holds, from Flink's text of its type. */
export function kindOf(type: string): ColumnKind {
  const root = /^[A-Z]+/i.exec(type.trim())?.[0].toUpperCase() ?? '';
  if (/^(TINYINT|SMALLINT|INT|INTEGER|BIGINT|FLOAT|DOUBLE|DECIMAL|DEC|NUMERIC)$/.test(root)) return 'number';
  if (/^(TIMESTAMP|DATE|TIME)/.test(root)) return 'time';
  if (/^(ARRAY|MAP|MULTISET|ROW|VARIANT|STRUCTURED)$/.test(root)) return 'nested';
  return root === 'BOOLEAN' ? 'boolean' : 'text';
}

/** Flink's type without what a reader of a table does not ask: `VARCHAR(2147483647) NOT NULL` is `STRING`. */
export function shortType(type: string): string {
  return type
    .replace(/ NOT NULL$/, '')
    .replace(/ \*(ROW|PROC)TIME\*/g, '')
    .replace(/VARCHAR\(2147483647\)/g, 'STRING')
    .replace(/VARBINARY\(2147483647\)/g, 'BYTES')
    .replace(/ WITHOUT TIME ZONE/g, '')
    .replace(/ WITH LOCAL TIME ZONE/g, '_LTZ')
    .replace(/TIMESTAMP(\(\d\))_LTZ/g, 'TIMESTAMP_LTZ$1');
}

/** One column of the rows that are here; rows count from 0 at the first of them. */
export interface CellColumn {
  readonly kind: ColumnKind;
  isNull(row: number): boolean;
  /** As Flink's table shows it; of nested values a compact form. Undefined for NULL. */
  text(row: number): string;
  /** For charts: numbers, times as epoch ms, everything else as text. */
  datum(row: number): number | string | boolean | null;
  /** Nested values spread over lines, to be read in a popup. */
  pretty(row: number): string;
}

/** Consecutive rows of a result. */
export interface RowSource {
  /** Position of the first row in the sorted, filtered result. */
  readonly from: number;
  readonly rows: number;
  /** `+I -U +U -D` of each row; null outside the changelog. */
  readonly ops: readonly string[] | null;
  readonly columns: readonly CellColumn[];
}

/** The rows saved in a notebook; of a changelog, each with its operation before its values. */
export function snapshotRows(
  columns: readonly ColumnText[],
  snapshot: readonly (readonly (string | null)[])[],
  changelog: boolean,
): RowSource {
  const first = changelog ? 1 : 0;
  return {
    from: 0,
    rows: snapshot.length,
    ops: changelog ? snapshot.map((row) => row[0] ?? '') : null,
    columns: columns.map(({ type }, c) => {
      const kind = kindOf(type);
      const at = (row: number): string | null => snapshot[row]?.[c + first] ?? null;
      return {
        kind,
        isNull: (row) => at(row) === null,
        text: (row) => at(row) ?? '',
        datum: (row) => datumOf(kind, at(row)),
        pretty: (row) => at(row) ?? '',
      };
    }),
  };
}

function datumOf(kind: ColumnKind, text: string | null): number | string | boolean | null {
  if (text === null) return null;
  if (kind === 'number') return Number(text);
  if (kind === 'boolean') return text.toLowerCase() === 'true';
  if (kind !== 'time') return text;
  const millis = Date.parse(text.includes(':') ? `${text.replace(' ', 'T').replace(/Z?$/, '')}Z` : text);
  return Number.isNaN(millis) ? text : millis;
}
