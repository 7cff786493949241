// Builds what is stale, then runs a compiled program with the remaining arguments: `node scripts/built.mjs test/dist/bench/main.js nexmark`.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, root } from './set-up.mjs';

await ensureBuilt();
const [program, ...rest] = process.argv.slice(2);
process.argv = [process.argv[0], join(root, program), ...rest];
await import(pathToFileURL(join(root, program)).href);
