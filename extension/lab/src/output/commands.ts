import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { ResultCommand } from './view-output.js';
import type { NotebookViews } from './notebook-views.js';

const LABELS: Readonly<Record<ResultCommand, string>> = {
  'streamcell:pause': 'Pause or Resume the Result of the Cell',
  'streamcell:stop': 'Stop the Query of the Cell',
  'streamcell:next-mode': 'Show the Result of the Cell in the Next Way',
};

/** What the header's buttons do, for the active cell's result: in the palette and by keys (schema/views.json). */
export function addCommands(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  views: NotebookViews,
  palette: ICommandPalette | null,
): void {
  for (const [command, label] of Object.entries(LABELS) as [ResultCommand, string][]) {
    app.commands.addCommand(command, {
      label,
      describedBy: { args: { type: 'object', properties: {} } },
      isEnabled: () => views.within(tracker.activeCell)?.can(command) === true,
      execute: () => views.within(tracker.activeCell)?.perform(command),
    });
    palette?.addItem({ command, category: 'Streamcell' });
  }
}
