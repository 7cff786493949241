import { Session } from 'node:inspector';
import { Script } from 'node:vm';
import { INTERRUPTED } from '../failures.js';
import type { CellFailure } from '../host.js';
import { AsyncStack } from './async-stack.js';
import { CellFailures } from './cell-failures.js';
import { CellRuns, type Run } from './cell-runs.js';
import { createDisplay, isHidden, querySql, valueBundle } from './display.js';
import type { CellSays, CellValue, FromMain, Outcome, ToMain } from './messages.js';
import { createImporter } from './module-import.js';
import type { OutputGate } from './output-gate.js';
import { INTERNALS } from './names.js';

/** V8's word for code that was ended from outside. */
const TERMINATED = 'Execution was terminated';

interface RemoteObject {
  readonly objectId?: string;
  readonly value?: unknown;
  readonly unserializableValue?: string;
  readonly description?: string;
}

interface EvaluateReply {
  readonly result: RemoteObject;
  readonly exceptionDetails?: {
    readonly text: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
    readonly exception?: RemoteObject;
  };
}

/**
 * The main thread: nothing but the user's TypeScript runs here, evaluated by the thread's own inspector session.
 *
 * State: the runs, the scripts of the cells (for error positions), the values of their last expressions.
 * Maintains the invariant that nothing a cell does ends the process.
 */
export class MainThread {
  private readonly session = new Session();
  private readonly runs = new CellRuns();
  private readonly asyncStack = new AsyncStack();
  private readonly failures = new CellFailures();
  /** By file name. */
  private readonly results = new Map<string, unknown>();
  private kept: unknown;
  private ready: Promise<void> = Promise.resolve();
  private begin: () => void = () => {};
  private readonly breakable = new Script(`${INTERNALS}.begin()`);

  constructor(
    private readonly post: (message: FromMain) => void,
    private readonly gate: OutputGate,
    folder: string,
    /** What else cells find without importing it; the first cell waits for it. */
    private readonly globals: () => Promise<Readonly<Record<string, unknown>>> = async () => ({}),
  ) {
    this.session.connect();
    this.defineGlobals(folder);
    this.captureOutput();
    this.survive();
  }

  receive(message: ToMain): void {
    switch (message.type) {
      case 'run':
        return void this.run(message);
      case 'abandon':
        return this.runs.abandon(message.run);
      case 'terminated':
        return this.asyncStack.tidy();
      case 'ping':
        return this.post({ type: 'pong', id: message.id });
      case 'get':
        return void this.get(message.id, message.name);
      case 'setArrowTable':
        return void this.setArrowTable(message.id, message.name, message.ipc);
    }
  }

  private async run(message: ToMain & { type: 'run' }): Promise<void> {
    const run = this.runs.begin(message.run);
    const fileName = this.failures.remember(message.cell, message.code, message.script);
    try {
      const outcome = await this.outcomeOf(message, run, fileName);
      // Throws when something of it cannot be sent.
      this.post({ type: 'outcome', run: run.number, outcome });
    } catch (thrown) {
      // Whatever it is: a cell without an outcome would be busy for ever.
      this.post({ type: 'outcome', run: run.number, outcome: { ok: false, failure: this.anyFailure(thrown) } });
    } finally {
      this.results.delete(fileName);
    }
  }

  private async outcomeOf(message: ToMain & { type: 'run' }, run: Run, fileName: string): Promise<Outcome> {
    try {
      await this.ready;
      const reply = await this.evaluateBreakable(run, `${message.script.js}\n//# sourceURL=${fileName}`);
      const details = reply.exceptionDetails;
      if (details === undefined) return { ok: true, result: this.present(this.results.get(fileName)) };
      return { ok: false, failure: this.failures.failure(await this.valueOf(details.exception), details, fileName) };
    } catch (thrown) {
      const interrupted = thrown instanceof Error && thrown.message.includes(TERMINATED);
      return { ok: false, failure: interrupted ? INTERRUPTED : this.failures.failure(thrown, null, fileName) };
    }
  }

  /** Also of an error whose own properties throw. */
  private anyFailure(thrown: unknown): CellFailure {
    try {
      return this.failures.failure(thrown, null, null);
    } catch {
      const message = 'the cell failed with something that cannot be shown';
      return { name: 'Error', message, traceback: [`Error: ${message}`] };
    }
  }

  private present(value: unknown): CellValue {
    if (value === undefined || isHidden(value)) return { kind: 'none' };
    const sql = querySql(value);
    if (sql !== null) return { kind: 'query', sql };
    return { kind: 'data', data: valueBundle(value) };
  }

  private evaluate(expression: string): Promise<EvaluateReply> {
    return new Promise((resolve, reject) => {
      this.session.post(
        'Runtime.evaluate',
        { expression, replMode: true, awaitPromise: true, objectGroup: 'cells' } as object as { expression: string },
        (error, reply) => (error === null ? resolve(reply as EvaluateReply) : reject(new Error(error.message))),
      );
    });
  }

