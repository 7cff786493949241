import { describe, expect, test } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArguments } from './arguments.js';
import { executeNotebook } from './execute-command.js';

async function execute(python: string, ...args: string[]): Promise<{ code: number; said: string }> {
  let said = '';
  const stderr = { write: (text: string) => void (said += text) };
  const code = await executeNotebook(
    { command: 'execute', args },
    { ...process.env, STREAMCELL_PYTHON: python },
    stderr,
  );
  return { code, said };
}

describe('streamcell execute', () => {
  test('leaves its arguments to the Python package', () => {
    expect(parseArguments(['execute', 'a.ipynb', '--output', 'b.ipynb'])).toEqual({
      command: 'execute',
      args: ['a.ipynb', '--output', 'b.ipynb'],
    });
  });

  test('says what to do when there is no such package', async () => {
    const { code, said } = await execute('/nowhere/python', 'a.ipynb');
    expect(code).toBe(1);
    expect(said).toContain("pip install 'streamcell[headless]'");
  });

  test('ends with the exit code of the notebook', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'streamcell-'));
    try {
      const python = join(folder, 'python');
      // Has the package, and fails as a notebook does whose third argument is its exit code.
      writeFileSync(python, '#!/bin/sh\n[ "$1" = -c ] && exit 0\nexit "$3"\n');
      chmodSync(python, 0o755);
      expect((await execute(python, '0')).code).toBe(0);
      expect((await execute(python, '7')).code).toBe(7);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
