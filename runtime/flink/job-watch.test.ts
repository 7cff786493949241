import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { JobManager } from './job-manager.js';
import { JobWatch } from './job-watch.js';
import { TestFlink } from './test-flink.js';

let flink: TestFlink;
let watch: JobWatch;

beforeEach(async () => {
  flink = await new TestFlink().start();
  watch = new JobWatch(new JobManager(flink.url));
});
afterEach(async () => {
  await watch.close();
  await flink.stop();
});

test('does not look out for anything once it is closed', async () => {
  await watch.close();
  const timers = timersRunning();
  watch.doom('late');
  expect(timersRunning()).toBe(timers);
  expect(flink.looks).toBe(0);
});

test('jobs that nobody waits for do not keep the process', () => {
  const timers = timersRunning();
  watch.doom('some');
  expect(timersRunning()).toBe(timers);
});

test('closing ends the job that was given up last, also when it turns up a little later', async () => {
  flink.jobs.set('there', 'RUNNING');
  watch.doom('there');
  watch.doom('coming');
  const closing = watch.close();
  while (flink.looks < 2) await new Promise((resolve) => setTimeout(resolve, 2));
  flink.jobs.set('coming', 'RUNNING');
  await closing;
  expect([...flink.jobs.values()]).toEqual(['CANCELED', 'CANCELED']);
});

/** Those that keep the process. */
function timersRunning(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}
