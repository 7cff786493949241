import {
  Batch,
  BytesColumn,
  MAX_LENGTH,
  StrColumn,
  StreamcellError,
  typeToString,
  withNullable,
  type CharType,
  type Column,
  type DataType,
} from '../types/index.js';
import { gather, resetColumn, stringTarget } from '../state/gather.js';
import { createColumn, physicalType } from '../types/index.js';
import { Operator } from './operator.js';

export interface ConstraintEnforcerSpec {
  readonly notNull: { readonly columns: readonly number[]; readonly enforcer: 'ERROR' | 'DROP' };
  /** What becomes of strings and bytes that do not fit the declared length. */
  readonly lengthEnforcer: 'IGNORE' | 'TRIM_PAD' | 'ERROR';
  /** The sink's columns as declared. */
  readonly columns: readonly { readonly name: string; readonly type: DataType }[];
  readonly inputTypes: readonly (readonly DataType[])[];
}

/**
 * Holds rows to what the sink's table declares, before they are written: NOT NULL columns, and lengths of CHAR, VARCHAR, BINARY, VARBINARY.
 * No state. Rows that violate NOT NULL end the job or are counted and dropped, as the option says.
 */
export class ConstraintEnforcer extends Operator {
  private readonly sized: readonly number[];
  private rows: Int32Array = new Int32Array(4096);
  private targets: Column[] | null = null;
  private capacity = 0;

  constructor(private readonly spec: ConstraintEnforcerSpec) {
    super(1);
    this.sized = spec.lengthEnforcer === 'IGNORE' ? [] : spec.columns.flatMap((c, i) => (hasLength(c.type) ? [i] : []));
  }

  override processBatch(batch: Batch): void {
    const kept = this.withoutNulls(batch);
    if (kept === null || kept.length === 0) return;
    this.output.batch(this.sized.length === 0 ? kept : this.withLengths(kept));
  }

  private withoutNulls(batch: Batch): Batch | null {
    const { columns, enforcer } = this.spec.notNull;
    const suspects = columns.filter((c) => batch.columns[c].nulls !== null);
    if (suspects.length === 0) return batch;
    if (this.rows.length < batch.length) this.rows = new Int32Array(batch.length);
    let n = 0;
    for (let i = 0; i < batch.length; i++) {
      const violated = suspects.find((c) => (batch.columns[c].nulls as Uint8Array)[i] !== 0);
      if (violated === undefined) this.rows[n++] = i;
      else if (enforcer === 'ERROR') {
        throw new StreamcellError(
          'NOT_NULL_VIOLATED',
          `Column '${this.spec.columns[violated].name}' is NOT NULL, however, a null value is being written into it.`,
        );
      }
    }
    return n === batch.length ? batch : this.select(batch, n);
  }

  private select(batch: Batch, count: number): Batch {
    if (this.targets === null || this.capacity < batch.length) {
      const capacity = (this.capacity = Math.max(4096, batch.length));
      this.targets = this.spec.inputTypes[0].map((t) =>
        physicalType(t) === 'str' ? stringTarget(capacity) : createColumn(t, capacity),
      );
    }
    const { rows } = this;
    this.targets.forEach((target, c) => {
      resetColumn(target);
      gather(batch.columns[c], rows, count, target);
    });
    const { kinds } = batch;
    return new Batch(
      count,
      this.targets,
      kinds === null ? null : Uint8Array.from({ length: count }, (_, k) => kinds[rows[k]]),
    );
  }

  private withLengths(batch: Batch): Batch {
    const columns = [...batch.columns];
    for (const c of this.sized) {
      const { name, type } = this.spec.columns[c];
      const column = batch.columns[c];
      const sized = type as CharType;
      columns[c] =
        column.physical === 'str'
          ? this.sizedStrings(column, batch.length, sized, name)
          : this.sizedBytes(column as BytesColumn, batch.length, sized, name);
    }
    return new Batch(batch.length, columns, batch.kinds);
  }

  private sizedStrings(column: StrColumn, n: number, type: CharType, name: string): StrColumn {
    let out: string[] | null = null;
    for (let i = 0; i < n; i++) {
      if (column.nulls !== null && column.nulls[i] !== 0) continue;
      // Bytes bound the length in code points from above: most rows need no decoding.
      if (type.root === 'VARCHAR' && column.data !== null && column.lengths[i] <= type.length) continue;
      const text = column.get(i);
      const points = Array.from(text);
      const length = points.length;
      if (length === type.length || (type.root === 'VARCHAR' && length < type.length)) continue;
      if (this.spec.lengthEnforcer === 'ERROR') throw lengthViolated(name, type, length, 'string');
      out ??= Array.from({ length: n }, (_, k) => column.get(k));
      out[i] = length > type.length ? points.slice(0, type.length).join('') : text + ' '.repeat(type.length - length);
    }
    if (out === null) return column;
    const sized = StrColumn.fromStrings(out);
    sized.nulls = column.nulls;
    return sized;
  }

  private sizedBytes(column: BytesColumn, n: number, type: CharType, name: string): BytesColumn {
    let out: Uint8Array[] | null = null;
    for (let i = 0; i < n; i++) {
      if (column.nulls !== null && column.nulls[i] !== 0) continue;
      const value = column.values[i];
      if (value.length === type.length || (type.root === 'VARBINARY' && value.length < type.length)) continue;
      if (this.spec.lengthEnforcer === 'ERROR') throw lengthViolated(name, type, value.length, 'binary value');
      out ??= column.values.slice(0, n);
      const exact = new Uint8Array(type.length);
      exact.set(value.subarray(0, type.length));
      out[i] = exact;
    }
    if (out === null) return column;
    const sized = new BytesColumn(out);
    sized.nulls = column.nulls;
    return sized;
  }
}

function hasLength(type: DataType): boolean {
  switch (type.root) {
    case 'CHAR':
    case 'BINARY':
      return true;
    case 'VARCHAR':
    case 'VARBINARY':
      return type.length !== MAX_LENGTH;
    default:
      return false;
  }
}

function lengthViolated(name: string, type: DataType, length: number, what: string): StreamcellError {
  return new StreamcellError(
    'TYPE_MISMATCH',
    `Column '${name}' is ${typeToString(withNullable(type, true))}, however, a ${what} of length ${length} is being written into it.`,
    { hint: "SET 'table.exec.sink.type-length-enforcer' = 'TRIM_PAD' makes such values fit." },
  );
}
