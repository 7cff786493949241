import type { RowSource } from '../values/row-source.js';

/** How long a changed cell is marked, ms. */
export const FLASH = 900;

interface SeenRow {
  readonly texts: readonly string[];
  /** Per column, when its value last changed; 0: not since it is on the screen. */
  readonly changedAt: number[];
}

/**
 * Which cells on the screen have just changed.
 *
 * State: texts of the rows that were visible in the last frame, by upsert key. A row that was not visible before flashes only when the
 * window has not moved, so that scrolling and sorting flash nothing. Without a key rows cannot be told apart: then only rows that are
 * added at the end flash.
 */
export class Flashes {
  private seen = new Map<string, SeenRow>();
  private byRow = new Map<number, SeenRow>();
  private window = '';
  private total = 0;
  private latest = 0;

  /**
   * @param first, end absolute rows on the screen
   * @param window names sort, filter and scroll position: what may bring other rows without any of them having changed
   */
  update(
    source: RowSource,
    key: readonly number[] | null,
    rows: { readonly first: number; readonly end: number; readonly total: number },
    window: string,
    now: number,
  ): void {
    const still = window === this.window;
    const seen = new Map<string, SeenRow>();
    this.byRow.clear();
    const end = Math.min(rows.end, source.from + source.rows);
    for (let row = Math.max(rows.first, source.from); row < end; row++) {
      const at = row - source.from;
      const texts = source.columns.map((c) => (c.isNull(at) ? ' NULL' : c.text(at)));
      const name = key === null ? String(row) : key.map((c) => texts[c]).join(' ');
      const before = this.seen.get(name);
      const added = still && (key === null ? row >= this.total : before === undefined);
      const changedAt = texts.map((text, c) => {
        if (added) return now;
        if (before === undefined) return 0;
        return key !== null && before.texts[c] !== text ? now : before.changedAt[c];
      });
      const entry = { texts, changedAt };
      seen.set(name, entry);
      this.byRow.set(row, entry);
      for (const at of changedAt) this.latest = Math.max(this.latest, at);
    }
    this.seen = seen;
    this.window = window;
    this.total = rows.total;
  }

  /** 1 when the cell has changed right now, 0 when it has not for a while. */
  strength(row: number, column: number, now: number): number {
    const at = this.byRow.get(row)?.changedAt[column] ?? 0;
    return at === 0 ? 0 : Math.max(0, 1 - (now - at) / FLASH);
  }

  active(now: number): boolean {
    return now - this.latest < FLASH;
  }

  clear(): void {
    this.seen.clear();
    this.byRow.clear();
    this.window = '';
    this.latest = 0;
  }
}
