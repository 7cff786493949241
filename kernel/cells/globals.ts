import { PIPELINE_NAMES } from './pipeline-globals.js';

const PIPELINE = '@streamcell/runtime/pipeline/index';

/** Declarations of what cells find without importing it. */
export const GLOBALS = `
declare global {
  /** What \`display\` returns: shows another value in place of the first. */
  interface DisplayHandle {
    readonly id: string;
    update(value: unknown): void;
  }
  /** Shows a value below the cell: a MIME bundle as it is, a query as a live table, anything else as text. */
  function display(value: unknown, options?: { readonly id?: string }): DisplayHandle;
  /** Removes the cell's output so far; with \`wait\`, when the next output comes. */
  function clearOutput(wait?: boolean): void;
  /** Loads a CommonJS module, found from the notebook's folder. */
  var require: NodeJS.Require;

  /** A table or view by its path, to be filtered, grouped and joined: \`from('bids').filter((b) => b.price.gt(100))\`. */
  const from: import('${PIPELINE}').From;
  /** A query, or another statement, as text; values in it are bound as literals. */
  const sql: import('${PIPELINE}').Sql;
  /** The session that the notebook's cells share; %connect changes where it runs. */
  const session: import('@streamcell/runtime/session/session').Session;
  /** Windows that end after a gap: \`window(sessionWindow('ts', minutes(5)))\`. */
  const sessionWindow: typeof import('${PIPELINE}').session;
${PIPELINE_NAMES.map((name) => `  const ${name}: typeof import('${PIPELINE}').${name};`).join('\n')}
}
export {};
`;
