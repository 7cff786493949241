/** MIME type of Flink SQL in editors; the kernel says it of its SQL cells too. */
export const SQL_MIME = 'text/x-flinksql';
export const TYPESCRIPT_MIME = 'text/typescript';

/** The names under which a whole cell is Flink SQL. */
const SQL_HEAD = /^\s*(?:%%(?:flinksql|flink_execute_sql)|%{1,2}flink\.ssql)(?![\w.])/;
const TYPESCRIPT_HEAD = /^\s*%%ts\b/;
const OTHER_HEAD = /^\s*%%\w/;

/** What a cell is written in, by its first line, in a notebook of which the cells are `usual`. */
export function mimeOfCell(source: string, usual: string): string {
  if (SQL_HEAD.test(source)) return SQL_MIME;
  if (usual === SQL_MIME && TYPESCRIPT_HEAD.test(source)) return TYPESCRIPT_MIME;
  return usual === SQL_MIME && OTHER_HEAD.test(source) ? 'text/plain' : usual;
}

export interface MagicParts {
  /** Of the magic's name with its signs. */
  readonly name: { readonly start: number; readonly end: number };
  /** Of the rest of its line. */
  readonly options: { readonly start: number; readonly end: number };
}

/** The magic that a text begins with: `%%flinksql --limit 5`, `%jobs`. */
export function magicOf(source: string): MagicParts | null {
  const match = /^(\s*)(%{1,2}[\w.]+\??)([^\n]*)/.exec(source);
  if (match === null) return null;
  const start = match[1].length;
  const end = start + match[2].length;
  return { name: { start, end }, options: { start: end, end: end + match[3].length } };
}
