import { writeExactJson } from '../../cluster/exact-json.js';
import { FlinkCluster } from '../../cluster/flink.js';
import { JobManagerClient } from '../../cluster/job-manager-client.js';
import { GatewayError, type GatewaySession, SqlGatewayClient } from '../../cluster/sql-gateway-client.js';
import { splitStatements } from '../../cluster/sql-script.js';
import { canonicalField } from './canonical-field.js';
import { ResultFold } from './fold.js';
import { type Query, tables } from './queries.js';

const MODES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  default: {},
  'mini-batch': {
    'table.exec.mini-batch.enabled': 'true',
    'table.exec.mini-batch.allow-latency': '2 s',
    'table.exec.mini-batch.size': '50000',
  },
};

export interface FlinkTiming {
  readonly mode: string;
  readonly millis: number;
}

/** Real Flink, parallelism 2. */
export class FlinkSide {
  private readonly cluster = new FlinkCluster({ slots: 4, taskHeapMegabytes: 3072 });
  private client = new SqlGatewayClient('');
  private jobs = new JobManagerClient('');

  constructor(private readonly directory: string) {}

  async start(): Promise<void> {
    await this.cluster.start();
    this.client = new SqlGatewayClient(this.cluster.gatewayUrl);
    this.jobs = new JobManagerClient(this.cluster.restUrl);
  }

  stop(): Promise<void> {
    return this.cluster.stop();
  }

  /** The time of the job itself, RUNNING to FINISHED: neither planning nor submission nor the gateway is in it. Best of both modes. */
  async time(query: Query): Promise<FlinkTiming> {
    const timings: FlinkTiming[] = [];
    for (const [mode, options] of Object.entries(MODES)) {
      const session = await this.session(query, options);
      try {
        const { jobId, rows } = await session.execute(query.insert);
        const id = jobId ?? String(rows[0]?.fields[0]);
        timings.push({ mode, millis: await this.jobs.finishedMillis(id, 1_800_000) });
      } finally {
        await session.close();
      }
    }
    return timings.reduce((best, timing) => (timing.millis < best.millis ? timing : best));
  }

  /** The materialised result over the events of a directory. */
  async result(query: Query, directory: string): Promise<{ readonly rows: number; readonly hash: string }> {
    const session = await this.session(query, {}, directory);
    try {
      let fold: ResultFold | undefined;
      await session.execute(query.select, {
        millis: 1_800_000,
        onRows(rows, columns) {
          const positions = query.key?.map((name) => columns.findIndex((column) => column.name === name));
          fold ??= new ResultFold(positions ? (fields) => positions.map((at) => fields[at]).join('\u0001') : null);
          for (const row of rows)
            fold.add(
              row.kind,
              row.fields.map((field) => canonicalField(writeExactJson(field))),
            );
        },
      });
      return fold?.result() ?? { rows: 0, hash: '0' };
    } finally {
      await session.close();
    }
  }

  private async session(
    query: Query,
    options: Readonly<Record<string, string>>,
    directory = this.directory,
  ): Promise<GatewaySession> {
    const session = await this.client.openSession({
      'parallelism.default': '2',
      'table.local-time-zone': 'UTC',
      ...options,
    });
    for (const statement of splitStatements(`${await tables(directory)}\n${query.setup}`)) {
      try {
        await session.execute(statement);
      } catch (error) {
        throw error instanceof GatewayError ? new Error(`${query.name} on Flink: ${error.message}`) : error;
      }
    }
    return session;
  }
}
