import { describe, expect, test } from '@jest/globals';
import { decodeRows, type FrameHeader, type ServerEvent } from '../protocol/index.js';
import { INT, type ChangelogRow } from '../types/index.js';
import { ChangeFeed, type FeedLimits, type Outlet } from './change-feed.js';

const COLUMNS = [{ name: 'n', type: INT() }];
const SOON = 5;

/** A query that makes one row a run, as fast as it is let. */
class Query {
  made = 0;
  stopped = false;

  constructor(private readonly most = Infinity) {}

  async *changes(): AsyncGenerator<readonly ChangelogRow[]> {
    try {
      while (this.made < this.most) {
        await new Promise((resolve) => setImmediate(resolve));
        yield [{ kind: 0, fields: [++this.made] }];
      }
    } finally {
      this.stopped = true;
    }
  }
}

/** A client that notes what comes. */
class Client implements Outlet {
  readonly rows: number[] = [];
  readonly events: string[] = [];
  readonly errors: string[] = [];
  seq = 0;
  crowded = false;

  send(event: ServerEvent): void {
    this.events.push(event.type === 'gap' ? `gap ${event.lost} before ${event.seq}` : event.type);
    if (event.type === 'changesEnd' && event.error !== undefined) this.errors.push(event.error.code);
  }

  sendFrame(header: FrameHeader, body: Uint8Array): void {
    if (header.type !== 'changes') return;
    this.seq = header.seq;
    for (const row of decodeRows(COLUMNS, body, true)) this.rows.push(row.fields[0] as number);
  }
}

const settled = (milliseconds = 50): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** The query has had its chance to run on. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
}
async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not happen in time');
    await settled(5);
  }
}
const upTo = (n: number, from = 1): number[] => Array.from({ length: n - from + 1 }, (_, i) => from + i);

function feedOf(query: Query, limits?: FeedLimits): { feed: ChangeFeed; at: (client: Client | null) => void } {
  let outlet: Client | null = null;
  const feed = new ChangeFeed('s', COLUMNS, query.changes(), () => outlet, limits);
  return { feed, at: (client) => (outlet = client) };
}

