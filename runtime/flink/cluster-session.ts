import type { ScriptPiece, SmallResult } from '../session/index.js';
import { StreamcellError, TimeZone } from '../types/index.js';
import { Definitions } from './definitions.js';
import { flinkError, readFailure } from './flink-errors.js';
import { dataType } from './logical-type.js';
import { RestError } from './rest-client.js';
import { valueReader } from './row-values.js';
import { isSessionLost, type GatewayPage, type GatewayRow, type Operation, type SqlGateway } from './sql-gateway.js';

/** The gateway forgets a session after ten silent minutes, unless told otherwise. */
const HEARTBEAT_MILLIS = 60_000;
const SHORTEST = 5;
const LONGEST = 50;

/** How long a gateway that does not answer may take, as long as its cluster does. */
const PATIENCE_MILLIS = 60_000;

/**
 * The session that the SQL Gateway keeps for us, and what takes its place when the gateway loses it: a new one, with the same options, in
 * which every definition kept so far is made again. The next statement says so in a notice.
 *
 * State: the session's handle, the definitions that live in it, and notices that nobody has seen yet. Maintains the invariant that once it is
 * closed, no session is open at the gateway and no statement is handed over.
 */
export class ClusterSession {
  private handle: string | null = null;
  private readonly definitions = new Definitions();
  private closed = false;
  private unseen: string[] = [];
  private heart: NodeJS.Timeout | null = null;
  private opening: Promise<string> | null = null;

  constructor(
    private readonly gateway: SqlGateway,
    private readonly name: string,
    private readonly properties: () => Readonly<Record<string, string>>,
    /** Whether the cluster behind the gateway answers. */
    private readonly clusterAnswers: () => Promise<boolean>,
  ) {}

  async open(): Promise<void> {
    await this.current();
    this.heart = setInterval(() => {
      if (this.handle !== null) void this.gateway.heartbeat(this.handle).catch(() => undefined);
    }, HEARTBEAT_MILLIS);
    this.heart.unref();
  }

  /** From now on nothing is opened, and nothing handed over. */
  end(): void {
    this.closed = true;
  }

  /** Never throws: a gateway that is gone has closed it. */
  async close(): Promise<void> {
    this.end();
    if (this.heart !== null) clearInterval(this.heart);
    // One that is just being opened closes itself.
    await this.opening?.catch(() => undefined);
    const { handle } = this;
    this.handle = null;
    if (handle !== null) await this.gateway.closeSession(handle).catch(() => undefined);
  }

  /** A statement that took effect. */
  keep(piece: ScriptPiece): void {
    this.definitions.add(piece);
  }

  /** What happened since the last statement, said once. */
  notices(): readonly string[] {
    return this.unseen.splice(0);
  }

  /** Hands a statement over; it has not run yet. A session that was lost is replaced first. */
  async submit(text: string, config: Readonly<Record<string, string>>): Promise<Operation> {
    const session = await this.current();
    try {
      return await this.gateway.submit(session, text, config);
    } catch (thrown) {
      if (!isSessionLost(thrown)) throw asError(thrown, text, 0);
      if (this.handle === session) this.handle = null;
      return await this.gateway.submit(await this.current(), text, config);
    }
  }

