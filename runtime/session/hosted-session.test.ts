import { describe, expect, test } from '@jest/globals';
import type { FrameHeader, ServerEvent } from '../protocol/index.js';
import type { Outlet } from './change-feed.js';
import { EmbeddedSession } from './embedded-session.js';
import { HostedSession } from './hosted-session.js';

class Client implements Outlet {
  readonly events: ServerEvent[] = [];
  readonly frames: FrameHeader[] = [];
  readonly crowded = false;

  send(event: ServerEvent): void {
    this.events.push(event);
  }

  sendFrame(header: FrameHeader): void {
    this.frames.push(header);
  }

  /** `statement 0`, `end`, `executionEnd 2`. */
  get told(): string[] {
    return this.events.map((e) => {
      if (e.type === 'statement') return `statement ${e.index}`;
      return e.type === 'executionEnd' ? `executionEnd ${e.statements} ${e.error?.code ?? 'ok'}` : e.type;
    });
  }

  async until(type: ServerEvent['type'], count = 1): Promise<void> {
    const end = Date.now() + 10_000;
    while (this.events.filter((e) => e.type === type).length < count) {
      if (Date.now() > end) throw new Error(`there is only ${this.told.join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

async function hosting(use: (hosted: HostedSession, client: Client) => Promise<void>): Promise<void> {
  const hosted = new HostedSession('s', 'embedded', new EmbeddedSession());
  const client = new Client();
  hosted.connect(client, () => undefined);
  try {
    await use(hosted, client);
  } finally {
    await hosted.close();
  }
}

const THREE = "SET 'a.a' = '1'; SET 'a.b' = '2'; SET 'a.c' = '3'";

describe('a hosted session', () => {
  test('begins paced statements one by one, as they are asked for, and each once', () =>
    hosting(async (hosted, client) => {
      hosted.execute('e', THREE, { paced: true }, 0);
      await client.until('end');
      expect(client.told).toEqual(['statement 0', 'end']);
      hosted.next('e', 1);
      hosted.next('e', 1);
      await client.until('end', 2);
      expect(Object.keys(await hosted.session.options())).toEqual(['a.a', 'a.b']);
      hosted.endExecution('e');
      await client.until('executionEnd');
      expect(client.told.slice(2)).toEqual(['statement 1', 'end', 'executionEnd 2 ok']);
    }));

  test('does not run an execution again that it is told of twice, but tells what was missed', () =>
    hosting(async (hosted, client) => {
      hosted.execute('e', `${THREE}; SELEC`, {}, 0);
      await client.until('executionEnd');
      const second = new Client();
      hosted.disconnect(client);
      hosted.connect(second, () => undefined);
      hosted.execute('e', `${THREE}; SELEC`, {}, 1);
      expect(second.told).toEqual(['statement 1', 'end', 'statement 2', 'end', 'executionEnd 3 SQL_SYNTAX']);
      expect(second.events[3]).toMatchObject({ type: 'end', stream: 's.3', end: { state: 'finished' } });
    }));

  test.each(['before', 'after'])('tells once what began unheard, with its end, %s the client is back', (when) =>
    hosting(async (hosted, client) => {
      hosted.execute('e', THREE, { paced: true }, 0);
      await client.until('end');
      // The client asked for more, and its connection was cut before anything came.
      hosted.next('e', 1);
      hosted.disconnect(client);
      const second = new Client();
      const overThere = async (): Promise<void> => {
        while (!hosted.hasStream('s.2') || hosted.busy > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      };
      if (when === 'before') await overThere();
      hosted.connect(second, () => undefined);
      if (when === 'after') await overThere();
      expect(second.told).toEqual([]);
      hosted.execute('e', THREE, { paced: true }, 1);
      expect(second.told).toEqual(['statement 1', 'end']);
      hosted.next('e', 2);
      hosted.next('e', 3);
      await second.until('executionEnd');
      await second.until('end', 2);
      expect(second.told.filter((t) => t !== 'end')).toEqual(['statement 1', 'statement 2', 'executionEnd 3 ok']);
    }),
  );

  test('tells a client that is back the end of what it knows of, when it asks for it', () =>
    hosting(async (hosted, client) => {
      hosted.execute('e', "SET 'a.a' = '1'", {}, 0);
      hosted.disconnect(client);
      const second = new Client();
      hosted.connect(second, () => undefined);
      while (!hosted.hasStream('s.1') || hosted.busy > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(second.told).toEqual([]);
      hosted.attach(hosted.stream('s.1'));
      expect(second.told).toEqual(['end']);
    }));

  test('says so when it does not know any more what was begun', () =>
    hosting(async (hosted, client) => {
      hosted.execute('other', 'SHOW TABLES', {}, 2);
      expect(client.told).toEqual(['executionEnd 0 RESULT_GONE']);
    }));

  test('keeps the last results only, and none that were released', () =>
    hosting(async (hosted, client) => {
      const many = Array.from({ length: 205 }, (_, i) => `SET 'a.b' = '${i}'`).join(';');
      hosted.execute('e', many, {}, 0);
      await client.until('end', 205);
      expect([hosted.hasStream('s.5'), hosted.hasStream('s.6'), hosted.hasStream('s.205')]).toEqual([
        false,
        true,
        true,
      ]);
      hosted.release('s.205');
      expect(hosted.hasStream('s.205')).toBe(false);
      expect(() => hosted.stream('s.5')).toThrow('not kept');
    }));

  test('forgets the oldest ended executions when their texts are too long, and none that runs', () =>
    hosting(async (hosted, client) => {
      const wide = (n: number): string => `SET 'a.b' = '${String(n).repeat(3 << 20)}'`;
      const endless = "CREATE TABLE t (id INT) WITH ('connector' = 'datagen', 'rows-per-second' = '10')";
      hosted.execute('running', `${endless}; SELECT id FROM t`, {}, 0);
      await client.until('executionEnd');
      for (const n of [1, 2, 3]) {
        hosted.execute(`e${n}`, wide(n), {}, 0);
        await client.until('executionEnd', n + 1);
      }
      client.events.length = 0;
      hosted.execute('e1', 'SELEC', {}, 1);
      expect(client.told).toEqual(['executionEnd 0 RESULT_GONE']);
      for (const known of ['running', 'e2', 'e3']) hosted.execute(known, 'SELEC', {}, 9);
      expect(client.told.slice(1)).toEqual(['executionEnd 2 ok', 'executionEnd 1 ok', 'executionEnd 1 ok']);
      // What still runs of it can be stopped.
      hosted.interrupt('running');
      await client.until('end');
      expect(client.events.at(-1)).toMatchObject({ stream: 's.2', end: { state: 'cancelled' } });
    }));

  test('paces frames by a refresh that a timer can keep', () =>
    hosting(async (hosted, client) => {
      hosted.execute('e', 'SHOW TABLES', {}, 0);
      await client.until('end');
      expect((await hosted.live('s.1', { refresh: 1e12 })).refresh).toBe(3_600_000);
      expect((await hosted.live('s.1', { refresh: -1 })).refresh).toBe(50);
      expect((await hosted.live('s.1')).refresh).toBe(50);
    }));

  test('bounds the rows of ended results, but keeps the newest whatever its size', () =>
    hosting(async (hosted, client) => {
      const table = (name: string, rows: number): string =>
        `CREATE TABLE ${name} (id INT) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'number-of-rows' = '${rows}')`;
      const options = { maxRows: 3_000_000 };
      hosted.execute('ddl', `${table('few', 900_000)}; ${table('many', 1_500_000)}`, {}, 0);
      await client.until('end', 2);
      hosted.execute('first', 'SELECT id FROM few', options, 0);
      await client.until('end', 3);
      expect([1, 2, 3].map((n) => hosted.hasStream(`s.${n}`))).toEqual([true, true, true]);
      hosted.execute('second', 'SELECT id FROM many', options, 0);
      await client.until('end', 4);
      // Oldest first, until it fits.
      expect([1, 2, 3, 4].map((n) => hosted.hasStream(`s.${n}`))).toEqual([false, false, false, true]);
    }));

  test('lets a running result go that was released, once it has ended', () =>
    hosting(async (hosted, client) => {
      const endless = "CREATE TABLE t (id INT) WITH ('connector' = 'datagen', 'rows-per-second' = '10')";
      hosted.execute('e', `${endless}; SELECT id FROM t`, {}, 0);
      await client.until('statement', 2);
      hosted.release('s.2');
      expect(hosted.hasStream('s.2')).toBe(true);
      hosted.interrupt('e');
      await client.until('end', 2);
      expect(client.events.find((e) => e.type === 'end' && e.stream === 's.2')).toMatchObject({
        end: { state: 'cancelled' },
      });
      expect(hosted.hasStream('s.2')).toBe(false);
    }));
});
