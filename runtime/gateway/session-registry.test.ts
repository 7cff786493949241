import { describe, expect, test } from '@jest/globals';
import { EmbeddedSession } from '../session/index.js';
import type { Session } from '../session/session.js';
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

  test('ends those whose connection is gone, unless it is back in time', async () => {
    const cluster = new SlowCluster();
    const registry = registryOn(cluster, { sessionTimeout: 200 });
    const [lost, back] = [registry.open('slow', {}), registry.open('slow', {})];
    cluster.answer();
    registry.disconnected(await lost);
    registry.disconnected(await back);
    registry.resumed(await back);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(registry.list()).toEqual([await back]);
    expect(registry.find((await lost).id)).toBeUndefined();
    await registry.shutdown();
  });
});
