import { StreamcellError, type Schema } from '../types/index.js';
import { CsvDecoder } from './csv-decoder.js';
import { CsvEncoder } from './csv-encoder.js';
import type { Decoder, Encoder } from './format.js';
import type { DecodeRequest, Format } from './format-registry.js';
import type { Options } from './options.js';

/** The `csv` format, RFC 4180 with the options of Flink's. */
export const csvFormat: Format = {
  name: 'csv',
  options: [
    { key: 'field-delimiter', type: 'string', description: "Character between fields (default ',')." },
    {
      key: 'disable-quote-character',
      type: 'boolean',
      description: 'Whether no character encloses fields (default false).',
    },
    { key: 'quote-character', type: 'string', description: "Character that encloses fields (default '\"')." },
    {
      key: 'allow-comments',
      type: 'boolean',
      description: "Whether lines that begin with '#' are passed (default false).",
    },
    {
      key: 'ignore-parse-errors',
      type: 'boolean',
      description: 'Skips records and sets fields to NULL that do not parse (default false).',
    },
    {
      key: 'array-element-delimiter',
      type: 'string',
      description: "Text between elements of an ARRAY or ROW (default ';').",
    },
    { key: 'escape-character', type: 'string', description: 'Character that escapes the next one (default none).' },
    { key: 'null-literal', type: 'string', description: 'Text that stands for NULL (default none).' },
    {
      key: 'write-bigdecimal-in-scientific-notation',
      type: 'boolean',
      description: 'Whether decimals may be written as 1E+5 (default true).',
    },
    {
      key: 'trim-spaces',
      type: 'boolean',
      description: 'Whether blanks around unquoted fields are dropped (default false).',
    },
    {
      key: 'ignore-trailing-unmappable',
      type: 'boolean',
      description: 'Whether fields beyond the columns are dropped (default false).',
    },
    {
      key: 'allow-trailing-comma',
      type: 'boolean',
      description: 'Whether a record may end in a delimiter (default true).',
    },
    {
      key: 'fail-on-missing-columns',
      type: 'boolean',
      description: 'Whether a record needs a field for every column (default false).',
    },
    { key: 'empty-string-as-null', type: 'boolean', description: 'Whether an empty field is NULL (default false).' },
  ],

  validate(options: Options): void {
    if (options.boolean('disable-quote-character', false) && options.has('quote-character')) {
      throw options.invalid('quote-character', "it cannot be set when 'disable-quote-character' is true.");
    }
    dialect(options);
    for (const key of FLAGS) options.boolean(key, false);
  },

  nestedProjection: () => false,
  // A line break may lie within quotes.
  splittable: (options) => options.boolean('disable-quote-character', false),

  createDecoder(request: DecodeRequest): Decoder {
    const { options } = request;
    const marks = dialect(options);
    return new CsvDecoder(request.schema, request.columns, {
      dialect: {
        delimiter: marks.delimiter.charCodeAt(0),
        quote: marks.quote?.charCodeAt(0) ?? -1,
        escape: marks.escape?.charCodeAt(0) ?? -1,
        comments: options.boolean('allow-comments', false),
        trimSpaces: options.boolean('trim-spaces', false),
      },
      ignoreParseErrors: options.boolean('ignore-parse-errors', false),
      nullLiteral: options.string('null-literal'),
      emptyAsNull: options.boolean('empty-string-as-null', false),
      arrayDelimiter: options.string('array-element-delimiter') ?? ';',
      trimSpaces: options.boolean('trim-spaces', false),
      allowTrailingDelimiter: options.boolean('allow-trailing-comma', true),
      ignoreExtraFields: options.boolean('ignore-trailing-unmappable', false),
      failOnMissing: options.boolean('fail-on-missing-columns', false),
    });
  },

  createEncoder(schema: Schema, options: Options): Encoder {
    return new CsvEncoder(schema, {
      ...dialect(options),
      arrayDelimiter: options.string('array-element-delimiter') ?? ';',
      nullLiteral: options.string('null-literal') ?? '',
      scientificDecimals: options.boolean('write-bigdecimal-in-scientific-notation', true),
    });
  },
};

const FLAGS = [
  'allow-comments',
  'ignore-parse-errors',
  'write-bigdecimal-in-scientific-notation',
  'trim-spaces',
  'ignore-trailing-unmappable',
  'allow-trailing-comma',
  'fail-on-missing-columns',
  'empty-string-as-null',
];

interface Marks {
  readonly delimiter: string;
  readonly quote: string | undefined;
  readonly escape: string | undefined;
}

function dialect(options: Options): Marks {
  const quoted = !options.boolean('disable-quote-character', false);
  return {
    delimiter: character(options, 'field-delimiter', unescapeJava) ?? ',',
    quote: quoted ? (character(options, 'quote-character') ?? '"') : undefined,
    escape: character(options, 'escape-character'),
  };
}

function character(options: Options, key: string, read: (text: string) => string = (t) => t): string | undefined {
  const text = options.string(key);
  if (text === undefined) return undefined;
  const value = read(text);
  if (value.length !== 1) throw options.invalid(key, `it must be a string with a single character, but was: ${text}.`);
  if (value.charCodeAt(0) > 127) {
    throw new StreamcellError(
      'OPTION_UNSUPPORTED',
      `The option '${options.prefix}${key}' takes ASCII characters only.`,
    );
  }
  return value;
}

/** `\t`, `\u0001`: as Java source writes characters. */
function unescapeJava(text: string): string {
  const short: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f' };
  return text.replace(/\\(?:u+([0-9A-Fa-f]{4})|([\s\S]))/g, (_, code: string | undefined, c: string) =>
    code === undefined ? (short[c] ?? c) : String.fromCharCode(parseInt(code, 16)),
  );
}
