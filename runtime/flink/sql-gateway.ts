import { DELETE, INSERT, StreamcellError, UPDATE_AFTER, UPDATE_BEFORE, type RowKind } from '../types/index.js';
import { parseExactJson, type ExactJson } from './exact-json.js';
import type { GatewayType } from './logical-type.js';
import { RestClient, RestError } from './rest-client.js';

export interface GatewayColumn {
  readonly name: string;
  readonly logicalType: GatewayType;
}

export interface GatewayRow {
  readonly kind: RowKind;
  readonly fields: readonly ExactJson[];
}

/** A page of an operation's result. */
export interface GatewayPage {
  readonly state: 'not ready' | 'payload' | 'end';
  readonly columns: readonly GatewayColumn[];
  readonly rows: readonly GatewayRow[];
  readonly jobId: string | null;
  readonly isQuery: boolean;
  /** Number of the page that follows. */
  readonly next: number;
}

interface RawPage {
  readonly resultType: 'NOT_READY' | 'PAYLOAD' | 'EOS';
  readonly isQueryResult?: boolean;
  readonly jobID?: string;
  readonly nextResultUri?: string;
  readonly results?: {
    readonly columns: readonly GatewayColumn[];
    readonly data: readonly { readonly kind: string; readonly fields: readonly ExactJson[] }[];
  };
}

const KINDS: Readonly<Record<string, RowKind>> = {
  INSERT,
  UPDATE_BEFORE,
  UPDATE_AFTER,
  DELETE,
};

/** A gateway that has just been started loads a good part of Flink for its first session. */
const OPEN_MILLIS = 20_000;
/** Handing a statement over cannot be tried twice, so it may take a little longer. */
const SUBMIT_MILLIS = 8000;

export type RowFormat = 'JSON' | 'PLAIN_TEXT';

/** A place in the gateway: one statement that was submitted. */
export interface Operation {
  readonly session: string;
  readonly handle: string;
}

/**
 * Client of Flink's SQL Gateway, REST API v3, JSON row format. Pages of a result are numbered; the latest one can be asked for again, so that
 * a page lost on the way is not lost. Asking for the next one is what takes rows off the running job.
 */
export class SqlGateway {
  private readonly rest: RestClient;

  constructor(address: string, headers?: Readonly<Record<string, string>>) {
    this.rest = new RestClient(address, 'SQL Gateway', headers);
  }

  get url(): string {
    return this.rest.url;
  }

  /** @throws StreamcellError CLUSTER_UNREACHABLE when what answers is no SQL Gateway of a version we speak. */
  async check(): Promise<void> {
    let versions: readonly string[] | undefined;
    try {
      ({ versions } = await this.rest.json<{ versions?: readonly string[] }>('/api_versions'));
    } catch (thrown) {
      if (!(thrown instanceof RestError)) throw thrown;
    }
    if (!Array.isArray(versions)) {
      throw new StreamcellError('CLUSTER_UNREACHABLE', `What answers at ${this.url} is not Flink's SQL Gateway.`, {
        hint: 'The SQL Gateway is a server of its own (by default port 8083), beside the JobManager (8081).',
      });
    }
    if (!versions.includes('V3')) {
      throw new StreamcellError(
        'CLUSTER_UNREACHABLE',
        `The SQL Gateway at ${this.url} speaks ${versions.join(', ')}; V3 is needed, which Flink has from 1.20 on.`,
      );
    }
  }

  async openSession(name: string, properties: Readonly<Record<string, string>>): Promise<string> {
    const body = { sessionName: name, properties };
    return (
      await this.rest.json<{ sessionHandle: string }>('/v3/sessions', {
        method: 'POST',
        body,
        timeoutMillis: OPEN_MILLIS,
      })
    ).sessionHandle;
  }

  async heartbeat(session: string): Promise<void> {
    await this.rest.text(`/v3/sessions/${session}/heartbeat`, { method: 'POST', body: {} });
  }

  async closeSession(session: string): Promise<void> {
    await this.rest.text(`/v3/sessions/${session}`, { method: 'DELETE' });
  }

  /** `config`: options of this statement alone. */
  async submit(session: string, statement: string, config: Readonly<Record<string, string>>): Promise<Operation> {
    const body = { statement, executionConfig: config };
    const answer = await this.rest.json<{ operationHandle: string }>(`/v3/sessions/${session}/statements`, {
      method: 'POST',
      body,
      timeoutMillis: SUBMIT_MILLIS,
    });
    return { session, handle: answer.operationHandle };
  }

  async page(operation: Operation, number: number, format: RowFormat = 'JSON'): Promise<GatewayPage> {
    const text = await this.rest.text(`${pathOf(operation)}/result/${number}?rowFormat=${format}`);
    const page = parseExactJson(text) as unknown as RawPage;
    const next = /\/result\/(\d+)/.exec(page.nextResultUri ?? '')?.[1];
    return {
      state: page.resultType === 'EOS' ? 'end' : page.resultType === 'NOT_READY' ? 'not ready' : 'payload',
      columns: page.results?.columns ?? [],
      rows: (page.results?.data ?? []).map(({ kind, fields }) => ({ kind: KINDS[kind], fields })),
      jobId: page.jobID ?? null,
      isQuery: page.isQueryResult === true,
      next: next === undefined ? number : Number(next),
    };
  }

  /** Forgets the operation; the job of a query ends with it. */
  async closeOperation(operation: Operation): Promise<void> {
    await this.rest.text(`${pathOf(operation)}/close`, { method: 'DELETE' });
  }
}

function pathOf({ session, handle }: Operation): string {
  return `/v3/sessions/${session}/operations/${handle}`;
}

/** The gateway no longer knows the session, as after a restart or an hour of silence. */
export function isSessionLost(thrown: unknown): boolean {
  return (
    thrown instanceof RestError &&
    /Session '[^']*' does not exist|Can not find the submitted operation/.test(thrown.serverSide)
  );
}
