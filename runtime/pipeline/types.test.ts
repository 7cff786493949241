import { expect, test } from '@jest/globals';
import { $, count, from, lit, sql, sum, seconds, tumble, type Decimal, type Table } from './index.js';

/*
 * Types only: what tsc says about these lines is the test; they run, but ask nothing of an engine.
 */
interface Bid {
  readonly auction: bigint;
  readonly price: bigint | null;
  readonly exact: Decimal | null;
  readonly bidder: string;
  readonly ts: Date;
  readonly tags: readonly string[];
  readonly place: { readonly city: string | null };
}

declare global {
  interface StreamcellCatalog {
    readonly declared_in_a_test: { readonly a: number; readonly b: string | null };
  }
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function row<Expected>() {
  return <R extends object, S extends readonly unknown[]>(
    table: Table<R, S>,
    ..._same: Same<R, Expected> extends true ? [] : [never]
  ): string => table.toSql();
}

const bids = from<Bid>('bids');

test('the row of a query follows from its operations', () => {
  row<{ readonly auction: bigint; readonly twice: bigint | null }>()(
    bids.select((b) => ({ auction: b.auction, twice: b.price.times(2) })),
  );
  row<{ readonly half: number | null; readonly exact: Decimal | null; readonly one: number }>()(
    bids.select((b) => ({ half: b.price.times(0.5), exact: b.exact.plus(1), one: 1 })),
  );
  row<{ readonly bidder: string; readonly n: bigint }>()(bids.select('bidder', count().as('n')));
  row<{ readonly window_start: Date; readonly total: bigint | null }>()(
    bids
      .window(tumble('ts', seconds(10)))
      .groupBy('window_start', 'window_end')
      .select((b) => ({ window_start: b.window_start, total: sum(b.price) })),
  );
  row<{
    readonly known: boolean;
    readonly dear: boolean | null;
    readonly first: string | null;
    readonly city: string | null;
  }>()(
    bids.select((b) => ({
      known: b.auction.gt(1),
      dear: b.price.gt(1),
      first: b.tags.at(1),
      city: b.place.get('city'),
    })),
  );
  row<{ readonly text: string; readonly maybe: number | null }>()(
    bids.select((b) => ({ text: b.auction.cast('VARCHAR(20)'), maybe: b.bidder.tryCast('INT') })),
  );
  row<{ readonly a: number; readonly b: string | null }>()(from('declared_in_a_test'));
  row<{ readonly x: unknown }>()(from('unknown').select((t) => ({ x: t.x })));
  row<{ readonly bidder: string; readonly b: string | null }>()(
    bids
      .leftJoin(from('declared_in_a_test'), (b, d) => b.auction.eq(d.a))
      .select((b, d) => ({ bidder: b.bidder, b: d.b })),
  );
  row<{ readonly auction: bigint; readonly a: number | null; readonly b: string | null }>()(
    bids.select('auction').leftJoin(from('declared_in_a_test'), (b, d) => b.auction.eq(d.a)),
  );
  expect(bids.toSql()).toContain('`bids`');
});

test('mistakes are errors of the compiler', () => {
  // @ts-expect-error no such column
  bids.select((b) => ({ x: b.nope }));
  // @ts-expect-error no such column
  bids.select('nope');
  // @ts-expect-error a text is no number
  bids.select((b) => ({ x: b.bidder.times(2) }));
  // @ts-expect-error a number is no text
  bids.select((b) => ({ x: b.auction.upper() }));
  // @ts-expect-error texts do not compare with numbers
  bids.filter((b) => b.bidder.eq(5));
  // @ts-expect-error a filter is a condition
  bids.filter((b) => b.auction);
  // @ts-expect-error a time moves by an interval
  bids.select((b) => ({ x: b.ts.plus(5) }));
  // @ts-expect-error no such time column
  bids.window(tumble('time', seconds(1)));
  // @ts-expect-error other columns cannot be united
  bids.select('auction').unionAll(bids.select('bidder'));
  // @ts-expect-error no such field
  bids.select((b) => ({ x: b.place.get('street') }));
  expect(() => bids.limit(1.5)).toThrow(/whole number/);
});

test('what is not known is taken as it comes', () => {
  const untyped = from('somewhere');
  const text = untyped
    .filter((t) => t.a.gt(5).and(t.b.like('x%')))
    .select((t) => ({ c: t.a.times(t.d).plus(1), e: t.b.upper() }))
    .filter($('c').gt(lit(3n)))
    .toSql();
  expect(text).toContain('UPPER(`b`) AS `e`');
  expect(sql`SELECT ${5}`.filter((t) => t.x.eq('a')).toSql()).toContain("`x` = 'a'");
});
