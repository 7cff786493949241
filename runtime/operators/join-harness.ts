import type { MemorySnapshot } from '../state/memory-snapshot.js';
import type { ChangelogRow, DataType } from '../types/index.js';
import { OperatorHarness } from './harness.js';
import type { Operator } from './operator.js';

/** Drives an operator of two inputs, and can replace it by a fresh one that goes on from its snapshot. Calls chain. */
export class JoinHarness {
  now = 0;
  harness!: OperatorHarness;
  private taken: string[] = [];

  constructor(
    private readonly make: () => Operator,
    private readonly inputTypes: readonly (readonly DataType[])[],
    private readonly outputTypes: readonly DataType[],
    private readonly place = { subtask: 0, parallelism: 1 },
  ) {
    this.open();
  }

  get operator(): Operator {
    return this.harness.operator;
  }

  /** Sends rows to an input as one batch. */
  send(input: number, ...rows: readonly string[]): this {
    this.harness.elements(rows, input);
    return this;
  }

  sendRows(input: number, rows: readonly ChangelogRow[]): this {
    this.harness.changelog(rows, input);
    return this;
  }

  /** To one input, or to both. */
  watermark(time: number, ...inputs: readonly number[]): this {
    for (const input of inputs.length === 0 ? [0, 1] : inputs) this.harness.watermarkIn(time, input);
    return this;
  }

  end(...inputs: readonly number[]): this {
    for (const input of inputs.length === 0 ? [0, 1] : inputs) this.harness.endInput(input);
    return this;
  }

  processingTime(now: number): this {
    this.harness.processingTime(now);
    this.now = now;
    return this;
  }

  snapshot(): MemorySnapshot {
    return this.harness.snapshot();
  }

  /** Goes on with a fresh operator that takes what the old one knew. */
  restart(): this {
    return this.restore([this.snapshot()]);
  }

  restore(snapshots: readonly MemorySnapshot[]): this {
    this.taken.push(...this.harness.take());
    this.open();
    this.harness.restore(...snapshots);
    return this;
  }

  /** What came out since the last call. */
  take(): string[] {
    return [...this.taken.splice(0), ...this.harness.take()];
  }

  /** The rows among it. */
  takeRows(): string[] {
    return this.take().filter((line) => /^[+-]/.test(line));
  }

  private open(): void {
    this.harness = new OperatorHarness(this.make(), this.inputTypes, this.outputTypes, {
      ...this.place,
      now: this.now,
    });
  }
}

/** Rows that remain when opposites cancel, sorted. */
export function consolidated(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) {
    if (!/^[+-]/.test(line)) continue;
    const row = line.slice(3);
    counts.set(row, (counts.get(row) ?? 0) + (line.startsWith('+') ? 1 : -1));
  }
  const rows: string[] = [];
  for (const [row, n] of counts) {
    if (n < 0) throw new Error(`taken back more often than sent: ${row}`);
    for (let k = 0; k < n; k++) rows.push(row);
  }
  return rows.sort();
}
