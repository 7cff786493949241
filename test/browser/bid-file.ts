import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

export const CHANNELS = ['app', 'web', 'partner', 'store'] as const;
/** Length of the windows that the tests ask for. */
export const WINDOW = 10_000;
const BASE = Date.UTC(2024, 0, 1);

export interface Bid {
  readonly auction: number;
  readonly price: number;
  readonly channel: string;
  /** Epoch ms; at most two seconds behind the newest before it. */
  readonly time: number;
}

/** Numbers that the same seed gives again (a 32-bit linear congruence, its high bits). */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export function* bids(count: number, seed: number): Generator<Bid> {
  const next = random(seed);
  for (let n = 0; n < count; n++) {
    const time = BASE + Math.floor(n / 5) - next(2000);
    yield { auction: next(1000), price: 1 + next(10_000), channel: CHANNELS[next(100) < 55 ? 0 : 1 + next(3)], time };
  }
}

export function jsonLine(bid: Bid): string {
  const ts = new Date(bid.time).toISOString().replace('T', ' ').replace('Z', '');
  return `{"auction":${bid.auction},"price":${bid.price},"channel":"${bid.channel}","ts":"${ts}"}\n`;
}

export async function writeBidFile(path: string, count: number, seed: number): Promise<void> {
  const file = createWriteStream(path);
  let block = '';
  for (const bid of bids(count, seed)) {
    block += jsonLine(bid);
    if (block.length < 1 << 20) continue;
    if (!file.write(block)) await once(file, 'drain');
    block = '';
  }
  file.end(block);
  await once(file, 'close');
}

/** One row of the window query, as text: `window_start channel bids revenue`. */
export function expectedWindows(events: Iterable<Bid>): string[] {
  const groups = new Map<string, { bids: number; revenue: number }>();
  for (const { time, channel, price } of events) {
    const key = `${windowText(Math.floor(time / WINDOW) * WINDOW)} ${channel}`;
    const group = groups.get(key) ?? { bids: 0, revenue: 0 };
    group.bids++;
    group.revenue += price;
    groups.set(key, group);
  }
  return [...groups].map(([key, { bids, revenue }]) => `${key} ${bids} ${revenue}`).sort();
}

/** A time as tables show it, of which whole seconds are enough here. */
export function windowText(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}

const COLUMNS = `auction BIGINT, price BIGINT, channel STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND`;

export function createBids(options: string): string {
  return `CREATE TABLE bids (${COLUMNS}) WITH (${options}, 'format' = 'json')`;
}

export const WINDOW_QUERY = `SELECT window_start, channel, COUNT(*) AS bids, SUM(price) AS revenue
FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '10' SECOND))
GROUP BY window_start, window_end, channel`;
