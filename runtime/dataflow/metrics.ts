import { MIN_WATERMARK, type OperatorMetrics } from '../operators/operator.js';

/** Counters of one node, summed over subtasks by whoever reads them. */
export interface NodeMetrics {
  readonly node: number;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly lateRows: number;
  readonly malformed: number;
  readonly stateBytes: number;
  readonly stateKeys: number;
  /** Null before the first. */
  readonly watermark: number | null;
}

const FIELDS = 8;

/**
 * Counters of all nodes of a job in shared memory: workers publish some ten times a second, the job's side reads whenever it likes, also
 * after a worker has died.
 */
export class MetricsTable {
  private readonly values: Float64Array;

  constructor(
    readonly buffer: SharedArrayBuffer,
    private readonly nodes: number,
    readonly subtasks: number,
  ) {
    this.values = new Float64Array(buffer);
  }

  static create(nodes: number, subtasks: number): MetricsTable {
    const table = new MetricsTable(new SharedArrayBuffer(Math.max(1, nodes * subtasks) * FIELDS * 8), nodes, subtasks);
    for (let s = 0; s < subtasks; s++) for (let n = 0; n < nodes; n++) table.values[table.at(n, s) + 6] = MIN_WATERMARK;
    return table;
  }

  private at(nodeIndex: number, subtask: number): number {
    return (subtask * this.nodes + nodeIndex) * FIELDS;
  }

  publish(nodeIndex: number, subtask: number, metrics: OperatorMetrics, malformed: number): void {
    const at = this.at(nodeIndex, subtask);
    const { values } = this;
    values[at] = metrics.rowsIn;
    values[at + 1] = metrics.rowsOut;
    values[at + 2] = metrics.lateRows;
    values[at + 3] = malformed;
    values[at + 4] = metrics.stateBytes;
    values[at + 5] = metrics.stateKeys;
    values[at + 6] = metrics.watermark;
  }

  /** Sums over subtasks; the watermark is the lowest one. */
  read(nodeIndex: number, node: number, subtasks: number): NodeMetrics {
    const sums = [0, 0, 0, 0, 0, 0];
    let watermark = Infinity;
    for (let s = 0; s < subtasks; s++) {
      const at = this.at(nodeIndex, s);
      for (let f = 0; f < 6; f++) sums[f] += this.values[at + f];
      watermark = Math.min(watermark, this.values[at + 6]);
    }
    const [rowsIn, rowsOut, lateRows, malformed, stateBytes, stateKeys] = sums;
    return {
      node,
      rowsIn,
      rowsOut,
      lateRows,
      malformed,
      stateBytes,
      stateKeys,
      watermark: watermark === MIN_WATERMARK || watermark === Infinity ? null : watermark,
    };
  }
}

export function newOperatorMetrics(): OperatorMetrics {
  return { rowsIn: 0, rowsOut: 0, lateRows: 0, stateBytes: 0, stateKeys: 0, watermark: MIN_WATERMARK };
}
