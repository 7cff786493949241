import { appendFileSync } from 'node:fs';
import { BatchBuilder } from '../formats/batch-builder.js';
import { JsonSyntaxError, JsonTokens } from '../formats/json-tokens.js';
import { readTree, type JsonNode } from '../formats/json-tree.js';
import { Options, validateKeys, type OptionSpec } from '../formats/options.js';
import {
  INSERT,
  DELETE,
  parseRowKind,
  rowKindName,
  rowsFromBatch,
  StreamcellError,
  UPDATE_AFTER,
  UPDATE_BEFORE,
  type Batch,
  type ChangelogMode,
  type ChangelogRow,
  type RowKind,
  type SinkInfo,
  type SourceInfo,
  type TableDescriptor,
} from '../types/index.js';
import type {
  Connector,
  Poll,
  SinkRequest,
  SinkWriter,
  SourceMetrics,
  SourceReader,
  SourceRequest,
  SplitOffset,
} from './connector.js';
import { javaText } from './print.js';
import { rowProjection } from './projection.js';
import { assignedOffsets } from './split-assignment.js';
import { valueOf } from './value-literals.js';

const OPTIONS: readonly OptionSpec[] = [
  { key: 'rows', type: 'string', description: "Rows as a JSON array of arrays: the row's kind, then its fields." },
  { key: 'bounded', type: 'boolean', description: 'Whether the rows are all there is (default true).' },
  {
    key: 'terminating',
    type: 'boolean',
    description: 'Whether an unbounded source ends after its rows all the same (default true).',
  },
  { key: 'changelog-mode', type: 'string', description: "Kinds the source emits, of I, UB, UA, D (default 'I')." },
  { key: 'sink-changelog-mode', type: 'string', description: "Kinds the sink takes (default 'I,UB,UA,D')." },
  {
    key: 'sink-file',
    type: 'string',
    description: 'A file that the sink adds a line to per row, as print writes it: +I[1, a].',
  },
  { key: 'splits', type: 'int', description: 'Splits that the rows are dealt to in turn (default 1).' },
  { key: 'batch-size', type: 'int', description: 'Rows of a batch (default 4096).' },
  {
    key: 'watermark-push-down',
    type: 'boolean',
    description: 'Whether watermarks are computed per split in the source (default false).',
  },
  { key: 'sleep-after', type: 'int', description: 'Rows after which each split pauses (default never).' },
  { key: 'sleep-time', type: 'duration', description: 'Length of that pause (default 100 ms).' },
];

const KINDS: Readonly<Record<string, RowKind>> = { I: INSERT, UB: UPDATE_BEFORE, UA: UPDATE_AFTER, D: DELETE };

/** Rows written in the DDL itself; for tests and small examples. As a sink it keeps rows in memory, see `valuesSinkRows`. */
export const valuesConnector: Connector = {
  name: 'values',
  optionKeys: OPTIONS.map((o) => o.key),

  sourceInfo(table: TableDescriptor): SourceInfo {
    const settings = settingsOf(table);
    return {
      bounded: settings.bounded,
      changelog: modeOf(settings.kinds),
      metadata: [],
      watermarkPushDown: settings.watermarkPushDown,
      nestedProjection: true,
      lookup: false,
    };
  },

  sinkInfo(table: TableDescriptor): SinkInfo {
    validateKeys('values', table.options, OPTIONS);
    const accepts = kindsOf(new Options(table.options), 'sink-changelog-mode', 'I,UB,UA,D');
    return {
      accepts,
      metadata: [],
      overwrites: true,
      upsert: !accepts.includes(UPDATE_BEFORE) && accepts.includes(UPDATE_AFTER),
    };
  },

  createReader: (request) => new ValuesReader(request),
  createWriter: (request) => new ValuesWriter(request),
};

interface Settings {
  readonly bounded: boolean;
  readonly terminating: boolean;
  readonly kinds: readonly RowKind[];
  readonly splits: number;
  readonly batchSize: number;
  readonly watermarkPushDown: boolean;
  readonly sleepAfter: number | undefined;
  readonly sleepTime: number;
}

