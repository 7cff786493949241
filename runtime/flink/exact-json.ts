/**
 * JSON whose long numbers keep their text: Flink writes BIGINT and DECIMAL as JSON numbers beyond what a double holds. Numbers of up to 15
 * digits survive a double, and are left to the parser of the platform.
 */
export class ExactNumber {
  constructor(readonly text: string) {}
}

export type ExactJson =
  null | boolean | string | number | ExactNumber | readonly ExactJson[] | { readonly [name: string]: ExactJson };

const LONG_NUMBER = /\d[\d.eE+-]{15}/;
/** A quoted text, to be passed over, or a long number. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]{15,}/g;
const MARK = '\u0001';

export function parseExactJson(text: string): ExactJson {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text) as ExactJson;
  const marked = text.replace(TOKEN, (token) => (token.startsWith('"') ? token : `"\\u0001${token}"`));
  if (marked.length === text.length) return JSON.parse(text) as ExactJson;
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK) ? numberOrText(value) : value,
  ) as ExactJson;
}

/** A text of the user may begin with the mark, too: it is a number only if the rest is one. */
function numberOrText(marked: string): ExactNumber | string {
  const text = marked.slice(1);
  return /^-?\d[\d.eE+-]{15,}$/.test(text) ? new ExactNumber(text) : marked;
}

/** The digits of a number, as far as they matter. */
export function numberText(value: number | ExactNumber): string {
  return value instanceof ExactNumber ? value.text : String(value);
}
