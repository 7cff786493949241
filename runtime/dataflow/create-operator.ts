import type { EvalEnvironment } from '../expressions/index.js';
import { Calc } from '../operators/calc.js';
import { ChangelogNormalize } from '../operators/changelog-normalize.js';
import { ConstraintEnforcer } from '../operators/constraint-enforcer.js';
import { createDeduplicate } from '../operators/deduplicate.js';
import { DropUpdateBefore } from '../operators/drop-update-before.js';
import { Expand } from '../operators/expand.js';
import { GroupAggregate } from '../operators/group-aggregate.js';
import { IntervalJoin } from '../operators/interval-join.js';
import { Join } from '../operators/join.js';
import { LookupJoin } from '../operators/lookup-join.js';
import { MatchRecognize } from '../operators/match-recognize.js';
import { createLimit } from '../operators/limit.js';
import type { Operator } from '../operators/operator.js';
import { createOverAggregate } from '../operators/over-aggregate.js';
import { ProcessingTimeTemporalJoin } from '../operators/processing-time-temporal-join.js';
import { TemporalJoin } from '../operators/temporal-join.js';
import { createRank } from '../operators/rank.js';
import { SinkUpsertMaterializer } from '../operators/sink-upsert-materializer.js';
import { createSort } from '../operators/sort.js';
import { Union } from '../operators/union.js';
import { Unnest } from '../operators/unnest.js';
import { WatermarkAssigner } from '../operators/watermark-assigner.js';
import { createWindowAggregate } from '../operators/window-aggregate.js';
import { WindowJoin } from '../operators/window-join.js';
import { WindowRank } from '../operators/window-rank.js';
import { createWindowTvf } from '../operators/window-tvf.js';
import type { PhysicalNode, PlanOptions, SinkNode } from '../planner/physical.js';
import { StreamcellError, type DataType } from '../types/index.js';
import { OperatorChain } from './operator-chain.js';

/** The operator of a node: the only place that knows both plans and operators. Sources and sinks are made by the graph. */
export function createOperator(
  node: PhysicalNode,
  inputTypes: readonly (readonly DataType[])[],
  options: PlanOptions,
  env: EvalEnvironment,
): Operator {
  const around = { inputTypes, outputTypes: node.schema.map((c) => c.type), env };
  switch (node.op) {
    case 'calc':
      return new Calc({ ...node, ...around });
    case 'watermark':
      return new WatermarkAssigner({
        ...node,
        ...around,
        watermarkInterval: options.watermarkInterval,
        idleTimeout: options.idleTimeout,
      });
    case 'expand':
      return new Expand({ ...node, ...around });
    case 'union':
      return new Union(node.inputs.length);
    case 'unnest':
      return new Unnest({ ...node, ...around });
    case 'dropUpdateBefore':
      return new DropUpdateBefore({ ...node, ...around });
    case 'groupAggregate':
      return new GroupAggregate({ ...node, ...around });
    case 'windowTvf':
      return createWindowTvf({ ...node, ...around });
    case 'windowAggregate':
      return createWindowAggregate({ ...node, ...around });
    case 'windowJoin':
      return new WindowJoin({ ...node, ...around });
    case 'windowRank':
      return new WindowRank({ ...node, ...around });
    case 'join':
      return new Join({ ...node, ...around });
    case 'intervalJoin':
      return new IntervalJoin({ ...node, ...around });
    case 'temporalJoin':
      return node.rowtime
        ? new TemporalJoin({ ...node, ...around })
        : new ProcessingTimeTemporalJoin({ ...node, ...around });
    case 'lookupJoin':
      return new LookupJoin({ ...node, ...around });
    case 'rank':
      return createRank({ ...node, ...around });
    case 'deduplicate':
      return createDeduplicate({ ...node, ...around });
    case 'overAggregate':
      return createOverAggregate({ ...node, ...around });
    case 'match':
      return new MatchRecognize({ ...node, ...around });
    case 'changelogNormalize':
      return new ChangelogNormalize({ ...node, ...around });
    case 'sort':
      return createSort({ ...node, ...around });
    case 'limit':
      // A limit over rows that only come sends rows that only come.
      return createLimit({ ...node, ...around, inputRetracts: node.changelog !== 'append' });
    default:
      throw new StreamcellError('SQL_UNSUPPORTED', `The embedded engine cannot run ${node.label}.`);
  }
}

/** What a sink's table demands before its writer gets the rows. */
export function createSinkOperator(
  node: PhysicalNode & SinkNode,
  inputTypes: readonly (readonly DataType[])[],
  upsertKey: readonly number[] | null,
  options: PlanOptions,
  writer: Operator,
): Operator {
  const members: Operator[] = [];
  const columns = node.schema.map(
    ({ name, type }) => node.physicalSchema.find((c) => c.name === name) ?? { name, type },
  );
  if (node.notNull.columns.length > 0 || node.lengthEnforcer !== 'IGNORE') {
    members.push(
      new ConstraintEnforcer({ notNull: node.notNull, lengthEnforcer: node.lengthEnforcer, columns, inputTypes }),
    );
  }
  if (node.upsertMaterialize) {
    members.push(
      new SinkUpsertMaterializer({ primaryKey: node.primaryKey, upsertKey, ttl: options.stateTtl, inputTypes }),
    );
  }
  return members.length === 0 ? writer : new OperatorChain([...members, writer]);
}
