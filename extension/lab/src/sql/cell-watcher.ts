import type { ICellModel } from '@jupyterlab/cells';
import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';

export interface CellListener {
  /** The cell is new, or its text or language has changed. */
  changed(cell: ICellModel): void;
  removed(cell: ICellModel): void;
}

/** Tells of every code cell of a notebook, those to come too. */
export function watchCells(panel: NotebookPanel, listener: CellListener): IDisposable {
  const watched = new Set<ICellModel>();
  const onChange = (cell: ICellModel): void => listener.changed(cell);
  const onMime = (cell: CodeEditor.IModel): void => listener.changed(cell as ICellModel);
  const { cells } = panel.model ?? { cells: null };
  const refresh = (): void => {
    const now = new Set([...(cells ?? [])].filter((cell) => cell.type === 'code'));
    for (const cell of watched) {
      if (now.has(cell)) continue;
      watched.delete(cell);
      listener.removed(cell);
    }
    for (const cell of now) {
      if (watched.has(cell)) continue;
      watched.add(cell);
      cell.contentChanged.connect(onChange);
      cell.mimeTypeChanged.connect(onMime);
      listener.changed(cell);
    }
  };
  cells?.changed.connect(refresh);
  refresh();
  return new DisposableDelegate(() => {
    cells?.changed.disconnect(refresh);
    for (const cell of watched) {
      cell.contentChanged.disconnect(onChange);
      cell.mimeTypeChanged.disconnect(onMime);
    }
  });
}
