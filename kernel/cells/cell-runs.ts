import { promisify } from 'node:util';

/** One execution of a cell. */
export interface Run {
  readonly number: number;
  /** What would still call back into it. */
  readonly timers: Set<NodeJS.Timeout>;
}

type Callback = (...values: unknown[]) => void;

/** Runs whose timers an interrupt can still end. */
const RUNS_KEPT = 1000;

/**
 * Knows which cell's code is running, so that output goes to its cell and an interrupt ends its timers.
 *
 * Algorithm: a run is current from its beginning, or from one of its timers' callbacks, until the event loop comes round: that includes what
 * continues in promises that the callback resolved. Otherwise, as after reading a file, it is the newest one. AsyncLocalStorage would know
 * better, but where async hooks are enabled Node ends the process when a callback is terminated.
 * State: the current run, the newest ones by number.
 */
export class CellRuns {
  private readonly runs = new Map<number, Run>();
  private newest: Run | null = null;
  private entered: Run | null = null;
  private leaving = false;
  private readonly immediate = setImmediate;

  /** Null before the first cell. */
  get current(): Run | null {
    return this.entered ?? this.newest;
  }

  begin(number: number): Run {
    const run: Run = { number, timers: new Set() };
    this.newest = run;
    this.runs.set(number, run);
    const [oldest = number] = this.runs.keys();
    if (this.runs.size > RUNS_KEPT) this.runs.delete(oldest);
    return run;
  }

  enter(run: Run | null): void {
    this.entered = run;
    if (this.leaving) return;
    this.leaving = true;
    this.immediate(() => {
      this.leaving = false;
      this.entered = null;
    });
  }

  /** Its timers never fire, so that a loop around an awaited one does not go on. */
  abandon(number: number): void {
    const run = this.runs.get(number);
    for (const timer of run?.timers ?? []) clearTimeout(timer);
    run?.timers.clear();
  }

  /** Puts timers that know their run in the place of Node's. @param begin called before each callback */
  trackTimers(begin: () => void): void {
    const native = { setTimeout, setInterval, setImmediate, clearTimeout };
    const within =
      (run: Run | null, callback: Callback): Callback =>
      (...values) => {
        begin();
        this.enter(run);
        callback(...values);
      };
    const start = (make: typeof setTimeout, once: boolean) => {
      return (callback: Callback, delay?: number, ...values: unknown[]): NodeJS.Timeout => {
        const run = this.current;
        const timer: NodeJS.Timeout = make(
          within(run, (...given) => {
            if (once) run?.timers.delete(timer);
            callback(...given);
          }),
          delay,
          ...values,
        );
        run?.timers.add(timer);
        return timer;
      };
    };
    const timeout = start(native.setTimeout, true);
    const interval = start(native.setInterval as typeof setTimeout, false);
    const clear = (timer: NodeJS.Timeout | string | number | undefined): void => {
      if (typeof timer === 'object') for (const run of this.runs.values()) if (run.timers.delete(timer)) break;
      native.clearTimeout(timer);
    };
    const immediate = (callback: Callback, ...values: unknown[]): NodeJS.Immediate =>
      native.setImmediate(within(this.current, callback), ...values);
    const promised = (delay?: number, value?: unknown): Promise<unknown> =>
      new Promise((resolve) => timeout(resolve, delay, value));
    Object.defineProperty(timeout, promisify.custom, { value: promised });
    Object.assign(globalThis, {
      setTimeout: timeout,
      setInterval: interval,
      setImmediate: Object.defineProperty(immediate, promisify.custom, { value: promisify(native.setImmediate) }),
      clearTimeout: clear,
      clearInterval: clear,
    });
  }
}
