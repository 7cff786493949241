import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Popup, showPopup } from '@jupyterlab/statusbar';
import { Widget } from '@lumino/widgets';
import { element, iconButton } from '../output/dom.js';
import { duration } from '../values/numbers.js';
import type { ControlChannel } from './control-channel.js';
import type { ControlChannels } from './channels.js';
import { statusText } from './status-text.js';

/** Where the notebook's statements run, and how many do; a click lists them. */
export class StatusItem extends Widget {
  private channel: ControlChannel | null = null;
  private popup: Popup | null = null;
  private readonly button = element('button', 'sc-Status-button');
  private readonly dot = element('span', 'sc-Dot');
  private readonly text = element('span', '');

  constructor(
    tracker: INotebookTracker,
    private readonly channels: ControlChannels,
  ) {
    super();
    this.addClass('sc-Status');
    this.addClass('sc-View-colours');
    this.button.type = 'button';
    this.button.title = 'Streamcell: jobs of this notebook';
    this.button.append(this.dot, this.text);
    this.button.addEventListener('click', () => this.open());
    this.node.append(this.button);
    tracker.currentChanged.connect((_, panel) => this.follow(panel));
    this.follow(tracker.currentWidget);
  }

  private follow(panel: NotebookPanel | null): void {
    this.channel?.changed.disconnect(this.refresh, this);
    this.channel = panel === null ? null : this.channels.of(panel);
    this.channel?.changed.connect(this.refresh, this);
    this.popup?.dispose();
    this.refresh();
  }

  private refresh(): void {
    const facts = this.channel?.facts ?? null;
    const text = statusText(facts);
    this.setHidden(text === null);
    this.text.textContent = text ?? '';
    const running = facts?.jobs.some((job) => job.state === 'running') === true;
    this.dot.className = `sc-Dot sc-mod-${facts?.connected === false ? 'error' : running ? 'ok' : 'off'}`;
  }

  private open(): void {
    if (this.channel === null) return;
    this.popup?.dispose();
    const body = new JobList(this.channel);
    this.popup = showPopup({ body, anchor: this, align: 'left' });
    body.disposed.connect(() => (this.popup = null));
  }
}

/** The jobs of a session, each with a button that stops it. */
class JobList extends Widget {
  constructor(private readonly channel: ControlChannel) {
    super();
    this.addClass('sc-Jobs');
    this.addClass('sc-View-colours');
    channel.changed.connect(this.refresh, this);
    this.refresh();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.channel.changed.disconnect(this.refresh, this);
    super.dispose();
  }

  private refresh(): void {
    const jobs = [...(this.channel.facts?.jobs ?? [])].sort((a, b) => b.startedAt - a.startedAt);
    const list = element('div', 'sc-Jobs-list');
    for (const { id, name, state, startedAt } of jobs) {
      const dot = {
        running: 'ok',
        created: 'warn',
        cancelling: 'warn',
        failed: 'error',
        finished: 'off',
        cancelled: 'off',
      };
      const stops = state === 'running' || state === 'created';
      const stop = iconButton('stop', `Stop ${name}`, () => this.channel.stopJob(id));
      const label = element('span', 'sc-Jobs-name', name);
      label.title = name;
      const since = stops ? duration(Date.now() - startedAt) : state;
      list.append(
        element(
          'div',
          'sc-Jobs-item',
          element('span', `sc-Dot sc-mod-${dot[state]}`),
          label,
          element('span', 'sc-Jobs-state', since),
          stops ? stop.node : element('span', 'sc-Jobs-space'),
        ),
      );
    }
    if (jobs.length === 0) list.append(element('div', 'sc-Jobs-none', 'No jobs yet.'));
    this.node.replaceChildren(element('div', 'sc-Jobs-title', 'Jobs'), list);
  }
}
