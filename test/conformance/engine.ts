import { EmbeddedSession } from '@streamcell/runtime/session/index';
import type { Session } from '@streamcell/runtime/session/session';
import { type ChangelogRow, type Schema, StreamcellError } from '@streamcell/runtime/types/index';

/** What the engine did with a script: the result of its last statement, or how it failed. */
export type Outcome =
  | {
      readonly state: 'done';
      readonly columns: Schema;
      readonly changes: readonly ChangelogRow[];
      readonly zone: string;
    }
  | { readonly state: 'failed'; readonly error: StreamcellError };

const LIMIT_MILLIS = 30_000;

/**
 * Runs scripts on the embedded engine, through the Session interface alone. One runner is one session: what a script creates stays until
 * `close`.
 */
export class EngineRunner {
  private constructor(private readonly session: Session) {}

  static open(): EngineRunner {
    return new EngineRunner(new EmbeddedSession());
  }

  /** Every change of the last statement, in order. A statement that has not ended in time fails the script. */
  async run(script: string): Promise<Outcome> {
    let columns: Schema = [];
    let changes: ChangelogRow[] = [];
    try {
      for await (const statement of this.session.execute(script, { mode: 'changelog', parallelism: 1 })) {
        const seen: ChangelogRow[] = [];
        const reading = (async () => {
          for await (const run of statement.view?.changes() ?? []) seen.push(...run);
        })();
        const late = setTimeout(() => void statement.cancel(), LIMIT_MILLIS);
        const [end] = await Promise.all([statement.done, reading]).finally(() => clearTimeout(late));
        if (end.state !== 'finished') {
          return {
            state: 'failed',
            error: new StreamcellError('INTERNAL', `not at its end after ${LIMIT_MILLIS} ms: ${statement.text}`),
          };
        }
        columns = statement.columns;
        changes = seen;
      }
      const zone = (await this.session.options())['table.local-time-zone'] ?? 'UTC';
      return { state: 'done', columns, changes, zone };
    } catch (error) {
      return { state: 'failed', error: StreamcellError.from(error) };
    }
  }

  /** Parses only. */
  async parse(text: string): Promise<Outcome> {
    try {
      await this.session.explain(text, 'ast');
      return { state: 'done', columns: [], changes: [], zone: 'UTC' };
    } catch (error) {
      return { state: 'failed', error: StreamcellError.from(error) };
    }
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

export function sqlString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function setOptions(options: Readonly<Record<string, string>>): string {
  return Object.entries(options)
    .map(([key, value]) => `SET ${sqlString(key)} = ${sqlString(value)};\n`)
    .join('');
}
