import {
  conjunction,
  inputOf,
  nodes,
  setOperation,
  type Logical,
  type LogicalSetOperation,
} from '../../binder/index.js';
import { bindCall, type AggregateCall, type BoundExpr } from '../../expressions/index.js';
import { BIGINT, BOOLEAN, type DataType, type Span, type Value } from '../../types/index.js';
import { transform } from './map.js';

/**
 * UNION -> distinct over UNION ALL; INTERSECT and EXCEPT -> distinct over a semi or anti join on all columns, where NULL equals NULL. Their
 * forms with ALL count equal rows on both sides, and give the row as often as the counts say.
 */
export function expandSetOperations(root: Logical): Logical {
  return transform(root, (node) => {
    if (node.op !== 'setOperation' || (node.operation === 'union' && node.all)) return node;
    const all = node.schema.map((_, i) => i);
    const span = node.span;
    if (node.operation === 'union') {
      return nodes.aggregate({ ...node, all: true }, all, null, [], { span });
    }
    if (node.all) return node.operation === 'intersect' ? intersectAll(node) : exceptAll(node);
    const joined = node.inputs.reduce((left, right) => {
      const equal = left.schema.map((_, i) =>
        bindCall(
          'IS NOT DISTINCT FROM',
          [inputOf(left.schema, i), { ...inputOf(right.schema, i), index: left.schema.length + i }],
          { span },
        ),
      );
      return nodes.join(node.operation === 'intersect' ? 'semi' : 'anti', left, right, conjunction(equal), { span });
    });
    return asDeclared(nodes.aggregate(joined, all, null, [], { span }), node);
  });
}

/** A column that may be NULL in one of the inputs may be so in the result, as far as its type goes. */
function asDeclared(made: Logical, node: LogicalSetOperation): Logical {
  if (made.schema.every((c, i) => c.type.nullable === node.schema[i].type.nullable)) return made;
  const columns = made.schema.map((_, i) => ({ ...inputOf(made.schema, i), type: node.schema[i].type }));
  return nodes.project(
    made,
    columns,
    made.schema.map((c) => c.name),
    node.span,
  );
}

/** Every row as often as it is in both. */
function intersectAll(node: LogicalSetOperation): Logical {
  const { span } = node;
  const width = node.schema.length;
  const there = literal(BOOLEAN(), true, span);
  const absent = literal(BOOLEAN(), null, span);
  const counts = countedBy(
    node,
    [
      [there, absent],
      [absent, there],
    ],
    (at) => ({ fn: 'COUNT', args: [at], argTypes: [BOOLEAN()], type: BIGINT(false) }),
  );
  const [left, right] = [inputOf(counts.schema, width), inputOf(counts.schema, width + 1)];
  const one = literal(BIGINT(false), 1n, span);
  const both = conjunction([left, right].map((count) => bindCall('>=', [count, one], { span }))) as BoundExpr;
  const fewer = bindCall('IF', [bindCall('>', [left, right], { span }), right, left], { span });
  return repeated(nodes.filter(counts, both, span), fewer, width, span);
}

/** Every row of the first as often as it is there more than in the second. */
function exceptAll(node: LogicalSetOperation): Logical {
  const { span } = node;
  const width = node.schema.length;
  const counts = countedBy(node, [[literal(BIGINT(false), 1n, span)], [literal(BIGINT(false), -1n, span)]], (at) => ({
    fn: 'SUM',
    args: [at],
    argTypes: [BIGINT(false)],
    type: BIGINT(false),
  }));
  const sum = inputOf(counts.schema, width);
  const some = bindCall('>', [sum, literal(BIGINT(false), 0n, span)], { span });
  return repeated(nodes.filter(counts, some, span), sum, width, span);
}

/** The inputs one behind the other, each with columns of its own, aggregated per distinct row. */
function countedBy(
  node: LogicalSetOperation,
  marks: readonly (readonly BoundExpr[])[],
  call: (column: number) => Pick<AggregateCall, 'fn' | 'args' | 'argTypes' | 'type'>,
): Logical {
  const { schema, span } = node;
  const columns = schema.map((_, i) => i);
  const names = [...schema.map((c) => c.name), ...marks[0].map((_, i) => `$mark${i}`)];
  const marked = node.inputs.map((input, side) =>
    nodes.project(input, [...columns.map((c) => inputOf(input.schema, c)), ...marks[side]], names, span),
  );
  const calls = marks[0].map((_, i): AggregateCall => ({
    ...call(schema.length + i),
    distinct: false,
    filter: null,
    name: `$count${i}`,
  }));
  return nodes.aggregate(setOperation('union', true, marked, span), columns, null, calls, { span });
}

function repeated(input: Logical, times: BoundExpr, width: number, span: Span | undefined): Logical {
  const copies: Logical = {
    op: 'unnest',
    input,
    collection: times,
    withOrdinality: false,
    outer: false,
    condition: null,
    schema: input.schema,
    span,
  };
  return nodes.projectColumns(
    copies,
    Array.from({ length: width }, (_, c) => c),
  );
}

function literal(type: DataType, value: Value, span: Span | undefined): BoundExpr {
  return { kind: 'literal', type, value, span };
}
