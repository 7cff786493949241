import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { EmbeddedSession } from '../session/index.js';
import type { Session, Statement, StatementEnd } from '../session/session.js';
import { StreamcellError } from '../types/index.js';
import { SessionRegistry, type RegistryOptions } from './session-registry.js';

/** A cluster that takes its time: sessions are opened when it is said. */
class SlowCluster {
  readonly opened: EmbeddedSession[] = [];
  private readonly waiting: (() => void)[] = [];

  async open(): Promise<Session> {
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    const session = new EmbeddedSession();
    this.opened.push(session);
    return session;
  }

  answer(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

function registryOn(cluster: SlowCluster, options: Partial<RegistryOptions> = {}): SessionRegistry {
  return new SessionRegistry({
    clusters: ['slow'],
    sessionTimeout: 20,
    maxSessions: 2,
    open: () => cluster.open(),
    log: () => undefined,
    ...options,
  });
}

const TIMEOUT = 1000;

/** A session whose one execution begins a statement when it is told to, and ends it likewise. */
class ScriptedSession {
  ended: 'closed' | 'detached' | null = null;
  private wake: () => void = () => undefined;
  private readonly waiting: Statement[] = [];

  /** @returns what ends it. */
  begin(): () => void {
    let end: () => void = () => undefined;
    const done = new Promise<StatementEnd>((resolve) => {
      end = () => resolve({ state: 'finished', rows: 0, changes: 0, milliseconds: 0 });
    });
    const span = { start: 0, end: 0 };
    this.waiting.push({
      index: 0,
      kind: 'insert',
      span,
      text: '',
      columns: [],
      bounded: false,
      changelog: 'append',
      upsertKey: null,
      jobId: null,
      view: null,
      cancel: async () => end(),
      done,
    });
    this.wake();
    return end;
  }

  async *execute(): AsyncGenerator<Statement> {
    for (;;) {
      const next = this.waiting.shift();
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  async close(): Promise<void> {
    this.ended = 'closed';
  }

  async detach(): Promise<void> {
    this.ended = 'detached';
  }
}

function registryOf(...sessions: readonly ScriptedSession[]): SessionRegistry {
  const left = [...sessions];
  return new SessionRegistry({
    clusters: ['fake'],
    sessionTimeout: TIMEOUT,
    maxSessions: 10,
    open: async () => left.shift() as unknown as Session,
    log: () => undefined,
  });
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    (thrown: unknown) => StreamcellError.from(thrown).code,
  );

describe('the registry of sessions', () => {
  test('counts those that are being opened', async () => {
    const cluster = new SlowCluster();
    const registry = registryOn(cluster);
    const answers = [1, 2, 3].map(() => code(registry.open('slow', {})));
    expect(await answers[2]).toBe('GATEWAY_LIMIT');
    cluster.answer();
    expect(await Promise.all(answers)).toEqual(['ok', 'ok', 'GATEWAY_LIMIT']);
    const [first] = registry.list();
    await registry.close(first);
    const again = code(registry.open('slow', {}));
    cluster.answer();
    expect(await again).toBe('ok');
    await registry.shutdown();
  });

  test('leaves none open that comes when it is shut down', async () => {
    const cluster = new SlowCluster();
    const registry = registryOn(cluster);
    const late = code(registry.open('slow', {}));
    await registry.shutdown();
    cluster.answer();
    expect(await late).toBe('GATEWAY_LOST');
    expect(await code(cluster.opened[0].validate('SHOW TABLES'))).toBe('SESSION_CLOSED');
    expect(await code(registry.open('slow', {}))).toBe('GATEWAY_LOST');
  });

  describe('as time passes', () => {
    beforeEach(() => {
      jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    });
    afterEach(() => {
      jest.useRealTimers();
    });

    test('ends those whose connection is gone, unless it is back in time', async () => {
      const [back, lost] = [new ScriptedSession(), new ScriptedSession()];
      const registry = registryOf(back, lost);
      const [here, gone] = [await registry.open('fake', {}), await registry.open('fake', {})];
      registry.disconnected(here);
      registry.disconnected(gone);
      jest.advanceTimersByTime(TIMEOUT - 1);
      registry.resumed(here);
      expect(registry.list()).toEqual([here, gone]);
      jest.advanceTimersByTime(10 * TIMEOUT);
      expect(registry.list()).toEqual([here]);
      expect([back.ended, lost.ended]).toEqual([null, 'closed']);
    });

    test('keeps one that was left on purpose while anything runs, also what began after a pause', async () => {
      const session = new ScriptedSession();
      const registry = registryOf(session);
      const hosted = await registry.open('fake', {});
      hosted.execute('e', '', {}, 0);
      await turns();
      const endFirst = session.begin();
      await turns();
      endFirst();
      await turns();
      registry.detached(hosted);
      const endSecond = session.begin();
      await turns();
      expect(hosted.busy).toBe(1);
      jest.advanceTimersByTime(10 * TIMEOUT);
      expect(registry.list()).toEqual([hosted]);
      endSecond();
      await turns();
      jest.advanceTimersByTime(TIMEOUT);
      expect(registry.list()).toEqual([]);
      expect(session.ended).toBe('closed');
    });

    test('leaves what was left on purpose to its cluster when it is shut down, and nothing else', async () => {
      const [left, used] = [new ScriptedSession(), new ScriptedSession()];
      const registry = registryOf(left, used);
      for (const session of [left, used]) {
        const hosted = await registry.open('fake', {});
        hosted.execute('e', '', {}, 0);
        await turns();
        const end = session.begin();
        await turns();
        if (session === left) registry.detached(hosted);
        else end();
      }
      await registry.shutdown();
      expect([left.ended, used.ended]).toEqual(['detached', 'closed']);
    });
  });
});
