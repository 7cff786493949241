import { failureOf, INTERRUPTED } from '../failures.js';
import type { CellFailure, CellLanguage, CellResult } from '../host.js';
import type { Header, JsonObject } from '../wire/codec.js';
import type { ErrorReply, ExecuteReply, ExecuteRequest } from '../wire/messages.js';
import { CapturedOutput, PublishedOutput } from './cell-output.js';
import type { History } from './history.js';
import type { Publisher } from './publisher.js';

/** Milliseconds that a language has to end an interrupted cell by itself. */
const INTERRUPT_GRACE = 3000;

/**
 * Runs cells in the first language that takes them, and says on the published channel what the protocol wants said of it.
 *
 * State: the execution count, and what interrupts the cells that run.
 */
export class Executor {
  private count = 0;
  private readonly running = new Set<AbortController>();

  constructor(
    private readonly languages: readonly CellLanguage[],
    private readonly publisher: Publisher,
    private readonly history: History,
  ) {}

  get executionCount(): number {
    return this.count;
  }

  interrupt(): void {
    for (const controller of this.running) controller.abort();
  }

  async execute(parent: Header, request: ExecuteRequest): Promise<ExecuteReply> {
    const { code, silent } = request;
    if (request.storeHistory) this.count += 1;
    const executionCount = this.count;
    if (!silent) this.publisher.publish('execute_input', parent, { code, execution_count: executionCount });
    const remember = request.storeHistory ? this.history.add(executionCount, code) : () => {};
    const output = new PublishedOutput(this.publisher, parent, executionCount, silent);
    const result: CellResult =
      code.trim() === ''
        ? { ok: true }
        : await this.interruptible((signal) =>
            this.languageOf(code).run({ code, executionCount, silent, output, signal }),
          );
    remember(output.result);
    if (!result.ok) {
      const { failure } = result;
      if (failure.data !== undefined) output.display(failure.data);
      const { status: _status, ...error } = errorReply(failure);
      this.publisher.publish('error', parent, error);
      return { ...errorReply(failure), execution_count: executionCount };
    }
    const payload =
      result.pager === undefined ? [] : [{ source: 'page', data: { 'text/plain': result.pager }, start: 0 }];
    const user_expressions = await this.expressions(request.userExpressions, executionCount);
    this.publisher.flush();
    return { status: 'ok', execution_count: executionCount, payload, user_expressions };
  }

  private languageOf(code: string): CellLanguage {
    const language = this.languages.find((candidate) => candidate.takes(code));
    if (language === undefined) throw new Error('no language takes this cell');
    return language;
  }

  private async interruptible(run: (signal: AbortSignal) => Promise<CellResult>): Promise<CellResult> {
    const controller = new AbortController();
    this.running.add(controller);
    let giveUp: NodeJS.Timeout | undefined;
    const interrupted = new Promise<CellResult>((resolve) => {
      controller.signal.addEventListener('abort', () => {
        giveUp = setTimeout(() => resolve({ ok: false, failure: INTERRUPTED }), INTERRUPT_GRACE);
      });
    });
    try {
      return await Promise.race([run(controller.signal), interrupted]);
    } catch (thrown) {
      return { ok: false, failure: failureOf(thrown) };
    } finally {
      clearTimeout(giveUp);
      this.running.delete(controller);
    }
  }

  private async expressions(wanted: Readonly<Record<string, string>>, executionCount: number): Promise<JsonObject> {
    const replies: Record<string, JsonObject> = {};
    for (const [name, code] of Object.entries(wanted)) {
      const output = new CapturedOutput();
      const result = await this.interruptible((signal) =>
        this.languageOf(code).run({ code, executionCount, silent: true, output, signal }),
      );
      replies[name] = result.ok
        ? { status: 'ok', data: output.data, metadata: output.metadata }
        : { ...errorReply(result.failure) };
    }
    return replies;
  }
}

export function errorReply(failure: CellFailure): ErrorReply {
  return { status: 'error', ename: failure.name, evalue: failure.message, traceback: failure.traceback };
}

interface Queued {
  readonly stopOnError: boolean;
  run(): Promise<ExecuteReply>;
  abort(): void;
}

/**
 * The cells that wait for their turn in one shell or subshell.
 *
 * Maintains the invariant that one cell runs at a time, in the order of arrival, and that after a failed one with stopOnError those that
 * already waited are aborted.
 */
export class ExecuteQueue {
  private readonly waiting: Queued[] = [];
  private busy = false;

  add(entry: Queued): void {
    this.waiting.push(entry);
    if (!this.busy) void this.drain();
  }

  abortAll(): void {
    for (const entry of this.waiting.splice(0)) entry.abort();
  }

  private async drain(): Promise<void> {
    this.busy = true;
    try {
      for (let entry = this.waiting.shift(); entry !== undefined; entry = this.waiting.shift()) {
        const reply = await entry.run();
        if (reply.status === 'error' && entry.stopOnError) {
          // What the front end sent in the same breath may still be on its way through the socket.
          await new Promise((resolve) => setImmediate(resolve));
          this.abortAll();
        }
      }
    } finally {
      this.busy = false;
    }
  }
}
