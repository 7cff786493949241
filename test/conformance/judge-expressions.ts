import { type StreamcellError, typeToString } from '@streamcell/runtime/types/index';
import type { Value } from '@streamcell/runtime/types/index';
import { type ExactJson, writeExactJson } from '../cluster/exact-json.js';
import { equalsJava } from './boxed-values.js';
import { EngineRunner, type Outcome, setOptions } from './engine.js';
import { suiteLines } from './suite-data.js';
import { engineType, isJavaType } from './type-text.js';
import { NotSql, createValuesTable, rowsOption } from './values-table.js';
import { type Verdict, failed, failedToo, refused, right, wrong } from './verdict.js';

/** One expression of Flink's tests, over one row, with what it gives. */
interface Item {
  readonly name: string;
  /** SQL of the select list, one or more columns. */
  readonly select: string;
  readonly row: readonly ExactJson[];
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly options: Readonly<Record<string, string>>;
  readonly udfs: readonly string[];
  readonly error: 'validation' | 'runtime' | 'any' | undefined;
  readonly width: number;
  /** @returns what differs, or undefined. */
  readonly check: (
    columns: readonly { readonly type: string }[],
    values: readonly Value[],
    outcome: Extract<Outcome, { state: 'done' }>,
  ) => string | undefined;
}

type Line = { readonly [name: string]: ExactJson };

function functionItem(line: Line): Item {
  const results = line['results'] as readonly ExactJson[] | undefined;
  const types = (line['resultTypes'] as readonly string[] | undefined) ?? [];
  const data = (line['data'] as readonly ExactJson[] | undefined) ?? [];
  return {
    name: String(line['name']),
    select: String(line['expression']),
    row: data,
    names: data.map((_, i) => `f${i}`),
    types: (line['types'] as readonly string[] | undefined) ?? [],
    options: line['options'] as unknown as Readonly<Record<string, string>>,
    udfs: line['udfs'] as readonly string[],
    error: line['error'] as Item['error'],
    width: results === undefined ? 1 : Math.max(types.length, results.length),
    check(columns, values, outcome) {
      for (const [i, type] of types.entries()) {
        if (columns[i]?.type !== engineType(type))
          return `type ${columns[i]?.type ?? 'none'}, Flink: ${engineType(type)}`;
        // Where the value is a matter of chance the test gives a type alone.
        if (results === undefined || i >= results.length) continue;
        const column = outcome.columns[i];
        const expected = results[i] ?? null;
        const value = values[i] ?? null;
        if (column && !equalsJava(column.type, value, expected))
          return `value ${shown(value)}, Flink: ${writeExactJson(expected)}`;
      }
      return undefined;
    },
  };
}

function scalarItem(line: Line): Item {
  const data = line['data'] as { readonly row?: readonly ExactJson[]; readonly named?: Line } | undefined;
  const names = (line['names'] as readonly string[] | undefined) ?? [];
  const expected = line['expected'] as string | null | undefined;
  const type = engineType(String(line['type']));
  const expression = String(line['expression']);
  const failure = line['errorClass'];
  return {
    name: String(line['name']),
    // Flink's test compares the text that a cast gives; the expression itself is there for its type.
    select: failure === undefined ? `CAST(${expression} AS STRING), ${expression}` : expression,
    row: data?.row ?? names.map((name) => data?.named?.[name] ?? null),
    names,
    types: (line['types'] as readonly string[] | undefined) ?? [],
    options: line['options'] as unknown as Readonly<Record<string, string>>,
    udfs: line['udfs'] as readonly string[],
    error: failure === undefined ? undefined : failure === 'ValidationException' ? 'validation' : 'any',
    width: 2,
    check(columns, values) {
      const fieldNames = (of: string): string => of.replace(/`EXPR\$(\d+)`/g, '`f$1`');
      // Flink names the fields of ROW(...) in the validator and again in the plan that the test looks at.
      if (fieldNames(columns[1]?.type ?? '') !== fieldNames(type))
        return `type ${columns[1]?.type ?? 'none'}, Flink: ${type}`;
      const text = values[0] === null ? 'NULL' : String(values[0]);
      return expected == null || text === expected ? undefined : `text ${text}, Flink: ${expected}`;
    },
  };
}

function shown(value: Value): string {
  return JSON.stringify(value, (_key, v: unknown) => (typeof v === 'bigint' ? String(v) : v)) ?? 'undefined';
}

/** Why an item cannot be put to a SQL engine. */
function unasked(item: Item): string | undefined {
  const used = usedColumns([item]);
  const udf = item.udfs.find((name) =>
    item.select.includes(name.slice(name.lastIndexOf('.') + 1).replace(/^.*\$/, '')),
  );
  if (udf !== undefined) return `calls the Java function ${udf}`;
  const java = used.find((index) => isJavaType(item.types[index] ?? ''));
  return java === undefined ? undefined : `reads a column of type ${item.types[java] ?? ''}`;
}

