import { describe, expect, jest, test } from '@jest/globals';
import { OutputGate } from './output-gate.js';

/** One message more than may be under way. */
const MUCH = 'x'.repeat(9 * 1024 * 1024);

describe('OutputGate', () => {
  const post = (totals: bigint[]) => (total: bigint) => void totals.push(total);

  test('numbers what is said by its size, of any kind', () => {
    const gate = new OutputGate();
    const totals: bigint[] = [];
    for (const content of [
      'x'.repeat(5000),
      { 'text/plain': 'x'.repeat(5000) },
      { 'application/json': ['x'.repeat(5000)] },
      {},
    ])
      gate.pass(content, post(totals));
    const sizes = totals.map((total, at) => Number(total - (totals[at - 1] ?? 0n)));
    expect(sizes[0]).toBeGreaterThan(5000);
    expect(sizes[1]).toBeGreaterThan(5000);
    expect(sizes[2]).toBeGreaterThan(5000);
    expect(sizes[3]).toBeGreaterThan(0);
  });

  test('holds back until enough was sent', () => {
    const gate = new OutputGate();
    const totals: bigint[] = [];
    gate.pass(MUCH, post(totals));
    const other = new OutputGate(gate.shared);
    let waits = 0;
    const sleep = jest.spyOn(Atomics, 'wait').mockImplementation(() => {
      if (++waits === 3) other.leave(totals[0] ?? 0n);
      return 'timed-out';
    });
    gate.pass('next', post(totals));
    sleep.mockRestore();
    expect(waits).toBe(3);
    expect(totals).toHaveLength(2);
  });

  test('what was ended on its way counts no more', () => {
    const gate = new OutputGate();
    const totals: bigint[] = [];
    const ended = (): void => {
      throw new Error('terminated');
    };
    for (let n = 0; n < 5; n++) expect(() => gate.pass(MUCH, ended)).toThrow('terminated');
    gate.pass('next', post(totals));
    expect(totals[0]).toBeLessThan(10_000n);
  });
});
