import type { IThemeManager } from '@jupyterlab/apputils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';
import { ERROR_MIME, VIEW_MIME } from '@streamcell/runtime/protocol/view-channel';
import type { LiveSettings } from '../settings.js';
import { ErrorOutput, type CellMarker } from './error-output.js';
import { ViewOutput, type OutputHost } from './view-output.js';

/** Before text/html (50), which every output of ours has too. */
const RANK = 10;

/**
 * Gives each notebook renderers of its own, since a live output talks to its notebook's kernel.
 *
 * State: the outputs there are, for commands to find them. It maintains the invariant that none of them is disposed.
 */
export class NotebookViews implements DocumentRegistry.IWidgetExtension<NotebookPanel, INotebookModel> {
  private readonly outputs = new Set<ViewOutput>();

  constructor(
    private readonly settings: LiveSettings,
    private readonly themes: IThemeManager | null,
    private readonly mark: CellMarker,
    private readonly noteView: (panel: NotebookPanel) => void,
  ) {}

  /** The first live result in a cell. */
  within(cell: Widget | null): ViewOutput | null {
    if (cell === null) return null;
    for (const output of this.outputs) if (cell.node.contains(output.node)) return output;
    return null;
  }

  private note(output: ViewOutput): ViewOutput {
    this.outputs.add(output);
    output.disposed.connect(() => this.outputs.delete(output));
    return output;
  }

  createNew(panel: NotebookPanel, context: DocumentRegistry.IContext<INotebookModel>): IDisposable {
    const owner = {};
    const saving = new Signal<object, void>(owner);
    const onSave = (_: unknown, state: DocumentRegistry.SaveState): void => {
      if (state === 'started') saving.emit();
    };
    context.saveState.connect(onSave);
    const host: OutputHost = {
      context: panel.sessionContext,
      settings: this.settings,
      themeChanged: this.themes?.themeChanged ?? new Signal<object, unknown>(owner),
      saving,
      isDirty: () => context.model.dirty,
      noteView: () => this.noteView(panel),
    };
    const { rendermime } = panel.content;
    rendermime.addFactory(
      factory(VIEW_MIME, () => this.note(new ViewOutput(host))),
      RANK,
    );
    rendermime.addFactory(
      factory(ERROR_MIME, () => new ErrorOutput(this.mark)),
      RANK,
    );
    return new DisposableDelegate(() => {
      context.saveState.disconnect(onSave);
      rendermime.removeMimeType(VIEW_MIME);
      rendermime.removeMimeType(ERROR_MIME);
      Signal.clearData(owner);
    });
  }
}

/** Safe: what the renderers make of data is text, whoever wrote it. */
function factory(mime: string, createRenderer: () => IRenderMime.IRenderer): IRenderMime.IRendererFactory {
  return { safe: true, mimeTypes: [mime], createRenderer };
}
