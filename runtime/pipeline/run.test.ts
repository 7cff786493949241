import { describe, expect, test } from '@jest/globals';
import type { ResultView, Session, Statement, StatementEnd } from '../session/session.js';
import { StreamcellError } from '../types/index.js';
import { collectRows } from './run.js';

/** A session with one query, whose result fails as the test says. */
class FailingSession {
  cancelled = 0;

  constructor(private readonly view: Partial<ResultView>) {}

  async *execute(): AsyncGenerator<Statement> {
    const done = new Promise<StatementEnd>(() => undefined);
    const cancel = async (): Promise<void> => void this.cancelled++;
    yield { columns: [], bounded: false, view: this.view, done, cancel } as unknown as Statement;
  }
}

const gone = (): never => {
  throw new StreamcellError('GATEWAY_LOST', 'it is gone');
};

describe('collecting rows', () => {
  test.each<[string, Partial<ResultView>]>([
    ['its changes', { changes: gone }],
    [
      'its status',
      {
        status: async () => gone(),
        changes: async function* () {
          yield [{ kind: 0, fields: [] }];
        },
      },
    ],
  ])('stops the query when %s cannot be read', async (_name, view) => {
    const session = new FailingSession(view);
    const rows = collectRows(session as unknown as Session, 'SELECT 1', { rows: 5 });
    await expect(rows).rejects.toMatchObject({ code: 'GATEWAY_LOST' });
    expect(session.cancelled).toBe(1);
  });
});
