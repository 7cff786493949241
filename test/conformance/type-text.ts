/** The engine's spelling of types, from what Flink's asSerializableString or a type written in Java says. */
export function engineType(text: string): string {
  return text
    .replace(/VARCHAR\(2147483647\)/g, 'STRING')
    .replace(/VARBINARY\(2147483647\)/g, 'BYTES')
    .replace(/TIMESTAMP\((\d)\) WITH LOCAL TIME ZONE/g, 'TIMESTAMP_LTZ($1)');
}

/** Types that only Java programs have values of, or that the dialect leaves out. */
export function isJavaType(text: string): boolean {
  return /\bRAW\b|\bBITMAP\b|STRUCTURED|SYMBOL|DESCRIPTOR/.test(text);
}

/** Cuts at commas that are outside of brackets. */
export function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (c === '<' || c === '(') depth++;
    else if (c === '>' || c === ')') depth--;
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim());
}

/** The types within ARRAY<>, MULTISET<>, MAP<> or ROW<>; none for other types. */
export function innerTypes(text: string): string[] {
  const match = /^(ARRAY|MULTISET|MAP)<([^]*)>( NOT NULL)?$/.exec(text);
  if (match) return splitTopLevel(match[2] ?? '');
  return text.startsWith('ROW<') ? rowFields(text).map((field) => field.type) : [];
}

/** The names and types of `ROW<...>`'s fields. */
export function rowFields(text: string): { readonly name: string; readonly type: string }[] {
  const body = /^ROW<([^]*)>( NOT NULL)?$/.exec(text)?.[1];
  if (body === undefined) throw new Error(`not a row type: ${text}`);
  return splitTopLevel(body).map((field) => {
    const match = /^`?([^`\s]*)`? ([^]*?)(?: '[^']*')?$/.exec(field);
    return { name: match?.[1] ?? '', type: match?.[2] ?? '' };
  });
}

/** ISO duration to milliseconds, NaN for anything else. */
export function durationMillis(text: string): number {
  const match = /^PT(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?[\d.]+)S)?$/.exec(text);
  if (!match) return NaN;
  const [, hours = '0', minutes = '0', seconds = '0'] = match;
  return Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Math.round(Number(seconds) * 1000);
}

/** ISO period to months, NaN for anything else. Days are dropped, as Flink does with an INTERVAL MONTH. */
export function periodMonths(text: string): number {
  const match = /^P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:-?\d+D)?$/.exec(text);
  if (!match) return NaN;
  const [, years = '0', months = '0'] = match;
  return Number(years) * 12 + Number(months);
}

/** LocalTime leaves out zero seconds and writes fractions in threes. */
export function plainClock(text: string): string {
  const [clock = '', fraction = ''] = text.split('.');
  const kept = fraction.replace(/0+$/, '');
  return (clock.length === 5 ? `${clock}:00` : clock) + (kept === '' ? '' : `.${kept}`);
}