function settingsOf(table: TableDescriptor): Settings {
  validateKeys('values', table.options, OPTIONS);
  const options = new Options(table.options);
  const splits = options.integer('splits', 1);
  if (splits < 1) throw options.invalid('splits', 'at least one split is needed.');
  const batchSize = options.integer('batch-size', 4096);
  if (batchSize < 1) throw options.invalid('batch-size', 'a batch holds at least one row.');
  return {
    bounded: options.boolean('bounded', true),
    terminating: options.boolean('terminating', true),
    kinds: kindsOf(options, 'changelog-mode', 'I'),
    splits,
    batchSize,
    watermarkPushDown: options.boolean('watermark-push-down', false),
    sleepAfter: options.integer('sleep-after'),
    sleepTime: options.duration('sleep-time', 100),
  };
}

function kindsOf(options: Options, key: string, otherwise: string): readonly RowKind[] {
  return (options.string(key) ?? otherwise).split(',').map((name) => {
    const kind = KINDS[name.trim()];
    if (kind === undefined)
      throw options.invalid(key, `'${name.trim()}' is no kind. Supported values are [I, UB, UA, D].`);
    return kind;
  });
}

function modeOf(kinds: readonly RowKind[]): ChangelogMode {
  if (kinds.every((k) => k === INSERT)) return 'append';
  return kinds.includes(UPDATE_BEFORE) || !kinds.includes(UPDATE_AFTER) ? 'retract' : 'upsert';
}

function rowsOf(table: TableDescriptor, kinds: readonly RowKind[]): ChangelogRow[] {
  const options = new Options(table.options);
  const invalid = (message: string): StreamcellError => options.invalid('rows', message);
  let root: JsonNode;
  try {
    const tokens = new JsonTokens();
    const bytes = new TextEncoder().encode(options.string('rows') ?? '[]');
    tokens.reset(bytes, 0, bytes.length);
    tokens.next();
    root = readTree(tokens, true);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw invalid(`${error.message}.`);
    throw error;
  }
  if (root.kind !== 'array') throw invalid('a JSON array of rows is expected.');
  return root.items.map((item, n) => {
    if (item.kind !== 'array' || item.items.length !== table.physicalSchema.length + 1) {
      throw invalid(`row ${n} must be an array of its kind and ${table.physicalSchema.length} fields.`);
    }
    const [first, ...fields] = item.items;
    const kind = first.kind === 'string' ? parseRowKind(first.value) : undefined;
    if (kind === undefined || !kinds.includes(kind)) throw invalid(`row ${n} has no kind of the changelog mode.`);
    return {
      kind,
      fields: fields.map((f, c) => {
        const value = valueOf(f, table.physicalSchema[c].type);
        if (value === undefined) throw invalid(`row ${n}: field '${table.physicalSchema[c].name}' is not of its type.`);
        return value;
      }),
    };
  });
}

interface Split {
  readonly name: string;
  readonly rows: readonly ChangelogRow[];
  next: number;
  ended: boolean;
  wakeAt: number;
}

/** Serves its splits in turn, a batch each. */
class ValuesReader implements SourceReader {
  readonly metrics: SourceMetrics = { records: 0, bytes: 0, malformed: 0, lag: 0 };
  private readonly settings: Settings;
  private own: Split[] = [];
  private turn = 0;
  private closed = false;
  private wake: (() => void) | null = null;
  private readonly builder: BatchBuilder;

  constructor(private readonly request: SourceRequest) {
    this.settings = settingsOf(request.table);
    this.builder = new BatchBuilder(
      request.schema.map((c) => c.type),
      Math.min(1024, this.settings.batchSize),
    );
  }

