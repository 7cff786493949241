import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import { Signal, type ISignal } from '@lumino/signaling';
import {
  VIEW_TARGET,
  type ColumnText,
  type ToView,
  type ViewBundle,
  type ViewportRequest,
  type ViewState,
} from '@streamcell/runtime/protocol/view-channel';
import type { ErrorData } from '@streamcell/runtime/types/errors';
import { arrowRows } from '../values/arrow-rows.js';
import { snapshotRows, type RowSource } from '../values/row-source.js';
import { endOf } from './kernel-link.js';
import { openPort, type KernelPort } from './kernel-port.js';
import { RateMeter } from './rate-meter.js';
import { ViewClient, type Timers } from './view-client.js';

/** How the output stands with the kernel. */
export type Link = 'saved' | 'connecting' | 'live' | 'reconnecting' | 'gone';

export const browserTimers: Timers = {
  after(milliseconds, run) {
    const id = window.setTimeout(run, milliseconds);
    return () => window.clearTimeout(id);
  },
};

/** Rows as they came, and what was asked for then. */
export interface LiveFrame {
  readonly arrow: Uint8Array;
  readonly from: number;
  readonly rowCount: number;
  readonly status: ViewState;
  readonly request: ViewportRequest;
}

/**
 * One result on the screen: what the kernel last said of it, over whatever comms that takes.
 *
 * State: the bundle it began with, the newest status and rows, the comm's client. It maintains the invariant that there is at most one
 * open comm, that a frame is acknowledged only after it was painted, and that the newest rows stay when the kernel goes.
 */
export class LiveView {
  private readonly stateSignal = new Signal<this, void>(this);
  private readonly rowsSignal = new Signal<this, void>(this);
  private readonly meter = new RateMeter();
  private client: ViewClient | null = null;
  private attempt = 0;
  private waiting: { readonly seq: number; readonly frame: LiveFrame } | null = null;
  private drawing: number | null = null;
  private request: ViewportRequest = { from: 0, to: 100, mode: 'table' };
  private visible = true;
  private pausedByUser = false;
  private disposed = false;
  /** The mode that the rows now here were asked for. */
  private rowsMode: 'table' | 'changelog' = 'table';

  link: Link = 'saved';
  /** Why the kernel does not know the stream any more. */
  reason: string | null = null;
  status: ViewState;
  columns: readonly ColumnText[];
  upsertKey: readonly number[] | null;
  rows: RowSource;
  /** Rows of the sorted, filtered result; of the changelog, changes kept. */
  rowCount: number;
  refusal: ErrorData | null = null;
  /** The frame that `rows` came in; null while they are the saved ones. */
  lastFrame: LiveFrame | null = null;

  constructor(
    readonly bundle: ViewBundle,
    private readonly context: ISessionContext,
  ) {
    this.status = bundle.status;
    this.columns = bundle.columns;
    this.upsertKey = bundle.upsertKey;
    const changelog = bundle.mode === 'changelog';
    this.rows = snapshotRows(bundle.columns, bundle.snapshot, changelog);
    this.rowsMode = changelog ? 'changelog' : 'table';
    this.rowCount = bundle.snapshot.length;
    context.kernelChanged.connect(this.onKernelChanged, this);
    context.statusChanged.connect(this.onKernelStatus, this);
    context.connectionStatusChanged.connect(this.onConnection, this);
  }

  /** Status, link or pause are new. */
  get changed(): ISignal<this, void> {
    return this.stateSignal;
  }

  /** Rows are new. */
  get rowsChanged(): ISignal<this, void> {
    return this.rowsSignal;
  }

  get mode(): 'table' | 'changelog' {
    return this.rowsMode;
  }

  get paused(): boolean {
    return this.pausedByUser;
  }

  get viewport(): ViewportRequest {
    return this.request;
  }

  get running(): boolean {
    return this.link === 'live' && this.status.state === 'running';
  }

  /** Changes a second. */
  rate(now: number): number {
    return this.meter.at(now);
  }

