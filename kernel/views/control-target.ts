import type { FromControl, JobSummary, ToControl } from '@streamcell/runtime/protocol/view-channel';
import { GatewaySession, type GatewayState } from '@streamcell/runtime/session/gateway-session';
import type { Session } from '@streamcell/runtime/session/index';
import { StreamcellError } from '@streamcell/runtime/types/index';
import type { CommChannel, CommTarget, Sessions, Variables } from '../host.js';
import { validateCell } from '../sql/validation.js';

/** Milliseconds between two looks at the jobs. */
const INTERVAL = 1000;
/** Front ends that are told; of more the one that was silent for longest is let go, since a page that is reloaded says nothing. */
const MOST = 16;
/** Characters of a cell that is checked while it is typed. */
const LONGEST_CELL = 200_000;

/**
 * Comms of CONTROL_TARGET: tell where cells run and which jobs there are, whenever that has changed; check cells while they are typed.
 *
 * State: the channels with what each was told last, the one heard from last at the end; the timer that looks while there is any.
 */
export class ControlTarget implements CommTarget {
  private readonly told = new Map<CommChannel, string>();
  private timer: NodeJS.Timeout | null = null;
  private looking = false;

  constructor(
    private readonly sessions: Sessions,
    private readonly variables: Variables,
    /** Whether a cell without a magic is SQL. */
    private readonly sqlByDefault: boolean,
  ) {
    sessions.onChange(() => void this.look());
  }

  open(channel: CommChannel): ReturnType<CommTarget['open']> {
    this.heard(channel, '');
    this.timer ??= setInterval(() => void this.look(), INTERVAL);
    this.timer.unref();
    void this.look();
    return {
      message: (data) => {
        // One that was let go is told everything anew.
        this.heard(channel, this.told.get(channel) ?? '');
        void this.answer(channel, data);
      },
      closed: () => {
        this.told.delete(channel);
        if (this.told.size === 0) this.close();
      },
    };
  }

  private heard(channel: CommChannel, told: string): void {
    this.told.delete(channel);
    this.told.set(channel, told);
    const [silent] = this.told.keys();
    if (this.told.size > MOST) this.told.delete(silent);
  }

  /** Stops looking. */
  close(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  private async look(): Promise<void> {
    if (this.looking || this.told.size === 0) return;
    this.looking = true;
    try {
      const state = await this.state();
      const text = JSON.stringify(state);
      for (const [channel, before] of this.told) {
        if (before === text) continue;
        this.told.set(channel, text);
        channel.send(state);
      }
    } finally {
      this.looking = false;
    }
  }

  private async state(): Promise<ToControl> {
    const { current, cluster } = this.sessions;
    const cut = new Cut(current);
    try {
      const jobs = (await Promise.race([current.jobs(), cut.comes])).map(
        ({ id, name, state, startedAt }): JobSummary => ({
          id,
          name,
          state,
          startedAt,
        }),
      );
      return { type: 'session', cluster, connected: true, jobs };
    } catch {
      return { type: 'session', cluster, connected: false, jobs: [] };
    } finally {
      cut.forget();
    }
  }

  private async answer(channel: CommChannel, data: unknown): Promise<void> {
    const message = readMessage(data);
    // There is no message for refusals here; what is not understood is left alone.
    if (message === null) return;
    if (message.type === 'stopJob') {
      // A job that is gone already needs no stopping; how it ended is in the next state.
      await this.sessions.current.stopJob(message.job).catch(() => undefined);
      await this.look();
      return;
    }
    const errors = await validateCell(this.sessions.current, this.variables, message.cell, this.sqlByDefault).catch(
      (thrown: unknown) => [StreamcellError.from(thrown).toData()],
    );
    if (this.told.has(channel)) channel.send({ type: 'diagnostics', id: message.id, errors } satisfies ToControl);
  }
}

/** Rejects while a session has no connection: its answers wait for one, and who looks at a status bar should not. */
class Cut {
  readonly comes: Promise<never>;
  readonly forget: () => void;

  constructor(session: Session) {
    let forget: () => void = () => undefined;
    this.comes = new Promise((_, reject) => {
      if (!(session instanceof GatewaySession)) return;
      const look = (state: GatewayState): void => {
        if (state !== 'connected') reject(new StreamcellError('GATEWAY_UNREACHABLE', 'There is no connection now.'));
      };
      forget = session.onState(look);
      look(session.state);
    });
    this.comes.catch(() => undefined);
    this.forget = forget;
  }
}

function readMessage(data: unknown): FromControl | null {
  if (typeof data !== 'object' || data === null) return null;
  const { type, id, cell, job } = data as Readonly<Record<string, unknown>>;
  if (type === 'stopJob' && typeof job === 'string') return { type, job };
  if (type === 'validate' && typeof id === 'number' && typeof cell === 'string' && cell.length <= LONGEST_CELL)
    return { type, id, cell };
  return null;
}
