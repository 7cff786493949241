export { editDistance, nearestNames, suggestion } from '../types/index.js';

/** `name` as it must be written so that it means itself: always quoted, as Flink's own texts are. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A string literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
