/**
 * The syntax tree: discriminated unions on `kind`, every node with a `span` of offsets into the script.
 * A tree says what was written, not what it means: names are unresolved, literals unparsed, nothing is typed.
 */
export type { Span } from '../types/span.js';
export type * from './ast-expressions.js';
export type * from './ast-types.js';
export type * from './ast-query.js';
export type * from './ast-ddl.js';
export type * from './ast-statements.js';
