import type { Completeness } from '../host.js';

/** Whether a console may send the text: it ends with `;`, or there is nothing in it. An open quote or comment needs more. */
export function completeness(sql: string): Completeness {
  let rest = '';
  const tokens = /'(?:[^']|'')*('?)|`(?:[^`]|``)*(`?)|--[^\n]*|\/\*[\s\S]*?(\*\/|$)/g;
  let at = 0;
  for (const match of sql.matchAll(tokens)) {
    if (/^['`]/.test(match[0]) && (match[0].length === 1 || !match[0].endsWith(match[0][0]))) return 'incomplete';
    if (match[0].startsWith('/*') && match[3] !== '*/') return 'incomplete';
    rest += sql.slice(at, match.index) + (/^['`]/.test(match[0]) ? 'x' : ' ');
    at = match.index + match[0].length;
  }
  rest = (rest + sql.slice(at)).trim();
  return rest === '' || rest.endsWith(';') ? 'complete' : 'incomplete';
}
