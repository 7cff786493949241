/**
 * Events of the Nexmark benchmark: people who register, auctions that open, bids on them, in the proportions, skews and sizes of the
 * reference generator. Every field is a pure function of seed, event number and field, so that events can be generated from anywhere, only
 * the wanted fields are computed, and every run with a seed sees the same events.
 */
export interface NexmarkPerson {
  readonly id: number;
  readonly name: string;
  readonly emailAddress: string;
  readonly creditCard: string;
  readonly city: string;
  readonly state: string;
  /** Epoch ms. */
  readonly dateTime: number;
  readonly extra: string;
}
export interface NexmarkAuction {
  readonly id: number;
  readonly itemName: string;
  readonly description: string;
  readonly initialBid: number;
  readonly reserve: number;
  readonly dateTime: number;
  readonly expires: number;
  readonly seller: number;
  readonly category: number;
  readonly extra: string;
}
export interface NexmarkBid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly dateTime: number;
  readonly extra: string;
}
export type NexmarkEvent =
  | { readonly type: 0; readonly person: NexmarkPerson }
  | { readonly type: 1; readonly auction: NexmarkAuction }
  | { readonly type: 2; readonly bid: NexmarkBid };

export const PERSON = 0;
export const AUCTION = 1;
export const BID = 2;
export type NexmarkType = typeof PERSON | typeof AUCTION | typeof BID;

/** Of every 50 events the first is a person, the next three are auctions, the others bids. */
const CYCLE = 50;
const PERSONS = 1;
const AUCTIONS = 3;
const FIRST_ID = 1000;
const FIRST_CATEGORY = 10;
const CATEGORIES = 5;
const HOT_STRIDE = 100;
const HOT_AUCTIONS = 2;
const HOT_SELLERS = 4;
const HOT_BIDDERS = 4;
const AUCTIONS_IN_FLIGHT = 100;
const ACTIVE_PEOPLE = 1000;
const ID_LEAD = 10;
const CHANNELS = 10_000;

/** 2015-07-15, the reference's base time. */
export const NEXMARK_BASE_TIME = 1436918400000;
/** Events per second of event time. */
export const NEXMARK_RATE = 100_000;

const STATES = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY'];
const CITIES = [
  'Phoenix',
  'Los Angeles',
  'San Francisco',
  'Boise',
  'Portland',
  'Bend',
  'Redmond',
  'Seattle',
  'Kent',
  'Cheyenne',
];
const FIRST_NAMES = ['Peter', 'Paul', 'Luke', 'John', 'Saul', 'Vicky', 'Kate', 'Julie', 'Sarah', 'Deiter', 'Walter'];
const LAST_NAMES = ['Shultz', 'Abrams', 'Spencer', 'White', 'Bartels', 'Walton', 'Smith', 'Jones', 'Noris'];
const HOT_CHANNELS = ['Google', 'Facebook', 'Baidu', 'Apple'];

/** All pairs of the 26 letters, three gaps and three vowels more. */
function letterPairs(gap: string): readonly string[] {
  const letters = [...'abcdefghijklmnopqrstuvwxyzaei', gap, gap, gap];
  return letters.flatMap((a) => letters.map((b) => a + b));
}
const SPACED = letterPairs(' ');
const UNDERSCORED = letterPairs('_');
const DENSE = letterPairs('x');

/** Number of the j-th event of a type, j from 0. */
export function eventNumber(type: NexmarkType, j: number): number {
  if (type === PERSON) return j * CYCLE;
  const size = type === AUCTION ? AUCTIONS : CYCLE - PERSONS - AUCTIONS;
  return Math.floor(j / size) * CYCLE + (type === AUCTION ? PERSONS : PERSONS + AUCTIONS) + (j % size);
}

/** How many of the first n events are of a type. */
export function eventsOfType(type: NexmarkType, n: number): number {
  const rest = n % CYCLE;
  const cycles = Math.floor(n / CYCLE);
  if (type === PERSON) return cycles + Math.min(rest, PERSONS);
  if (type === AUCTION) return cycles * AUCTIONS + Math.max(0, Math.min(rest - PERSONS, AUCTIONS));
  return cycles * (CYCLE - PERSONS - AUCTIONS) + Math.max(0, rest - PERSONS - AUCTIONS);
}

export function eventType(n: number): NexmarkType {
  const offset = n % CYCLE;
  return offset < PERSONS ? PERSON : offset < PERSONS + AUCTIONS ? AUCTION : BID;
}

