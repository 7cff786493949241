// Set-up shared by `npm start`, `npm test` and the other entry scripts: installs and builds only what is missing or stale.
// Plain Node without dependencies, since it runs before there are any.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Runs a command in the checkout.
 * @returns {Promise<number>} its exit code; a signal counts as 1.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

async function step(name, work) {
  const started = Date.now();
  process.stderr.write(`${name} ...\n`);
  const code = await work();
  if (code !== 0) {
    process.stderr.write(`${name}: failed (exit code ${code})\n`);
    process.exit(code);
  }
  process.stderr.write(`${name}: ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

function modified(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

/** The newest source file below a folder; folders that hold no sources are passed over. */
function newestSource(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) newest = Math.max(newest, newestSource(path));
    else if (/\.(ts|mjs|json)$/.test(entry.name)) newest = Math.max(newest, statSync(path).mtimeMs);
  }
  return newest;
}

/** Installs when the lock file asks for other packages than were installed. */
export async function ensureInstalled() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 20) {
    process.stderr.write(`Streamcell needs Node 20 or newer; this is ${process.version}.\n`);
    process.exit(1);
  }
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (modified(installed) >= modified(join(root, 'package-lock.json'))) return;
  await step('Installing packages', () => run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']));
}

/** Compiles when a source is newer than the last build. */
export async function ensureBuilt() {
  await ensureInstalled();
  const stamps = ['runtime', 'test'].map((p) => modified(join(root, p, 'dist', '.tsbuildinfo')));
  const sources = Math.max(newestSource(join(root, 'runtime')), newestSource(join(root, 'test')));
  if (Math.min(...stamps) > sources) return;
  await step('Building', () => run('npm', ['run', '--silent', 'build']));
}

export const version = () => JSON.parse(readFileSync(join(root, 'runtime', 'package.json'), 'utf8')).version;
