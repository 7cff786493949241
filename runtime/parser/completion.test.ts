import { describe, expect, test } from '@jest/globals';
import { completionContext, type CompletionContext } from './completion.js';

/** `|` marks the cursor. */
function at(marked: string): CompletionContext {
  const offset = marked.indexOf('|');
  return completionContext(marked.slice(0, offset) + marked.slice(offset + 1), offset);
}

function tables(context: CompletionContext): string[] {
  return context.tables.map(({ name, path, source, columns }) => {
    const origin = path.join('.') || source;
    return `${name ?? '-'}:${origin}${columns ? `(${columns.join(',')})` : ''}`;
  });
}

describe('what the grammar takes at the cursor', () => {
  test.each<[string, string[], string[]]>([
    ['|', ['SELECT', 'CREATE', 'INSERT', 'SHOW'], []],
    ['SELECT 1; |', ['SELECT', 'CREATE'], []],
    ['SEL|', ['SELECT'], []],
    ['SELECT |', ['DISTINCT', 'CASE', 'CAST'], ['expression']],
    ['SELECT a |', ['FROM', 'AS'], ['alias']],
    ['SELECT a FROM |', ['LATERAL', 'UNNEST'], ['table']],
    ['SELECT a FROM t |', ['WHERE', 'GROUP BY', 'JOIN', 'LEFT', 'ORDER BY'], ['alias']],
    ['SELECT a FROM t JOIN u |', ['ON', 'USING'], ['alias']],
    ['SELECT a FROM t WHERE |', ['NOT', 'EXISTS'], ['expression']],
    ['SELECT a FROM t WHERE a |', ['AND', 'OR', 'IS', 'BETWEEN', 'GROUP BY'], []],
    ['SELECT a FROM t WHERE a IS |', ['NOT', 'NULL', 'DISTINCT FROM'], []],
    ['SELECT COUNT(*) OVER (|', ['PARTITION BY'], ['window']],
    ['SELECT CAST(a AS |', [], ['type']],
    ['CREATE |', ['TABLE', 'VIEW', 'TEMPORARY', 'CATALOG'], []],
    ['CREATE TABLE t (a |', ['AS'], ['type']],
    ['CREATE TABLE t (a INT) |', ['WITH', 'COMMENT', 'PARTITIONED BY', 'LIKE', 'AS'], []],
    ['SHOW |', ['TABLES', 'CREATE', 'FUNCTIONS'], []],
    ['USE CATALOG |', [], ['catalog']],
    ['USE |', ['CATALOG', 'MODULES'], ['database']],
    ['DROP TABLE |', ['IF EXISTS'], ['table']],
    ['DESCRIBE |', ['EXTENDED'], ['table']],
    ['INSERT INTO |', [], ['table']],
    ['EXPLAIN |', ['CHANGELOG_MODE', 'SELECT'], ['query']],
    ['SELECT * FROM TABLE(TUMBLE(TABLE |', [], ['table']],
    ['SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(|', [], ['column']],
    ['SELECT /*+ |', [], ['hint']],
    ['EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO |', [], ['table']],
  ])('%s', (text, keywords, places) => {
    const context = at(text);
    expect(context.keywords).toEqual(expect.arrayContaining(keywords));
    expect(context.places).toEqual(expect.arrayContaining(places));
  });

  test('the clause at the cursor is known even where the text before it is broken', () => {
    expect(at('SELECT a, FROM t WHERE b = |').places).toContain('expression');
    expect(at('SELECT FROM t ORDER |').keywords).toContain('BY');
  });

  test('nothing is offered that cannot stand there', () => {
    expect(at('SELECT a FROM t |').keywords).not.toContain('FROM');
    expect(at('SELECT a FROM |').places).not.toContain('expression');
    expect(at('DROP TABLE |').keywords).not.toContain('SELECT');
  });
});

