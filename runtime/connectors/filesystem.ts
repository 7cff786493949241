import { format as formatOf, type Format } from '../formats/format-registry.js';
import { Options, validateKeys, type OptionSpec } from '../formats/options.js';
import {
  BIGINT,
  INSERT,
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
import { localPath } from './file-listing.js';
import { FilesystemReader } from './filesystem-source.js';
import { FilesystemWriter } from './filesystem-sink.js';

const OPTIONS: readonly OptionSpec[] = [
  {
    key: 'path',
    type: 'string',
    required: true,
    description: 'A file, or a directory read with all that is below it.',
  },
  { key: 'format', type: 'string', required: true, description: 'Format of the files.' },
  {
    key: 'source.monitor-interval',
    type: 'duration',
    description: 'Looks for new files at this interval; without it the source is bounded.',
  },
  { key: 'source.path.regex-pattern', type: 'string', description: 'Files whose whole path matches are read.' },
  { key: 'source.report-statistics', type: 'string', description: 'Accepted, without effect.' },
  {
    key: 'partition.default-name',
    type: 'string',
    description: 'Directory value that stands for NULL in a partition column.',
  },
  {
    key: 'sink.rolling-policy.file-size',
    type: 'memory',
    description: 'Size at which a new part file is begun (default 128 MB).',
  },
  {
    key: 'sink.rolling-policy.rollover-interval',
    type: 'duration',
    description: 'Age at which a new part file is begun (default 30 min).',
  },
  {
    key: 'sink.rolling-policy.check-interval',
    type: 'duration',
    description: 'Accepted; age is checked at every batch.',
  },
  {
    key: 'sink.rolling-policy.inactivity-interval',
    type: 'duration',
    description: 'Accepted; files end at checkpoints.',
  },
  {
    key: 'sink.shuffle-by-partition.enable',
    type: 'boolean',
    description: 'Accepted; rows are spread by the planner.',
  },
  { key: 'sink.parallelism', type: 'int', description: 'Accepted; the engine chooses the parallelism.' },
  {
    key: 'sink.partition-commit.policy.kind',
    type: 'string',
    description: "'success-file' writes a marker file into each committed partition.",
  },
  {
    key: 'sink.partition-commit.success-file.name',
    type: 'string',
    description: 'Name of that file (default _SUCCESS).',
  },
  {
    key: 'sink.partition-commit.trigger',
    type: 'string',
    description: "Only 'process-time', which commits at checkpoints.",
  },
  { key: 'sink.partition-commit.delay', type: 'duration', description: 'Accepted with 0 only.' },
];

const METADATA: readonly MetadataColumn[] = [
  { key: 'file.path', type: VARCHAR(MAX_LENGTH, false), writable: false },
  { key: 'file.name', type: VARCHAR(MAX_LENGTH, false), writable: false },
  { key: 'file.size', type: BIGINT(false), writable: false },
  { key: 'file.modification-time', type: TIMESTAMP_LTZ(3, false), writable: false },
];

export interface FilesystemSettings {
  readonly path: string;
  readonly format: Format;
  readonly formatOptions: Options;
  /** Fields in the files: all but the partition columns. */
  readonly fileSchema: Schema;
  readonly monitorInterval: number | undefined;
  readonly pattern: RegExp | null;
  readonly defaultPartition: string;
  readonly rollSize: number;
  readonly rollAge: number;
  readonly successFile: string | null;
}

export function filesystemSettings(table: TableDescriptor): FilesystemSettings {
  const options = new Options(table.options);
  const name = options.string('format');
  const format = name === undefined ? undefined : formatOf(name, 'format');
  const formatKeys = (format?.options ?? []).map((o) => ({ ...o, key: `${name}.${o.key}` }));
  validateKeys('filesystem', table.options, [...OPTIONS, ...formatKeys]);
  if (format === undefined) throw new Error('validateKeys refuses a table without a format');
  const formatOptions = options.scoped(`${format.name}.`);
  format.validate(formatOptions);
  const policy = options.string('sink.partition-commit.policy.kind');
  if (policy !== undefined && policy !== 'success-file') {
    throw new StreamcellError(
      'OPTION_UNSUPPORTED',
      `The partition commit policy '${policy}' is not available; 'success-file' is.`,
    );
  }
  if (
    (options.string('sink.partition-commit.trigger') ?? 'process-time') !== 'process-time' ||
    options.duration('sink.partition-commit.delay', 0) !== 0
  ) {
    throw new StreamcellError(
      'OPTION_UNSUPPORTED',
      'Partitions are committed at checkpoints: only the trigger process-time without delay is available.',
    );
  }
  for (const key of ['sink.rolling-policy.check-interval', 'sink.rolling-policy.inactivity-interval'])
    options.duration(key);
  return {
    path: localPath(options.required('path')),
    format,
    formatOptions,
    fileSchema: table.physicalSchema.filter((c) => !table.partitionKeys.includes(c.name)),
    monitorInterval: options.duration('source.monitor-interval'),
    pattern: pathPattern(options),
    defaultPartition: options.string('partition.default-name') ?? '__DEFAULT_PARTITION__',
    rollSize: options.memory('sink.rolling-policy.file-size') ?? 128 * 1024 * 1024,
    rollAge: options.duration('sink.rolling-policy.rollover-interval', 30 * 60_000),
    successFile:
      policy === undefined ? null : (options.string('sink.partition-commit.success-file.name') ?? '_SUCCESS'),
  };
}

function pathPattern(options: Options): RegExp | null {
  const text = options.string('source.path.regex-pattern');
  if (text === undefined) return null;
  try {
    return new RegExp(`^(?:${text})$`, 'u');
  } catch (error) {
    throw options.invalid('source.path.regex-pattern', `${(error as Error).message}.`);
  }
}

/** Files of one directory tree, in any format of lines. */
export const filesystemConnector: Connector = {
  name: 'filesystem',
  optionKeys: OPTIONS.map((o) => o.key),

  sourceInfo(table: TableDescriptor): SourceInfo {
    const settings = filesystemSettings(table);
    return {
      bounded: settings.monitorInterval === undefined,
      changelog: 'append',
      metadata: METADATA,
      watermarkPushDown: false,
      nestedProjection: settings.format.nestedProjection(settings.formatOptions),
      lookup: false,
    };
  },

  sinkInfo(table: TableDescriptor): SinkInfo {
    filesystemSettings(table);
    return { accepts: [INSERT], metadata: [], upsert: false, overwrites: true };
  },

  createReader: (request) => new FilesystemReader(request, filesystemSettings(request.table)),
  createWriter: (request) => new FilesystemWriter(request, filesystemSettings(request.table)),
};
