import { createHash } from 'node:crypto';

/**
 * Folds a changelog of result rows and gives one figure for what is left: rows and a hash that does not depend on their order.
 * State: texts of rows still there, counted, or by key.
 */
export class ResultFold {
  private readonly rows = new Map<string, number>();
  private readonly byKey = new Map<string, string>();

  /** @param key gives a row's upsert key; null folds rows as a multiset. */
  constructor(private readonly key: ((fields: readonly string[]) => string) | null) {}

  add(kind: string, fields: readonly string[]): void {
    const arrives = kind === '+I' || kind === '+U';
    const row = fields.join('\u0001');
    if (this.key) {
      const at = this.key(fields);
      if (arrives) this.byKey.set(at, row);
      else this.byKey.delete(at);
      return;
    }
    const count = (this.rows.get(row) ?? 0) + (arrives ? 1 : -1);
    if (count === 0) this.rows.delete(row);
    else this.rows.set(row, count);
  }

  result(): { readonly rows: number; readonly hash: string } {
    let rows = 0;
    let sum = 0n;
    const count = (row: string, times: number): void => {
      rows += times;
      const digest = createHash('md5').update(row).digest();
      sum = (sum + digest.readBigUInt64LE(0) * BigInt(times)) & 0xffff_ffff_ffff_ffffn;
    };
    for (const [row, times] of this.rows) count(row, times);
    for (const row of this.byKey.values()) count(row, 1);
    return { rows, hash: sum.toString(16) };
  }
}
