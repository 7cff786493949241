import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EmbeddedSession } from '../session/index.js';
import { StreamcellError } from '../types/index.js';
import {
  $,
  avg,
  call,
  count,
  countDistinct,
  cumulate,
  days,
  Decimal,
  exists,
  hop,
  hours,
  instant,
  lit,
  max,
  milliseconds,
  min,
  minutes,
  pipeline,
  QUERY,
  rowNumber,
  seconds,
  session as sessionWindow,
  sum,
  tumble,
  type Pipeline,
  type Table,
} from './index.js';

interface Bid {
  readonly auction: bigint | null;
  readonly price: bigint | null;
  readonly channel: string | null;
  readonly ts: Date;
}
interface Auction {
  readonly id: number;
  readonly title: string | null;
}

const BIDS = [
  ['+I', 1, 10, 'app', '2024-01-01 00:00:01'],
  ['+I', 1, 30, 'web', '2024-01-01 00:00:04'],
  ['+I', 2, 20, 'app', '2024-01-01 00:00:11'],
  ['+I', 3, null, null, '2024-01-01 00:00:12'],
];
const AUCTIONS = [
  ['+I', 1, 'lamp'],
  ['+I', 2, 'desk'],
  ['+I', 9, 'sofa'],
];

function values(rows: readonly unknown[]): string {
  return `'connector' = 'values', 'rows' = '${JSON.stringify(rows).replaceAll("'", "''")}'`;
}

let session: EmbeddedSession;
let p: Pipeline;
let bids: Table<Bid>;
let auctions: Table<Auction>;

async function run(text: string): Promise<void> {
  for await (const statement of session.execute(text)) await statement.done;
}

beforeAll(async () => {
  session = new EmbeddedSession({ options: { 'table.local-time-zone': 'UTC' } });
  p = pipeline(session);
  bids = p.from<Bid>('bids');
  auctions = p.from<Auction>('auctions');
  await run(`CREATE TABLE bids (auction BIGINT, price BIGINT, channel STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH (${values(BIDS)});
    CREATE TABLE auctions (id INT NOT NULL, title STRING) WITH (${values(AUCTIONS)});
    CREATE TABLE ticks (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '1000000000')`);
});
afterAll(() => session.close());

