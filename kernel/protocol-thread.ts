import { parentPort, workerData } from 'node:worker_threads';
import { StreamcellError } from '@streamcell/runtime/types/index';
import { CheckerClient } from './cells/checker-client.js';
import { MainThreadClient } from './cells/main-thread-client.js';
import type { FromMain, ToMain } from './cells/messages.js';
import { OutputGate } from './cells/output-gate.js';
import { TypeScriptLanguage } from './cells/typescript-language.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import { kernelInfo } from './dispatch/kernel-info.js';
import type { CellLanguage, CommTarget } from './host.js';
import { watchParent } from './parent-watch.js';
import { KernelSessions } from './sessions.js';
import type { ThreadData } from './thread-data.js';
import { readConnectionFile } from './wire/connection-file.js';
import { KernelSockets } from './wire/sockets.js';

/** Entry of the protocol thread: wires sockets, session and languages together. */

/** Milliseconds that closing may take before the process ends regardless. */
const CLOSE_TIMEOUT = 3000;

const data = workerData as ThreadData;
const port = parentPort;
if (port === null) throw new Error('the protocol thread is started by main.js');

const gate = new OutputGate(data.gate);
const main = new MainThreadClient((message: ToMain) => port.postMessage(message), gate);
port.on('message', (message: FromMain) => main.receive(message));
const checker = new CheckerClient(data.folder);
const sessions = new KernelSessions(() =>
  Promise.reject(new StreamcellError('SQL_UNSUPPORTED', 'no gateway answers here')),
);
const languages: CellLanguage[] = [
  new TypeScriptLanguage(checker, main, () => Promise.resolve({ ok: true }), data.language === 'typescript'),
];
const comms = new Map<string, CommTarget>();

const sockets: KernelSockets = new KernelSockets(readConnectionFile(data.connectionFile), (channel, message) =>
  dispatcher.receive(channel, message),
);
const dispatcher = new Dispatcher(
  { reply: (...given) => sockets.reply(...given), publish: (outgoing) => sockets.publish(outgoing) },
  { languages, comms, info: kernelInfo(data.language, data.version), shutdown: (restart) => void shutdown(restart) },
);

const tell = (thrown: unknown): void => {
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  process.stderr.write(`streamcell kernel: ${text}\n`);
};
process.on('uncaughtException', tell);
process.on('unhandledRejection', tell);

let closing = false;

async function shutdown(restart: boolean): Promise<void> {
  if (closing) return;
  closing = true;
  // A main thread in a native call or a loop that ends itself in vain must not keep the process.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), CLOSE_TIMEOUT).unref();
  dispatcher.close();
  dispatcher.publisher.publish('shutdown_reply', {}, { status: 'ok', restart });
  await sessions.close().catch(tell);
  await checker.close();
  await main.unblock();
  await sockets.close();
  process.exit(0);
}

watchParent(data.parent, () => void shutdown(false));
await sockets.open();
dispatcher.publisher.status({}, 'starting');
