import type { DataType, Schema } from '../types/index.js';
import type { Decoder, Encoder } from './format.js';
import type { DecodeRequest, Format } from './format-registry.js';
import type { JsonDecodeOptions } from './json-converters.js';
import { JsonDecoder } from './json-decoder.js';
import { JsonEncoder } from './json-encoder.js';
import type { Options } from './options.js';
import type { TimestampStandard } from './time-text.js';

const STANDARDS: readonly TimestampStandard[] = ['SQL', 'ISO-8601'];
const NULL_KEY_MODES = ['FAIL', 'DROP', 'LITERAL'] as const;

/** The `json` format: one JSON object a record, or an array of them. */
export const jsonFormat: Format = {
  name: 'json',
  options: [
    {
      key: 'fail-on-missing-field',
      type: 'boolean',
      description: 'Whether a record without a declared field fails the job (default false).',
    },
    {
      key: 'ignore-parse-errors',
      type: 'boolean',
      description: 'Skips records and sets fields to NULL that do not parse (default false).',
    },
    {
      key: 'timestamp-format.standard',
      type: 'string',
      values: STANDARDS,
      description: 'Text form of timestamps: SQL (default) or ISO-8601.',
    },
    {
      key: 'map-null-key.mode',
      type: 'string',
      values: NULL_KEY_MODES,
      description: 'What a null map key does when it is written (default FAIL).',
    },
    {
      key: 'map-null-key.literal',
      type: 'string',
      description: "The key that stands for null in mode LITERAL (default 'null').",
    },
    {
      key: 'encode.decimal-as-plain-number',
      type: 'boolean',
      description: 'Writes decimals without exponent (default false).',
    },
    { key: 'encode.ignore-null-fields', type: 'boolean', description: 'Leaves null fields out (default false).' },
    {
      key: 'decode.json-parser.enabled',
      type: 'boolean',
      description: 'Reads token by token rather than by tree (default true).',
    },
  ],

  validate(options: Options): void {
    const fail = options.boolean('fail-on-missing-field', false);
    const ignore = options.boolean('ignore-parse-errors', false);
    if (fail && ignore) {
      throw options.invalid(
        'fail-on-missing-field',
        "'fail-on-missing-field' and 'ignore-parse-errors' shouldn't both be true.",
      );
    }
    const standard = options.string('timestamp-format.standard');
    if (standard !== undefined && !STANDARDS.includes(standard as TimestampStandard)) {
      throw options.invalid(
        'timestamp-format.standard',
        `Unsupported value '${standard}'. Supported values are [SQL, ISO-8601].`,
      );
    }
    options.oneOf('map-null-key.mode', NULL_KEY_MODES, 'FAIL');
    options.boolean('encode.decimal-as-plain-number', false);
    options.boolean('encode.ignore-null-fields', false);
    options.boolean('decode.json-parser.enabled', true);
  },

  nestedProjection: (options) => options.boolean('decode.json-parser.enabled', true),
  splittable: () => true,

  createDecoder(request: DecodeRequest): Decoder {
    const types = request.columns.map((c) => c.type);
    return new JsonDecoder(
      request.columns.map((c) => c.path),
      types,
      decodeOptions(request.options, types),
    );
  },

  createEncoder(schema: Schema, options: Options): Encoder {
    return new JsonEncoder(schema, {
      timestampStandard: standardOf(options),
      nullKeyMode: options.oneOf('map-null-key.mode', NULL_KEY_MODES, 'FAIL'),
      nullKeyLiteral: options.string('map-null-key.literal') ?? 'null',
      plainDecimals: options.boolean('encode.decimal-as-plain-number', false),
      ignoreNullFields: options.boolean('encode.ignore-null-fields', false),
    });
  },
};

function standardOf(options: Options): TimestampStandard {
  return options.string('timestamp-format.standard') === 'ISO-8601' ? 'ISO-8601' : 'SQL';
}

function decodeOptions(
  options: Options,
  types: readonly DataType[],
): JsonDecodeOptions & { readonly pullParser: boolean } {
  return {
    failOnMissingField: options.boolean('fail-on-missing-field', false),
    ignoreParseErrors: options.boolean('ignore-parse-errors', false),
    timestampStandard: standardOf(options),
    decimals: types.some(hasDecimal),
    pullParser: options.boolean('decode.json-parser.enabled', true),
  };
}

function hasDecimal(type: DataType): boolean {
  switch (type.root) {
    case 'DECIMAL':
      return true;
    case 'ARRAY':
    case 'MULTISET':
      return hasDecimal(type.element);
    case 'MAP':
      return hasDecimal(type.key) || hasDecimal(type.value);
    case 'ROW':
      return type.fields.some((f) => hasDecimal(f.type));
    default:
      return false;
  }
}
