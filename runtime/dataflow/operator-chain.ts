import { Operator, type OperatorContext } from '../operators/operator.js';
import type { SnapshotArray, SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import type { Batch } from '../types/index.js';

/** Puts a name before every section, so that several operators share one snapshot. */
class PrefixedWriter implements SnapshotWriter {
  constructor(
    private readonly writer: SnapshotWriter,
    private readonly prefix: string,
  ) {}

  array(name: string, values: SnapshotArray): void {
    this.writer.array(this.prefix + name, values);
  }

  strings(name: string, values: readonly (string | null)[]): void {
    this.writer.strings(this.prefix + name, values);
  }

  json(name: string, value: unknown): void {
    this.writer.json(this.prefix + name, value);
  }
}

class PrefixedReader implements SnapshotReader {
  constructor(
    private readonly reader: SnapshotReader,
    private readonly prefix: string,
  ) {}

  has(name: string): boolean {
    return this.reader.has(this.prefix + name);
  }

  array<T extends SnapshotArray>(name: string): T {
    return this.reader.array<T>(this.prefix + name);
  }

  strings(name: string): (string | null)[] {
    return this.reader.strings(this.prefix + name);
  }

  json<T>(name: string): T {
    return this.reader.json<T>(this.prefix + name);
  }
}

/**
 * Several operators of one input each as the one operator of a plan node: what a sink does before it writes. Keeps nothing itself; the chain's
 * snapshot holds that of each member under its position.
 */
export class OperatorChain extends Operator {
  private readonly first: Operator;

  constructor(private readonly members: readonly Operator[]) {
    super();
    this.first = members[0];
    for (let i = 0; i + 1 < members.length; i++) {
      const next = members[i + 1];
      members[i].output = {
        batch: (batch) => next.processBatch(batch, 0),
        watermark: (time) => next.receiveWatermark(time, 0),
        idle: (idle) => next.receiveIdle(idle, 0),
        end: () => next.receiveEnd(0),
      };
    }
    members[members.length - 1].output = {
      batch: (batch) => this.output.batch(batch),
      watermark: (time) => this.output.watermark(time),
      idle: (idle) => this.output.idle(idle),
      end: () => undefined,
    };
  }

  override open(context: OperatorContext): void {
    super.open(context);
    for (const member of [...this.members].reverse()) member.open(context);
  }

  override processBatch(batch: Batch): void {
    this.first.processBatch(batch, 0);
  }

  override processWatermark(time: number): void {
    this.first.receiveWatermark(time, 0);
  }

  override onProcessingTime(now: number): void {
    for (const member of this.members) member.onProcessingTime(now);
  }

  /** The base class ends the output after this. */
  override finish(): void {
    this.first.receiveEnd(0);
  }

  override snapshot(writer: SnapshotWriter): void {
    this.members.forEach((member, i) => member.snapshot(new PrefixedWriter(writer, `${i}.`)));
  }

  override restore(readers: readonly SnapshotReader[]): void {
    this.members.forEach((member, i) => member.restore(readers.map((r) => new PrefixedReader(r, `${i}.`))));
  }

  override close(): void {
    for (const member of this.members) member.close();
  }
}
