import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal, type ISignal } from '@lumino/signaling';

/** What the user has set; see schema/views.json. */
export class LiveSettings {
  private readonly changedSignal = new Signal<this, void>(this);
  flash = true;
  rowHeight = 26;
  chartRows = 5000;
  diagnostics = true;

  get changed(): ISignal<this, void> {
    return this.changedSignal;
  }

  follow(settings: ISettingRegistry.ISettings): void {
    const read = (): void => {
      const value = settings.composite as Partial<Record<'flash' | 'rowHeight' | 'chartRows' | 'diagnostics', unknown>>;
      this.flash = value.flash !== false;
      this.diagnostics = value.diagnostics !== false;
      this.rowHeight = typeof value.rowHeight === 'number' ? value.rowHeight : 26;
      this.chartRows = typeof value.chartRows === 'number' ? value.chartRows : 5000;
      this.changedSignal.emit();
    };
    settings.changed.connect(read);
    read();
  }
}
