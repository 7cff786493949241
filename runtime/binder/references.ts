import type { NameReference } from '../catalog/index.js';
import type { Identifier, Option } from '../parser/ast.js';

export function reference(identifier: Identifier): NameReference {
  return { parts: identifier.parts.map((p) => p.name), span: identifier.span };
}

/** The last of two values for one key counts, as in Flink. */
export function optionRecord(options: readonly Option[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (const o of options) record[o.key.value] = o.value.value;
  return record;
}
