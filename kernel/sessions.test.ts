import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EmbeddedSession, type Session } from '@streamcell/runtime/session/index';
import { KernelSessions } from './sessions.js';

const JOB = {
  id: 'j',
  name: 'j',
  state: 'running',
  startedAt: 0,
} as unknown as Awaited<ReturnType<Session['jobs']>>[number];

describe('KernelSessions', () => {
  let sessions: KernelSessions;
  let opened: { readonly session: Session; readonly address: string; jobs: number; lost: boolean; closed: number }[];
  let opens: (() => void)[] | null;
  beforeEach(() => {
    opened = [];
    opens = null;
    sessions = new KernelSessions(new EmbeddedSession(), async (address) => {
      if (opens !== null) await new Promise<void>((resolve) => opens?.push(resolve));
      const session: Session = new EmbeddedSession();
      const entry = { session, address, jobs: 0, lost: false, closed: 0 };
      const close = session.close.bind(session);
      session.close = async () => {
        entry.closed++;
        await close();
      };
      session.jobs = async () => {
        if (entry.lost) throw new Error('lost');
        return new Array<typeof JOB>(entry.jobs).fill(JOB);
      };
      opened.push(entry);
      return { session, cluster: address };
    });
  });
  afterEach(() => sessions.close());

  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  test('an interrupted connect connects never', async () => {
    let changes = 0;
    sessions.onChange(() => changes++);
    opens = [];
    const controller = new AbortController();
    const connecting = sessions.connect('ws://a', null, controller.signal);
    await settle();
    controller.abort();
    opens.forEach((open) => open());
    await connecting;
    expect([sessions.cluster, changes]).toEqual(['embedded', 0]);
    expect(opened.map(({ closed }) => closed)).toEqual([1]);
  });

  test('connecting again to the same place with the same token finds the same session', async () => {
    await sessions.connect('ws://a', 'token');
    opened[0].jobs = 1;
    await sessions.connect('ws://a', 'token');
    await sessions.disconnect();
    await settle();
    await sessions.connect('ws://a', 'token');
    expect(opened).toHaveLength(1);
    expect(sessions.current).toBe(opened[0].session);
    await sessions.connect('ws://a', 'another');
    await sessions.connect('ws://b', 'token');
    expect(opened).toHaveLength(3);
  });

  test('one that does not answer is not found again', async () => {
    await sessions.connect('ws://a', null);
    opened[0].lost = true;
    await sessions.connect('ws://a', null);
    expect(opened).toHaveLength(2);
    expect(sessions.current).toBe(opened[1].session);
  });

  test('one that is left is closed, unless it has jobs', async () => {
    await sessions.connect('ws://a', null);
    await sessions.connect('ws://b', null);
    await settle();
    opened[1].jobs = 1;
    await sessions.disconnect();
    await settle();
    expect(opened.map(({ closed }) => closed)).toEqual([1, 0]);
    await sessions.close();
    expect(opened.map(({ closed }) => closed)).toEqual([1, 1]);
  });
});
