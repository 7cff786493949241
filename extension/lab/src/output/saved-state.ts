import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { JSONValue, ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { decodeRows } from '@streamcell/runtime/protocol/arrow-frame';
import { displayBundle } from '@streamcell/runtime/protocol/display-bundle';
import type { ViewMode } from '@streamcell/runtime/protocol/view-channel';
import { schemaOf } from '../values/type-text.js';
import type { LiveView } from '../view/live-view.js';
import type { OutputHost } from './view-output.js';

/** Ms between two updates of a notebook that is not saved anyway. */
const STEP = 10_000;

/**
 * Keeps the data of the output's model at the last state seen, so that the saved notebook shows it: on saving, when the query has ended,
 * and now and then while the notebook has unsaved changes anyway. A clean notebook is not made dirty by rows that merely flow.
 *
 * State: what was written last.
 */
export class SavedState {
  private readonly timer: number;
  private written: string;
  private state: string;
  private pending = 0;

  constructor(
    private readonly view: LiveView,
    private readonly host: OutputHost,
    private readonly model: () => IRenderMime.IMimeModel | null,
    private readonly mode: () => ViewMode,
  ) {
    this.written = mark(view, mode());
    this.state = view.bundle.status.state;
    host.saving.connect(this.write, this);
    view.changed.connect(this.onChanged, this);
    this.timer = window.setInterval(() => {
      if (host.isDirty()) this.write();
    }, STEP);
  }

  dispose(): void {
    window.clearInterval(this.timer);
    window.clearTimeout(this.pending);
    this.host.saving.disconnect(this.write, this);
    this.view.changed.disconnect(this.onChanged, this);
  }

  private onChanged(): void {
    const { state } = this.view.status;
    if (state === this.state) return;
    this.state = state;
    // The last rows come with the frame after the news.
    window.clearTimeout(this.pending);
    this.pending = window.setTimeout(() => this.write(), 300);
  }

  private write(): void {
    const model = this.model();
    const { view } = this;
    const frame = view.lastFrame;
    const now = mark(view, this.mode());
    if (model === null || now === this.written) return;
    if (frame === null) return;
    this.written = now;
    const { bundle, status } = view;
    const columns = schemaOf(view.columns);
    const changelog = view.mode === 'changelog';
    const rows = decodeRows(columns, frame.arrow, changelog);
    const mode = this.mode();
    const chart = bundle.chart;
    // A chart that has an order asks for its newest rows first.
    const newestFirst = mode === 'chart' && view.viewport.sort?.some((s) => !s.ascending) === true;
    const shown = newestFirst ? rows.reverse() : rows;
    const data = displayBundle(
      { ...bundle, columns },
      { rows: shown, from: view.rows.from, total: view.rowCount },
      status,
      {
        title: bundle.title,
        mode: bundle.mode === 'chart' && !changelog ? 'chart' : mode,
        chart,
        refresh: bundle.refresh,
        zone: bundle.zone ?? 'UTC',
      },
      shown,
    );
    const merged = { ...model.data, ...(data as Record<string, JSONValue>) } as ReadonlyPartialJSONObject;
    model.setData({ data: merged });
  }
}

/** Tells two states of a view apart. */
function mark(view: LiveView, mode: ViewMode): string {
  const { state, rows, changes } = view.status;
  return `${mode} ${state} ${rows} ${changes}`;
}
