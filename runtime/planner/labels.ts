import type { AggregateCall, BoundExpr } from '../expressions/index.js';
import {
  MapValue,
  Timestamp,
  decimalToString,
  typeToString,
  type DataType,
  type Schema,
  type Value,
} from '../types/index.js';
import type { LogicalSortKey } from '../binder/index.js';

const INFIX: ReadonlySet<string> = new Set([
  '+',
  '-',
  '*',
  '/',
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  'AND',
  'OR',
  '||',
  'LIKE',
  'IS DISTINCT FROM',
  'IS NOT DISTINCT FROM',
]);

/** An expression as text for EXPLAIN, columns by name. */
export function exprText(expr: BoundExpr, schema: Schema): string {
  switch (expr.kind) {
    case 'input':
      return schema[expr.index]?.name ?? `$${expr.index}`;
    case 'literal':
      return literalText(expr.value, expr.type);
    case 'cast':
      return `${expr.safe ? 'TRY_CAST' : 'CAST'}(${exprText(expr.arg, schema)} AS ${typeToString(expr.type)})`;
    case 'field': {
      const name = expr.arg.type.root === 'ROW' ? expr.arg.type.fields[expr.index].name : String(expr.index);
      return `${exprText(expr.arg, schema)}.${name}`;
    }
    case 'case': {
      const whens = expr.whens.map((w) => `WHEN ${exprText(w.condition, schema)} THEN ${exprText(w.result, schema)}`);
      return `CASE ${whens.join(' ')} ELSE ${exprText(expr.otherwise, schema)} END`;
    }
    case 'call': {
      const args = expr.args.map((a) => exprText(a, schema));
      if (INFIX.has(expr.fn) && args.length === 2) return `(${args[0]} ${expr.fn} ${args[1]})`;
      if (/^IS /.test(expr.fn) && args.length === 1) return `${args[0]} ${expr.fn}`;
      const options = Object.entries(expr.options ?? {}).map(([k, v]) => `${k}=${v}`);
      return `${expr.fn}(${[...args, ...options].join(', ')})`;
    }
  }
}

function literalText(value: Value, type: DataType): string {
  if (value === null) return `null:${typeToString(type)}`;
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  if (type.root === 'DECIMAL' && typeof value === 'bigint') return decimalToString(value, type.scale);
  if (value instanceof Timestamp) return new Date(value.millis).toISOString().replace('T', ' ').replace('Z', '');
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString('hex')}'`;
  if (value instanceof MapValue) return 'MAP[..]';
  if (type.root === 'DATE' && typeof value === 'number') return new Date(value * 86_400_000).toISOString().slice(0, 10);
  if (type.root === 'INTERVAL_DAY_TIME') return `${value}:INTERVAL`;
  return Array.isArray(value) ? '[..]' : String(value);
}

export function columnsText(columns: readonly number[], schema: Schema): string {
  return columns.map((c) => schema[c].name).join(', ');
}

export function sortText(keys: readonly LogicalSortKey[], schema: Schema): string {
  return keys
    .map(
      (k) =>
        `${schema[k.column].name} ${k.ascending ? 'ASC' : 'DESC'}${k.nullsLast === k.ascending ? (k.nullsLast ? ' NULLS LAST' : ' NULLS FIRST') : ''}`,
    )
    .join(', ');
}

export function callText(call: AggregateCall, schema: Schema): string {
  const args = call.args.length === 0 && call.fn === 'COUNT' ? '*' : columnsText(call.args, schema);
  const constants = Object.values(call.constants ?? {}).map((v) => (typeof v === 'string' ? `'${v}'` : String(v)));
  const filter = call.filter === null ? '' : ` FILTER ${schema[call.filter].name}`;
  return `${call.fn}(${call.distinct ? 'DISTINCT ' : ''}${[args, ...constants].filter((t) => t !== '').join(', ')})${filter} AS ${call.name}`;
}

/** Projections: `a, (b + 1) AS c`. */
export function projectionText(exprs: readonly BoundExpr[], output: Schema, input: Schema): string {
  return exprs
    .map((e, i) => {
      const text = exprText(e, input);
      return text === output[i].name ? text : `${text} AS ${output[i].name}`;
    })
    .join(', ');
}

/** 5000 -> `5 s`. */
export function durationText(ms: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
  ];
  for (const [size, name] of units) if (ms !== 0 && ms % size === 0) return `${ms / size} ${name}`;
  return `${ms} ms`;
}
