import { StreamcellError } from '../types/index.js';
import { Typed, type SubQuery } from './expression.js';
import { literalText, type Literal } from './sql-text.js';

/** What may stand in `sql` templates: a value, an expression, or a table as a subquery. */
export type TemplateValue = Literal | Typed<unknown> | SubQuery;

/**
 * The text of a template, with its values bound as literals: a value never becomes SQL, whatever it holds.
 * @throws StreamcellError QUERY_INVALID for a value within quotes or a comment, where it would.
 */
export function templateText(strings: readonly string[], values: readonly TemplateValue[]): string {
  let text = strings[0];
  values.forEach((value, i) => {
    if (insideQuotes(text)) {
      throw new StreamcellError(
        'QUERY_INVALID',
        `Value ${i + 1} of the sql template stands within quotes or a comment.`,
        { hint: 'Take the quotes away: a value is quoted where it needs it.' },
      );
    }
    text += valueText(value) + strings[i + 1];
  });
  return text.replace(/(?:\s|;)+$/, '');
}

function valueText(value: TemplateValue): string {
  if (value instanceof Typed) return value.operand;
  if (typeof value === 'object' && value !== null && 'toSql' in value) return `(\n${value.toSql()}\n)`;
  return literalText(value as Literal);
}

function insideQuotes(text: string): boolean {
  // Whole quotes and comments are taken away; what is left of them was begun and not ended.
  const rest = text.replace(/'(?:[^']|'')*'|`(?:[^`]|``)*`|--[^\n]*\n|\/\*[\s\S]*?\*\//g, ' ');
  return /'|`|--|\/\*/.test(rest);
}
