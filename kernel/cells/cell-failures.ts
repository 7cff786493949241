import { SourceMap } from 'node:module';
import { inspect } from 'node:util';
import type { CellFailure } from '../host.js';
import { excerpt } from './excerpt.js';
import type { Script } from './messages.js';
import { cellFile } from './names.js';

/** What V8 knows of an exception besides its value; positions from 0. */
export interface ExceptionPlace {
  readonly text: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface Source {
  readonly code: string;
  readonly map: SourceMap;
}

interface Position {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** Scripts whose positions can still be told. */
const SOURCES_KEPT = 1000;
const STACK_LINE = /^(\s*at (?:.*\()?)(cell-[\w.-]+\.ts):(\d+):(\d+)(\)?)$/;

/**
 * Turns what a cell threw into what the front end shows.
 *
 * State: sources and source maps of the newest cells. Positions are those of the TypeScript; frames of Node and of the kernel are left out.
 */
export class CellFailures {
  private readonly sources = new Map<string, Source>();

  remember(cell: string, code: string, script: Script): string {
    const file = cellFile(cell);
    this.sources.delete(file);
    this.sources.set(file, {
      code,
      map: new SourceMap(JSON.parse(script.map) as ConstructorParameters<typeof SourceMap>[0]),
    });
    if (this.sources.size > SOURCES_KEPT) {
      const [oldest] = this.sources.keys();
      if (oldest !== undefined) this.sources.delete(oldest);
    }
    return file;
  }

  /** @param told the errors that this one is a cause of: a cause may be its own in the end. */
  failure(
    thrown: unknown,
    place: ExceptionPlace | null,
    file: string | null,
    told: readonly unknown[] = [],
  ): CellFailure {
    if (!(thrown instanceof Error)) {
      if (thrown === undefined && place !== null) return plainFailure('Error', place.text);
      const shown = typeof thrown === 'string' ? thrown : inspect(thrown);
      return this.withExcerpt(
        plainFailure('Thrown', shown),
        place === null || file === null ? null : this.mapped(file, place.lineNumber + 1, place.columnNumber + 1),
      );
    }
    const name = typeof thrown.name === 'string' ? thrown.name : 'Error';
    const message = String(thrown.message);
    const { lines, first } = this.frames(typeof thrown.stack === 'string' ? thrown.stack : '');
    const syntax = first === null && place !== null && file !== null && thrown instanceof SyntaxError;
    const where = syntax ? this.mapped(file, place.lineNumber + 1, place.columnNumber + 1) : first;
    const failure = this.withExcerpt(
      { name, message, traceback: [message === '' ? name : `${name}: ${message}`, ...hint(thrown), ...lines] },
      where,
    );
    const sofar = [...told, thrown];
    if (thrown.cause === undefined || sofar.includes(thrown.cause)) return failure;
    const cause = this.failure(thrown.cause, null, null, sofar);
    return { ...failure, traceback: [...failure.traceback, `Caused by ${cause.traceback.join('\n')}`] };
  }

  private frames(stack: string): { lines: string[]; first: Position | null } {
    let first: Position | null = null;
    const lines: string[] = [];
    for (const line of stack.split('\n')) {
      if (!/^\s*at /.test(line)) continue;
      const match = STACK_LINE.exec(line);
      if (match === null) {
        // A library of the user's says something, frames of Node and of Streamcell do not.
        if (!/node:|<anonymous>|\/(kernel|runtime|streamcell)\/dist\/|\bnative\b/.test(line)) lines.push(line);
        continue;
      }
      const [, before = '', file = '', row = '1', column = '1', after = ''] = match;
      const position = this.mapped(file, Number(row), Number(column));
      first ??= position;
      lines.push(`${before}${position.file.replace(/\.ts$/, '')}:${position.line}:${position.column}${after}`);
    }
    return { lines, first };
  }

  private mapped(file: string, line: number, column: number): Position {
    const entry = this.sources.get(file)?.map.findEntry(line - 1, column - 1);
    if (entry === undefined || !('originalLine' in entry)) return { file, line, column };
    return { file, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  }

  private withExcerpt(failure: CellFailure, position: Position | null): CellFailure {
    const text = position === null ? undefined : this.sources.get(position.file)?.code.split('\n')[position.line - 1];
    if (position === null || text === undefined) return failure;
    const [head = '', ...frames] = failure.traceback;
    return { ...failure, traceback: [head, excerpt(text, position.line, position.column, 1), ...frames] };
  }
}

function plainFailure(name: string, message: string): CellFailure {
  return { name, message, traceback: [message.startsWith(`${name}:`) ? message : `${name}: ${message}`] };
}

/** What the errors of Streamcell advise. */
function hint(error: Error): string[] {
  const text: unknown = Reflect.get(error, 'hint');
  return typeof text === 'string' && text !== '' ? [`Hint: ${text}`] : [];
}
