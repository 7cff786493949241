import { performance } from 'node:perf_hooks';
import { EmbeddedSession } from '@streamcell/runtime/session/index';
import type { Session, Statement } from '@streamcell/runtime/session/session';
import { rowKindName } from '@streamcell/runtime/types/index';
import { writeExactJson } from '../../cluster/exact-json.js';
import { gatewayJson } from '../../conformance/boxed-values.js';
import { canonicalField } from './canonical-field.js';
import { ResultFold } from './fold.js';
import { type Query, tables } from './queries.js';

/** The embedded engine in this process: one warm session, a new one per query for its tables. */
export class EngineSide {
  constructor(
    private readonly directory: string,
    private readonly parallelism: number,
  ) {}

  /** Wall time from `execute` of the INSERT to its end. */
  async time(query: Query): Promise<number> {
    const session = await this.session(query);
    try {
      const started = performance.now();
      await this.last(session, query.insert, async (statement) => {
        await statement.done;
      });
      return performance.now() - started;
    } finally {
      await session.close();
    }
  }

  async result(query: Query, directory: string): Promise<{ readonly rows: number; readonly hash: string }> {
    const session = await this.session(query, directory);
    try {
      let fold = new ResultFold(null);
      await this.last(session, query.select, async (statement) => {
        const { columns, view } = statement;
        const named = query.key?.map((name) => columns.findIndex((column) => column.name === name));
        // An upsert changelog comes without -U; its key tells what a row replaces.
        const positions = named ?? (statement.changelog === 'upsert' ? statement.upsertKey : null);
        if (positions) fold = new ResultFold((fields) => positions.map((at) => fields[at]).join('\u0001'));
        const reading = (async () => {
          for await (const run of view?.changes() ?? []) {
            for (const row of run) {
              const fields = columns.map((column, i) =>
                canonicalField(writeExactJson(gatewayJson(column.type, row.fields[i] ?? null))),
              );
              fold.add(rowKindName(row.kind), fields);
            }
          }
        })();
        await Promise.all([statement.done, reading]);
      });
      return fold.result();
    } finally {
      await session.close();
    }
  }

  private async session(query: Query, directory = this.directory): Promise<Session> {
    const session = new EmbeddedSession();
    const setup = `SET 'table.local-time-zone' = 'UTC';\n${await tables(directory)}\n${query.setup}`;
    await this.last(session, setup, async (statement) => {
      await statement.done;
    });
    return session;
  }

  private async last(session: Session, text: string, use: (statement: Statement) => Promise<void>): Promise<void> {
    for await (const statement of session.execute(text, { mode: 'table', parallelism: this.parallelism }))
      await use(statement);
  }
}
