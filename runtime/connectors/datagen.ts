import { setValue } from '../formats/batch-builder.js';
import { Options, validateKeys, type OptionSpec } from '../formats/options.js';
import { Batch, createColumn, type Column, type SourceInfo, type TableDescriptor, type Value } from '../types/index.js';
import type { Connector, Poll, SourceMetrics, SourceReader, SourceRequest, SplitOffset } from './connector.js';
import { FieldGenerators, type FieldGenerator } from './datagen-fields.js';
import { indexPath } from './projection.js';
import { Random } from './random.js';
import { assignedOffsets } from './split-assignment.js';

const OPTIONS: readonly OptionSpec[] = [
  { key: 'rows-per-second', type: 'long', description: 'Rows per second over all subtasks (default 10000).' },
  { key: 'number-of-rows', type: 'long', description: 'Rows in all; without it the source is unbounded.' },
  { key: 'scan.parallelism', type: 'int', description: 'Accepted; the engine chooses the parallelism.' },
];
const FIELD_OPTIONS = ['kind', 'min', 'max', 'max-past', 'length', 'start', 'end', 'null-rate', 'var-len'];
const DEFAULT_RATE = 10_000;
const MAX_BATCH = 4096;

/** Random and sequential rows, with the options of Flink's datagen. */
export const datagenConnector: Connector = {
  name: 'datagen',
  optionKeys: [...OPTIONS.map((o) => o.key), ...FIELD_OPTIONS.map((o) => `fields.#.${o}`)],
  sourceInfo(table: TableDescriptor): SourceInfo {
    return {
      bounded: settingsOf(table).rows < Infinity,
      changelog: 'append',
      metadata: [],
      watermarkPushDown: false,
      nestedProjection: true,
      lookup: false,
    };
  },
  createReader: (request) => new DatagenReader(request),
};

interface Settings {
  readonly rate: number;
  /** number-of-rows, or infinity. */
  readonly rows: number;
  readonly generators: readonly FieldGenerator[];
}

function settingsOf(table: TableDescriptor, subtask = 0): Settings {
  const options = new Options(table.options);
  const random = new Random((Math.random() * 4294967296) ^ subtask);
  const fields = new FieldGenerators(options, random);
  const generators = table.physicalSchema.map((c) => fields.create(c.name, c.type));
  const keys = generators.flatMap((g) => g.keys).map((key): OptionSpec => ({ key, type: 'string', description: '' }));
  validateKeys('datagen', table.options, [...OPTIONS, ...keys]);
  options.integer('scan.parallelism');
  const rate = options.integer('rows-per-second', DEFAULT_RATE);
  if (rate < 1) throw options.invalid('rows-per-second', 'at least one row per second is needed.');
  return { rate, rows: options.integer('number-of-rows') ?? Infinity, generators };
}

interface DatagenOffset {
  /** Number of the next row of this split. */
  readonly next: number;
  /** Distance between its rows: how many splits there are. */
  readonly step: number;
}

/**
 * Rows are numbered from 0; split k of n has the rows k, k + n, k + 2n, ..., so that a restored source goes on with the numbers that are
 * left at whatever parallelism. Emits by the clock: as many rows as the rate has allowed since it was opened.
 */
class DatagenReader implements SourceReader {
  readonly metrics: SourceMetrics = { records: 0, bytes: 0, malformed: 0, lag: null };
  private readonly settings: Settings;
  private readonly columns: readonly { readonly generator: FieldGenerator; readonly inner: readonly number[] }[];
  private readonly end: number;
  private own: { readonly split: string; next: number; readonly step: number; ended: boolean }[] = [];
  private turn = 0;
  private startedAt = 0;
  private emitted = 0;
  private wake: (() => void) | null = null;