  connect(): void {
    this.disconnect();
    this.link = this.link === 'saved' || this.link === 'gone' ? 'connecting' : 'reconnecting';
    this.reason = null;
    this.stateSignal.emit();
    const attempt = ++this.attempt;
    const current = (): boolean => !this.disposed && attempt === this.attempt;
    const client = new ViewClient(
      {
        attached: (message) => this.onAttached(message),
        frame: (message, arrow) => this.onFrame(message, arrow),
        status: (status) => this.onStatus(status),
        gone: (reason) => this.onGone(reason),
        refused: ({ error }) => {
          this.refusal = error;
          this.stateSignal.emit();
        },
      },
      browserTimers,
      this.request,
    );
    this.client = client;
    client.setVisible(this.visible);
    client.setPaused(this.pausedByUser);
    void openPort(
      this.context,
      VIEW_TARGET,
      client.openData(this.bundle.stream),
      {
        message: (data, buffer) => {
          if (current()) client.receive(data as ToView, buffer);
        },
        closed: () => {
          if (!current()) return;
          client.lost();
          this.onGone('The kernel does not know this result any more.');
        },
      },
      () => !current(),
    ).then(
      (port) => this.onOpened(client, port, current()),
      () => current() && this.onGone('The kernel could not be reached.'),
    );
  }

  private onOpened(client: ViewClient, port: KernelPort | null, current: boolean): void {
    if (!current) port?.close();
    else if (port === null) this.onGone('No kernel is running.');
    else client.opened(port);
  }

  setViewport(request: ViewportRequest): void {
    this.request = request;
    this.refusal = null;
    this.client?.setViewport(request);
  }

  setVisible(visible: boolean): void {
    if (visible === this.visible) return;
    this.visible = visible;
    this.meter.reset();
    this.client?.setVisible(visible);
  }

  setPaused(paused: boolean): void {
    this.pausedByUser = paused;
    this.meter.reset();
    this.client?.setPaused(paused);
    this.stateSignal.emit();
  }

  stop(): void {
    this.client?.stop();
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.disconnect();
    Signal.clearData(this);
  }

  private disconnect(): void {
    this.attempt++;
    this.client?.close();
    this.client = null;
    this.waiting = null;
  }

  private onAttached(message: Extract<ToView, { type: 'attached' }>): void {
    this.link = 'live';
    this.columns = message.columns;
    this.upsertKey = message.upsertKey;
    this.onStatus(message.status);
  }

  private onFrame(message: Extract<ToView, { type: 'frame' }>, arrow: Uint8Array): void {
    const { seq, from, rowCount, status } = message;
    // Until it is drawn something else may be asked for.
    this.waiting = { seq, frame: { arrow, from, rowCount, status, request: this.request } };
    this.drawing ??= requestAnimationFrame(() => {
      this.drawing = null;
      this.draw();
    });
  }

  private draw(): void {
    const { waiting, client } = this;
    this.waiting = null;
    if (waiting === null || client === null || this.disposed) return;
    const { seq, frame } = waiting;
    const { mode } = frame.request;
    this.rows = arrowRows(frame.arrow, frame.from, mode === 'changelog', this.bundle.zone);
    this.rowsMode = mode;
    this.lastFrame = frame;
    this.rowCount = frame.rowCount;
    this.onStatus(frame.status);
    this.rowsSignal.emit();
    // The grid paints within the next turn; only then the kernel may send more.
    requestAnimationFrame(() => client.drawn(seq));
  }

  private onStatus(status: ViewState): void {
    this.link = 'live';
    this.status = status;
    this.meter.add(performance.now(), status.changes);
    // Nothing is left to hold back, and the last rows are to be seen.
    if (status.state !== 'running' && this.pausedByUser) this.setPaused(false);
    else this.stateSignal.emit();
  }

  private onGone(reason: string): void {
    this.disconnect();
    this.link = 'gone';
    this.reason = reason;
    this.stateSignal.emit();
  }

  private get attachedOnce(): boolean {
    return this.link !== 'saved';
  }

  private onKernelChanged(_: ISessionContext, change: { readonly newValue: Kernel.IKernelConnection | null }): void {
    if (!this.attachedOnce) return;
    if (change.newValue === null) this.onGone('The kernel was shut down.');
    else this.connect();
  }

  private onKernelStatus(_: ISessionContext, status: Kernel.Status): void {
    if (!this.attachedOnce || this.link === 'gone') return;
    const reason = endOf(status);
    if (reason !== null) this.onGone(reason);
  }

  private onConnection(_: ISessionContext, status: Kernel.ConnectionStatus): void {
    if (!this.attachedOnce || this.link === 'gone') return;
    if (status === 'connecting' || status === 'disconnected') {
      this.link = 'reconnecting';
      this.stateSignal.emit();
    } else if (this.link === 'reconnecting') {
      this.connect();
    }
  }
}
