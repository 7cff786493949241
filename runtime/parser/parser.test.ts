import { describe, expect, test } from '@jest/globals';
import { positionAt } from '../types/span.js';
import { RESERVED_WORDS } from './keywords.js';
import { parseExpression, parseScript, parseStatement } from './parser.js';

function kinds(text: string): string[] {
  return parseScript(text).statements.map(({ statement }) => statement.kind);
}

function problems(text: string): string[] {
  return parseScript(text).errors.map((error) => {
    const { line, column } = positionAt(text, error.span!.start);
    return `${line}:${column} ${error.code}`;
  });
}

describe('scripts', () => {
  test('statements are split at semicolons that are not inside anything', () => {
    const text = `-- a; b
SET 'a;b' = 'c';; /* ; */ SELECT \`x;y\` FROM t // ; end
; INSERT INTO t VALUES (';')`;
    expect(kinds(text)).toEqual(['SetOption', 'QueryStatement', 'Insert']);
    expect(problems(text)).toEqual([]);
    const { statements } = parseScript(text);
    expect(statements.map((statement) => statement.text)).toEqual([
      "SET 'a;b' = 'c'",
      'SELECT `x;y` FROM t',
      "INSERT INTO t VALUES (';')",
    ]);
    for (const { text: own, span } of statements) expect(text.slice(span.start, span.end)).toBe(own);
  });

  test.each(['', '  \n', ';', '-- nothing', '/* nothing */ ;;'])('%j is no statement', (text) => {
    expect(parseScript(text)).toEqual({ statements: [], errors: [], broken: [] });
  });

  test('an error in one statement leaves the others', () => {
    const text = 'SELECT 1;\nSELECT FROM t;\nSELECT 2;\nCREATE TABLE (a INT);\nSELECT 3';
    expect(kinds(text)).toEqual(['QueryStatement', 'QueryStatement', 'QueryStatement']);
    expect(problems(text)).toEqual(['2:8 SQL_SYNTAX', '4:14 SQL_SYNTAX']);
  });

  test('an unterminated string takes the rest of the script, and says where it began', () => {
    const text = "SELECT 1;\nSELECT 'abc;\nSELECT 2";
    expect(kinds(text)).toEqual(['QueryStatement']);
    expect(problems(text)).toEqual(['2:8 SQL_UNTERMINATED']);
  });

  test('a broken statement set is skipped as a whole', () => {
    const text = `EXECUTE STATEMENT SET BEGIN
  INSERT INTO a SELECT 1;
  INSERT INTO b SELEC 2;
  INSERT INTO c SELECT 3;
END;
SELECT 4`;
    expect(kinds(text)).toEqual(['QueryStatement']);
    expect(problems(text)).toEqual(['3:17 SQL_SYNTAX']);
  });

  test('CASE .. END inside a statement set does not end it', () => {
    const text = `EXECUTE STATEMENT SET BEGIN
  INSERT INTO a SELECT CASE WHEN x THEN 1 END FROM t;
END; SELECT 1`;
    expect(kinds(text)).toEqual(['StatementSet', 'QueryStatement']);
  });

  test('SET and RESET without quotes, as Flink reads them by pattern', () => {
    const options = (text: string): unknown[] =>
      parseScript(text).statements.map(({ statement: s }) =>
        s.kind === 'SetOption' || s.kind === 'ResetOption'
          ? [s.key?.value, s.kind === 'SetOption' ? s.value?.value : null]
          : s.kind,
      );
    expect(options("SET a.b-c = 1 min; SET a.b=x_1; SET a.b = 'c d' ; RESET a.b;")).toEqual([
      ['a.b', 'x_1'],
      ['a.b', 'c d'],
      ['a.b', null],
    ]);
    const [first] = parseScript('SET a.b = c').statements;
    expect(first.statement).toMatchObject({
      key: { span: { start: 4, end: 7 } },
      value: { span: { start: 10, end: 11 } },
    });
  });

  test('BEGIN STATEMENT SET and its END become one statement', () => {
    const text = 'SELECT 0; BEGIN STATEMENT SET; INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END; SELECT 3';
    expect(kinds(text)).toEqual(['QueryStatement', 'StatementSet', 'QueryStatement']);
    const set = parseScript(text).statements[1]!;
    expect(set.statement).toMatchObject({ form: 'BEGIN', statements: [{ kind: 'Insert' }, { kind: 'Insert' }] });
    expect(set.text).toBe('BEGIN STATEMENT SET; INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END');
  });

  test('BEGIN STATEMENT SET without its END stays open, for a session to close', () => {
    expect(kinds('BEGIN STATEMENT SET; INSERT INTO a SELECT 1')).toEqual(['BeginStatementSet', 'Insert']);
    expect(kinds('INSERT INTO a SELECT 1; END')).toEqual(['Insert', 'EndStatementSet']);
  });

  test('a statement set holds nothing but INSERT, and something', () => {
    expect(problems('BEGIN STATEMENT SET; SELECT 1; END')).toEqual(['1:22 SQL_SYNTAX']);
    expect(problems('BEGIN STATEMENT SET; END')).toEqual(['1:1 SQL_SYNTAX']);
  });

  test('parseStatement wants exactly one', () => {
    expect(parseStatement('SELECT 1;').kind).toBe('QueryStatement');
    expect(() => parseStatement('SELECT 1; SELECT 2')).toThrow('One statement is expected');
    expect(() => parseStatement('')).toThrow('One statement is expected');
  });
});

