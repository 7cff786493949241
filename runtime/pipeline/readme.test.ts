import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import ts from 'typescript';

test('the example of the README runs as it is written', async () => {
  const folder = fileURLToPath(new URL('../../pipeline/', import.meta.url));
  const readme = await readFile(join(folder, 'README.md'), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const dist = (path: string): string => JSON.stringify(new URL(`../${path}`, import.meta.url).href);
  const script = ts
    .transpile(`${example}\nconsole.log(rows.length > 0 && rows.every((r) => r.bids > 0n));\nprocess.exit(0);`, {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
    })
    .replaceAll("'@streamcell/runtime'", dist('session/index.js'))
    .replaceAll("'@streamcell/runtime/pipeline/index'", dist('pipeline/index.js'));
  const scratch = await mkdtemp(join(tmpdir(), 'streamcell-readme-'));
  try {
    const file = join(scratch, 'example.mjs');
    await writeFile(file, script);
    const { stdout } = await promisify(execFile)(process.execPath, [pathToFileURL(file).pathname]);
    expect(stdout).toContain(
      'FROM TABLE(TUMBLE((\n  SELECT *\n  FROM `bids`\n  WHERE (`price` > 100)\n), DESCRIPTOR(`dateTime`)',
    );
    expect(stdout).toMatch(/^window_start +\| channel +\| bids +\| total$/m);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('true');
  } finally {
    await rm(scratch, { recursive: true });
  }
});
