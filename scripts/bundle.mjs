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

/** What cells may import, or see as the type of what they are given, though it is bundled: declarations, and a door to the bundle. */
const FOR_CELLS = [
  { name: '@streamcell/runtime', modules: ['dist/pipeline/index', 'dist/session/session'] },
  { name: 'apache-arrow', modules: ['Arrow.node'] },
];

/** Declarations and all that they refer to in their package. */
function* declarationsFrom(file, seen = new Set()) {
  if (seen.has(file) || !existsSync(file)) return;
  seen.add(file);
  yield file;
  const text = readFileSync(file, 'utf8');
  for (const [, , target] of text.matchAll(/(?:from|import\() ?(['"])(\.{1,2}\/[^'"]+)\1/g))
    yield* declarationsFrom(join(dirname(file), target.replace(/\.m?js$/, '')) + '.d.ts', seen);
}

const packageFolder = (name) => join(root, name === '@streamcell/runtime' ? 'runtime' : `node_modules/${name}`);

/** Entry points of the bundle that these doors lead to. */
function cellEntries() {
  const entries = {};
  for (const { name, modules } of FOR_CELLS)
    for (const module of modules) {
      const file = ['.mjs', '.js'].map((end) => join(packageFolder(name), `${module}${end}`)).find(existsSync);
      entries[`for-cells-${name.replace(/\W+/g, '-')}-${module.replace(/\W+/g, '-')}`] = file;
    }
  return entries;
}

function copyForCells() {
  for (const { name, modules } of FOR_CELLS) {
    const source = packageFolder(name);
    const target = join(out, 'node_modules', name);
    const exported = {};
    for (const module of modules) {
      for (const file of declarationsFrom(join(source, `${module}.d.ts`)))
        cpSync(file, join(target, relative(source, file)));
      const door = join(target, `${module}.js`);
      const entry = join(out, `for-cells-${name.replace(/\W+/g, '-')}-${module.replace(/\W+/g, '-')}.js`);
      mkdirSync(dirname(door), { recursive: true });
      writeFileSync(door, `export * from '${relative(dirname(door), entry).replaceAll('\\', '/')}';\n`);
      const key = name === '@streamcell/runtime' ? module.replace('dist', '.') : '.';
      exported[key] = { types: `./${module}.d.ts`, default: `./${module}.js` };
    }
    const { version, license } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
    const manifest = { name, version, license, type: 'module', exports: exported };
    writeFileSync(join(target, 'package.json'), JSON.stringify(manifest));
  }
}

/** Licences of the packages whose code is in the bundle. */
function writeLicences(inputs) {
  const packages = new Map();
  for (const input of inputs) {
    const [, name] = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    if (name !== undefined) packages.set(name, join(root, input.slice(0, input.lastIndexOf(`${name}/`) + name.length)));
  }
  const texts = [...packages].sort().map(([name, folder]) => {
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file));
    return [`${name} ${version} (${license})`, ...files.map((file) => readFileSync(join(folder, file), 'utf8'))].join(
      '\n\n',
    );
  });
  writeFileSync(join(out, 'LICENSES.txt'), texts.join(`\n\n${'='.repeat(80)}\n\n`));
}

/** @returns {Promise<boolean>} whether anything had to be made. */
export async function bundle() {
  if (upToDate()) return false;
  const esbuild = await import('esbuild');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const { workers, assets } = named();
  const entries = { streamcell: join(root, 'runtime/cli/bin.js'), ...cellEntries() };
  const kernel = join(root, 'kernel/dist/main.js');
  if (existsSync(kernel)) entries.kernel = kernel;
  for (const file of [join(root, 'runtime/dist/cli/main.js'), ...workers])
    entries[flatName(file).replace(/\.js$/, '')] = file;
  const { metafile } = await esbuild.build({
    entryPoints: entries,
    absWorkingDir: root,
    metafile: true,
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
  copyForCells();
  writeLicences(Object.keys(metafile.inputs));
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
