import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { openFlinkSession } from '@streamcell/runtime/flink/index';
import type { Session, Statement } from '@streamcell/runtime/session/session';
import { StreamcellError } from '@streamcell/runtime/types/index';
import { sleep } from './child-process.js';
import { FlinkCluster } from './flink.js';
import { JobManagerClient } from './job-manager-client.js';

/*
 * Servers of a real Flink die while statements run, and come back. Each test leaves the cluster whole for the next.
 */

const flink = new FlinkCluster({ slots: 4, own: true });
let session: Session;

beforeAll(async () => {
  await flink.start();
  session = await openFlinkSession({ gateway: flink.gatewayUrl, jobManager: flink.restUrl });
  await all(`CREATE TABLE endless (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');
    CREATE TABLE nowhere (id BIGINT) WITH ('connector' = 'blackhole');
    SET 'my.own' = 'kept'`);
}, 600_000);
afterEach(() => flink.revive(), 200_000);
afterAll(async () => {
  await session?.close();
  await flink.stop();
});

async function all(text: string): Promise<Statement[]> {
  const statements: Statement[] = [];
  for await (const statement of session.execute(text)) statements.push(statement);
  return statements;
}

/** A query with rows, once the cluster has slots again. */
async function liveQuery(): Promise<Statement> {
  const [query] = await all('SELECT id FROM endless');
  const end = Date.now() + 120_000;
  while (((await query.view?.status())?.rows ?? 0) === 0) {
    if (Date.now() > end) throw new Error('no row came');
    await sleep(50);
  }
  return query;
}

async function failure(action: Promise<unknown>): Promise<{ error: StreamcellError; millis: number }> {
  const began = Date.now();
  const thrown = await action.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  if (!(thrown instanceof StreamcellError)) throw thrown;
  return { error: thrown, millis: Date.now() - began };
}

async function tables(statement: Statement): Promise<unknown[]> {
  return ((await statement.view?.snapshot()) ?? []).map((r) => r.fields[0]);
}

test('a SQL Gateway that dies takes the result with it; the session that follows has the same definitions', async () => {
  const query = await liveQuery();
  const job = query.jobId as string;
  await flink.kill('gateway');
  const [ended, next] = await Promise.all([failure(query.done), failure(all('SHOW TABLES'))]);
  for (const { error, millis } of [ended, next]) {
    expect(error.code).toBe('CLUSTER_UNREACHABLE');
    expect(error.message).toContain(flink.gatewayUrl);
    expect(millis).toBeLessThan(10_000);
  }
  expect((await query.view?.status())?.state).toBe('failed');
  await flink.revive();
  const [shown, again] = await all('SHOW TABLES; SHOW VIEWS');
  expect(await tables(shown)).toEqual(['endless', 'nowhere']);
  expect(shown.notices?.join()).toMatch(/lost the session.*2 definitions were made again/);
  expect(again.notices).toEqual([]);
  expect(await session.options()).toEqual({ 'my.own': 'kept' });
  // Nobody could read its result any more.
  expect(await new JobManagerClient(flink.restUrl).state(job)).toBe('CANCELED');
});

test('a JobManager that dies fails its jobs, and what was given up does not run when it is back', async () => {
  const query = await liveQuery();
  const [insert] = await all('INSERT INTO nowhere SELECT id FROM endless');
  await flink.kill('jobmanager');
  const ends = await Promise.all([
    failure(query.done),
    failure(insert.done),
    failure(all('SELECT id FROM endless')),
    failure(sleep(1000).then(() => all('INSERT INTO nowhere SELECT id FROM endless'))),
  ]);
  expect(ends.map(({ error }) => error.code)).toEqual(Array(4).fill('CLUSTER_UNREACHABLE'));
  for (const { error } of ends) expect(error.message).toContain(`JobManager at ${flink.restUrl}`);
  for (const { millis } of ends) expect(millis).toBeLessThan(15_000);
  await flink.revive();
  const [shown] = await all('SHOW TABLES');
  expect(await tables(shown)).toEqual(['endless', 'nowhere']);
  const live = await liveQuery();
  await live.cancel();
  await sleep(3000);
  const response = await fetch(`${flink.restUrl}/jobs/overview`);
  const { jobs } = (await response.json()) as { jobs: { state: string; name: string }[] };
  expect(jobs.filter((j) => j.state === 'RUNNING')).toEqual([]);
});

test('a TaskManager that dies fails the job in Flink’s words, and the next one runs when it is back', async () => {
  const query = await liveQuery();
  await flink.kill('taskmanager');
  const { error } = await failure(query.done);
  expect(error.code).toBe('CLUSTER_JOB_FAILED');
  expect(`${error.message} ${error.hint}`).toContain('TaskManager');
  await flink.revive();
  await (await liveQuery()).cancel();
});

test('all of Flink dies and comes back', async () => {
  const query = await liveQuery();
  await flink.kill('jobmanager', 'taskmanager', 'gateway');
  const { error, millis } = await failure(query.done);
  expect(error.code).toBe('CLUSTER_UNREACHABLE');
  expect(millis).toBeLessThan(10_000);
  await flink.revive();
  const live = await liveQuery();
  expect(live.notices?.join()).toContain('lost the session');
  await session.close();
  expect((await live.done).state).toBe('cancelled');
});
