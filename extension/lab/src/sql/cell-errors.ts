import { setDiagnostics, type Diagnostic } from '@codemirror/lint';
import type { EditorView } from '@codemirror/view';
import type { Cell, ICellModel } from '@jupyterlab/cells';
import { CodeMirrorEditor } from '@jupyterlab/codemirror';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { ErrorData } from '@streamcell/runtime/types/errors';
import type { ControlChannel } from '../control/control-channel.js';
import type { LiveSettings } from '../settings.js';
import type { CellListener } from './cell-watcher.js';
import { SQL_MIME } from './magic.js';
import { rangeOf } from './error-range.js';

/** Ms without a keystroke before a cell is checked. */
const PAUSE = 400;

interface Marked {
  /** The text that the errors point into. */
  readonly source: string;
  readonly errors: readonly ErrorData[];
}

/**
 * Mistakes drawn under the text of a notebook's SQL cells: what running a cell found, and what checking finds while it is typed.
 *
 * State: per cell the errors found last and the text that they are about. It maintains the invariant that an error is drawn only under the
 * text it was found in: with the next keystroke it is gone until the cell is checked anew.
 */
export class CellErrors implements CellListener {
  private readonly marked = new Map<ICellModel, Marked>();
  private readonly timers = new Map<ICellModel, number>();
  private readonly sources = new WeakMap<ICellModel, string>();

  constructor(
    private readonly panel: NotebookPanel,
    private readonly channel: ControlChannel,
    private readonly settings: LiveSettings,
  ) {}

  changed(cell: ICellModel): void {
    const source = cell.sharedModel.getSource();
    // The kernel's answers and the language change the model too.
    const before = this.sources.get(cell);
    if (source === before && cell.mimeType !== SQL_MIME) return;
    this.sources.set(cell, source);
    if (this.marked.get(cell) !== undefined && this.marked.get(cell)?.source !== source) {
      this.marked.delete(cell);
      this.draw(cell);
    }
    if (cell.mimeType !== SQL_MIME || source === before) return;
    window.clearTimeout(this.timers.get(cell));
    // A cell that is loaded is not being typed.
    if (before === undefined) return;
    this.timers.set(
      cell,
      window.setTimeout(() => void this.check(cell), PAUSE),
    );
  }

  removed(cell: ICellModel): void {
    window.clearTimeout(this.timers.get(cell));
    this.timers.delete(cell);
    this.marked.delete(cell);
  }

  /** What running the cell found; `source` is the text that ran. */
  found(cell: ICellModel, source: string, error: ErrorData): void {
    // Kernels may have seen the text with another end of its last line.
    const now = cell.sharedModel.getSource();
    if (now.trimEnd() !== source.trimEnd()) return;
    this.marked.set(cell, { source: now, errors: [error] });
    this.draw(cell);
  }

  /** The cell runs anew: what was found before may be no more. */
  started(cell: ICellModel): void {
    window.clearTimeout(this.timers.get(cell));
    if (this.marked.delete(cell)) this.draw(cell);
  }

  private async check(cell: ICellModel): Promise<void> {
    this.timers.delete(cell);
    const source = cell.sharedModel.getSource();
    if (!this.settings.diagnostics || source.trim() === '') return;
    const errors = await this.channel.validate(source);
    if (cell.isDisposed || cell.sharedModel.getSource() !== source) return;
    this.marked.set(cell, { source, errors });
    this.draw(cell);
  }

  /** A change of the text is told while the editor is still busy with it, so drawing waits for the end of this turn. */
  private draw(cell: ICellModel): void {
    queueMicrotask(() => {
      if (!cell.isDisposed && !this.panel.isDisposed) this.drawNow(cell);
    });
  }

  private drawNow(cell: ICellModel): void {
    const view = editorOf(this.panel.content.widgets.find((widget) => widget.model === cell));
    if (view === null) return;
    const { errors = [] } = this.marked.get(cell) ?? {};
    const { doc } = view.state;
    const diagnostics = errors.flatMap((error): Diagnostic[] => {
      if (error.span === undefined) return [];
      const { from, to } = rangeOf(doc.toString(), error.span);
      const message = error.hint === undefined ? error.message : `${error.message}\n${error.hint}`;
      return [{ from, to, severity: 'error', markClass: 'sc-Mistake', message }];
    });
    view.dispatch(setDiagnostics(view.state, diagnostics));
  }
}

/** Null while the cell is far from the screen and has no editor. */
function editorOf(cell: Cell | undefined): EditorView | null {
  return cell?.editor instanceof CodeMirrorEditor ? cell.editor.editor : null;
}
