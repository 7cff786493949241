import { timeAttributeOf, type LogicalWindowTvf } from '../binder/index.js';
import { StreamcellError, type Schema, type Span } from '../types/index.js';
import { draft, hashed, ANY, type Draft, type WindowProperties } from './draft.js';
import { columnsText, durationText } from './labels.js';
import type { Windowing, WindowSpec } from './physical.js';
import { isAppend } from './draft.js';

export function windowText(spec: WindowSpec): string {
  const offset = spec.kind !== 'session' && spec.offset !== 0 ? `, offset=[${durationText(spec.offset)}]` : '';
  switch (spec.kind) {
    case 'tumble':
      return `TUMBLE(size=[${durationText(spec.size)}]${offset})`;
    case 'hop':
      return `HOP(size=[${durationText(spec.size)}], slide=[${durationText(spec.slide)}]${offset})`;
    case 'cumulate':
      return `CUMULATE(max_size=[${durationText(spec.size)}], step=[${durationText(spec.step)}]${offset})`;
    case 'session':
      return `SESSION(gap=[${durationText(spec.gap)}])`;
  }
}

export function windowingText(windowing: Windowing, schema: Schema): string {
  const text = windowText(windowing.spec);
  return windowing.kind === 'time'
    ? `${text.slice(0, -1)}, time_col=[${schema[windowing.time].name}])`
    : `${text.slice(0, -1)}, win_start=[${schema[windowing.start].name}], win_end=[${schema[windowing.end].name}])`;
}

/** A windowing function by itself: the input with its windows' columns. */
export function buildWindowTvf(node: LogicalWindowTvf, input: Draft): Draft {
  const attribute = requireTime(node, input);
  if (node.legacy) {
    throw new StreamcellError('INTERNAL', 'A group window stands without its aggregation.', { span: node.span });
  }
  if (!isAppend(input.kinds)) {
    throw new StreamcellError(
      'CHANGELOG_MODE',
      'A window table function does not take a changelog with updates, unless an aggregation over its windows follows directly.',
      {
        span: node.span,
      },
    );
  }
  const spec = node.window;
  const windowing: Windowing = { kind: 'time', time: node.time, rowtime: attribute === 'rowtime', spec };
  const width = input.schema.length;
  const window: WindowProperties = {
    start: [width],
    end: [width + 1],
    time: [width + 2],
    partition: spec.kind === 'session' ? spec.partitionKeys : null,
    spec,
    rowtime: attribute === 'rowtime',
  };
  return draft({ op: 'windowTvf', windowing }, [input], {
    schema: [...input.schema, ...node.schema.slice(node.input.schema.length)],
    distribution: [spec.kind === 'session' ? hashed(spec.partitionKeys) : ANY],
    window,
    keys: spec.kind === 'tumble' ? input.keys : [],
    label: `WindowTableFunction(window=[${windowingText(windowing, input.schema)}${
      spec.kind === 'session' && spec.partitionKeys.length > 0
        ? `, partition=[${columnsText(spec.partitionKeys, input.schema)}]`
        : ''
    }])`,
    span: node.span,
  });
}

/** The time attribute may have been lost on the way (a regular join, an aggregation): then there are no windows over it. */
export function requireTime(node: LogicalWindowTvf, input: Draft): 'rowtime' | 'proctime' {
  const attribute = timeAttributeOf(input.schema[node.time].type);
  if (attribute) return attribute;
  throw new StreamcellError(
    'TIME_ATTRIBUTE_REQUIRED',
    `The window function requires the timecol is a time attribute type, but '${input.schema[node.time].name}' is no longer one here.`,
    {
      span: node.span,
      hint: 'A regular join, an aggregation and a Top-N over updates end a time attribute; join over time bounds or windows.',
    },
  );
}

/**
 * Bounds that tell one window of a key from another: either of them, but CUMULATE has many ends to one start, and a session that has been
 * sent may be found again, longer.
 */
export function windowKeys(spec: WindowSpec, start: number, end: number): readonly (readonly number[])[] {
  switch (spec.kind) {
    case 'tumble':
    case 'hop':
      return [[start], [end]];
    case 'cumulate':
      return [[end]];
    case 'session':
      return [[start, end]];
  }
}

/** Flink has these operators for event time alone. */
export function requireRowtimeWindow(what: string, window: WindowProperties, span: Span | undefined): void {
  if (window.rowtime) return;
  throw new StreamcellError('QUERY_INVALID', `Processing time ${what} is not supported.`, {
    span,
    hint: 'Take windows over a column with a WATERMARK, or group by the windows.',
  });
}

/** How an operator over a windowed input finds a row's window: by the columns it carries. */
export function attached(window: WindowProperties): Windowing | null {
  if (window.start.length === 0 || window.end.length === 0) return null;
  return { kind: 'attached', start: window.start[0], end: window.end[0], rowtime: window.rowtime, spec: window.spec };
}
