import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CONTROL_TARGET, type FromControl, type ToControl } from '@streamcell/runtime/protocol/view-channel';
import type { CommTarget } from '../host.js';
import { CellHarness, until } from '../sql/cell-harness.js';

type State = Extract<ToControl, { type: 'session' }>;

const ENDLESS =
  "CREATE TABLE endless (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100', " +
  "'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '10000000')";

describe('the control channel', () => {
  let cells: CellHarness;
  let told: { readonly message: ToControl; readonly at: number }[];
  let channel: ReturnType<CommTarget['open']>;
  beforeEach(() => {
    cells = new CellHarness();
    told = [];
    const target = cells.cells.targets.get(CONTROL_TARGET) as CommTarget;
    channel = target.open(
      {
        id: 'c',
        send: (data) => told.push({ message: data as ToControl, at: performance.now() }),
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
  const states = (): State[] => told.flatMap(({ message }) => (message.type === 'session' ? [message] : []));

  test('tells where cells run and what runs, when it changes and no more than once a second', async () => {
    await until(() => states().length === 1, 'the first state');
    expect(states()[0]).toEqual({ type: 'session', cluster: 'embedded', connected: true, jobs: [] });
    await cells.run(`%%flinksql\n${ENDLESS}`);
    await cells.run('%%flinksql --name mine\nSELECT id FROM endless');
    await until(() => states().some((s) => s.jobs.length === 1), 'the job');
    const [job] = states()[states().length - 1].jobs;
    expect(job).toMatchObject({ name: 'mine', state: 'running' });
    await new Promise((resolve) => setTimeout(resolve, 2200));
    expect(states().length).toBeLessThan(4);
    say({ type: 'stopJob', job: job.id });
    await until(() => states().at(-1)?.jobs[0].state === 'cancelled', 'the end');
    say({ type: 'stopJob', job: 'nothing' });
  });

  test('says that nothing answers', async () => {
    await cells.session.close();
    cells.session.jobs = () => Promise.reject(new Error('gone'));
    await until(() => states().some((s) => !s.connected), 'the loss');
  });

  test('checks a cell', async () => {
    const cell = '%%flinksql\nSELECT x FROM nowhere';
    say({ type: 'validate', id: 7, cell });
    await until(() => told.some(({ message }) => message.type === 'diagnostics'), 'the answer');
    const answer = told.map(({ message }) => message).find((m) => m.type === 'diagnostics');
    expect(answer).toMatchObject({ id: 7, errors: [{ code: 'TABLE_NOT_FOUND', span: { start: 25, end: 32 } }] });
  });

  test('leaves nonsense alone', async () => {
    for (const nonsense of [null, 5, [], {}, { type: 'validate' }, { type: 'validate', id: 'x', cell: '' }])
      channel.message(nonsense, []);
    await until(() => states().length === 1, 'the first state');
    expect(told.filter(({ message }) => message.type === 'diagnostics')).toEqual([]);
  });
});
