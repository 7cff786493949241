import type { NotebookPanel } from '@jupyterlab/notebook';
import { ControlChannel } from './control-channel.js';

/** The control channel of each open notebook. */
export class ControlChannels {
  private readonly channels = new Map<NotebookPanel, ControlChannel>();

  of(panel: NotebookPanel): ControlChannel {
    let channel = this.channels.get(panel);
    if (channel === undefined) {
      channel = new ControlChannel(panel.sessionContext);
      this.channels.set(panel, channel);
      panel.disposed.connect(() => {
        this.channels.get(panel)?.dispose();
        this.channels.delete(panel);
      });
    }
    return channel;
  }
}
