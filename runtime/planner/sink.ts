import { scanDescriptorOf, type LogicalSink } from '../binder/index.js';
import { DELETE, INSERT, StreamcellError, UPDATE_AFTER, UPDATE_BEFORE, type SinkInfo } from '../types/index.js';
import { draft, isAppend, SINGLE, ANY, hashed, type Draft } from './draft.js';
import { canDropBefore, type Wanted } from './changelog.js';
import { booleanOption, choiceOption, type PlannerContext } from './options.js';

export interface PlannedSink {
  readonly draft: Draft;
  /** What it asks of its input. */
  readonly wanted: Wanted;
  /** Whether updates of a key may be folded on the way. */
  readonly foldable: boolean;
}

/** A query's own result: every change, or (looked at as a table) whatever materialises equally. */
export function resultSink(input: Draft, context: PlannerContext): PlannedSink {
  const table = context.mode === 'table';
  const keyed = input.keys.length > 0;
  // A primary key of an append-only table is a promise that nobody keeps: rows that do not change are a multiset.
  const keys = input.kinds.update ? input.keys : [];
  const made = draft(
    {
      op: 'sink',
      table: null,
      connector: 'result',
      tableOptions: {},
      physicalSchema: input.schema,
      metadata: [],
      primaryKey: [],
      partitionKeys: [],
      overwrite: false,
      notNull: { columns: [], enforcer: 'ERROR' },
      lengthEnforcer: 'IGNORE',
      upsertMaterialize: false,
    },
    [input],
    { schema: input.schema, keys, distribution: [SINGLE], label: 'Sink(table=[result])' },
  );
  return { draft: made, wanted: table && keyed && canDropBefore(input) ? 'after' : 'before', foldable: table };
}

/** What INSERT writes to: checks that the sink takes such changes, and by which key. */
export function tableSink(sink: LogicalSink, input: Draft, context: PlannerContext): PlannedSink {
  const { table, options, span } = sink;
  const name = `${table.path.catalog}.${table.path.database}.${table.path.name}`;
  const descriptor = scanDescriptorOf(table, options);
  let info: SinkInfo;
  try {
    info = context.connectors.sink(descriptor);
  } catch (error) {
    throw error instanceof StreamcellError ? error.at(span) : error;
  }
  const accepts = new Set<number>(info.accepts);
  const columnOf = (column: string): number => sink.columns.indexOf(column);
  const schema = input.schema.map((c, i) => ({ name: sink.columns[i], type: c.type }));
  const primaryKey = (table.primaryKey?.columns ?? []).map(columnOf);
  const append = isAppend(input.kinds);
  requireAccepted(name, input, accepts, span);
  const sinkUpserts = accepts.has(UPDATE_AFTER) && !accepts.has(UPDATE_BEFORE);
  const appendSink = accepts.size === 1 && accepts.has(INSERT);
  const matches = input.keys.some((k) => k.every((c) => primaryKey.includes(c)));
  const mismatch = primaryKey.length > 0 && sinkUpserts && !appendSink && !append && !matches;
  const setting = choiceOption(
    context.options,
    'table.exec.sink.upsert-materialize',
    ['AUTO', 'NONE', 'FORCE'] as const,
    'AUTO',
  );
  const materialize = setting === 'FORCE' ? primaryKey.length > 0 && sinkUpserts : setting === 'AUTO' && mismatch;
  if (sink.onConflict !== null && !(sinkUpserts && primaryKey.length > 0)) {
    throw new StreamcellError(
      'SINK_KEY_CONFLICT',
      `ON CONFLICT clause is only allowed for upsert sinks. The sink '${name}' is not an upsert sink.`,
      {
        span,
        hint: 'An upsert sink has a primary key and takes updates without their old rows.',
      },
    );
  }
  checkConflict(sink, input, primaryKey.length > 0 && sinkUpserts && !appendSink && !matches, context, name);
  // A sink that takes updates without -U and has no key (blackhole) does not look at them at all.
  const wanted: Wanted = sinkUpserts && !materialize && canDropBefore(input) ? 'after' : 'before';
  const nested = context.options['table.exec.sink.nested-constraint-enforcer'];
  if (nested !== undefined && nested.toUpperCase() !== 'IGNORE') {
    throw new StreamcellError(
      'OPTION_UNSUPPORTED',
      `'table.exec.sink.nested-constraint-enforcer' = '${nested}' is not supported.`,
      { span },
    );
  }
  const enforcer = choiceOption(
    context.options,
    'table.exec.sink.not-null-enforcer',
    ['ERROR', 'DROP'] as const,
    'ERROR',
  );
  const lengthEnforcer = choiceOption(
    context.options,
    'table.exec.sink.type-length-enforcer',
    ['IGNORE', 'TRIM_PAD', 'ERROR'] as const,
    'IGNORE',
  );
  const notNull = table.columns.flatMap((c) =>
    c.kind !== 'computed' && !c.type.nullable && columnOf(c.name) >= 0 ? [columnOf(c.name)] : [],
  );
  const made = draft(
    {
      op: 'sink',
      table: table.path.name,
      connector: descriptor.connector,
      tableOptions: descriptor.options,
      physicalSchema: descriptor.physicalSchema,
      metadata: sink.metadata,
      primaryKey,
      partitionKeys: table.partitionKeys,
      overwrite: sink.overwrite,
      notNull: { columns: notNull, enforcer },
      lengthEnforcer,
      upsertMaterialize: materialize,
      span,
    },
    [input],
    {
      schema,
      keys: input.keys,
      distribution: [materialize || (primaryKey.length > 0 && sinkUpserts) ? hashed(primaryKey) : ANY],
      label: `Sink(table=[${name}], fields=[${input.schema.map((c) => c.name).join(', ')}]${materialize ? ', upsertMaterialize=[true]' : ''})`,
      span,
    },
  );
  return { draft: made, wanted, foldable: context.mode === 'table' && sinkUpserts };
}