  /** A SIGINT ends the part that runs at once; later ones are the signal handler's, since then the thread is not blocked. */
  private async evaluateBreakable(run: Run, expression: string): Promise<EvaluateReply> {
    let reply: Promise<EvaluateReply> | null = null;
    this.begin = () => {
      this.asyncStack.tolerate();
      this.runs.enter(run);
      reply = this.evaluate(expression);
      // Whoever gets it now awaits it later.
      reply.catch(() => undefined);
    };
    try {
      this.breakable.runInThisContext({ breakOnSigint: true });
    } catch (thrown) {
      if (!isSigint(thrown)) throw thrown;
      throw new Error(TERMINATED, { cause: thrown });
    }
    if (reply === null) throw new Error('the cell did not begin');
    return reply;
  }

  /** The value itself behind the inspector's handle on it. */
  private async valueOf(remote: RemoteObject | undefined): Promise<unknown> {
    if (remote?.objectId === undefined) return remote?.value ?? remote?.unserializableValue ?? remote?.description;
    const { objectId } = remote;
    await new Promise<void>((resolve) => {
      const functionDeclaration = `function () { ${INTERNALS}.keep(this); }`;
      this.session.post('Runtime.callFunctionOn', { objectId, functionDeclaration }, () => resolve());
    });
    const value = this.kept;
    this.kept = undefined;
    this.session.post('Runtime.releaseObjectGroup', { objectGroup: 'cells' });
    return value;
  }

  private async get(id: number, name: string): Promise<void> {
    try {
      const reply = await this.evaluate(`${INTERNALS}.keep(typeof ${name} === 'undefined' ? undefined : ${name})`);
      if (reply.exceptionDetails !== undefined) throw new Error(`the value of ${name} cannot be read`);
      const value = this.kept;
      this.kept = undefined;
      structuredClone(value);
      this.post({ type: 'value', id, value });
    } catch (thrown) {
      this.post({ type: 'valueFailed', id, message: thrown instanceof Error ? thrown.message : String(thrown) });
    }
  }

  private async setArrowTable(id: number, name: string, ipc: Uint8Array): Promise<void> {
    try {
      const { tableFromIPC } = await import('apache-arrow');
      this.kept = tableFromIPC(ipc);
      const reply = await this.evaluate(`let ${name} = ${INTERNALS}.kept()`);
      if (reply.exceptionDetails !== undefined) throw new Error(`${name} cannot be set`);
      this.post({ type: 'value', id, value: null });
    } catch (thrown) {
      this.post({ type: 'valueFailed', id, message: thrown instanceof Error ? thrown.message : String(thrown) });
    } finally {
      this.kept = undefined;
    }
  }

  private defineGlobals(folder: string): void {
    const importer = createImporter(folder);
    const internals = {
      import: importer.import,
      result: (fileName: string, value: unknown) => {
        this.results.set(fileName, value);
      },
      begin: () => this.begin(),
      keep: (value: unknown) => {
        this.kept = value;
      },
      kept: () => this.kept,
    };
    Object.defineProperty(globalThis, INTERNALS, { value: internals, enumerable: false });
    const offered = {
      require: importer.require,
      display: createDisplay((message) => this.say(message)),
      clearOutput: (wait = false) => this.say({ type: 'clearOutput', wait }),
    };
    offer(offered);
    this.runs.trackTimers(() => this.asyncStack.tolerate());
    this.ready = this.globals().then(offer);
  }

  private captureOutput(): void {
    for (const name of ['stdout', 'stderr'] as const) {
      const write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
        const text =
          typeof chunk === 'string'
            ? chunk
            : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('utf8');
        this.say({ type: 'stream', name, text });
        const done = typeof encoding === 'function' ? encoding : callback;
        if (typeof done === 'function') queueMicrotask(() => (done as () => void)());
        return true;
      };
      process[name].write = write;
    }
  }

  private say(message: CellSays): void {
    const run = this.runs.current?.number ?? 0;
    const content = message.type === 'stream' ? message.text : message.type === 'display' ? message.data : message;
    this.gate.pass(content, (total) => this.post({ ...message, run, total }));
  }

  private survive(): void {
    const tell = (thrown: unknown): void => {
      const failure = this.anyFailure(thrown);
      this.say({ type: 'stream', name: 'stderr', text: `Uncaught ${failure.traceback.join('\n')}\n` });
    };
    process.on('uncaughtException', tell);
    process.on('unhandledRejection', tell);
    const refuse = (): never => {
      throw new Error('a cell cannot end the kernel; use Restart or Shut Down of the Kernel menu');
    };
    process.exit = refuse;
    process.abort = refuse;
    const kill = process.kill.bind(process);
    process.kill = (pid, signal) => (pid === process.pid && signal !== 0 ? refuse() : kill(pid, signal));
    Object.assign(process, { reallyExit: refuse });
  }
}

function offer(globals: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(globals))
    Object.defineProperty(globalThis, name, { value, enumerable: false, configurable: true, writable: true });
}

function isSigint(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED';
}
