import { beforeEach, describe, expect, test } from '@jest/globals';
import type { FromView, ToView, ViewState } from '@streamcell/runtime/protocol/view-channel';
import { fetchFrames, type KernelLink } from './fetch-frames.js';
import type { PortHandler } from './kernel-port.js';
import type { ViewPort } from './view-client.js';

const STATUS: ViewState = {
  state: 'finished',
  rows: 5,
  changes: 5,
  truncated: false,
  watermark: null,
  lateRows: 0,
  malformed: 0,
};
const frame = (seq: number, epoch: number, from: number): ToView => ({
  type: 'frame',
  seq,
  epoch,
  from,
  rowCount: 5,
  status: STATUS,
});
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('fetching a result beside the view that shows it', () => {
  let sent: FromView[];
  let closed: number;
  let handler: PortHandler;
  let end: ((reason: string) => void) | null;
  let silence: (() => void) | null;
  let abort: AbortController;
  let starts: number[];
  let opening: Promise<ViewPort | null>;
  let fetched: Promise<string>;
  const port: ViewPort = { send: (message) => sent.push(message), close: () => closed++ };

  beforeEach(() => {
    sent = [];
    closed = 0;
    end = silence = null;
    abort = new AbortController();
    starts = [];
    opening = Promise.resolve(port);
  });

  async function begin(): Promise<void> {
    const kernel: KernelLink = {
      open: (_, heard) => {
        handler = heard;
        return opening;
      },
      onEnd: (ended) => {
        end = ended;
        return () => (end = null);
      },
    };
    const after = (_: number, run: () => void): (() => void) => {
      silence = run;
      return () => (silence = null);
    };
    fetched = fetchFrames(
      kernel,
      { after },
      's1',
      { from: 0, to: 2, mode: 'table' },
      ({ from }) => {
        starts.push(from);
        return from + 2 < 5 ? { from: from + 2, to: from + 4, mode: 'table' } : null;
      },
      abort.signal,
    ).then(
      () => 'done',
      (error: unknown) => String(error),
    );
    await settle();
  }
  const answer = (message: ToView): void => handler.message(message, new Uint8Array([1]));

  test('asks page by page and closes the comm after the last', async () => {
    await begin();
    answer({ type: 'attached', columns: [], upsertKey: null, status: STATUS });
    answer(frame(1, 0, 0));
    answer(frame(2, 1, 2));
    answer(frame(3, 2, 4));
    expect(await fetched).toBe('done');
    expect(starts).toEqual([0, 2, 4]);
    expect(sent.filter((m) => m.type === 'viewport').map((m) => m.viewport.from)).toEqual([2, 4]);
    expect([closed, end, silence]).toEqual([1, null, null]);
  });

  test('a page that got lost is asked for again, although the query has finished', async () => {
    await begin();
    answer({ type: 'attached', columns: [], upsertKey: null, status: STATUS });
    answer(frame(1, 0, 0));
    silence?.();
    expect(sent.at(-1)).toEqual({ type: 'resync', epoch: 2, viewport: { from: 2, to: 4, mode: 'table' } });
  });

  test.each<[string, () => void, string]>([
    ['the kernel was restarted', () => end?.('The kernel was restarted.'), 'The kernel was restarted.'],
    ['the output was disposed of', () => abort.abort(), 'given up'],
    ['the comm was closed', () => handler.closed(), 'does not know this result'],
    ['the result is gone', () => answer({ type: 'gone', reason: 'Let go.' }), 'Let go.'],
    [
      'the request was refused',
      () => answer({ type: 'refused', error: { code: 'OPTION_UNSUPPORTED', message: 'No such column.' } }),
      'No such column.',
    ],
  ])('ends when %s', async (_, happens, reason) => {
    await begin();
    happens();
    expect(await fetched).toContain(reason);
    expect([end, silence]).toEqual([null, null]);
  });

  test('a comm that opens after the end is closed', async () => {
    let open: (port: ViewPort) => void = () => undefined;
    opening = new Promise((resolve) => (open = resolve));
    await begin();
    abort.abort();
    expect(await fetched).toContain('given up');
    open(port);
    await settle();
    expect(closed).toBe(1);
  });

  test('without a kernel there is nothing to fetch', async () => {
    opening = Promise.resolve(null);
    await begin();
    expect(await fetched).toContain('No kernel is running.');
  });
});
