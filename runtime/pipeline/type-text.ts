/*
 * Flink's texts of types (`ROW<a INT NOT NULL, b ARRAY<STRING>>`, as DESCRIBE gives them) to TypeScript types. Reads on over what it does
 * not know: a declaration is for the editor, and a type that is new in Flink becomes unknown, no error.
 */

const NAMES: Readonly<Record<string, string>> = {
  BOOLEAN: 'boolean',
  TINYINT: 'number',
  SMALLINT: 'number',
  INT: 'number',
  INTEGER: 'number',
  BIGINT: 'bigint',
  FLOAT: 'number',
  DOUBLE: 'number',
  DECIMAL: 'Decimal',
  NUMERIC: 'Decimal',
  DEC: 'Decimal',
  CHAR: 'string',
  VARCHAR: 'string',
  STRING: 'string',
  DATE: 'string',
  TIME: 'string',
  BINARY: 'Uint8Array',
  VARBINARY: 'Uint8Array',
  BYTES: 'Uint8Array',
  TIMESTAMP: 'Date',
  TIMESTAMP_LTZ: 'Date',
  INTERVAL: 'Interval',
};

const TOKEN = /\s*(`(?:[^`]|``)*`|'(?:[^']|'')*'|[\w$]+|[<>(),]|\*\w+\*|\S)/y;

/** @param nullable whether NULL may stand for the whole, where the text does not say NOT NULL. */
export function typescriptType(text: string, decimal: string, interval: string, nullable = true): string {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) tokens.push(match[1]);
  let at = 0;
  const peek = (): string => (tokens[at] ?? '').toUpperCase();
  const next = (): string => tokens[at++] ?? '';
  const skipParentheses = (): void => {
    if (peek() !== '(') return;
    for (let depth = 0; at < tokens.length;) {
      const token = next();
      if (token === '(') depth++;
      if (token === ')' && --depth === 0) return;
    }
  };
  const one = (open = true): string => {
    const name = next().toUpperCase();
    let type = NAMES[name] ?? 'unknown';
    if (type === 'Decimal') type = decimal;
    if (type === 'Interval') type = interval;
    if ((name === 'ARRAY' || name === 'MULTISET' || name === 'MAP') && peek() === '<') {
      next();
      const first = one();
      if (name === 'ARRAY') type = `readonly (${first})[]`;
      else if (name === 'MULTISET') type = `ReadonlyMap<${first}, number>`;
      else {
        if (peek() === ',') next();
        type = `ReadonlyMap<${first}, ${one()}>`;
      }
      closing();
    } else if (name === 'ROW' && peek() === '<') {
      next();
      const fields: string[] = [];
      while (at < tokens.length && peek() !== '>') {
        const field = next();
        fields.push(`readonly ${propertyName(unquoted(field))}: ${one()}`);
        if (peek().startsWith("'")) next();
        if (peek() === ',') next();
        else if (peek() !== '>') break;
      }
      closing();
      type = `{ ${fields.join('; ')} }`;
    } else skipParentheses();
    return type === 'unknown' ? type : type + (rest(name, open) ? ' | null' : '');
  };
  const closing = (): void => {
    while (at < tokens.length && next() !== '>');
  };
  /** The words behind a type: WITH LOCAL TIME ZONE, DAY TO SECOND(3), *ROWTIME*, NOT NULL. */
  const rest = (name: string, given: boolean): boolean => {
    let open = given;
    for (;;) {
      if (peek() === 'NOT') {
        at += 2;
        open = false;
      } else if (peek() === 'NULL') {
        at++;
        open = true;
      } else if (peek() === '(') skipParentheses();
      else if (/^(?:WITH|WITHOUT|LOCAL|ZONE|\*\w+\*)$/.test(peek())) at++;
      else if ((name === 'TIMESTAMP' || name === 'TIME') && peek() === 'TIME') at++;
      else if (name === 'INTERVAL' && /^(?:YEAR|MONTH|DAY|HOUR|MINUTE|SECOND|TO)$/.test(peek())) at++;
      else return open;
    }
  };
  return one(nullable);
}

function unquoted(name: string): string {
  return name.startsWith('`') ? name.slice(1, -1).replaceAll('``', '`') : name;
}

export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
