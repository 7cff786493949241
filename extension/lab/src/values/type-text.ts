import type { ColumnText } from '@streamcell/runtime/protocol/view-channel';
import type { DataType, IntervalUnit } from '@streamcell/runtime/types/data-type';
import type { Schema } from '@streamcell/runtime/types/schema';

const MAX_LENGTH = 2147483647;

/** The columns of a bundle as a schema. A type that cannot be read is taken as STRING: its texts are shown all the same. */
export function schemaOf(columns: readonly ColumnText[]): Schema {
  return columns.map(({ name, type }) => ({
    name,
    type: parseType(type) ?? { root: 'VARCHAR', length: MAX_LENGTH, nullable: true },
  }));
}

/** Reads Flink's summary string of a type, `ROW<\`a\` INT NOT NULL>`; null when it is none. */
export function parseType(text: string): DataType | null {
  const reader = new TypeReader(text);
  const type = reader.type();
  return type !== null && reader.atEnd ? type : null;
}

const TOKEN = /\s*(`(?:[^`]|``)*`|\*\w+\*|\w+|[<>(),])/y;

class TypeReader {
  private readonly tokens: string[] = [];
  private at = 0;

  constructor(text: string) {
    TOKEN.lastIndex = 0;
    for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) this.tokens.push(match[1]);
  }

  get atEnd(): boolean {
    return this.at === this.tokens.length;
  }

  type(): DataType | null {
    const bare = this.bare();
    if (bare === null) return null;
    // A time attribute changes nothing of how values look.
    if (/^\*\w+\*$/.test(this.tokens[this.at] ?? '')) this.at++;
    const nullable = !this.take('NOT', 'NULL');
    return { ...bare, nullable };
  }

  private bare(): DataType | null {
    const root = this.next().toUpperCase();
    const nullable = true;
    switch (root) {
      case 'BOOLEAN':
      case 'TINYINT':
      case 'SMALLINT':
      case 'BIGINT':
      case 'FLOAT':
      case 'DOUBLE':
      case 'DATE':
      case 'VARIANT':
      case 'NULL':
        return { root, nullable };
      case 'INT':
      case 'INTEGER':
        return { root: 'INTEGER', nullable };
      case 'STRING':
        return { root: 'VARCHAR', length: MAX_LENGTH, nullable };
      case 'BYTES':
        return { root: 'VARBINARY', length: MAX_LENGTH, nullable };
      case 'CHAR':
      case 'VARCHAR':
      case 'BINARY':
      case 'VARBINARY':
        return { root, length: this.numbers()[0] ?? 1, nullable };
      case 'DECIMAL': {
        const [precision = 10, scale = 0] = this.numbers();
        return { root, precision, scale, nullable };
      }
      case 'TIME':
        return { root, precision: this.numbers()[0] ?? 0, nullable };
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ': {
        const precision = this.numbers()[0] ?? 6;
        const local = this.take('WITH', 'LOCAL', 'TIME', 'ZONE');
        return { root: local ? 'TIMESTAMP_LTZ' : root, precision, nullable };
      }
      case 'INTERVAL':
        return this.interval();
      case 'ARRAY':
      case 'MULTISET': {
        const [element] = this.parameters() ?? [];
        return element === undefined ? null : { root, element, nullable };
      }
      case 'MAP': {
        const [key, value] = this.parameters() ?? [];
        return value === undefined ? null : { root, key, value, nullable };
      }
      case 'ROW':
        return this.row();
      default:
        return null;
    }
  }

  private interval(): DataType {
    const from = this.next().toUpperCase() as IntervalUnit;
    const [precision = 2] = this.numbers();
    const to = this.take('TO') ? (this.next().toUpperCase() as IntervalUnit) : from;
    const [fraction = 6] = this.numbers();
    const months = from === 'YEAR' || from === 'MONTH';
    const root = months ? 'INTERVAL_YEAR_MONTH' : 'INTERVAL_DAY_TIME';
    return { root, from, to, precision, fraction: months ? 0 : fraction, nullable: true };
  }

  private row(): DataType | null {
    if (!this.take('<')) return null;
    const fields: { name: string; type: DataType }[] = [];
    while (!this.take('>')) {
      const name = this.next();
      const type = this.type();
      if (type === null) return null;
      fields.push({ name: name.startsWith('`') ? name.slice(1, -1).replaceAll('``', '`') : name, type });
      this.take(',');
    }
    return { root: 'ROW', fields, nullable: true };
  }

  private parameters(): readonly DataType[] | null {
    if (!this.take('<')) return null;
    const types: DataType[] = [];
    while (!this.take('>')) {
      const type = this.type();
      if (type === null) return null;
      types.push(type);
      this.take(',');
    }
    return types;
  }

  /** `(10, 2)`, or nothing. */
  private numbers(): readonly number[] {
    if (!this.take('(')) return [];
    const numbers: number[] = [];
    while (!this.atEnd && !this.take(')')) {
      numbers.push(Number(this.next()));
      this.take(',');
    }
    return numbers;
  }

  private next(): string {
    return this.tokens[this.at++] ?? '';
  }

  private take(...words: readonly string[]): boolean {
    if (!words.every((word, i) => this.tokens[this.at + i]?.toUpperCase() === word)) return false;
    this.at += words.length;
    return true;
  }
}
