/** A text that is no CSV record. Stays within the format, like JsonSyntaxError. */
export class CsvSyntaxError extends Error {}

/** A quote that nothing closes: all that follows belongs to it, so that there is no next record to go on with. */
export class CsvUnclosedQuote extends CsvSyntaxError {}

export interface CsvDialect {
  /** Bytes; quote and escape are -1 when there is none. All are ASCII. */
  readonly delimiter: number;
  readonly quote: number;
  readonly escape: number;
  readonly comments: boolean;
  readonly trimSpaces: boolean;
}

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const HASH = 35;
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Characters that mean something else behind an escape character. */
const ESCAPES = new Map([
  [48, 0],
  [110, 10],
  [114, 13],
  [116, 9],
]);

/**
 * Cuts CSV records into the texts of their fields, as Jackson's reader does: a field in quotes may hold delimiters, line breaks and doubled
 * quotes; blanks around it are passed; a lone carriage return ends a line too.
 *
 * State: `fields` of the last record, `start`, where it begins, and `next`, where the record behind it does.
 */
export class CsvRecords {
  readonly fields: string[] = [];
  next = 0;
  /** Where the last record begins, behind comments before it. */
  start = 0;
  private at = 0;

  constructor(private readonly dialect: CsvDialect) {}

  /**
   * Reads the record at `start`.
   * @returns false when it does not end before `end` and more text may follow, or when nothing but comments is left (then `next` is `end`).
   */
  read(data: Uint8Array, start: number, end: number, last: boolean): boolean {
    const { dialect, fields } = this;
    fields.length = 0;
    this.at = start;
    if (end - start >= 3 && data[start] === 0xef && data[start + 1] === 0xbb && data[start + 2] === 0xbf) this.at += 3;
    if (dialect.comments && !this.passComments(data, end, last)) return false;
    this.start = dialect.comments ? this.at : start;
    for (;;) {
      if (dialect.trimSpaces) this.passBlanks(data, end);
      const quoted = this.at < end && data[this.at] === dialect.quote;
      const complete = quoted ? this.quotedField(data, end, last) : this.plainField(data, end);
      if (!complete) return false;
      if (this.at >= end) {
        if (!last) return false;
        this.next = end;
        return true;
      }
      const c = data[this.at++];
      if (c === dialect.delimiter) continue;
      if (c === RETURN && this.at < end && data[this.at] === NEWLINE) this.at++;
      this.next = this.at;
      return true;
    }
  }

  /** Where comments are allowed, empty lines are passed as well. */
  private passComments(data: Uint8Array, end: number, last: boolean): boolean {
    for (;;) {
      let p = this.at;
      while (p < end && data[p] === SPACE) p++;
      if (p >= end) {
        if (last) this.next = end;
        return false;
      }
      if (data[p] === NEWLINE || data[p] === RETURN) {
        this.at = p + 1;
        this.next = this.at;
        continue;
      }
      if (data[p] !== HASH) return true;
      const newline = data.indexOf(NEWLINE, p);
      if (newline < 0 || newline >= end) {
        if (last) this.next = end;
        return false;
      }
      this.at = newline + 1;
      this.next = this.at;
    }
  }

  private passBlanks(data: Uint8Array, end: number): void {
    while (
      this.at < end &&
      (data[this.at] === SPACE || data[this.at] === 9) &&
      data[this.at] !== this.dialect.delimiter
    )
      this.at++;
  }

  private plainField(data: Uint8Array, end: number): boolean {
    const { delimiter, escape, trimSpaces } = this.dialect;
    const start = this.at;
    let p = start;
    let escaped = false;
    while (p < end) {
      const c = data[p];
      if (c === delimiter || c === NEWLINE || c === RETURN) break;
      if (c === escape) {
        escaped = true;
        p++;
      }
      p++;
    }
    this.at = Math.min(p, end);
    let stop = this.at;
    if (trimSpaces && !escaped) while (stop > start && data[stop - 1] <= SPACE) stop--;
    const text = escaped ? this.unescaped(data, start, stop) : textOf(data, start, stop);
    this.fields.push(trimSpaces && escaped ? text.trim() : text);
    return true;
  }

  private quotedField(data: Uint8Array, end: number, last: boolean): boolean {
    const { quote, escape, delimiter } = this.dialect;
    const start = this.at + 1;
    let p = start;
    let special = false;
    for (;;) {
      if (p >= end) {
        if (last) throw new CsvUnclosedQuote('missing closing quote for a value');
        return false;
      }
      const c = data[p];
      if (c === quote) {
        if (p + 1 >= end && !last) return false;
        if (p + 1 < end && data[p + 1] === quote) {
          special = true;
          p += 2;
          continue;
        }
        break;
      }
      if (c === escape) {
        special = true;
        p++;
      }
      p++;
    }
    this.fields.push(special ? this.unescaped(data, start, p) : textOf(data, start, p));
    p++;
    while (p < end && data[p] <= SPACE && data[p] !== NEWLINE && data[p] !== RETURN && data[p] !== delimiter) p++;
    this.at = p;
    if (p < end && data[p] !== delimiter && data[p] !== NEWLINE && data[p] !== RETURN) {
      throw new CsvSyntaxError(`expected column separator or end-of-line, found '${String.fromCharCode(data[p])}'`);
    }
    return true;
  }

  private unescaped(data: Uint8Array, start: number, end: number): string {
    const { quote, escape } = this.dialect;
    const out: number[] = [];
    for (let p = start; p < end; p++) {
      const c = data[p];
      if (c === escape) {
        p++;
        if (p < end) out.push(ESCAPES.get(data[p]) ?? data[p]);
      } else if (c === quote && data[p + 1] === quote) {
        out.push(c);
        p++;
      } else {
        out.push(c);
      }
    }
    return utf8.decode(Uint8Array.from(out));
  }
}

function textOf(data: Uint8Array, start: number, end: number): string {
  if (end - start > 32) return utf8.decode(data.slice(start, end));
  let text = '';
  for (let i = start; i < end; i++) {
    if (data[i] > 127) return utf8.decode(data.slice(start, end));
    text += String.fromCharCode(data[i]);
  }
  return text;
}
