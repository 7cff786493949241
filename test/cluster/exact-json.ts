/**
 * JSON whose numbers keep their text. Flink writes BIGINT and DECIMAL as JSON numbers beyond what a double holds, and the text itself
 * (`1.0`, `1E+2`) is part of what a golden records.
 */
export class ExactNumber {
  constructor(readonly text: string) {}

  /** Same value, whatever the spelling: compared as decimals, without rounding. */
  equals(other: ExactNumber): boolean {
    return this.text === other.text || canonical(this.text) === canonical(other.text);
  }
}

export type ExactJson =
  null | boolean | string | ExactNumber | readonly ExactJson[] | { readonly [name: string]: ExactJson };

const MARK = '\u0001';
const TOKEN = /("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

export function parseExactJson(text: string): ExactJson {
  const marked = text.replace(
    TOKEN,
    (_whole, quoted: string | undefined, number: string | undefined) => quoted ?? `"\\u0001${number}"`,
  );
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK) ? new ExactNumber(value.slice(1)) : value,
  ) as ExactJson;
}

export function writeExactJson(value: ExactJson): string {
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(writeExactJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value as { readonly [name: string]: ExactJson });
    return `{${entries.map(([name, field]) => `${JSON.stringify(name)}:${writeExactJson(field)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** One spelling per value: digits without leading or trailing zeros, and a power of ten. */
export function canonical(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) return text;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return '0';
  return `${sign}${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`;
}
