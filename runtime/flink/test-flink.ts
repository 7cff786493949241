import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the SQL Gateway answers to a statement. */
export interface TestAnswer {
  /** Makes a job of the id that was asked for. */
  readonly job?: 'query' | 'insert';
  /** Held back until then. */
  readonly after?: Promise<unknown>;
}

/**
 * Both servers of a Flink cluster on one port, for tests about what is sent, and in which order. What Flink itself would say to a statement
 * the cluster tests ask the real one.
 *
 * State: the sessions that are open, the statements that were handed over, with their session, and the jobs by id.
 */
export class TestFlink {
  url = '';
  readonly sessions = new Set<string>();
  readonly opened: string[] = [];
  readonly statements: { readonly session: string; readonly text: string }[] = [];
  readonly jobs = new Map<string, string>();
  readonly authorizations = new Set<string | undefined>();
  /** How often the list of jobs was asked for. */
  looks = 0;
  answer: (text: string) => TestAnswer = () => ({});
  /** Before a session is opened. */
  beforeOpen: () => Promise<unknown> = () => Promise.resolve();
  private readonly operations = new Map<string, { readonly job: string | null; readonly answer: TestAnswer }>();
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** As a gateway that was restarted. */
  loseSessions(): void {
    this.sessions.clear();
  }

  texts(session?: string): string[] {
    return this.statements.filter((s) => session === undefined || s.session === session).map((s) => s.text);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    this.authorizations.add(request.headers.authorization);
    const body = (text === '' ? {} : JSON.parse(text)) as {
      statement?: string;
      executionConfig?: Record<string, string>;
    };
    const path = (request.url ?? '').split(/[/?]/).slice(1);
    const answer = await this.route(request.method ?? '', path, body);
    response.statusCode = answer === null ? 500 : 200;
    const lost = { errors: [`java.lang.IllegalStateException: Session '${path[2]}' does not exist.`] };
    response.end(JSON.stringify(answer ?? lost));
  }

  /** Null: the session is not known. */
  private async route(
    method: string,
    path: readonly string[],
    body: { statement?: string; executionConfig?: Record<string, string> },
  ): Promise<unknown> {
    const [first, second, session, , operation] = path;
    if (first === 'api_versions') return { versions: ['V3'] };
    if (first === 'overview') return { 'flink-version': '2.3.0' };
    if (first === 'jobs') return this.jobManager(method, second, path[2]);
    if (method === 'POST' && session === undefined) {
      await this.beforeOpen();
      const handle = `session-${this.opened.length + 1}`;
      this.opened.push(handle);
      this.sessions.add(handle);
      return { sessionHandle: handle };
    }
    if (!this.sessions.has(session)) return null;
    if (method === 'DELETE' && operation === undefined) return { closed: this.sessions.delete(session) };
    if (path[3] === 'statements') return this.submit(session, body.statement ?? '', body.executionConfig ?? {});
    return path[5] === 'result' ? this.page(session, operation) : {};
  }

  private submit(session: string, text: string, config: Readonly<Record<string, string>>): unknown {
    this.statements.push({ session, text });
    const answer = this.answer(text);
    const operationHandle = `operation-${this.statements.length}`;
    const job = answer.job === undefined ? null : config['$internal.pipeline.job-id'];
    this.operations.set(operationHandle, { job, answer });
    if (job !== null) void Promise.resolve(answer.after).then(() => this.jobs.set(job, 'RUNNING'));
    return { operationHandle };
  }

  private async page(session: string, operation: string): Promise<unknown> {
    const { job, answer } = this.operations.get(operation) ?? { job: null, answer: {} };
    await answer.after;
    const columns = [{ name: 'result', logicalType: { type: 'VARCHAR', nullable: true, length: 2 } }];
    const isQueryResult = answer.job === 'query';
    const data = isQueryResult ? [] : [{ kind: 'INSERT', fields: ['OK'] }];
    return {
      resultType: isQueryResult ? 'PAYLOAD' : 'EOS',
      isQueryResult,
      ...(job === null ? {} : { jobID: job }),
      nextResultUri: `/v3/sessions/${session}/operations/${operation}/result/1`,
      results: { columns, data },
    };
  }

  private jobManager(method: string, id: string, what: string | undefined): unknown {
    if (id === 'overview') {
      this.looks++;
      const jobs = [...this.jobs].map(([jid, state]) => ({ jid, name: jid, state, 'start-time': 1, 'end-time': -1 }));
      return { jobs };
    }
    if (method === 'PATCH') this.jobs.set(id, 'CANCELED');
    return what === 'status'
      ? { status: this.jobs.get(id) }
      : { jid: id, name: id, state: this.jobs.get(id), vertices: [] };
  }
}
