import { randomUUID } from 'node:crypto';
import type { CellLanguage, CommTarget } from '../host.js';
import type { JsonObject, Message } from '../wire/codec.js';
import {
  pointOffset,
  readRequest,
  type CompleteReply,
  type ReplyOf,
  type RequestOf,
  type RequestType,
} from '../wire/messages.js';
import type { Outgoing, RequestChannel } from '../wire/sockets.js';
import { Comms } from './comms.js';
import { failureOf } from '../failures.js';
import { errorReply, ExecuteQueue, Executor } from './executor.js';
import { History } from './history.js';
import { Publisher } from './publisher.js';

/** What the dispatcher needs of the wire. */
export interface Wire {
  reply(channel: RequestChannel, request: Message, outgoing: Outgoing): void;
  publish(outgoing: Outgoing): void;
}

export interface DispatcherOptions {
  /** The first that takes a cell has it. */
  readonly languages: readonly CellLanguage[];
  readonly info: JsonObject;
  readonly comms: ReadonlyMap<string, CommTarget>;
  /** Called with every interrupt, also when no cell runs: what an earlier one left behind may. */
  interrupted(): void;
  /** Called after the reply to a shutdown_request was sent. */
  shutdown(restart: boolean): void;
}

/** Requests that wait for their turn are answered by the queue, all others at once. */
type Immediate = Exclude<RequestType, 'execute_request'>;
type Handlers = { readonly [T in Immediate]: (request: RequestOf<T>) => ReplyOf<T> | Promise<ReplyOf<T>> };

/**
 * Answers the requests of front ends. Its handlers know requests and replies; sockets and signatures are the wire's.
 *
 * State: a queue of cells for the main shell and for each subshell, the comms, the history.
 * Maintains the invariants that every request is framed by one `busy` and one `idle`, whatever happens in between, and that only the
 * execution of cells waits for other cells.
 */
export class Dispatcher {
  readonly publisher: Publisher;
  private readonly executor: Executor;
  private readonly history = new History();
  private readonly comms: Comms;
  private readonly mainQueue = new ExecuteQueue();
  private readonly subshells = new Map<string, ExecuteQueue>();
  private readonly handlers: Handlers;

  constructor(
    private readonly wire: Wire,
    private readonly options: DispatcherOptions,
  ) {
    this.publisher = new Publisher((outgoing) => wire.publish(outgoing));
    this.executor = new Executor(options.languages, this.publisher, this.history);
    this.comms = new Comms(this.publisher);
    for (const [name, target] of options.comms) this.comms.register(name, target);
    this.handlers = this.createHandlers();
  }

  receive(channel: RequestChannel, message: Message): void {
    const type = message.header.msg_type;
    if (type === 'execute_request') this.enqueue(channel, message);
    else if (isImmediate(type)) void this.answer(channel, message, type);
    else if (type !== 'input_reply') this.framed(message, () => this.comms.handle(message));
  }

  interrupt(): void {
    this.executor.interrupt();
    this.options.interrupted();
  }

  /** Ends what still runs; nothing is answered any more. */
  close(): void {
    this.mainQueue.abortAll();
    for (const queue of this.subshells.values()) queue.abortAll();
    this.executor.interrupt();
    this.comms.closeAll();
    this.publisher.flush();
  }

  private createHandlers(): Handlers {
    return {
      kernel_info_request: () => ({ ...this.options.info, status: 'ok' }),
      connect_request: () => ({}),
      complete_request: (request) => this.complete(request),
      inspect_request: async ({ code, offset, detail }) => {
        const data = (await this.languageOf(code)?.inspect(code, offset, detail)) ?? null;
        return { status: 'ok', found: data !== null, data: data ?? {}, metadata: {} };
      },
      is_complete_request: async ({ code }) => {
        const status = (await this.languageOf(code)?.isComplete(code)) ?? 'unknown';
        return status === 'incomplete' ? { status, indent: '' } : { status };
      },
      history_request: (request) => ({ status: 'ok', history: this.history.find(request) }),
      comm_info_request: ({ target }) => ({ status: 'ok', comms: this.comms.info(target) }),
      interrupt_request: () => {
        this.interrupt();
        return { status: 'ok' };
      },
      shutdown_request: ({ restart }) => {
        setImmediate(() => this.options.shutdown(restart));
        return { status: 'ok', restart };
      },
      create_subshell_request: () => {
        const subshell_id = randomUUID();
        this.subshells.set(subshell_id, new ExecuteQueue());
        return { status: 'ok', subshell_id };
      },
      delete_subshell_request: ({ subshell }) => {
        const queue = this.subshells.get(subshell);
        if (queue === undefined) throw new Error(`no subshell ${subshell}`);
        this.subshells.delete(subshell);
        queue.abortAll();
        return { status: 'ok' };
      },
      list_subshell_request: () => ({ status: 'ok', subshell_id: [...this.subshells.keys()] }),
    };
  }

