import { describe, expect, test } from '@jest/globals';
import { readCases } from './case-file.js';
import { judgeCases } from './judge-cases.js';
import type { Verdict } from './verdict.js';

describe('the engine does what Flink did', () => {
  test('there are cases, and each has its golden', async () => {
    expect((await readCases()).length).toBeGreaterThanOrEqual(120);
  });

  test('no case of ours is wrong', async () => {
    const wrong: Verdict[] = [];
    let right = 0;
    for await (const verdict of judgeCases(() => true)) {
      if (verdict.verdict === 'wrong') wrong.push(verdict);
      else if (verdict.verdict === 'right') right++;
    }
    expect(wrong.map(({ name, detail }) => `${name}: ${detail}`)).toEqual([]);
    expect(right).toBeGreaterThan(0);
  }, 300_000);
});
