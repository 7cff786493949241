import type { ResultConsumer } from './result-consumer.js';
import type { PhysicalNode, PhysicalPlan, PlanOptions } from '../planner/physical.js';
import {
  changelogText,
  rowsFromBatch,
  type Batch,
  type ChangelogRow,
  type DataType,
  type ErrorData,
  type Schema,
} from '../types/index.js';
import { createRing } from './exchange/ring.js';
import type { FromSubtask, SubtaskCheckpoint, SubtaskConfig, ToSubtask } from './job-protocol.js';
import { layoutOf } from './layout.js';
import type { Tap } from './link.js';
import { withLookupTables } from './lookup-tables.js';
import { MetricsTable, type NodeMetrics } from './metrics.js';
import { planFingerprint } from './plan-fingerprint.js';
import { writeManifest } from './checkpoint-store.js';
import { Subtask } from './subtask.js';

/** Node of a hand-made plan without what tests seldom care about. */
export type NodeSketch = { readonly id: number; readonly op: PhysicalNode['op']; readonly schema: Schema } & Record<
  string,
  unknown
>;

export const PLAN_OPTIONS: PlanOptions = {
  timeZone: 'UTC',
  parallelism: 1,
  stateTtl: 0,
  watermarkInterval: 200,
  idleTimeout: 0,
  memoryLimit: 0,
  all: {},
};

/** A plan of sketched nodes: each reads the one before it unless it names its inputs. */
export function planOf(sketches: readonly NodeSketch[], options: Partial<PlanOptions> = {}): PhysicalPlan {
  const nodes = sketches.map((sketch, i) => {
    const inputs =
      (sketch.inputs as number[] | undefined) ??
      (sketch.op === 'source' || sketch.op === 'values' ? [] : [sketches[i - 1].id]);
    return {
      changelog: 'append',
      updateBefore: true,
      upsertKeys: [],
      emission: 'row',
      label: sketch.op,
      distribution: inputs.map(() => ({ kind: 'any' })),
      ...sketch,
      inputs,
    } as unknown as PhysicalNode;
  });
  return {
    nodes,
    sinks: nodes.filter((n) => n.op === 'sink').map((n) => n.id),
    options: { ...PLAN_OPTIONS, ...options },
  };
}

/** A source node on the values connector. */
export function valuesSource(
  id: number,
  schema: Schema,
  rows: readonly (readonly unknown[])[],
  more: Record<string, unknown> = {},
): NodeSketch {
  const { options, ...rest } = more as { options?: Record<string, string> };
  return {
    id,
    op: 'source',
    schema,
    table: `t${id}`,
    connector: 'values',
    tableOptions: { rows: JSON.stringify(rows.map((r) => ['+I', ...r])), bounded: 'true', ...options },
    physicalSchema: schema,
    columns: schema.map((c) => ({ name: c.name, from: { kind: 'physical', path: [c.name] } })),
    primaryKey: [],
    partitionKeys: [],
    bounded: true,
    watermark: null,
    limit: null,
    ...rest,
  };
}

/** The result of a query. */
export function resultSink(id: number, schema: Schema, more: Record<string, unknown> = {}): NodeSketch {
  return {
    id,
    op: 'sink',
    schema,
    table: null,
    connector: '',
    tableOptions: {},
    physicalSchema: schema,
    metadata: [],
    primaryKey: [],
    partitionKeys: [],
    overwrite: false,
    notNull: { columns: [], enforcer: 'ERROR' },
    lengthEnforcer: 'IGNORE',
    upsertMaterialize: false,
    ...more,
  };
}

class Recorder implements ResultConsumer {
  readonly rows: ChangelogRow[] = [];
  readonly watermarks: number[] = [];
  state: string | null = null;
  onBatch: (() => void) | null = null;

  constructor(private readonly types: readonly DataType[]) {}

  batch(batch: Batch): void {
    this.rows.push(...rowsFromBatch(this.types, batch));
    this.onBatch?.();
  }

  watermark(time: number): void {
    this.watermarks.push(time);
  }

  ready(): null {
    return null;
  }

  command(): void {}

  finish(state: string): void {
    this.state = state;
  }
}

/**
 * Runs a plan's subtasks in this thread, for tests: same subtasks, rings and coordination of the end as a job has, without workers.
 */
