import type { ISessionContext } from '@jupyterlab/apputils';
import { Signal, type ISignal } from '@lumino/signaling';
import {
  CONTROL_TARGET,
  type FromControl,
  type JobSummary,
  type ToControl,
} from '@streamcell/runtime/protocol/view-channel';
import type { ErrorData } from '@streamcell/runtime/types/errors';
import { openPort, type KernelPort } from '../view/kernel-port.js';

export interface SessionFacts {
  readonly cluster: string;
  readonly connected: boolean;
  readonly jobs: readonly JobSummary[];
}

/**
 * One notebook's talk with its session: jobs, cluster, mistakes in cells.
 *
 * State: the comm while the kernel has one, the session as it was last told, the questions not answered yet. A kernel of ours has the comm
 * from its start; a Python kernel only once the extension is loaded in it, so it is asked when there is a sign of that.
 */
export class ControlChannel {
  private readonly changedSignal = new Signal<this, void>(this);
  private port: KernelPort | null = null;
  private attempt = 0;
  private opening = false;
  /** The kernel knows nothing of us. Asking again would only fill its log. */
  private unknown = false;
  private disposed = false;
  private nextId = 0;
  private readonly questions = new Map<number, (errors: readonly ErrorData[]) => void>();
  /** Null while there is no session. */
  facts: SessionFacts | null = null;

  constructor(private readonly context: ISessionContext) {
    context.kernelChanged.connect(this.onKernel, this);
    context.statusChanged.connect(this.onStatus, this);
    context.connectionStatusChanged.connect(this.onConnection, this);
    void context.ready.then(() => this.onKernel());
  }

  get changed(): ISignal<this, void> {
    return this.changedSignal;
  }

  get isOpen(): boolean {
    return this.port !== null;
  }

  /** Something of ours was seen in the notebook: there may be a session now; `surely` when the extension was just loaded. */
  hint(surely = false): void {
    if (this.unknown && !surely) return;
    if (this.port === null && !this.opening && !this.disposed) void this.open();
  }

  /** Mistakes of a cell; none when there is nobody to ask. */
  validate(cell: string): Promise<readonly ErrorData[]> {
    if (this.port === null) return Promise.resolve([]);
    const id = ++this.nextId;
    return new Promise((resolve) => {
      this.questions.set(id, resolve);
      this.send({ type: 'validate', id, cell });
    });
  }

  stopJob(job: string): void {
    this.send({ type: 'stopJob', job });
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.reset();
    Signal.clearData(this);
  }

  private async open(): Promise<void> {
    const attempt = ++this.attempt;
    const current = (): boolean => attempt === this.attempt && !this.disposed;
    this.opening = true;
    try {
      const port = await openPort(
        this.context,
        CONTROL_TARGET,
        {},
        {
          message: (data) => current() && this.receive(data as ToControl),
          closed: () => {
            if (!current()) return;
            const unknown = this.facts === null;
            this.reset();
            this.unknown = unknown;
          },
        },
        () => !current(),
      );
      if (!current()) port?.close();
      else this.port = port;
    } catch {
      // The kernel went while it was asked; its next sign of life asks again.
    } finally {
      if (current()) this.opening = false;
    }
  }

  private receive(message: ToControl): void {
    if (message.type === 'diagnostics') {
      this.questions.get(message.id)?.(message.errors);
      this.questions.delete(message.id);
      return;
    }
    const { cluster, connected, jobs } = message;
    this.facts = { cluster, connected, jobs };
    this.changedSignal.emit();
  }

  private send(message: FromControl): void {
    this.port?.send(message);
  }

  private reset(): void {
    this.attempt++;
    this.opening = false;
    this.unknown = false;
    this.port?.close();
    this.port = null;
    this.facts = null;
    for (const answer of this.questions.values()) answer([]);
    this.questions.clear();
    this.changedSignal.emit();
  }

  private get ours(): boolean {
    return this.context.session?.kernel?.name.startsWith('streamcell') === true;
  }

  private onKernel(): void {
    if (this.disposed) return;
    this.reset();
    if (this.ours) this.hint();
  }

  private onStatus(_: ISessionContext, status: string): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') this.reset();
    else if (status === 'idle' && this.ours) this.hint();
  }

  private onConnection(_: ISessionContext, status: string): void {
    const had = this.port !== null;
    if (status === 'disconnected') this.reset();
    if (status === 'connected' && (had || this.ours)) {
      this.reset();
      this.hint();
    }
  }
}
