import type { Operator, Output, OperatorMetrics } from '../operators/operator.js';
import { StreamcellError, type Batch } from '../types/index.js';

/** Sees what passes an edge, without changing it; for tests and the notebook's tap. */
export interface Tap {
  batch?(batch: Batch): void;
  watermark?(time: number): void;
  idle?(idle: boolean): void;
  end?(): void;
}

/**
 * Connects an operator's output to one input of another operator: counts rows on both sides, and gives an error the name of the innermost
 * operator that threw it.
 */
export class Link implements Output {
  constructor(
    private readonly target: Operator,
    private readonly input: number,
    private readonly targetName: string,
    private readonly targetMetrics: OperatorMetrics,
  ) {}

  batch(batch: Batch): void {
    if (batch.length === 0) return;
    this.targetMetrics.rowsIn += batch.length;
    try {
      this.target.processBatch(batch, this.input);
    } catch (thrown) {
      throw this.named(thrown);
    }
  }

  watermark(time: number): void {
    try {
      this.target.receiveWatermark(time, this.input);
    } catch (thrown) {
      throw this.named(thrown);
    }
  }

  idle(idle: boolean): void {
    this.target.receiveIdle(idle, this.input);
  }

  end(): void {
    try {
      this.target.receiveEnd(this.input);
    } catch (thrown) {
      throw this.named(thrown);
    }
  }

  private named(thrown: unknown): StreamcellError {
    return StreamcellError.from(thrown).inOperator(this.targetName);
  }
}

/** One operator's output to its consumers: counts what goes out, copies to each in plan order. */
export class Fanout implements Output {
  readonly targets: Output[] = [];
  readonly taps: Tap[] = [];

  constructor(private readonly metrics: OperatorMetrics) {}

  batch(batch: Batch): void {
    this.metrics.rowsOut += batch.length;
    for (const tap of this.taps) tap.batch?.(batch);
    for (const target of this.targets) target.batch(batch);
  }

  watermark(time: number): void {
    for (const tap of this.taps) tap.watermark?.(time);
    for (const target of this.targets) target.watermark(time);
  }

  idle(idle: boolean): void {
    for (const tap of this.taps) tap.idle?.(idle);
    for (const target of this.targets) target.idle(idle);
  }

  end(): void {
    for (const tap of this.taps) tap.end?.();
    for (const target of this.targets) target.end();
  }
}

/** Prints control events of one node, for debugging. */
export function traceTap(label: string, print: (line: string) => void): Tap {
  return {
    watermark: (time) => print(`${label} watermark ${time}`),
    idle: (idle) => print(`${label} ${idle ? 'idle' : 'active'}`),
    end: () => print(`${label} end`),
  };
}