describe('slips of the keyboard', () => {
  test.each([
    ['SELECT a FORM t', '1:10', 'Did you mean FROM?'],
    ['SELEC a FROM t', '1:1', 'Did you mean SELECT?'],
    ['SELECT a FROM t WHER b = 1', '1:17', 'Did you mean WHERE?'],
    ['SELECT a FROM t GRUOP BY a', '1:17', 'Did you mean GROUP?'],
    ['CREATE TABEL t (a INT)', '1:8', 'Did you mean TABLE?'],
    ['SHOW TABLESS', '1:6', 'Did you mean TABLES?'],
  ])('%s', (text, place, hint) => {
    const error = parseScript(text).errors[0]!;
    const { line, column } = positionAt(text, error.span!.start);
    expect([`${line}:${column}`, error.hint]).toEqual([place, hint]);
  });

  test('a good name is no slip', () => {
    expect(parseScript('SELECT a b c').errors[0]!.hint).toBeUndefined();
  });
});

describe('names', () => {
  test('every reserved word must be quoted to be a name, and then may be one', () => {
    for (const word of RESERVED_WORDS) {
      const { statements, errors } = parseScript(`CREATE TABLE \`${word}\` (\`${word}\` INT)`);
      expect(errors).toEqual([]);
      expect(statements).toHaveLength(1);
      expect(problems(`CREATE VIEW ${word} AS SELECT 1`)).toHaveLength(1);
    }
  });

  test('words that only some place needs stay free', () => {
    const free = [
      'model',
      'key',
      'format',
      'first',
      'last',
      'final',
      'json',
      'catalog',
      'plan',
      'job',
      'week',
      'name',
      'map',
    ];
    for (const word of free) expect(problems(`SELECT ${word}, t.${word} AS ${word} FROM ${word}`)).toEqual([]);
  });

  test('case and quotes are kept', () => {
    expect(parseExpression('Ab.`c d`.`e``f`')).toMatchObject({
      parts: [
        { name: 'Ab', quoted: false },
        { name: 'c d', quoted: true },
        { name: 'e`f', quoted: true },
      ],
    });
  });
});

