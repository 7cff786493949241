import { createRequire } from 'node:module';
import type ts from 'typescript';

/** TypeScript itself. Required, since importing a CommonJS module of 9 MB reads it twice: an eighth of the checker's start. */
export const compiler = createRequire(import.meta.url)('typescript') as typeof ts;
