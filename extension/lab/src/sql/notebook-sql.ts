import type { Cell } from '@jupyterlab/cells';
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { NotebookActions, type INotebookModel, type NotebookPanel } from '@jupyterlab/notebook';
import { DisposableDelegate, DisposableSet, type IDisposable } from '@lumino/disposable';
import type { Widget } from '@lumino/widgets';
import type { ErrorBundle } from '@streamcell/runtime/protocol/view-channel';
import type { ControlChannels } from '../control/channels.js';
import type { LiveSettings } from '../settings.js';
import { CellErrors } from './cell-errors.js';
import { watchCells } from './cell-watcher.js';
import { MimeSwitch } from './mime-switch.js';
import { SQL_MIME } from './magic.js';

/** Flink SQL in the cells of each notebook: their language, and mistakes under their text. */
export class NotebookSql implements DocumentRegistry.IWidgetExtension<NotebookPanel, INotebookModel> {
  private readonly errors = new Map<NotebookPanel, CellErrors>();

  constructor(
    private readonly languages: IEditorLanguageRegistry,
    private readonly channels: ControlChannels,
    private readonly settings: LiveSettings,
  ) {
    NotebookActions.executionScheduled.connect((_, { cell }) => {
      for (const errors of this.errors.values()) errors.started(cell.model);
    });
    NotebookActions.executed.connect((_, { notebook, cell }) => {
      const panel = [...this.errors.keys()].find((p) => p.content === notebook);
      const source = cell.model.sharedModel.getSource();
      // In a Python notebook the session is there once such a cell has run.
      const loads = /load_ext\s+streamcell|import\s+streamcell/.test(source);
      if (panel !== undefined && (loads || cell.model.mimeType === SQL_MIME)) this.channels.of(panel).hint(loads);
    });
  }

  createNew(panel: NotebookPanel): IDisposable {
    const errors = new CellErrors(panel, this.channels.of(panel), this.settings);
    this.errors.set(panel, errors);
    const watched = new DisposableSet();
    void panel.revealed.then(() => {
      if (panel.isDisposed) return;
      watched.add(watchCells(panel, new MimeSwitch(panel, this.languages)));
      watched.add(watchCells(panel, errors));
    });
    return new DisposableDelegate(() => {
      watched.dispose();
      this.errors.delete(panel);
    });
  }

  /** Draws the error of an output under the text of its cell. */
  readonly mark = (output: Widget, { cell: source, error, span }: ErrorBundle): void => {
    const cell = cellOf(output);
    if (cell === null || span === null) return;
    for (const [panel, errors] of this.errors)
      if (panel.content.widgets.includes(cell)) errors.found(cell.model, source, { ...error, span });
  };
}

function cellOf(output: Widget): Cell | null {
  for (let widget: Widget | null = output; widget !== null; widget = widget.parent)
    if (widget.hasClass('jp-CodeCell')) return widget as Cell;
  return null;
}