export class NexmarkGenerator {
  private readonly urls = new Map<number, string>();

  constructor(
    private readonly seed: number,
    private readonly rate: number = NEXMARK_RATE,
    private readonly baseTime: number = NEXMARK_BASE_TIME,
  ) {}

  /** Epoch ms of event n; times are in the order of events. */
  time(n: number): number {
    return this.baseTime + Math.floor((n * 1000) / this.rate);
  }

  event(n: number): NexmarkEvent {
    switch (eventType(n)) {
      case PERSON:
        return { type: PERSON, person: this.person(n) };
      case AUCTION:
        return { type: AUCTION, auction: this.auction(n) };
      case BID:
        return { type: BID, bid: this.bid(n) };
    }
  }

  person(n: number): NexmarkPerson {
    return {
      id: this.personId(n),
      name: this.personName(n),
      emailAddress: this.email(n),
      creditCard: this.creditCard(n),
      city: this.city(n),
      state: this.state(n),
      dateTime: this.time(n),
      extra: this.personExtra(n),
    };
  }

  auction(n: number): NexmarkAuction {
    return {
      id: this.auctionId(n),
      itemName: this.itemName(n),
      description: this.description(n),
      initialBid: this.initialBid(n),
      reserve: this.reserve(n),
      dateTime: this.time(n),
      expires: this.expires(n),
      seller: this.seller(n),
      category: this.category(n),
      extra: this.auctionExtra(n),
    };
  }

  bid(n: number): NexmarkBid {
    return {
      auction: this.bidAuction(n),
      bidder: this.bidder(n),
      price: this.price(n),
      channel: this.channel(n),
      url: this.url(n),
      dateTime: this.time(n),
      extra: this.bidExtra(n),
    };
  }

  personId(n: number): number {
    return lastPerson(n) + FIRST_ID;
  }
  personName(n: number): string {
    return `${this.oneOf(FIRST_NAMES, n, 1)} ${this.oneOf(LAST_NAMES, n, 2)}`;
  }
  email(n: number): string {
    return `${this.words(n, 3, 7)}@${this.words(n, 4, 5)}.com`;
  }
  creditCard(n: number): string {
    return [5, 6, 7, 8].map((field) => String(this.below(n, field, 10_000)).padStart(4, '0')).join(' ');
  }
  city(n: number): string {
    return this.oneOf(CITIES, n, 9);
  }
  state(n: number): string {
    return this.oneOf(STATES, n, 10);
  }
  personExtra(n: number): string {
    const size = 8 + this.personName(n).length + this.email(n).length + 19 + this.city(n).length + this.state(n).length;
    return this.extra(n, 11, size, 200);
  }

  auctionId(n: number): number {
    return lastAuction(n) + FIRST_ID;
  }
  itemName(n: number): string {
    return this.words(n, 12, 20);
  }
  description(n: number): string {
    return this.words(n, 13, 100);
  }
  initialBid(n: number): number {
    return this.amount(n, 14);
  }
  reserve(n: number): number {
    return this.initialBid(n) + this.amount(n, 15);
  }
  /** Open auctions overlap by some 100: about as long as it takes that many to open. */
  expires(n: number): number {
    const time = this.time(n);
    const horizon = this.time(n + Math.floor((AUCTIONS_IN_FLIGHT * CYCLE) / AUCTIONS)) - time;
    return time + 1 + this.below(n, 16, Math.max(horizon * 2, 1));
  }
  seller(n: number): number {
    const hot = this.below(n, 17, HOT_SELLERS) > 0;
    return (hot ? hottest(lastPerson(n)) : this.somePerson(n, 18)) + FIRST_ID;
  }
  category(n: number): number {
    return FIRST_CATEGORY + this.below(n, 19, CATEGORIES);
  }
  auctionExtra(n: number): string {
    return this.extra(n, 20, 8 * 7 + this.itemName(n).length + this.description(n).length, 500);
  }

