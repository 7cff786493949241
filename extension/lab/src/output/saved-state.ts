import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { JSONValue, ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { decodeRows } from '@streamcell/runtime/protocol/arrow-frame';
import { displayBundle } from '@streamcell/runtime/protocol/display-bundle';
import type { ViewState } from '@streamcell/runtime/protocol/view-channel';
import { schemaOf } from '../values/type-text.js';
import { fetchFrames } from '../view/fetch-frames.js';
import { kernelLink } from '../view/kernel-link.js';
import { browserTimers, type LiveFrame, type LiveView } from '../view/live-view.js';
import { isOwnFrame, ownViewport, type OwnLook } from './own-viewport.js';
import type { OutputHost } from './view-output.js';

/** Ms between two updates of a notebook that is not saved anyway. */
const STEP = 10_000;

/**
 * Keeps the data of the output's model at the last state seen, so that the saved notebook shows it: on saving, when the query has ended,
 * and now and then while the notebook has unsaved changes anyway. A clean notebook is not made dirty by rows that merely flow.
 *
 * State: the newest frame of the result as its cell wrote it, and what was written last. It maintains the invariant that what is written
 * stands for the whole result: while the reader looks at it otherwise, such a frame is fetched beside.
 */
export class SavedState {
  private readonly timer: number;
  private written: string;
  private state: string;
  private pending = 0;
  private kept: LiveFrame | null = null;
  private fetching = false;
  private readonly disposal = new AbortController();

  constructor(
    private readonly view: LiveView,
    private readonly host: OutputHost,
    private readonly model: () => IRenderMime.IMimeModel | null,
    private readonly look: () => OwnLook,
  ) {
    this.written = mark(view.status);
    this.state = view.bundle.status.state;
    host.saving.connect(this.write, this);
    view.changed.connect(this.onChanged, this);
    view.rowsChanged.connect(this.onRows, this);
    this.timer = window.setInterval(() => {
      if (host.isDirty()) void this.update();
    }, STEP);
  }

  dispose(): void {
    this.disposal.abort();
    window.clearInterval(this.timer);
    window.clearTimeout(this.pending);
    this.host.saving.disconnect(this.write, this);
    this.view.changed.disconnect(this.onChanged, this);
    this.view.rowsChanged.disconnect(this.onRows, this);
  }

  private onChanged(): void {
    const { state } = this.view.status;
    if (state === this.state) return;
    this.state = state;
    // The last rows come with the frame after the news.
    window.clearTimeout(this.pending);
    this.pending = window.setTimeout(() => void this.update(), 300);
  }

  private onRows(): void {
    const frame = this.view.lastFrame;
    if (frame !== null && isOwnFrame(frame, this.look())) this.kept = frame;
  }

  private async update(): Promise<void> {
    const { view, kept } = this;
    const stale = kept === null || mark(kept.status) !== mark(view.status);
    const last = view.lastFrame;
    // Off the screen no more frames come, and of an ended query it is the last rows that count.
    const none = last !== null && (view.status.state !== 'running' || !isOwnFrame(last, this.look()));
    if (stale && view.link === 'live' && none) await this.fetch();
    if (!this.disposal.signal.aborted) this.write();
  }

  private async fetch(): Promise<void> {
    if (this.fetching) return;
    this.fetching = true;
    const { view } = this;
    const request = ownViewport(this.look(), view.rowCount);
    try {
      await fetchFrames(
        kernelLink(this.host.context),
        browserTimers,
        view.bundle.stream,
        request,
        ({ from, rowCount, status }, arrow) => {
          this.kept = { arrow, from, rowCount, status, request };
          return null;
        },
        this.disposal.signal,
      );
    } catch {
      // The frame before is what can be saved; the live view itself says what is wrong with the kernel.
    } finally {
      this.fetching = false;
    }
  }

  private write(): void {
    const model = this.model();
    const { view, kept } = this;
    if (model === null || kept === null) return;
    // The kernel has written the complete form of a query that has ended; older rows must not replace it.
    if (view.status.state !== 'running' && numbers(kept.status) !== numbers(view.status)) return;
    // Numbers of a query that has ended are its last ones, whenever the rows came.
    const status = view.status.state === 'running' ? kept.status : view.status;
    const now = mark(status);
    if (now === this.written) return;
    this.written = now;
    const { bundle } = view;
    const columns = schemaOf(view.columns);
    const rows = decodeRows(columns, kept.arrow, kept.request.mode === 'changelog');
    const newestFirst = kept.request.sort?.some((s) => !s.ascending) === true;
    const shown = newestFirst ? rows.reverse() : rows;
    const data = displayBundle(
      { ...bundle, columns },
      { rows: shown, from: kept.from, total: kept.rowCount },
      status,
      {
        title: bundle.title,
        mode: bundle.mode,
        chart: bundle.chart,
        refresh: bundle.refresh,
        zone: bundle.zone ?? 'UTC',
      },
      shown,
    );
    const merged = { ...model.data, ...(data as Record<string, JSONValue>) } as ReadonlyPartialJSONObject;
    model.setData({ data: merged });
  }
}

/** Tells two states of a result apart. */
function mark(status: ViewState): string {
  return `${status.state} ${numbers(status)}`;
}

function numbers({ rows, changes }: ViewState): string {
  return `${rows} ${changes}`;
}
