import type { RowSource } from '../values/row-source.js';

/** How long a changed cell is marked, ms. */
export const FLASH = 900;

/** Strength of the mark of a cell that changes all the time: that it has changed once more is hardly news. */
const RESTLESS = 0.4;

/** Rows [first, end). */
export interface RowSpan {
  readonly first: number;
  readonly end: number;
}

interface SeenRow {
  readonly texts: readonly string[];
  /** Per column, when its value last changed; 0: not since it is on the screen. */
  readonly changedAt: readonly number[];
  /** How strongly it was marked then. */
  readonly peaks: readonly number[];
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
   * @returns the rows on the screen that now look otherwise, [first, end); null when all look the same
   * @param window names sort, filter and scroll position: what may bring other rows without any of them having changed
   */
  update(
    source: RowSource,
    key: readonly number[] | null,
    rows: { readonly first: number; readonly end: number; readonly total: number },
    window: string,
    now: number,
  ): RowSpan | null {
    const still = window === this.window;
    const seen = new Map<string, SeenRow>();
    const before = this.byRow;
    this.byRow = new Map();
    let changed: RowSpan | null = null;
    const end = Math.min(rows.end, source.from + source.rows);
    for (let row = Math.max(rows.first, source.from); row < end; row++) {
      const at = row - source.from;
      const texts = source.columns.map((c) => (c.isNull(at) ? ' NULL' : c.text(at)));
      const name = key === null ? String(row) : key.map((c) => texts[c]).join(' ');
      const known = this.seen.get(name);
      const added = still && (key === null ? row >= this.total : known === undefined);
      const changedAt = texts.map((text, c) => {
        if (added) return now;
        if (known === undefined) return 0;
        return key !== null && known.texts[c] !== text ? now : known.changedAt[c];
      });
      const peaks = changedAt.map((at, c) => {
        if (known === undefined || at === known.changedAt[c]) return known?.peaks[c] ?? 1;
        return at - known.changedAt[c] < FLASH ? RESTLESS : 1;
      });
      const entry = { texts, changedAt, peaks };
      seen.set(name, entry);
      this.byRow.set(row, entry);
      for (const at of changedAt) this.latest = Math.max(this.latest, at);
      if (!sameTexts(before.get(row)?.texts, texts)) changed = withRow(changed, row);
    }
    for (const row of before.keys()) if (!this.byRow.has(row)) changed = withRow(changed, row);
    this.seen = seen;
    this.window = window;
    this.total = rows.total;
    return changed;
  }

  /** 1 when the cell has changed right now, 0 when it has not for a while. */
  strength(row: number, column: number, now: number): number {
    const seen = this.byRow.get(row);
    const at = seen?.changedAt[column] ?? 0;
    if (seen === undefined || at === 0) return 0;
    return Math.max(0, 1 - (now - at) / FLASH) * seen.peaks[column];
  }

  /** The rows that are marked now. */
  rows(now: number): RowSpan | null {
    let span: RowSpan | null = null;
    for (const [row, { changedAt }] of this.byRow) {
      // One step more, to wipe the last of it.
      if (!changedAt.some((at) => at > 0 && now - at < FLASH + 200)) continue;
      span = withRow(span, row);
    }
    return span;
  }

  active(now: number): boolean {
    return now - this.latest < FLASH;
  }

  clear(): void {
    this.seen.clear();
    this.byRow = new Map();
    this.window = '';
    this.latest = 0;
  }
}

function withRow(span: RowSpan | null, row: number): RowSpan {
  if (span === null) return { first: row, end: row + 1 };
  return { first: Math.min(span.first, row), end: Math.max(span.end, row + 1) };
}

function sameTexts(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return a !== undefined && a.length === b.length && a.every((text, i) => text === b[i]);
}
