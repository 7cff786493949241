import { Batch, INSERT, createColumn, physicalType, type Column, type DataType } from '../types/index.js';
import { gather, gatherMixed, resetColumn, stringTarget } from '../state/gather.js';
import type { Output } from './operator.js';

/** Rows gathered into one output batch. */
const ROWS = 4096;

/** A row of NULLs in place of a reference. */
export const NULLS = -1;

/** Refers to row `i` of the passing batch, where a side also has stored rows. */
export function passing(i: number): number {
  return -2 - i;
}

/**
 * Builds output batches out of rows that lie elsewhere: rows of the batch in hand, stored rows, or NULLs.
 *
 * An output row is a concatenation of sides (a join has two, most operators one), each given by a reference: row id of the side's stored
 * columns, `passing(i)` for row i of its passing columns, or `NULLS`. Behind the sides may lie computed numbers (a rank). Only references are
 * recorded per row; columns are gathered at the flush, one after the other, into buffers that are used again for the next batch.
 *
 * Callers owe: a flush before the passing batch is given back and before released rows are reclaimed; `bind` only when nothing is pending.
 */
export class OutputBuilder {
  private readonly sides: Side[];
  private readonly columns: Column[];
  private readonly computed: Column[];
  private readonly kinds = new Uint8Array(ROWS);
  private count = 0;
  private anyKind = false;
  private readonly scratch = new Int32Array(ROWS);

  /**
   * @param sides types of each side's columns, in output order.
   * @param computed types of columns behind them: BIGINT, INT or timestamps (milliseconds).
   * @param output asked at every flush, since an operator's output is connected after it was made.
   */
  constructor(
    sides: readonly (readonly DataType[])[],
    computed: readonly DataType[],
    private readonly output: () => Output,
  ) {
    this.columns = sides.flat().map(target);
    this.computed = computed.map(target);
    let first = 0;
    this.sides = sides.map((types) => {
      const side = new Side(first, types.length);
      first += types.length;
      return side;
    });
  }

  /** Rows recorded and not yet sent. */
  get pending(): number {
    return this.count;
  }

  /** Tells where a side's references point to, until told otherwise. */
  bind(side: number, stored: readonly Column[] | null, passingColumns: readonly Column[] | null): void {
    this.sides[side].stored = stored;
    this.sides[side].passing = passingColumns;
  }

  /** Appends a row of a one-sided output. */
  add(kind: number, ref: number): void {
    if (this.count === ROWS) this.flush();
    const k = this.count++;
    this.kinds[k] = kind;
    if (kind !== INSERT) this.anyKind = true;
    this.sides[0].refs[k] = ref;
  }

  /** Appends a row of a two-sided output. */
  addPair(kind: number, left: number, right: number): void {
    if (this.count === ROWS) this.flush();
    const k = this.count++;
    this.kinds[k] = kind;
    if (kind !== INSERT) this.anyKind = true;
    this.sides[0].refs[k] = left;
    this.sides[1].refs[k] = right;
  }

  /** Sets computed column `c` of the row appended last. */
  compute(c: number, value: number): void {
    const column = this.computed[c];
    if (column.physical === 'ts') column.millis[this.count - 1] = value;
    else (column as { values: Float64Array | Int32Array }).values[this.count - 1] = value;
  }

  /** Sends what is recorded. The output may come back into nothing of ours: calls go downstream only. */
  flush(): void {
    const n = this.count;
    if (n === 0) return;
    for (const side of this.sides) this.gatherSide(side, n);
    const kinds = this.anyKind ? this.kinds : null;
    this.count = 0;
    this.anyKind = false;
    this.output().batch(
      new Batch(n, this.computed.length === 0 ? this.columns : [...this.columns, ...this.computed], kinds),
    );
  }

  private gatherSide(side: Side, n: number): void {
    const { refs, stored, passing: passingColumns } = side;
    let fromStore = false;
    let fromPassing = false;
    for (let k = 0; k < n; k++) {
      const ref = refs[k];
      if (ref >= 0) fromStore = true;
      else if (ref < NULLS) fromPassing = true;
    }
    const mixed = fromStore && fromPassing;
    let plain = refs;
    if (fromPassing && !mixed) {
      plain = this.scratch;
      for (let k = 0; k < n; k++) plain[k] = refs[k] < NULLS ? -2 - refs[k] : NULLS;
    }
    for (let c = 0; c < side.width; c++) {
      const to = this.columns[side.first + c];
      resetColumn(to);
      if (mixed)
        gatherMixed(
          (stored as readonly Column[])[c],
          (passingColumns as readonly Column[])[c],
          refs,
          n,
          to,
          this.scratch,
        );
      else if (fromStore) gather((stored as readonly Column[])[c], plain, n, to);
      else if (fromPassing) gather((passingColumns as readonly Column[])[c], plain, n, to);
      else allNull(to, n);
    }
  }
}

class Side {
  readonly refs = new Int32Array(ROWS);
  stored: readonly Column[] | null = null;
  passing: readonly Column[] | null = null;

  constructor(
    readonly first: number,
    readonly width: number,
  ) {}
}

function target(type: DataType): Column {
  return physicalType(type) === 'str' ? stringTarget(ROWS) : createColumn(type, ROWS);
}

function allNull(column: Column, n: number): void {
  column.nulls = new Uint8Array(ROWS).fill(1, 0, n);
  if (column.physical === 'str') {
    column.data = NO_BYTES;
    column.starts.fill(0, 0, n);
    column.lengths.fill(0, 0, n);
  } else if (column.physical === 'bytes') column.values.fill(NO_BYTES, 0, n);
}

const NO_BYTES = new Uint8Array(0);
