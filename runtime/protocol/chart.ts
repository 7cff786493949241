import {
  nearestNames,
  StreamcellError,
  TimeZone,
  typeToString,
  withNullable,
  type ChangelogRow,
  type ColumnSchema,
  type DataType,
  type Schema,
  type Span,
  type Timestamp,
  type Value,
} from '../types/index.js';
import { displayText } from './value-text.js';
import type { Chart, ChartMark } from './view-channel.js';

/** Rows that a saved chart holds at most: the newest. */
export const CHART_ROWS = 5000;
/** Name of the data of a chart's specification: where a live one puts its rows. */
export const CHART_DATA = 'rows';

/** A time axis says hours as the table does. Vega's own labels are `:35` and, in the afternoon, `04:47`. */
const TIME_LABELS = {
  year: '%Y',
  quarter: '%b %Y',
  month: '%b %Y',
  week: '%b %d',
  date: '%b %d',
  day: '%b %d',
  hours: '%H:%M',
  minutes: '%H:%M',
  seconds: '%H:%M:%S',
  milliseconds: '.%L',
};

const MARKS: readonly ChartMark[] = ['line', 'bar', 'area', 'point'];
const CHANNELS = ['x', 'y', 'color'] as const;
type ChannelName = (typeof CHANNELS)[number];
const USAGE = 'line x=COLUMN y=COLUMN color=COLUMN';

/** One row of a chart; the fields are the channels, whatever the columns are called. */
export type ChartRow = Readonly<Partial<Record<ChannelName, string | number | boolean | null>>>;

interface Word {
  readonly key: string;
  /** Null for a word without `=`. */
  readonly value: string | null;
  readonly span: Span;
  readonly valueSpan: Span;
}

/**
 * Reads `line x=window_start y=bids color=channel`; names with blanks are quoted ("", '' or ``).
 * @throws StreamcellError CHART_INVALID with a span into the text.
 */
export function parseChart(text: string, columns: Schema): Chart {
  const words = split(text);
  const mark = words[0];
  if (mark === undefined || mark.value !== null)
    throw invalid('A chart begins with its mark: line, bar, area or point.', mark?.span ?? whole(text), usage(columns));
  const wanted = mark.key.toLowerCase();
  if (!isMark(wanted)) {
    const near = nearestNames(wanted, MARKS);
    throw invalid(
      `There is no mark '${mark.key}'.`,
      mark.span,
      near.length > 0 ? didYouMean(near) : `Marks: ${MARKS.join(', ')}.`,
    );
  }
  const found: Partial<Record<ChannelName, string>> = {};
  for (const word of words.slice(1)) {
    const name = word.key.toLowerCase();
    if (word.value === null || !isChannel(name)) {
      throw invalid(
        word.value === null ? `'${word.key}' is no channel=column.` : `A chart has no channel '${word.key}'.`,
        word.span,
        `Channels: ${CHANNELS.join(', ')}. As in: ${USAGE}`,
      );
    }
    if (found[name] !== undefined) throw invalid(`Channel '${name}' is given twice.`, word.span);
    const column = columnNamed(word.value, word.valueSpan, columns);
    checkType(name, column, word.valueSpan, columns);
    found[name] = column.name;
  }
  const { x, y, color } = found;
  if (x === undefined || y === undefined) {
    throw invalid(`The chart has no ${x === undefined ? 'x' : 'y'}.`, whole(text), usage(columns));
  }
  return { mark: wanted, x, y, ...(color === undefined ? {} : { color }) };
}

/** A Vega-Lite specification (valid in 5 and 6) with the rows in it. `total` is how many rows the result has. */
export function vegaLite(
  chart: Chart,
  columns: Schema,
  rows: readonly ChangelogRow[],
  total = rows.length,
  zone = 'UTC',
): Readonly<Record<string, unknown>> {
  const shown = rows.slice(-CHART_ROWS);
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    ...(shown.length < total
      ? { title: { text: '', subtitle: `the newest ${count(shown.length)} of ${count(total)} rows`, anchor: 'start' } }
      : {}),
    width: 'container',
    height: 260,
    data: { name: CHART_DATA, values: chartRows(chart, columns, shown, zone) },
    mark: { type: chart.mark, ...(chart.mark === 'point' ? { filled: true } : {}) },
    encoding: encoding(chart, columns),
  };
}

/** The rows as a chart takes them: times as milliseconds of the wall clock, numbers as numbers. */
export function chartRows(
  chart: Chart,
  columns: Schema,
  rows: readonly ChangelogRow[],
  zone = 'UTC',
): readonly ChartRow[] {
  const readers = CHANNELS.flatMap((name) => {
    const at = chart[name] === undefined ? -1 : columns.findIndex((c) => c.name === chart[name]);
    return at < 0 ? [] : [{ name, at, type: columns[at].type }];
  });
  return rows.map((row) =>
    Object.fromEntries(readers.map(({ name, at, type }) => [name, datum(row.fields[at], type, zone)])),
  );
}

