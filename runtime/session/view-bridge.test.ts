import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import * as fc from 'fast-check';
import { decodeRows, type FromView, type ToView, type ViewportRequest } from '../protocol/index.js';
import { rowKindName } from '../types/index.js';
import { EmbeddedSession } from './embedded-session.js';
import type { Statement, ViewFrame, Viewport, ViewStatus, ViewSubscription } from './session.js';
import { Streams, type LiveStream, type StreamSettings } from './streams.js';
import { openView, type OpenedView } from './view-bridge.js';

type Frame = Extract<ToView, { type: 'frame' }>;

const TOP: ViewportRequest = { from: 0, to: 100, mode: 'table' };
const NUMBERS = (rows: number, perSecond: number): string =>
  `CREATE TEMPORARY TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '${perSecond}',
   'number-of-rows' = '${rows}', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '${rows}')`;

/** A front end: keeps what it was sent, acknowledges when told to. */
class Client {
  readonly messages: ToView[] = [];
  readonly frames: { readonly message: Frame; readonly rows: string[]; readonly at: number }[] = [];
  onFrame: (frame: Frame) => void = () => undefined;
  private readonly view: OpenedView;

  constructor(streams: Streams, stream: LiveStream, viewport: unknown = TOP) {
    this.view = openView(
      streams,
      {
        send: (data, buffers) => {
          const at = performance.now();
          this.messages.push(data);
          if (data.type !== 'frame') return;
          const rows = decodeRows(stream.statement.columns, (buffers as Uint8Array[])[0], false);
          this.frames.push({ message: data, rows: rows.map((r) => r.fields.join(' ')), at });
          this.onFrame(data);
        },
      },
      { stream: stream.id, viewport },
    );
  }

  say(message: FromView): void {
    this.view.message(message);
  }

  raw(message: unknown): void {
    this.view.message(message);
  }

  leave(): void {
    this.view.closed();
  }

  get last(): (typeof this.frames)[number] {
    return this.frames[this.frames.length - 1];
  }

  refusals(): string[] {
    return this.messages.flatMap((m) => (m.type === 'refused' ? [m.error.message] : []));
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`never happened: ${what}`);
    await sleep(5);
  }
}

