import { parameterPlaces, pasteParameters, type BoundText } from '@streamcell/runtime/session/parameters';
import type { ParameterValue } from '@streamcell/runtime/session/session';
import { StreamcellError } from '@streamcell/runtime/types/index';
import type { Variables } from '../host.js';

/** SQL with `{x!r}` pasted, and the values of the other parameters. */
export interface PreparedSql extends BoundText {
  /** Undefined when the text has no parameters. */
  readonly parameters: Readonly<Record<string, ParameterValue>> | undefined;
}

/**
 * Looks up what the text asks for: first among the given values, then among the notebook's variables.
 * @throws StreamcellError PARAMETER_INVALID with a span into the text.
 */
export async function prepareSql(
  text: string,
  given: Readonly<Record<string, ParameterValue>>,
  variables: Variables,
): Promise<PreparedSql> {
  const values: Record<string, ParameterValue> = { ...given };
  await lookUp(text, values, variables);
  const pasted = pasteParameters(text, values);
  // What was pasted may ask for values in its turn.
  if (pasted.text !== text) await lookUp(pasted.text, values, variables);
  const asked = parameterPlaces(pasted.text).length > 0;
  return { ...pasted, parameters: asked ? values : undefined };
}

async function lookUp(text: string, values: Record<string, ParameterValue>, variables: Variables): Promise<void> {
  for (const { name, span } of parameterPlaces(text)) {
    if (Object.hasOwn(values, name)) continue;
    let value: unknown;
    try {
      value = await variables.get(name);
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      throw new StreamcellError('PARAMETER_INVALID', `The value of '${name}' cannot be read: ${why}`, { span });
    }
    // Whether it is a literal is looked at where it is bound.
    if (value !== undefined) values[name] = asList(value) as ParameterValue;
  }
}

/** Typed arrays and sets are lists as well. */
function asList(value: unknown): unknown {
  if (value instanceof Set) return [...(value as Set<unknown>)];
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
    ? Array.from(value as unknown as Iterable<unknown>)
    : value;
}
