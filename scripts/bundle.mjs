// Bundles what the Python distribution carries into extension/ipython/streamcell/dist: kernel, engine, command and their workers as ESM
// with shared chunks, WebAssembly beside them, and the two packages that cannot be bundled (zeromq's addons, TypeScript's compiler with its
// library declarations) under node_modules. Needs a compiled checkout. Does nothing when the bundle is newer than what it is made of.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, version } from './set-up.mjs';

const out = join(root, 'extension/ipython/streamcell/dist');
const stamp = join(out, 'package.json');
const require = createRequire(import.meta.url);
const compiled = ['runtime/dist', 'kernel/dist'].map((folder) => join(root, folder));
/** `new URL('./x', import.meta.url)` and `createRequire(import.meta.url)('./x')`. */
const ASSET = /(new URL\(\s*|createRequire\(import\.meta\.url\)\()(['"])(\.[^'"]+)\2(\s*,\s*import\.meta\.url\s*)?\)/g;

function* filesBelow(folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

const shipped = (path) => /\.(js|wasm)$/.test(path) && !/\.test\.js$|-suite\.js$/.test(path);

function upToDate() {
  if (!existsSync(stamp)) return false;
  const made = statSync(stamp).mtimeMs;
  const inputs = [fileURLToPath(import.meta.url), join(root, 'package-lock.json'), join(root, 'runtime/package.json')];
  for (const folder of compiled) for (const path of filesBelow(folder)) if (shipped(path)) inputs.push(path);
  return inputs.every((path) => statSync(path).mtimeMs < made);
}

/** Name of a file in the flat bundle: all chunks lie in one folder, so that `./name` holds from whichever chunk its code ends up in. */
const flatName = (path) =>
  relative(root, path)
    .replace(/(^|\/)dist\//, '$1')
    .replaceAll(/[\\/]/g, '-');

/** Files that code names relative to itself: workers become entries of the bundle, everything else is copied. */
function named() {
  const workers = new Set();
  const assets = new Set();
  for (const folder of compiled)
    for (const path of filesBelow(folder)) {
      if (!path.endsWith('.js') || !shipped(path)) continue;
      for (const [, , , target] of readFileSync(path, 'utf8').matchAll(ASSET)) {
        const file = resolve(dirname(path), target);
        if (!existsSync(file) || statSync(file).isDirectory()) continue;
        (file.endsWith('.js') ? workers : assets).add(file);
      }
    }
  return { workers, assets };
}

/** Points such names at the flat bundle. */
const flatten = {
  name: 'flatten-urls',
  setup(build) {
    build.onLoad({ filter: /[\\/](runtime|kernel)[\\/](dist|cli)[\\/].*\.js$/ }, ({ path }) => ({
      loader: 'js',
      contents: readFileSync(path, 'utf8').replaceAll(ASSET, (whole, before, quote, target, after = '') => {
        const file = resolve(dirname(path), target);
        if (!existsSync(file) || statSync(file).isDirectory()) return whole;
        return `${before}${quote}./${flatName(file)}${quote}${after})`;
      }),
    }));
  },
};

/** One addon for each system: the highest ABI runs in every newer Node (Node-API), and needs the oldest glibc of them. */
function copyZeromq() {
  const source = dirname(require.resolve('zeromq/package.json'));
  const target = join(out, 'node_modules/zeromq');
  const best = new Map();
  for (const [key, file] of Object.entries(JSON.parse(readFileSync(join(source, 'build/manifest.json'), 'utf8')))) {
    const { os, arch, libc, abi } = JSON.parse(key);
    const system = `${os} ${arch} ${libc}`;
    if (!best.has(system) || best.get(system).abi < abi)
      best.set(system, { abi, key, file: file.replaceAll('\\', '/') });
  }
  const manifest = {};
  for (const { key, file } of best.values()) {
    cpSync(join(source, 'build', file), join(target, 'build', file));
    manifest[key] = file;
  }
  writeFileSync(join(target, 'build/manifest.json'), JSON.stringify(manifest));
  const { name, version, license, main } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  writeFileSync(join(target, 'package.json'), JSON.stringify({ name, version, license, main }));
  for (const file of ['LICENSE.txt', 'LICENSE_MPL-2.0.txt']) cpSync(join(source, file), join(target, file));
  return source;
}

async function copyTypescript(esbuild) {
  const source = dirname(require.resolve('typescript/package.json'));
  const target = join(out, 'node_modules/typescript');
  mkdirSync(join(target, 'lib'), { recursive: true });
  for (const file of ['package.json', 'LICENSE.txt', 'ThirdPartyNoticeText.txt'])
    cpSync(join(source, file), join(target, file));
  for (const file of readdirSync(join(source, 'lib')))
    if (/^lib\..*\.d\.ts$/.test(file)) cpSync(join(source, 'lib', file), join(target, 'lib', file));
  const { code } = await esbuild.transform(readFileSync(join(source, 'lib/typescript.js'), 'utf8'), {
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
  });
  writeFileSync(join(target, 'lib/typescript.js'), code);
  for (const types of ['@types/node', 'undici-types'])
    cpSync(dirname(require.resolve(`${types}/package.json`)), join(out, 'node_modules', types), { recursive: true });
}

/** @returns {Promise<boolean>} whether anything had to be made. */
export async function bundle() {
  if (upToDate()) return false;
  const esbuild = await import('esbuild');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const { workers, assets } = named();
  const entries = { streamcell: join(root, 'runtime/cli/bin.js') };
  const kernel = join(root, 'kernel/dist/main.js');
  if (existsSync(kernel)) entries.kernel = kernel;
  for (const file of [join(root, 'runtime/dist/cli/main.js'), ...workers])
    entries[flatName(file).replace(/\.js$/, '')] = file;
  await esbuild.build({
    entryPoints: entries,
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Names stay: metrics and messages show those of classes.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    chunkNames: 'chunk-[hash]',
    external: ['zeromq', 'typescript'],
    // Bundled CommonJS packages ask for Node's own modules by require.
    banner: { js: "import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);" },
    plugins: [flatten],
    logLevel: 'warning',
  });
  for (const file of assets) cpSync(file, join(out, flatName(file)));
  // zeromq's own JavaScript is small and bundled into one file where it looks for its addons: `../build` of lib.
  const zeromq = copyZeromq();
  await esbuild.build({
    entryPoints: [join(zeromq, 'lib/index.js')],
    outfile: join(out, 'node_modules/zeromq/lib/index.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: 'warning',
  });
  await copyTypescript(esbuild);
  writeFileSync(
    stamp,
    JSON.stringify({ name: 'streamcell-bundle', version: version(), private: true, type: 'module' }),
  );
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = await bundle();
  let bytes = 0;
  for (const path of filesBelow(out)) bytes += statSync(path).size;
  process.stderr.write(`${relative(root, out)}: ${(bytes / 1e6).toFixed(1)} MB${made ? '' : ', up to date'}\n`);
}
