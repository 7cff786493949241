import { inputOf, isDeterministic, type Logical } from '../binder/index.js';
import { buildAggregate } from './build-aggregate.js';
import { calc } from './build-calc.js';
import { buildJoin } from './build-join.js';
import { buildMatch } from './build-match.js';
import { buildOver, buildRank, buildSort } from './build-rank.js';
import { buildScan, buildWatermark } from './build-source.js';
import { buildWindowTvf } from './build-window.js';
import { draft, INSERTS, materialize, onSchema, type Draft } from './draft.js';
import { exprText } from './labels.js';
import type { PlannerContext } from './options.js';
import { timeAttributeOf } from '../binder/index.js';
import { typeToString, withNullable, type Schema } from '../types/index.js';

/**
 * Logical tree -> drafts of physical nodes, bottom up. Equal subplans become one draft, so that a view used twice is computed once.
 * State: drafts by their digest, and by the logical node they came from.
 */
export class Builder {
  private readonly byNode = new Map<Logical, Draft>();
  private readonly byDigest = new Map<string, Draft>();
  private readonly ids = new Map<Draft, number>();

  constructor(private readonly context: PlannerContext) {}

  build = (node: Logical): Draft => {
    const known = this.byNode.get(node);
    if (known) return known;
    const made = this.share(this.make(node));
    this.byNode.set(node, made);
    return made;
  };

  /** One draft for equal ones. Inputs are shared first, so that equality of inputs is identity. */
  private share(made: Draft): Draft {
    if (this.ids.has(made)) return made;
    const inputs = made.inputs.map((i) => this.share(i));
    const candidate = inputs.every((d, i) => d === made.inputs[i]) ? made : { ...made, inputs };
    if (!repeatable(candidate)) {
      this.ids.set(candidate, this.ids.size);
      return candidate;
    }
    const digest = JSON.stringify(
      [candidate.spec, inputs.map((i) => this.ids.get(i)), candidate.schema.map((c) => [c.name, typeToString(c.type)])],
      (key, value: unknown) => (key === 'span' ? undefined : typeof value === 'bigint' ? `${value}n` : value),
    );
    const known = this.byDigest.get(digest);
    if (known) return known;
    this.byDigest.set(digest, candidate);
    this.ids.set(candidate, this.ids.size);
    return candidate;
  }

  private make(node: Logical): Draft {
    const { context, build } = this;
    switch (node.op) {
      case 'scan':
        return buildScan(node, context);
      case 'values':
        return draft({ op: 'values', rows: node.rows }, [], {
          schema: node.schema,
          kinds: INSERTS,
          bounded: true,
          keys: node.rows.length <= 1 ? [[]] : [],
          label: `Values(tuples=[${node.rows.length <= 5 ? node.rows.map((r) => `{${r.map((e) => exprText(e, [])).join(', ')}}`).join(', ') : `${node.rows.length} rows`}])`,
          span: node.span,
        });
      case 'project': {
        const { input } = node;
        const names = node.schema.map((c) => c.name);
        if (input.op === 'filter') return calc(build(input.input), input.condition, node.exprs, names, node.span);
        return calc(build(input), null, node.exprs, names, node.span);
      }
      case 'filter': {
        const input = build(node.input);
        return calc(
          input,
          node.condition,
          input.schema.map((_, i) => inputOf(input.schema, i)),
          input.schema.map((c) => c.name),
          node.span,
        );
      }
      case 'watermark':
        return buildWatermark(node, context, build);
      case 'aggregate':
        return buildAggregate(node, context, build);
      case 'join':
        return buildJoin(node, context, build);
      case 'windowTvf':
        return buildWindowTvf(node, build(node.input));
      case 'setOperation':
        return this.union(node.inputs.map(build), node.schema, node.span);
      case 'sort':
        return buildSort(node, build(node.input), context);
      case 'over':
        return buildOver(node, build(node.input), context);
      case 'rank':
        return buildRank(node, build(node.input), context);
      case 'match':
        return buildMatch(node, build(node.input));
      case 'unnest': {
        const input = build(node.input);
        const collection = onSchema(node.collection, input.schema);
        const schema: Schema = [...input.schema, ...node.schema.slice(node.input.schema.length)];
        return draft(
          {
            op: 'unnest',
            collection,
            withOrdinality: node.withOrdinality,
            outer: node.outer,
            condition: node.condition && onSchema(node.condition, schema),
          },
          [input],
          {
            schema,
            kinds: input.kinds,
            window: input.window,
            label: `Correlate(unnest=[${exprText(collection, input.schema)}], joinType=[${node.outer ? 'LEFT' : 'INNER'}]${node.withOrdinality ? ', withOrdinality' : ''})`,
            span: node.span,
          },
        );
      }
    }
  }

  private union(inputs: readonly Draft[], schema: Schema, span: Draft['span']): Draft {
    // A time attribute survives only when every input has it.
    const types = schema.map((c, i) => {
      const kept = inputs.every(
        (d) =>
          timeAttributeOf(d.schema[i].type) !== null &&
          timeAttributeOf(d.schema[i].type) === timeAttributeOf(inputs[0].schema[i].type),
      );
      const nullable = inputs.some((d) => d.schema[i].type.nullable);
      const [column] = kept ? [inputs[0].schema[i]] : materialize([inputs[0].schema[i]]);
      return { name: c.name, type: withNullable(column.type, nullable) };
    });
    return draft({ op: 'union' }, inputs, {
      schema: types,
      label: `Union(all=[true], union=[${types.map((c) => c.name).join(', ')}])`,
      span,
    });
  }
}

/** Whether two equal nodes give equal rows, so that one may serve for both. */
function repeatable(d: Draft): boolean {
  if (d.spec.op === 'calc') {
    return (
      d.spec.projections.every(isDeterministic) && (d.spec.condition === null || isDeterministic(d.spec.condition))
    );
  }
  return d.spec.op !== 'sink';
}
