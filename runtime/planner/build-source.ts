import {
  mapInputs,
  markRowtime,
  scanDescriptor,
  type LogicalScan,
  type LogicalWatermark,
  type Logical,
} from '../binder/index.js';
import type { BoundExpr } from '../expressions/index.js';
import { StreamcellError, type SourceInfo } from '../types/index.js';
import { calc } from './build-calc.js';
import { ALL_CHANGES, draft, hashed, INSERTS, type Draft } from './draft.js';
import { exprText } from './labels.js';
import { booleanOption, durationOption, type PlannerContext } from './options.js';
import type { SourceNode, WatermarkSpec } from './physical.js';

export function sourceInfo(scan: LogicalScan, context: PlannerContext): SourceInfo {
  try {
    return context.connectors.source(scanDescriptor(scan));
  } catch (error) {
    throw error instanceof StreamcellError && scan.span ? error.at(scan.span) : error;
  }
}

/** A table read; an upsert source is followed by what restores its old rows. */
export function buildScan(scan: LogicalScan, context: PlannerContext): Draft {
  return normalized(sourceDraft(scan, sourceInfo(scan, context), null), scan, context);
}

/** Columns that must be read whatever the query wants: the key by which old rows are restored. */
export function requiredColumns(scan: LogicalScan, context: PlannerContext): readonly string[] {
  return needsNormalize(scan, context) ? (scan.table.primaryKey?.columns ?? []) : [];
}

function needsNormalize(scan: LogicalScan, context: PlannerContext): boolean {
  const info = sourceInfo(scan, context);
  if (info.changelog === 'upsert') return true;
  return (
    info.changelog !== 'append' &&
    scan.table.primaryKey !== null &&
    booleanOption(context.options, 'table.exec.source.cdc-events-duplicate', false)
  );
}

function normalized(source: Draft, scan: LogicalScan, context: PlannerContext): Draft {
  if (!needsNormalize(scan, context)) return source;
  const key = scan.table.primaryKey?.columns ?? [];
  const keys = key.map((k) => source.schema.findIndex((c) => c.name === k));
  if (keys.length === 0) {
    throw new StreamcellError(
      'CHANGELOG_MODE',
      `Table '${scan.table.path.name}' produces a changelog stream that contains UPDATE_AFTER but no UPDATE_BEFORE: it needs a primary key.`,
      {
        span: scan.span,
      },
    );
  }
  return draft(
    {
      op: 'changelogNormalize',
      keys,
      condition: null,
      ttl: durationOption(context.options, 'table.exec.state.ttl', 0),
    },
    [source],
    {
      schema: source.schema,
      kinds: ALL_CHANGES,
      keys: [keys],
      distribution: [hashed(keys)],
      label: `ChangelogNormalize(key=[${key.join(', ')}])`,
      span: scan.span,
    },
  );
}

function sourceDraft(scan: LogicalScan, info: SourceInfo, watermark: WatermarkSpec | null): Draft {
  const { table } = scan;
  const descriptor = scanDescriptor(scan);
  const primaryKey = table.primaryKey?.columns ?? [];
  const keyColumns = primaryKey.map((k) =>
    scan.columns.findIndex((c) => c.from.kind === 'physical' && c.from.path.length === 1 && c.from.path[0] === k),
  );
  const spec: SourceNode = {
    op: 'source',
    table: table.path.name,
    connector: descriptor.connector,
    tableOptions: descriptor.options,
    physicalSchema: descriptor.physicalSchema,
    columns: scan.columns,
    primaryKey,
    partitionKeys: table.partitionKeys,
    bounded: info.bounded,
    watermark,
    limit: null,
  };
  const fields = scan.schema.map((c) => c.name).join(', ');
  const path = `${table.path.catalog}, ${table.path.database}, ${table.path.name}`;
  return draft(spec, [], {
    schema: scan.schema,
    kinds: info.changelog === 'append' ? INSERTS : ALL_CHANGES,
    keys: primaryKey.length > 0 && keyColumns.every((c) => c >= 0) ? [keyColumns] : [],
    bounded: info.bounded,
    label: `TableSourceScan(table=[[${path}]], fields=[${fields}]${watermark ? `, watermark=[${exprText(watermark.expression, scan.schema)}]` : ''})`,
    span: scan.span,
  });
}

/** The watermark goes into the source where that can compute it per split, else into a node of its own. */
export function buildWatermark(node: LogicalWatermark, context: PlannerContext, build: (n: Logical) => Draft): Draft {
  const chain = sourceChain(node.input);
  if (chain && sourceInfo(chain.scan, context).watermarkPushDown) {
    const { scan, exprs, names } = chain;
    const onScan = (e: BoundExpr): BoundExpr =>
      mapInputs(e, (i) => (exprs ? { ...exprs[i.index], span: undefined } : i));
    const at = exprs ? exprs[node.rowtime] : null;
    const rowtime = exprs ? (at?.kind === 'input' ? at.index : -1) : node.rowtime;
    const source = sourceDraft(scan, sourceInfo(scan, context), { rowtime, expression: onScan(node.expression) });
    const computed = exprs ? calc(source, null, exprs, names, node.span) : source;
    return normalized({ ...computed, schema: markRowtime(computed.schema, node.rowtime) }, scan, context);
  }
  // The watermark comes before old rows are restored, so that filters above it can be part of that.
  const input = chain ? withComputed(chain, context) : build(node.input);
  const made = draft({ op: 'watermark', watermark: { rowtime: node.rowtime, expression: node.expression } }, [input], {
    schema: markRowtime(input.schema, node.rowtime),
    kinds: input.kinds,
    keys: input.keys,
    label: `WatermarkAssigner(rowtime=[${input.schema[node.rowtime].name}], watermark=[${exprText(node.expression, input.schema)}])`,
    span: node.span,
  });
  return chain ? normalized(made, chain.scan, context) : made;
}

interface SourceChain {
  readonly scan: LogicalScan;
  readonly exprs: readonly BoundExpr[] | null;
  readonly names: readonly string[];
}

function withComputed({ scan, exprs, names }: SourceChain, context: PlannerContext): Draft {
  const source = sourceDraft(scan, sourceInfo(scan, context), null);
  return exprs ? calc(source, null, exprs, names, scan.span) : source;
}

function sourceChain(node: Logical): SourceChain | null {
  if (node.op === 'scan') return { scan: node, exprs: null, names: [] };
  if (node.op === 'project' && node.input.op === 'scan')
    return { scan: node.input, exprs: node.exprs, names: node.schema.map((c) => c.name) };
  return null;
}
