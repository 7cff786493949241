import type { StreamcellError } from '@streamcell/runtime/types/index';

/**
 * right: as Flink. refused: the engine said that it does not support this, before anything ran; or the item cannot be put to a SQL engine
 * at all (Java classes). wrong: anything else.
 */
export interface Verdict {
  readonly name: string;
  readonly verdict: 'right' | 'refused' | 'wrong';
  readonly detail: string;
}

export const right = (name: string): Verdict => ({ name, verdict: 'right', detail: '' });
export const refused = (name: string, detail: string): Verdict => ({ name, verdict: 'refused', detail });
export const wrong = (name: string, detail: string): Verdict => ({ name, verdict: 'wrong', detail });

/** The verdict on a failure where Flink gives a result. */
export function failed(name: string, error: StreamcellError): Verdict {
  const text = `${error.code} ${error.message}`;
  return error.kind === 'unsupported' ? refused(name, text) : wrong(name, text);
}

/**
 * The verdict on a failure where Flink fails as well. Phases are not told apart: Flink evaluates constants while it validates, and finds
 * some mistakes of the text only when it generates code.
 */
export function failedToo(name: string, error: StreamcellError): Verdict {
  const { kind } = error;
  if (kind === 'unsupported') return refused(name, `${error.code} ${error.message}`);
  if (kind === 'syntax' || kind === 'semantic' || kind === 'data' || kind === 'external') return right(name);
  return wrong(name, `Flink fails, the engine with ${error.code} (${kind}): ${error.message}`);
}
