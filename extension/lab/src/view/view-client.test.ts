import { beforeEach, describe, expect, test } from '@jest/globals';
import type { FromView, ToView, ViewState } from '@streamcell/runtime/protocol/view-channel';
import { ViewClient } from './view-client.js';

const STATUS: ViewState = {
  state: 'running',
  rows: 1,
  changes: 1,
  truncated: false,
  watermark: null,
  lateRows: 0,
  malformed: 0,
};
const ROWS = new Uint8Array([1]);
const ATTACHED: ToView = { type: 'attached', columns: [], upsertKey: null, status: STATUS };
const frame = (seq: number, epoch = 0, status = STATUS): ToView => ({
  type: 'frame',
  seq,
  epoch,
  from: 0,
  rowCount: 1,
  status,
});

/** A clock that only goes when told. */
class Clock {
  now = 0;
  private waiting: { readonly at: number; readonly run: () => void }[] = [];

  readonly timers = {
    after: (milliseconds: number, run: () => void): (() => void) => {
      const entry = { at: this.now + milliseconds, run };
      this.waiting.push(entry);
      return () => (this.waiting = this.waiting.filter((w) => w !== entry));
    },
  };

  pass(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      const next = this.waiting.filter((w) => w.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.now = next.at;
      this.waiting = this.waiting.filter((w) => w !== next);
      next.run();
    }
    this.now = end;
  }
}

