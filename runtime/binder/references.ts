import type { NameReference } from '../catalog/index.js';
import type { Identifier, Option } from '../parser/ast.js';
import { StreamcellError } from '../types/index.js';

export function reference(identifier: Identifier): NameReference {
  return { parts: identifier.parts.map((p) => p.name), span: identifier.span };
}

/** @throws StreamcellError DDL_INVALID for a key given twice. */
export function optionRecord(options: readonly Option[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (const o of options) {
    if (o.key.value in record)
      throw new StreamcellError('DDL_INVALID', `Option '${o.key.value}' is given twice.`, { span: o.span });
    record[o.key.value] = o.value.value;
  }
  return record;
}
