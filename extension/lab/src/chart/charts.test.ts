import { describe, expect, test } from '@jest/globals';
import { automaticChart } from './automatic-chart.js';
import { RowDiffer } from './row-differ.js';

const columns = (...types: [string, string][]) => types.map(([name, type]) => ({ name, type }));

describe('charts', () => {
  test('a result without a chart of its own gets one', () => {
    expect(automaticChart(columns(['w', 'TIMESTAMP(3)'], ['c', 'STRING'], ['n', 'BIGINT NOT NULL']))).toEqual({
      mark: 'line',
      x: 'w',
      y: 'n',
      color: 'c',
    });
    expect(automaticChart(columns(['c', 'STRING'], ['n', 'INT']))).toEqual({ mark: 'bar', x: 'c', y: 'n' });
    expect(automaticChart(columns(['a', 'INT'], ['b', 'DOUBLE']))).toEqual({ mark: 'point', x: 'a', y: 'b' });
    expect(automaticChart(columns(['a', 'INT']))).toBeNull();
    expect(automaticChart(columns(['w', 'DATE'], ['c', 'STRING']))).toBeNull();
  });

  test('only what has changed is drawn', () => {
    const differ = new RowDiffer();
    const a = { x: 1, y: 1 };
    const b = { x: 2, y: 1 };
    expect(differ.next([a, b]).insert).toEqual([a, b]);
    const next = differ.next([
      { x: 1, y: 1 },
      { x: 2, y: 5 },
    ]);
    expect(next.insert).toEqual([{ x: 2, y: 5 }]);
    expect([...next.remove]).toEqual([b]);
    // The very object, for that is what Vega knows.
    expect([...next.remove][0]).toBe(b);
    expect(
      differ.next([
        { x: 1, y: 1 },
        { x: 2, y: 5 },
      ]),
    ).toEqual({ insert: [], remove: new Set() });
    expect([...differ.next([]).remove][0]).toBe(a);
  });

  test('equal points are as many as there are', () => {
    const differ = new RowDiffer();
    expect(differ.next([{ y: 1 }, { y: 1 }, { y: 1 }]).insert).toHaveLength(3);
    expect(differ.next([{ y: 1 }]).remove.size).toBe(2);
  });
});
