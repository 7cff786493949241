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
import type { Connector, SourceRequest } from './connector.js';
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
import { NumberedReader } from './numbered-reader.js';

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

/** A row's event follows from its number. */
class NexmarkReader extends NumberedReader {
  private readonly settings: Settings;
  private readonly fields: readonly ColumnField[];
  protected readonly end: number;
  protected readonly rate: number;

  constructor(request: SourceRequest) {
    super(request, 'nexmark');
    this.settings = settingsOf(request.table);
    this.end = this.settings.rows;
    this.rate = this.settings.pace;
    this.fields = request.columns.map((c, i) => {
      if (c.from.kind === 'metadata') throw new Error('nexmark has no metadata columns');
      return fieldOf(this.settings.type, c.from.path, request.schema[i].type);
    });
  }

  protected rows(n: number, next: number, step: number): Batch {
    const { type, generator } = this.settings;
    const events = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const row = next + i * step;
      events[i] = type === null ? row : eventNumber(type, row);
    }
    const columns = this.fields.map((field, c) => fill(field, this.request.schema[c].type, generator, events));
    return new Batch(n, columns);
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
