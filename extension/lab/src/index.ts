import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IThemeManager } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { NotebookViews } from './output/notebook-views.js';
import { LiveSettings } from './settings.js';
import { VIEWS_PLUGIN } from './tokens.js';

const views: JupyterFrontEndPlugin<void> = {
  id: VIEWS_PLUGIN,
  description: 'Live tables and charts, and errors, of Flink SQL cells.',
  autoStart: true,
  optional: [ISettingRegistry, IThemeManager],
  activate: (app: JupyterFrontEnd, registry: ISettingRegistry | null, themes: IThemeManager | null) => {
    const settings = new LiveSettings();
    void registry?.load(VIEWS_PLUGIN).then((loaded) => settings.follow(loaded));
    app.docRegistry.addWidgetExtension('Notebook', new NotebookViews(settings, themes));
  },
};

export default [views];
