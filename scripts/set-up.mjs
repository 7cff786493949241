// Set-up shared by `npm start`, `npm test` and the other entry scripts: installs and builds only what is missing or stale, judged by
// content stamps (packages) and modification times (sources). Plain Node without dependencies, since it runs before there are any.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === 'win32';
const venv = join(root, '.venv');
const venvBin = join(venv, windows ? 'Scripts' : 'bin');
/** The Python of the checkout's own environment. */
export const python = () => join(venvBin, windows ? 'python.exe' : 'python');

/** Ends the script with a message in plain words. */
export function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/**
 * Runs a command in the checkout.
 * @param options as spawn's; with `quiet` its output is shown only if it fails.
 * @returns {Promise<number>} its exit code; a signal counts as 1.
 */
export function run(command, args, { quiet = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit';
    // npm is a script of the shell's on Windows.
    const child = spawn(command, args, { cwd: root, stdio, shell: windows && command === 'npm', ...options });
    const said = [];
    if (quiet) for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => said.push(data));
    child.on('error', reject);
    child.on('close', (code) => {
      if (quiet && code !== 0) process.stderr.write(Buffer.concat(said));
      resolve(code ?? 1);
    });
  });
}

/** One step, told with its time. `work` returns an exit code, or null when there was nothing to do. */
export async function step(name, work) {
  const started = Date.now();
  let told = false;
  const tell = () => {
    if (!told) process.stderr.write(`${name} ...\n`);
    told = true;
  };
  let code = 1;
  try {
    code = await work(tell);
  } catch (error) {
    process.stderr.write(`${error?.stack ?? error}\n`);
  }
  if (code === null) return;
  if (code !== 0) {
    process.stderr.write(`${name}: failed (exit code ${code})\n`);
    process.exit(code);
  }
  process.stderr.write(`${name}: ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

/** A step that is known to be necessary. */
const work = (name, command, args, options) =>
  step(name, (tell) => {
    tell();
    return run(command, args, options);
  });

export function modified(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

/** Newest modification among files and the files below folders. */
export function newest(paths, counts = () => true) {
  let found = 0;
  for (const path of paths) {
    if (!existsSync(path)) continue;
    if (!statSync(path).isDirectory()) {
      if (counts(path)) found = Math.max(found, modified(path));
    } else
      found = Math.max(
        found,
        newest(
          readdirSync(path).map((name) => join(path, name)),
          counts,
        ),
      );
  }
  return found;
}

/** The newest source file below a folder; folders that hold no sources are passed over. */
function newestSource(folder) {
  let found = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (['node_modules', 'dist', 'lib'].includes(entry.name) || entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found = Math.max(found, newestSource(path));
    else if (/\.(ts|tsx|mjs|css|json|svg)$/.test(entry.name) && entry.name !== 'tsconfig.tsbuildinfo')
      found = Math.max(found, statSync(path).mtimeMs);
  }
  return found;
}

/** Installs when the lock file asks for other packages than were installed. */
export async function ensureInstalled() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 20) fail(`Streamcell needs Node 20 or newer; this is ${process.version}.`);
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (modified(installed) >= modified(join(root, 'package-lock.json'))) return;
  await work('Installing npm packages', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { quiet: true });
}

const stale = (folders) => {
  const stamps = folders.map((folder) => modified(join(root, folder, 'dist', '.tsbuildinfo')));
  const wasm = modified(join(root, 'runtime/dist/formats/json-scanner.wasm'));
  return Math.min(...stamps) <= Math.max(...folders.map((folder) => newestSource(join(root, folder)))) || wasm === 0;
};

/** Compiles everything, tests included, when a source is newer than the last build. */
export async function ensureBuilt() {
  await ensureInstalled();
  if (stale(['runtime', 'kernel', 'test'])) await work('Building', 'npm', ['run', '--silent', 'build']);
}

/** Compiles what is shipped: runtime and kernel. */
export async function ensureRuntime() {
  await ensureInstalled();
  if (!stale(['runtime', 'kernel'])) return;
  await step('Compiling runtime and kernel', async (tell) => {
    tell();
    const wasm = await run('npm', ['run', '--silent', 'build:wasm'], { quiet: true });
    if (wasm !== 0) return wasm;
    return run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', 'runtime', 'kernel'], {
      quiet: true,
    });
  });
}

/** Builds the JupyterLab extension. Its builder is a Python program, so the environment comes first. */
export async function ensureLab() {
  const folder = join(root, 'extension/lab');
  const made = modified(join(root, 'extension/ipython/streamcell/labextension/package.json'));
  const sources = ['extension/lab', 'runtime/types', 'runtime/protocol'].map((part) => newestSource(join(root, part)));
  if (!existsSync(join(folder, 'src')) || made > Math.max(...sources, modified(join(root, 'package-lock.json'))))
    return;
  const env = { ...process.env, PATH: `${venvBin}${delimiter}${process.env.PATH}` };
  await work('Building the JupyterLab extension', 'npm', ['run', '--silent', 'build:lab'], { quiet: true, env });
}

const OLDEST_PYTHON = [3, 11];

/** Version of a Python as [major, minor], or null when it is none. */
function pythonVersion(command) {
  const { status, stdout } = spawnSync(command, ['-c', 'import sys; print(*sys.version_info[:2])'], {
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim().split(' ').map(Number) : null;
}
const recent = ([major, minor]) =>
  major > OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor >= OLDEST_PYTHON[1]);

/** The Python to make the environment from: $STREAMCELL_PYTHON and nothing else if it is set, else the first that is new enough. */
function findPython() {
  const oldest = OLDEST_PYTHON.join('.');
  const chosen = process.env.STREAMCELL_PYTHON;
  const tried = [];
  for (const command of chosen ? [chosen] : ['python3', 'python3.13', 'python3.12', 'python3.11', 'python']) {
    const version = pythonVersion(command);
    if (version !== null && recent(version)) return command;
    if (version !== null) tried.push(`${command} is ${version.join('.')}`);
  }
  if (chosen && tried.length === 0) fail(`STREAMCELL_PYTHON=${chosen} does not run.`);
  const found = tried.length > 0 ? ` (${tried.join(', ')})` : ', and none was found';
  return fail(
    `Streamcell needs Python ${oldest} or newer for JupyterLab${found}.\n` +
      `Install it, or point to one: STREAMCELL_PYTHON=/path/to/python3 npm start`,
  );
}

/** Makes .venv and installs the pinned packages when the list has changed. `list` is a requirements file of extension/ipython. */
export async function ensurePython(list = 'requirements-build.txt') {
  const existing = existsSync(python()) ? pythonVersion(python()) : null;
  let pip = [python(), '-m', 'pip'];
  if (existing === null || !recent(existing)) {
    const base = findPython();
    await step('Making the Python environment .venv', async (tell) => {
      tell();
      rmSync(venv, { recursive: true, force: true });
      if ((await run(base, ['-m', 'venv', venv], { stdio: 'ignore' })) === 0) return 0;
      // Debian keeps ensurepip in a package of its own; a pip of the system's can install into the environment as well.
      rmSync(venv, { recursive: true, force: true });
      if (spawnSync(base, ['-m', 'pip', '--version']).status !== 0)
        fail(`${base} has neither venv nor pip. On Debian and Ubuntu: apt-get install python3-venv`);
      return run(base, ['-m', 'venv', '--without-pip', venv], { quiet: true });
    });
    if (spawnSync(python(), ['-m', 'pip', '--version']).status !== 0) pip = [base, '-m', 'pip', '--python', python()];
  } else if (spawnSync(python(), ['-c', 'import pip']).status !== 0)
    pip = [findPython(), '-m', 'pip', '--python', python()];
  // Or Node takes the scripts in Python packages for ES modules, as the checkout's own package.json says of its files.
  if (!existsSync(join(venv, 'package.json'))) writeFileSync(join(venv, 'package.json'), '{}\n');
  const files = ['requirements.txt', 'requirements-build.txt', list].map((name) =>
    readFileSync(join(root, 'extension/ipython', name), 'utf8'),
  );
  const stamp = join(venv, `.streamcell-${list}`);
  const wanted = createHash('sha256').update(files.join('\n')).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return pip;
  const args = ['install', '--quiet', '--disable-pip-version-check', '-r', join(root, 'extension/ipython', list)];
  await work('Installing Python packages', pip[0], [...pip.slice(1), ...args], { quiet: true });
  writeFileSync(stamp, wanted);
  return pip;
}

/** Installs a wheel into .venv unless this very file is there already. */
export async function ensureWheelInstalled(pip, wheel) {
  const stamp = join(venv, '.streamcell-wheel');
  const wanted = createHash('sha256').update(readFileSync(wheel)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const args = ['install', '--quiet', '--disable-pip-version-check', '--no-deps', '--force-reinstall', wheel];
  await work('Installing the wheel', pip[0], [...pip.slice(1), ...args], { quiet: true });
  // JupyterLab asks newcomers whether it may fetch news, and looks for its own updates: not in an environment made for a first look.
  // Whoever decided otherwise in their own settings is not overruled.
  const settings = join(venv, 'share/jupyter/lab/settings');
  mkdirSync(settings, { recursive: true });
  const overrides = { '@jupyterlab/apputils-extension:notification': { fetchNews: 'false', checkForUpdates: false } };
  writeFileSync(join(settings, 'overrides.json'), `${JSON.stringify(overrides, null, 2)}\n`);
  writeFileSync(stamp, wanted);
}

export const version = () => JSON.parse(readFileSync(join(root, 'runtime', 'package.json'), 'utf8')).version;
