import { describe, expect, test } from '@jest/globals';
import type { CellLanguage, CellRequest, CellResult } from '../host.js';
import { Codec, type JsonObject, type Message } from '../wire/codec.js';
import type { Outgoing } from '../wire/sockets.js';
import { Dispatcher } from './dispatcher.js';

/** A cell runs until the test says how it ends. */
class Bench {
  readonly replies: Outgoing[] = [];
  readonly published: Outgoing[] = [];
  readonly running: { readonly request: CellRequest; end(result: CellResult): void }[] = [];
  readonly dispatcher: Dispatcher;
  private readonly codec = new Codec('');

  constructor() {
    const language: CellLanguage = {
      takes: () => true,
      run: (request) => new Promise((end) => this.running.push({ request, end })),
      complete: async () => ({ matches: ['same'], from: 0, to: 1, kinds: ['keyword'] }),
      inspect: async () => null,
      isComplete: () => 'complete',
    };
    this.dispatcher = new Dispatcher(
      {
        reply: (_channel, _request, outgoing) => void this.replies.push(outgoing),
        publish: (outgoing) => void this.published.push(outgoing),
      },
      { languages: [language], info: {}, comms: new Map(), interrupted: () => undefined, shutdown: () => undefined },
    );
  }

  send(type: string, content: JsonObject = {}): string {
    const header = this.codec.header(type);
    const message: Message = { identities: [], header, parent: {}, metadata: {}, content, buffers: [] };
    this.dispatcher.receive('shell', message);
    return header.msg_id;
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** What was published for a request: states, and the types of all else. */
  of(id: string): string[] {
    return this.published
      .filter(({ parent }) => parent.msg_id === id)
      .map(({ type, content }) => (type === 'status' ? String(content.execution_state) : type));
  }

  status(id: string): unknown {
    return this.replies.find(({ parent }) => parent.msg_id === id)?.content.status;
  }
}

const FAILED: CellResult = { ok: false, failure: { name: 'Error', message: 'failed', traceback: [] } };

describe('Dispatcher', () => {
  test('runs one cell at a time and answers everything else at once', async () => {
    const bench = new Bench();
    const first = bench.send('execute_request', { code: 'first' });
    const second = bench.send('execute_request', { code: 'second' });
    const info = bench.send('kernel_info_request');
    const completion = bench.send('complete_request', { code: 's', cursor_pos: 1 });
    await bench.settle();
    expect(bench.running.map(({ request }) => request.code)).toEqual(['first']);
    expect([bench.status(info), bench.status(completion)]).toEqual(['ok', 'ok']);
    expect(bench.of(second)).toEqual([]);
    bench.running[0]?.end({ ok: true });
    await bench.settle();
    expect(bench.running.map(({ request }) => request.code)).toEqual(['first', 'second']);
    expect(bench.of(first)).toEqual(['busy', 'execute_input', 'idle']);
    expect(bench.status(first)).toBe('ok');
  });

  test('aborts what waits after a failure, unless told to go on', async () => {
    const bench = new Bench();
    bench.send('execute_request', { code: 'a', stop_on_error: false });
    const kept = bench.send('execute_request', { code: 'b' });
    const aborted = bench.send('execute_request', { code: 'c' });
    await bench.settle();
    bench.running[0]?.end(FAILED);
    await bench.settle();
    bench.running[1]?.end(FAILED);
    await bench.settle();
    expect([bench.status(kept), bench.status(aborted)]).toEqual(['error', 'aborted']);
    expect(bench.of(aborted)).toEqual(['busy', 'idle']);
    const later = bench.send('execute_request', { code: 'd' });
    await bench.settle();
    bench.running[2]?.end({ ok: true });
    await bench.settle();
    expect(bench.status(later)).toBe('ok');
  });

  test('an interrupt aborts the signal of the cell that runs', async () => {
    const bench = new Bench();
    bench.send('execute_request', { code: 'a' });
    await bench.settle();
    expect(bench.running[0]?.request.signal.aborted).toBe(false);
    bench.send('interrupt_request');
    expect(bench.running[0]?.request.signal.aborted).toBe(true);
    bench.running[0]?.end({ ok: true });
    await bench.settle();
  });

  test('output keeps its order, and small writes become one message', async () => {
    const bench = new Bench();
    const id = bench.send('execute_request', { code: 'a' });
    await bench.settle();
    const output = bench.running[0]?.request.output;
    output?.stream('stdout', 'a');
    output?.stream('stdout', 'b');
    output?.stream('stderr', 'c');
    output?.display({ 'text/plain': 'd' });
    output?.stream('stdout', 'e');
    bench.running[0]?.end({ ok: true });
    await bench.settle();
    expect(bench.of(id)).toEqual(['busy', 'execute_input', 'stream', 'stream', 'display_data', 'stream', 'idle']);
    const texts = bench.published.filter(({ type }) => type === 'stream').map(({ content }) => content.text);
    expect(texts).toEqual(['ab', 'c', 'e']);
    output?.stream('stdout', 'late');
    bench.dispatcher.publisher.flush();
    expect(bench.published.at(-1)?.parent.msg_id).toBe(id);
  });

  test('every message is framed by busy and idle, also those that are wrong', async () => {
    const bench = new Bench();
    const ids = [
      bench.send('comm_open', { comm_id: 'a', target_name: 'nobody' }),
      bench.send('comm_msg', { comm_id: 'a' }),
      bench.send('comm_close', {}),
      bench.send('no_such_request'),
      bench.send('delete_subshell_request', { subshell_id: 'none' }),
      bench.send('inspect_request', { code: 5, cursor_pos: -1 }),
    ];
    await bench.settle();
    for (const id of ids) expect([bench.of(id)[0], bench.of(id).at(-1)]).toEqual(['busy', 'idle']);
  });

  test('history of cells, with their results and without', async () => {
    const bench = new Bench();
    for (const [at, code] of ['a1', 'b1', 'a2', 'a1'].entries()) {
      bench.send('execute_request', { code });
      await bench.settle();
      bench.running[at]?.request.output.executeResult({ 'text/plain': `<${code}>` });
      bench.running[at]?.end({ ok: true });
      await bench.settle();
    }
    const history = async (content: JsonObject): Promise<unknown> => {
      bench.send('history_request', content);
      await bench.settle();
      return bench.replies.at(-1)?.content.history;
    };
    expect(await history({ hist_access_type: 'tail', n: 1 })).toEqual([[1, 4, 'a1']]);
    expect(await history({ hist_access_type: 'range', session: 0, start: 2, stop: 3, output: true })).toEqual([
      [1, 2, ['b1', '<b1>']],
    ]);
    expect(await history({ hist_access_type: 'search', pattern: 'a*', unique: true })).toEqual([
      [1, 3, 'a2'],
      [1, 4, 'a1'],
    ]);
  });

  test('cursor positions count code points', async () => {
    const bench = new Bench();
    bench.send('complete_request', { code: '😀s', cursor_pos: 2 });
    await bench.settle();
    expect(bench.replies.at(-1)?.content).toMatchObject({ cursor_start: 0, cursor_end: 1 });
  });
});
