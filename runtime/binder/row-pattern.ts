import type { AfterMatchSkip, PatternVariable } from '../expressions/row-pattern.js';
import type { MatchRecognize, Pattern } from '../parser/ast.js';
import { StreamcellError, type Span } from '../types/index.js';
import { bindInterval } from './literals.js';

/** A variable with its quantifier, as it stands in PATTERN. */
export interface PatternElement extends Omit<PatternVariable, 'definition'> {
  readonly span: Span;
}

/**
 * PATTERN -> its variables in order. Refuses what Flink's automaton has no form for, and what its planner refuses.
 * `^` and `$` are accepted and mean nothing, as in Flink: a stream's partition has no end.
 */
export function bindPattern(pattern: Pattern): readonly PatternElement[] {
  const elements: PatternElement[] = [];
  flatten(pattern, elements);
  elements.forEach((e, i) => {
    if (elements.findIndex((o) => o.name === e.name) < i)
      throw new StreamcellError('QUERY_INVALID', 'Pattern variables must be unique. That might change in the future.', {
        span: e.span,
        hint: `${e.name} stands twice.`,
      });
    if (e.min === 0 && e.max !== 0 && (e.max === null || e.max === 1) && elements[i - 1]?.greedy)
      throw new StreamcellError('QUERY_INVALID', 'Optional pattern cannot be preceded by greedy pattern', {
        span: e.span,
        hint: `Make ${elements[i - 1].name} reluctant: ${elements[i - 1].name}+?`,
      });
  });
  const last = elements[elements.length - 1];
  if (last.greedy)
    throw new StreamcellError(
      'QUERY_INVALID',
      'Greedy quantifiers are not allowed as the last element of a Pattern yet. Finish your pattern with either a simple variable or reluctant quantifier.',
      { span: last.span },
    );
  if (elements.every((e) => e.min === 0))
    throw new StreamcellError(
      'QUERY_INVALID',
      'Patterns that can produce empty matches are not supported. There must be at least one non-optional state.',
      { span: pattern.span },
    );
  return elements;
}

/** What Flink does not have either: to run the statement on a cluster would not help. */
export function absent(what: string, span: Span): StreamcellError {
  return new StreamcellError('QUERY_INVALID', `${what} is not supported.`, {
    span,
    hint: 'Flink does not support it either.',
  });
}

function flatten(pattern: Pattern, into: PatternElement[]): void {
  switch (pattern.kind) {
    case 'PatternVariable':
      into.push({ name: pattern.name.name, min: 1, max: 1, greedy: false, span: pattern.span });
      return;
    case 'PatternSequence':
      for (const item of pattern.items) flatten(item, into);
      return;
    case 'PatternQuantified': {
      const { item, min, max, reluctant, span } = pattern;
      if (item.kind !== 'PatternVariable') throw absent('A quantifier on a group of pattern variables', span);
      if (max !== null && max < Math.max(min, 1))
        throw new StreamcellError(
          'QUERY_INVALID',
          `The to should be a number greater than or equal to from: ${Math.max(min, 1)}.`,
          { span },
        );
      const optional = min === 0 && max === 1;
      if (optional && reluctant) throw absent('A reluctant optional variable', span);
      into.push({ name: item.name.name, min, max, greedy: !reluctant && !optional && min !== max, span });
      return;
    }
    case 'PatternAlternation':
      throw absent('Alternation in PATTERN', pattern.span);
    case 'PatternPermute':
      throw absent('PERMUTE in PATTERN', pattern.span);
    case 'PatternExclude':
      throw absent("'{-' '-}' in PATTERN", pattern.span);
  }
}

/** Flink goes on with the row behind the first one of the match where nothing is said. */
export function bindSkip(ref: MatchRecognize, elements: readonly PatternElement[]): AfterMatchSkip {
  const after = ref.afterMatch;
  if (after === null || after.kind === 'SkipToNextRow') return { kind: 'nextRow' };
  if (after.kind === 'SkipPastLastRow') return { kind: 'pastLastRow' };
  const variable = elements.findIndex((e) => e.name === after.variable.name);
  if (variable < 0)
    throw new StreamcellError('QUERY_INVALID', `Unknown pattern '${after.variable.name}'`, {
      span: after.variable.span,
      hint: `Pattern variables: ${elements.map((e) => e.name).join(', ')}.`,
    });
  return { kind: after.kind === 'SkipToFirst' ? 'first' : 'last', variable };
}

/** Milliseconds; 0 without WITHIN. */
export function bindWithin(ref: MatchRecognize): number {
  if (ref.within === null) return 0;
  const { type, value } = bindInterval(ref.within);
  if (type.root !== 'INTERVAL_DAY_TIME')
    throw new StreamcellError(
      'QUERY_INVALID',
      'Only constant intervals with millisecond resolution are supported as time constraints of patterns.',
      { span: ref.within.span },
    );
  return Number(value);
}
