import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { MessagePortTransport } from '@streamcell/runtime/protocol/message-port-transport';
import type { Transport } from '@streamcell/runtime/protocol/transport';
import { GatewaySession } from '@streamcell/runtime/session/gateway-session';
import { EmbeddedSession, type Session } from '@streamcell/runtime/session/index';
import { ProtocolServer } from '@streamcell/runtime/session/protocol-server';
import { SharedSessionHost } from '@streamcell/runtime/session/session-host';
import { CONTROL_TARGET, type FromControl, type ToControl } from '@streamcell/runtime/protocol/view-channel';
import type { CommTarget } from '../host.js';
import { alone, CellHarness, PlainVariables, until } from '../sql/cell-harness.js';
import { ControlTarget } from './control-target.js';

type State = Extract<ToControl, { type: 'session' }>;

const ENDLESS =
  "CREATE TABLE endless (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100', " +
  "'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '10000000')";

describe('the control channel', () => {
  let cells: CellHarness;
  let told: ToControl[];
  let channel: ReturnType<CommTarget['open']>;
  beforeEach(() => {
    cells = new CellHarness();
    told = [];
    const target = cells.cells.targets.get(CONTROL_TARGET) as CommTarget;
    channel = target.open(
      {
        id: 'c',
        send: (data) => told.push(data as ToControl),
        close: () => undefined,
      },
      {},
    );
  });
  afterEach(async () => {
    channel.closed();
    await cells.close();
  });

  const say = (message: FromControl): void => channel.message(message, []);
  const states = (): State[] => told.filter((message) => message.type === 'session');

  test('tells where cells run and what runs, and stops a job', async () => {
    await until(() => states().length === 1, 'the first state');
    expect(states()[0]).toEqual({ type: 'session', cluster: 'embedded', connected: true, jobs: [] });
    await cells.run(`%%flinksql\n${ENDLESS}`);
    await cells.run('%%flinksql --name mine\nSELECT id FROM endless');
    await until(() => states().some((s) => s.jobs.length === 1), 'the job');
    const [job] = states()[states().length - 1].jobs;
    expect(job).toMatchObject({ name: 'mine', state: 'running' });
    say({ type: 'stopJob', job: job.id });
    await until(() => states().at(-1)?.jobs[0].state === 'cancelled', 'the end');
    say({ type: 'stopJob', job: 'nothing' });
  });

  test('tells no more than once a second, and nothing when nothing changed', async () => {
    jest.useFakeTimers();
    try {
      let jobs = 0;
      const session = { jobs: async () => Array.from({ length: jobs }, (_, n) => ({ id: `job-${n}` })) };
      const target = new ControlTarget(alone(session as unknown as Session), new PlainVariables(), false);
      const seen: State[] = [];
      const looking = target.open({ id: 'r', send: (data) => seen.push(data as State), close: () => undefined });
      for (let tenth = 0; tenth < 30; tenth++) {
        jobs++;
        await jest.advanceTimersByTimeAsync(100);
      }
      expect(seen.map((state) => state.jobs.length)).toEqual([0, 10, 20, 30]);
      await jest.advanceTimersByTimeAsync(5000);
      expect(seen).toHaveLength(4);
      looking.closed();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  test('lets the one that was silent for longest go when pages leave their comms behind', async () => {
    jest.useFakeTimers();
    try {
      let jobs = 0;
      const session = { jobs: async () => Array.from({ length: jobs }, (_, n) => ({ id: `job-${n}` })) };
      const target = new ControlTarget(alone(session as unknown as Session), new PlainVariables(), false);
      const seen = Array.from({ length: 17 }, () => 0);
      const open = (n: number): ReturnType<CommTarget['open']> =>
        target.open({ id: `c${n}`, send: () => seen[n]++, close: () => undefined });
      const channels = [open(0), open(1)];
      await jest.advanceTimersByTimeAsync(1000);
      channels[0].message({ type: 'stopJob' }, []);
      for (let n = 2; n < 17; n++) channels.push(open(n));
      await jest.advanceTimersByTimeAsync(1000);
      jobs++;
      await jest.advanceTimersByTimeAsync(1000);
      expect(seen).toEqual([2, 1, ...Array.from({ length: 15 }, () => 2)]);
      // It was there after all.
      channels[1].message({ type: 'stopJob' }, []);
      await jest.advanceTimersByTimeAsync(1000);
      expect(seen[1]).toBe(2);
      for (const channel of channels) channel.closed();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  test('says that nothing answers', async () => {
    await cells.session.close();
    cells.session.jobs = () => Promise.reject(new Error('gone'));
    await until(() => states().some((s) => !s.connected), 'the loss');
  });

  test('says that the connection to a gateway is cut, though it may come back', async () => {
    const embedded = new EmbeddedSession();
    const host = new SharedSessionHost(() => ({ session: embedded, cluster: 'there' }));
    const ports: Transport[] = [];
    const session = await GatewaySession.open({
      connect: async () => {
        if (ports.length > 0) return new Promise<never>(() => undefined);
        const { port1, port2 } = new MessageChannel();
        const far = new MessagePortTransport(port1);
        ports.push(far, new MessagePortTransport(port2));
        new ProtocolServer(far, host);
        return ports[1];
      },
    });
    const seen: State[] = [];
    const target = new ControlTarget({ ...alone(session), cluster: 'there' }, new PlainVariables(), false);
    const looking = target.open({ id: 'g', send: (data) => seen.push(data as State), close: () => undefined });
    try {
      await until(() => seen.length === 1, 'the first state');
      expect(seen[0]).toEqual({ type: 'session', cluster: 'there', connected: true, jobs: [] });
      ports[0].close();
      await until(() => session.state === 'reconnecting', 'the cut');
      await until(() => seen.length === 2, 'the second state');
      expect(seen[1]).toEqual({ type: 'session', cluster: 'there', connected: false, jobs: [] });
      expect(session.state).toBe('reconnecting');
    } finally {
      looking.closed();
      await session.close();
      await embedded.close();
    }
  });

  test('checks a cell', async () => {
    const cell = '%%flinksql\nSELECT x FROM nowhere';
    say({ type: 'validate', id: 7, cell });
    await until(() => told.some((message) => message.type === 'diagnostics'), 'the answer');
    const answer = told.find((message) => message.type === 'diagnostics');
    expect(answer).toMatchObject({ id: 7, errors: [{ code: 'TABLE_NOT_FOUND', span: { start: 25, end: 32 } }] });
  });

  test('leaves nonsense alone', async () => {
    for (const nonsense of [null, 5, [], {}, { type: 'validate' }, { type: 'validate', id: 'x', cell: '' }])
      channel.message(nonsense, []);
    await until(() => states().length === 1, 'the first state');
    expect(told.filter((message) => message.type === 'diagnostics')).toEqual([]);
  });
});
