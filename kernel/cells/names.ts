/** Name under which the main thread offers cells what only the compiler's output uses. */
export const INTERNALS = '__streamcell__';

/** File name of a cell's script, for stacks and types; `cell` tells executions apart. */
export function cellFile(cell: string): string {
  return `cell-${cell}.ts`;
}
