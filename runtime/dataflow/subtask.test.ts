import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BIGINT, INT, STRING, TIMESTAMP, type Schema } from '../types/index.js';
import { JobHarness, materialized, planOf, resultSink, valuesSource, type NodeSketch } from './job-harness.js';

const AB: Schema = [
  { name: 'a', type: INT() },
  { name: 'b', type: STRING() },
];
const COUNTS: Schema = [
  { name: 'a', type: INT() },
  { name: 'n', type: BIGINT(false) },
];

function countBy(id: number, keys: readonly number[], schema: Schema): NodeSketch {
  return {
    id,
    op: 'groupAggregate',
    schema,
    keys,
    aggregates: [
      { fn: 'COUNT', args: [], argTypes: [], distinct: false, filter: null, type: BIGINT(false), name: 'n' },
    ],
    inputRetracts: false,
    ttl: 0,
    distribution: [keys.length > 0 ? { kind: 'hash', keys } : { kind: 'single' }],
    label: 'GroupAggregate',
    upsertKeys: [keys.map((_, i) => i)],
  };
}

const input = (i: number, type = INT()): Record<string, unknown> => ({ kind: 'input', type, index: i });

describe('a subtask', () => {
  test('rows go from source to result, through a calc', async () => {
    const calc: NodeSketch = {
      id: 2,
      op: 'calc',
      schema: [{ name: 'a', type: INT() }],
      condition: {
        kind: 'call',
        fn: '>',
        args: [input(0), { kind: 'literal', type: INT(false), value: 1 }],
        type: { root: 'BOOLEAN', nullable: true },
      },
      projections: [input(0)],
    };
    const job = new JobHarness(
      planOf([
        valuesSource(1, AB, [
          [1, 'x'],
          [2, 'y'],
          [3, null],
        ]),
        calc,
        resultSink(3, calc.schema),
      ]),
    );
    expect(await job.run()).toEqual(['+I 2', '+I 3']);
    expect(job.errors).toEqual([]);
    expect(job.result.state).toBe('finished');
    expect(job.metrics(1)).toMatchObject({ rowsIn: 3, rowsOut: 2 });
  });

  test('the same counts come from one subtask and from two', async () => {
    const rows = Array.from({ length: 500 }, (_, i) => [i % 37, `s${i % 5}`]);
    const sketches = [
      valuesSource(1, AB, rows, { options: { splits: '3', 'batch-size': '16' } }),
      countBy(2, [0], COUNTS),
      resultSink(3, COUNTS),
    ];
    const one = await new JobHarness(planOf(sketches)).run();
    const two = new JobHarness(planOf(sketches, { parallelism: 2 }));
    const lines = await two.run();
    expect(two.errors).toEqual([]);
    expect(materialized(lines)).toEqual(materialized(one));
    expect(materialized(one)).toHaveLength(37);
  });

  test('a subtask that waits listens to its doorbell once, however often its wait is over', async () => {
    const job = new JobHarness(
      planOf(
        [
          valuesSource(1, AB, [[1, 'x']], { options: { 'sleep-after': '1', 'sleep-time': '60 s' } }),
          countBy(2, [0], COUNTS),
          resultSink(3, COUNTS),
        ],
        { parallelism: 2 },
      ),
    );
    const listeners: number[] = [];
    for (let k = 0; k < 5; k++) {
      await new Promise((resolve) => setTimeout(resolve, 350));
      // The bell as such is left alone: who is woken so finds nothing, and waits again.
      listeners.push(Atomics.notify(job.doorbells, 0), Atomics.notify(job.doorbells, 1));
    }
    job.send({ type: 'cancel' });
    await job.ended;
    expect(Math.max(...listeners)).toBe(1);
    expect(job.errors).toEqual([]);
  });

  test('a global aggregate gathers from both subtasks', async () => {
    const schema: Schema = [{ name: 'n', type: BIGINT(false) }];
    const rows = Array.from({ length: 100 }, (_, i) => [i, 'x']);
    const job = new JobHarness(
      planOf([valuesSource(1, AB, rows, { options: { splits: '2' } }), countBy(2, [], schema), resultSink(3, schema)], {
        parallelism: 2,
      }),
    );
    expect(materialized(await job.run())).toEqual(['1 100']);
  });
});

describe('event time', () => {
  const TS: Schema = [
    { name: 'a', type: INT() },
    { name: 'ts', type: TIMESTAMP(3, true, 'rowtime') },
  ];
  const watermark = { rowtime: 1, expression: { kind: 'input', type: TIMESTAMP(3), index: 1 } };

  test('bounded input ends with the maximal watermark', async () => {
    const job = new JobHarness(
      planOf([valuesSource(1, TS, [[1, '2020-01-01 00:00:00']], { watermark }), resultSink(2, TS)]),
    );
    await job.run();
    expect(job.errors).toEqual([]);
    expect(job.result.watermarks).toEqual([Number.MAX_SAFE_INTEGER]);
  });

  test('the watermark is the lowest of the active splits', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => [i, `1970-01-01 00:00:${String(i).padStart(2, '0')}`]);
    const plan = planOf(
      [
        valuesSource(1, TS, rows, {
          watermark,
          options: { splits: '2', 'batch-size': '1', 'sleep-after': '6', 'sleep-time': '10 ms' },
        }),
        resultSink(2, TS),
      ],
      {
        watermarkInterval: 1,
      },
    );
    const job = new JobHarness(plan);
    await job.run();
    // When both splits pause, one has come to 10 s, the other to 11 s.
    expect(job.result.watermarks[0]).toBe(10_000);
    expect(job.result.watermarks.at(-1)).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('a null rowtime passes where the source makes the watermarks', async () => {
    const job = new JobHarness(
      planOf([valuesSource(1, TS, [[1, null]], { watermark, label: 'Source(t1)' }), resultSink(2, TS)]),
    );
    await job.run();
    expect(job.errors).toEqual([]);
    expect(job.result.state).toBe('finished');
  });
});

