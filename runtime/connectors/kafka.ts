import { format as formatOf, type Format } from '../formats/format-registry.js';
import { missingOption, Options, validateKeys, type OptionSpec } from '../formats/options.js';
import {
  BIGINT,
  BYTES,
  INSERT,
  INT,
  MAP,
  MAX_LENGTH,
  StreamcellError,
  TIMESTAMP_LTZ,
  VARCHAR,
  type MetadataColumn,
  type Schema,
  type SinkInfo,
  type SourceInfo,
  type TableDescriptor,
} from '../types/index.js';
import type { Connector } from './connector.js';
import { KafkaWriter } from './kafka-sink.js';
import { KafkaReader } from './kafka-source.js';

const STARTUP = ['earliest-offset', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'] as const;
const BOUNDED = ['unbounded', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'] as const;
const PARTITIONERS = ['default', 'fixed', 'round-robin'] as const;
const GUARANTEES = ['none', 'at-least-once', 'exactly-once'] as const;

const OPTIONS: readonly OptionSpec[] = [
  { key: 'topic', type: 'list', description: 'Topics, separated by semicolons.' },
  { key: 'topic-pattern', type: 'string', description: 'Regular expression of the topics to read.' },
  {
    key: 'properties.bootstrap.servers',
    type: 'string',
    required: true,
    description: 'Brokers as host:port, separated by commas.',
  },
  { key: 'properties.group.id', type: 'string', description: 'Group whose offsets are read and committed.' },
  { key: 'format', type: 'string', description: 'Format of the values.' },
  { key: 'value.format', type: 'string', description: 'The same.' },
  { key: 'key.format', type: 'string', description: 'Format of the keys.' },
  { key: 'key.fields', type: 'list', description: 'Columns of the key, separated by semicolons.' },
  {
    key: 'key.fields-prefix',
    type: 'string',
    description: 'Prefix of the key columns in the table, which the key format does not see.',
  },
  {
    key: 'value.fields-include',
    type: 'string',
    values: ['ALL', 'EXCEPT_KEY'],
    description: 'Whether key columns are in the value too (default ALL).',
  },
  {
    key: 'scan.startup.mode',
    type: 'string',
    values: STARTUP,
    description: 'Where reading begins (default group-offsets).',
  },
  {
    key: 'scan.startup.specific-offsets',
    type: 'string',
    description: "For example 'partition:0,offset:42;partition:1,offset:300'.",
  },
  { key: 'scan.startup.timestamp-millis', type: 'long', description: 'Epoch milliseconds of the first record.' },
  { key: 'scan.bounded.mode', type: 'string', values: BOUNDED, description: 'Where reading ends (default unbounded).' },
  { key: 'scan.bounded.specific-offsets', type: 'string', description: 'End offsets, exclusive.' },
  { key: 'scan.bounded.timestamp-millis', type: 'long', description: 'Epoch milliseconds, exclusive.' },
  {
    key: 'scan.topic-partition-discovery.interval',
    type: 'duration',
    description: 'Interval to look for new partitions (default 5 min; 0: never).',
  },
  {
    key: 'scan.watermark.idle-timeout',
    type: 'duration',
    description: 'Accepted; see table.exec.source.idle-timeout.',
  },
  { key: 'scan.parallelism', type: 'int', description: 'Accepted; the engine chooses the parallelism.' },
  {
    key: 'sink.partitioner',
    type: 'string',
    values: PARTITIONERS,
    description: 'default (by key), fixed (by subtask) or round-robin.',
  },
  {
    key: 'sink.delivery-guarantee',
    type: 'string',
    values: GUARANTEES,
    description: 'at-least-once (default) or none.',
  },
  { key: 'sink.transactional-id-prefix', type: 'string', description: 'Accepted; transactions are not available.' },
  { key: 'sink.parallelism', type: 'int', description: 'Accepted; the engine chooses the parallelism.' },
];

const METADATA: readonly MetadataColumn[] = [
  { key: 'topic', type: VARCHAR(MAX_LENGTH, false), writable: false },
  { key: 'partition', type: INT(false), writable: false },
  { key: 'headers', type: MAP(VARCHAR(MAX_LENGTH), BYTES(), false), writable: true },
  { key: 'leader-epoch', type: INT(), writable: false },
  { key: 'offset', type: BIGINT(false), writable: false },
  { key: 'timestamp', type: TIMESTAMP_LTZ(3, false), writable: true },
  { key: 'timestamp-type', type: VARCHAR(MAX_LENGTH, false), writable: false },
];

export type StartupMode = (typeof STARTUP)[number];
export type BoundedMode = (typeof BOUNDED)[number];

export interface KafkaSettings {
  readonly options: Options;
  readonly topics: readonly string[];
  readonly pattern: RegExp | null;
  readonly groupId: string | undefined;
  readonly value: { readonly format: Format; readonly options: Options; readonly schema: Schema };
  readonly key: {
    readonly format: Format;
    readonly options: Options;
    readonly schema: Schema;
    readonly prefix: string;
  } | null;
  /** Names of the table's key columns, in the order of `key.fields`. */
  readonly keyFields: readonly string[];
  readonly exceptKey: boolean;
  readonly startup: StartupMode;
  readonly startupTimestamp: number;
  readonly startupOffsets: ReadonlyMap<number, number>;
  readonly bounded: BoundedMode;
  readonly boundedTimestamp: number;
  readonly boundedOffsets: ReadonlyMap<number, number>;
  readonly discoveryInterval: number;
  readonly partitioner: (typeof PARTITIONERS)[number];
  readonly acknowledged: boolean;
}

export function kafkaSettings(table: TableDescriptor): KafkaSettings {
  const options = new Options(table.options);
  const valueKey = options.has('value.format') ? 'value.format' : 'format';
  if (options.has('format') && options.has('value.format')) {
    throw options.invalid('value.format', "only one of 'format' and 'value.format' may be set.");
  }
  const named = (key: string): Format | undefined => {
    const name = options.string(key);
    return name === undefined ? undefined : formatOf(name, key);
  };
  const valueFormat = named(valueKey);
  const keyFormat = named('key.format');
  const valuePrefix = valueKey === 'format' ? `${valueFormat?.name}.` : `value.${valueFormat?.name}.`;
  const keyPrefix = `key.${keyFormat?.name}.`;
  validateKeys(
    'kafka',
    table.options,
    [
      ...OPTIONS,
      ...(valueFormat?.options ?? []).map((o) => ({ ...o, key: valuePrefix + o.key })),
      ...(keyFormat?.options ?? []).map((o) => ({ ...o, key: keyPrefix + o.key })),
    ],
    (key) => key.startsWith('properties.'),
  );
  if (valueFormat === undefined) throw missingOption(["'format' or 'value.format'"]);
  const valueOptions = options.scoped(valuePrefix);
  valueFormat.validate(valueOptions);

  const topics = options.list('topic') ?? [];
  const patternText = options.string('topic-pattern');
  if (topics.length > 0 && patternText !== undefined)
    throw options.invalid('topic-pattern', "'topic' and 'topic-pattern' cannot be set together.");
  if (topics.length === 0 && patternText === undefined) throw missingOption(["'topic' or 'topic-pattern'"]);

  const keyFields = options.list('key.fields') ?? [];
  const keyFieldsPrefix = options.string('key.fields-prefix') ?? '';
  const exceptKey = options.oneOf('value.fields-include', ['ALL', 'EXCEPT_KEY'], 'ALL') === 'EXCEPT_KEY';
  if (keyFormat === undefined && keyFields.length > 0) throw options.invalid('key.fields', "it needs 'key.format'.");
  if (keyFormat !== undefined && keyFields.length === 0) throw options.invalid('key.format', "it needs 'key.fields'.");
  if (keyFieldsPrefix !== '' && !exceptKey)
    throw options.invalid('key.fields-prefix', "it needs 'value.fields-include' = 'EXCEPT_KEY'.");
  const keySchema = keyFields.map((name) => {
    const found = table.physicalSchema.find((c) => c.name === name);
    if (found === undefined) {
      const names = table.physicalSchema.map((c) => c.name).join(', ');
      throw options.invalid('key.fields', `there is no column '${name}'. Columns: ${names}.`);
    }
    if (!name.startsWith(keyFieldsPrefix))
      throw options.invalid('key.fields', `'${name}' does not begin with the prefix '${keyFieldsPrefix}'.`);
    return { name: name.slice(keyFieldsPrefix.length), type: found.type };
  });
  if (keyFormat !== undefined) keyFormat.validate(options.scoped(keyPrefix));

  const groupId = options.string('properties.group.id');
  const startup = options.oneOf('scan.startup.mode', STARTUP, 'group-offsets');
  const bounded = options.oneOf('scan.bounded.mode', BOUNDED, 'unbounded');
  const single = (key: string): void => {
    if (topics.length !== 1) throw options.invalid(key, 'specific offsets need exactly one topic.');
  };
  if (startup === 'specific-offsets') single('scan.startup.specific-offsets');
  if (bounded === 'specific-offsets') single('scan.bounded.specific-offsets');
  return {
    options,
    topics,
    pattern: patternText === undefined ? null : topicPattern(options, patternText),
    groupId,
    value: {
      format: valueFormat,
      options: valueOptions,
      schema: exceptKey ? table.physicalSchema.filter((c) => !keyFields.includes(c.name)) : table.physicalSchema,
    },
    key:
      keyFormat === undefined
        ? null
        : { format: keyFormat, options: options.scoped(keyPrefix), schema: keySchema, prefix: keyFieldsPrefix },
    keyFields,
    exceptKey,
    startup,
    startupTimestamp: startup === 'timestamp' ? millis(options, 'scan.startup.timestamp-millis') : 0,
    startupOffsets:
      startup === 'specific-offsets' ? specificOffsets(options, 'scan.startup.specific-offsets') : new Map(),
    bounded,
    boundedTimestamp: bounded === 'timestamp' ? millis(options, 'scan.bounded.timestamp-millis') : 0,
    boundedOffsets:
      bounded === 'specific-offsets' ? specificOffsets(options, 'scan.bounded.specific-offsets') : new Map(),
    discoveryInterval: options.duration('scan.topic-partition-discovery.interval', 300_000),
    partitioner: options.oneOf('sink.partitioner', PARTITIONERS, 'default'),
    acknowledged: guarantee(options) !== 'none',
  };
}

function guarantee(options: Options): string {
  const value = options.oneOf('sink.delivery-guarantee', GUARANTEES, 'at-least-once');
  if (value === 'exactly-once') {
    throw new StreamcellError(
      'OPTION_UNSUPPORTED',
      "The delivery guarantee 'exactly-once' needs transactions, which are not available; 'at-least-once' is.",
    );
  }
  return value;
}

function millis(options: Options, key: string): number {
  const value = options.integer(key);
  if (value === undefined) throw missingOption([key]);
  return value;
}

function topicPattern(options: Options, text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`);
  } catch (error) {
    throw options.invalid('topic-pattern', `${(error as Error).message}.`);
  }
}

/** `partition:0,offset:42;partition:1,offset:300` */
function specificOffsets(options: Options, key: string): Map<number, number> {
  const text = options.required(key);
  const offsets = new Map<number, number>();
  for (const part of text.split(';').filter((p) => p.trim() !== '')) {
    const match = /^\s*partition\s*:\s*(\d+)\s*,\s*offset\s*:\s*(\d+)\s*$/.exec(part);
    if (match === null)
      throw options.invalid(key, `'${text}' must follow the format 'partition:0,offset:42;partition:1,offset:300'.`);
    offsets.set(Number(match[1]), Number(match[2]));
  }
  return offsets;
}

/** Apache Kafka, with the options of Flink's connector. */
export const kafkaConnector: Connector = {
  name: 'kafka',
  optionKeys: OPTIONS.map((o) => o.key),

  sourceInfo(table: TableDescriptor): SourceInfo {
    const settings = kafkaSettings(table);
    if (
      settings.groupId === undefined &&
      (settings.startup === 'group-offsets' || settings.bounded === 'group-offsets')
    ) {
      const which = settings.startup === 'group-offsets' ? 'scan.startup.mode' : 'scan.bounded.mode';
      throw new StreamcellError(
        'OPTION_MISSING',
        `'${which}' = 'group-offsets' needs the option 'properties.group.id'.`,
        {
          hint: "Set 'scan.startup.mode' = 'earliest-offset' to read from the beginning.",
        },
      );
    }
    return {
      bounded: settings.bounded !== 'unbounded',
      changelog: 'append',
      metadata: METADATA,
      watermarkPushDown: true,
      nestedProjection: settings.value.format.nestedProjection(settings.value.options) && settings.key === null,
      lookup: false,
    };
  },

  sinkInfo(table: TableDescriptor): SinkInfo {
    const settings = kafkaSettings(table);
    if (settings.topics.length !== 1) throw settings.options.invalid('topic', 'a sink writes to exactly one topic.');
    return { accepts: [INSERT], metadata: METADATA.filter((m) => m.writable), upsert: false };
  },

  createReader: (request) => new KafkaReader(request, kafkaSettings(request.table)),
  createWriter: (request) => new KafkaWriter(request, kafkaSettings(request.table)),
};
