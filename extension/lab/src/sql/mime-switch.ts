import type { ICellModel } from '@jupyterlab/cells';
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { CellListener } from './cell-watcher.js';
import { mimeOfCell, SQL_MIME } from './magic.js';

/**
 * Keeps each cell's language what its first line says.
 *
 * State: which cells it has switched. A cell whose line is taken away gets the notebook's language back; cells that were never SQL are
 * left to whoever else cares for them.
 */
export class MimeSwitch implements CellListener {
  private readonly switched = new WeakSet<ICellModel>();

  constructor(
    private readonly panel: NotebookPanel,
    private readonly languages: IEditorLanguageRegistry,
  ) {}

  /** What cells without a magic are written in. Of a kernel of ours JupyterLab takes the nearest mode it knew before us, plain SQL. */
  private get usual(): string {
    const info = this.panel.model?.getMetadata('language_info') as { readonly name?: string } | undefined;
    return info?.name === 'flinksql' ? SQL_MIME : this.panel.content.codeMimetype;
  }

  changed(cell: ICellModel): void {
    const { usual } = this;
    const wanted = mimeOfCell(cell.sharedModel.getSource().slice(0, 200), usual);
    const ours = wanted !== usual || usual === SQL_MIME;
    if (!ours && !this.switched.has(cell)) return;
    if (ours) this.switched.add(cell);
    else this.switched.delete(cell);
    if (cell.mimeType !== wanted) void this.switchTo(cell, wanted);
  }

  /** An editor shows the language that was loaded last, so the one before must be there first. */
  private async switchTo(cell: ICellModel, mime: string): Promise<void> {
    await this.languages.getLanguage(cell.mimeType).catch(() => null);
    if (cell.isDisposed || cell.mimeType === mime) return;
    if (mimeOfCell(cell.sharedModel.getSource().slice(0, 200), this.usual) === mime) cell.mimeType = mime;
  }

  removed(cell: ICellModel): void {
    this.switched.delete(cell);
  }
}
