import { expect, jest, test } from '@jest/globals';
import type { Session, Statement } from '@streamcell/runtime/session/session';
import { alone } from '../sql/cell-harness.js';
import { CatalogWatch } from './catalog-watch.js';

test('declarations that come too late for one cell are there for the next', async () => {
  jest.useFakeTimers();
  try {
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const session = {
      async *execute(): AsyncGenerator<Statement> {
        await answered;
        yield* [];
      },
    };
    const watch = new CatalogWatch(alone(session as unknown as Session));
    const first = watch.declarations();
    await jest.advanceTimersByTimeAsync(2000);
    expect(await first).toBeNull();
    answer();
    await jest.advanceTimersByTimeAsync(0);
    expect(await watch.declarations()).toContain('interface StreamcellCatalog');
    // Once is enough.
    expect(await watch.declarations()).toBeNull();
    watch.changed();
    expect(await watch.declarations()).toContain('interface StreamcellCatalog');
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});
