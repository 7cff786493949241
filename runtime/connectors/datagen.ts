import { setValue } from '../formats/batch-builder.js';
import { Options, validateKeys, type OptionSpec } from '../formats/options.js';
import { Batch, createColumn, type Column, type SourceInfo, type TableDescriptor, type Value } from '../types/index.js';
import type { Connector, SourceRequest } from './connector.js';
import { FieldGenerators, type FieldGenerator } from './datagen-fields.js';
import { NumberedReader } from './numbered-reader.js';
import { indexPath } from './projection.js';
import { Random } from './random.js';

const OPTIONS: readonly OptionSpec[] = [
  { key: 'rows-per-second', type: 'long', description: 'Rows per second over all subtasks (default 10000).' },
  { key: 'number-of-rows', type: 'long', description: 'Rows in all; without it the source is unbounded.' },
  { key: 'scan.parallelism', type: 'int', description: 'Accepted; the engine chooses the parallelism.' },
];
const FIELD_OPTIONS = ['kind', 'min', 'max', 'max-past', 'length', 'start', 'end', 'null-rate', 'var-len'];
const DEFAULT_RATE = 10_000;

/** Random and sequential rows, with the options of Flink's datagen. */
export const datagenConnector: Connector = {
  name: 'datagen',
  optionKeys: [...OPTIONS.map((o) => o.key), ...FIELD_OPTIONS.map((o) => `fields.#.${o}`)],
  sourceInfo(table: TableDescriptor): SourceInfo {
    return {
      bounded: settingsOf(table).rows < Infinity,
      changelog: 'append',
      metadata: [],
      watermarkPushDown: false,
      nestedProjection: true,
      lookup: false,
    };
  },
  createReader: (request) => new DatagenReader(request),
};

interface Settings {
  readonly rate: number;
  /** number-of-rows, or infinity. */
  readonly rows: number;
  readonly generators: readonly FieldGenerator[];
}

function settingsOf(table: TableDescriptor, subtask = 0): Settings {
  const options = new Options(table.options);
  const random = new Random((Math.random() * 4294967296) ^ subtask);
  const fields = new FieldGenerators(options, random);
  const generators = table.physicalSchema.map((c) => fields.create(c.name, c.type));
  const keys = generators.flatMap((g) => g.keys).map((key): OptionSpec => ({ key, type: 'string', description: '' }));
  validateKeys('datagen', table.options, [...OPTIONS, ...keys]);
  options.integer('scan.parallelism');
  const rate = options.integer('rows-per-second', DEFAULT_RATE);
  if (rate < 1) throw options.invalid('rows-per-second', 'at least one row per second is needed.');
  return { rate, rows: options.integer('number-of-rows') ?? Infinity, generators };
}

/** A row's fields follow from its number by their generators. */
class DatagenReader extends NumberedReader {
  private readonly columns: readonly { readonly generator: FieldGenerator; readonly inner: readonly number[] }[];
  protected readonly end: number;
  protected readonly rate: number;

  constructor(request: SourceRequest) {
    super(request, 'datagen');
    const { generators, rows, rate } = settingsOf(request.table, request.subtask);
    this.rate = rate;
    this.end = Math.min(rows, ...generators.map((g) => g.count));
    this.columns = request.columns.map((c) => {
      if (c.from.kind === 'metadata') throw new Error('datagen has no metadata columns');
      const [first, ...inner] = indexPath(request.table.physicalSchema, c.from.path);
      return { generator: generators[first], inner };
    });
  }

  protected rows(n: number, next: number, step: number): Batch {
    // A field and a field within it come from one value, so values are made once per row and generator.
    const values = new Map<FieldGenerator, Value[]>();
    const columns = this.columns.map(({ generator, inner }, c): Column => {
      const { type } = this.request.schema[c];
      const column = createColumn(type, n);
      if (inner.length === 0 && generator.fill !== undefined && !values.has(generator)) {
        generator.fill(column, n, next, step);
        return column;
      }
      let rows = values.get(generator);
      if (rows === undefined)
        values.set(generator, (rows = Array.from({ length: n }, (_, i) => generator.value(next + i * step))));
      for (let i = 0; i < n; i++) setValue(column, type, i, within(rows[i], inner), n);
      return column;
    });
    return new Batch(n, columns);
  }
}

function within(value: Value, path: readonly number[]): Value {
  let inner = value;
  for (let i = 0; i < path.length && inner !== null; i++) inner = (inner as readonly Value[])[path[i]];
  return inner;
}
