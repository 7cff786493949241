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
}
export {};
`;
