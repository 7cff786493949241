import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ERRORS, StreamcellError, type ErrorCode } from './errors.js';

const RUNTIME = fileURLToPath(new URL('../../', import.meta.url));

interface Documented {
  readonly code: string;
  readonly kind: string;
  readonly meaning: string;
  readonly remedy: string;
}

const documented: readonly Documented[] = readFileSync(join(RUNTIME, 'types', 'ERRORS.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const [code, kind, meaning, remedy, ...more] = line.replace(/^\| | \|$/g, '').split(' | ');
    if (remedy === undefined || more.length > 0) throw new Error(`a row of four cells is expected: ${line}`);
    return { code: code.replaceAll('`', ''), kind, meaning, remedy };
  });

/** Texts of all modules of a package but the table itself and the tests. */
function sources(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return ['dist', 'node_modules'].includes(entry.name) ? [] : sources(path);
    if (!entry.name.endsWith('.ts') || entry.name.endsWith('.test.ts')) return [];
    return path === join(RUNTIME, 'types', 'errors.ts') ? [] : [readFileSync(path, 'utf8')];
  });
}

describe('the table of errors', () => {
  test('is documented, entry by entry, in its order', () => {
    expect(documented.map(({ code, kind }) => [code, kind])).toEqual(
      Object.entries(ERRORS).map(([code, { kind }]) => [code, kind]),
    );
  });

  test('says what every code means and what to do', () => {
    for (const { meaning, remedy } of documented) {
      expect(meaning).toMatch(/\.$/);
      expect(remedy).toMatch(/\.$/);
    }
  });

  test('has no code that nobody raises', () => {
    const text = [...sources(RUNTIME), ...sources(join(RUNTIME, '..', 'kernel'))].join('\n');
    const silent = Object.keys(ERRORS).filter((code) => !text.includes(`'${code}'`));
    expect(silent).toEqual([]);
  });
});

describe('an error', () => {
  const code: ErrorCode = 'COLUMN_NOT_FOUND';

  test('keeps everything on its way through plain data', () => {
    const span = { start: 3, end: 5 };
    const error = new StreamcellError(code, 'gone', { span, hint: 'look', operator: 'Calc' });
    expect(StreamcellError.fromData(JSON.parse(JSON.stringify(error.toData())))).toMatchObject({
      code,
      kind: 'semantic',
      message: 'gone',
      span,
      hint: 'look',
      operator: 'Calc',
    });
  });

  test('takes the general hint, the first place and the first operator only', () => {
    const error = new StreamcellError('MEMORY_LIMIT', 'full').at({ start: 1, end: 2 }).inOperator('Join');
    expect(error.at({ start: 8, end: 9 }).inOperator('Sink')).toBe(error);
    expect(error.hint).toBe(ERRORS.MEMORY_LIMIT.hint);
  });

  test('that is none of ours is a mistake of ours', () => {
    const cause = new TypeError('x is not a function');
    expect(StreamcellError.from(cause)).toMatchObject({ code: 'INTERNAL', message: 'x is not a function', cause });
    expect(StreamcellError.from('text', 'FILE_ACCESS')).toMatchObject({ code: 'FILE_ACCESS', message: 'text' });
  });
});