function requireAccepted(name: string, input: Draft, accepts: ReadonlySet<number>, span: LogicalSink['span']): void {
  const what =
    input.kinds.update && !accepts.has(UPDATE_AFTER)
      ? 'update'
      : input.kinds.delete && !accepts.has(DELETE)
        ? 'delete'
        : null;
  if (!what) return;
  let producer = input;
  while (producer.inputs.length > 0 && producer.spec.op === 'calc') [producer] = producer.inputs;
  throw new StreamcellError(
    'CHANGELOG_MODE',
    `Table sink '${name}' doesn't support consuming ${what} changes which is produced by node ${producer.label}`,
    {
      span,
    },
  );
}

/** Flink 2.3: updates keyed otherwise than the sink need a word on what happens when two rows meet in one key. */
function checkConflict(
  sink: LogicalSink,
  input: Draft,
  mismatch: boolean,
  context: PlannerContext,
  name: string,
): void {
  const required = booleanOption(context.options, 'table.exec.sink.require-on-conflict', true);
  if (sink.onConflict === 'DEDUPLICATE') return;
  if (sink.onConflict !== null) {
    throw new StreamcellError(
      'SQL_UNSUPPORTED',
      `ON CONFLICT DO ${sink.onConflict} is not supported; DO DEDUPLICATE is.`,
      { span: sink.span },
    );
  }
  if (!mismatch || !required) return;
  const key = (columns: readonly number[]): string => `[${columns.map((c) => input.schema[c].name).join(', ')}]`;
  const upsert = input.keys.length > 0 ? input.keys.map(key).join(', ') : '';
  throw new StreamcellError(
    'SINK_KEY_CONFLICT',
    `The query has an upsert key that differs from the primary key of the sink table '${name}'. Primary key: [${(
      sink.table.primaryKey?.columns ?? []
    ).join(', ')}], upsert key: ${upsert}.`,
    { span: sink.span },
  );
}
