import { MapValue, TimeZone, VariantValue, type DataType, type Value } from '../types/index.js';
import { valueReader, type ValueReader } from './row-values.js';

/**
 * Reads the values of the gateway's plain text format: Flink's CAST to STRING. It is used for results that the gateway cannot write as JSON
 * (maps whose keys are no texts, multisets of them, VARIANT).
 * @returns null when the text does not tell the value exactly: texts and bytes within nested values are not quoted there.
 */
export function textReader(type: DataType, zone: TimeZone): ValueReader | null {
  switch (type.root) {
    case 'CHAR':
    case 'VARCHAR':
      return valueReader(type, zone);
    case 'BINARY':
    case 'VARBINARY':
    case 'INTERVAL_DAY_TIME':
    case 'INTERVAL_YEAR_MONTH':
      return null;
    case 'VARIANT':
      return (text) => (text === null ? null : new VariantValue(JSON.parse(String(text)) as unknown));
    default: {
      if (!plain(type)) return null;
      return (text) => (text === null ? null : new TextParser(String(text), zone).whole(type));
    }
  }
}

/** Whether no text of such a value holds a delimiter. */
function plain(type: DataType): boolean {
  switch (type.root) {
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
    case 'VARIANT':
    case 'INTERVAL_DAY_TIME':
    case 'INTERVAL_YEAR_MONTH':
      return false;
    case 'ARRAY':
    case 'MULTISET':
      return plain(type.element);
    case 'MAP':
      return plain(type.key) && plain(type.value);
    case 'ROW':
      return type.fields.every((f) => plain(f.type));
    default:
      return true;
  }
}

const COUNT: DataType = { root: 'INTEGER', nullable: false };

/** `{1=[2, NULL], 3=[]}`: the types say what stands where. State: how far it has read. */
class TextParser {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly zone: TimeZone,
  ) {}

  whole(type: DataType): Value {
    const value = this.value(type);
    if (this.at !== this.text.length) throw this.unreadable();
    return value;
  }

  private value(type: DataType): Value {
    if (this.text.startsWith('NULL', this.at)) {
      this.at += 4;
      return null;
    }
    switch (type.root) {
      case 'ARRAY':
        return this.list('[', ']', () => this.value(type.element));
      case 'ROW': {
        let field = 0;
        return this.list('(', ')', () => this.value(type.fields[field++].type));
      }
      case 'MAP':
      case 'MULTISET': {
        const [key, value] = type.root === 'MAP' ? [type.key, type.value] : [type.element, COUNT];
        return new MapValue(
          this.list('{', '}', (): [Value, Value] => {
            const k = this.value(key);
            this.expect('=');
            return [k, this.value(value)];
          }),
        );
      }
      default:
        return this.scalar(type);
    }
  }

  private list<T>(open: string, close: string, item: () => T): T[] {
    const items: T[] = [];
    this.expect(open);
    while (this.text[this.at] !== close) {
      if (items.length > 0) this.expect(', ');
      items.push(item());
    }
    this.expect(close);
    return items;
  }

  private scalar(type: DataType): Value {
    const word = /[^,=\]})]*/y;
    word.lastIndex = this.at;
    const text = word.exec(this.text)?.[0] ?? '';
    this.at += text.length;
    switch (type.root) {
      case 'BOOLEAN':
        return text === 'TRUE' || text === 'true';
      case 'BIGINT':
        return BigInt(text);
      case 'DECIMAL': {
        const [whole, fraction = ''] = text.split('.');
        return BigInt(whole + fraction.padEnd(type.scale, '0'));
      }
      case 'FLOAT':
        return Math.fround(Number(text));
      case 'TINYINT':
      case 'SMALLINT':
      case 'INTEGER':
      case 'DOUBLE':
        return Number(text);
      default:
        // Dates and times are written as in JSON, but for the T.
        return valueReader(type, this.zone)(text);
    }
  }

  private expect(mark: string): void {
    if (!this.text.startsWith(mark, this.at)) throw this.unreadable();
    this.at += mark.length;
  }

  private unreadable(): Error {
    return new Error(`Flink sent '${this.text}', which cannot be read from position ${this.at}.`);
  }
}
