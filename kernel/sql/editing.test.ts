import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { CompletionReply } from '../host.js';
import { CellHarness } from './cell-harness.js';
import { validateCell } from './validation.js';

const BIDS =
  "CREATE TABLE bids (auction INT, price BIGINT, `odd name` STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '1')";

describe('while a SQL cell is written', () => {
  let cells: CellHarness;
  beforeEach(async () => {
    cells = new CellHarness();
    await cells.run(`%%flinksql\n${BIDS}`);
  });
  afterEach(() => cells.close());

  /** `|` is the cursor. */
  async function complete(marked: string, harness = cells): Promise<{ code: string; reply: CompletionReply | null }> {
    const offset = marked.indexOf('|');
    const code = marked.slice(0, offset) + marked.slice(offset + 1);
    const language = harness.cells.languages.find((l) => l.takes(code));
    return { code, reply: (await language?.complete(code, offset)) ?? null };
  }

  async function inspect(marked: string): Promise<string | null> {
    const offset = marked.indexOf('|');
    const code = marked.slice(0, offset) + marked.slice(offset + 1);
    const language = cells.cells.languages.find((l) => l.takes(code));
    const found = await language?.inspect(code, offset, 0);
    return found === null || found === undefined ? null : String(found['text/plain']);
  }

  test.each<[string, string, string]>([
    ['%%flinksql\nSELECT pri| FROM bids', 'price', 'pri'],
    ['%%flinksql --limit 5\nSELECT * FROM bi|', 'bids', 'bi'],
    ['%%flinksql\nSELECT UPP| FROM bids WHERE auction > {x}', 'UPPER', 'UPP'],
    ['%%flinksql\nSELECT {x} AS x, auc| FROM bids', 'auction', 'auc'],
    ['%%flinksql\nSELECT odd| FROM bids', '`odd name`', 'odd'],
    ['%%flinksql --cha|\nSELECT 1', '--chart', '--cha'],
    // The cell may have nothing but the magic's line yet.
    ['%%flinksql --li|', '--limit', '--li'],
    ['%%flinksql --|', '--wait', '--'],
    ['%%flinksql --mode sing|\nSELECT 1', 'single', 'sing'],
    ['%%flinksql --mode=app|\nSELECT 1', 'append', 'app'],
    ['%jo|', '%jobs', '%jo'],
    ['%%fli|', '%%flinksql', '%%fli'],
    ['%jobs st|', 'stop', 'st'],
    ['%explain SELECT pri| FROM bids', 'price', 'pri'],
    ['%explain --stage log|', 'logical', 'log'],
    ['%%explain\nSELECT auc| FROM bids', 'auction', 'auc'],
  ])('%s completes to %s', async (marked, expected, replaced) => {
    const { code, reply } = await complete(marked);
    expect(reply?.matches).toContain(expected);
    expect(reply?.kinds).toHaveLength(reply?.matches.length ?? -1);
    expect(code.slice(reply?.from, reply?.to)).toBe(replaced);
  });

  test('a cell without a magic is SQL in a SQL notebook, also below line magics', async () => {
    const sql = new CellHarness({ language: 'sql' });
    try {
      await sql.run(BIDS);
      expect((await complete('SELECT pri| FROM bids', sql)).reply?.matches).toContain('price');
      expect((await complete('%jobs\nSELECT pri| FROM bids', sql)).reply?.matches).toContain('price');
    } finally {
      await sql.close();
    }
  });

  test('help is of the thing at the cursor', async () => {
    expect(await inspect('%%flinksql\nSELECT pri|ce FROM bids')).toBe('price: column, BIGINT');
    expect(await inspect('%%flinksql\nSELECT price FROM bi|ds')).toMatch(/^bids\n[^]*\| auction +\| INT /);
    expect(await inspect('%%flinksql\nSELECT UPP|ER(a) FROM bids')).toBe('function UPPER(STRING)');
    expect(await inspect('%%flinksql\nSELECT COUN|T(*) FROM bids')).toContain('function COUNT(*)');
    expect(await inspect('%%flinksql\nSELECT `odd na|me` FROM bids')).toBe('odd name: column, STRING');
    expect(await inspect("%%flinksql\nSELECT 'bi|ds'")).toBeNull();
    expect(await inspect('%%flin|ksql\nSELECT 1')).toContain('--limit N');
    expect(await inspect('%jo|bs')).toContain('Lists the jobs');
  });

  test.each([
    ['%%flinksql\nSELECT 1', 'incomplete'],
    ['%%flinksql\nSELECT 1;', 'complete'],
    ["%%flinksql\nSELECT ';", 'incomplete'],
    ['%%flinksql\nSELECT 1; -- so', 'complete'],
    ['%%flinksql\nSELECT 1 /* ;', 'incomplete'],
    ["%%flinksql\nSELECT 'it''s';", 'complete'],
    ['%jobs', 'complete'],
  ])('%j is %s', (code, expected) => {
    expect(cells.cells.languages.find((l) => l.takes(code))?.isComplete(code)).toBe(expected);
  });

  describe('mistakes are marked before it runs', () => {
    async function marks(cell: string, sqlByDefault = false): Promise<[string, string][]> {
      const errors = await validateCell(cells.session, cells.variables, cell, sqlByDefault);
      return errors.map((e) => [e.code, cell.slice(e.span?.start, e.span?.end)]);
    }

    test('names, syntax and options, each at its place', async () => {
      expect(await marks('%%flinksql\nSELECT pric FROM bids')).toEqual([['COLUMN_NOT_FOUND', 'pric']]);
      expect(await marks('%%flinksql\nSELECT price FRM bids')).toMatchObject([['SQL_SYNTAX', 'FRM']]);
      expect(await marks('%%flinksql --limt 5\nSELECT pric FROM bids')).toEqual([
        ['MAGIC_INVALID', '--limt'],
        ['COLUMN_NOT_FOUND', 'pric'],
      ]);
      expect(await marks('%%flinksql\nSELECT price FROM bids')).toEqual([]);
    });

    test('behind values too; without them only syntax and names', async () => {
      cells.variables.values.set('low', 'something long instead');
      expect(await marks('%%flinksql\nSELECT {low}, pric FROM bids')).toEqual([['COLUMN_NOT_FOUND', 'pric']]);
      expect(await marks('%%flinksql\nSELECT {unknown}, pric FROM bids')).toEqual([
        ['PARAMETER_INVALID', '{unknown}'],
        ['COLUMN_NOT_FOUND', 'pric'],
      ]);
      expect(await marks('%%flinksql\nSELECT {unknown}, FROM bids')).toEqual([
        ['PARAMETER_INVALID', '{unknown}'],
        ['SQL_SYNTAX', 'FROM'],
      ]);
    });

    test('TypeScript that is busy does not hold it up', async () => {
      cells.variables.get = () => new Promise(() => undefined);
      expect(await marks('%%flinksql\nSELECT {x} FROM bids')).toEqual([]);
      expect(await marks('%%flinksql\nSELECT {x}, FROM bids')).toEqual([['SQL_SYNTAX', 'FROM']]);
    });

    test('only in cells of SQL', async () => {
      expect(await marks('SELECT nothing')).toEqual([]);
      expect(await marks('SELECT nothing', true)).toEqual([['COLUMN_NOT_FOUND', 'nothing']]);
      expect(await marks('%jobs', true)).toEqual([]);
      expect(await marks('%%flinksql?')).toEqual([]);
    });
  });
});
