/** One point: fields are the channels of the chart. */
export type Datum = Readonly<Record<string, number | string | boolean | null>>;

export interface RowDifference {
  readonly insert: readonly Datum[];
  /** The very objects that were inserted before. */
  readonly remove: ReadonlySet<Datum>;
}

/**
 * Turns whole frames into what has changed since the last, which is all that a chart redraws.
 *
 * State: the points now in the chart by their content, equal ones counted apart. It maintains the invariant that these are the points of
 * the last frame.
 */
export class RowDiffer {
  private points = new Map<string, Datum>();

  next(rows: Iterable<Datum>): RowDifference {
    const points = new Map<string, Datum>();
    const insert: Datum[] = [];
    for (const row of rows) {
      const content = JSON.stringify(Object.values(row));
      let name = content;
      for (let copy = 1; points.has(name); copy++) name = `${content}#${copy}`;
      const known = this.points.get(name);
      if (known === undefined) insert.push(row);
      else this.points.delete(name);
      points.set(name, known ?? row);
    }
    const remove = new Set(this.points.values());
    this.points = points;
    return { insert, remove };
  }
}
