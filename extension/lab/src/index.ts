import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, IThemeManager } from '@jupyterlab/apputils';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { ICompletionProviderManager } from '@jupyterlab/completer';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ControlChannels } from './control/channels.js';
import { StatusItem } from './control/status-item.js';
import { addCommands } from './output/commands.js';
import { NotebookViews } from './output/notebook-views.js';
import { LiveSettings } from './settings.js';
import { SqlCompletionProvider } from './sql/completion-provider.js';
import { flinkSql } from './sql/language.js';
import { NotebookSql } from './sql/notebook-sql.js';
import {
  COMPLETION_PLUGIN,
  IControlChannels,
  ILiveSettings,
  INotebookSql,
  LANGUAGE_PLUGIN,
  OUTPUTS_PLUGIN,
  SESSIONS_PLUGIN,
  SETTINGS_PLUGIN,
  STATUS_PLUGIN,
} from './tokens.js';

const settings: JupyterFrontEndPlugin<LiveSettings> = {
  id: SETTINGS_PLUGIN,
  description: 'Settings of live results and of Flink SQL cells.',
  autoStart: true,
  provides: ILiveSettings,
  optional: [ISettingRegistry],
  activate: (_: JupyterFrontEnd, registry: ISettingRegistry | null) => {
    const live = new LiveSettings();
    // The outputs need not wait for it; without it they have what the schema says.
    registry?.load(SETTINGS_PLUGIN).then(
      (loaded) => live.follow(loaded),
      (error: unknown) => console.warn('Settings of Streamcell could not be read.', error),
    );
    return live;
  },
};

const sessions: JupyterFrontEndPlugin<ControlChannels> = {
  id: SESSIONS_PLUGIN,
  description: 'The Streamcell session behind each notebook.',
  autoStart: true,
  provides: IControlChannels,
  activate: () => new ControlChannels(),
};

const language: JupyterFrontEndPlugin<NotebookSql> = {
  id: LANGUAGE_PLUGIN,
  description: 'Flink SQL in cells: colours, and mistakes under the text.',
  autoStart: true,
  provides: INotebookSql,
  requires: [IEditorLanguageRegistry, IControlChannels, ILiveSettings],
  activate: (
    app: JupyterFrontEnd,
    languages: IEditorLanguageRegistry,
    channels: ControlChannels,
    live: LiveSettings,
  ) => {
    languages.addLanguage(flinkSql());
    const sql = new NotebookSql(languages, channels, live);
    app.docRegistry.addWidgetExtension('Notebook', sql);
    return sql;
  },
};

const outputs: JupyterFrontEndPlugin<void> = {
  id: OUTPUTS_PLUGIN,
  description: 'Live tables and charts, and errors, of Flink SQL cells.',
  autoStart: true,
  requires: [ILiveSettings, IControlChannels, INotebookSql],
  optional: [IThemeManager, INotebookTracker, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    live: LiveSettings,
    channels: ControlChannels,
    sql: NotebookSql,
    themes: IThemeManager | null,
    tracker: INotebookTracker | null,
    palette: ICommandPalette | null,
  ) => {
    const views = new NotebookViews(live, themes, sql.mark, (panel) => channels.of(panel).hint());
    app.docRegistry.addWidgetExtension('Notebook', views);
    if (tracker !== null) addCommands(app, tracker, views, palette);
  },
};

const completion: JupyterFrontEndPlugin<void> = {
  id: COMPLETION_PLUGIN,
  description: 'Completion in Flink SQL cells.',
  autoStart: true,
  requires: [ICompletionProviderManager],
  activate: (_: JupyterFrontEnd, completions: ICompletionProviderManager) =>
    completions.registerProvider(new SqlCompletionProvider()),
};

const status: JupyterFrontEndPlugin<void> = {
  id: STATUS_PLUGIN,
  description: 'Cluster and running jobs in the status bar.',
  autoStart: true,
  requires: [INotebookTracker, IControlChannels],
  // Notebook 7 has no status bar.
  optional: [IStatusBar],
  activate: (_: JupyterFrontEnd, tracker: INotebookTracker, channels: ControlChannels, bar: IStatusBar | null) => {
    if (bar === null) return;
    const item = new StatusItem(tracker, channels);
    bar.registerStatusItem(STATUS_PLUGIN, { item, align: 'left', rank: 3 });
  },
};

export default [settings, sessions, language, outputs, completion, status];
