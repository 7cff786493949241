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

/** "X, Y or Z" of what the grammar would have taken, or '' when it was nothing. */
export function describeExpectations(expected: { words: string[]; places: Place[] }): string {
  const operand = expected.places.includes('operator');
  const words = operand ? expected.words.filter((word) => !afterAnyOperand.has(word)) : expected.words;
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