/** The rows in the order of their text: a result is a multiset. */
async function rows<R extends object>(table: Table<R>): Promise<R[]> {
  const text = (row: unknown): string => JSON.stringify(row, (_, v: unknown) => (typeof v === 'bigint' ? `${v}` : v));
  return (await table.collect()).sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

describe('rows and columns', () => {
  test('select with a function, and with names', async () => {
    const twice = bids.select((b) => ({ auction: b.auction, twice: b.price.times(2) }));
    expect(twice.toSql()).toBe('SELECT `auction`, `price` * 2 AS `twice`\nFROM `bids`');
    expect(await rows(twice)).toEqual([
      { auction: 1n, twice: 20n },
      { auction: 1n, twice: 60n },
      { auction: 2n, twice: 40n },
      { auction: 3n, twice: null },
    ]);
    expect(await rows(bids.select('channel', $<bigint>('price').plus(1n).as('more')))).toContainEqual({
      channel: 'web',
      more: 31n,
    });
  });

  test('a literal is a column too; addColumns keeps the others', async () => {
    expect(await rows(auctions.addColumns((a) => ({ more: a.id.plus(1), kind: 'lot' })).filter($('id').eq(9)))).toEqual(
      [{ id: 9, title: 'sofa', more: 10, kind: 'lot' }],
    );
  });

  test('filters before SELECT are one WHERE, a filter after it is a query around', async () => {
    const table = bids
      .filter((b) => b.price.gt(5))
      .filter((b) => b.channel.eq('app').or(b.channel.eq('web')))
      .select((b) => ({ p: b.price }))
      .filter((t) => t.p.le(20));
    expect(table.toSql()).toBe(
      [
        'SELECT *',
        'FROM (',
        '  SELECT `price` AS `p`',
        '  FROM `bids`',
        "  WHERE (`price` > 5) AND ((`channel` = 'app') OR (`channel` = 'web'))",
        ')',
        'WHERE (`p` <= 20)',
      ].join('\n'),
    );
    expect(await rows(table)).toEqual([{ p: 10n }, { p: 20n }]);
  });

  test('distinct, orderBy, limit', async () => {
    expect(await rows(bids.select('auction').distinct())).toEqual([{ auction: 1n }, { auction: 2n }, { auction: 3n }]);
    const top = bids.filter((b) => b.price.isNotNull()).orderBy((b) => b.price.desc());
    expect(await top.limit(2).collect()).toEqual([
      expect.objectContaining({ price: 30n }),
      expect.objectContaining({ price: 20n }),
    ]);
    expect(await top.limit(1, 1).select('price').collect()).toEqual([{ price: 20n }]);
    expect(await bids.orderBy('ts').select('auction').collect()).toHaveLength(4);
  });

  test.each<[string, (b: Table<Bid>) => { collect(): Promise<{ readonly x: unknown }[]> }, unknown[]]>([
    ['arithmetic', (t) => t.select((b) => ({ x: b.price.minus(1).times(3).mod(7).plus(0.5) })), [1.5, 3.5, 6.5, null]],
    ['division of whole numbers', (t) => t.select((b) => ({ x: b.price.dividedBy(4) })), [2n, 5n, 7n, null]],
    [
      'nested operands',
      (t) => t.select((b) => ({ x: lit(10).minus(lit(3).minus(2)).times(b.price.negated()) })),
      [-180n, -270n, -90n, null],
    ],
    [
      'abs and round',
      (t) => t.select((b) => ({ x: b.price.negated().abs().dividedBy(lit(4.0)).round(0) })),
      [2n, 5n, 7n, null],
    ],
    [
      'comparison',
      (t) => t.select((b) => ({ x: b.price.ge(20).and(b.price.ne(30)).or(b.price.lt(0)) })),
      [false, false, true, null],
    ],
    ['between and not', (t) => t.select((b) => ({ x: b.price.between(10, 20).not() })), [false, false, true, null]],
    ['in', (t) => t.select((b) => ({ x: b.price.in(10, 30n) })), [false, true, true, null]],
    ['nulls', (t) => t.select((b) => ({ x: b.price.isNull() })), [false, false, false, true]],
    [
      'NULL equal to NULL',
      (t) => t.select((b) => ({ x: b.price.isNotDistinctFrom(null) })),
      [false, false, false, true],
    ],
    ['ifNull', (t) => t.select((b) => ({ x: b.channel.ifNull('none').upper() })), ['APP', 'APP', 'NONE', 'WEB']],
    ['then', (t) => t.select((b) => ({ x: b.price.gt(15).then('dear', 'cheap') })), ['cheap', 'cheap', 'dear', 'dear']],
    [
      'text',
      (t) => t.select((b) => ({ x: b.channel.concat('-').concat(b.channel.substring(2, 1)).lower().trim() })),
      ['app-p', 'app-p', 'web-e', null],
    ],
    [
      'length and like',
      (t) => t.select((b) => ({ x: b.channel.like('%e%').and(b.channel.charLength().eq(3)) })),
      [false, false, true, null],
    ],
    ['cast', (t) => t.select((b) => ({ x: b.price.cast('STRING') })), ['10', '20', '30', null]],
    ['tryCast', (t) => t.select((b) => ({ x: b.channel.tryCast('INT') })), [null, null, null, null]],
    [
      'a function by name',
      (t) => t.select((b) => ({ x: call<string>('REVERSE', b.channel) })),
      ['bew', 'ppa', 'ppa', null],
    ],
    [
      'time and interval',
      (t) => t.select((b) => ({ x: b.ts.plus(days(1)).minus(minutes(100)).gt(new Date('2024-01-01T22:20:10Z')) })),
      [false, false, true, true],
    ],
    ['an instant', (t) => t.select(() => ({ x: instant(new Date(1.7e12 + 5)) })).limit(1), [new Date(1.7e12 + 5)]],
  ])('%s', async (_, build, expected) => {
    const text = (v: unknown): string => (v === null ? '~~' : String(v));
    const found = (await build(bids).collect()).map((row) => row.x);
    expect(found.sort((a, b) => (text(a) < text(b) ? -1 : 1))).toEqual(expected);
  });

  test('every kind of value comes back as its TypeScript value', async () => {
    const [row] =
      await p.sql`SELECT CAST(1.50 AS DECIMAL(10, 2)) AS d, DATE '2024-02-29' AS birthday, TIME '10:20:30' AS t,
      TIMESTAMP '2024-01-01 00:00:00.123' AS ts, TO_TIMESTAMP_LTZ(5, 3) AS ltz, ARRAY[1, NULL] AS a, MAP['k', 1] AS m,
      CAST(ROW(1, 'x') AS ROW<i INT, s STRING>) AS r, x'00ff' AS b, INTERVAL '1' DAY AS dt, INTERVAL '2' MONTH AS ym,
      CAST(NULL AS INT) AS nothing, 1.5E0 AS dbl, TRUE AS flag`.collect();
    expect(row).toEqual({
      d: new Decimal(150n, 2),
      birthday: '2024-02-29',
      t: '10:20:30',
      ts: new Date('2024-01-01T00:00:00.123Z'),
      ltz: new Date(5),
      a: [1, null],
      m: new Map([['k', 1]]),
      r: { i: 1, s: 'x' },
      b: new Uint8Array([0, 255]),
      dt: { milliseconds: 86_400_000, months: 0 },
      ym: { milliseconds: 0, months: 2 },
      nothing: null,
      dbl: 1.5,
      flag: true,
    });
    expect(String(row.d)).toBe('1.50');
    expect((row.d as Decimal).toNumber()).toBe(1.5);
  });

  test('fields, elements and keys', async () => {
    const nested = p.sql<{
      r: { i: number; s: string };
      a: readonly number[];
      m: ReadonlyMap<string, number>;
    }>`SELECT CAST(ROW(7, 'x') AS ROW<i INT, s STRING>) AS r, ARRAY[4, 5] AS a, MAP['k', 6] AS m`;
    expect(await rows(nested.select((t) => ({ i: t.r.get('i'), second: t.a.at(2), k: t.m.at('k') })))).toEqual([
      { i: 7, second: 5, k: 6 },
    ]);
  });
});

describe('groups and windows', () => {
  test('aggregates, FILTER and HAVING', async () => {
    const table = bids
      .groupBy('auction')
      .having(count().gt(0))
      .select((b) => ({
        auction: b.auction,
        n: count(),
        priced: count(b.price),
        channels: countDistinct(b.channel),
        total: sum(b.price),
        mean: avg(b.price),
        least: min(b.price),
        most: max(b.price).as('ignored').expression,
        app: count().filter(b.channel.eq('app')),
      }));
    const [first, , third] = await rows(table);
    expect(first).toEqual({
      auction: 1n,
      n: 2n,
      priced: 2n,
      channels: 2n,
      total: 40n,
      mean: 20n,
      least: 10n,
      most: 30n,
      app: 1n,
    });
    expect(third).toEqual({
      auction: 3n,
      n: 1n,
      priced: 0n,
      channels: 0n,
      total: null,
      mean: null,
      least: null,
      most: null,
      app: 0n,
    });
    expect(
      await rows(
        bids
          .groupBy('auction')
          .having(() => count().gt(1))
          .select('auction'),
      ),
    ).toEqual([{ auction: 1n }]);
  });

  test('aggregates of the whole table', async () => {
    expect(await bids.select((b) => ({ n: count(), total: sum(b.price) })).collect()).toEqual([{ n: 4n, total: 60n }]);
  });

  test('tumble', async () => {
    const table = bids
      .window(tumble('ts', seconds(10)))
      .groupBy((b) => [b.window_start, b.window_end])
      .select((b) => ({ window_start: b.window_start, bids: count() }));
    expect(table.toSql()).toBe(
      [
        'SELECT `window_start`, COUNT(*) AS `bids`',
        "FROM TABLE(TUMBLE(TABLE `bids`, DESCRIPTOR(`ts`), INTERVAL '10' SECOND))",
        'GROUP BY `window_start`, `window_end`',
      ].join('\n'),
    );
    expect(await rows(table)).toEqual([
      { window_start: new Date('2024-01-01T00:00:00Z'), bids: 2n },
      { window_start: new Date('2024-01-01T00:00:10Z'), bids: 2n },
    ]);
  });

  test('hop, cumulate and session windows; a window of a filtered table', async () => {
    const counted = (table: Table<Bid & { window_start: Date; window_end: Date }>): Promise<{ n: bigint }[]> =>
      rows(table.groupBy('window_start', 'window_end').select(() => ({ n: count() })));
    expect(await counted(bids.window(hop('ts', seconds(5), seconds(10))))).toEqual([
      { n: 2n },
      { n: 2n },
      { n: 2n },
      { n: 2n },
    ]);
    expect(await counted(bids.window(cumulate('ts', seconds(5), seconds(10))))).toEqual(
      Array.from({ length: 4 }, () => ({ n: 2n })),
    );
    const apps = bids.filter((b) => b.channel.eq('app'));
    expect(await counted(apps.window(tumble('ts', hours(1))))).toEqual([{ n: 2n }]);
    const perAuction = bids
      .window(sessionWindow('ts', milliseconds(4500), ['auction']))
      .groupBy((b) => [b.window_start, b.window_end, b.auction])
      .select((b) => ({ auction: b.auction, n: count() }));
    expect(await rows(perAuction)).toEqual([
      { auction: 1n, n: 2n },
      { auction: 2n, n: 1n },
      { auction: 3n, n: 1n },
    ]);
  });

  test('rankings and sums over rows before', async () => {
    const ranked = bids
      .select((b) => ({
        auction: b.auction,
        price: b.price,
        n: rowNumber().over({ partitionBy: b.auction, orderBy: b.price.desc() }),
      }))
      .filter((t) => t.n.le(1));
    expect((await rows(ranked)).map((r) => r.price)).toEqual([30n, 20n, null]);
    const running = bids.select((b) => ({
      s: sum(b.price).over({ orderBy: b.ts, rows: 1 }),
      all: sum(b.price).over({ orderBy: b.ts, rows: 1 }),
    }));
    expect((await rows(running)).map((r) => r.s)).toEqual([10n, 20n, 40n, 50n]);
    const ranged = bids.select((b) => ({
      s: count().over({ partitionBy: [b.auction], orderBy: [b.ts], range: seconds(3) }),
    }));
    expect((await rows(ranged)).map((r) => r.s)).toEqual([1n, 1n, 1n, 2n]);
  });
});

describe('several tables', () => {
  test('join, and what comes after it', async () => {
    const joined = bids
      .join(auctions, (b, a) => b.auction.eq(a.id))
      .filter((b) => b.price.gt(10))
      .select((b, a) => ({ title: a.title, price: b.price }));
    expect(joined.toSql()).toBe(
      [
        'SELECT `auctions`.`title`, `bids`.`price`',
        'FROM `bids`',
        'JOIN `auctions` ON `bids`.`auction` = `auctions`.`id`',
        'WHERE (`bids`.`price` > 10)',
      ].join('\n'),
    );
    expect(await rows(joined)).toEqual([
      { title: 'desk', price: 20n },
      { title: 'lamp', price: 30n },
    ]);
  });

  test('outer joins', async () => {
    expect(
      await rows(
        bids.leftJoin(auctions, (b, a) => b.auction.eq(a.id)).select((b, a) => ({ id: b.auction, t: a.title })),
      ),
    ).toEqual([
      { id: 1n, t: 'lamp' },
      { id: 1n, t: 'lamp' },
      { id: 2n, t: 'desk' },
      { id: 3n, t: null },
    ]);
    expect(
      await rows(bids.rightJoin(auctions, (b, a) => b.auction.eq(a.id)).select((b, a) => ({ id: a.id, p: b.price }))),
    ).toContainEqual({ id: 9, p: null });
    expect(
      await rows(
        bids.fullOuterJoin(auctions, (b, a) => b.auction.eq(a.id)).select((b, a) => ({ b: b.auction, a: a.id })),
      ),
    ).toHaveLength(5);
  });

  test('a table with itself, three tables, tables with names of their own', async () => {
    const pairs = bids.join(bids, (x, y) => x.auction.eq(y.auction).and(x.price.lt(y.price)));
    expect(await rows(pairs.select((x, y) => ({ low: x.price, high: y.price })))).toEqual([{ low: 10n, high: 30n }]);
    const three = bids
      .join(auctions, (b, a) => b.auction.eq(a.id))
      .filter((_, a) => a.title.eq('lamp'))
      .leftJoin(auctions.as('other'), (b, _, o) => b.price.eq(o.id.times(10)))
      .select((b, a, o) => ({ price: b.price, title: a.title, other: o.title }));
    expect(await rows(three)).toEqual([
      { price: 10n, title: 'lamp', other: 'lamp' },
      { price: 30n, title: 'lamp', other: null },
    ]);
    expect(
      await rows(
        bids
          .filter((b) => b.price.gt(20))
          .as('b')
          .select($('price').as('p')),
      ),
    ).toEqual([{ p: 30n }]);
  });

  test('a filter of a join may not slip behind an outer join', () => {
    const filtered = bids.join(auctions, (b, a) => b.auction.eq(a.id)).filter((b) => b.price.gt(1));
    expect(() => filtered.rightJoin(auctions, (b, _, o) => b.auction.eq(o.id))).toThrow(/before its RIGHT JOIN/);
    // @ts-expect-error the right side of a join is one table
    expect(() => bids.join(filtered, (b) => b.price.gt(1))).toThrow(/one table/);
  });

  test('set operations', async () => {
    const left = bids.select('auction');
    const right = bids.filter((b) => b.auction.ge(2)).select('auction');
    expect(await rows(left.unionAll(right))).toHaveLength(6);
    expect(await rows(left.union(right))).toHaveLength(3);
    expect(await rows(left.intersect(right))).toEqual([{ auction: 2n }, { auction: 3n }]);
    expect(await rows(left.minus(right))).toEqual([{ auction: 1n }]);
    expect(await rows(left.intersectAll(left))).toHaveLength(4);
    expect(await rows(left.minusAll(right))).toEqual([{ auction: 1n }, { auction: 1n }]);
    expect(
      await rows(
        left
          .unionAll(right)
          .filter((t) => t.auction.eq(3n))
          .limit(1),
      ),
    ).toEqual([{ auction: 3n }]);
  });

  test('queries within expressions', async () => {
    const some = auctions.select('id');
    expect(
      await rows(
        bids
          .filter((b) => b.auction.in(some))
          .select('auction')
          .distinct(),
      ),
    ).toEqual([{ auction: 1n }, { auction: 2n }]);
    expect(await rows(auctions.filter(exists(bids.filter((b) => b.price.gt(25)))).select('id'))).toHaveLength(3);
  });

  test('insertInto', async () => {
    await run("CREATE TABLE gone (a BIGINT) WITH ('connector' = 'blackhole')");
    const insert = bids.select('auction').insertInto('gone');
    expect(insert.toSql()).toBe('INSERT INTO `gone`\nSELECT `auction`\nFROM `bids`');
    const statement = await insert.execute();
    expect(statement.kind).toBe('insert');
    expect((await statement.done).state).toBe('finished');
    const both = bids.select('auction').unionAll(bids.select('auction')).insertInto('gone', ['a']);
    expect((await (await both.execute()).done).state).toBe('finished');
  });
});

describe('text of the user', () => {
  test('values in sql templates are values', async () => {
    const channel = "app' OR 1 = 1 --";
    const table = p.sql`SELECT COUNT(*) AS n FROM bids WHERE channel = ${channel} OR price = ${30n};`;
    expect(await table.collect()).toEqual([{ n: 1n }]);
    expect(
      await p.sql`SELECT ${null} IS NULL AS a, ${-1.5e-7} AS b, ${true} AS c, ${1e300} AS d, ${-0.1} AS e, ${NaN} AS f`.collect(),
    ).toEqual([{ a: true, b: -1.5e-7, c: true, d: 1e300, e: -0.1, f: NaN }]);
    expect(
      await p.sql`SELECT COUNT(*) AS n FROM ${bids.filter((b) => b.price.gt(5))} WHERE ${$('channel').eq('app')}`.collect(),
    ).toEqual([{ n: 2n }]);
  });

  test('a template is a table like any other', async () => {
    const table = p.sql<{ x: number }>`SELECT * FROM (VALUES (1), (2)) AS t (x) -- two`;
    expect(await rows(table.filter((t) => t.x.gt(1)))).toEqual([{ x: 2 }]);
    expect(table[QUERY]).toEqual({ sql: table.toSql() });
  });

  test.each([
    ['text', (v: string) => p.sql`SELECT '${v}'`],
    ['a name', (v: string) => p.sql`SELECT \`${v}\``],
    ['a comment', (v: string) => p.sql`SELECT 1 -- ${v}`],
    ['a long comment', (v: string) => p.sql`SELECT 1 /* ' ${v} */`],
  ])('a value within %s is refused', (_, build) => {
    expect(() => build("'; DROP TABLE bids; --")).toThrow(/within quotes or a comment/);
  });

  const hostile = ["a'b", 'a`b', "'; DROP TABLE bids; --", '{x} :y', 'zwei\nZeilen', '😀\\', 'a.b', '/*', '"'];
  test.each(hostile)('the name and the value %j', async (text) => {
    await run(
      `CREATE TEMPORARY VIEW \`${text.replaceAll('`', '``')}\` AS SELECT 1 AS \`${text.replaceAll('`', '``')}\``,
    );
    const table = p
      .from<Record<string, number>>(`\`${text.replaceAll('`', '``')}\``)
      .select((t) => ({ [text]: t[text], value: lit(text) }))
      .filter((t) => t.value.eq(text));
    expect(await table.collect()).toEqual([{ [text]: 1, value: text }]);
    const joined = table.as(text).join(auctions, (l, a) => l[text].eq(a.id));
    expect(await joined.select((l) => ({ value: l.value })).collect()).toEqual([{ value: text }]);
    expect(await p.sql`SELECT ${text} AS v`.collect()).toEqual([{ v: text }]);
  });

  test('what is no name, no type and no value is refused', () => {
    expect(() => p.from('')).toThrow(StreamcellError);
    expect(() => p.from('a..b')).toThrow(/empty part/);
    expect(() => p.from('`a')).toThrow(/not closed/);
    expect(() => p.from('`a`b')).toThrow(/dot is expected/);
    expect(() => lit('1').cast("INT) FROM bids; DROP TABLE bids; SELECT CAST('1' AS INT")).toThrow(
      /not the text of a type/,
    );
    expect(() => lit('1').cast('INT AS x --')).toThrow(/not the text of a type/);
    expect(() => lit(new Date(NaN))).toThrow(/invalid Date/);
    expect(() => lit(10n ** 38n)).toThrow(/38 digits/);
    expect(() => lit({} as never)).toThrow(/cannot be written/);
    expect(() => bids.limit(-1)).toThrow(/whole number/);
    expect(() => seconds(1.5)).toThrow(/whole number/);
    expect(() => bids.select(() => ({}))).toThrow(/a column at least/);
    expect(call('A`B', 1).text).toBe('`A``B`(1)');
  });

  test('large and exact literals', async () => {
    const wide = 12345678901234567890n;
    expect(
      await p.sql`SELECT ${wide} AS a, ${new Decimal(-105n, 2)} AS b, ${-5n} AS c, ${2 ** 40} AS d, ${new Uint8Array([1, 254])} AS e`.collect(),
    ).toEqual([
      { a: new Decimal(wide, 0), b: new Decimal(-105n, 2), c: -5n, d: BigInt(2 ** 40), e: new Uint8Array([1, 254]) },
    ]);
  });
});

describe('results', () => {
  const ticks = (): Table<{ n: bigint }> => p.from<{ n: bigint }>('ticks');

  test('an unbounded query is collected for some rows or some time', async () => {
    expect(await ticks().collect({ rows: 3 })).toEqual([{ n: 1n }, { n: 2n }, { n: 3n }]);
    expect((await ticks().collect({ milliseconds: 300 })).length).toBeGreaterThan(0);
    await expect(ticks().collect()).rejects.toThrow(/unbounded/);
  });

  test('rows as they come; leaving the loop cancels the job', async () => {
    const seen: bigint[] = [];
    for await (const { n } of ticks()) if (seen.push(n) === 5) break;
    expect(seen).toEqual([1n, 2n, 3n, 4n, 5n]);
    const running = (await session.jobs()).filter((job) => job.state === 'running');
    expect(running).toEqual([]);
  });

  test('changes of an updating query', async () => {
    const counts = bids.groupBy('auction').select((b) => ({ auction: b.auction, n: count() }));
    const ops: string[] = [];
    for await (const { op, row } of counts.changes()) ops.push(`${op} ${row.auction} ${row.n}`);
    expect(ops).toContain('+I 2 1');
    const all = counts.rows();
    await expect(all[Symbol.asyncIterator]().next()).rejects.toThrow(/changes\(\)/);
  });

  test('a failing query rejects; a wrong one names the place in its text', async () => {
    await expect(
      bids.select((b) => ({ x: b.price.dividedBy(b.price.minus(b.price)) })).collect(),
    ).rejects.toMatchObject({
      code: 'DIVISION_BY_ZERO',
    });
    await expect(p.from('bids').select('nope').collect()).rejects.toMatchObject({
      code: 'COLUMN_NOT_FOUND',
      span: { start: 7, end: 13 },
    });
  });

  test('tables without a session are good for their text', async () => {
    const { from } = await import('./index.js');
    expect(from('bids').limit(1).toSql()).toBe('SELECT *\nFROM `bids`\nLIMIT 1');
    await expect((async () => from('bids').collect())()).rejects.toThrow(/no session/);
  });
});
