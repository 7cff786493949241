import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { StreamcellError } from '../types/index.js';
import { FlinkSession } from './flink-session.js';
import { RestClient } from './rest-client.js';
import { TestFlink } from './test-flink.js';

let flink: TestFlink;
beforeAll(async () => {
  flink = await new TestFlink().start();
});
afterAll(() => flink.stop());

test.each([
  'http://ann:secret@host:port',
  'http://ann:sec/ret@',
  'ann:secret@host:8083',
  'https://ann:se@cret@[host',
  'ftp://ann:secret@host',
  '//ann:secret@host',
])('a password is not shown: %s', (address) => {
  const open = (): RestClient => new RestClient(address, 'SQL Gateway');
  let error: unknown;
  try {
    open();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(StreamcellError);
  const { code, message, hint } = error as StreamcellError;
  expect(code).toBe('OPTION_INVALID');
  expect(`${message} ${hint}`).not.toMatch(/ann|sec|cret|ret@/);
});

test('an address without a password is shown as it is', () => {
  expect(() => new RestClient('host 8083', 'SQL Gateway')).toThrow("'host 8083' is no address of Flink's SQL Gateway.");
});

test('credentials and headers go with every request to both servers', async () => {
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
  const withUser = (user: string): string => flink.url.replace('//', `//${user}@`);
  for (const [user, sent] of [
    ['ann:s%40crét', 'ann:s@crét'],
    ['ann:50%', 'ann:50%'],
    [':only', ':only'],
  ]) {
    flink.authorizations.clear();
    const session = await FlinkSession.open({ gateway: withUser(user), jobManager: withUser(user) });
    await session.close();
    expect([...flink.authorizations]).toEqual([basic(sent)]);
  }
  flink.authorizations.clear();
  const headers = { authorization: 'Bearer token' };
  const session = await FlinkSession.open({ gateway: flink.url, jobManager: flink.url, headers });
  await session.close();
  expect([...flink.authorizations]).toEqual(['Bearer token']);
});
