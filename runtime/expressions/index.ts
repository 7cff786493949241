import { installNestedCasts } from './codegen/nested-casts.js';

export * from './bound.js';
export * from './environment.js';
export { bindCast, castable, coerce, implicitlyCastable } from './type-casts.js';
export { commonType, commonTypeOf, isNumeric } from './type-rules.js';
export {
  bindCall,
  findFunction,
  functionNames,
  functionSignature,
  isDeterministic,
  unsupportedFunctionNames,
} from './functions/registry.js';
export type { BuiltIn, CallInfo } from './functions/define.js';
export { compileKernel } from './codegen/compile.js';
export type { Kernel, KernelSpec } from './codegen/kernel.js';
export { compilePredicate, type Predicate } from './codegen/predicate.js';
export { asWritten, takesNotNullElement } from './absent-element.js';
export { evaluateConstant, foldConstants, isConstant } from './codegen/constant.js';
export { children as childExpressions, walk as walkExpression } from './codegen/expression-tree.js';
export { aggregateNames, bindAggregate, type AggregateInfo, type BoundAggregate } from './aggregates.js';

installNestedCasts();
