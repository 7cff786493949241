import { type ExactJson, ExactNumber, parseExactJson } from './exact-json.js';
import { sleep } from './child-process.js';

export interface GatewayColumn {
  readonly name: string;
  /** Flink's summary string, e.g. `DECIMAL(10, 2) NOT NULL`. */
  readonly type: string;
}

export interface GatewayRow {
  /** `+I -U +U -D` */
  readonly kind: string;
  readonly fields: readonly ExactJson[];
}

export interface GatewayResult {
  readonly columns: readonly GatewayColumn[];
  readonly rows: readonly GatewayRow[];
  readonly jobId: string | undefined;
  readonly isQuery: boolean;
  /** False when the caller's limit ended the reading and the job was cancelled. */
  readonly complete: boolean;
}

export interface FetchLimits {
  readonly millis?: number;
  readonly rows?: number;
  /** Takes rows as they come; they are then not kept for the result. */
  readonly onRows?: (rows: readonly GatewayRow[], columns: readonly GatewayColumn[]) => void;
}

/** What Flink said when it refused or failed a statement. */
export class GatewayError extends Error {
  /** validation: before anything ran; runtime: the job failed. */
  readonly phase: 'validation' | 'runtime';

  constructor(readonly serverSide: string) {
    super(rootCause(serverSide));
    this.name = 'GatewayError';
    this.phase = /JobExecutionException|Job failed|JobException|NoRestartBackoffTime|Failed to fetch next result/.test(
      serverSide,
    )
      ? 'runtime'
      : 'validation';
  }
}

function rootCause(serverSide: string): string {
  const causes = serverSide.split('\n').filter((line) => line.startsWith('Caused by: '));
  const last = causes.at(-1);
  return (last ?? serverSide).replace(/^Caused by: (?:[\w.$]+(?:Exception|Error): )?/, '').slice(0, 1000);
}

type Fields = { readonly [name: string]: ExactJson };
const KINDS: Readonly<Record<string, string>> = { INSERT: '+I', UPDATE_BEFORE: '-U', UPDATE_AFTER: '+U', DELETE: '-D' };

/** A REST client of Flink's SQL Gateway (API v3, JSON row format); numbers keep their text. */
export class SqlGatewayClient {
  constructor(readonly url: string) {}

  async openSession(properties: Readonly<Record<string, string>> = {}): Promise<GatewaySession> {
    const answer = await this.call('POST', '/v3/sessions', { properties });
    return new GatewaySession(this, String(answer['sessionHandle']));
  }

  /** @throws GatewayError when the server answers with an error. */
  async call(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<Fields> {
    const response = await fetch(this.url + path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const answer = parseExactJson(text) as Fields;
    if (!response.ok) throw new GatewayError(((answer['errors'] ?? [text]) as readonly string[]).join('\n'));
    return answer;
  }
}

export class GatewaySession {
  constructor(
    private readonly client: SqlGatewayClient,
    private readonly handle: string,
  ) {}

  /** Runs one statement and reads its whole result, or as much of it as the limits let through. */
  async execute(statement: string, limits: FetchLimits = {}): Promise<GatewayResult> {
    const session = `/v3/sessions/${this.handle}`;
    const operation = String(
      (await this.client.call('POST', `${session}/statements`, { statement }))['operationHandle'],
    );
    try {
      return await this.fetchAll(`${session}/operations/${operation}/result/0?rowFormat=JSON`, limits);
    } finally {
      // Closing an operation cancels the job behind it when that still runs.
      await this.client.call('DELETE', `${session}/operations/${operation}/close`).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    await this.client.call('DELETE', `/v3/sessions/${this.handle}`);
  }

  private async fetchAll(first: string, limits: FetchLimits): Promise<GatewayResult> {
    const deadline = Date.now() + (limits.millis ?? 120_000);
    const most = limits.rows ?? Infinity;
    const rows: GatewayRow[] = [];
    let columns: GatewayColumn[] | undefined;
    let jobId: string | undefined;
    let isQuery = false;
    let path: string | undefined = first;
    while (path !== undefined) {
      const page: Fields = await this.client.call('GET', path);
      const state = page['resultType'];
      if (state !== 'NOT_READY') {
        const results = page['results'] as Fields;
        columns ??= (results['columns'] as readonly Fields[]).map((c) => ({
          name: String(c['name']),
          type: typeText(c['logicalType'] as Fields),
        }));
        jobId ??= page['jobID'] as string | undefined;
        isQuery = page['isQueryResult'] === true;
        const found = (results['data'] as readonly Fields[]).map((row) => ({
          kind: KINDS[String(row['kind'])] ?? String(row['kind']),
          fields: row['fields'] as readonly ExactJson[],
        }));
        if (limits.onRows) limits.onRows(found, columns);
        else for (const row of found) rows.push(row);
        if (state === 'EOS') break;
        path = page['nextResultUri'] as string | undefined;
        if (found.length > 0 && rows.length < most) continue;
      }
      if (rows.length >= most || Date.now() > deadline) {
        return { columns: columns ?? [], rows: rows.slice(0, most), jobId, isQuery, complete: false };
      }
      await sleep(20);
    }
    return { columns: columns ?? [], rows, jobId, isQuery, complete: true };
  }
}

const STRING_LENGTH = '2147483647';
const SIMPLE: Readonly<Record<string, string>> = { INTEGER: 'INT' };
const WITH_PRECISION: Readonly<Record<string, string>> = {
  TIME_WITHOUT_TIME_ZONE: 'TIME',
  TIMESTAMP_WITHOUT_TIME_ZONE: 'TIMESTAMP',
  TIMESTAMP_WITH_LOCAL_TIME_ZONE: 'TIMESTAMP_LTZ',
};

function bareType(type: Fields): string {
  const root = String(type['type']);
  const number = (name: string): string => (type[name] instanceof ExactNumber ? type[name].text : '0');
  const nested = (name: string): string => typeText(type[name] as Fields);
  switch (root) {
    case 'CHAR':
    case 'BINARY':
      return `${root}(${number('length')})`;
    case 'VARCHAR':
      return number('length') === STRING_LENGTH ? 'STRING' : `VARCHAR(${number('length')})`;
    case 'VARBINARY':
      return number('length') === STRING_LENGTH ? 'BYTES' : `VARBINARY(${number('length')})`;
    case 'DECIMAL':
      return `DECIMAL(${number('precision')}, ${number('scale')})`;
    case 'ARRAY':
    case 'MULTISET':
      return `${root}<${nested('elementType')}>`;
    case 'MAP':
      return `MAP<${nested('keyType')}, ${nested('valueType')}>`;
    case 'ROW':
      return `ROW<${(type['fields'] as readonly Fields[]).map((f) => `\`${String(f['name'])}\` ${typeText(f['fieldType'] as Fields)}`).join(', ')}>`;
    default: {
      const timed = WITH_PRECISION[root];
      return timed === undefined ? (SIMPLE[root] ?? root) : `${timed}(${number('precision')})`;
    }
  }
}

/** A type of the gateway's JSON in the words of Flink's summary strings. */
export function typeText(type: Fields): string {
  return bareType(type) + (type['nullable'] === false ? ' NOT NULL' : '');
}