export class JobHarness {
  readonly result: Recorder;
  readonly errors: ErrorData[] = [];
  readonly ended: Promise<void>;
  private readonly subtasks: Subtask[] = [];
  private readonly metricsTable: MetricsTable;
  private flushed = 0;
  private waiting: { id: number; parts: SubtaskCheckpoint[]; resolve: (path: string) => void } | null = null;
  private nextId = 1;

  readonly plan: PhysicalPlan;
  readonly doorbells: Int32Array;

  constructor(
    given: PhysicalPlan,
    private readonly options: {
      readonly checkpoints?: string;
      readonly restoreFrom?: string;
      readonly now?: () => number;
      readonly taps?: ReadonlyMap<number, Tap>;
    } = {},
  ) {
    const plan = withLookupTables(given);
    this.plan = plan;
    const { parallelism } = plan.options;
    const layout = layoutOf(plan, parallelism);
    const places = Array.from({ length: parallelism }, (_, i) => i);
    const rings = layout.exchanges.map((e) =>
      places.map((from) =>
        places.map((to) =>
          from === to || from >= e.senders || (e.keys === null && to !== 0) ? null : createRing(1 << 16),
        ),
      ),
    );
    const doorbells = new SharedArrayBuffer(4 * parallelism);
    this.doorbells = new Int32Array(doorbells);
    this.metricsTable = MetricsTable.create(plan.nodes.length, parallelism);
    const sink = plan.nodes.find((n) => n.op === 'sink' && n.table === null);
    this.result = new Recorder(sink?.schema.map((c) => c.type) ?? []);
    for (const subtask of places) {
      const config: SubtaskConfig = {
        jobId: 'test',
        plan,
        subtask,
        parallelism,
        rings,
        doorbells,
        metrics: this.metricsTable.buffer,
        restoreFrom: options.restoreFrom ?? null,
        view: null,
        trace: false,
      };
      this.subtasks.push(
        new Subtask(config, {
          post: (message) => this.receive(message),
          result: subtask === 0 ? this.result : null,
          now: options.now ?? Date.now,
          taps: options.taps,
          print: () => undefined,
        }),
      );
    }
    this.ended = Promise.all(this.subtasks.map((s) => s.run())).then(() => undefined);
  }

  /** Runs to the end. @returns the result's changes as text. */
  async run(): Promise<string[]> {
    await this.ended;
    return this.lines();
  }

  lines(): string[] {
    return this.result.rows.map((r) => changelogText(r.kind, r.fields.map(cellText)));
  }

  metrics(index: number): NodeMetrics {
    return this.metricsTable.read(index, this.plan.nodes[index].id, this.plan.options.parallelism);
  }

  send(message: ToSubtask): void {
    for (const subtask of this.subtasks) subtask.receive(message);
  }

  checkpoint(): Promise<string> {
    const id = this.nextId++;
    return new Promise((resolve) => {
      this.waiting = { id, parts: [], resolve };
      this.send({ type: 'checkpoint', id, directory: this.options.checkpoints as string, pause: false });
    });
  }

  private receive(message: FromSubtask): void {
    if (message.type === 'flushed' && ++this.flushed === this.subtasks.length) this.send({ type: 'commit' });
    else if (message.type === 'failed') {
      this.errors.push(message.error);
      this.send({ type: 'cancel' });
    } else if (message.type === 'checkpointed' && this.waiting !== null) {
      this.waiting.parts.push(message.part);
      if (this.waiting.parts.length < this.subtasks.length) return;
      const { id, parts, resolve } = this.waiting;
      void writeManifest(this.options.checkpoints as string, `chk-${id}`, {
        id,
        createdAt: 0,
        parallelism: this.subtasks.length,
        plan: planFingerprint(this.plan),
        parts,
      }).then(resolve);
    }
  }
}

function cellText(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'object' && 'millis' in value) return String(value.millis);
  return String(value);
}

/** What a changelog amounts to: rows with how often each is there, sorted. */
export function materialized(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const row = line.slice(3);
    const sign = line.startsWith('-') ? -1 : 1;
    counts.set(row, (counts.get(row) ?? 0) + sign);
  }
  return [...counts]
    .filter(([, n]) => n !== 0)
    .map(([row, n]) => `${n} ${row}`)
    .sort();
}
