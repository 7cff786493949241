import type { Place } from './parser-base.js';

const placeNames: Partial<Record<Place, string>> = {
  expression: 'an expression',
  query: 'a query',
  column: 'a column',
  table: 'a table',
  view: 'a view',
  model: 'a model',
  connection: 'a connection',
  catalog: 'a catalog',
  database: 'a database',
  function: 'a function',
  module: 'a module',
  window: 'the name of a window',
  type: 'a type',
  hint: 'the name of a hint',
  'option key': "an option key in '..'",
  'option value': "an option value in '..'",
  'time unit': 'a time unit',
  job: "a job id in '..'",
  string: "a text in '..'",
  number: 'a number',
  'new name': 'a name',
  end: 'the end of the statement',
};

/** A longer list helps nobody; the rest is only counted. */
const mostListed = 8;

/** Words that go on with almost any expression: only said when nothing else was possible. */
const afterAnyOperand = new Set(['AND', 'OR', 'IS', 'IN', 'NOT', 'BETWEEN', 'LIKE', 'SIMILAR TO']);

/** Listed last: they are seldom what was meant. */
const rareWords = new Set(
  'FOR MATCH_RECOGNIZE PIVOT UNPIVOT TABLESAMPLE NATURAL CROSS OUTER INNER RIGHT FULL WINDOW QUALIFY INTERSECT EXCEPT OFFSET FETCH'.split(
    ' ',
  ),
);

/** "X, Y or Z" of what the grammar would have taken, or '' when it was nothing. */
export function describeExpectations(expected: { words: string[]; places: Place[] }): string {
  const operand = expected.places.includes('operator');
  const words = expected.words.filter((word) => !operand || !afterAnyOperand.has(word));
  words.sort((a, b) => Number(rareWords.has(a)) - Number(rareWords.has(b)));
  const items = words.map((word) => (/^\w/.test(word) ? word : `'${word}'`));
  const inExpression = expected.places.includes('expression');
  for (const place of expected.places) {
    const name = placeNames[place];
    // A column is where an expression starts, and need not be said beside it.
    if (name && !(inExpression && (place === 'column' || place === 'query'))) items.push(name);
  }
  if (items.length === 0 && expected.places.includes('alias')) items.push('a name');
  if (items.length === 0 && operand) items.push('an operator');
  const listed = items.slice(0, mostListed);
  if (items.length > mostListed) listed.push(`${items.length - mostListed} more`);
  if (listed.length <= 1) return listed.join('');
  return `${listed.slice(0, -1).join(', ')} or ${listed[listed.length - 1]}`;
}

/** The expected keyword that the text is one slip of the keyboard away from, if any: `FORM` for FROM, `SELEC` for SELECT. */
export function nearestKeyword(found: string, words: readonly string[]): string | null {
  if (found.length < 3) return null;
  return words.find((word) => /^\w+$/.test(word) && isOneSlipApart(found.toUpperCase(), word)) ?? null;
}

/** One letter too many, too few or wrong, or two neighbours exchanged. */
function isOneSlipApart(a: string, b: string): boolean {
  if (a === b || Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  const restA = a.slice(start);
  const restB = b.slice(start);
  if (a.length > b.length) return restA.slice(1) === restB;
  if (a.length < b.length) return restA === restB.slice(1);
  const swapped = restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2);
  return restA.slice(1) === restB.slice(1) || swapped;
}
