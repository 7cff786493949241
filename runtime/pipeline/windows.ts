import type { Typed } from './expression.js';
import { quoteIdentifier } from './sql-text.js';
import type { Interval } from './value-types.js';

/** The columns that a window adds to every row. */
export interface WindowColumns {
  readonly window_start: Date;
  readonly window_end: Date;
  /** The last instant of the window; the time attribute of what is computed from it. */
  readonly window_time: Date;
}

/** One of Flink's window table functions, applied by `Table.window`. */
export interface WindowFunction<C extends string = string> {
  readonly name: 'TUMBLE' | 'HOP' | 'CUMULATE' | 'SESSION';
  /** The time attribute. */
  readonly column: C;
  /** Arguments behind the time column, as SQL. */
  readonly sizes: readonly string[];
  readonly partitionBy: readonly string[];
}

/** Windows of one size, one after the other. */
export function tumble<C extends string>(on: C, size: Typed<Interval>): WindowFunction<C> {
  return { name: 'TUMBLE', column: on, sizes: [size.text], partitionBy: [] };
}

/** Windows of one size that begin every `slide`, and so overlap. */
export function hop<C extends string>(on: C, slide: Typed<Interval>, size: Typed<Interval>): WindowFunction<C> {
  return { name: 'HOP', column: on, sizes: [slide.text, size.text], partitionBy: [] };
}

/** Windows that begin together and end a `step` later each, up to `size`. */
export function cumulate<C extends string>(on: C, step: Typed<Interval>, size: Typed<Interval>): WindowFunction<C> {
  return { name: 'CUMULATE', column: on, sizes: [step.text, size.text], partitionBy: [] };
}

/** Windows that end where nothing came for `gap`; for each value of the `partitionBy` columns on its own. */
export function session<C extends string>(
  on: C,
  gap: Typed<Interval>,
  partitionBy: readonly string[] = [],
): WindowFunction<C> {
  return { name: 'SESSION', column: on, sizes: [gap.text], partitionBy };
}

/** The call, around a table (`TABLE name`) or a query in parentheses. */
export function windowText(window: WindowFunction, input: string): string {
  const partition =
    window.partitionBy.length === 0 ? '' : ` PARTITION BY ${window.partitionBy.map(quoteIdentifier).join(', ')}`;
  return `TABLE(${window.name}(${input}${partition}, DESCRIPTOR(${quoteIdentifier(window.column)}), ${window.sizes.join(', ')}))`;
}
