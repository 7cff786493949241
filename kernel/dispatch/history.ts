import type { HistoryRequest } from '../wire/messages.js';

interface Entry {
  readonly line: number;
  readonly input: string;
  output: string | null;
}

/** Cells kept; beyond, the oldest are forgotten. */
const LIMIT = 10_000;
/** A kernel's life is one session. */
const SESSION = 1;

/**
 * What this kernel has executed.
 *
 * State: the newest cells with their results' text. An entry of a reply is [session, line, input], or [session, line, [input, output]] when
 * outputs are asked for.
 */
export class History {
  private readonly entries: Entry[] = [];

  add(line: number, input: string): (output: string | null) => void {
    const entry: Entry = { line, input, output: null };
    this.entries.push(entry);
    if (this.entries.length > LIMIT) this.entries.shift();
    return (output) => {
      entry.output = output;
    };
  }

  find(request: HistoryRequest): unknown[] {
    return this.select(request).map(({ line, input, output }) => [
      SESSION,
      line,
      request.output ? [input, output] : input,
    ]);
  }

  private select(request: HistoryRequest): Entry[] {
    switch (request.access) {
      case 'tail':
        return last(this.entries, request.n);
      case 'range': {
        // 0 is the running session; earlier ones are not kept.
        if (request.session !== 0 && request.session !== SESSION) return [];
        const stop = request.stop ?? Infinity;
        return this.entries.filter((entry) => entry.line >= request.start && entry.line < stop);
      }
      case 'search': {
        const pattern = globPattern(request.pattern);
        const found = this.entries.filter((entry) => pattern.test(entry.input));
        return last(request.unique ? newestOfEach(found) : found, request.n);
      }
    }
  }
}

function last(entries: readonly Entry[], n: number | null): Entry[] {
  return n === null ? [...entries] : n <= 0 ? [] : entries.slice(-n);
}

function newestOfEach(entries: readonly Entry[]): Entry[] {
  const newest = new Map<string, Entry>();
  for (const entry of entries) {
    newest.delete(entry.input);
    newest.set(entry.input, entry);
  }
  return [...newest.values()];
}

function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|\\[\]]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source === '' ? '.*' : source}$`, 's');
}
