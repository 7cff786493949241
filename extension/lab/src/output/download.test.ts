import { expect, test } from '@jest/globals';
import { encodeRows } from '@streamcell/runtime/protocol/arrow-frame';
import type { FromView, OpenView, ToView, ViewState } from '@streamcell/runtime/protocol/view-channel';
import { BIGINT, INSERT } from '@streamcell/runtime/types/index';
import type { KernelLink } from '../view/fetch-frames.js';
import type { PortHandler } from '../view/kernel-port.js';
import { resultAsCsv } from './download.js';

const PAGE = 10_000;

/** A kernel with a result of so many rows, which counts `changes[i]` when page i is asked for. */
function kernel(rows: number, changes: readonly number[]): KernelLink {
  return {
    open: (data: OpenView, handler: PortHandler) => {
      let seq = 0;
      const answer = (epoch: number, from: number): void => {
        const fields = Array.from({ length: Math.min(PAGE, rows - from) }, (_, i) => BigInt(from + i));
        const arrow = encodeRows(
          [{ name: 'n', type: BIGINT() }],
          fields.map((n) => ({ kind: INSERT, fields: [n] })),
          false,
        );
        const status = { state: 'running', rows, changes: changes[seq] } as ViewState;
        const frame: ToView = { type: 'frame', seq: ++seq, epoch, from, rowCount: rows, status };
        setImmediate(() => handler.message(frame, arrow));
      };
      answer(0, data.viewport.from);
      const send = (message: FromView): void => {
        if (message.type === 'viewport') answer(message.epoch, message.viewport.from);
      };
      return Promise.resolve({ send: send as (data: object) => void, close: () => undefined });
    },
    onEnd: () => () => undefined,
  };
}

const download = (link: KernelLink) =>
  resultAsCsv(
    link,
    { after: () => () => undefined },
    { stream: 's' },
    ['n'],
    { from: 40, to: 80, mode: 'table' },
    new AbortController().signal,
  );

test('the whole result, not only what is on the screen', async () => {
  const { parts, torn } = await download(kernel(25_000, [7, 7, 7]));
  expect([parts.length, parts[1], parts.at(-1), torn]).toEqual([25_001, '0\r\n', '24999\r\n', false]);
});

test('one page is of one moment, several are torn by a change', async () => {
  expect((await download(kernel(100, [7]))).torn).toBe(false);
  expect((await download(kernel(25_000, [7, 7, 8]))).torn).toBe(true);
});