describe('a live view', () => {
  let session: EmbeddedSession;
  let streams: Streams;
  beforeEach(() => {
    session = new EmbeddedSession();
    streams = new Streams();
  });
  afterEach(() => session.close());

  async function live(text: string, settings?: StreamSettings): Promise<LiveStream> {
    let last: Statement | null = null;
    for await (const statement of session.execute(text)) last = statement;
    if (last === null || last.view === null) throw new Error('a query is expected');
    return streams.add(last, last.view, 'embedded', settings);
  }

  const counting = (rows: number, perSecond: number): string =>
    `${NUMBERS(rows, perSecond)}; SELECT MOD(id, 5) AS k, COUNT(*) AS n FROM numbers GROUP BY MOD(id, 5)`;
  const counted = (rows: number): string[] => [0, 1, 2, 3, 4].map((k) => `${k} ${rows / 5}`);

  test('says what it shows, then sends whole viewports', async () => {
    const client = new Client(streams, await live('SELECT * FROM (VALUES (1), (2)) AS t (a)'));
    await until(() => client.last?.message.status.state === 'finished', 'the end');
    expect(client.messages[0]).toMatchObject({ type: 'attached', columns: [{ name: 'a', type: 'INT NOT NULL' }] });
    expect(client.last.rows).toEqual(['1', '2']);
    expect(client.last.message).toMatchObject({ epoch: 0, from: 0, rowCount: 2 });
    client.leave();
  });

  test('has at most two frames under way, and then the latest state only', async () => {
    const stream = await live(counting(30_000, 10_000));
    const client = new Client(streams, stream);
    await until(() => client.frames.length === 2, 'two frames');
    await stream.statement.done;
    await sleep(200);
    expect(client.frames).toHaveLength(2);
    client.say({ type: 'ack', seq: 2 });
    // On a very busy machine the second is the last state already.
    await until(() => client.last.message.status.state === 'finished', 'the last state');
    expect([...client.last.rows].sort()).toEqual(counted(30_000));
    expect(client.frames.length).toBeLessThanOrEqual(3);
    client.leave();
  });

  test('one acknowledgement covers all frames up to it', async () => {
    const stream = await live(counting(20_000, 10_000));
    const client = new Client(streams, stream);
    client.onFrame = ({ seq }) => {
      if (seq % 2 === 0) setTimeout(() => client.say({ type: 'ack', seq }), 1);
    };
    await stream.statement.done;
    await until(() => client.last.message.status.state === 'finished', 'the end');
    expect(client.frames.length).toBeGreaterThan(2);
    expect(client.frames.map((f) => f.message.seq)).toEqual(client.frames.map((_, i) => i + 1));
    client.leave();
  });

  test('keeps to its refresh interval', async () => {
    const stream = await live(counting(10_000, 10_000), { refresh: 250 });
    const client = new Client(streams, stream);
    client.onFrame = ({ seq }) => setTimeout(() => client.say({ type: 'ack', seq }), 0);
    await stream.statement.done;
    await until(() => client.last.message.status.state === 'finished', 'the end');
    const gaps = client.frames.slice(1).map((f, i) => f.at - client.frames[i].at);
    expect(gaps.length).toBeGreaterThan(1);
    for (const gap of gaps) expect(gap).toBeGreaterThan(240);
    client.leave();
  });

  test('a frame says which request it answers', async () => {
    const stream = await live('SELECT * FROM (VALUES (1), (2), (3)) AS t (a)');
    await stream.statement.done;
    const client = new Client(streams, stream);
    await until(() => client.frames.length > 0, 'a frame');
    client.say({ type: 'ack', seq: client.last.message.seq });
    const sort = [{ column: 0, ascending: false }];
    for (let epoch = 1; epoch <= 20; epoch++)
      client.say({ type: 'viewport', epoch, viewport: { ...TOP, from: 0, to: epoch % 3, sort } });
    client.say({ type: 'viewport', epoch: 21, viewport: { ...TOP, to: 2, sort } });
    await until(() => client.last.message.epoch === 21, 'the answer to the last request');
    expect(client.last.rows).toEqual(['3', '2']);
    for (const { message, rows } of client.frames) {
      if (message.epoch > 0 && message.epoch < 21) expect(rows).toHaveLength(message.epoch % 3);
    }
    client.leave();
  });

  test('nothing comes while it is paused, then the state of the moment', async () => {
    const stream = await live(counting(50_000, 20_000));
    const client = new Client(streams, stream);
    await until(() => client.frames.length > 0, 'a frame');
    client.say({ type: 'pause' });
    const before = client.frames.length;
    await stream.statement.done;
    await sleep(100);
    expect(client.frames).toHaveLength(before);
    client.say({ type: 'resume' });
    await until(() => client.last.message.status.state === 'finished', 'the end');
    expect([...client.last.rows].sort()).toEqual(counted(50_000));
    client.leave();
  });

  test('resync begins again where frames were lost', async () => {
    const stream = await live(counting(50_000, 50_000));
    const client = new Client(streams, stream);
    await stream.statement.done;
    await until(() => client.frames.length > 0, 'a frame');
    await sleep(100);
    const lost = client.frames.length;
    client.say({ type: 'resync', epoch: 7, viewport: TOP });
    await until(() => client.last.message.epoch === 7, 'a frame');
    expect(client.frames[lost].message).toMatchObject({ seq: lost + 1, epoch: 7 });
    expect([...client.last.rows].sort()).toEqual(counted(50_000));
    client.leave();
  });

  test('whoever gets no frames is told the end all the same, once', async () => {
    const stream = await live(counting(1_000_000, 1000));
    const paused = new Client(streams, stream);
    paused.onFrame = ({ seq }) => paused.say({ type: 'ack', seq });
    await until(() => paused.frames.length > 0, 'a frame');
    paused.say({ type: 'pause' });
    const early = new Client(streams, stream);
    early.say({ type: 'pause' });
    await stream.statement.cancel();
    const ends = ({ messages }: Client): ToView[] => messages.filter((m) => m.type === 'status');
    await until(() => ends(paused).length === 1 && ends(early).length === 1, 'the end');
    expect(ends(paused)[0]).toMatchObject({ status: { state: 'stopped', rows: 5 } });
    paused.say({ type: 'resume' });
    await until(() => paused.last.message.status.state === 'stopped', 'the last rows');
    paused.say({ type: 'pause' });
    const late = new Client(streams, stream);
    late.say({ type: 'pause' });
    await until(() => late.messages.length > 0, 'attached');
    await sleep(50);
    expect([ends(paused).length, ends(early).length, ends(late).length]).toEqual([1, 1, 0]);
    for (const client of [paused, early, late]) client.leave();
  });

  test('a query without rows tells whoever looks why, while it has none', async () => {
    const stream = await live(
      `CREATE TABLE nothing (a INT) WITH ('connector' = 'datagen', 'rows-per-second' = '100'); SELECT a FROM nothing WHERE a = 0.5`,
    );
    const client = new Client(streams, stream);
    const read = (): number[] =>
      client.messages.flatMap((m) => (m.type === 'status' && m.status.why !== undefined ? [m.status.rowsIn ?? 0] : []));
    await until(() => read().length >= 2, 'two of them');
    expect(read()[1]).toBeGreaterThan(read()[0]);
    client.say({ type: 'pause' });
    const before = read().length;
    await sleep(1200);
    expect(read()).toHaveLength(before);
    client.leave();
  });

  test('stop cancels the query; what it had stays', async () => {
    const stream = await live(counting(1_000_000, 1000));
    const client = new Client(streams, stream);
    client.onFrame = ({ seq }) => setTimeout(() => client.say({ type: 'ack', seq }), 0);
    await until(() => (client.last?.rows.length ?? 0) === 5, 'rows');
    client.say({ type: 'stop' });
    expect(await stream.statement.done).toMatchObject({ state: 'cancelled' });
    await until(() => client.last.message.status.state === 'stopped', 'the end');
    expect(client.last.rows).toHaveLength(5);
    client.leave();
  });

  test('two lookers at one result do not know of each other', async () => {
    const stream = await live(counting(20_000, 20_000));
    const [silent, eager] = [new Client(streams, stream), new Client(streams, stream, { ...TOP, from: 0, to: 1 })];
    eager.onFrame = ({ seq }) => setTimeout(() => eager.say({ type: 'ack', seq }), 0);
    await stream.statement.done;
    await until(() => eager.last.message.status.state === 'finished', 'the end');
    expect(eager.last.rows).toHaveLength(1);
    expect(silent.frames.length).toBeLessThanOrEqual(2);
    silent.leave();
    eager.leave();
  });

  test('changes come with their kinds', async () => {
    const stream = await live('SELECT * FROM (VALUES (1), (2)) AS t (a)');
    await stream.statement.done;
    const ops: string[] = [];
    const view = openView(
      streams,
      {
        send: (data, buffers) => {
          if (data.type !== 'frame' || buffers === undefined) return;
          for (const row of decodeRows(stream.statement.columns, buffers[0], true)) ops.push(rowKindName(row.kind));
        },
      },
      { stream: stream.id, viewport: { ...TOP, mode: 'changelog' } },
    );
    await until(() => ops.length > 0, 'changes');
    expect(ops).toEqual(['+I', '+I']);
    view.closed();
  });

  test.each<[unknown, RegExp]>([
    [null, /object/],
    [[], /object/],
    ['ack', /object/],
    [{}, /no message of type/],
    [{ type: 'drop table' }, /no message of type "drop table"/],
    [{ type: 'ack' }, /seq is a whole number/],
    [{ type: 'ack', seq: -1 }, /seq is a whole number/],
    [{ type: 'ack', seq: 1e9 }, /was acknowledged/],
    [{ type: 'viewport', epoch: 1 }, /viewport is an object/],
    [{ type: 'viewport', epoch: 1, viewport: { from: 0, to: 10_001, mode: 'table' } }, /0 to 10000 rows/],
    [{ type: 'viewport', epoch: 1, viewport: { from: 5, to: 4, mode: 'table' } }, /0 to 10000 rows/],
    [{ type: 'viewport', epoch: 1, viewport: { from: 0, to: 4, mode: 'tree' } }, /no mode "tree"/],
    [{ type: 'viewport', epoch: 1, viewport: { ...TOP, sort: [{ column: 1, ascending: true }] } }, /1 columns/],
    [{ type: 'viewport', epoch: 1, viewport: { ...TOP, sort: [{ column: 0 }] } }, /ascending or not/],
    [{ type: 'viewport', epoch: 1, viewport: { ...TOP, filter: [{ column: 0, contains: 5 }] } }, /filter is a text/],
    [{ type: 'viewport', epoch: 1, viewport: { ...TOP, filter: new Array(100).fill(0) } }, /at most 32/],
  ])('%j is refused, and the view goes on', async (message, word) => {
    const stream = await live('SELECT * FROM (VALUES (1)) AS t (a)');
    await stream.statement.done;
    const client = new Client(streams, stream);
    await until(() => client.frames.length > 0, 'a frame');
    client.raw(message);
    expect(client.refusals()).toEqual([expect.stringMatching(word)]);
    client.say({ type: 'resync', epoch: 1, viewport: TOP });
    await until(() => client.last.message.epoch === 1, 'a frame after it');
    client.leave();
  });

  test('a stream that is not known is gone, with the reason; nonsense is refused', async () => {
    const small = new Streams({ ended: 1, rows: 1000 });
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      for await (const statement of session.execute('SELECT * FROM (VALUES (1)) AS t (a)')) {
        if (statement.view !== null) ids.push(small.add(statement, statement.view, 'embedded').id);
        await statement.done;
      }
    }
    await sleep(10);
    const answers: ToView[] = [];
    const send = (data: ToView): number => answers.push(data);
    openView(small, { send }, { stream: ids[0], viewport: TOP }).message({ type: 'stop' });
    openView(small, { send }, { stream: 'unknown', viewport: TOP });
    openView(small, { send }, null);
    expect(small.get(ids[2])).toBeDefined();
    expect(answers).toEqual([
      { type: 'gone', reason: expect.stringMatching(/let go/) },
      { type: 'gone', reason: expect.stringMatching(/restarted/) },
      { type: 'refused', error: expect.objectContaining({ code: 'MESSAGE_INVALID' }) },
    ]);
  });

  test('whatever a front end does and loses, it comes to the final table', async () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('ack' as const), back: fc.nat(2) }),
      fc.record({ kind: fc.constant('viewport' as const), from: fc.nat(3), size: fc.nat(6), down: fc.boolean() }),
      fc.record({ kind: fc.constantFrom('pause' as const, 'resume' as const, 'resync' as const, 'lose' as const) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(30) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
        const rows = 3000;
        const stream = await live(`DROP TEMPORARY TABLE IF EXISTS numbers; ${counting(rows, 10_000)}`);
        const client = new Client(streams, stream);
        let lossy = false;
        let epoch = 0;
        client.onFrame = ({ seq }) => {
          if (!lossy) setTimeout(() => client.say({ type: 'ack', seq }), 1);
        };
        for (const a of actions) {
          const last = client.last?.message.seq ?? 0;
          if (a.kind === 'ack') client.say({ type: 'ack', seq: Math.max(0, last - a.back) });
          else if (a.kind === 'viewport') {
            const sort = [{ column: 0, ascending: !a.down }];
            client.say({
              type: 'viewport',
              epoch: ++epoch,
              viewport: { ...TOP, from: a.from, to: a.from + a.size, sort },
            });
          } else if (a.kind === 'resync') client.say({ type: 'resync', epoch: ++epoch, viewport: TOP });
          else if (a.kind === 'lose') lossy = !lossy;
          else if (a.kind === 'wait') await sleep(a.ms);
          else client.say({ type: a.kind });
        }
        client.say({ type: 'resume' });
        if (lossy) {
          // A front end that hears nothing asks again.
          lossy = false;
          client.say({ type: 'resync', epoch: ++epoch, viewport: TOP });
        }
        const sort = [{ column: 0, ascending: true }];
        client.say({ type: 'viewport', epoch: ++epoch, viewport: { ...TOP, sort } });
        await stream.statement.done;
        await until(
          () => client.last?.message.epoch === epoch && client.last.message.status.state === 'finished',
          'the final frame',
        );
        expect(client.last.rows).toEqual(counted(rows));
        expect(client.frames.map((f) => f.message.seq)).toEqual(client.frames.map((_, i) => i + 1));
        expect(client.refusals()).toEqual([]);
        client.leave();
      }),
      { numRuns: 15 },
    );
  }, 60_000);
});

