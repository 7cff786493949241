import type { Logical } from '../binder/index.js';
import { simpleEnvironment } from '../expressions/index.js';
import { requiredColumns, sourceInfo } from './build-source.js';
import type { PlannerContext } from './options.js';
import { pruneEmpty } from './rewrite/empty-relations.js';
import { prune } from './rewrite/prune.js';
import { pushFilters } from './rewrite/push-filters.js';
import { expandSetOperations } from './rewrite/set-operations.js';
import { mergeProjects, simplify } from './rewrite/simplify.js';
import { projectUniqueGroups } from './rewrite/unique-aggregates.js';

/** Logical rewriting, in this order: each step relies on the form that the one before leaves. */
export function optimize(root: Logical, context: PlannerContext): Logical {
  const env = simpleEnvironment(context.timeZone);
  const steps: readonly ((n: Logical) => Logical)[] = [
    expandSetOperations,
    (n) => simplify(n, env),
    mergeProjects,
    pushFilters,
    (n) => simplify(n, env),
    pruneEmpty,
    mergeProjects,
    projectUniqueGroups,
    mergeProjects,
    // A row number found by the first round may let conditions fall further.
    pushFilters,
    (n) =>
      prune(n, {
        nested: (scan) => sourceInfo(scan, context).nestedProjection,
        required: (scan) => requiredColumns(scan, context),
      }),
    mergeProjects,
    (n) => simplify(n, env),
  ];
  return steps.reduce((n, step) => step(n), root);
}
