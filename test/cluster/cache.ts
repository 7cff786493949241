import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout, found from wherever the compiled file lies. */
export function repositoryRoot(): string {
  let at = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const manifest = join(at, 'package.json');
    if (existsSync(manifest) && /"name":\s*"streamcell-root"/.test(readFileSync(manifest, 'utf8'))) return at;
    if (dirname(at) === at) throw new Error('not inside a Streamcell checkout');
    at = dirname(at);
  }
}

export function cacheDirectory(...names: string[]): string {
  return join(repositoryRoot(), '.cache', ...names);
}

/**
 * A directory of `.cache` that is filled once. It appears under its name only when it is complete (fill, then rename),
 * so that an interrupted download is never taken for a whole one, and of two processes filling it at once one wins.
 */
export async function filledOnce(name: string, fill: (directory: string) => Promise<void>): Promise<string> {
  const target = cacheDirectory(name);
  if (existsSync(target)) return target;
  const draft = `${target}.${process.pid}.${Date.now()}`;
  await mkdir(draft, { recursive: true });
  try {
    await fill(draft);
    await rename(draft, target).catch((cause: unknown) => {
      if (!existsSync(target)) throw cause;
    });
    return target;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
