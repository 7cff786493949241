import { displayText } from './value-text.js';
import type { ChangelogRow, DataType, Schema } from '../types/index.js';

const NUMERIC: ReadonlySet<DataType['root']> = new Set([
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'FLOAT',
  'DOUBLE',
  'DECIMAL',
]);

export function isNumeric({ root }: DataType): boolean {
  return NUMERIC.has(root);
}

/** Columns on a terminal; control characters would move the cursor, and must not come from data. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) =>
    c === '\n' ? '\\n' : c === '\t' ? '\\t' : c === '\r' ? '\\r' : '\ufffd',
  );
}

/** Cells a character takes: wide ones (CJK, emoji) two, combining marks none. */
function cellsOf(character: string): number {
  const code = character.codePointAt(0) as number;
  if (code < 0x300) return 1;
  if (/\p{Mark}/u.test(character)) return 0;
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u.test(
    character,
  )
    ? 2
    : 1;
}

export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += cellsOf(character);
  return width;
}

/** At most `width` cells; what is cut off is marked. */
export function clip(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let clipped = '';
  let used = 0;
  for (const character of text) {
    const cells = cellsOf(character);
    if (used + cells > width - 1) break;
    clipped += character;
    used += cells;
  }
  return `${clipped}…`;
}

function pad(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return right ? space + text : text + space;
}

export interface TableLayout {
  readonly widths: readonly number[];
  readonly right: readonly boolean[];
}

/** @param text how a value is shown: as Flink's SQL client does, if it is not said. */
export function cellsOfRow(
  schema: Schema,
  row: ChangelogRow,
  zone: string,
  withKind: string | null,
  text = displayText,
): string[] {
  const cells = schema.map(({ type }, c) => printable(text(row.fields[c], type, zone)));
  return withKind === null ? cells : [withKind, ...cells];
}

export function headers(schema: Schema, withKind: boolean): string[] {
  const names = schema.map((c) => printable(c.name));
  return withKind ? ['op', ...names] : names;
}

/** Cells that values of a type commonly take: for a stream, whose later rows are not known when its head is printed. */
export function usualWidth(type: DataType): number {
  switch (type.root) {
    case 'BOOLEAN':
      return 5;
    case 'TINYINT':
    case 'SMALLINT':
      return 6;
    case 'INTEGER':
    case 'DATE':
      return 11;
    case 'BIGINT':
    case 'FLOAT':
    case 'DOUBLE':
      return 20;
    case 'DECIMAL':
      return type.precision + 2;
    case 'TIME':
      return 8 + (type.precision > 0 ? type.precision + 1 : 0);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return 19 + (type.precision > 0 ? type.precision + 1 : 0);
    case 'CHAR':
    case 'VARCHAR':
      return Math.min(type.length, 30);
    default:
      return 30;
  }
}

/** Widths that fit these rows, each at most `most`; `atLeast` are widths shown before, so that nothing jumps. */
export function layoutFor(
  schema: Schema,
  rows: readonly (readonly string[])[],
  withKind: boolean,
  most: number,
  atLeast: readonly number[] = [],
): TableLayout {
  const names = headers(schema, withKind);
  const widths = names.map((name, c) => {
    let width = Math.max(textWidth(name), atLeast[c] ?? 0);
    for (const row of rows) width = Math.max(width, textWidth(row[c]));
    return Math.min(width, most);
  });
  const right = schema.map(({ type }) => NUMERIC.has(type.root));
  return { widths, right: withKind ? [false, ...right] : right };
}

export function rule(layout: TableLayout): string {
  return `+${layout.widths.map((w) => '-'.repeat(w + 2)).join('+')}+`;
}

export function line(layout: TableLayout, cells: readonly string[]): string {
  return `|${cells.map((cell, c) => ` ${pad(clip(cell, layout.widths[c]), layout.widths[c], layout.right[c])} `).join('|')}|`;
}
