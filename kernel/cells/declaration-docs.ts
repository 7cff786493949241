import { readFileSync } from 'node:fs';

/*
 * Three quarters of Node's declarations are comments, and parsing them was the half of the checker's start. So its files are read with their
 * documentation blanked out, at the same offsets, and the one comment that somebody asks for is read from the file itself.
 */

const BLANKED = /[\\/]@types[\\/]node[\\/]/;
const BLOCK = /^[ \t]*\/\*\*[\s\S]*?\*\//gm;

/** The text of a file for the checker. */
export function readDeclarations(path: string): string {
  const text = readFileSync(path, 'utf8');
  return BLANKED.test(path) ? text.replace(BLOCK, (block) => ' '.repeat(block.length)) : text;
}

/** The documentation in front of a declaration that begins at an offset; empty where readDeclarations left it in place, or there is none. */
export function blankedDocumentation(path: string, offset: number): string {
  if (!BLANKED.test(path)) return '';
  const before = readFileSync(path, 'utf8').slice(0, offset).trimEnd();
  const start = before.lastIndexOf('/**');
  if (!before.endsWith('*/') || start < 0) return '';
  return before
    .slice(start + 3, -2)
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, ''))
    .join('\n')
    .replace(/^@since.*$/gm, '')
    .trim();
}
