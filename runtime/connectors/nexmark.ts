import { Options, validateKeys, type OptionSpec } from '../formats/options.js';
import { setValue } from '../formats/batch-builder.js';
import {
  Batch,
  createColumn,
  StreamcellError,
  Timestamp,
  typeToString,
  type Column,
  type DataType,
  type SourceInfo,
  type TableDescriptor,
  type Value,
} from '../types/index.js';
import type { Connector, Poll, SourceMetrics, SourceReader, SourceRequest, SplitOffset } from './connector.js';
import {
  AUCTION,
  BID,
  eventNumber,
  eventsOfType,
  eventType,
  NEXMARK_BASE_TIME,
  NexmarkGenerator,
  PERSON,
  type NexmarkType,
} from './nexmark-generator.js';
import { assignedOffsets } from './split-assignment.js';

const OPTIONS: readonly OptionSpec[] = [
  {
    key: 'nexmark.table-type',
    type: 'string',
    description: "'person', 'auction' or 'bid'; without it all events in one table.",
  },
  { key: 'events.num', type: 'long', description: 'Events in all, of every type; 0 or absent: unbounded.' },
  {
    key: 'first-event.rate',
    type: 'int',
    description: 'Events per second (default 10000), of event time and of the clock.',
  },
  { key: 'next-event.rate', type: 'int', description: 'The same; rates do not change here.' },
  {
    key: 'rate.limited',
    type: 'boolean',
    description: 'Whether events come at the rate by the clock (default: when unbounded).',
  },
  { key: 'seed', type: 'long', description: 'Seed of the generator (default 0): the same seed gives the same events.' },
  { key: 'base-time', type: 'long', description: 'Epoch milliseconds of the first event (default 2015-07-15).' },
];
const TYPES = { person: PERSON, auction: AUCTION, bid: BID } as const;
const TYPE_NAMES = ['person', 'auction', 'bid'] as const;
const DEFAULT_RATE = 10_000;
const MAX_BATCH = 4096;

type Field = (generator: NexmarkGenerator, n: number) => Value;
/** A field's value without boxing, for numbers and times. */
type Plain = (generator: NexmarkGenerator, n: number) => number | string;
type Kind = 'long' | 'text' | 'time';

const FIELDS: readonly Readonly<Record<string, readonly [Kind, Plain]>>[] = [
  {
    id: ['long', (g, n) => g.personId(n)],
    name: ['text', (g, n) => g.personName(n)],
    emailAddress: ['text', (g, n) => g.email(n)],
    creditCard: ['text', (g, n) => g.creditCard(n)],
    city: ['text', (g, n) => g.city(n)],
    state: ['text', (g, n) => g.state(n)],
    dateTime: ['time', (g, n) => g.time(n)],
    extra: ['text', (g, n) => g.personExtra(n)],
  },
  {
    id: ['long', (g, n) => g.auctionId(n)],
    itemName: ['text', (g, n) => g.itemName(n)],
    description: ['text', (g, n) => g.description(n)],
    initialBid: ['long', (g, n) => g.initialBid(n)],
    reserve: ['long', (g, n) => g.reserve(n)],
    dateTime: ['time', (g, n) => g.time(n)],
    expires: ['time', (g, n) => g.expires(n)],
    seller: ['long', (g, n) => g.seller(n)],
    category: ['long', (g, n) => g.category(n)],
    extra: ['text', (g, n) => g.auctionExtra(n)],
  },
  {
    auction: ['long', (g, n) => g.bidAuction(n)],
    bidder: ['long', (g, n) => g.bidder(n)],
    price: ['long', (g, n) => g.price(n)],
    channel: ['text', (g, n) => g.channel(n)],
    url: ['text', (g, n) => g.url(n)],
    dateTime: ['time', (g, n) => g.time(n)],
    extra: ['text', (g, n) => g.bidExtra(n)],
  },
];

interface Settings {
  readonly type: NexmarkType | null;
  /** Rows of the table, of all subtasks. */
  readonly rows: number;
  /** Rows per second by the clock, or infinity. */
  readonly pace: number;
  readonly generator: NexmarkGenerator;
}

