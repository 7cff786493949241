import { parentPort, workerData } from 'node:worker_threads';
import { Checker } from './checker.js';
import type { Checked, CheckerReplies, ToChecker } from './messages.js';

/** Entry of the thread of the TypeScript language service: it is asked while cells run, and takes its time to start. */

const checker = new Checker((workerData as { readonly folder: string }).folder);

function answer(message: ToChecker): CheckerReplies[keyof CheckerReplies] {
  switch (message.type) {
    case 'prepare':
      return checker.prepare(message.cell, message.code);
    case 'commit':
      return checker.commit(message.cell);
    case 'declare':
      return checker.declare(message.name, message.valueType);
    case 'catalog':
      return checker.catalog(message.declarations);
    case 'complete':
      return checker.complete(message.code, message.offset);
    case 'inspect':
      return checker.inspect(message.code, message.offset, message.detail);
    case 'isComplete':
      return checker.isComplete(message.code);
  }
}

parentPort?.on('message', (message: ToChecker) => {
  let checked: Checked;
  try {
    checked = { id: message.id, ok: true, reply: answer(message) };
  } catch (thrown) {
    checked = {
      id: message.id,
      ok: false,
      message: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
    };
  }
  parentPort?.postMessage(checked);
});
// Reads the standard library before the first cell comes.
checker.prepare('warm-up', '1');
