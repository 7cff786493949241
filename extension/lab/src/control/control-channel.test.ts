import { expect, test } from '@jest/globals';
import type { ISessionContext } from '@jupyterlab/apputils';
import { Signal } from '@lumino/signaling';
import { ControlChannel } from './control-channel.js';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A rejection that nobody handles fails the test. */
test('a kernel that dies while it is asked is asked again', async () => {
  let asked = 0;
  const kernel = {
    name: 'streamcell',
    get info(): Promise<never> {
      asked++;
      return Promise.reject(new Error('the kernel died'));
    },
  };
  const owner = {};
  const statusChanged = new Signal<object, string>(owner);
  const context = {
    ready: Promise.resolve(),
    session: { kernel },
    kernelChanged: new Signal<object, unknown>(owner),
    statusChanged,
    connectionStatusChanged: new Signal<object, unknown>(owner),
  } as unknown as ISessionContext;
  const channel = new ControlChannel(context);
  await settle();
  await settle();
  expect([asked, channel.isOpen]).toEqual([1, false]);
  statusChanged.emit('idle');
  await settle();
  await settle();
  expect(asked).toBe(2);
  channel.dispose();
});
