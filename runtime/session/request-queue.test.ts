import { describe, expect, test } from '@jest/globals';
import { RequestQueue } from './request-queue.js';

/** Serves when it is told to. */
class Slow {
  readonly begun: number[] = [];
  private readonly ends: (() => void)[] = [];

  serve(request: number): Promise<void> {
    this.begun.push(request);
    return new Promise((resolve) => this.ends.push(resolve));
  }

  async answer(): Promise<void> {
    this.ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('requests of one connection', () => {
  test('are served 64 at once, others in order, and beyond that refused', async () => {
    const slow = new Slow();
    const queue = new RequestQueue<number>((n) => slow.serve(n));
    const taken = Array.from({ length: 1100 }, (_, n) => queue.take(n, 10));
    expect(slow.begun).toEqual(Array.from({ length: 64 }, (_, n) => n));
    expect(taken.indexOf(false)).toBe(1064);
    await slow.answer();
    await slow.answer();
    expect(slow.begun.slice(64)).toEqual([64, 65]);
    expect(queue.take(2000, 10)).toBe(true);
    queue.clear();
    await slow.answer();
    expect(slow.begun).toHaveLength(66);
  });

  test('that wait are bounded in length', async () => {
    const slow = new Slow();
    const queue = new RequestQueue<number>((n) => slow.serve(n));
    for (let n = 0; n < 64; n++) queue.take(n, 8 << 20);
    expect([5 << 20, 2 << 20, 2 << 20].map((size, n) => queue.take(n, size))).toEqual([true, true, false]);
    await slow.answer();
    expect(queue.take(9, 5 << 20)).toBe(true);
  });
});
