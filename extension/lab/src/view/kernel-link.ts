import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import { VIEW_TARGET } from '@streamcell/runtime/protocol/view-channel';
import type { KernelLink } from './fetch-frames.js';
import { openPort } from './kernel-port.js';

/** Why comms to a kernel of this status are lost; null where they are not. */
export function endOf(status: Kernel.Status): string | null {
  if (status === 'restarting' || status === 'autorestarting') return 'The kernel was restarted.';
  return status === 'dead' ? 'The kernel died.' : null;
}

/** The kernel of a notebook, to fetch frames from. */
export function kernelLink(context: ISessionContext): KernelLink {
  return {
    open: (data, handler, cancelled) => openPort(context, VIEW_TARGET, data, handler, cancelled),
    onEnd: (ended) => {
      const onKernel = (): void => ended('The kernel was shut down or changed.');
      const onStatus = (_: ISessionContext, status: Kernel.Status): void => {
        const reason = endOf(status);
        if (reason !== null) ended(reason);
      };
      context.kernelChanged.connect(onKernel);
      context.statusChanged.connect(onStatus);
      context.disposed.connect(onKernel);
      return () => {
        context.kernelChanged.disconnect(onKernel);
        context.statusChanged.disconnect(onStatus);
        context.disposed.disconnect(onKernel);
      };
    },
  };
}
