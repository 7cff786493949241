import type { DataType } from './data-type.js';

/** A named, typed column of a result or table. */
export interface ColumnSchema {
  readonly name: string;
  readonly type: DataType;
}
export type Schema = readonly ColumnSchema[];
