/** A source line and a caret under the place. */
export function excerpt(text: string, line: number, column: number, length: number): string {
  const gutter = `  ${line} | `;
  const indent = text.slice(0, column - 1).replace(/[^\t]/g, ' ');
  return `${gutter}${text}\n${' '.repeat(gutter.length - 2)}| ${indent}${'^'.repeat(Math.max(1, length))}`;
}