describe('trees', () => {
  test('a select has its clauses', () => {
    const statement = parseStatement(
      'SELECT a AS x, t.* FROM s.t AS u (p, q) WHERE b GROUP BY c HAVING d QUALIFY e ORDER BY f DESC LIMIT 3 OFFSET 4',
    );
    expect(statement).toMatchObject({
      kind: 'QueryStatement',
      query: {
        body: {
          kind: 'Select',
          items: [
            { expr: { kind: 'Identifier' }, alias: { name: 'x' } },
            { expr: { kind: 'Star' }, alias: null },
          ],
          from: { kind: 'NamedTable', alias: { name: { name: 'u' }, columns: [{ name: 'p' }, { name: 'q' }] } },
          where: { kind: 'Identifier' },
          groupBy: { items: [{ kind: 'GroupKey' }] },
          having: { kind: 'Identifier' },
          qualify: { kind: 'Identifier' },
        },
        orderBy: [{ descending: true, nulls: null }],
        limit: { text: '3' },
        offset: { text: '4' },
      },
    });
  });

  test('INTERSECT binds tighter than UNION and EXCEPT', () => {
    expect(parseStatement('SELECT 1 UNION SELECT 2 INTERSECT SELECT 3 EXCEPT ALL SELECT 4')).toMatchObject({
      query: {
        body: {
          op: 'EXCEPT',
          all: true,
          left: { op: 'UNION', left: { kind: 'Select' }, right: { op: 'INTERSECT' } },
          right: { kind: 'Select' },
        },
      },
    });
  });

  test('joins read from the left, commas too', () => {
    expect(parseStatement('SELECT 1 FROM a, b LEFT JOIN c ON x CROSS JOIN d')).toMatchObject({
      query: {
        body: {
          from: {
            type: 'CROSS',
            comma: false,
            left: { type: 'LEFT', left: { type: 'CROSS', comma: true }, on: { kind: 'Identifier' } },
          },
        },
      },
    });
  });

  test('a window function has its table, descriptor and interval', () => {
    const from = {
      kind: 'TableFunction',
      call: {
        name: { parts: [{ name: 'TUMBLE' }] },
        args: [{ kind: 'TableArgument' }, { kind: 'Descriptor' }, { kind: 'IntervalLiteral' }],
      },
    };
    const args = "TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE";
    expect(parseStatement(`SELECT * FROM TABLE(TUMBLE(${args}))`)).toMatchObject({
      query: { body: { from: { ...from, wrapped: true } } },
    });
    expect(parseStatement(`SELECT * FROM TUMBLE(${args})`)).toMatchObject({
      query: { body: { from: { ...from, wrapped: false } } },
    });
  });

  test('a query as an argument of a table function is a table', () => {
    expect(parseStatement('SELECT * FROM f((SELECT 1), in2 => (SELECT 2) PARTITION BY a)')).toMatchObject({
      query: {
        body: {
          from: {
            call: {
              args: [
                { kind: 'TableArgument', input: { kind: 'Query' } },
                { kind: 'NamedArgument', value: { kind: 'TableArgument', partitionBy: [{ kind: 'Identifier' }] } },
              ],
            },
          },
        },
      },
    });
  });

  test('patterns have their quantifiers', () => {
    const text = 'SELECT * FROM t MATCH_RECOGNIZE (PATTERN (a b+? (c | d){2,} e{3}? f{,4}) DEFINE a AS TRUE)';
    expect(parseStatement(text)).toMatchObject({
      query: {
        body: {
          from: {
            pattern: {
              kind: 'PatternSequence',
              items: [
                { kind: 'PatternVariable' },
                { kind: 'PatternQuantified', min: 1, max: null, reluctant: true },
                {
                  kind: 'PatternQuantified',
                  min: 2,
                  max: null,
                  reluctant: false,
                  item: { kind: 'PatternAlternation' },
                },
                { kind: 'PatternQuantified', min: 3, max: 3, reluctant: false },
                { kind: 'PatternQuantified', min: 0, max: 4 },
              ],
            },
          },
        },
      },
    });
  });

  test('hints are options or words', () => {
    expect(
      parseStatement("SELECT /*+ LOOKUP('table'='d'), BROADCAST(a, b) */ 1 FROM t /*+ OPTIONS('k'='v') */"),
    ).toMatchObject({
      query: {
        body: {
          hints: [
            { name: { name: 'LOOKUP' }, options: [{ key: 'table', value: 'd' }], args: [] },
            { name: { name: 'BROADCAST' }, options: [], args: [{ text: 'a' }, { text: 'b' }] },
          ],
          from: { hints: [{ options: [{ key: 'k', value: 'v' }] }] },
        },
      },
    });
  });

  test('a table has its columns, watermark and constraints', () => {
    const text = `CREATE TABLE t (
      a INT NOT NULL, b AS a + 1, c STRING METADATA FROM 'k' VIRTUAL, ts TIMESTAMP(3),
      WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, PRIMARY KEY (a, c) NOT ENFORCED
    ) PARTITIONED BY (a) WITH ('connector' = 'x')`;
    expect(parseStatement(text)).toMatchObject({
      columns: [
        { kind: 'PhysicalColumn', type: { nullable: false } },
        { kind: 'ComputedColumn', expr: { kind: 'Binary' } },
        { kind: 'MetadataColumn', from: { value: 'k' }, virtual: true },
        { kind: 'PhysicalColumn' },
      ],
      watermark: { column: { parts: [{ name: 'ts' }] } },
      constraints: [{ type: 'PRIMARY KEY', columns: [{ name: 'a' }, { name: 'c' }], enforced: false }],
      partitionedBy: [{ name: 'a' }],
      options: [{ key: { value: 'connector' }, value: { value: 'x' } }],
    });
  });
});

describe('what Flink has and the engine will not', () => {
  test.each([
    ['MERGE INTO t USING s ON a WHEN MATCHED THEN UPDATE SET b = 1', 'MERGE', 0],
    ['SELECT NEXT VALUE FOR s', 'NEXT VALUE FOR', 7],
    ['SELECT STREAM a FROM t', 'SELECT STREAM', 7],
    ["ALTER SESSION SET a = 'b'", 'ALTER SESSION', 6],
    ['SELECT UNIQUE (SELECT 1)', 'UNIQUE', 7],
  ])('%s', (text, construct, start) => {
    const error = parseScript(text).errors[0]!;
    expect(error.code).toBe('SQL_UNSUPPORTED');
    expect(error.message).toContain(construct);
    expect(error.span!.start).toBe(start);
  });
});