describe('a looker that went without a word', () => {
  /** A result that has one more row ten times a second. */
  class TickingView {
    readonly subscriptions = new Set<NodeJS.Timeout>();
    private rows = 0;

    async status(): Promise<ViewStatus> {
      return { state: 'running', rows: this.rows, changes: this.rows, truncated: false, watermark: null };
    }

    subscribe(_: Viewport, onFrame: (frame: ViewFrame) => void): ViewSubscription {
      let seq = 0;
      const timer = setInterval(() => {
        const rows = ++this.rows;
        const status: ViewStatus = { state: 'running', rows, changes: rows, truncated: false, watermark: null };
        onFrame({ seq: ++seq, from: 0, rowCount: rows, status, arrow: new Uint8Array() });
      }, 100);
      this.subscriptions.add(timer);
      return {
        update: () => undefined,
        acknowledge: () => undefined,
        close: () => {
          clearInterval(timer);
          this.subscriptions.delete(timer);
        },
      };
    }
  }

  test('is let go, and has the newest state with its next word', async () => {
    jest.useFakeTimers();
    try {
      const view = new TickingView();
      const stream = {
        id: 's',
        view,
        statement: { columns: [], upsertKey: null, done: new Promise(() => undefined) },
        refresh: 50,
      } as unknown as LiveStream;
      const messages: ToView[] = [];
      const looker = openView(
        { get: () => stream, reasonGone: () => 'unknown' },
        { send: (message) => messages.push(message) },
        { stream: 's', viewport: TOP },
      );
      const frames = (): Frame[] => messages.filter((message) => message.type === 'frame');
      await jest.advanceTimersByTimeAsync(50_000);
      expect(frames()).toHaveLength(2);
      expect(view.subscriptions.size).toBe(1);
      looker.message({ type: 'ack', seq: 2 });
      await jest.advanceTimersByTimeAsync(50_000);
      expect(view.subscriptions.size).toBe(1);
      await jest.advanceTimersByTimeAsync(15_000);
      expect(view.subscriptions.size).toBe(0);
      const before = frames().length;
      looker.message({ type: 'ack', seq: before });
      await jest.advanceTimersByTimeAsync(1000);
      expect(view.subscriptions.size).toBe(1);
      expect(frames()).toHaveLength(before + 2);
      expect(frames().at(-1)?.rowCount).toBeGreaterThan(500);
      looker.closed();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});
