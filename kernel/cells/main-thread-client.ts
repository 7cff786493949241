import { Session } from 'node:inspector';
import type { MessagePort } from 'node:worker_threads';
import { failureOf } from '../failures.js';
import type { CellOutput, Variables } from '../host.js';
import type { FromMain, Outcome, OutputMessage, Script, ToMain } from './messages.js';
import type { OutputGate } from './output-gate.js';

/** Milliseconds within which a main thread that is not busy answers. */
const PING_TIMEOUT = 50;
/** The same where an interrupted cell may have come to a loop meanwhile: an earlier cell's callback may take its time. */
const LEFT_PING_TIMEOUT = 1000;
/** Runs whose late output still finds its cell. */
const OUTPUTS_KEPT = 1000;

interface RunOutput {
  readonly output: CellOutput;
  readonly signal: AbortSignal;
  /** Queries that it displays and that do not stand there yet. */
  readonly queries: Promise<void>[];
}

/**
 * The main thread, as the protocol thread sees it.
 *
 * State: the outputs of the newest runs, by their number; what waits for an answer; the runs that were interrupted while they waited; an inspector session on the main thread that is used for
 * nothing but ending an endless loop (evaluating through it deadlocks).
 */
export class MainThreadClient implements Variables {
  private readonly control = new Session();
  private readonly runs = new Map<number, RunOutput>();
  private readonly outcomes = new Map<number, (outcome: Outcome) => void>();
  private readonly pongs = new Map<number, () => void>();
  private readonly values = new Map<number, (message: FromMain & { type: 'value' | 'valueFailed' }) => void>();
  /** Nothing keeps these from going on when what they wait for comes. */
  private readonly left = new Set<number>();
  private newest = 0;
  private next = 1;
  private unblocking: Promise<void> | null = null;
  /** Shows a query that a cell displays. */
  onQuery: (sql: string, output: CellOutput, signal: AbortSignal) => Promise<void> = async () => {};

  onInterrupt: () => void = () => {};
  /** Serves the session on the port. */
  onSession: (port: MessagePort) => void = () => {};

  constructor(
    private readonly post: (message: ToMain) => void,
    private readonly gate: OutputGate,
    /** Resolves when what was given to the outputs so far is with the network. */
    private readonly sent: () => Promise<void>,
  ) {
    this.control.connectToMainThread();
  }

  receive(message: FromMain): void {
    switch (message.type) {
      case 'outcome':
        this.outcomes.get(message.run)?.(message.outcome);
        this.outcomes.delete(message.run);
        this.left.delete(message.run);
        return;
      case 'pong':
        this.pongs.get(message.id)?.();
        this.pongs.delete(message.id);
        return;
      case 'value':
      case 'valueFailed':
        this.values.get(message.id)?.(message);
        this.values.delete(message.id);
        return;
      case 'interrupt':
        return this.onInterrupt();
      case 'session':
        return this.onSession(message.port);
      default:
        this.say(message);
        void this.sent().then(() => this.gate.leave(message.total));
    }
  }

  private say(message: OutputMessage): void {
    const run = this.runOf(message.run);
    if (run === undefined) return;
    const { output, signal, queries } = run;
    switch (message.type) {
      case 'stream':
        return output.stream(message.name, message.text);
      case 'displayQuery':
        return void queries.push(this.onQuery(message.sql, output, signal));
      case 'clearOutput':
        return output.clearOutput(message.wait);
      case 'display':
        try {
          const { data, displayId, update } = message;
          if (update) output.updateDisplay(displayId, data);
          else output.display(data, undefined, displayId);
        } catch (thrown) {
          // The threads can say more to each other than JSON holds: a bigint, a value within itself.
          output.stream('stderr', `display: ${failureOf(thrown).traceback.join('\n')}\n`);
        }
    }
  }

  /** Resolves with null when the signal ended it. */
  async run(
    cell: string,
    code: string,
    script: Script,
    output: CellOutput,
    signal: AbortSignal,
  ): Promise<Outcome | null> {
    // The loop that an interrupted cell has come to meanwhile is nobody's any more.
    if (this.left.size > 0) await this.unblock(LEFT_PING_TIMEOUT);
    // Interrupted before it began: it does not begin.
    if (signal.aborted) return null;
    const run = this.next++;
    this.newest = run;
    const queries: Promise<void>[] = [];
    this.runs.set(run, { output, signal, queries });
    const [oldest = run] = this.runs.keys();
    if (this.runs.size > OUTPUTS_KEPT) this.runs.delete(oldest);
    const outcome = new Promise<Outcome>((resolve) => this.outcomes.set(run, resolve));
    this.post({ type: 'run', run, cell, code, script });
    const interrupted = new Promise<null>((resolve) => {
      const stop = (): void => void this.stop(run).then(() => resolve(null));
      signal.addEventListener('abort', stop, { once: true });
    });
    // What the cell displays stands there when it ends.
    const displayed = outcome.then((ended) => Promise.all(queries).then(() => ended));
    try {
      return await Promise.race([displayed, interrupted]);
    } finally {
      this.outcomes.delete(run);
    }
  }

  async get(name: string): Promise<unknown> {
    if (!isName(name)) return undefined;
    const message = await this.value((id) => ({ type: 'get', id, name }));
    if (message.type === 'valueFailed') throw new Error(`${name}: ${message.message}`);
    return message.value;
  }

  async setArrowTable(name: string, ipc: Uint8Array): Promise<void> {
    if (!isName(name)) throw new Error(`${name} is not a name of TypeScript`);
    const message = await this.value((id) => ({ type: 'setArrowTable', id, name, ipc }));
    if (message.type === 'valueFailed') throw new Error(message.message);
  }

  close(): void {
    this.control.disconnect();
  }

  /**
   * Ends the loop that the main thread is in: one that does not answer. One that answers merely waits, and terminating it would hit whatever
   * runs next.
   */
  async unblock(patience = PING_TIMEOUT): Promise<void> {
    this.unblocking ??= this.endLoop(patience);
    await this.unblocking;
  }

  private async endLoop(patience: number): Promise<void> {
    try {
      if (await this.answers(patience)) return;
      await new Promise<void>((resolve) => this.control.post('Runtime.terminateExecution', () => resolve()));
      this.post({ type: 'terminated' });
    } finally {
      this.unblocking = null;
    }
  }

  private async stop(run: number): Promise<void> {
    await this.unblock();
    if (this.outcomes.has(run)) this.left.add(run);
    this.post({ type: 'abandon', run });
  }

  private async answers(patience: number): Promise<boolean> {
    const id = this.next++;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), patience)));
    const pong = new Promise<boolean>((resolve) => this.pongs.set(id, () => resolve(true)));
    this.post({ type: 'ping', id });
    const answered = await Promise.race([pong, late]);
    clearTimeout(timer);
    this.pongs.delete(id);
    return answered;
  }

  private value(request: (id: number) => ToMain): Promise<FromMain & { type: 'value' | 'valueFailed' }> {
    const id = this.next++;
    return new Promise((resolve) => {
      this.values.set(id, resolve);
      this.post(request(id));
    });
  }

  private runOf(run: number): RunOutput | undefined {
    return this.runs.get(run === 0 ? this.newest : run);
  }
}

function isName(name: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name);
}
