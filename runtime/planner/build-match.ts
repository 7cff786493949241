import { timeAttributeOf, type LogicalMatch, type LogicalSortKey } from '../binder/index.js';
import type { PathReader, PatternVariable, RowPattern } from '../expressions/row-pattern.js';
import { StreamcellError, type Schema } from '../types/index.js';
import { draft, hashed, INSERTS, isAppend, type Draft } from './draft.js';
import { columnsText, durationText, exprText, sortText } from './labels.js';

/** MATCH_RECOGNIZE over rows that only come. */
export function buildMatch(node: LogicalMatch, input: Draft): Draft {
  if (!isAppend(input.kinds))
    throw new StreamcellError(
      'CHANGELOG_MODE',
      'MATCH_RECOGNIZE takes inserts only, but its input has updates or deletes.',
      { span: node.span },
    );
  const attribute = timeAttributeOf(input.schema[node.sort[0].column].type);
  if (attribute === null)
    throw new StreamcellError(
      'TIME_ATTRIBUTE_REQUIRED',
      'You must specify either rowtime or proctime for order by as the first one.',
      { span: node.span },
    );
  return draft(
    {
      op: 'match',
      partitionKeys: node.partitionKeys,
      sort: node.sort,
      rowtime: attribute === 'rowtime',
      pattern: node.pattern,
    },
    [input],
    {
      schema: node.schema,
      kinds: INSERTS,
      distribution: [hashed(node.partitionKeys)],
      label: matchText(node.partitionKeys, node.sort, node.pattern, input.schema),
      span: node.span,
    },
  );
}

/** One line for EXPLAIN, in the order of the clauses. */
export function matchText(
  partitionKeys: readonly number[],
  sort: readonly LogicalSortKey[],
  pattern: RowPattern,
  input: Schema,
): string {
  const { variables } = pattern;
  const seen = (readers: readonly PathReader[]): Schema =>
    readers.map((r) => ({ name: readerText(r, variables, input), type: r.type }));
  const define = variables.flatMap((v) =>
    v.definition ? [`${v.name} AS ${exprText(v.definition.condition, [...input, ...seen(v.definition.readers)])}`] : [],
  );
  const parts = [
    ...(partitionKeys.length > 0 ? [`partitionBy=[${columnsText(partitionKeys, input)}]`] : []),
    `orderBy=[${sortText(sort, input)}]`,
    `measures=[${pattern.measures.map((m) => `${exprText(m.expr, seen(pattern.readers))} AS ${m.name}`).join(', ')}]`,
    'rowsPerMatch=[ONE ROW PER MATCH]',
    `after=[${skipText(pattern)}]`,
    `pattern=[${variables.map((v) => v.name + quantifierText(v)).join(' ')}]`,
    ...(pattern.within > 0 ? [`within=[${durationText(pattern.within)}]`] : []),
    `define=[${define.join(', ')}]`,
  ];
  return `Match(${parts.join(', ')})`;
}

function skipText({ skip, variables }: RowPattern): string {
  switch (skip.kind) {
    case 'nextRow':
      return 'SKIP TO NEXT ROW';
    case 'pastLastRow':
      return 'SKIP PAST LAST ROW';
    default:
      return `SKIP TO ${skip.kind.toUpperCase()} ${variables[skip.variable].name}`;
  }
}

function quantifierText({ min, max, greedy }: PatternVariable): string {
  if (min === 1 && max === 1) return '';
  if (min === 0 && max === 1) return '?';
  const reluctant = greedy || min === max ? '' : '?';
  if (max === null) return `${min === 0 ? '*' : min === 1 ? '+' : `{${min},}`}${reluctant}`;
  return `${min === max ? `{${min}}` : `{${min},${max}}`}${reluctant}`;
}

function readerText(reader: PathReader, variables: readonly PatternVariable[], input: Schema): string {
  if (reader.kind === 'time') return 'MATCH_ROWTIME()';
  const of = reader.variable === null ? '' : `${variables[reader.variable].name}.`;
  if (reader.kind === 'row')
    return `${reader.from.toUpperCase()}(${of}${input[reader.column].name}${reader.offset > 0 ? `, ${reader.offset}` : ''})`;
  const columns: Schema = reader.columns.map((c) => ({ name: of + input[c].name, type: input[c].type }));
  const args = [
    ...reader.values.map((v) => exprText(v, columns)),
    ...Object.values(reader.call.constants ?? {}).map((v) => (typeof v === 'string' ? `'${v}'` : String(v))),
  ];
  return `${reader.call.fn}(${args.length === 0 ? '*' : args.join(', ')})`;
}
