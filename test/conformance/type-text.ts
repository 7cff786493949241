/** The engine's spelling of types, from what Flink's asSerializableString or a type written in Java says. */
export function engineType(text: string): string {
  return text
    .replace(/VARCHAR\(2147483647\)/g, 'STRING')
    .replace(/VARBINARY\(2147483647\)/g, 'BYTES')
    .replace(/TIMESTAMP\((\d)\) WITH LOCAL TIME ZONE/g, 'TIMESTAMP_LTZ($1)')
    .replace(/ROW<(`[^`]*`) /g, 'ROW<$1 ');
}

/** Types that only Java programs have values of, or that the dialect leaves out. */
export function isJavaType(text: string): boolean {
  return /\bRAW\b|\bBITMAP\b|STRUCTURED|SYMBOL|DESCRIPTOR/.test(text);
}

/** The names and types of `ROW<...>`'s fields. */
export function rowFields(text: string): { readonly name: string; readonly type: string }[] {
  const body = /^ROW<([^]*)>( NOT NULL)?$/.exec(text)?.[1];
  if (body === undefined) throw new Error(`not a row type: ${text}`);
  const fields: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < body.length; at++) {
    const c = body[at];
    if (c === '<' || c === '(') depth++;
    else if (c === '>' || c === ')') depth--;
    else if (c === ',' && depth === 0) {
      fields.push(body.slice(start, at));
      start = at + 1;
    }
  }
  fields.push(body.slice(start));
  return fields.map((field) => {
    const match = /^\s*`([^`]*)` ([^]*?)(?: '[^']*')?$/.exec(field);
    return { name: match?.[1] ?? '', type: match?.[2]?.trim() ?? '' };
  });
}
