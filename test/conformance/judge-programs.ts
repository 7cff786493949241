import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExactJson } from '../cluster/exact-json.js';
import { EngineRunner, setOptions } from './engine.js';
import { suiteLines } from './suite-data.js';
import { splitTopLevel } from './type-text.js';
import { type Field, NotSql, createValuesTable, rowsOption } from './values-table.js';
import { type Verdict, failed, failedToo, refused, right, wrong } from './verdict.js';

type Fields = { readonly [name: string]: ExactJson };

interface Step {
  readonly kind: string;
  readonly fields: Fields;
}

interface Program {
  readonly name: string;
  readonly setup: readonly Step[];
  readonly run: readonly Step[];
}

interface Sink {
  readonly table: string;
  readonly file: string;
  readonly expected: readonly string[];
  /** The changes themselves are expected, otherwise what they fold into. */
  readonly changelog: boolean;
  /** Positions of the primary key. */
  readonly key: readonly number[];
}

function steps(list: ExactJson): Step[] {
  return (list as readonly Fields[]).map((fields) => ({ kind: String(fields['kind']), fields }));
}

const strings = (value: ExactJson | undefined): readonly string[] => (value as readonly string[] | undefined) ?? [];
const options = (step: Step): Readonly<Record<string, string>> =>
  (step.fields['options'] as unknown as Record<string, string>) ?? {};

/** Options of Flink's test connector that ask for an ability the values connector has no form of. */
const ABILITIES: Readonly<Record<string, string>> = {
  'readable-metadata': 'metadata columns of the test connector',
  'writable-metadata': 'metadata columns of the test connector',
  'partition-list': 'partitions of the test connector',
  'source.produces-delete-by-key': 'deletes by key of the test connector',
  'sink.supports-delete-by-key': 'deletes by key of the test connector',
  'enable-vector-search': 'vector search',
  'changelog-mode-enforced': 'a changelog mode that is enforced',
};

/** Programs of Flink's tests of its batch mode; its streaming mode refuses them. */
const BATCH_ONLY: ReadonlySet<string> = new Set([
  // A window over a column that is no time attribute.
  'WindowTableFunctionTestPrograms.window-table-function-tumble-tvf-union-all',
]);

function processingTimeColumns(program: Program): string[] {
  return program.setup
    .flatMap((step) => strings(step.fields['schema']).flatMap(splitTopLevel))
    .map((component) => /^`?([^`\s]+)`?\s+AS\s+PROCTIME\(\)/i.exec(component.trim())?.[1])
    .filter((name) => name !== undefined);
}

/** Whether windows, joins over time or OVER ranges are cut by the column. */
function countsOn(sqls: string, column: string): boolean {
  const name = `[\`\\w.]*\\b${column}\\b\`?`;
  return [
    `\\bDESCRIPTOR\\s*\\(\\s*${name}`,
    `\\b(TUMBLE|HOP|CUMULATE|SESSION)(_\\w+)?\\s*\\(\\s*${name}`,
    `${name}\\s*[-+]\\s*INTERVAL\\b`,
    `\\bORDER BY ${name}[^)]*\\bINTERVAL\\b`,
  ].some((pattern) => new RegExp(pattern, 'i').test(sqls));
}

function asksTooMuch(program: Program): string | undefined {
  const sqls = program.run.map((step) => String(step.fields['sql'] ?? '')).join('\n');
  // Flink's runner keeps the job up until the windows have fired; a bounded input ends, and what waits for its time is dropped.
  if (processingTimeColumns(program).some((column) => countsOn(sqls, column)))
    return 'waits for processing time to pass';
  if (BATCH_ONLY.has(program.name)) return 'runs in batch mode only';
  const expires =
    /STATE_TTL/i.test(sqls) || program.setup.some((step) => step.fields['key'] === 'table.exec.state.ttl');
  if (expires) return 'lets state expire between the halves of its data';
  const looksUp = /\bFOR SYSTEM_TIME AS OF\b/i.test(sqls);
  const alsoSql = program.run.some((step) => step.kind.endsWith('SQL'));
  for (const step of [...program.setup, ...program.run]) {
    const name = String(step.fields['name'] ?? '');
    if (step.kind === 'FUNCTION') return `needs the Java function ${name}`;
    if (step.kind === 'TEMPORAL_FUNCTION') return 'needs a temporal table function';
    if (step.kind === 'MODEL') return 'needs a model';
    if (step.kind === 'CONFIG' && String(step.fields['key']).startsWith('__'))
      return 'needs an internal option of Flink';
    if (String(step.fields['sql'] ?? '').includes('inlineFunction$')) return 'calls a Java function';
    if (step.kind.endsWith('TABLE_API') && !alsoSql) return 'is written in the Table API';
    for (const [key, value] of Object.entries(options(step))) {
      const ability = ABILITIES[key];
      if (ability !== undefined && value !== 'false') return `needs ${ability}`;
      if (key === 'connector' && value !== 'values') return `needs the connector ${value}`;
      // The looked-up rows are other ones in the second half of the data. A delta join gives what a join over them gives.
      if (looksUp && /^(disable-lookup|async)$/.test(key))
        return 'looks up a table that changes between the halves of its data';
    }
  }
  return undefined;
}

