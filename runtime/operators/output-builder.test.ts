import { describe, expect, test } from '@jest/globals';
import { RowStore } from '../state/row-store.js';
import {
  BIGINT,
  DECIMAL,
  INT,
  STRING,
  batchFromRows,
  rowsFromBatch,
  type ChangelogRow,
  type DataType,
} from '../types/index.js';
import { UNCONNECTED } from './operator.js';
import { NULLS, OutputBuilder, passing } from './output-builder.js';

const LEFT: DataType[] = [INT(), STRING(), DECIMAL(30, 0)];
const RIGHT: DataType[] = [STRING()];

function collect(types: DataType[]) {
  const rows: ChangelogRow[] = [];
  return {
    rows,
    output: () => ({
      ...UNCONNECTED,
      batch: (b: Parameters<typeof UNCONNECTED.batch>[0]) => void rows.push(...rowsFromBatch(types, b)),
    }),
  };
}

describe('OutputBuilder', () => {
  test('puts stored rows, passing rows and NULLs side by side, with computed columns behind', () => {
    const types = [...LEFT, ...RIGHT, BIGINT()];
    const { rows, output } = collect(types);
    const store = new RowStore(LEFT);
    const old = batchFromRows(LEFT, [
      { kind: 0, fields: [1, 'älter', 10n ** 25n] },
      { kind: 0, fields: [2, null, 1n] },
    ]);
    const ids = new Int32Array(2);
    store.addRows(old.columns, null, 2, ids);
    const now = batchFromRows(LEFT, [{ kind: 0, fields: [3, 'new', 5n] }]);
    const right = batchFromRows(RIGHT, [{ kind: 0, fields: ['r'] }]);
    const builder = new OutputBuilder([LEFT, RIGHT], [BIGINT()], output);
    builder.bind(0, store.columns, now.columns);
    builder.bind(1, null, right.columns);
    builder.addPair(0, ids[0], passing(0));
    builder.compute(0, 1);
    builder.addPair(1, ids[1], NULLS);
    builder.compute(0, 2);
    builder.addPair(2, passing(0), passing(0));
    builder.compute(0, 3);
    builder.addPair(3, NULLS, passing(0));
    builder.compute(0, 4);
    builder.flush();
    expect(rows).toEqual([
      { kind: 0, fields: [1, 'älter', 10n ** 25n, 'r', 1n] },
      { kind: 1, fields: [2, null, 1n, null, 2n] },
      { kind: 2, fields: [3, 'new', 5n, 'r', 3n] },
      { kind: 3, fields: [null, null, null, 'r', 4n] },
    ]);
  });

  test('cuts long output into batches, and forgets nulls and kinds between them', () => {
    const { rows, output } = collect([INT()]);
    const builder = new OutputBuilder([[INT()]], [], output);
    const source = batchFromRows([INT()], [{ kind: 0, fields: [7] }]);
    builder.bind(0, null, source.columns);
    builder.add(1, NULLS);
    for (let i = 0; i < 10_000; i++) builder.add(0, passing(0));
    builder.flush();
    builder.flush();
    expect(rows.length).toBe(10_001);
    expect(rows[0]).toEqual({ kind: 1, fields: [null] });
    expect(rows[10_000]).toEqual({ kind: 0, fields: [7] });
    expect(rows.slice(1).every((r) => r.kind === 0 && r.fields[0] === 7)).toBe(true);
  });
});
