import { nearestNames } from '@streamcell/runtime/types/nearest-names';
import { StreamcellError, type Span } from '@streamcell/runtime/types/index';

/** One option of a magic. */
export interface OptionSpec {
  /** With its dashes: `--limit`. */
  readonly name: string;
  readonly short?: string;
  /** What its value is called; null for a switch. */
  readonly value: string | null;
  /** Its value may be left out. */
  readonly optionalValue?: (text: string) => boolean;
  /** May be given more than once. */
  readonly many?: boolean;
  /** The values there are, where they are a few. */
  readonly values?: readonly string[];
  readonly help: string;
}

/** A part of a magic's line, with its place in the cell. */
export interface Word {
  /** Without its quotes. */
  readonly text: string;
  /** With its quotes. */
  readonly span: Span;
  /** Where `text` begins. */
  readonly start: number;
  readonly quoted: boolean;
}

export interface GivenOption {
  readonly spec: OptionSpec;
  readonly span: Span;
  /** Null when the option takes none, or it was left out. */
  readonly value: Word | null;
}

export interface MagicLine {
  readonly options: readonly GivenOption[];
  readonly arguments: readonly Word[];
}

const WORD = /"([^"]*)"|'([^']*)'|[^\s"']+(?:"[^"]*"|'[^']*'|[^\s"'])*/g;

/** The words of cell[span]; an option's value after `=` is a word of its own. @throws StreamcellError MAGIC_INVALID for an open quote. */
export function wordsOf(cell: string, span: Span): readonly Word[] {
  const line = cell.slice(span.start, span.end);
  const words: Word[] = [];
  let covered = 0;
  for (const match of line.matchAll(WORD)) {
    const at = span.start + match.index;
    checkGap(line.slice(covered, match.index), span.start + covered, span.end);
    covered = match.index + match[0].length;
    const inner = match[1] ?? match[2];
    if (inner !== undefined) words.push(word(inner, at, at + match[0].length, at + 1, true));
    else if (/^--?[A-Za-z][^=]*=/.test(match[0])) {
      const cut = match[0].indexOf('=');
      words.push(word(match[0].slice(0, cut), at, at + cut, at, false));
      words.push(valueWord(match[0].slice(cut + 1), at + cut + 1));
    } else words.push(word(match[0], at, at + match[0].length, at, false));
  }
  checkGap(line.slice(covered), span.start + covered, span.end);
  return words;
}

function word(text: string, start: number, end: number, inner: number, quoted: boolean): Word {
  return { text, span: { start, end }, start: inner, quoted };
}

function valueWord(text: string, at: number): Word {
  const quoted = /^(["']).*\1$/s.test(text) && text.length > 1;
  return word(quoted ? text.slice(1, -1) : text, at, at + text.length, quoted ? at + 1 : at, quoted);
}

function checkGap(gap: string, at: number, end: number): void {
  const quote = gap.search(/["']/);
  if (quote < 0) return;
  throw new StreamcellError('MAGIC_INVALID', `The quote ${gap[quote]} is not closed.`, {
    span: { start: at + quote, end },
  });
}

/** @throws StreamcellError MAGIC_INVALID at the option that is wrong. */
export function parseMagicLine(cell: string, span: Span, specs: readonly OptionSpec[]): MagicLine {
  const words = wordsOf(cell, span);
  const options: GivenOption[] = [];
  const rest: Word[] = [];
  for (let i = 0; i < words.length; i++) {
    const given = words[i];
    if (given.quoted || !/^-/.test(given.text) || /^-\d/.test(given.text)) {
      rest.push(given);
      continue;
    }
    const spec = specs.find((s) => s.name === given.text || s.short === given.text);
    if (spec === undefined) throw unknownOption(given, specs);
    if (options.some((o) => o.spec === spec) && spec.many !== true)
      throw new StreamcellError('MAGIC_INVALID', `Option ${spec.name} is given twice.`, { span: given.span });
    let value: Word | null = null;
    const next = words[i + 1] as Word | undefined;
    const attached = next !== undefined && next.span.start === given.span.end + 1 && cell[given.span.end] === '=';
    if (spec.value === null) {
      if (attached)
        throw new StreamcellError('MAGIC_INVALID', `Option ${spec.name} takes no value.`, { span: next.span });
    } else if (attached || (next !== undefined && takesAsValue(spec, next))) {
      value = next;
      i++;
    } else if (spec.optionalValue === undefined) {
      throw new StreamcellError('MAGIC_INVALID', `Option ${spec.name} needs a value: ${spec.name} ${spec.value}.`, {
        span: given.span,
      });
    }
    options.push({ spec, span: given.span, value });
  }
  return { options, arguments: rest };
}

function takesAsValue(spec: OptionSpec, next: Word): boolean {
  if (spec.optionalValue !== undefined) return spec.optionalValue(next.text);
  return next.quoted || !/^--?[A-Za-z]/.test(next.text);
}

function unknownOption(given: Word, specs: readonly OptionSpec[]): StreamcellError {
  const names = specs.map((s) => s.name);
  const near = nearestNames(given.text, names);
  return new StreamcellError('MAGIC_INVALID', `There is no option ${given.text}.`, {
    span: given.span,
    hint: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `Options: ${names.join(', ')}.`,
  });
}

/** `  -o, --output VAR   keeps ...`, one line an option. */
export function optionsHelp(specs: readonly OptionSpec[]): string {
  const heads = specs.map((s) => {
    const value = s.value === null ? '' : s.optionalValue === undefined ? ` ${s.value}` : ` [${s.value}]`;
    return `  ${s.short === undefined ? '' : `${s.short}, `}${s.name}${value}`;
  });
  const width = Math.max(...heads.map((h) => h.length)) + 3;
  return specs.map((s, i) => `${heads[i].padEnd(width)}${s.help}`).join('\n');
}
