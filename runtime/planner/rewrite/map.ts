import type { Logical } from '../../binder/index.js';

/** Rebuilds a node over other inputs (same columns). A node used twice stays one node when `map` gives one answer for it. */
export function withInputs(node: Logical, map: (input: Logical) => Logical): Logical {
  switch (node.op) {
    case 'scan':
    case 'values':
      return node;
    case 'join': {
      const left = map(node.left);
      const right = map(node.right);
      return left === node.left && right === node.right ? node : { ...node, left, right };
    }
    case 'setOperation': {
      const inputs = node.inputs.map(map);
      return inputs.every((n, i) => n === node.inputs[i]) ? node : { ...node, inputs };
    }
    default: {
      const input = map(node.input);
      return input === node.input ? node : { ...node, input };
    }
  }
}

/** Applies `fn` to every node, inputs first, each node once. */
export function transform(root: Logical, fn: (node: Logical) => Logical): Logical {
  const done = new Map<Logical, Logical>();
  const visit = (node: Logical): Logical => {
    const known = done.get(node);
    if (known) return known;
    const made = fn(withInputs(node, visit));
    done.set(node, made);
    return made;
  };
  return visit(root);
}
