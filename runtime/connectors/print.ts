import { decimalText } from '../formats/java-values.js';
import { Options, validateKeys, type OptionSpec } from '../formats/options.js';
import { formatDate, formatTime } from '../formats/time-text.js';
import {
  boxedValue,
  DELETE,
  INSERT,
  rowKindName,
  UPDATE_AFTER,
  UPDATE_BEFORE,
  type Batch,
  type DataType,
  type MapValue,
  type SinkInfo,
  type TableDescriptor,
  type Timestamp,
  type Value,
  doubleToString,
  floatToString,
} from '../types/index.js';
import type { Connector, SinkRequest, SinkWriter } from './connector.js';

const OPTIONS: readonly OptionSpec[] = [
  { key: 'print-identifier', type: 'string', description: 'Written before each row.' },
  { key: 'standard-error', type: 'boolean', description: 'Prints to the standard error output (default false).' },
  { key: 'sink.parallelism', type: 'int', description: 'Accepted; the engine chooses the parallelism.' },
];
const done = Promise.resolve();

/** Prints each changelog row as a line, as Flink does: `id:2> +I[1, a]`. */
export const printConnector: Connector = {
  name: 'print',
  optionKeys: OPTIONS.map((o) => o.key),
  sinkInfo(table: TableDescriptor): SinkInfo {
    validateKeys('print', table.options, OPTIONS);
    const options = new Options(table.options);
    options.boolean('standard-error', false);
    options.integer('sink.parallelism');
    return { accepts: [INSERT, UPDATE_BEFORE, UPDATE_AFTER, DELETE], metadata: [], upsert: false };
  },
  createWriter: (request) => new PrintWriter(request),
};

/** State: whether the output has taken what was written; a slow reader of it holds the job back, rather than filling the memory with lines. */
class PrintWriter implements SinkWriter {
  private readonly prefix: string;
  private readonly toError: boolean;
  private readonly types: readonly DataType[];
  private drained: Promise<void> | null = null;

  constructor(private readonly request: SinkRequest) {
    const options = new Options(request.table.options);
    const identifier = options.string('print-identifier') ?? '';
    const parts = [identifier, request.parallelism > 1 ? String(request.subtask + 1) : ''].filter((p) => p !== '');
    this.prefix = parts.length > 0 ? `${parts.join(':')}> ` : '';
    this.toError = options.boolean('standard-error', false);
    this.types = request.schema.map((c) => c.type);
  }

  open(): Promise<void> {
    return done;
  }

  write(batch: Batch): void {
    const lines: string[] = [];
    for (let i = 0; i < batch.length; i++) {
      const fields = this.types.map((type, c) => javaText(boxedValue(batch.columns[c], type, i), type));
      lines.push(`${this.prefix}${rowKindName(batch.kinds === null ? INSERT : batch.kinds[i])}[${fields.join(', ')}]`);
    }
    const { log } = this.request;
    if (log !== undefined) {
      lines.forEach((line) => log(line));
      return;
    }
    const stream = this.toError ? process.stderr : process.stdout;
    if (stream.write(`${lines.join('\n')}\n`) || this.drained !== null) return;
    this.drained = new Promise((resolve) => {
      stream.once('drain', () => {
        this.drained = null;
        resolve();
      });
    });
  }

  ready(): Promise<void> | null {
    return this.drained;
  }

  flush(): Promise<void> {
    return done;
  }

  commit(): Promise<void> {
    return done;
  }

  close(): Promise<void> {
    return done;
  }
}

/** A value as Java prints its external form (java.time, BigDecimal, Row). */
export function javaText(value: Value, type: DataType): string {
  if (value === null) return 'null';
  switch (type.root) {
    case 'FLOAT':
      return floatToString(value as number);
    case 'DOUBLE':
      return doubleToString(value as number);
    case 'DECIMAL':
      return decimalText({ unscaled: value as bigint, scale: type.scale });
    case 'DATE':
      return formatDate(value as number);
    case 'TIME':
      return localTime(value as number, 0);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const { millis, nanos } = value as Timestamp;
      const days = Math.floor(millis / 86_400_000);
      const ofDay = millis - days * 86_400_000;
      if (type.root === 'TIMESTAMP') return `${formatDate(days)}T${localTime(ofDay, nanos)}`;
      return `${formatDate(days)}T${clock(ofDay, nanos)}Z`;
    }
    case 'BINARY':
    case 'VARBINARY':
      return `[${Array.from(new Int8Array(value as Uint8Array)).join(', ')}]`;
    case 'ARRAY':
      return `[${(value as readonly Value[]).map((v) => javaText(v, type.element)).join(', ')}]`;
    case 'MAP':
      return mapText(value as MapValue, type.key, type.value);
    case 'MULTISET':
      return mapText(value as MapValue, type.element, { root: 'INTEGER', nullable: false });
    case 'ROW':
      return `+I[${type.fields.map((f, i) => javaText((value as readonly Value[])[i], f.type)).join(', ')}]`;
    case 'VARIANT':
      return JSON.stringify((value as { readonly json: unknown }).json);
    default:
      return String(value);
  }
}

function mapText(map: MapValue, key: DataType, value: DataType): string {
  return `{${map.entries.map(([k, v]) => `${javaText(k, key)}=${javaText(v, value)}`).join(', ')}}`;
}

/** java.time prints fractions in groups of three digits. */
function clock(millisOfDay: number, nanos: number): string {
  const text = formatTime(millisOfDay, nanos);
  const point = text.indexOf('.');
  if (point < 0) return text;
  const digits = text.length - point - 1;
  return text.padEnd(point + 1 + Math.ceil(digits / 3) * 3, '0');
}

/** LocalTime.toString leaves out seconds that are zero. */
function localTime(millisOfDay: number, nanos: number): string {
  const text = clock(millisOfDay, nanos);
  return millisOfDay % 60_000 === 0 && nanos === 0 ? text.slice(0, 5) : text;
}