function settingsOf(table: TableDescriptor): Settings {
  validateKeys('nexmark', table.options, OPTIONS);
  const options = new Options(table.options);
  const name = options.string('nexmark.table-type');
  const type = name === undefined ? null : TYPES[options.oneOf('nexmark.table-type', TYPE_NAMES, 'bid')];
  const rate = options.integer('first-event.rate') ?? options.integer('next-event.rate') ?? DEFAULT_RATE;
  if (rate < 1) throw options.invalid('first-event.rate', 'at least one event per second is needed.');
  if (options.integer('next-event.rate', rate) !== rate) {
    throw new StreamcellError(
      'OPTION_UNSUPPORTED',
      "A rate that changes is not supported: 'next-event.rate' must equal 'first-event.rate'.",
    );
  }
  const events = options.integer('events.num', 0);
  const limited = options.boolean('rate.limited', events === 0);
  const share = type === null ? 1 : eventsOfType(type, 50) / 50;
  const generator = new NexmarkGenerator(
    options.integer('seed', 0),
    rate,
    options.integer('base-time', NEXMARK_BASE_TIME),
  );
  for (const c of table.physicalSchema) fieldOf(type, [c.name], c.type);
  return {
    type,
    rows: events === 0 ? Infinity : type === null ? events : eventsOfType(type, events),
    pace: limited ? rate * share : Infinity,
    generator,
  };
}

/** Events of the Nexmark benchmark, seeded: `event_type` with the rows `person`, `auction`, `bid`, or the columns of one of them. */
export const nexmarkConnector: Connector = {
  name: 'nexmark',
  optionKeys: OPTIONS.map((o) => o.key),
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
  createReader: (request) => new NexmarkReader(request),
};

interface ColumnField {
  /** The events that have it; null for all. */
  readonly of: NexmarkType | null;
  readonly kind: Kind | 'boxed';
  readonly plain: Plain;
  readonly boxed: Field;
}

const ROOTS: Readonly<Record<Kind, readonly DataType['root'][]>> = {
  long: ['BIGINT'],
  text: ['VARCHAR'],
  time: ['TIMESTAMP', 'TIMESTAMP_LTZ'],
};

/** @throws StreamcellError QUERY_INVALID for a column that the benchmark does not have. */
function fieldOf(table: NexmarkType | null, path: readonly string[], type: DataType): ColumnField {
  const wrong = (): StreamcellError =>
    new StreamcellError(
      'OPTION_INVALID',
      `The nexmark connector has no column ${path.join('.')} of type ${typeToString(type)}.`,
    );
  const none: Plain = () => 0;
  if (table === null && path.length === 1 && path[0] === 'event_type') {
    if (type.root !== 'INTEGER') throw wrong();
    return { of: null, kind: 'boxed', plain: none, boxed: (_, n) => eventType(n) };
  }
  const event = table ?? TYPES[path[0] as keyof typeof TYPES];
  if (event === undefined) throw wrong();
  if (table === null && path.length === 1) {
    if (type.root !== 'ROW') throw wrong();
    const inner = type.fields.map((f) => fieldOf(null, [path[0], f.name], f.type));
    return { of: event, kind: 'boxed', plain: none, boxed: (g, n) => inner.map((f) => f.boxed(g, n)) };
  }
  const name = path[table === null ? 1 : 0];
  const field = Object.hasOwn(FIELDS[event], name) ? FIELDS[event][name] : undefined;
  if (field === undefined || path.length > (table === null ? 2 : 1)) throw wrong();
  const [kind, plain] = field;
  if (!ROOTS[kind].includes(type.root)) throw wrong();
  const boxed: Field = (g, n) => {
    const value = plain(g, n);
    return kind === 'long' ? BigInt(value) : kind === 'time' ? new Timestamp(value as number) : value;
  };
  return { of: table === null ? event : null, kind, plain, boxed };
}

interface NexmarkOffset {
  readonly next: number;
  readonly step: number;
}

