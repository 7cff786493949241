import { conjunction, inputOf, nodes, type Logical } from '../../binder/index.js';
import { bindCall } from '../../expressions/index.js';
import { StreamcellError } from '../../types/index.js';
import { transform } from './map.js';

/** UNION -> distinct over UNION ALL; INTERSECT and EXCEPT -> distinct over a semi or anti join on all columns, where NULL equals NULL. */
export function expandSetOperations(root: Logical): Logical {
  return transform(root, (node) => {
    if (node.op !== 'setOperation' || (node.operation === 'union' && node.all)) return node;
    const all = node.schema.map((_, i) => i);
    const span = node.span;
    if (node.operation === 'union') {
      return nodes.aggregate({ ...node, all: true }, all, null, [], { span });
    }
    if (node.all) {
      throw new StreamcellError('SQL_UNSUPPORTED', `${node.operation.toUpperCase()} ALL is not supported.`, { span });
    }
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
    return nodes.aggregate(joined, all, null, [], { span });
  });
}
