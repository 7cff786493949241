import type { DataType } from './data-type.js';
import type { ChangelogMode, RowKind } from './row-kind.js';
import type { Schema } from './schema.js';

/** A table as its DDL declares it, as far as a connector needs to know. Plain data. */
export interface TableDescriptor {
  readonly name: string;
  readonly connector: string;
  /** WITH options after hints, without `connector`. */
  readonly options: Readonly<Record<string, string>>;
  readonly physicalSchema: Schema;
  readonly primaryKey: readonly string[];
  readonly partitionKeys: readonly string[];
}

export interface MetadataColumn {
  readonly key: string;
  readonly type: DataType;
  /** Whether a sink can write it. */
  readonly writable: boolean;
}

/** What the planner must know of a table used as a source. Asking validates the options (OPTION_* errors). */
export interface SourceInfo {
  readonly bounded: boolean;
  /** append, upsert (no -U; deletes by key), retract. */
  readonly changelog: ChangelogMode;
  readonly metadata: readonly MetadataColumn[];
  /** Whether watermarks are computed by the source, per split, as Flink's SupportsWatermarkPushDown says. */
  readonly watermarkPushDown: boolean;
  /** Whether nested fields may be projected in the format. */
  readonly nestedProjection: boolean;
  /** Whether it can serve lookup joins. */
  readonly lookup: boolean;
}

export interface SinkInfo {
  /** Kinds that the sink takes. */
  readonly accepts: readonly RowKind[];
  readonly metadata: readonly MetadataColumn[];
  /** A sink keyed by its primary key (upsert): -U may be left out. */
  readonly upsert: boolean;
  /** Whether it can replace what is there (INSERT OVERWRITE); no, unless said. */
  readonly overwrites?: boolean;
}

/** The connectors at hand, as the planner sees them; implemented by `connectors/`, handed over by the session. */
export interface ConnectorCatalog {
  names(): readonly string[];
  /** @throws StreamcellError CONNECTOR_UNSUPPORTED, OPTION_MISSING, OPTION_UNKNOWN, OPTION_INVALID. */
  source(table: TableDescriptor): SourceInfo;
  sink(table: TableDescriptor): SinkInfo;
  /** Option keys with a description, for completion. */
  optionKeys(connector: string): readonly string[];
}
