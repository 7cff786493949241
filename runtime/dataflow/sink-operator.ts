import type { SinkWriter } from '../connectors/connector.js';
import { Operator } from '../operators/operator.js';
import type { SinkNode } from '../planner/physical.js';
import { Batch, BytesColumn, StrColumn, StreamcellError, type Column, type Schema } from '../types/index.js';
import { FrameSpace, PreparedFrame, readFrame } from './exchange/frame-codec.js';
import type { ResultConsumer } from './result-consumer.js';

/**
 * Writes to a connector what a statement sends to a table, after the table's constraints have been enforced.
 * Keeps nothing; durability and commit are the host's calls on the writer.
 */
export class SinkOperator extends Operator {
  private readonly fitting: { column: number; fit: (column: Column, length: number) => Column }[] = [];

  constructor(
    private readonly node: SinkNode,
    private readonly schema: Schema,
    readonly writer: SinkWriter,
  ) {
    super();
    if (node.lengthEnforcer !== 'IGNORE') {
      schema.forEach(({ name, type }, column) => {
        const limited =
          type.root === 'CHAR' || type.root === 'VARCHAR' || type.root === 'BINARY' || type.root === 'VARBINARY';
        if (!limited || type.length === 2147483647) return;
        const exact = type.root === 'CHAR' || type.root === 'BINARY';
        const failing = node.lengthEnforcer === 'ERROR';
        this.fitting.push({ column, fit: (c, n) => fitLength(c, n, type.length, exact, failing, name) });
      });
    }
  }

  override processBatch(batch: Batch): void {
    let checked = this.enforceNotNull(batch);
    if (checked === null) return;
    if (this.fitting.length > 0) {
      const columns = [...checked.columns];
      for (const { column, fit } of this.fitting) columns[column] = fit(columns[column], checked.length);
      checked = new Batch(checked.length, columns, checked.kinds);
    }
    this.writer.write(checked);
  }

  /** Nothing follows a sink. */
  override processWatermark(): void {}

  private enforceNotNull(batch: Batch): Batch | null {
    let keep: boolean[] | null = null;
    for (const index of this.node.notNull.columns) {
      const { nulls } = batch.columns[index];
      if (nulls === null) continue;
      for (let i = 0; i < batch.length; i++) {
        if (nulls[i] === 0) continue;
        if (this.node.notNull.enforcer === 'ERROR') {
          throw new StreamcellError(
            'NOT_NULL_VIOLATED',
            `Column '${this.schema[index].name}' is NOT NULL, however, a null value is being written into it.`,
          );
        }
        keep ??= new Array<boolean>(batch.length).fill(true);
        keep[i] = false;
      }
    }
    if (keep === null) return batch;
    const kept = Int32Array.from(keep.flatMap((k, i) => (k ? [i] : [])));
    if (kept.length === 0) return null;
    return selectRows(batch, kept);
  }
}

/** The rows named, in a batch of its own. */
function selectRows(batch: Batch, rows: Int32Array): Batch {
  const space = new PreparedFrame(batch, rows, rows.length);
  const target = FrameSpace.ofSize(space.bound);
  space.write(target, 0);
  return readFrame(target, 0);
}

function fitLength(
  column: Column,
  rows: number,
  length: number,
  exact: boolean,
  failing: boolean,
  name: string,
): Column {
  const { nulls } = column;
  if (column instanceof StrColumn) {
    const out = new Array<string>(rows);
    for (let i = 0; i < rows; i++) {
      if (nulls !== null && nulls[i] !== 0) {
        out[i] = '';
        continue;
      }
      const text = column.get(i);
      const points = [...text];
      if (points.length === length || (!exact && points.length < length)) out[i] = text;
      else if (failing) throw tooLong(name, length);
      else
        out[i] = points.length > length ? points.slice(0, length).join('') : text + ' '.repeat(length - points.length);
    }
    const fitted = StrColumn.fromStrings(out);
    fitted.nulls = nulls;
    return fitted;
  }
  if (column instanceof BytesColumn) {
    const out = column.values.slice(0, rows).map((value, i) => {
      if ((nulls !== null && nulls[i] !== 0) || value.length === length || (!exact && value.length < length))
        return value;
      if (failing) throw tooLong(name, length);
      const fitted = new Uint8Array(length);
      fitted.set(value.subarray(0, length));
      return fitted;
    });
    const fitted = new BytesColumn(out);
    fitted.nulls = nulls;
    return fitted;
  }
  return column;
}

function tooLong(name: string, length: number): StreamcellError {
  return new StreamcellError(
    'EXPRESSION_FAILED',
    `Column '${name}' does not hold exactly or at most ${length} as its type demands.`,
    {
      hint: "SET 'table.exec.sink.type-length-enforcer' = 'TRIM_PAD' trims and pads such values.",
    },
  );
}

/** Gathers a query's own result. */
export class ResultSink extends Operator {
  constructor(private readonly consumer: ResultConsumer) {
    super();
  }

  override processBatch(batch: Batch): void {
    this.consumer.batch(batch);
  }

  override processWatermark(time: number): void {
    this.consumer.watermark(time);
  }
}
