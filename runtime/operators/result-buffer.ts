import { BOOLEAN, createColumn, type Column, type DataType } from '../types/index.js';

/** Columns that aggregate results are written to, used again for every batch. */
export class ResultBuffer {
  columns: Column[] = [];
  private capacity = 0;

  constructor(private readonly types: readonly DataType[]) {}

  /** Columns with room for `rows`, without nulls and narrow. */
  prepare(rows: number): Column[] {
    if (rows > this.capacity) {
      this.capacity = Math.max(64, rows * 2);
      this.columns = this.types.map((t) => createColumn(t.root === 'NULL' ? BOOLEAN() : t, this.capacity));
      return this.columns;
    }
    for (const column of this.columns) {
      column.nulls = null;
      if (column.physical === 'i64') column.wide = null;
      else if (column.physical === 'ts') column.nanos = null;
    }
    return this.columns;
  }
}
