import { describe, expect, test } from '@jest/globals';
import {
  ARRAY,
  BIGINT,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  INSERT,
  INT,
  STRING,
  StreamcellError,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  Timestamp,
  type ChangelogRow,
  type Schema,
  type Value,
} from '../types/index.js';
import { CHART_ROWS, chartRows, parseChart, vegaLite } from './chart.js';

const COLUMNS: Schema = [
  { name: 'window_start', type: TIMESTAMP(3) },
  { name: 'channel', type: STRING() },
  { name: 'bids', type: BIGINT() },
  { name: 'odd name', type: DECIMAL(10, 2) },
  { name: 'instant', type: TIMESTAMP_LTZ(3) },
  { name: 'day', type: DATE() },
  { name: 'ratio', type: DOUBLE() },
  { name: 'tags', type: ARRAY(INT()) },
  { name: 'hot', type: BOOLEAN() },
];

const NOON = Date.UTC(2020, 5, 1, 12);
const ROW: readonly Value[] = [new Timestamp(NOON), 'web', 7n, 150n, new Timestamp(NOON), 18000, NaN, [1], true];
const rows = (n: number): ChangelogRow[] => Array.from({ length: n }, () => ({ kind: INSERT, fields: ROW }));

function refusal(text: string): { message: string; hint: string; at: string; code: string } {
  try {
    parseChart(text, COLUMNS);
  } catch (thrown) {
    if (thrown instanceof StreamcellError) {
      const { message, hint = '', span = { start: 0, end: 0 }, code } = thrown;
      return { message, hint, at: text.slice(span.start, span.end), code };
    }
  }
  throw new Error('a StreamcellError is expected');
}

describe('the text of a chart', () => {
  test.each([
    ['line x=window_start y=bids color=channel', { mark: 'line', x: 'window_start', y: 'bids', color: 'channel' }],
    ['  BAR  X=channel Y=bids ', { mark: 'bar', x: 'channel', y: 'bids' }],
    ['point x=ratio y="odd name"', { mark: 'point', x: 'ratio', y: 'odd name' }],
    ["area y='odd name' x=`day`", { mark: 'area', x: 'day', y: 'odd name' }],
  ])('%s', (text, chart) => {
    expect(parseChart(text, COLUMNS)).toEqual(chart);
  });

  test.each([
    ['', 'A chart begins with its mark', ''],
    ['x=channel y=bids', 'A chart begins with its mark', 'x=channel'],
    ['lien x=channel y=bids', "There is no mark 'lien'", 'lien'],
    ['line channel y=bids', "'channel' is no channel=column", 'channel'],
    ['line z=channel y=bids', "no channel 'z'", 'z=channel'],
    ['line x=channel x=bids y=bids', 'given twice', 'x=bids'],
    ['line x=channel', 'has no y', 'line x=channel'],
    ['line x=chanel y=bids', "Column 'chanel' is not in the result", 'chanel'],
    ['line x=Channel y=bids', "Column 'Channel' is not in the result", 'Channel'],
    ['line x=channel y=', "Column '' is not in the result", ''],
    ['line x=bids y=channel', "Column 'channel' is STRING: y takes numbers", 'channel'],
    ['line x=tags y=bids', "Column 'tags' is ARRAY<INT>", 'tags'],
    ['line x="odd name y=bids', 'is not in the result', '"odd'],
  ])('%s is refused at its place', (text, message, at) => {
    const refused = refusal(text);
    expect(refused.message).toContain(message);
    expect(refused.at).toBe(at);
  });

  test('a wrong column is told the nearest ones', () => {
    expect(refusal('line x=chanel y=bids')).toMatchObject({
      code: 'COLUMN_NOT_FOUND',
      hint: expect.stringMatching(/^Did you mean 'channel'\? Columns: window_start, channel/),
    });
    expect(refusal('lin x=a y=b').hint).toBe("Did you mean 'line'?");
    expect(refusal('line x=bids y=channel').hint).toBe('Columns with numbers: bids, odd name, ratio.');
  });
});

describe('the specification of a chart', () => {
  test('has times as wall clocks, and numbers as numbers', () => {
    const of = (x: string, y: string, zone?: string): unknown =>
      chartRows({ mark: 'line', x, y }, COLUMNS, rows(1), zone)[0];
    expect(of('window_start', 'bids')).toEqual({ x: NOON, y: 7 });
    expect(of('window_start', 'bids', 'Asia/Tokyo')).toEqual({ x: NOON, y: 7 });
    expect(of('instant', 'odd name', 'Asia/Tokyo')).toEqual({ x: NOON + 9 * 3600_000, y: 1.5 });
    expect(of('day', 'ratio')).toEqual({ x: 18000 * 86_400_000, y: null });
    expect(of('hot', 'bids')).toEqual({ x: true, y: 7 });
  });

  test('keeps the newest rows, and says so', () => {
    const chart = parseChart('line x=window_start y=bids', COLUMNS);
    const spec = vegaLite(chart, COLUMNS, rows(CHART_ROWS + 10), 12_345);
    expect((spec.data as { values: unknown[] }).values).toHaveLength(CHART_ROWS);
    expect(spec.title).toMatchObject({ subtitle: 'the newest 5,000 of 12,345 rows' });
    expect(vegaLite(chart, COLUMNS, rows(3)).title).toBeUndefined();
  });

  test.each([
    'line x=window_start y=bids color=channel',
    'bar x=bids y=ratio',
    'area x=day y=bids',
    'area x=instant y="odd name" color=channel',
    'point x=ratio y=bids color=bids',
    'bar x=channel y=bids color=hot',
  ])('%s is Vega-Lite, and its view runs', async (text) => {
    const { compile } = await import('vega-lite');
    const { parse, View } = await import('vega');
    const spec = vegaLite(parseChart(text, COLUMNS), COLUMNS, rows(5));
    const warnings: unknown[] = [];
    const logger = {
      warn: (...said: unknown[]) => (warnings.push(...said), logger),
      error: (...said: unknown[]) => (warnings.push(...said), logger),
      info: () => logger,
      debug: () => logger,
      level: () => logger,
    };
    const { width: _, ...sized } = spec;
    const compiled = compile({ ...sized, width: 400 } as never, { logger: logger as never });
    const view = new View(parse(compiled.spec), { renderer: 'none' });
    await view.runAsync();
    expect(await view.toSVG()).toContain('</svg>');
    expect(warnings).toEqual([]);
    view.finalize();
  });
});

describe('the axes of a chart', () => {
  const x = (text: string): unknown => {
    const { encoding } = vegaLite(parseChart(text, COLUMNS), COLUMNS, []) as { encoding: { x: unknown } };
    return encoding.x;
  };

  test('hours are those of the table: 24 of them, with their minutes', () => {
    expect(x('line x=window_start y=bids')).toMatchObject({
      type: 'temporal',
      axis: { format: { hours: '%H:%M', minutes: '%H:%M', seconds: '%H:%M:%S' } },
    });
  });

  test('bars of numbers stand in their order, bars of texts in the order of the result', () => {
    expect(x('bar x=bids y=ratio')).not.toHaveProperty('sort');
    expect(x('bar x=channel y=bids')).toMatchObject({ type: 'nominal', sort: null });
  });
});