/** Row j of split k of n is row k + j * n of the table, as in datagen; a row's event follows from its number alone. */
class NexmarkReader implements SourceReader {
  readonly metrics: SourceMetrics = { records: 0, bytes: 0, malformed: 0, lag: null };
  private readonly settings: Settings;
  private readonly fields: readonly ColumnField[];
  private own: { readonly split: string; next: number; readonly step: number; ended: boolean }[] = [];
  private turn = 0;
  private startedAt = 0;
  private emitted = 0;
  private wake: (() => void) | null = null;

  constructor(private readonly request: SourceRequest) {
    this.settings = settingsOf(request.table);
    this.fields = request.columns.map((c, i) => {
      if (c.from.kind === 'metadata') throw new Error('nexmark has no metadata columns');
      return fieldOf(this.settings.type, c.from.path, request.schema[i].type);
    });
  }

  open(offsets: readonly SplitOffset[] | null): Promise<void> {
    const { subtask, parallelism } = this.request;
    const fresh: SplitOffset[] = [
      { split: `nexmark-${subtask}`, offset: { next: subtask, step: parallelism } satisfies NexmarkOffset },
    ];
    const assigned = offsets === null ? fresh : assignedOffsets(offsets, subtask, parallelism);
    this.own = assigned.map(({ split, offset }) => ({ split, ...(offset as NexmarkOffset), ended: false }));
    this.startedAt = performance.now();
    return Promise.resolve();
  }

  splits(): readonly string[] {
    return this.own.map((s) => s.split);
  }

  poll(): Poll {
    const allowed = this.allowance();
    for (let i = 0; i < this.own.length; i++) {
      const at = (this.turn + i) % this.own.length;
      const split = this.own[at];
      if (split.ended) continue;
      const left = Math.ceil((this.settings.rows - split.next) / split.step);
      if (left <= 0) {
        split.ended = true;
        return { kind: 'splitEnd', split: split.split };
      }
      if (allowed < 1) return { kind: 'empty' };
      this.turn = at + 1;
      return { kind: 'batch', batch: this.batch(split, Math.min(left, allowed, MAX_BATCH)), split: split.split };
    }
    return { kind: 'end' };
  }

  private allowance(): number {
    const share = this.settings.pace / this.request.parallelism;
    if (share === Infinity) return MAX_BATCH;
    return Math.floor(1 + ((performance.now() - this.startedAt) / 1000) * share) - this.emitted;
  }

  private batch(split: { next: number; readonly step: number }, n: number): Batch {
    const { type, generator } = this.settings;
    const events = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const row = split.next + i * split.step;
      events[i] = type === null ? row : eventNumber(type, row);
    }
    const columns = this.fields.map((field, c) => fill(field, this.request.schema[c].type, generator, events));
    split.next += n * split.step;
    this.emitted += n;
    this.metrics.records += n;
    return new Batch(n, columns);
  }

  ready(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      const share = this.settings.pace / this.request.parallelism;
      const due = (this.emitted / share) * 1000 - (performance.now() - this.startedAt);
      setTimeout(resolve, this.allowance() >= 1 ? 0 : Math.max(share > 200 ? 5 : 1, Math.ceil(due)));
    });
  }

  snapshotOffsets(): readonly SplitOffset[] {
    return this.own.map((s) => ({ split: s.split, offset: { next: s.next, step: s.step } satisfies NexmarkOffset }));
  }

  close(): Promise<void> {
    this.wake?.();
    return Promise.resolve();
  }
}

function fill(field: ColumnField, type: DataType, generator: NexmarkGenerator, events: Float64Array): Column {
  const n = events.length;
  const column = createColumn(type, n);
  const { of, kind, plain, boxed } = field;
  for (let i = 0; i < n; i++) {
    const event = events[i];
    if (of !== null && eventType(event) !== of) {
      (column.nulls ??= new Uint8Array(n))[i] = 1;
    } else if (kind === 'boxed') {
      setValue(column, type, i, boxed(generator, event), n);
    } else if (column.physical === 'i64') {
      column.values[i] = plain(generator, event) as number;
    } else if (column.physical === 'ts') {
      column.millis[i] = plain(generator, event) as number;
    } else if (column.physical === 'str') {
      (column.strings as string[])[i] = plain(generator, event) as string;
    }
  }
  return column;
}
