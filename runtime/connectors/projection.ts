import { type DataType, type Schema, type Value } from '../types/index.js';
import type { SourceRequest } from './connector.js';

/** For connectors without metadata whose rows are boxed: picks the wanted columns out of full rows. */
export function rowProjection(request: SourceRequest): (row: readonly Value[]) => readonly Value[] {
  const { physicalSchema } = request.table;
  const paths = request.columns.map((c) => {
    if (c.from.kind === 'metadata')
      throw new Error(`connector ${request.table.connector} has no metadata column ${c.from.key}`);
    return indexPath(physicalSchema, c.from.path);
  });
  if (paths.length === physicalSchema.length && paths.every((p, i) => p.length === 1 && p[0] === i))
    return (row) => row;
  return (row) => paths.map((path) => follow(row, path));
}

function follow(row: readonly Value[], path: readonly number[]): Value {
  let value: Value = row[path[0]];
  for (let i = 1; i < path.length && value !== null; i++) value = (value as readonly Value[])[path[i]];
  return value;
}

export function indexPath(schema: Schema, path: readonly string[]): number[] {
  let fields: readonly { readonly name: string; readonly type: DataType }[] = schema;
  return path.map((name) => {
    const index = fields.findIndex((f) => f.name === name);
    if (index < 0) throw new Error(`no column ${path.join('.')}`);
    const { type } = fields[index];
    fields = type.root === 'ROW' ? type.fields : [];
    return index;
  });
}