describe('one live view and its kernel', () => {
  let clock: Clock;
  let sent: FromView[];
  let shown: string[];
  let closed: boolean;
  let client: ViewClient;

  beforeEach(() => {
    clock = new Clock();
    sent = [];
    shown = [];
    closed = false;
    client = new ViewClient(
      {
        attached: () => shown.push('attached'),
        frame: (message) => shown.push(`frame ${message.seq}`),
        status: (status) => shown.push(`status ${status.changes}`),
        gone: (reason) => shown.push(`gone ${reason}`),
        refused: ({ error }) => shown.push(`refused ${error.code}`),
      },
      clock.timers,
      { from: 0, to: 100, mode: 'table' },
    );
    client.opened({ send: (message) => sent.push(message), close: () => (closed = true) });
  });

  const types = (): string[] => sent.map((m) => m.type);

  test('acknowledges a frame when it was drawn, and not before', () => {
    client.receive(ATTACHED, null);
    client.receive(frame(1), ROWS);
    expect(shown).toEqual(['attached', 'frame 1']);
    expect(sent).toEqual([]);
    client.drawn(1);
    expect(sent).toEqual([{ type: 'ack', seq: 1 }]);
  });

  test('one acknowledgement covers the frames before it', () => {
    client.receive(frame(1), ROWS);
    client.receive(frame(2), ROWS);
    client.drawn(2);
    client.drawn(1);
    expect(sent).toEqual([{ type: 'ack', seq: 2 }]);
  });

  test('frames for an older viewport only tell numbers, and cost no credit', () => {
    client.receive(ATTACHED, null);
    client.setViewport({ from: 100, to: 200, mode: 'table' });
    client.receive(frame(1, 0, { ...STATUS, changes: 7 }), ROWS);
    expect(shown).toEqual(['attached', 'status 7']);
    expect(sent).toEqual([
      { type: 'viewport', epoch: 1, viewport: { from: 100, to: 200, mode: 'table' } },
      { type: 'ack', seq: 1 },
    ]);
    client.receive(frame(2, 1), ROWS);
    expect(shown.at(-1)).toBe('frame 2');
  });

  test('a gap is drawn and answered by one resync', () => {
    client.receive(frame(1), ROWS);
    client.receive(frame(4), ROWS);
    expect(shown).toEqual(['frame 1', 'frame 4']);
    expect(types()).toEqual(['resync']);
    client.receive(frame(5, 1), ROWS);
    expect(types()).toEqual(['resync']);
  });

  test('a frame that comes again, or late, is passed over', () => {
    client.receive(frame(3), ROWS);
    client.receive(frame(3), ROWS);
    client.receive(frame(2), ROWS);
    expect(shown).toEqual(['frame 3']);
  });

  test('silence while running is answered by resyncs, less and less often', () => {
    client.receive(ATTACHED, null);
    clock.pass(5_000);
    expect(types()).toEqual(['resync']);
    clock.pass(9_999);
    expect(sent).toHaveLength(1);
    clock.pass(1);
    expect(sent).toHaveLength(2);
    clock.pass(300_000);
    expect(sent.length).toBeLessThan(12);
    client.receive(frame(1, 99), ROWS);
    sent = [];
    clock.pass(5_000);
    expect(types()).toEqual(['resync']);
  });

  test('silence is nothing to ask about before the kernel has answered, after the end, and in a pause', () => {
    clock.pass(60_000);
    client.receive(ATTACHED, null);
    client.setPaused(true);
    clock.pass(60_000);
    expect(types()).toEqual(['pause']);
    client.setPaused(false);
    client.receive(frame(1, 0, { ...STATUS, state: 'finished' }), ROWS);
    clock.pass(60_000);
    expect(types()).toEqual(['pause', 'resume']);
  });

  test('of a finished result too, what was asked for and has not come is asked for again', () => {
    const finished: ViewState = { ...STATUS, state: 'finished' };
    client.receive({ type: 'attached', columns: [], upsertKey: null, status: finished }, null);
    clock.pass(5_000);
    expect(types()).toEqual(['resync']);
    client.receive(frame(1, 1, finished), ROWS);
    client.setViewport({ from: 100, to: 200, mode: 'table' });
    client.receive(frame(2, 1, finished), ROWS);
    sent = [];
    clock.pass(5_000);
    expect(sent).toEqual([{ type: 'resync', epoch: 3, viewport: { from: 100, to: 200, mode: 'table' } }]);
    client.receive(frame(3, 3, finished), ROWS);
    clock.pass(60_000);
    expect(types()).toEqual(['resync']);
  });

  test('a refusal is an answer', () => {
    client.receive({ type: 'attached', columns: [], upsertKey: null, status: { ...STATUS, state: 'finished' } }, null);
    client.receive({ type: 'refused', error: { code: 'OPTION_UNSUPPORTED', message: 'no' } }, null);
    clock.pass(60_000);
    expect(sent).toEqual([]);
  });

  test('pauses off the screen and resumes on it, once each', () => {
    client.receive(frame(1), ROWS);
    client.setVisible(false);
    client.setVisible(false);
    client.setPaused(true);
    client.setVisible(true);
    client.setPaused(false);
    expect(types()).toEqual(['pause', 'resume']);
  });

  test('takes one frame off the screen, to have what is saved', () => {
    client.setVisible(false);
    client.receive(ATTACHED, null);
    expect(sent).toEqual([]);
    client.receive(frame(1), ROWS);
    expect(shown).toContain('frame 1');
    expect(types()).toEqual(['pause']);
  });

  test('what was decided before the comm opened is told when it opens', () => {
    const later: FromView[] = [];
    const other = new ViewClient(
      { attached: () => 0, frame: () => 0, status: () => 0, gone: () => 0, refused: () => 0 },
      clock.timers,
      { from: 0, to: 1, mode: 'table' },
    );
    other.setPaused(true);
    other.setViewport({ from: 5, to: 6, mode: 'changelog' });
    expect(other.openData('s')).toEqual({ stream: 's', viewport: { from: 5, to: 6, mode: 'changelog' } });
    other.opened({ send: (m) => later.push(m), close: () => undefined });
    expect(later).toEqual([{ type: 'pause' }]);
  });

  test('scrolling in a pause fetches one frame', () => {
    client.receive(frame(1), ROWS);
    client.setPaused(true);
    client.setViewport({ from: 500, to: 600, mode: 'table' });
    expect(types()).toEqual(['pause', 'resume', 'viewport']);
    client.receive(frame(2, 0), ROWS);
    expect(types().at(-1)).toBe('ack');
    client.receive(frame(3, 1), ROWS);
    expect(shown.at(-1)).toBe('frame 3');
    expect(types().at(-1)).toBe('pause');
  });

  test('the end is heard while no frames come, which are not asked for again then', () => {
    client.receive(ATTACHED, null);
    client.receive(frame(1), ROWS);
    client.setVisible(false);
    client.receive({ type: 'status', status: { ...STATUS, changes: 7, state: 'stopped' } }, null);
    expect(shown.at(-1)).toBe('status 7');
    client.setVisible(true);
    client.receive(frame(2, 0, { ...STATUS, state: 'stopped' }), ROWS);
    clock.pass(120_000);
    expect(types()).toEqual(['pause', 'resume']);
  });

  test('gone closes the comm and ends everything', () => {
    client.receive({ type: 'gone', reason: 'The kernel was restarted.' }, null);
    expect(shown).toEqual(['gone The kernel was restarted.']);
    expect(closed).toBe(true);
    client.setViewport({ from: 1, to: 2, mode: 'table' });
    client.receive(frame(1), ROWS);
    clock.pass(60_000);
    expect(sent).toEqual([]);
    expect(shown).toHaveLength(1);
  });
});
