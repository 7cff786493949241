import type { ParameterScalar } from '@streamcell/runtime/session/session';
import { LONGEST_REFRESH, SHORTEST_REFRESH } from '@streamcell/runtime/session/streams';
import { nearestNames } from '@streamcell/runtime/types/nearest-names';
import { StreamcellError, type Span } from '@streamcell/runtime/types/index';
import { optionsHelp, parseMagicLine, wordsOf, type GivenOption, type OptionSpec, type Word } from './magic-line.js';

export type CellMode = 'table' | 'changelog' | 'append' | 'single';

/** What `%%flinksql` was told. */
export interface CellOptions {
  /** Variable that takes the result. */
  readonly output: string | null;
  readonly cluster: { readonly name: string; readonly span: Span } | null;
  readonly mode: CellMode | null;
  /** Text of the chart and where it begins in the cell. */
  readonly chart: { readonly text: string; readonly start: number } | null;
  /** Milliseconds to wait for the end; Infinity without a time, null when nothing was said. */
  readonly wait: number | null;
  readonly limit: number | null;
  readonly refresh: number | null;
  readonly parallelism: number | null;
  readonly name: string | null;
  readonly parameters: Readonly<Record<string, ParameterScalar>>;
  readonly help: boolean;
}

export const NO_OPTIONS: CellOptions = {
  output: null,
  cluster: null,
  mode: null,
  chart: null,
  wait: null,
  limit: null,
  refresh: null,
  parallelism: null,
  name: null,
  parameters: {},
  help: false,
};

const MODES: readonly CellMode[] = ['table', 'changelog', 'append', 'single'];
/** Zeppelin's types, and the SQL client's result modes. */
const MODE_ALIASES: Readonly<Record<string, CellMode>> = { update: 'table', tableau: 'table' };
const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|sec|seconds?|m|min|minutes?|h|hours?)?$/i;

export const CELL_OPTIONS: readonly OptionSpec[] = [
  { name: '--output', short: '-o', value: 'VAR', help: 'keeps the result in a variable, as an Arrow table' },
  { name: '--cluster', value: 'NAME', help: 'the cluster that the cell is meant for; %connect changes it' },
  {
    name: '--mode',
    value: 'MODE',
    values: MODES,
    help: 'table, changelog, append (only inserted rows), single (one row, large)',
  },
  {
    name: '--chart',
    value: 'SPEC',
    help: 'draws the result: "line x=COLUMN y=COLUMN color=COLUMN"; also bar, area, point',
  },
  {
    name: '--wait',
    value: 'TIME',
    optionalValue: (text) => DURATION.test(text),
    help: 'waits for the end of the query, at most so long (10 s, 2 min)',
  },
  { name: '--limit', value: 'N', help: 'stops the query after N result rows' },
  { name: '--refresh', value: 'MS', help: `milliseconds between two frames, at least ${SHORTEST_REFRESH}` },
  { name: '--parallelism', value: 'N', help: 'subtasks of each operator' },
  { name: '--name', value: 'JOB', help: 'name of the job' },
  { name: '--param', value: 'K=V', many: true, help: 'value of :k and {k}, before any variable of that name' },
  { name: '--help', short: '-h', value: null, help: 'shows this' },
];

export const CELL_HELP = `%%flinksql [options]
SQL statements, separated by ;

Runs Flink SQL. A bounded query is waited for, an unbounded one goes live and runs until it is stopped.
:name and {name} are values of the notebook, bound as literals; {name!r} is pasted as text.

${optionsHelp(CELL_OPTIONS)}

Also known as %%flink_execute_sql and %flink.ssql(type=update).`;

/** Zeppelin's local properties. */
const PROPERTIES: Readonly<Record<string, string>> = {
  type: '--mode',
  parallelism: '--parallelism',
  refreshInterval: '--refresh',
  jobName: '--name',
};

/** @throws StreamcellError MAGIC_INVALID at the option that is wrong. */
export function parseCellOptions(cell: string, span: Span): CellOptions {
  const { options, arguments: rest } = parseMagicLine(cell, span, CELL_OPTIONS);
  const given = [...options, ...propertiesOf(cell, options, rest)];
  const find = (name: string): GivenOption | undefined => given.find((o) => o.spec.name === name);
  const value = (name: string): Word | null => find(name)?.value ?? null;
  const wait = find('--wait');
  const refresh = whole('--refresh', value('--refresh'), SHORTEST_REFRESH, LONGEST_REFRESH);
  const cluster = value('--cluster');
  return {
    output: variable(value('--output')),
    cluster: cluster === null ? null : { name: cluster.text, span: cluster.span },
    mode: mode(value('--mode')),
    chart: chart(cell, value('--chart'), rest),
    wait: wait === undefined ? null : wait.value === null ? Infinity : duration(wait.value),
    limit: whole('--limit', value('--limit'), 1, 10_000_000),
    refresh,
    parallelism: whole('--parallelism', value('--parallelism'), 1, 1024),
    name: value('--name')?.text ?? null,
    parameters: Object.fromEntries(given.filter((o) => o.spec.name === '--param').map((o) => parameter(o.value))),
    help: find('--help') !== undefined,
  };
}