/** The columns that rows hold values of: neither computed ones nor constraints and watermarks. */
function physicalFields(schema: readonly string[]): Field[] {
  const fields: Field[] = [];
  for (const component of schema.flatMap(splitTopLevel)) {
    if (/^(WATERMARK|PRIMARY|CONSTRAINT|UNIQUE)\b/i.test(component)) continue;
    const match = /^`?([^`\s]+)`?\s+([^]*)$/.exec(component.trim());
    const type = match?.[2] ?? '';
    if (!match || /^AS\b/i.test(type) || /\bMETADATA\b/i.test(type)) continue;
    const bare = type.replace(/(\s+NOT NULL)?(\s+PRIMARY KEY[^]*)?$/i, '');
    fields.push({ name: match[1] ?? '', type: bare.includes('`') ? bare : bare.toUpperCase() });
  }
  return fields;
}

function source(step: Step, only: boolean): string {
  const schema = strings(step.fields['schema']);
  const given = options(step);
  const rows = step.fields['rows'] as readonly (ExactJson & { readonly kind: string })[];
  const mode = given['changelog-mode']?.replaceAll(' ', '');
  if (mode === undefined && rows.some((row) => row.kind !== '+I'))
    throw new NotSql('rows of a kind that their source does not declare');
  const kept: Record<string, string> = { rows: rowsOption(rows, physicalFields(schema)) };
  if (mode !== undefined) kept['changelog-mode'] = mode;
  // Several inputs are read row by row in turn, so that their watermarks rise together: which rows are late depends on it.
  if (!only) kept['batch-size'] = '1';
  return createValuesTable(String(step.fields['name']), schema, kept, strings(step.fields['partitionKeys']));
}

function primaryKey(schema: readonly string[]): number[] {
  const names = schema.map((component) => /^`?([^`\s]+)`?\s/.exec(component)?.[1] ?? '');
  const inline = schema.findIndex(
    (component) => /\sPRIMARY KEY NOT ENFORCED/i.test(component) && !/^(PRIMARY|CONSTRAINT)/i.test(component),
  );
  if (inline >= 0) return [inline];
  const declared = schema
    .map((component) => /PRIMARY KEY\s*\(([^)]*)\)/i.exec(component)?.[1])
    .find((found) => found !== undefined);
  return declared === undefined
    ? []
    : declared.split(',').map((name) => names.indexOf(name.replaceAll('`', '').trim()));
}

function sink(step: Step, directory: string, number: number): { readonly sink: Sink; readonly ddl: string } {
  const schema = strings(step.fields['schema']);
  const table = String(step.fields['name']);
  const file = join(directory, `sink-${number}`);
  const given = options(step);
  const key = primaryKey(schema);
  // Flink's test sink takes what the query gives, but no -U where a primary key makes it superfluous.
  const mode =
    given['sink-changelog-mode-enforced'] ??
    (given['sink-insert-only'] === 'true' ? 'I' : key.length > 0 ? 'I,UA,D' : 'I,UB,UA,D');
  const ddl = createValuesTable(
    table,
    schema,
    { 'sink-file': file, 'sink-changelog-mode': mode.replaceAll(' ', '') },
    strings(step.fields['partitionKeys']),
  );
  return {
    sink: {
      table,
      file,
      expected: strings(step.fields['expected']),
      changelog: step.fields['changelog'] === true,
      key,
    },
    ddl,
  };
}

/** What changes, written as `+U[1, a]`, fold into: rows written as `+I[1, a]`, sorted. */
function fold(changes: readonly string[], key: readonly number[]): string[] {
  const table = new Map<string, string[]>();
  for (const change of changes) {
    const kind = change.slice(0, 2);
    const body = change.slice(2);
    const fields = body.slice(1, -1).split(', ');
    const at = key.length > 0 ? JSON.stringify(key.map((index) => fields[index])) : body;
    const held = table.get(at) ?? [];
    if (kind === '+I' || kind === '+U') table.set(at, key.length > 0 ? [body] : [...held, body]);
    else table.set(at, held.slice(1));
  }
  return [...table.values()]
    .flat()
    .map((body) => `+I${body}`)
    .sort();
}

