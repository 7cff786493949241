import { describe, expect, test } from '@jest/globals';
import { aggregateNames } from '../expressions/index.js';
import { EmbeddedSession } from './embedded-session.js';
import { expressionFunctions, signatureOf, windowFunctions } from './function-help.js';

/** Made by the planner from others, and never written. */
const INTERNAL = /^\$|_ON_NULL$|^SINGLE_VALUE$/;

describe('help of functions', () => {
  test('there is one for every function that can be written', () => {
    const written = [...aggregateNames()].filter((name) => !INTERNAL.test(name));
    expect(expressionFunctions()).toEqual(expect.arrayContaining(written));
    for (const name of [...expressionFunctions(), ...windowFunctions()]) {
      expect(signatureOf(name)).toMatch(/\S/);
    }
    expect(signatureOf('NO_SUCH')).toBeUndefined();
    expect(signatureOf('toString')).toBeUndefined();
  });

  test('completion offers them where they may stand, SHOW FUNCTIONS lists them', async () => {
    const session = new EmbeddedSession();
    try {
      const offered = async (text: string): Promise<string[]> =>
        (await session.complete(text, text.length)).map((c) => `${c.text} ${c.detail ?? ''}`);
      expect(await offered('SELECT COUN')).toEqual(['COUNT COUNT(*), COUNT([ DISTINCT ] value)']);
      expect(await offered('SELECT * FROM TABLE(TUM')).toEqual([
        'TUMBLE TUMBLE(TABLE t, DESCRIPTOR(time), size [, offset ])',
      ]);
      expect(await offered('SELECT TUMB')).toEqual([]);
      for await (const statement of session.execute("SHOW FUNCTIONS LIKE 'count'")) {
        expect((await statement.view?.snapshot())?.map((r) => r.fields)).toEqual([['count']]);
      }
    } finally {
      await session.close();
    }
  });
});
