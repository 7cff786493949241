import { children, conjunction, conjuncts, inputOf, inputsOf, isDeterministic } from '../binder/index.js';
import type { BoundExpr } from '../expressions/index.js';
import { StreamcellError, typeToString, type Schema, type Span } from '../types/index.js';
import { draft, onSchema, sortKeys, type Draft, type WindowProperties } from './draft.js';
import { exprText, projectionText } from './labels.js';
import type { CalcNode, ChangelogNormalizeNode } from './physical.js';
import { mayInline, substitute } from './rewrite/simplify.js';

/** Filter and projection over a draft; keys, window columns and monotonic columns follow the columns that survive. */
export function calc(
  input: Draft,
  givenCondition: BoundExpr | null,
  given: readonly BoundExpr[],
  names: readonly string[],
  span?: Span,
): Draft {
  const condition = givenCondition && onSchema(givenCondition, input.schema);
  refuseWatermark([...given, ...(givenCondition ? [givenCondition] : [])]);
  const projections = given.map((e) => onSchema(e, input.schema));
  const schema: Schema = projections.map((e, i) => ({ name: names[i], type: e.type }));
  if (!condition && isIdentity(input, projections, schema)) return input;
  if (condition && input.spec.op === 'changelogNormalize' && input.spec.condition === null) {
    return calc(filteredNormalize(input, input.spec, condition), null, projections, names, span);
  }
  const merged = input.spec.op === 'calc' ? onto(input, input.spec, condition, projections, schema, span) : null;
  if (merged) return merged;
  // A filter on a value that is updated lets rows vanish: then nothing is known of what remains.
  const steady =
    !condition || !input.kinds.update || input.keys.some((k) => [...inputsOf(condition)].every((c) => k.includes(c)));
  const where = condition
    ? `, where=[${conjuncts(condition)
        .map((c) => exprText(c, input.schema))
        .join(' AND ')}]`
    : '';
  return draft({ op: 'calc', condition, projections }, [input], {
    schema,
    kinds: input.kinds,
    keys: mapKeys(input.keys, projections),
    window: mapWindow(input.window, projections),
    growing: steady ? mapSet(input.growing, projections) : new Set(),
    falling: steady ? mapSet(input.falling, projections) : new Set(),
    label: `Calc(select=[${projectionText(projections, schema, input.schema)}]${where})`,
    span,
  });
}

function isIdentity(input: Draft, projections: readonly BoundExpr[], schema: Schema): boolean {
  return (
    projections.length === input.schema.length &&
    projections.every((e, i) => e.kind === 'input' && e.index === i) &&
    schema.every(
      (c, i) => c.name === input.schema[i].name && typeToString(c.type) === typeToString(input.schema[i].type),
    )
  );
}

/** Filters an upsert stream: on its keys before the old rows are restored (they cannot change), on the rest while they are. */
function filteredNormalize(input: Draft, spec: ChangelogNormalizeNode, condition: BoundExpr): Draft {
  const parts = conjuncts(condition);
  const onKeys = (c: BoundExpr): boolean => isDeterministic(c) && [...inputsOf(c)].every((i) => spec.keys.includes(i));
  const [below] = input.inputs;
  const early = conjunction(parts.filter(onKeys));
  const late = conjunction(parts.filter((c) => !onKeys(c)));
  const all = below.schema.map((_, i) => inputOf(below.schema, i));
  const source = early
    ? calc(
        below,
        early,
        all,
        below.schema.map((c) => c.name),
        input.span,
      )
    : below;
  const text = late
    ? `, condition=[${conjuncts(late)
        .map((c) => exprText(c, input.schema))
        .join(' AND ')}]`
    : '';
  return {
    ...input,
    inputs: [source],
    spec: { ...spec, condition: late },
    label: `${input.label.slice(0, -1)}${text})`,
  };
}

