import { expect, test } from '@jest/globals';
import { quotedParts } from './quoted-parts.js';

/** Code in angle brackets. */
const shown = (message: string): string =>
  quotedParts(message)
    .map(({ text, code }) => (code ? `<${text}>` : text))
    .join('');

test.each([
  ["Column 'pric' is not in 'bids'.", 'Column <pric> is not in <bids>.'],
  ['Quote it: `one`.', 'Quote it: <`one`>.'],
  ["Expected AS, ',', FROM, but found 'dec'.", "Expected AS, <','>, FROM, but found <dec>."],
  ["The query's rows aren't 'new' any more.", "The query's rows aren't <new> any more."],
  ["Set 'a.b' = '5 s' to skip them.", "Set <'a.b' = '5 s'> to skip them."],
  ['Meanwhile `%connect embedded` helps.', 'Meanwhile <%connect embedded> helps.'],
  ["Names: 'größe', '10'", 'Names: <größe>, <10>'],
  ['plain', 'plain'],
  ['', ''],
])('%s', (message, expected) => {
  expect(shown(message)).toBe(expected);
});
