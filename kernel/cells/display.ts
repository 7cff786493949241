import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import type { MimeBundle } from '../host.js';
import type { CellSays } from './messages.js';

/** A value with a method of this name says itself how it is shown: as a MIME bundle, or not at all by null. */
export const DISPLAY = Symbol.for('streamcell.display');
/** A value with this property, `{ sql }`, is a query: it is run and shown like a SQL cell's. */
export const QUERY = Symbol.for('streamcell.query');

/** Methods that other notebook languages' values are shown by, and the MIME type of what they return. */
const REPRESENTATIONS = [
  ['_repr_html_', 'text/html'],
  ['_repr_markdown_', 'text/markdown'],
  ['_repr_svg_', 'image/svg+xml'],
  ['_repr_latex_', 'text/latex'],
  ['_repr_json_', 'application/json'],
] as const;

/** Every form that the value has of itself; what cannot be sent to another thread, as a promise of a form, is left out. */
export function valueBundle(value: unknown): MimeBundle {
  const plain = { 'text/plain': inspect(value, { depth: 4, maxArrayLength: 100, maxStringLength: 10_000 }) };
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return plain;
  const own = call(value, DISPLAY) ?? call(value, '_repr_mimebundle_');
  if (isBundle(own))
    return { ...plain, ...Object.fromEntries(Object.entries(own).filter(([, shown]) => isSendable(shown))) };
  const bundle: Record<string, unknown> = plain;
  for (const [method, mime] of REPRESENTATIONS) {
    const shown = call(value, method);
    if (shown !== undefined && shown !== null && isSendable(shown)) bundle[mime] = shown;
  }
  return bundle;
}

export function isHidden(value: unknown): boolean {
  return typeof value === 'object' && value !== null && call(value, DISPLAY) === null;
}

/** The SQL of a query; null for every other value. */
export function querySql(value: unknown): string | null {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return null;
  const query: unknown = Reflect.get(value, QUERY);
  if (typeof query !== 'object' || query === null) return null;
  const sql: unknown = Reflect.get(query, 'sql');
  return typeof sql === 'string' ? sql : null;
}

function isSendable(shown: unknown): boolean {
  if (typeof shown === 'string') return true;
  try {
    structuredClone(shown);
    return true;
  } catch {
    return false;
  }
}

function call(value: object, method: string | symbol): unknown {
  const found: unknown = Reflect.get(value, method);
  return typeof found === 'function' ? Reflect.apply(found, value, []) : undefined;
}

/** Whether every key is a MIME type, so that the object is itself a bundle. */
function isBundle(value: unknown): value is MimeBundle {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => /^[\w.+-]+\/[\w.+;= -]+$/.test(key));
}

/** The cells' `display(value)`; the handle that it returns shows another value in its place. */
export function createDisplay(say: (message: CellSays) => void) {
  return (
    value: unknown,
    options: { readonly id?: string } = {},
  ): { readonly id: string; update(value: unknown): void } => {
    const id = options.id ?? randomUUID();
    const sql = querySql(value);
    const show = (shown: unknown, update: boolean): void =>
      say({ type: 'display', data: isBundle(shown) ? shown : valueBundle(shown), displayId: id, update });
    if (sql !== null) say({ type: 'displayQuery', sql });
    else show(value, false);
    const handle = { id, update: (next: unknown) => show(next, true) };
    // At the end of a cell it is not worth showing itself.
    return Object.defineProperty(handle, DISPLAY, { value: () => null });
  };
}
