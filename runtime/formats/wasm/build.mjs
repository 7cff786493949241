// Compiles the AssemblyScript modules of this folder to runtime/dist/formats/*.wasm. Does nothing for those that are up to date.
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../../dist/formats');
const self = statSync(fileURLToPath(import.meta.url)).mtimeMs;

for (const file of readdirSync(here).filter((name) => name.endsWith('.ts'))) {
  const source = join(here, file);
  const target = join(out, file.replace(/\.ts$/, '.wasm'));
  const built = statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built > statSync(source).mtimeMs && built > self) continue;
  mkdirSync(out, { recursive: true });
  // Imported late: loading the compiler costs more than looking at two dates.
  const { main } = await import('assemblyscript/asc');
  const { error, stderr } = await main([
    source,
    '--outFile',
    target,
    '-O3',
    '--converge',
    '--noAssert',
    '--enable',
    'simd',
    '--runtime',
    'stub',
    '--importMemory',
    '--memoryBase',
    '1024',
  ]);
  if (error) {
    console.error(stderr.toString());
    throw error;
  }
}
