import {
  MapValue,
  Timestamp,
  VariantValue,
  batchFromRows,
  changelogText,
  parseRowKind,
  rowsFromBatch,
  type Batch,
  type ChangelogRow,
  type DataType,
  type Value,
} from '../types/index.js';
import { MemorySnapshot } from '../state/memory-snapshot.js';
import type { SnapshotReader } from '../state/snapshot.js';
import type { Operator, OperatorMetrics, Output } from './operator.js';

/**
 * Drives one operator in a test, with rows as text: `+I 1 a`. Cells are separated by blanks; `null` is NULL, times are epoch milliseconds
 * (`1000`, with nanoseconds `1000+5`), decimals unscaled, nested values JSON without blanks.
 *
 * Records what comes out as lines: rows, `watermark 5`, `idle true`, `end`.
 */
export class OperatorHarness implements Output {
  readonly lines: string[] = [];
  readonly rows: ChangelogRow[] = [];
  readonly metrics: OperatorMetrics = { rowsIn: 0, rowsOut: 0, lateRows: 0, stateBytes: 0, stateKeys: 0, watermark: 0 };
  now = 0;
  private requested = Infinity;

  constructor(
    readonly operator: Operator,
    private readonly inputTypes: readonly (readonly DataType[])[],
    private readonly outputTypes: readonly DataType[],
    place: { readonly subtask: number; readonly parallelism: number; readonly now?: number } = {
      subtask: 0,
      parallelism: 1,
    },
  ) {
    this.now = place.now ?? 0;
    operator.output = this;
    operator.open({
      name: 'test',
      subtask: place.subtask,
      parallelism: place.parallelism,
      metrics: this.metrics,
      processingTime: () => this.now,
      requestProcessingTime: (time) => {
        if (time < this.requested) this.requested = time;
      },
    });
  }

  /** One row in a batch of its own. */
  element(text: string, input = 0): void {
    this.elements([text], input);
  }

  /** Rows in one batch. */
  elements(texts: readonly string[], input = 0): void {
    this.changelog(
      texts.map((t) => parseRow(t, this.inputTypes[input])),
      input,
    );
  }

  changelog(rows: readonly ChangelogRow[], input = 0): void {
    if (rows.length > 0) this.operator.processBatch(batchFromRows(this.inputTypes[input], rows), input);
  }

  watermarkIn(time: number, input = 0): void {
    this.operator.receiveWatermark(time, input);
  }

  /** Moves the clock to `time`, firing what was asked for on the way. */
  processingTime(time: number): void {
    while (this.requested <= time) {
      this.now = Math.max(this.now, this.requested);
      this.requested = Infinity;
      this.operator.onProcessingTime(this.now);
    }
    this.now = time;
  }

  endInput(input = 0): void {
    this.operator.receiveEnd(input);
  }

  snapshot(): MemorySnapshot {
    const snapshot = new MemorySnapshot();
    this.operator.snapshot(snapshot);
    return snapshot;
  }

  restore(...readers: readonly SnapshotReader[]): void {
    this.operator.restore(readers);
  }

  /** Lines since the last call. */
  take(): string[] {
    return this.lines.splice(0);
  }

  /** Row lines since the last call. */
  takeRows(): string[] {
    return this.take().filter((line) => /^[+-]/.test(line));
  }

  batch(batch: Batch): void {
    for (const row of rowsFromBatch(this.outputTypes, batch)) {
      this.rows.push(row);
      this.lines.push(rowText(row));
    }
  }

  watermark(time: number): void {
    this.lines.push(`watermark ${time}`);
  }

  idle(idle: boolean): void {
    this.lines.push(`idle ${idle}`);
  }

  end(): void {
    this.lines.push('end');
  }
}

export function rowText(row: ChangelogRow): string {
  return changelogText(row.kind, row.fields.map(cellText));
}

function cellText(value: Value): string {
  if (value === null) return 'null';
  if (value instanceof Timestamp) return value.nanos === 0 ? String(value.millis) : `${value.millis}+${value.nanos}`;
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`;
  if (value instanceof MapValue) return `{${value.entries.map(([k, v]) => `${cellText(k)}=${cellText(v)}`).join(',')}}`;
  if (value instanceof VariantValue) return JSON.stringify(value.json);
  if (typeof value === 'object') return `[${value.map(cellText).join(',')}]`;
  return String(value);
}

/** Reads `+U 1 a` as a row of the given types. */
export function parseRow(text: string, types: readonly DataType[]): ChangelogRow {
  const [kindText, ...cells] = text.split(' ');
  const kind = parseRowKind(kindText);
  if (kind === undefined || cells.length !== types.length)
    throw new Error(`not a row of ${types.length} columns: ${text}`);
  return { kind, fields: cells.map((cell, c) => parseCell(cell, types[c])) };
}

function parseCell(cell: string, type: DataType): Value {
  if (cell === 'null') return null;
  switch (type.root) {
    case 'BOOLEAN':
      return cell === 'true';
    case 'BIGINT':
    case 'DECIMAL':
    case 'INTERVAL_DAY_TIME':
      return BigInt(cell);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const [millis, nanos] = cell.split('+');
      return new Timestamp(Number(millis), nanos === undefined ? 0 : Number(nanos));
    }
    case 'CHAR':
    case 'VARCHAR':
      return cell;
    case 'BINARY':
    case 'VARBINARY':
      return new Uint8Array(Buffer.from(cell.slice(1), 'hex'));
    case 'ARRAY':
    case 'ROW':
      return JSON.parse(cell) as Value;
    default:
      return Number(cell);
  }
}