/** Bare words: `type=update` of Zeppelin, the channels of an unquoted chart; nothing else. */
function propertiesOf(cell: string, options: readonly GivenOption[], rest: readonly Word[]): readonly GivenOption[] {
  const chartAt = options.find((o) => o.spec.name === '--chart')?.span.start ?? Infinity;
  return rest.flatMap((word): GivenOption[] => {
    if (word.span.start > chartAt && isChannel(word)) return [];
    const [, key, text] = /^(\w+)=(.*?),?$/.exec(word.text) ?? [];
    const spec = CELL_OPTIONS.find((s) => s.name === PROPERTIES[key ?? '']);
    if (spec === undefined || text === undefined) {
      throw new StreamcellError('MAGIC_INVALID', `'${word.text}' is no option of %%flinksql.`, {
        span: word.span,
        hint: 'SQL begins on the next line. %%flinksql? shows the options.',
      });
    }
    if (options.some((o) => o.spec === spec)) throw invalid(`Option ${spec.name} is given twice.`, word);
    const start = word.span.start + key.length + 1;
    const [inner] = wordsOf(cell, { start, end: start + text.length });
    return [{ spec, span: word.span, value: inner ?? { ...word, text: '' } }];
  });
}

function isChannel(word: Word): boolean {
  return /^(x|y|color)=/i.test(word.text);
}

function chart(cell: string, value: Word | null, rest: readonly Word[]): CellOptions['chart'] {
  if (value === null) return null;
  if (value.quoted) return { text: value.text, start: value.start };
  const end = rest.filter((w) => w.span.start > value.start && isChannel(w)).at(-1)?.span.end ?? value.span.end;
  return { text: cell.slice(value.start, end), start: value.start };
}

function mode(value: Word | null): CellMode | null {
  if (value === null) return null;
  const wanted = value.text.toLowerCase();
  const found = MODES.find((m) => m === wanted) ?? MODE_ALIASES[wanted];
  if (found !== undefined) return found;
  const near = nearestNames(wanted, MODES);
  const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `Modes: ${MODES.join(', ')}.`;
  throw invalid(`There is no mode '${value.text}'.`, value, hint);
}

function variable(value: Word | null): string | null {
  if (value === null || /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(value.text)) return value?.text ?? null;
  throw invalid(`'${value.text}' is no name of a variable.`, value);
}

function whole(option: string, value: Word | null, least: number, most: number): number | null {
  if (value === null) return null;
  const number = /^\d+$/.test(value.text) ? Number(value.text) : NaN;
  if (number >= least && number <= most) return number;
  throw invalid(`${option} takes a whole number from ${least} to ${most}, not '${value.text}'.`, value);
}

/** Milliseconds. @throws StreamcellError MAGIC_INVALID */
export function duration(value: Word): number {
  const [, amount, unit = 's'] = DURATION.exec(value.text) ?? [];
  if (amount === undefined) throw invalid(`'${value.text}' is no time.`, value, 'As in: 500 ms, 10 s, 2 min, 1 h.');
  const lower = unit.toLowerCase();
  const factor = lower === 'ms' ? 1 : lower.startsWith('s') ? 1000 : lower.startsWith('m') ? 60_000 : 3_600_000;
  return Number(amount) * factor;
}

/** `k=v`; numbers, true, false and null are such, anything else is a text, quoted or not. */
function parameter(value: Word | null): readonly [string, ParameterScalar] {
  const [, name, text] = /^([\p{ID_Start}_$][\p{ID_Continue}$]*)=(.*)$/su.exec(value?.text ?? '') ?? [];
  if (value === null || name === undefined || text === undefined)
    throw new StreamcellError('MAGIC_INVALID', `--param takes name=value, not '${value?.text ?? ''}'.`, {
      span: value?.span,
    });
  const [, , quoted] = /^(["'])(.*)\1$/s.exec(text) ?? [];
  if (quoted !== undefined) return [name, quoted];
  if (text === 'true' || text === 'false') return [name, text === 'true'];
  if (text === 'null') return [name, null];
  if (/^-?\d+$/.test(text)) return [name, Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)];
  return [name, /^-?\d*\.?\d+(e[+-]?\d+)?$/i.test(text) ? Number(text) : text];
}

function invalid(message: string, value: Word, hint?: string): StreamcellError {
  return new StreamcellError('MAGIC_INVALID', message, { span: value.span, hint });
}
