import { describe, expect, test } from '@jest/globals';
import type { Poll, SourceReader } from '../connectors/connector.js';
import { simpleEnvironment } from '../expressions/index.js';
import { batchFromRows, INSERT, TIMESTAMP, Timestamp, type Schema } from '../types/index.js';
import { newOperatorMetrics } from './metrics.js';
import { SourceDriver } from './source-driver.js';

const SCHEMA: Schema = [{ name: 'ts', type: TIMESTAMP(3, true, 'rowtime') }];

/** A reader that gives what the test tells it to. */
class ScriptedReader implements SourceReader {
  readonly metrics = { records: 0, bytes: 0, malformed: 0, lag: null };
  readonly polls: Poll[] = [];
  constructor(readonly current: string[]) {}
  async open(): Promise<void> {}
  splits(): readonly string[] {
    return this.current;
  }
  poll(): Poll {
    return this.polls.shift() ?? { kind: 'empty' };
  }
  async ready(): Promise<void> {}
  snapshotOffsets(): [] {
    return [];
  }
  async close(): Promise<void> {}
}

class Bench {
  readonly events: string[] = [];
  readonly reader: ScriptedReader;
  readonly driver: SourceDriver;
  now = 0;

  constructor(splits: string[], timing: { watermarkInterval: number; idleTimeout: number }) {
    this.reader = new ScriptedReader(splits);
    const node = {
      op: 'source',
      id: 1,
      table: 't',
      connector: 'scripted',
      tableOptions: {},
      physicalSchema: SCHEMA,
      columns: [],
      primaryKey: [],
      partitionKeys: [],
      bounded: false,
      watermark: { rowtime: 0, expression: { kind: 'input', type: TIMESTAMP(3), index: 0 } },
      limit: null,
    } as const;
    this.driver = new SourceDriver(
      node,
      'Source(t)',
      this.reader,
      {
        batch: (batch) => this.events.push(`rows ${batch.length}`),
        watermark: (time) => this.events.push(`watermark ${time}`),
        idle: (idle) => this.events.push(idle ? 'idle' : 'active'),
        end: () => this.events.push('end'),
      },
      newOperatorMetrics(),
      SCHEMA.map((c) => c.type),
      simpleEnvironment(),
      timing,
      () => this.now,
    );
  }

  rows(split: string, ...times: number[]): void {
    const rows = times.map((t) => ({ kind: INSERT, fields: [new Timestamp(t)] }) as const);
    this.reader.polls.push({ kind: 'batch', split, batch: batchFromRows([TIMESTAMP(3)], rows) });
    this.driver.step();
  }

  at(now: number): void {
    this.now = now;
    this.driver.tick(now);
  }

  /** What happened since the last look. */
  seen(): string[] {
    return this.events.splice(0);
  }
}

describe('watermarks of a source', () => {
  test('come by the interval, as the minimum over splits', async () => {
    const bench = new Bench(['a', 'b'], { watermarkInterval: 200, idleTimeout: 0 });
    await bench.driver.open(null);
    bench.rows('a', 5000, 3000);
    bench.at(200);
    expect(bench.seen()).toEqual(['rows 2']);
    bench.rows('b', 4000);
    bench.at(300);
    expect(bench.seen()).toEqual(['rows 1']);
    bench.at(400);
    expect(bench.seen()).toEqual(['watermark 4000']);
    bench.rows('b', 4500, 1000);
    bench.at(600);
    expect(bench.seen()).toEqual(['rows 2', 'watermark 4500']);
  });

  test('a split without rows for the timeout is idle, and holds nothing back until it has rows again', async () => {
    const bench = new Bench(['a', 'b'], { watermarkInterval: 100, idleTimeout: 1000 });
    await bench.driver.open(null);
    bench.rows('a', 1000);
    bench.rows('b', 500);
    bench.at(100);
    expect(bench.seen()).toEqual(['rows 1', 'rows 1', 'watermark 500']);
    bench.now = 900;
    bench.rows('a', 9000);
    bench.at(1100);
    bench.at(1200);
    expect(bench.seen()).toEqual(['rows 1', 'watermark 9000']);
    bench.at(1901);
    expect(bench.seen()).toEqual(['idle']);
    bench.rows('b', 9500);
    expect(bench.seen()).toEqual(['active', 'rows 1']);
    bench.at(2001);
    expect(bench.seen()).toEqual(['watermark 9500']);
  });

  test('a split at its end counts no longer; the end of all brings the maximum', async () => {
    const bench = new Bench(['a', 'b'], { watermarkInterval: 100, idleTimeout: 0 });
    await bench.driver.open(null);
    bench.rows('a', 1000);
    bench.rows('b', 7000);
    bench.reader.current.shift();
    bench.reader.polls.push({ kind: 'splitEnd', split: 'a' });
    bench.driver.step();
    bench.at(100);
    expect(bench.seen()).toEqual(['rows 1', 'rows 1', 'watermark 7000']);
    bench.reader.polls.push({ kind: 'end' });
    bench.driver.step();
    expect(bench.seen()).toEqual([`watermark ${Number.MAX_SAFE_INTEGER}`, 'end']);
  });

  test('a subtask without splits is idle at once', async () => {
    const bench = new Bench([], { watermarkInterval: 100, idleTimeout: 0 });
    await bench.driver.open(null);
    bench.at(1);
    expect(bench.seen()).toEqual(['idle']);
  });

  test('after a restore, event time stands where it stood', async () => {
    const first = new Bench(['a'], { watermarkInterval: 100, idleTimeout: 0 });
    await first.driver.open(null);
    first.rows('a', 5000);
    first.at(100);
    const second = new Bench(['a'], { watermarkInterval: 100, idleTimeout: 0 });
    await second.driver.open([first.driver.snapshot()]);
    second.driver.resume();
    expect(second.seen()).toEqual(['watermark 5000']);
    second.rows('a', 4000);
    second.at(100);
    expect(second.seen()).toEqual(['rows 1']);
  });
});
