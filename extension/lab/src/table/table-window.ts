/** Rows fetched beyond those on the screen, so that small scrolls show rows at once. */
const MARGIN = 60;
/** Rows of a changelog fetched before its end. */
const TAIL = 120;
/** Rows of a changelog fetched before its end at most. The kernel forgets old changes in pieces, so the end moves back and forth. */
const LONGEST_TAIL = 2500;
/** Most rows of one request. */
const MOST = 10_000;

export interface RowRange {
  readonly from: number;
  readonly to: number;
}

export interface Looking {
  /** On the screen, [first, end). */
  readonly first: number;
  readonly end: number;
  readonly total: number;
  /** The last row is meant to stay on the screen. */
  readonly follows: boolean;
}

/** The rows to ask for, or null when those asked for now will do. */
export function nextRange(asked: RowRange, looking: Looking): RowRange | null {
  const { first, end, total, follows } = looking;
  if (follows) {
    // Open at its end, so that rows that are added come without asking anew.
    const slack = first - asked.from;
    const open = asked.to >= total + TAIL;
    if (open && slack >= 0 && slack <= LONGEST_TAIL) return null;
    const from = Math.max(0, Math.min(first, total) - TAIL);
    return { from, to: from + MOST };
  }
  const top = Math.max(0, first - MARGIN);
  const spread = asked.to - asked.from;
  const enough =
    asked.from <= Math.max(0, first - MARGIN / 3) && asked.to >= Math.min(end + MARGIN / 3, Math.max(total, end));
  if (enough && spread <= 6 * MARGIN + (end - first)) return null;
  return { from: top, to: end + MARGIN };
}
