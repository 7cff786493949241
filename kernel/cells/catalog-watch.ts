import { catalogTypes } from '@streamcell/runtime/pipeline/index';
import type { CellLanguage, CellRequest, CellResult, Completeness, Sessions } from '../host.js';

/** Milliseconds that a cell waits for the catalog's tables; from a far cluster they may come late. */
const PATIENCE = 2000;

/**
 * Knows when the catalog's TypeScript declarations may have changed: after a cell of another language, after a TypeScript cell that speaks
 * SQL, and after %connect.
 *
 * State: whether they may have, the question under way, and its answer until it was handed over.
 */
export class CatalogWatch {
  private stale = true;
  private asking: Promise<void> | null = null;
  private found: string | null = null;

  constructor(private readonly sessions: Sessions) {
    sessions.onChange(() => this.changed());
  }

  changed(): void {
    this.stale = true;
  }

  /** The declarations where they may have changed since the last question; null otherwise, and when they do not come in time. */
  async declarations(): Promise<string | null> {
    if (this.stale || this.asking !== null) {
      this.asking ??= this.ask();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, PATIENCE)));
      await Promise.race([this.asking, late]);
      clearTimeout(timer);
    }
    // Those that came too late for one cell are for the next.
    const { found } = this;
    this.found = null;
    return found;
  }

  /** A language whose cells may change the catalog. */
  watched(language: CellLanguage, changes: (code: string) => boolean = () => true): CellLanguage {
    const run = async (request: CellRequest): Promise<CellResult> => {
      try {
        return await language.run(request);
      } finally {
        if (changes(request.code)) this.changed();
      }
    };
    return {
      takes: (code) => language.takes(code),
      run,
      complete: (code, offset) => language.complete(code, offset),
      inspect: (code, offset, detail) => language.inspect(code, offset, detail),
      isComplete: (code): Completeness | Promise<Completeness> => language.isComplete(code),
    };
  }

  private async ask(): Promise<void> {
    this.stale = false;
    try {
      this.found = await catalogTypes(this.sessions.current);
    } catch {
      // The session says itself what is wrong with it, when it is asked to run something.
      this.stale = true;
    } finally {
      this.asking = null;
    }
  }
}