  bidAuction(n: number): number {
    const last = lastAuction(n);
    if (this.below(n, 21, HOT_AUCTIONS) > 0) return hottest(last) + FIRST_ID;
    const least = Math.max(last - AUCTIONS_IN_FLIGHT, 0);
    return least + this.below(n, 22, last - least + 1 + ID_LEAD) + FIRST_ID;
  }
  /** The reference adds the first person's id twice here; so do we, since results are compared. */
  bidder(n: number): number {
    const hot = this.below(n, 23, HOT_BIDDERS) > 0;
    return (hot ? hottest(lastPerson(n)) + 1 : this.somePerson(n, 24)) + 2 * FIRST_ID;
  }
  price(n: number): number {
    return this.amount(n, 25);
  }
  channel(n: number): string {
    const hot = this.hotChannel(n);
    return hot >= 0 ? HOT_CHANNELS[hot] : `channel-${this.below(n, 27, CHANNELS)}`;
  }
  url(n: number): string {
    const hot = this.hotChannel(n);
    return this.channelUrl(hot >= 0 ? -1 - hot : this.below(n, 27, CHANNELS));
  }
  bidExtra(n: number): string {
    return this.extra(n, 28, 32, 100);
  }

  private hotChannel(n: number): number {
    const draw = this.below(n, 26, HOT_CHANNELS.length * 2);
    return draw < HOT_CHANNELS.length ? draw : -1;
  }

  /** Each channel has one URL; most name the channel in a query parameter. */
  private channelUrl(channel: number): string {
    let url = this.urls.get(channel);
    if (url === undefined) {
      const k = channel + 1_000_000;
      url = `https://www.nexmark.com/${[30, 31, 32].map((f) => this.words(k, f, 5, '_')).join('/')}/item.htm?query=1`;
      if (channel >= 0 && this.below(k, 33, 10) > 0) url += `&channel_id=${reversedBits(channel)}`;
      this.urls.set(channel, url);
    }
    return url;
  }

  private somePerson(n: number, field: number): number {
    const people = lastPerson(n) + 1;
    const active = Math.min(people, ACTIVE_PEOPLE);
    return people - active + this.below(n, field, active + ID_LEAD);
  }

  private amount(n: number, field: number): number {
    return Math.round(Math.pow(10, (this.bits(n, field) / 4294967296) * 6) * 100);
  }

  private oneOf(values: readonly string[], n: number, field: number): string {
    return values[this.below(n, field, values.length)];
  }

  private below(n: number, field: number, limit: number): number {
    return Math.floor((this.bits(n, field) / 4294967296) * limit);
  }

  /** 32 well-mixed bits of seed, event and field (a murmur3 finaliser between the parts). */
  private bits(n: number, field: number): number {
    let h = mix((this.seed ^ Math.imul(field, 0x9e3779b1)) | 0);
    h = mix(h ^ (n | 0));
    return mix(h + Math.floor(n / 4294967296)) >>> 0;
  }

  /** Lower-case text of 3 to `most` characters with a gap here and there. */
  private words(n: number, field: number, most: number, gap = ' '): string {
    const length = 3 + this.below(n, field, most - 3);
    return this.letters(n, field + 64, length, gap).trim() || 'item';
  }

  private letters(n: number, field: number, length: number, gap: string): string {
    const pairs = gap === ' ' ? SPACED : gap === '_' ? UNDERSCORED : DENSE;
    let state = this.bits(n, field) | 1;
    let text = '';
    // Six letters of five bits each a draw.
    while (text.length < length) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      text += pairs[state & 1023] + pairs[(state >>> 10) & 1023] + pairs[(state >>> 20) & 1023];
    }
    return text.slice(0, length);
  }

  private extra(n: number, field: number, size: number, average: number): string {
    if (size > average) return '';
    const wanted = average - size;
    const spread = Math.round(wanted * 0.2);
    const length = wanted - spread + (spread === 0 ? 0 : this.below(n, field, 2 * spread));
    return this.letters(n, field + 64, length, 'x');
  }
}

/** Events from, from + 1, ..., as many as asked for. */
export function* generateNexmark(seed: number, from: number, count: number): Generator<NexmarkEvent> {
  const generator = new NexmarkGenerator(seed);
  for (let n = from; n < from + count; n++) yield generator.event(n);
}

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Index of the newest person at event n. */
function lastPerson(n: number): number {
  return Math.floor(n / CYCLE);
}

/** Index of the newest auction at event n; -1 before the first. */
function lastAuction(n: number): number {
  const offset = n % CYCLE;
  const cycles = Math.floor(n / CYCLE);
  if (offset < PERSONS) return cycles * AUCTIONS - 1;
  return cycles * AUCTIONS + Math.min(offset - PERSONS, AUCTIONS - 1);
}

function hottest(last: number): number {
  return Math.floor(last / HOT_STRIDE) * HOT_STRIDE;
}

function reversedBits(value: number): number {
  let reversed = 0;
  for (let i = 0; i < 32; i++) reversed = (reversed << 1) | ((value >>> i) & 1);
  return Math.abs(reversed);
}