function compareSink(program: Program, to: Sink, lines: readonly string[]): string | undefined {
  const sources = program.setup.filter((step) => step.kind.startsWith('SOURCE'));
  const same = (a: readonly string[], b: readonly string[]): boolean => a.join('\n') === b.join('\n');
  const expected = to.changelog ? [...to.expected].sort() : fold(to.expected, to.key);
  const actual = to.changelog ? [...lines].sort() : fold(lines, to.key);
  if (same(expected, actual)) return undefined;
  // Rows of several inputs race, and where a mini-batch or the savepoint between the two halves of the data cuts is a matter of time.
  const miniBatch = program.setup.some(
    (step) => step.fields['key'] === 'table.exec.mini-batch.enabled' && step.fields['value'] === 'true',
  );
  if ((miniBatch || sources.length > 1) && same(fold(to.expected, to.key), fold(lines, to.key))) return undefined;
  return `sink ${to.table}\n  Flink:  ${expected.join('\n          ')}\n  engine: ${actual.join('\n          ')}`;
}

/** A program that is the SQL form of a Table API one is only the query; its result belongs into the sink. */
function intoSink(sql: string, sinks: readonly Sink[]): string {
  const [only] = sinks;
  return /^\s*(SELECT|WITH|VALUES)\b/i.test(sql) && only !== undefined ? `INSERT INTO \`${only.table}\` ${sql}` : sql;
}

async function judge(program: Program, directory: string): Promise<Verdict> {
  const reason = asksTooMuch(program);
  if (reason !== undefined) return refused(program.name, reason);
  const home = await mkdtemp(join(directory, 'program-'));
  const sinks: Sink[] = [];
  const runner = EngineRunner.open();
  try {
    let setup = setOptions({ 'table.local-time-zone': 'UTC' });
    // Restore tests run plans that earlier versions compiled, before a sink's primary key had to be the query's upsert key.
    const restored = program.setup.some((step) => step.kind.includes('RESTORE'));
    if (restored) setup += setOptions({ 'table.exec.sink.require-on-conflict': 'false' });
    for (const step of program.setup) {
      if (step.kind === 'CONFIG') setup += setOptions({ [String(step.fields['key'])]: String(step.fields['value']) });
      else if (step.kind === 'SQL') setup += `${String(step.fields['sql'])};\n`;
      else if (step.kind.startsWith('SOURCE')) {
        // The runner of these programs has a watermark follow every row.
        const watermarked =
          step.kind === 'SOURCE_WITH_DATA' &&
          strings(step.fields['schema']).some((component) => component.startsWith('WATERMARK FOR'));
        const onEvent = options(step)['scan.watermark.emit.strategy'] === 'on-event';
        if (watermarked || onEvent) setup += setOptions({ 'pipeline.auto-watermark-interval': '0' });
        setup += source(step, program.setup.filter(({ kind }) => kind.startsWith('SOURCE')).length === 1);
      } else if (step.kind.startsWith('SINK')) {
        const made = sink(step, home, sinks.length);
        sinks.push(made.sink);
        setup += made.ddl;
      } else return refused(program.name, `setup step ${step.kind}`);
    }
    const failing = program.run.some((step) => step.kind === 'FAILING_SQL');
    const prepared = await runner.run(setup);
    if (prepared.state === 'failed')
      return failing ? failedToo(program.name, prepared.error) : failed(program.name, prepared.error);
    // Where a program is there in both forms, the Table API and SQL give the same.
    for (const step of program.run.filter(({ kind }) => !kind.endsWith('TABLE_API'))) {
      const sql =
        step.kind === 'STATEMENT_SET'
          ? `EXECUTE STATEMENT SET BEGIN\n${strings(step.fields['statements']).join(';\n')};\nEND`
          : intoSink(String(step.fields['sql']), sinks);
      const outcome = await runner.run(sql);
      if (step.kind === 'FAILING_SQL') {
        if (outcome.state === 'done') return wrong(program.name, `runs where Flink fails: ${sql}`);
        const verdict = failedToo(program.name, outcome.error);
        if (verdict.verdict !== 'right') return verdict;
      } else if (outcome.state === 'failed') return failed(program.name, outcome.error);
    }
    for (const to of sinks) {
      const lines = existsSync(to.file) ? (await readFile(to.file, 'utf8')).split('\n').slice(0, -1) : [];
      const difference = failing ? undefined : compareSink(program, to, lines);
      if (difference !== undefined) return wrong(program.name, difference);
    }
    return right(program.name);
  } catch (error) {
    if (error instanceof NotSql) return refused(program.name, error.message);
    throw error;
  } finally {
    await runner.close();
    await rm(home, { recursive: true, force: true });
  }
}

/** Flink's table test programs. */
export async function* judgePrograms(directory: string, wanted: (name: string) => boolean): AsyncGenerator<Verdict> {
  const scratch = await mkdtemp(join(tmpdir(), 'streamcell-programs-'));
  try {
    for await (const line of suiteLines(directory, 'programs')) {
      const fields = line as Fields;
      const program: Program = {
        name: String(fields['name']),
        setup: steps(fields['setup'] ?? []),
        run: steps(fields['run'] ?? []),
      };
      if (wanted(program.name)) yield await judge(program, scratch);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