  /**
   * Waits until the statement has run, or its job was started. Null when it was stopped first: then the operation is closed.
   * @throws StreamcellError what Flink says against the statement, placed in the script (`start`: where the text begins there).
   */
  async firstPage(
    operation: Operation,
    text: string,
    start: number,
    stopped: () => boolean,
  ): Promise<GatewayPage | null> {
    const began = Date.now();
    for (let wait = SHORTEST; ; wait = Math.min(LONGEST, wait * 1.5)) {
      const page = await this.page(operation, 0, text, start).catch(async (error: unknown) => {
        // A gateway under load may be slow to answer; one that waits for a dead JobManager is not waited for.
        const patient = isTimeout(error) && Date.now() - began < PATIENCE_MILLIS && (await this.clusterAnswers());
        if (!patient) throw error;
        return null;
      });
      if (page !== null && page.state !== 'not ready') return page;
      if (stopped()) {
        await this.gateway.closeOperation(operation).catch(() => undefined);
        return null;
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  /** The whole of a small result that begins with this page. */
  async rest(operation: Operation, first: GatewayPage, text: string, start: number): Promise<SmallResult> {
    const rows: GatewayRow[] = [...first.rows];
    for (let page = first; page.state !== 'end';) {
      page = await this.page(operation, page.next, text, start);
      rows.push(...page.rows);
    }
    void this.gateway.closeOperation(operation).catch(() => undefined);
    const columns = first.columns.map((c) => ({ name: c.name, type: dataType(c.logicalType) }));
    const zone = TimeZone.get(this.properties()['table.local-time-zone']);
    const readers = columns.map((c) => valueReader(c.type, zone));
    return { columns, rows: rows.map(({ fields }) => fields.map((f, c) => readers[c](f))) };
  }

  /** Runs a statement of our own with a small result. */
  async collect(text: string, config: Readonly<Record<string, string>>, start: number): Promise<SmallResult> {
    const operation = await this.submit(text, config);
    const first = await this.firstPage(operation, text, start, () => this.closed);
    if (first === null) throw sessionClosed();
    return this.rest(operation, first, text, start);
  }

  private async page(operation: Operation, number: number, text: string, start: number): Promise<GatewayPage> {
    try {
      return await this.gateway.page(operation, number);
    } catch (thrown) {
      // Rows with values that JSON has no form for; that they are is seen by the columns' types.
      if (thrown instanceof RestError && /Could not map response to JSON/.test(thrown.serverSide))
        return await this.gateway.page(operation, number, 'PLAIN_TEXT');
      if (this.closed) throw sessionClosed(thrown);
      throw asError(thrown, text, start);
    }
  }

  private async current(): Promise<string> {
    if (this.closed) throw sessionClosed();
    if (this.handle !== null) return this.handle;
    this.opening ??= this.reopen().finally(() => (this.opening = null));
    return this.opening;
  }

  private async reopen(): Promise<string> {
    const isFirst = this.heart === null;
    let handle: string;
    try {
      handle = await this.gateway.openSession(this.name, this.properties());
    } catch (thrown) {
      throw asError(thrown, '', 0);
    }
    try {
      if (!isFirst) this.unseen.push(await this.replay(handle));
      if (this.closed) throw sessionClosed();
    } catch (thrown) {
      await this.gateway.closeSession(handle).catch(() => undefined);
      throw thrown;
    }
    this.handle = handle;
    return handle;
  }

  private async replay(handle: string): Promise<string> {
    const lost: string[] = [];
    let made = 0;
    for (const { text, replay } of this.definitions.all) {
      if (this.closed) throw sessionClosed();
      try {
        if (!replay) throw new Error('it would run a job');
        await this.runIn(handle, text);
        made++;
      } catch (thrown) {
        if (thrown instanceof StreamcellError && thrown.code === 'CLUSTER_UNREACHABLE') throw thrown;
        lost.push(text.replace(/\s+/g, ' ').slice(0, 60));
      }
    }
    this.definitions.forgetLost();
    const forgotten = this.definitions.takeForgotten();
    if (forgotten > 0) lost.push(`the first ${forgotten} definitions`);
    const redone = made === 0 ? '' : ` ${made === 1 ? 'One definition was' : `${made} definitions were`} made again.`;
    const missing = lost.length === 0 ? '' : ` Not made again: ${lost.join('; ')}.`;
    return `The SQL Gateway had lost the session; a new one was opened with the same options.${redone}${missing}`;
  }

  private async runIn(handle: string, text: string): Promise<void> {
    const operation = await this.gateway.submit(handle, text, {});
    const first = await this.firstPage(operation, text, 0, () => this.closed);
    if (first === null) throw sessionClosed();
    await this.rest(operation, first, text, 0);
  }
}

function sessionClosed(cause?: unknown): StreamcellError {
  return new StreamcellError('SESSION_CLOSED', 'The session is closed.', { cause });
}

function isTimeout(error: unknown): boolean {
  return error instanceof StreamcellError && error.cause instanceof Error && error.cause.name === 'TimeoutError';
}

function asError(thrown: unknown, text: string, start: number): StreamcellError {
  if (isSessionLost(thrown))
    return new StreamcellError('CLUSTER_SESSION_LOST', 'The SQL Gateway lost the session while the statement ran.');
  if (thrown instanceof RestError) return flinkError(readFailure(thrown.serverSide), text, start);
  return StreamcellError.from(thrown);
}
