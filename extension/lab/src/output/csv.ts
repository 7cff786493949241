import type { RowSource } from '../values/row-source.js';

/** RFC 4180: NULL is an empty field, an empty text is quoted. */
export function csvLine(fields: readonly (string | null)[]): string {
  return `${fields.map(field).join(',')}\r\n`;
}

function field(text: string | null): string {
  if (text === null) return '';
  return text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvRows(source: RowSource): string[] {
  return Array.from({ length: source.rows }, (_, row) => {
    const values = source.columns.map((c) => (c.isNull(row) ? null : c.text(row)));
    return csvLine(source.ops === null ? values : [source.ops[row], ...values]);
  });
}
