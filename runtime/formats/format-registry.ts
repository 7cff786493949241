import { StreamcellError, type Schema } from '../types/index.js';
import { csvFormat } from './csv-format.js';
import type { Decoder, Encoder } from './format.js';
import { jsonFormat } from './json-format.js';
import { nearest, type Options, type OptionSpec } from './options.js';

/** A column to decode: a path into the row that the format reads. */
export interface DecodeRequest {
  /** Fields that the format was declared to read. */
  readonly schema: Schema;
  /** Paths of the wanted columns, with their types in the same order. */
  readonly columns: readonly { readonly path: readonly string[]; readonly type: Schema[number]['type'] }[];
  /** The format's options, already scoped to its prefix. */
  readonly options: Options;
  /**
   * The format stands in a file of lines (filesystem), rather than in single messages: the referee's csv reads such files with another
   * reader.
   */
  readonly file: boolean;
}

export interface Format {
  readonly name: string;
  /** Options without the format's prefix. */
  readonly options: readonly OptionSpec[];
  /** Checks values and combinations. @throws StreamcellError OPTION_INVALID. */
  validate(options: Options): void;
  /** Whether nested fields may be asked for by path. */
  nestedProjection(options: Options): boolean;
  /** Whether a file may be cut at any newline. */
  splittable(options: Options): boolean;
  createDecoder(request: DecodeRequest): Decoder;
  createEncoder(schema: Schema, options: Options): Encoder;
}

const FORMATS: readonly Format[] = [jsonFormat, csvFormat];

/** @throws StreamcellError OPTION_INVALID for a name that is no format, OPTION_UNSUPPORTED for one that this engine lacks. */
export function format(name: string, optionKey: string): Format {
  const found = FORMATS.find((f) => f.name === name);
  if (found !== undefined) return found;
  const names = FORMATS.map((f) => f.name);
  if (FLINK_FORMATS.has(name)) {
    throw new StreamcellError(
      'OPTION_UNSUPPORTED',
      `The format '${name}' is not available here. Available formats: ${names.join(', ')}.`,
    );
  }
  const near = nearest(name, names);
  throw new StreamcellError(
    'OPTION_INVALID',
    `Invalid value for option '${optionKey}': no format '${name}'. Available formats: ${names.join(', ')}.`,
    near === undefined ? {} : { hint: `Did you mean '${near}'?` },
  );
}

export function formatNames(): readonly string[] {
  return FORMATS.map((f) => f.name);
}

const FLINK_FORMATS = new Set([
  'avro',
  'avro-confluent',
  'debezium-json',
  'debezium-avro-confluent',
  'canal-json',
  'maxwell-json',
  'ogg-json',
  'protobuf',
  'parquet',
  'orc',
  'raw',
]);
