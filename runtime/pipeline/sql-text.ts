import { decimalToString, StreamcellError } from '../types/index.js';
import { Decimal } from './decimal.js';

/** Values that stand in an expression as they are. A Date is a TIMESTAMP(3) read as UTC, as TIMESTAMP columns come back. */
export type Literal = string | number | bigint | boolean | Date | Decimal | Uint8Array | null;

/** One identifier, always quoted: whatever it holds is a name and never SQL. */
export function quoteIdentifier(name: string): string {
  if (name === '') throw new StreamcellError('QUERY_INVALID', 'A name is empty.');
  return `\`${name.replaceAll('`', '``')}\``;
}

/** `catalog.database.table` as Flink's from() reads it: dots part the names, backquotes keep a dot within one. */
export function quotePath(path: string): string {
  return pathParts(path).map(quoteIdentifier).join('.');
}

/** @throws StreamcellError QUERY_INVALID for a quote that is not closed, and for an empty part. */
export function pathParts(path: string): string[] {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    let part = '';
    if (path[at] === '`') {
      for (at++; path[at] !== '`' || path[at + 1] === '`'; at++) {
        if (at >= path.length) throw new StreamcellError('QUERY_INVALID', `A quote is not closed in the name ${path}.`);
        if (path[at] === '`') at++;
        part += path[at];
      }
      at++;
    } else {
      const dot = path.indexOf('.', at);
      part = path.slice(at, dot < 0 ? path.length : dot);
      at += part.length;
    }
    if (part === '') throw new StreamcellError('QUERY_INVALID', `The name '${path}' has an empty part.`);
    parts.push(part);
    if (at === path.length) return parts;
    if (path[at] !== '.') throw new StreamcellError('QUERY_INVALID', `A dot is expected after a quote in ${path}.`);
    at++;
  }
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

const MAX_INT = 2n ** 31n - 1n;
const MAX_BIGINT = 2n ** 63n - 1n;

/**
 * SQL of a value. Whole numbers are INT (BIGINT beyond), others DOUBLE; a bigint is BIGINT, or DECIMAL(38, 0) where it is larger.
 * @throws StreamcellError QUERY_INVALID for what has no literal.
 */
export function literalText(value: Literal): string {
  if (value === null) return 'NULL';
  switch (typeof value) {
    case 'string':
      return quoteText(value);
    case 'boolean':
      return value ? 'TRUE' : 'FALSE';
    case 'number':
      return numberText(value);
    case 'bigint':
      return bigintText(value);
  }
  if (value instanceof Date) return `TIMESTAMP ${quoteText(wallClock(value))}`;
  if (value instanceof Decimal) {
    const digits = String(value.unscaled).replace('-', '').length;
    const precision = Math.max(digits, value.scale, 1);
    if (precision > 38) throw new StreamcellError('QUERY_INVALID', `${String(value)} has more than 38 digits.`);
    return `CAST(${quoteText(decimalToString(value.unscaled, value.scale))} AS DECIMAL(${precision}, ${value.scale}))`;
  }
  if (value instanceof Uint8Array)
    return `x'${Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')}'`;
  throw new StreamcellError('QUERY_INVALID', `A ${describe(value)} cannot be written as an SQL literal.`);
}

function describe(value: unknown): string {
  return typeof value === 'object' ? ((value as object).constructor?.name ?? 'object') : typeof value;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "CAST('NaN' AS DOUBLE)";
  if (!Number.isFinite(value)) return `CAST('${value}' AS DOUBLE)`;
  if (Number.isSafeInteger(value)) return value < 0 ? `(${value})` : String(value);
  const [mantissa, exponent = '0'] = String(value).split('e');
  const text = `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
  return value < 0 ? `(${text})` : text;
}

function bigintText(value: bigint): string {
  const size = value < 0n ? -value : value;
  if (size <= MAX_INT) return `CAST(${value} AS BIGINT)`;
  if (size <= MAX_BIGINT) return value < 0n ? `(${value})` : String(value);
  if (size >= 10n ** 38n) throw new StreamcellError('QUERY_INVALID', `${value} has more than 38 digits.`);
  return `CAST('${value}' AS DECIMAL(38, 0))`;
}

function wallClock(date: Date): string {
  const year = date.getUTCFullYear();
  if (Number.isNaN(year)) throw new StreamcellError('QUERY_INVALID', 'An invalid Date cannot be written as a literal.');
  if (year < 1 || year > 9999)
    throw new StreamcellError('QUERY_INVALID', `A literal's year is 1 to 9999, and not ${year}.`);
  return date.toISOString().replace('T', ' ').replace('Z', '');
}
