import { MemorySnapshot } from '../state/memory-snapshot.js';
import {
  Timestamp,
  batchFromRows,
  boxedValue,
  changelogText,
  parseRowKind,
  type Batch,
  type ChangelogRow,
  type DataType,
  type RowKind,
  type Value,
} from '../types/index.js';
import { MIN_WATERMARK, type Operator, type Output } from './operator.js';

/**
 * Drives a two-input operator with changelogs as text, for tests: `+I 1 a` per row, `null` for NULL, timestamps as epoch milliseconds.
 */
export class JoinHarness {
  /** What came out: rows as text, watermarks as `W 5`, `idle`, `active`, `end`. */
  readonly lines: string[] = [];
  now = 0;
  private timer = Infinity;
  operator!: Operator;

  constructor(
    private readonly make: () => Operator,
    private readonly inputTypes: readonly (readonly DataType[])[],
    private readonly outputTypes: readonly DataType[],
    private readonly subtask = 0,
    private readonly parallelism = 1,
  ) {
    this.open();
  }

  /** Sends rows to an input as one batch. */
  send(input: number, ...rows: readonly string[]): this {
    this.operator.processBatch(batchOf(this.inputTypes[input], rows), input);
    return this;
  }

  sendRows(input: number, rows: readonly ChangelogRow[]): this {
    if (rows.length > 0) this.operator.processBatch(batchFromRows(this.inputTypes[input], rows), input);
    return this;
  }

  watermark(input: number, time: number): this {
    this.operator.receiveWatermark(time, input);
    return this;
  }

  end(input: number): this {
    this.operator.receiveEnd(input);
    return this;
  }

  /** Lets processing time pass. */
  processingTime(now: number): this {
    while (this.timer <= now) {
      this.now = this.timer;
      this.timer = Infinity;
      this.operator.onProcessingTime(this.now);
    }
    this.now = now;
    return this;
  }

  snapshot(): MemorySnapshot {
    const snapshot = new MemorySnapshot();
    this.operator.snapshot(snapshot);
    return snapshot;
  }

  /** Goes on with a fresh operator that takes what the old one knew. */
  restart(): this {
    return this.restore([this.snapshot()]);
  }

  restore(snapshots: readonly MemorySnapshot[]): this {
    this.timer = Infinity;
    this.open();
    this.operator.restore(snapshots);
    return this;
  }

  /** What came out since the last call. */
  take(): string[] {
    return this.lines.splice(0);
  }

  private open(): void {
    const operator = this.make();
    const output: Output = {
      batch: (batch) => void this.lines.push(...linesOf(this.outputTypes, batch)),
      watermark: (time) => void this.lines.push(`W ${time}`),
      idle: (idle) => void this.lines.push(idle ? 'idle' : 'active'),
      end: () => void this.lines.push('end'),
    };
    operator.output = output;
    operator.open({
      name: 'test',
      subtask: this.subtask,
      parallelism: this.parallelism,
      metrics: { rowsIn: 0, rowsOut: 0, lateRows: 0, stateBytes: 0, stateKeys: 0, watermark: MIN_WATERMARK },
      processingTime: () => this.now,
      requestProcessingTime: (time) => {
        this.timer = Math.min(this.timer, time);
      },
    });
    this.operator = operator;
  }
}

export function batchOf(types: readonly DataType[], rows: readonly string[]): Batch {
  return batchFromRows(
    types,
    rows.map((line) => rowOf(types, line)),
  );
}

export function rowOf(types: readonly DataType[], line: string): ChangelogRow {
  const [kind, ...cells] = line.split(' ');
  return { kind: parseRowKind(kind) as RowKind, fields: types.map((type, c) => valueOf(type, cells[c])) };
}

function valueOf(type: DataType, cell: string): Value {
  if (cell === 'null') return null;
  switch (type.root) {
    case 'BIGINT':
      return BigInt(cell);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return new Timestamp(Number(cell));
    case 'VARCHAR':
      return cell;
    case 'ARRAY':
    case 'MAP':
    case 'MULTISET':
    case 'ROW':
      throw new Error(`no text form for ${type.root}`);
    default:
      return Number(cell);
  }
}

export function linesOf(types: readonly DataType[], batch: Batch): string[] {
  return Array.from({ length: batch.length }, (_, i) =>
    changelogText(
      batch.kinds === null ? 0 : batch.kinds[i],
      types.map((type, c) => {
        const value = boxedValue(batch.columns[c], type, i);
        return value instanceof Timestamp ? String(value.millis) : String(value);
      }),
    ),
  );
}

/** Rows that remain when opposites cancel, sorted. */
export function consolidated(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const kind = line.slice(0, 2);
    if (!['+I', '+U', '-D', '-U'].includes(kind)) continue;
    const row = line.slice(3);
    counts.set(row, (counts.get(row) ?? 0) + (kind[0] === '+' ? 1 : -1));
  }
  const rows: string[] = [];
  for (const [row, n] of counts) {
    if (n < 0) throw new Error(`taken back more often than sent: ${row}`);
    for (let k = 0; k < n; k++) rows.push(row);
  }
  return rows.sort();
}
