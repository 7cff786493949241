import { expect, test } from '@jest/globals';
import { CellFailures } from './cell-failures.js';

test('causes are told, also when an error is its own in the end', () => {
  const failures = new CellFailures();
  const inner = new RangeError('too far');
  const outer = new Error('it did not work', { cause: inner });
  expect(failures.failure(outer, null, null).traceback.join('\n')).toMatch(
    /^Error: it did not work\n[\s\S]*Caused by RangeError: too far/,
  );
  inner.cause = outer;
  const { message, traceback } = failures.failure(outer, null, null);
  expect(message).toBe('it did not work');
  expect(traceback.join('\n').match(/Caused by/g)).toHaveLength(1);
});
