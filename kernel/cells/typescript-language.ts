import type {
  CellFailure,
  CellLanguage,
  CellRequest,
  CellResult,
  Completeness,
  CompletionReply,
  MimeBundle,
} from '../host.js';
import { INTERRUPTED } from '../failures.js';
import { excerpt } from './excerpt.js';
import type { CheckerClient } from './checker-client.js';
import type { MainThreadClient } from './main-thread-client.js';
import type { TypeErrorText } from './messages.js';

const MAGIC = /^\s*%%ts[ \t]*(\n|$)/;

export function isTypeScriptMagic(code: string): boolean {
  return MAGIC.test(code);
}

/** Runs a query that is a cell's value, and shows it. */
export type QueryDisplay = (sql: string, request: CellRequest) => Promise<CellResult>;

/**
 * Cells in TypeScript: checked by the checker's thread, then run on the main thread.
 *
 * State: the highest execution count, and how often it stood still: each execution has a name of its own.
 */
export class TypeScriptLanguage implements CellLanguage {
  private highest = -1;
  private repeated = 0;

  constructor(
    private readonly checker: CheckerClient,
    private readonly main: MainThreadClient,
    private readonly displayQuery: QueryDisplay,
    /** Declarations of the catalog's tables; null when they have not changed. */
    private readonly catalogTypes: () => Promise<string | null> = async () => null,
  ) {}

  /** Whatever no other language took. */
  takes(): boolean {
    return true;
  }

  async run(request: CellRequest): Promise<CellResult> {
    const { output, signal } = request;
    const code = withoutMagic(request.code);
    if (code.trim() === '') return { ok: true };
    const cell = this.cellName(request.executionCount);
    await abortable(this.declareCatalog(), signal);
    const prepared = await abortable(this.checker.ask({ type: 'prepare', cell, code }), signal);
    if (prepared === null) return { ok: false, failure: INTERRUPTED };
    if (!prepared.ok) return { ok: false, failure: typeFailure(prepared.errors, code) };
    const outcome = await this.main.run(cell, code, prepared.script, output, signal);
    // Also when it failed half-way: what was declared until then is there.
    await this.checker.ask({ type: 'commit', cell });
    if (outcome === null || (signal.aborted && !outcome.ok)) return { ok: false, failure: INTERRUPTED };
    if (!outcome.ok) return outcome;
    const { result } = outcome;
    if (result.kind === 'query') return this.displayQuery(result.sql, request);
    if (result.kind === 'data') output.executeResult(result.data);
    return { ok: true };
  }

  private async declareCatalog(): Promise<null> {
    const declarations = await this.catalogTypes();
    return declarations === null ? null : this.checker.ask({ type: 'catalog', declarations });
  }

  private cellName(executionCount: number): string {
    if (executionCount <= this.highest) return `${executionCount}.${++this.repeated}`;
    this.highest = executionCount;
    return String(executionCount);
  }

  async complete(code: string, offset: number): Promise<CompletionReply | null> {
    const skipped = code.length - withoutMagic(code).length;
    if (offset < skipped) return null;
    const found = await this.checker.ask({ type: 'complete', code: code.slice(skipped), offset: offset - skipped });
    return found === null ? null : { ...found, from: found.from + skipped, to: found.to + skipped };
  }

  async inspect(code: string, offset: number, detail: 0 | 1): Promise<MimeBundle | null> {
    const skipped = code.length - withoutMagic(code).length;
    if (offset < skipped) return null;
    return this.checker.ask({ type: 'inspect', code: code.slice(skipped), offset: offset - skipped, detail });
  }

  isComplete(code: string): Promise<Completeness> {
    return this.checker.ask({ type: 'isComplete', code: withoutMagic(code) });
  }
}

function withoutMagic(code: string): string {
  return code.replace(MAGIC, '');
}

function typeFailure(errors: readonly TypeErrorText[], code: string): CellFailure {
  const lines = code.split('\n');
  const traceback = errors.map(({ line, column, code: number, message, length }) => {
    const text = lines[line - 1] ?? '';
    return `cell:${line}:${column} - ${number}: ${message}\n${excerpt(text, line, column, length)}`;
  });
  const [first] = errors;
  const message = first === undefined ? '' : `cell:${first.line}:${first.column} - ${first.code}: ${first.message}`;
  return { name: 'TypeError', message, traceback };
}

/** Null when the signal comes first. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
    promise.then(resolve, reject);
  });
}
