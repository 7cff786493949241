import { parentPort } from 'node:worker_threads';
import { StreamcellError, type DataType, type Value } from '../types/index.js';
import type { FromSubtask, ToSubtask } from './job-protocol.js';
import type { ResultConsumer } from './result-consumer.js';
import { ResultViewHost, type FrameEncoder } from './result-view.js';
import { revivePlan } from './revive-plan.js';
import { internalTrace, Subtask } from './subtask.js';

/** What a worker needs of the layers above: how rows become frames and text. */
export interface ViewEncoding {
  readonly encoder: () => Promise<FrameEncoder>;
  readonly text: (value: Value, type: DataType) => string;
}

/**
 * The loop of a worker thread: runs one subtask after the other, as the pool hands it out. Announces itself once its modules are loaded.
 * The entry file lives with the session, since it also brings the encoding of views.
 */
export function serveSubtasks(encoding: ViewEncoding): void {
  if (parentPort === null) throw new Error('not in a worker thread');
  const port = parentPort;
  const post = (message: FromSubtask, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, [...transfer]);
  let current: Subtask | null = null;
  port.on('message', (message: ToSubtask) => {
    if (message.type !== 'start') {
      current?.receive(message);
      return;
    }
    try {
      const { view, subtask } = message.config;
      const plan = revivePlan(message.config.plan);
      let result: ResultConsumer | null = null;
      const sink = plan.nodes.find((n) => n.op === 'sink' && n.table === null);
      if (sink !== undefined && view !== null && subtask === 0) {
        result = new ResultViewHost({
          schema: sink.schema,
          upsertKey: sink.upsertKeys[0] ?? null,
          appendOnly: sink.changelog === 'append',
          maxRows: view.maxRows,
          changes: view.changes,
          ...encoding,
          post: (reply, transfer) => post({ type: 'view', reply }, transfer),
        });
      }
      const running = new Subtask(
        { ...message.config, plan },
        {
          post: (m) => post(m),
          result,
          now: Date.now,
          print: (line) => process.stderr.write(`${line}\n`),
        },
      );
      current = running;
      void running.run().then(() => (current = null));
    } catch (thrown) {
      const error = StreamcellError.from(thrown);
      if (error.code === 'INTERNAL') process.stderr.write(`${internalTrace(thrown)}\n`);
      post({ type: 'failed', error: error.toData() });
    }
  });
  post({ type: 'ready' });
}
