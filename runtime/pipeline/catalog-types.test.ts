import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { EmbeddedSession } from '../session/index.js';
import { catalogTypes } from './index.js';
import { typescriptType } from './type-text.js';

test.each([
  ['BIGINT', 'bigint | null'],
  ['BIGINT NOT NULL', 'bigint'],
  ['TIMESTAMP(3) *ROWTIME*', 'Date | null'],
  ['TIMESTAMP_LTZ(3) NOT NULL *PROCTIME*', 'Date'],
  ['TIMESTAMP(6) WITH LOCAL TIME ZONE NOT NULL', 'Date'],
  ['DECIMAL(10, 2)', 'Decimal | null'],
  ['INTERVAL DAY(2) TO SECOND(6)', 'Interval | null'],
  ['ARRAY<VARCHAR(5) NOT NULL>', 'readonly (string)[] | null'],
  ['MAP<STRING NOT NULL, ARRAY<INT>> NOT NULL', 'ReadonlyMap<string, readonly (number | null)[] | null>'],
  ['MULTISET<STRING>', 'ReadonlyMap<string | null, number> | null'],
  [
    "ROW<`a``b` INT NOT NULL 'it''s <a> comment', c ROW<d DOUBLE>> NOT NULL",
    '{ readonly "a`b": number; readonly c: { readonly d: number | null } | null }',
  ],
  ["RAW('org.example.Type', '...')", 'unknown'],
  ['SOMETHING<NEW>', 'unknown'],
])('%s is %s', (text, expected) => {
  expect(typescriptType(text, 'Decimal', 'Interval')).toBe(expected);
});

test('declarations of a catalog compile, whatever its names hold', async () => {
  const session = new EmbeddedSession();
  const script = `
    CREATE TABLE bids (auction BIGINT NOT NULL, price DECIMAL(10, 2), ts TIMESTAMP(3), tags ARRAY<STRING>,
      WATERMARK FOR ts AS ts, PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'datagen');
    CREATE VIEW dear AS SELECT auction, ROW(price, 1) AS r FROM bids;
    CREATE TABLE \`odd.name"; }\` (\`x-y\` MAP<STRING, INT>) WITH ('connector' = 'datagen')`;
  for await (const statement of session.execute(script)) await statement.done;
  const text = await catalogTypes(session, { decimal: 'Decimal', interval: 'Interval' });
  await session.close();
  expect(text).toBe(
    `interface StreamcellCatalog {
  readonly bids: {
    readonly auction: bigint;
    readonly price: Decimal | null;
    readonly ts: Date | null;
    readonly tags: readonly (string | null)[] | null;
  };
  readonly dear: {
    readonly auction: bigint;
    readonly r: { readonly EXPR$0: Decimal | null; readonly EXPR$1: number };
  };
  readonly "\`odd.name\\"; }\`": {
    readonly "x-y": ReadonlyMap<string | null, number | null> | null;
  };
}
`,
  );
  const source = ts.createSourceFile('catalog.d.ts', text, ts.ScriptTarget.ES2022);
  expect((source as unknown as { parseDiagnostics: readonly unknown[] }).parseDiagnostics).toEqual([]);
});