describe('the word at the cursor', () => {
  test.each<[string, Partial<CompletionContext>]>([
    ['SELECT na|me FROM t', { prefix: 'na', replace: { start: 7, end: 11 }, within: null }],
    ['SELECT `na|', { prefix: 'na', within: 'quoted name' }],
    ['SELECT `na`|', { prefix: 'na', within: null }],
    ["CREATE TABLE t WITH ('conn|", { prefix: 'conn', within: 'string', places: ['option key'] }],
    ["CREATE TABLE t WITH ('connector' = 'ka|", { prefix: 'ka', within: 'string', places: ['option value'] }],
    ['SELECT b.a|', { prefix: 'a', qualifier: ['b'], keywords: [] }],
    ['SELECT * FROM c.`d e`.|', { prefix: '', qualifier: ['c', 'd e'], places: ['table'] }],
    ["SET '|", { within: 'string', prefix: '' }],
  ])('%s', (text, expected) => {
    expect(at(text)).toMatchObject(expected);
  });

  test('options already set are told', () => {
    const context = at("CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'format' = 'json', '|");
    expect([...context.options]).toEqual(expect.arrayContaining([['connector', 'kafka']]));
    expect(context.options.get('format')).toBe('json');
  });
});

describe('tables in scope', () => {
  test.each<[string, string[]]>([
    ['SELECT | FROM bids b', ['b:bids']],
    ['SELECT | FROM c.d.bids', ['bids:c.d.bids']],
    ['SELECT | FROM a, b AS x JOIN c ON a.k = c.k', ['a:a', 'x:b', 'c:c']],
    ['SELECT a FROM t WHERE | GROUP', ['t:t']],
    ['SELECT | FROM (SELECT x, y + 1 AS z, u.w FROM t) s', ['s:query(x,z,w)']],
    ['SELECT | FROM (SELECT * FROM t) s (p, q)', ['s:query(p,q)']],
    ['SELECT a FROM o WHERE x IN (SELECT | FROM i)', ['i:i', 'o:o']],
    ['SELECT | FROM a UNION SELECT 1 FROM b', ['a:a']],
    ['SELECT 1 FROM a UNION SELECT | FROM b', ['b:b']],
    ["SELECT | FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' DAY)) AS w", ['w:t']],
    ['SELECT | FROM t CROSS JOIN UNNEST(t.a) AS u (e)', ['t:t', 'u:function(e)']],
    ["SELECT | FROM t /*+ OPTIONS('a'='b') */ AS x", ['x:t']],
    ['SELECT | FROM o JOIN r FOR SYSTEM_TIME AS OF o.ts AS v ON TRUE', ['o:o', 'v:r']],
    ['SELECT | FROM (a JOIN b ON TRUE)', ['a:a', 'b:b']],
    ['SELECT 1; SELECT | FROM t; SELECT 2 FROM u', ['t:t']],
    ['INSERT INTO t (|', ['t:t']],
    ['UPDATE t AS x SET |', ['x:t']],
    ['CREATE TABLE t (a INT, ts TIMESTAMP(3), WATERMARK FOR |', ['t:table(a,ts)']],
  ])('%s', (text, expected) => {
    expect(tables(at(text))).toEqual(expected);
  });

  test('common tables are in scope with their columns', () => {
    const context = at('WITH a AS (SELECT x, 1 AS y FROM t), b (z) AS (SELECT 2) SELECT | FROM a');
    expect(context.commonTables).toEqual([
      { name: 'a', columns: ['x', 'y'] },
      { name: 'b', columns: ['z'] },
    ]);
  });
});

test('no cursor in any text makes it throw', () => {
  const text =
    "WITH a AS (SELECT x FROM t /*+ OPTIONS('k' = 'v') */) SELECT CASE WHEN a.x[1] IN (1, 'b') THEN `q r` END, " +
    'SUM(x) FILTER (WHERE y) OVER (PARTITION BY z ORDER BY w ROWS 1 PRECEDING) FROM a, TABLE(TUMBLE(TABLE t, ' +
    "DESCRIPTOR(ts), INTERVAL '1' DAY)); CREATE TABLE t (a INT, PRIMARY KEY (a) NOT ENFORCED) WITH ('a' = 'b');";
  for (let offset = 0; offset <= text.length; offset++) {
    const context = completionContext(text, offset);
    expect(context.replace.start).toBeLessThanOrEqual(offset);
    expect(context.replace.end).toBeGreaterThanOrEqual(offset);
  }
});