describe('a feed of changes', () => {
  test('pulls as much as there is credit for, and not a run more than one ahead', async () => {
    const query = new Query();
    const client = new Client();
    const { feed, at } = feedOf(query);
    at(client);
    await settled();
    expect(query.made).toBe(1);
    feed.read(3, 0);
    await settled();
    expect(client.rows).toEqual([1, 2, 3]);
    expect(query.made).toBe(3);
    feed.grant(2, 3);
    await settled();
    expect(client.rows).toEqual(upTo(5));
    feed.stop();
    await settled();
    expect(query.stopped).toBe(true);
  });

  test('tells the end after the last frame', async () => {
    const client = new Client();
    const { feed, at } = feedOf(new Query(3));
    at(client);
    feed.read(2, 0);
    await settled();
    expect(client.events).toEqual([]);
    feed.grant(2, 2);
    await settled();
    expect(client.rows).toEqual([1, 2, 3]);
    expect(client.events).toEqual(['changesEnd']);
  });

  test('goes on where the client stood, without a gap, when it is back in time', async () => {
    const query = new Query();
    const first = new Client();
    const { feed, at } = feedOf(query);
    at(first);
    feed.read(4, 0);
    await settled();
    // Frames 3 and 4 never arrived.
    at(null);
    feed.disconnected();
    await settled();
    expect(query.made).toBe(4);
    const second = new Client();
    at(second);
    feed.read(4, 2);
    await settled();
    expect(second.rows).toEqual([3, 4, 5, 6]);
    expect(second.events).toEqual([]);
    feed.stop();
  });

  test('lets the query run when nobody comes back, and says how much was lost', async () => {
    const query = new Query(500);
    const first = new Client();
    const { feed, at } = feedOf(query, { hold: SOON, keptBytes: 4000 });
    at(first);
    feed.read(4, 0);
    await settled();
    at(null);
    feed.disconnected();
    await until(() => query.made === 500 && query.stopped);
    const second = new Client();
    at(second);
    feed.read(64, 2);
    await settled();
    const [gap] = second.events;
    const lost = Number(/^gap (\d+)/.exec(gap)?.[1]);
    // What came, and what is said to be lost, are together everything after what the client had.
    expect(second.rows).toEqual(upTo(500, 3 + lost));
    expect(gap).toBe(`gap ${lost} before ${3 + lost}`);
    expect(lost).toBeGreaterThan(400);
    expect(second.events).toEqual([gap, 'changesEnd']);
  });

  test('tells again of a gap that the client did not hear of, with what was lost since', async () => {
    const query = new Query(500);
    const first = new Client();
    const { feed, at } = feedOf(query, { hold: SOON, keptBytes: 4000 });
    at(first);
    feed.read(4, 0);
    await until(() => first.rows.length === 4);
    at(null);
    feed.disconnected();
    await until(() => query.made === 500 && query.stopped);
    const second = new Client();
    at(second);
    feed.read(1, 2);
    // Neither the gap nor the frame after it arrived.
    at(null);
    feed.disconnected();
    const third = new Client();
    at(third);
    feed.read(64, 2);
    await until(() => third.events.includes('changesEnd'));
    expect(third.events).toEqual([second.events[0], 'changesEnd']);
    const lost = Number(/^gap (\d+)/.exec(third.events[0])?.[1]);
    expect(third.rows).toEqual(upTo(500, 3 + lost));
    // Who has heard of it is not told again.
    const fourth = new Client();
    at(fourth);
    feed.read(64, 2 + lost);
    await until(() => fourth.events.length > 0);
    expect(fourth.events).toEqual(['changesEnd']);
    expect(fourth.rows).toEqual(third.rows);
  });

  test('nothing is called lost that had arrived before', async () => {
    const query = new Query(4);
    const first = new Client();
    const { feed, at } = feedOf(query, { hold: SOON, keptBytes: 1 });
    at(first);
    feed.read(3, 0);
    await settled();
    at(null);
    feed.disconnected();
    await settled();
    const second = new Client();
    at(second);
    feed.read(8, 3);
    await settled();
    expect(second.rows).toEqual([4]);
    expect(second.events).toEqual(['changesEnd']);
  });

  test.each([64, 10_000])(
    'holds no more than 64 frames that were not confirmed, when %i are granted each time',
    async (credit) => {
      const query = new Query();
      const client = new Client();
      const { feed, at } = feedOf(query);
      at(client);
      feed.read(Math.min(credit, 64), 0);
      for (let i = 0; i < 20; i++) {
        feed.grant(credit, 0);
        await settled(5);
      }
      await until(() => client.rows.length === 64);
      await idle();
      expect(client.rows).toEqual(upTo(64));
      expect(query.made).toBe(64);
      feed.grant(1, 64);
      await until(() => client.rows.length > 64);
      await idle();
      expect(client.rows).toEqual(upTo(128));
      feed.stop();
    },
  );

  test('adds nothing to a connection that has enough under way, until there is room', async () => {
    const query = new Query();
    const client = new Client();
    const { feed, at } = feedOf(query);
    at(client);
    client.crowded = true;
    feed.read(4, 0);
    await idle();
    expect(client.rows).toEqual([]);
    expect(query.made).toBe(4);
    client.crowded = false;
    feed.drained();
    expect(client.rows).toEqual(upTo(4));
    feed.stop();
  });

  test('says that the changes are gone to who asks after declining', () => {
    const client = new Client();
    const { feed, at } = feedOf(new Query());
    at(client);
    feed.stop();
    feed.read(4, 0);
    expect(client.events).toEqual(['changesEnd']);
    expect(client.errors).toEqual(['RESULT_GONE']);
  });

  test('lets the query go when its rows cannot be sent', async () => {
    const client = new Client();
    let stopped = false;
    const fail = (): never => {
      throw new Error('no row');
    };
    async function* wrong(): AsyncGenerator<readonly ChangelogRow[]> {
      try {
        for (;;) yield [Object.defineProperty({ kind: 0 } as ChangelogRow, 'fields', { get: fail })];
      } finally {
        stopped = true;
      }
    }
    const feed = new ChangeFeed('s', COLUMNS, wrong(), () => client);
    feed.read(4, 0);
    await until(() => client.events.length > 0);
    expect(client.events).toEqual(['changesEnd']);
    await until(() => stopped);
  });

  test('declining before the first run lets the query go', async () => {
    const query = new Query();
    const { feed } = feedOf(query);
    feed.stop();
    await settled();
    expect(query.stopped).toBe(true);
  });
});
