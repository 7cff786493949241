import type { OpenView, ToView, ViewportRequest } from '@streamcell/runtime/protocol/view-channel';
import type { PortHandler } from './kernel-port.js';
import { ViewClient, type Timers, type ViewPort } from './view-client.js';

type Frame = Extract<ToView, { type: 'frame' }>;

/** A notebook's kernel, as far as fetching needs it. */
export interface KernelLink {
  open(data: OpenView, handler: PortHandler, cancelled: () => boolean): Promise<ViewPort | null>;
  /** Calls back when the kernel is no more that comms are open to. @returns how to hear no more of it. */
  onEnd(ended: (reason: string) => void): () => void;
}

/**
 * Fetches frames of a result over a comm of their own, beside the one that is looked at. `next` takes a frame and says what to ask for
 * then, or null when it has all.
 * @throws when the kernel does not know the result, refuses, goes, or when `signal` is aborted.
 */
export async function fetchFrames(
  kernel: KernelLink,
  timers: Timers,
  stream: string,
  first: ViewportRequest,
  next: (frame: Frame, arrow: Uint8Array) => ViewportRequest | null,
  signal: AbortSignal,
): Promise<void> {
  let settled = false;
  let stop = (): void => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (reason: string): void => reject(new Error(reason));
      const client = new ViewClient(
        {
          attached: () => undefined,
          status: () => undefined,
          frame: (message, arrow) => {
            const more = next(message, arrow);
            if (more === null) resolve();
            else {
              client.setViewport(more);
              client.drawn(message.seq);
            }
          },
          gone: fail,
          refused: ({ error }) => fail(error.message),
        },
        timers,
        first,
      );
      const onAbort = (): void => fail('The download was given up.');
      const unhear = kernel.onEnd(fail);
      signal.addEventListener('abort', onAbort);
      stop = () => {
        unhear();
        signal.removeEventListener('abort', onAbort);
        client.close();
      };
      if (signal.aborted) onAbort();
      const handler: PortHandler = {
        message: (data, buffer) => {
          if (!settled) client.receive(data as ToView, buffer);
        },
        closed: () => {
          client.lost();
          fail('The kernel does not know this result any more.');
        },
      };
      kernel
        .open(client.openData(stream), handler, () => settled)
        .then((port) => {
          if (settled) port?.close();
          else if (port === null) fail('No kernel is running.');
          else client.opened(port);
        }, reject);
    });
  } finally {
    settled = true;
    stop();
  }
}