function encoding(chart: Chart, columns: Schema): Readonly<Record<string, unknown>> {
  const channels: Record<string, unknown> = {};
  const tooltip: unknown[] = [];
  for (const name of CHANNELS) {
    const column = columns.find((c) => c.name === chart[name]);
    if (column === undefined) continue;
    const type = fieldType(name, column.type, chart.mark);
    // Wall clocks are drawn as they are, not moved into the browser's zone.
    const utc = type === 'temporal' ? { scale: { type: 'utc' } } : {};
    // Texts stay in the result's order (a Top-N is one by its rank), numbers stand in theirs.
    const inOrder = type === 'nominal' && name === 'x' ? { sort: null } : {};
    const axis = type === 'temporal' && name === 'x' ? { axis: { format: TIME_LABELS } } : {};
    const bars = name === 'y' && chart.mark === 'area' && chart.color === undefined ? { stack: null } : {};
    channels[name] = { field: name, type, title: column.name, ...utc, ...axis, ...inOrder, ...bars };
    tooltip.push({
      field: name,
      type,
      title: column.name,
      ...(type === 'temporal'
        ? {
            timeUnit: 'utcyearmonthdatehoursminutesseconds',
            format:
              column.type.root === 'DATE' ? '%Y-%m-%d' : column.type.root === 'TIME' ? '%H:%M:%S' : '%Y-%m-%d %H:%M:%S',
          }
        : {}),
    });
  }
  return { ...channels, tooltip };
}

/** Vega-Lite's type of a channel. */
export function fieldType(name: ChannelName, type: DataType, mark: ChartMark): string {
  if (isTime(type)) return name === 'color' ? 'nominal' : 'temporal';
  if (!isNumber(type)) return 'nominal';
  if (name === 'color') return mark === 'point' ? 'quantitative' : 'nominal';
  return name === 'x' && mark === 'bar' ? 'ordinal' : 'quantitative';
}

function datum(value: Value, type: DataType, zone: string): string | number | boolean | null {
  if (value === null) return null;
  switch (type.root) {
    case 'BOOLEAN':
      return value as boolean;
    case 'DECIMAL':
      return Number(displayText(value, type));
    case 'DATE':
      return (value as number) * 86_400_000;
    case 'TIME':
      return value as number;
    case 'TIMESTAMP':
      return (value as Timestamp).millis;
    case 'TIMESTAMP_LTZ':
      return TimeZone.get(zone).toLocal((value as Timestamp).millis);
    default: {
      if (!isNumber(type)) return displayText(value, type, zone);
      const number = Number(value);
      return Number.isFinite(number) ? number : null;
    }
  }
}

function columnNamed(name: string, span: Span, columns: Schema): ColumnSchema {
  const column = columns.find((c) => c.name === name);
  if (column !== undefined) return column;
  const near = nearestNames(
    name,
    columns.map((c) => c.name),
  );
  const all = `Columns: ${columns.map((c) => c.name).join(', ')}.`;
  throw invalid(
    `Column '${name}' is not in the result.`,
    span,
    near.length > 0 ? `${didYouMean(near)} ${all}` : all,
    'COLUMN_NOT_FOUND',
  );
}

function checkType(channel: ChannelName, column: ColumnSchema, span: Span, columns: Schema): void {
  const text = typeToString(withNullable(column.type, true));
  if (channel === 'y' && !isNumber(column.type)) {
    const numbers = columns.filter((c) => isNumber(c.type)).map((c) => c.name);
    throw invalid(
      `Column '${column.name}' is ${text}: y takes numbers.`,
      span,
      numbers.length > 0 ? `Columns with numbers: ${numbers.join(', ')}.` : 'The result has no column with numbers.',
    );
  }
  if (['ARRAY', 'MAP', 'MULTISET', 'ROW', 'BINARY', 'VARBINARY', 'VARIANT', 'NULL'].includes(column.type.root))
    throw invalid(`Column '${column.name}' is ${text}: a chart takes numbers, texts and times.`, span);
}

function isTime({ root }: DataType): boolean {
  return root === 'DATE' || root === 'TIME' || root === 'TIMESTAMP' || root === 'TIMESTAMP_LTZ';
}

function isNumber({ root }: DataType): boolean {
  return ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'FLOAT', 'DOUBLE', 'DECIMAL'].includes(root);
}

function isMark(text: string): text is ChartMark {
  return (MARKS as readonly string[]).includes(text);
}

function isChannel(text: string): text is ChannelName {
  return (CHANNELS as readonly string[]).includes(text);
}

const WORDS = /([^\s="'`]+)(?:=("[^"]*"|'[^']*'|`[^`]*`|\S*))?|\S+/g;

function split(text: string): readonly Word[] {
  return [...text.matchAll(WORDS)].map((match) => {
    const span = { start: match.index, end: match.index + match[0].length };
    const [, key, value] = match;
    if (key === undefined || value === undefined) return { key: match[0], value: null, span, valueSpan: span };
    const isQuoted = /^(["'`]).*\1$/s.test(value) && value.length > 1;
    const valueSpan = { start: span.end - value.length, end: span.end };
    return { key, value: isQuoted ? value.slice(1, -1) : value, span, valueSpan };
  });
}

function whole(text: string): Span {
  return { start: 0, end: text.length };
}

function usage(columns: Schema): string {
  return `As in: ${USAGE}. Columns: ${columns.map((c) => c.name).join(', ')}.`;
}

function didYouMean(names: readonly string[]): string {
  return `Did you mean ${names.map((n) => `'${n}'`).join(' or ')}?`;
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}

function invalid(
  message: string,
  span: Span,
  hint?: string,
  code: 'CHART_INVALID' | 'COLUMN_NOT_FOUND' = 'CHART_INVALID',
): StreamcellError {
  return new StreamcellError(code, message, { span, hint });
}
