import {
  rowsFromBatch,
  rowKindName,
  type DataType,
  type Schema,
  type TableDescriptor,
  type Value,
} from '../types/index.js';
import { javaText } from './print.js';
import type { SinkWriter, SourceReader, SourceRequest, SplitOffset } from './connector.js';
import { connector } from './registry.js';

/** Verbs for connector tests: a table, its reader or writer, and rows as text. */
export function tableOf(
  name: string,
  options: Readonly<Record<string, string>>,
  columns: readonly (readonly [string, DataType])[],
  partitionKeys: readonly string[] = [],
): TableDescriptor {
  const physicalSchema = columns.map(([column, type]) => ({ name: column, type }));
  return { name: 't', connector: name, options, physicalSchema, primaryKey: [], partitionKeys };
}

export interface ReadSettings {
  readonly columns?: readonly (readonly string[])[];
  readonly metadata?: readonly (readonly [string, DataType])[];
  readonly subtask?: number;
  readonly parallelism?: number;
  readonly limit?: number;
}

export function readerOf(
  table: TableDescriptor,
  settings: ReadSettings = {},
): { reader: SourceReader; schema: Schema } {
  const paths = settings.columns ?? table.physicalSchema.map((c) => [c.name]);
  const physical = paths.map((path) => ({
    column: { name: path.join('.'), from: { kind: 'physical' as const, path } },
    type: typeAt(table.physicalSchema, path),
  }));
  const metadata = (settings.metadata ?? []).map(([key, type]) => ({
    column: { name: key, from: { kind: 'metadata' as const, key } },
    type,
  }));
  const all = [...physical, ...metadata];
  const schema = all.map((c) => ({ name: c.column.name, type: c.type }));
  const request: SourceRequest = {
    table,
    schema,
    columns: all.map((c) => c.column),
    subtask: settings.subtask ?? 0,
    parallelism: settings.parallelism ?? 1,
    limit: settings.limit ?? null,
    timeZone: 'UTC',
    options: {},
  };
  const { createReader } = connector(table.connector);
  if (createReader === undefined) throw new Error(`${table.connector} is no source`);
  return { reader: createReader(request), schema };
}

function typeAt(schema: Schema, path: readonly string[]): DataType {
  let fields: readonly { readonly name: string; readonly type: DataType }[] = schema;
  let type: DataType | undefined;
  for (const name of path) {
    type = fields.find((f) => f.name === name)?.type;
    if (type === undefined) throw new Error(`no column ${path.join('.')}`);
    fields = type.root === 'ROW' ? type.fields : [];
  }
  if (type === undefined) throw new Error('an empty path');
  return type;
}

export function writerOf(
  table: TableDescriptor,
  settings: { readonly overwrite?: boolean; readonly log?: (line: string) => void } = {},
): SinkWriter {
  const { createWriter } = connector(table.connector);
  if (createWriter === undefined) throw new Error(`${table.connector} is no sink`);
  return createWriter({
    table,
    schema: table.physicalSchema,
    metadata: [],
    primaryKey: [],
    subtask: 0,
    parallelism: 1,
    overwrite: settings.overwrite ?? false,
    timeZone: 'UTC',
    log: settings.log,
  });
}

export function rowText(schema: Schema, kind: number, fields: readonly Value[]): string {
  return `${rowKindName(kind)} ${schema.map((c, i) => javaText(fields[i], c.type)).join(' ')}`;
}

/** Polls until the end, or until `most` rows were read; gives the rows as text. */
export async function readAll(
  { reader, schema }: { readonly reader: SourceReader; readonly schema: Schema },
  offsets: readonly SplitOffset[] | null = null,
  most = Infinity,
): Promise<string[]> {
  const types = schema.map((c) => c.type);
  const rows: string[] = [];
  await reader.open(offsets);
  while (rows.length < most) {
    const poll = reader.poll();
    if (poll.kind === 'end') break;
    if (poll.kind === 'empty') await reader.ready();
    if (poll.kind === 'batch')
      for (const r of rowsFromBatch(types, poll.batch)) rows.push(rowText(schema, r.kind, r.fields));
  }
  return rows;
}
