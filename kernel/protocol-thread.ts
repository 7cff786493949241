import { parentPort, workerData } from 'node:worker_threads';
import { MessagePortTransport } from '@streamcell/runtime/protocol/index';
import { ProtocolServer } from '@streamcell/runtime/session/protocol-server';
import { SharedSessionHost } from '@streamcell/runtime/session/session-host';
import { CatalogWatch } from './cells/catalog-watch.js';
import { CheckerClient } from './cells/checker-client.js';
import { MainThreadClient } from './cells/main-thread-client.js';
import type { FromMain, ToMain } from './cells/messages.js';
import { OutputGate } from './cells/output-gate.js';
import { isTypeScriptMagic, TypeScriptLanguage } from './cells/typescript-language.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import { kernelInfo } from './dispatch/kernel-info.js';
import type { CellLanguage, Variables } from './host.js';
import { watchParent } from './parent-watch.js';
import { CurrentSession } from './current-session.js';
import { KernelSessions } from './sessions.js';
import { createSqlCells } from './sql/index.js';
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
const main = new MainThreadClient(
  (message: ToMain) => port.postMessage(message),
  gate,
  () => sockets.published(),
);
port.on('message', (message: FromMain) => main.receive(message));
const checker = new CheckerClient(data.folder);
const sessions = new KernelSessions();
// The main thread's session is whatever session the kernel has.
const shared = new SharedSessionHost(() => ({ session: new CurrentSession(sessions), cluster: 'kernel' }));
// A main thread in a long loop says hello after it.
main.onSession = (port) => void new ProtocolServer(new MessagePortTransport(port), shared, { helloTimeout: 0 });
const variables: Variables = {
  get: (name) => main.get(name),
  async setArrowTable(name, ipc) {
    await main.setArrowTable(name, ipc);
    await checker.ask({ type: 'declare', name, valueType: "import('apache-arrow').Table" });
  },
};
const sql = createSqlCells({ sessions, variables, language: data.language });
const catalog = new CatalogWatch(sessions);
const typescript = new TypeScriptLanguage(
  checker,
  main,
  (text, request) => sql.displayQuery(text, request),
  () => catalog.declarations(),
);
const speaksSql = (code: string): boolean => /\b(sql|session|execute)\b/.test(code);
const cells = catalog.watched(typescript, speaksSql);
const languages: CellLanguage[] = [
  // It begins like the magics of SQL, which would not know it.
  { ...cells, takes: isTypeScriptMagic },
  ...sql.languages.map((language) => catalog.watched(language)),
  cells,
];
main.onQuery = async (text, output, signal) => {
  const result = await sql.displayQuery(text, { output, signal });
  if (!result.ok) output.stream('stderr', `${result.failure.traceback.join('\n')}\n`);
};

const sockets: KernelSockets = new KernelSockets(readConnectionFile(data.connectionFile), (channel, message) =>
  dispatcher.receive(channel, message),
);
const dispatcher = new Dispatcher(
  { reply: (...given) => sockets.reply(...given), publish: (outgoing) => sockets.publish(outgoing) },
  {
    languages,
    comms: sql.targets,
    info: kernelInfo(data.language, data.version),
    interrupted: () => void main.unblock(),
    shutdown: (restart) => void shutdown(restart),
  },
);

main.onInterrupt = () => dispatcher.interrupt();

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
  sql.close();
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