  constructor(private readonly request: SourceRequest) {
    this.settings = settingsOf(request.table, request.subtask);
    const { generators, rows } = this.settings;
    this.end = Math.min(rows, ...generators.map((g) => g.count));
    this.columns = request.columns.map((c) => {
      if (c.from.kind === 'metadata') throw new Error('datagen has no metadata columns');
      const [first, ...inner] = indexPath(request.table.physicalSchema, c.from.path);
      return { generator: generators[first], inner };
    });
  }

  open(offsets: readonly SplitOffset[] | null): Promise<void> {
    const { subtask, parallelism } = this.request;
    const fresh: SplitOffset[] = [
      { split: `datagen-${subtask}`, offset: { next: subtask, step: parallelism } satisfies DatagenOffset },
    ];
    const assigned = offsets === null ? fresh : assignedOffsets(offsets, subtask, parallelism);
    this.own = assigned.map(({ split, offset }) => ({ split, ...(offset as DatagenOffset), ended: false }));
    this.startedAt = performance.now();
    return Promise.resolve();
  }

  splits(): readonly string[] {
    return this.own.map((s) => s.split);
  }

  poll(): Poll {
    const allowed = this.allowance();
    for (let i = 0; i < this.own.length; i++) {
      const at = (this.turn + i) % this.own.length;
      const split = this.own[at];
      if (split.ended) continue;
      const left = Math.ceil((this.end - split.next) / split.step);
      if (left <= 0) {
        split.ended = true;
        return { kind: 'splitEnd', split: split.split };
      }
      if (allowed < 1) return { kind: 'empty' };
      this.turn = at + 1;
      return { kind: 'batch', batch: this.batch(split, Math.min(left, allowed, MAX_BATCH)), split: split.split };
    }
    return { kind: 'end' };
  }

  /** Rows that may be emitted now; the first row needs no waiting. */
  private allowance(): number {
    const { rate } = this.settings;
    const share = rate / this.request.parallelism;
    return Math.floor(1 + ((performance.now() - this.startedAt) / 1000) * share) - this.emitted;
  }

  private batch(split: { next: number; readonly step: number }, n: number): Batch {
    const { next, step } = split;
    // A field and a field within it come from one value, so values are made once per row and generator.
    const values = new Map<FieldGenerator, Value[]>();
    const columns = this.columns.map(({ generator, inner }, c): Column => {
      const { type } = this.request.schema[c];
      const column = createColumn(type, n);
      if (inner.length === 0 && generator.fill !== undefined && !values.has(generator)) {
        generator.fill(column, n, next, step);
        return column;
      }
      let rows = values.get(generator);
      if (rows === undefined)
        values.set(generator, (rows = Array.from({ length: n }, (_, i) => generator.value(next + i * step))));
      for (let i = 0; i < n; i++) setValue(column, type, i, within(rows[i], inner), n);
      return column;
    });
    split.next += n * step;
    this.emitted += n;
    this.metrics.records += n;
    return new Batch(n, columns);
  }

  ready(): Promise<void> {
    const wait = this.allowance() >= 1 || this.own.every((s) => s.ended || s.next >= this.end) ? 0 : this.untilNext();
    return new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, wait);
    });
  }

  /** A few rows at least are worth waking up for, while a slow source is served row by row. */
  private untilNext(): number {
    const share = this.settings.rate / this.request.parallelism;
    const due = (this.emitted / share) * 1000 - (performance.now() - this.startedAt);
    return Math.max(share > 200 ? 5 : 1, Math.ceil(due));
  }

  snapshotOffsets(): readonly SplitOffset[] {
    return this.own.map((s) => ({ split: s.split, offset: { next: s.next, step: s.step } satisfies DatagenOffset }));
  }

  close(): Promise<void> {
    this.wake?.();
    return Promise.resolve();
  }
}

function within(value: Value, path: readonly number[]): Value {
  let inner = value;
  for (let i = 0; i < path.length && inner !== null; i++) inner = (inner as readonly Value[])[path[i]];
  return inner;
}
