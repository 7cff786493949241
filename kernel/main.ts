import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { MessageChannel, Worker } from 'node:worker_threads';
import { MainSession } from './cells/main-session.js';
import { MainThread } from './cells/main-thread.js';
import type { FromMain, ToMain } from './cells/messages.js';
import { OutputGate } from './cells/output-gate.js';
import { pipelineGlobals } from './cells/pipeline-globals.js';
import type { ThreadData } from './thread-data.js';

/*
 * Entry of the kernel: `node main.js CONNECTION_FILE [--language sql]`.
 *
 * This thread runs the user's TypeScript and nothing else; sockets, session and everything that must answer while a cell loops live in the
 * protocol thread.
 */

const [connectionFile, ...rest] = process.argv.slice(2);
if (connectionFile === undefined) {
  process.stderr.write('usage: main.js CONNECTION_FILE [--language typescript|sql]\n');
  process.exit(2);
}
const exit = process.exit.bind(process);
const gate = new OutputGate();
const data: ThreadData = {
  connectionFile,
  language: rest[rest.indexOf('--language') + 1] === 'sql' && rest.includes('--language') ? 'sql' : 'typescript',
  folder: process.cwd(),
  gate: gate.shared,
  version: (createRequire(import.meta.url)('../package.json') as { readonly version: string }).version,
  parent: process.ppid,
};
const protocol = new Worker(new URL('./protocol-thread.js', import.meta.url), {
  workerData: data,
});
const session = new MainSession(() => {
  const { port1, port2 } = new MessageChannel();
  protocol.postMessage({ type: 'session', port: port2 } satisfies FromMain, [port2]);
  return port1;
});
const main = new MainThread(
  (message: FromMain) => protocol.postMessage(message),
  gate,
  data.folder,
  () => pipelineGlobals(session),
);
protocol.on('message', (message: ToMain) => main.receive(message));
// Without its sockets the kernel is nothing; the front end sees it die and says so.
protocol.on('error', (error) => {
  writeSync(2, `streamcell kernel: ${error.stack ?? error.message}\n`);
  exit(1);
});
process.on('SIGINT', () => protocol.postMessage({ type: 'interrupt' } satisfies FromMain));
protocol.on('exit', (code) => exit(code));