function usedColumns(items: readonly Item[]): number[] {
  const words = new Set(items.flatMap((item) => item.select.match(/\w+/g) ?? []));
  return [...(items[0]?.names.keys() ?? [])].filter((index) => words.has(items[0]?.names[index] ?? ''));
}

let tables = 0;

/** The script for some items over the same row. */
function script(items: readonly Item[]): string {
  const [first] = items;
  if (first === undefined) return '';
  const select = items.map((item) => item.select).join(', ');
  if (first.row.length === 0) return `SELECT ${select}`;
  const used = usedColumns(items);
  const columns = used.map((index) => `\`${first.names[index] ?? ''}\` ${engineType(first.types[index] ?? '')}`);
  const table = `row_${++tables}`;
  // A row needs a column, and an expression may use none of them.
  const components = columns.length > 0 ? columns : ['`none` INT'];
  const row: ExactJson = { kind: '+I', row: first.row };
  const fields = first.names.map((name, i) => ({ name, type: engineType(first.types[i] ?? '') }));
  const rows =
    columns.length > 0 ? rowsOption([row], fields, used, first.options['table.local-time-zone']) : '[["+I", null]]';
  return `${createValuesTable(table, components, { rows })}SELECT ${select} FROM ${table} AS testTable`;
}

/** Some rows of Flink's tests hold values that their declared types cannot. */
function unfit(error: StreamcellError): boolean {
  return (
    error.code === 'OPTION_INVALID' && error.message.includes("'rows'") && error.message.includes('is not of its type')
  );
}

function verdictOf(item: Item, outcome: Outcome, offset: number): Verdict {
  if (outcome.state === 'failed' && unfit(outcome.error)) return refused(item.name, outcome.error.message);
  if (outcome.state === 'failed')
    return item.error === undefined ? failed(item.name, outcome.error) : failedToo(item.name, outcome.error);
  if (item.error !== undefined) return wrong(item.name, `gives a result where Flink fails: ${item.select}`);
  const part = { ...outcome, columns: outcome.columns.slice(offset, offset + item.width) };
  const row = outcome.changes[0];
  if (outcome.changes.length !== 1 || row === undefined)
    return wrong(item.name, `${outcome.changes.length} rows: ${item.select}`);
  const columns = part.columns.map((column) => ({
    type: typeToString(column.type).replace(/ \*(?:ROW|PROC)TIME\*/, ''),
  }));
  const difference = item.check(columns, row.fields.slice(offset, offset + item.width), part);
  return difference === undefined ? right(item.name) : wrong(item.name, `${item.select}: ${difference}`);
}

/** Items over one row are asked in one query; where that fails, one by one. */
async function* judgeTogether(runner: EngineRunner, items: readonly Item[]): AsyncGenerator<Verdict> {
  const ask = async (some: readonly Item[]): Promise<Outcome | string> => {
    try {
      return await runner.run(script(some));
    } catch (error) {
      if (error instanceof NotSql) return error.message;
      throw error;
    }
  };
  const together = items.length > 1 ? await ask(items) : 'alone';
  let offset = 0;
  for (const item of items) {
    if (typeof together !== 'string' && together.state === 'done') {
      yield verdictOf(item, together, offset);
    } else {
      const outcome = await ask([item]);
      yield typeof outcome === 'string' ? refused(item.name, outcome) : verdictOf(item, outcome, 0);
    }
    offset += item.width;
  }
}

const TOGETHER = 20;

export async function* judgeExpressions(
  directory: string,
  suite: 'functions' | 'scalars',
  wanted: (name: string) => boolean,
): AsyncGenerator<Verdict> {
  const runners = new Map<string, EngineRunner>();
  const runnerFor = async (options: Readonly<Record<string, string>>): Promise<EngineRunner> => {
    const all = { 'table.local-time-zone': 'UTC', ...options };
    const key = JSON.stringify(all);
    let runner = runners.get(key);
    if (!runner) {
      runner = EngineRunner.open();
      runners.set(key, runner);
      await runner.run(setOptions(all));
    }
    return runner;
  };
  let group: Item[] = [];
  let groupKey = '';
  const flush = async function* (): AsyncGenerator<Verdict> {
    const [first] = group;
    if (first) yield* judgeTogether(await runnerFor(first.options), group);
    group = [];
  };
  try {
    for await (const line of suiteLines(directory, suite)) {
      const item = (suite === 'functions' ? functionItem : scalarItem)(line as Line);
      if (!wanted(item.name)) continue;
      const reason = unasked(item);
      if (reason !== undefined) {
        yield refused(item.name, reason);
        continue;
      }
      // A failing expression would fail the others with it.
      const key =
        item.error === undefined
          ? writeExactJson([item.row as ExactJson, [...item.types], JSON.stringify(item.options)])
          : item.name;
      if (key !== groupKey || group.length >= TOGETHER) yield* flush();
      groupKey = key;
      group.push(item);
    }
    yield* flush();
  } finally {
    for (const runner of runners.values()) await runner.close();
  }
}
