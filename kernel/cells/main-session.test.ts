import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MessagePortTransport } from '@streamcell/runtime/protocol/index';
import { EmbeddedSession, type Session } from '@streamcell/runtime/session/index';
import { ProtocolServer } from '@streamcell/runtime/session/protocol-server';
import { SharedSessionHost } from '@streamcell/runtime/session/session-host';
import { MainSession } from './main-session.js';

describe('MainSession', () => {
  let kernel: Session;
  let refusing: boolean;
  let session: MainSession;
  beforeEach(() => {
    kernel = new EmbeddedSession();
    refusing = false;
    const host = new SharedSessionHost(() => ({
      session: Object.assign(Object.create(kernel) as Session, { close: async () => undefined }),
      cluster: 'kernel',
    }));
    session = new MainSession((): MessagePort => {
      if (refusing) throw new Error('refused');
      const { port1, port2 } = new MessageChannel();
      new ProtocolServer(new MessagePortTransport(port1), host);
      return port2;
    });
  });
  afterEach(async () => {
    await session.close();
    await kernel.close();
  });

  test('works again after a cell closed it', async () => {
    expect(await session.jobs()).toEqual([]);
    await session.close();
    await session.close();
    expect(await session.jobs()).toEqual([]);
    expect(await session.explain('SELECT 1')).toMatch(/Values|Calc/);
  });

  test('works again after it could not connect', async () => {
    refusing = true;
    await expect(session.jobs()).rejects.toThrow();
    refusing = false;
    expect(await session.jobs()).toEqual([]);
  });
});
