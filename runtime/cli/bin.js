#!/usr/bin/env node
// Launches the compiled command. Builds nothing: in a checkout, `npm run build` (or `npm start`) comes first.
import { existsSync } from 'node:fs';

const entry = new URL('../dist/cli/main.js', import.meta.url);
if (!existsSync(entry)) {
  process.stderr.write('streamcell is not built yet. In a checkout run: npm run build\n');
  process.exit(1);
}
const { main } = await import(entry.href);
process.exitCode = await main(process.argv.slice(2));
// Connections that libraries keep open must not keep a finished command alive.
process.exit();