  private languageOf(code: string): CellLanguage | undefined {
    return this.options.languages.find((language) => language.takes(code));
  }

  private async complete({ code, offset }: RequestOf<'complete_request'>): Promise<CompleteReply & JsonObject> {
    const found = (await this.languageOf(code)?.complete(code, offset)) ?? {
      matches: [],
      kinds: [],
      from: offset,
      to: offset,
    };
    const [start, end] = [pointOffset(code, found.from), pointOffset(code, found.to)];
    const types = found.matches.map((text, at) => ({ start, end, text, type: found.kinds[at] ?? '' }));
    return {
      status: 'ok',
      matches: found.matches,
      cursor_start: start,
      cursor_end: end,
      metadata: { _jupyter_types_experimental: types },
    };
  }

  private enqueue(channel: RequestChannel, message: Message): void {
    const { header } = message;
    const request = readRequest.execute_request(message.content);
    const reply = (content: JsonObject): void => this.reply(channel, message, 'execute_reply', content);
    const subshell = header.subshell_id ?? null;
    const queue = subshell === null ? this.mainQueue : this.subshells.get(subshell);
    if (queue === undefined) {
      this.framed(message, () =>
        reply({
          ...errorReply(failureOf(new Error(`no subshell ${subshell}`))),
          execution_count: this.executor.executionCount,
        }),
      );
      return;
    }
    queue.add({
      stopOnError: request.stopOnError,
      run: async () => {
        this.publisher.status(header, 'busy');
        try {
          const content = await this.executor.execute(header, request);
          this.publisher.flush();
          reply({ ...content });
          return content;
        } catch (thrown) {
          const content = { ...errorReply(failureOf(thrown)), execution_count: this.executor.executionCount };
          reply(content);
          return content;
        } finally {
          this.publisher.status(header, 'idle');
        }
      },
      abort: () =>
        this.framed(message, () => reply({ status: 'aborted', execution_count: this.executor.executionCount })),
    });
  }

  private async answer<T extends Immediate>(channel: RequestChannel, message: Message, type: T): Promise<void> {
    const replyType = type.replace('_request', '_reply');
    this.publisher.status(message.header, 'busy');
    try {
      // The map pairs each type with its own reader and handler, which the compiler cannot follow through a type parameter.
      const read = readRequest[type] as (content: JsonObject) => RequestOf<T>;
      const handle = this.handlers[type] as (request: RequestOf<T>) => ReplyOf<T> | Promise<ReplyOf<T>>;
      this.reply(channel, message, replyType, Object.fromEntries(Object.entries(await handle(read(message.content)))));
    } catch (thrown) {
      this.reply(channel, message, replyType, { ...errorReply(failureOf(thrown)) });
    } finally {
      this.publisher.status(message.header, 'idle');
    }
  }

  /** Between busy and idle. */
  private framed(message: Message, act: () => void): void {
    this.publisher.status(message.header, 'busy');
    try {
      act();
    } catch (thrown) {
      const failure = failureOf(thrown);
      this.publisher.stream(message.header, 'stderr', `${failure.name}: ${failure.message}\n`);
    } finally {
      this.publisher.status(message.header, 'idle');
    }
  }

  private reply(channel: RequestChannel, request: Message, type: string, content: JsonObject): void {
    this.publisher.flush();
    this.wire.reply(channel, request, { type, parent: request.header, content });
  }
}

function isImmediate(type: string): type is Immediate {
  return type !== 'execute_request' && Object.hasOwn(readRequest, type);
}
