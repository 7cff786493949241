// Builds the Python wheel into dist/, from the bundle and the JupyterLab extension: `npm run wheel`. Prints its size.
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';
import { ensureLab, ensurePython, ensureRuntime, modified, newest, python, root, run, step } from './set-up.mjs';

const out = join(root, 'dist');
const parts = ['extension/ipython', 'pyproject.toml', 'LICENSE'].map((path) => join(root, path));
const shipped = (path) => !/[\\/](__pycache__|tests|\.pytest_cache)[\\/]/.test(path);

function built() {
  const wheels = existsSync(out) ? readdirSync(out).filter((name) => /^streamcell-.*\.whl$/.test(name)) : [];
  return wheels.length === 1 ? join(out, wheels[0]) : null;
}

/** @returns {Promise<string>} the wheel's path; nothing is built when it is newer than its parts. */
export async function wheel() {
  await ensurePython();
  await ensureRuntime();
  await ensureLab();
  await step('Bundling the runtime', async () => ((await bundle()) ? 0 : null));
  const found = built();
  if (found !== null && modified(found) > newest(parts, shipped)) return found;
  await step('Building the wheel', async (tell) => {
    tell();
    mkdirSync(out, { recursive: true });
    for (const name of readdirSync(out)) if (name.startsWith('streamcell-')) rmSync(join(out, name));
    return run(python(), ['-m', 'hatchling', 'build', '-t', 'wheel', '-d', out], { quiet: true });
  });
  const made = built();
  process.stderr.write(`${relative(root, made)}: ${(statSync(made).size / 1e6).toFixed(1)} MB\n`);
  return made;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${await wheel()}\n`);
