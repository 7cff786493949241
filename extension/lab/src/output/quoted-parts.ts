/** A part of a message; code is shown in the editor's font. */
export interface MessagePart {
  readonly text: string;
  readonly code: boolean;
}

// An assignment as it has to be typed, a name in quotes (no apostrophe within or behind a word), a magic or a name in backticks.
const QUOTED = /('[^']+' = '[^']*')|(?<![\p{L}\p{N}])'([^']+)'(?![\p{L}\p{N}])|`(%[^`]*)`|(`[^`]+`)/gu;

/**
 * Names that a message quotes, without the quotes that say so. They stay where they are to be typed (an option's value, backticks), and
 * around signs, which could not be told from the sentence's own.
 */
export function quotedParts(message: string): readonly MessagePart[] {
  const parts: MessagePart[] = [];
  let at = 0;
  const say = (text: string, code: boolean): void => {
    if (text !== '') parts.push({ text, code });
  };
  for (const match of message.matchAll(QUOTED)) {
    say(message.slice(at, match.index), false);
    const [whole, , quoted, magic] = match;
    const name = quoted ?? magic;
    say(name !== undefined && /[\p{L}\p{N}]/u.test(name) ? name : whole, true);
    at = match.index + whole.length;
  }
  say(message.slice(at), false);
  return parts;
}
