import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';

export interface PortHandler {
  message(data: unknown, buffer: Uint8Array | null): void;
  /** The kernel closed the comm, or does not know its target. */
  closed(): void;
}

export interface KernelPort {
  send(data: object): void;
  close(): void;
}

/**
 * Opens a comm to the kernel of a notebook, from this side, so that an output finds its stream again after the page was loaded anew.
 * @returns null when the notebook has no kernel.
 */
export async function openPort(
  context: ISessionContext,
  target: string,
  data: object,
  handler: PortHandler,
  cancelled: () => boolean,
): Promise<KernelPort | null> {
  await context.ready;
  const kernel = context.session?.kernel;
  if (kernel == null || cancelled()) return null;
  // Whether it has subshells (comms then answer while a cell runs) is known only from here on.
  await kernel.info;
  if (cancelled() || kernel.isDisposed) return null;
  const comm = kernel.createComm(target);
  comm.onMsg = (message) => handler.message(message.content.data, bufferOf(message));
  comm.onClose = () => handler.closed();
  if (kernel.supportsSubshells) await subshell(comm);
  if (cancelled() || comm.isDisposed) {
    closeComm(comm, kernel);
    return null;
  }
  comm.open(data as JSONObject);
  return {
    send: (message) => {
      if (!comm.isDisposed && !kernel.isDisposed) comm.send(message as JSONObject);
    },
    close: () => closeComm(comm, kernel),
  };
}

/** JupyterLab 4.6 tells when the subshell of a comm is there; one that cannot be had is done without. */
async function subshell(comm: Kernel.IComm): Promise<void> {
  const started = (comm as { readonly subshellStarted?: Promise<void> }).subshellStarted;
  await started?.catch(() => undefined);
}

function closeComm(comm: Kernel.IComm, kernel: Kernel.IKernelConnection): void {
  comm.onMsg = () => undefined;
  comm.onClose = () => undefined;
  if (!comm.isDisposed && !kernel.isDisposed) comm.close();
}

function bufferOf(message: KernelMessage.ICommMsgMsg): Uint8Array | null {
  const buffer = message.buffers?.[0];
  if (buffer === undefined) return null;
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer)
    : new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