/** Its value is that of the watermark between two rows, where batches here have one for all their rows. */
function refuseWatermark(exprs: readonly BoundExpr[]): void {
  const find = (e: BoundExpr): BoundExpr | undefined =>
    e.kind === 'call' && e.fn === 'CURRENT_WATERMARK'
      ? e
      : children(e)
          .map(find)
          .find((c) => c !== undefined);
  const found = exprs.map(find).find((e) => e !== undefined);
  if (found) throw new StreamcellError('SQL_UNSUPPORTED', 'CURRENT_WATERMARK is not supported.', { span: found.span });
}

/** Two in a row are one, unless that would evaluate something costly or random twice. Types are those of the upper one. */
function onto(
  input: Draft,
  below: CalcNode,
  condition: BoundExpr | null,
  projections: readonly BoundExpr[],
  schema: Schema,
  span?: Span,
): Draft | null {
  const users = condition ? [condition, ...projections] : projections;
  if (!mayInline(users, below.projections)) return null;
  if (condition && !below.projections.every(isDeterministic)) return null;
  const both = conjunction([
    ...conjuncts(below.condition),
    ...conjuncts(condition && substitute(condition, below.projections)),
  ]);
  const made = calc(
    input.inputs[0],
    both,
    projections.map((e) => substitute(e, below.projections)),
    schema.map((c) => c.name),
    span,
  );
  return { ...made, schema };
}

/** Projection onto columns; nothing when these are all, in order. */
export function select(input: Draft, columns: readonly number[], names?: readonly string[]): Draft {
  const same =
    columns.length === input.schema.length &&
    columns.every((c, i) => c === i && (!names || names[i] === input.schema[i].name));
  if (same) return input;
  return calc(
    input,
    null,
    columns.map((c) => inputOf(input.schema, c)),
    names ?? columns.map((c) => input.schema[c].name),
  );
}

/** Column a projection passes on, through casts that lose nothing. */
function source(e: BoundExpr): number | null {
  if (e.kind === 'input') return e.index;
  if (e.kind === 'cast' && lossless(e)) return source(e.arg);
  return null;
}

const INTEGERS = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'];

function lossless(e: BoundExpr & { kind: 'cast' }): boolean {
  const from = e.arg.type;
  const to = e.type;
  const i = INTEGERS.indexOf(from.root);
  if (i >= 0) return INTEGERS.indexOf(to.root) >= i;
  if ((from.root === 'CHAR' || from.root === 'VARCHAR') && to.root === 'VARCHAR') return to.length >= from.length;
  return from.root === to.root && !('precision' in from) && !('length' in from);
}

function placesOf(projections: readonly BoundExpr[]): Map<number, number[]> {
  const places = new Map<number, number[]>();
  projections.forEach((e, i) => {
    const from = source(e);
    if (from !== null) places.set(from, [...(places.get(from) ?? []), i]);
  });
  return places;
}

function mapKeys(keys: Draft['keys'], projections: readonly BoundExpr[]): Draft['keys'] {
  const places = placesOf(projections);
  const mapped: number[][] = [];
  for (const key of keys) {
    const columns = key.map((k) => places.get(k)?.[0]);
    if (columns.every((c): c is number => c !== undefined)) mapped.push(columns);
  }
  return sortKeys(mapped);
}

function mapSet(set: ReadonlySet<number>, projections: readonly BoundExpr[]): ReadonlySet<number> {
  const places = placesOf(projections);
  return new Set([...set].flatMap((c) => places.get(c) ?? []));
}

export function mapWindow(window: WindowProperties | null, projections: readonly BoundExpr[]): WindowProperties | null {
  if (!window) return null;
  const places = new Map<number, number[]>();
  projections.forEach((e, i) => {
    if (e.kind === 'input') places.set(e.index, [...(places.get(e.index) ?? []), i]);
  });
  const map = (columns: readonly number[]): number[] => columns.flatMap((c) => places.get(c) ?? []);
  const kept = window.partition?.every((c) => places.has(c)) === true;
  const partition = kept ? (window.partition as readonly number[]).map((c) => (places.get(c) as number[])[0]) : null;
  const mapped = { ...window, start: map(window.start), end: map(window.end), time: map(window.time), partition };
  return mapped.start.length + mapped.end.length + mapped.time.length > 0 ? mapped : null;
}
