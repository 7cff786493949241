/**
 * Cuts a script into statements for Flink's SQL Gateway, which takes one at a time. The engine's own parser is not used here:
 * the referee must not depend on what it judges.
 */
export function splitStatements(script: string): string[] {
  const statements: string[] = [];
  let start = 0;
  let at = 0;
  const end = (to: number): void => {
    const text = script.slice(start, to).trim();
    if (withoutComments(text) !== '') statements.push(text);
    start = to + 1;
  };
  while (at < script.length) {
    const skipped = skipOpaque(script, at);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    if (script[at] === ';' && !insideStatementSet(script.slice(start, at))) end(at);
    at++;
  }
  end(script.length);
  return statements;
}

/** `EXECUTE STATEMENT SET BEGIN ...; ...; END` is one statement, with semicolons inside. */
function insideStatementSet(text: string): boolean {
  const bare = withoutComments(text);
  return /^EXECUTE\s+STATEMENT\s+SET\b/i.test(bare) && !/\bEND$/i.test(bare);
}

function withoutComments(text: string): string {
  return text
    .replace(/--[^\n]*/g, ' ')
    .replace(/\/\*(?!\+)[^]*?\*\//g, ' ')
    .trim();
}

/** The end of the literal, quoted name or comment that begins at `at`, or `at` when none does. */
function skipOpaque(script: string, at: number): number {
  const c = script[at];
  const past = (mark: string, from: number): number => {
    const found = script.indexOf(mark, from);
    return found < 0 ? script.length : found + mark.length;
  };
  // A doubled quote closes one literal and opens the next: for cutting that comes to the same.
  if (c === "'" || c === '`') return past(c, at + 1);
  if (script.startsWith('--', at)) return past('\n', at);
  if (script.startsWith('/*', at)) return past('*/', at + 2);
  return at;
}
