import type { Span } from '@streamcell/runtime/types/index';
import type { CellFailure, CellOutput } from '../../host.js';
import type { SqlSurroundings } from '../sql-runner.js';

/** A line magic, `%name arguments`. */
export interface Magic {
  readonly name: string;
  /** Names that users of other tools type. */
  readonly aliases: readonly string[];
  /** How it is called, without the `%`. */
  readonly usage: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** What `?` shows below usage and summary. */
  readonly help: string;
  /** Its arguments go on in the lines below, to the end of the cell. */
  readonly takesBody: boolean;
  /** Words that may stand behind it. */
  readonly words: readonly string[];
  /** @throws StreamcellError with a span into the cell, Interrupted. */
  run(call: MagicCall): Promise<void>;
}

export interface MagicCall {
  readonly cell: string;
  /** The arguments within the cell. */
  readonly arguments: Span;
  readonly around: SqlSurroundings;
  readonly output: CellOutput;
  readonly signal: AbortSignal;
}

export function magicHelp(magic: Magic): string {
  const aliases =
    magic.aliases.length === 0 ? '' : `\n\nAlso known as ${magic.aliases.map((a) => `%${a}`).join(', ')}.`;
  const help = magic.help === '' ? '' : `\n\n${magic.help}`;
  return `%${magic.usage}\n\n${magic.summary}${help}${aliases}`;
}

/** A failure whose place is not in the cell. */
export class FailedElsewhere extends Error {
  constructor(readonly failure: CellFailure) {
    super(failure.message);
  }
}