  open(offsets: readonly SplitOffset[] | null): Promise<void> {
    const { table, subtask, parallelism } = this.request;
    const { splits, kinds } = this.settings;
    const rows = rowsOf(table, kinds);
    const all = Array.from({ length: splits }, (_, s) => ({ split: `values-${s}`, offset: 0 }));
    this.own = assignedOffsets(offsets ?? all, subtask, parallelism).map(({ split, offset }) => ({
      name: split,
      rows: rows.filter((_, i) => `values-${i % splits}` === split),
      next: Number(offset),
      ended: false,
      wakeAt: 0,
    }));
    return Promise.resolve();
  }

  splits(): readonly string[] {
    return this.own.map((s) => s.name);
  }

  poll(): Poll {
    const { bounded, terminating, batchSize, sleepAfter, sleepTime } = this.settings;
    const ends = bounded || terminating;
    const now = Date.now();
    for (let i = 0; i < this.own.length; i++) {
      const split = this.own[(this.turn + i) % this.own.length];
      if (split.ended || split.wakeAt > now) continue;
      if (split.next < split.rows.length) {
        this.turn = (this.turn + i + 1) % this.own.length;
        let to = Math.min(split.rows.length, split.next + batchSize);
        if (sleepAfter !== undefined && split.next < sleepAfter && to >= sleepAfter) {
          to = sleepAfter;
          split.wakeAt = now + sleepTime;
        }
        return { kind: 'batch', batch: this.batch(split, to), split: split.name };
      }
      if (ends) {
        split.ended = true;
        return { kind: 'splitEnd', split: split.name };
      }
    }
    return ends && this.own.every((s) => s.ended) ? { kind: 'end' } : { kind: 'empty' };
  }

  private batch(split: Split, to: number): Batch {
    const project = rowProjection(this.request);
    this.builder.clear();
    for (; split.next < to; split.next++) {
      const row = split.rows[split.next];
      this.builder.add(project(row.fields), row.kind);
      this.metrics.records++;
    }
    return this.builder.finish();
  }

  ready(): Promise<void> {
    // Who sleeps behind its last row still waits: an answer at once would leave the event loop no turn until then.
    const waiting = this.own.filter((s) => !s.ended && (s.next < s.rows.length || s.wakeAt > Date.now()));
    return new Promise((resolve) => {
      if (this.closed) return resolve();
      this.wake = resolve;
      if (waiting.length > 0) {
        const timer = setTimeout(resolve, Math.max(0, Math.min(...waiting.map((s) => s.wakeAt)) - Date.now()));
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      } else if (this.settings.bounded || this.settings.terminating) resolve();
    });
  }

  snapshotOffsets(): readonly SplitOffset[] {
    return this.own.map((s) => ({ split: s.name, offset: s.next }));
  }

  close(): Promise<void> {
    this.closed = true;
    this.wake?.();
    return Promise.resolve();
  }
}

const sinkRows = new Map<string, ChangelogRow[]>();

/** Rows that values sinks of a table have taken in this thread, in order; they are forgotten when `forget` is set. */
export function valuesSinkRows(table: string, forget = false): readonly ChangelogRow[] {
  const rows = sinkRows.get(table) ?? [];
  if (forget) sinkRows.delete(table);
  return rows;
}

class ValuesWriter implements SinkWriter {
  private readonly rows: ChangelogRow[];
  /** Rows kept in memory are seen by this thread only; a test of a whole job, which has its own worker, reads the file. */
  private readonly file: string | undefined;

  constructor(private readonly request: SinkRequest) {
    const { name } = request.table;
    this.file = new Options(request.table.options).string('sink-file');
    let rows = sinkRows.get(name);
    if (rows === undefined) sinkRows.set(name, (rows = []));
    this.rows = rows;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  write(batch: Batch): void {
    const types = this.request.schema.map((c) => c.type);
    const rows = rowsFromBatch(types, batch);
    for (const row of rows) this.rows.push(row);
    if (this.file === undefined) return;
    const lines = rows.map((row) => {
      const fields = row.fields.map((value, c) => javaText(value, types[c]));
      return `${rowKindName(row.kind)}[${fields.join(', ')}]\n`;
    });
    appendFileSync(this.file, lines.join(''));
  }

  ready(): Promise<void> | null {
    return null;
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  commit(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
