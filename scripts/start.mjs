// `npm start [-- --seconds N]`: sets itself up, then shows a live windowed query in the terminal. Ctrl-C ends it.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { ensureBuilt, root } from './set-up.mjs';

const args = process.argv.slice(2);
let seconds = null;
for (let i = 0; i < args.length; i++) {
  const value = args[i].startsWith('--seconds=')
    ? args[i].slice('--seconds='.length)
    : args[i] === '--seconds'
      ? args[++i]
      : undefined;
  seconds = Number(value);
  if (value === undefined || !(seconds > 0)) {
    process.stderr.write(`npm start [-- --seconds N]: ${args[i] ?? 'a number'} is not understood.\n`);
    process.exit(1);
  }
}
await ensureBuilt();
const { demo } = await import(pathToFileURL(join(root, 'runtime', 'dist', 'cli', 'demo.js')).href);
process.exitCode = await demo(seconds, process.stdout);
process.exit();