describe('the end', () => {
  test('a failing operator fails every subtask, by name', async () => {
    const calc: NodeSketch = {
      id: 2,
      op: 'calc',
      schema: [{ name: 'a', type: INT() }],
      condition: null,
      projections: [
        { kind: 'call', fn: '/', args: [{ kind: 'literal', type: INT(false), value: 1 }, input(0)], type: INT() },
      ],
      label: 'Calc(1 / a)',
    };
    const job = new JobHarness(
      planOf([valuesSource(1, AB, [[0, 'x']]), calc, resultSink(3, calc.schema)], { parallelism: 2 }),
    );
    await job.run();
    expect(job.errors).toMatchObject([{ code: 'DIVISION_BY_ZERO', operator: 'Calc(1 / a)' }]);
  });

  test('cancel stops an unbounded job', async () => {
    const job = new JobHarness(
      planOf([valuesSource(1, AB, [[1, 'x']], { bounded: false, options: { bounded: 'false' } }), resultSink(2, AB)]),
    );
    await new Promise<void>((resolve) => (job.result.onBatch = resolve));
    job.send({ type: 'cancel' });
    await job.ended;
    expect(job.result.state).toBe('cancelled');
    expect(job.lines()).toEqual(['+I 1 x']);
  });

  test('drain ends an unbounded job as if its input were bounded', async () => {
    const job = new JobHarness(
      planOf([valuesSource(1, AB, [[1, 'x']], { bounded: false, options: { bounded: 'false' } }), resultSink(2, AB)]),
    );
    await new Promise<void>((resolve) => (job.result.onBatch = resolve));
    job.send({ type: 'drain' });
    await job.ended;
    expect(job.result.state).toBe('finished');
    expect(job.result.watermarks).toEqual([Number.MAX_SAFE_INTEGER]);
  });
});

describe('checkpoints', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'streamcell-test-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test('taken where a union has a source twice: as it is, and what an aggregate makes of it', async () => {
    const calc: NodeSketch = {
      id: 3,
      op: 'calc',
      schema: COUNTS,
      inputs: [1],
      condition: null,
      projections: [input(0), { kind: 'literal', type: BIGINT(false), value: 0n }],
      distribution: [{ kind: 'any' }],
    };
    const any = { kind: 'any' } as const;
    const union: NodeSketch = { id: 4, op: 'union', schema: COUNTS, inputs: [3, 2], distribution: [any, any] };
    const rows = [1, 2, 3].map((a) => [a, 'x']);
    const source = valuesSource(1, AB, rows, { bounded: false, options: { bounded: 'false' } });
    const job = new JobHarness(
      planOf(
        [source, { ...countBy(2, [0], COUNTS), inputs: [1] }, calc, union, { ...resultSink(5, COUNTS), inputs: [4] }],
        { parallelism: 2 },
      ),
      { checkpoints: directory },
    );
    await job.checkpoint();
    job.send({ type: 'drain' });
    expect(materialized(await job.run())).toEqual(['1 1 0', '1 1 1', '1 2 0', '1 2 1', '1 3 0', '1 3 1']);
    expect(job.errors).toEqual([]);
  });

  test.each([
    [1, 1],
    [2, 2],
    [1, 2],
    [2, 1],
  ])('taken with %i subtasks and restored with %i, the result is as if nothing had happened', async (before, after) => {
    const rows = Array.from({ length: 3000 }, (_, i) => [i % 101, 'x']);
    const sketches = [
      valuesSource(1, AB, rows, { options: { splits: '2', 'batch-size': '8' } }),
      countBy(2, [0], COUNTS),
      resultSink(3, COUNTS),
    ];
    const whole = materialized(await new JobHarness(planOf(sketches)).run());
    const first = new JobHarness(planOf(sketches, { parallelism: before }), { checkpoints: directory });
    const seen = new Promise<string>((resolve) => {
      let batches = 0;
      first.result.onBatch = () => {
        if (++batches === 20) resolve(first.checkpoint());
      };
    });
    const path = await seen;
    first.send({ type: 'cancel' });
    await first.ended;
    expect(first.errors).toEqual([]);
    const second = new JobHarness(planOf(sketches, { parallelism: after }), { restoreFrom: path });
    const rest = await second.run();
    expect(second.errors).toEqual([]);
    // What was sent before the checkpoint is not sent again; the last state of every key is.
    const last = new Map<string, string>();
    for (const line of [...first.lines(), ...rest]) if (line[0] === '+') last.set(line.split(' ')[1], line.slice(3));
    expect([...last.values()].map((row) => `1 ${row}`).sort()).toEqual(whole);
    expect(rest.length).toBeLessThan(2 * rows.length);
  });
});
