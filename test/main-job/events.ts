import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

/** The clicks of the main job: everything a function of its number, so that the test knows what must come out. */
export const WINDOW_SECONDS = 5;
/** What the watermark allows for, and how much later hopeless clicks are than the others. */
const DELAY_MILLIS = 2000;
const HOPELESS_MILLIS = 15_000;
const HOT_ITEMS = 2000;
const START = Date.UTC(2024, 0, 1);

export interface Click {
  readonly kind: 'sound' | 'late' | 'malformed';
  readonly item: number;
  /** In cents. */
  readonly price: number;
  /** Epoch ms. */
  readonly time: number;
  readonly text: string;
}

const NOISE = [
  '{"item": 12, "price":',
  'not json',
  '{"item": "many", "price": "free", "ts": "2024-01-01 00:00:00"',
  ''.padEnd(200, '['),
];

/** Click `n` of a stream of `perSecond` clicks a second over a file of `items` items. */
export function click(n: number, perSecond: number, items: number): Click {
  const random = mix(n);
  const stride = Math.max(1, Math.floor(items / HOT_ITEMS));
  const item = ((random % HOT_ITEMS) * stride + 1) % items;
  const price = (random >>> 8) % 10_000;
  const now = START + Math.floor((n * 1000) / perSecond);
  // A little out of order, which the watermark's delay covers.
  const sound = now - ((random >>> 4) % (DELAY_MILLIS - 500));
  const malformed = n % 97 === 13;
  const late = !malformed && n % 89 === 7 && now - START > HOPELESS_MILLIS + 10_000;
  const time = late ? now - HOPELESS_MILLIS : Math.max(START, sound);
  const text = malformed
    ? NOISE[n % NOISE.length]
    : `{"item":${item},"price":${(price / 100).toFixed(2)},"ts":"${timeText(time)}"}`;
  return { kind: malformed ? 'malformed' : late ? 'late' : 'sound', item, price, time, text };
}

/** Far behind all others: it ends their windows. */
export function closing(item: number): string {
  return `{"item":${item},"price":0.00,"ts":"${timeText(START + 3_600_000)}"}`;
}

export const inStock = (item: number): boolean => item % 5 !== 0;

/** Start of the window of a time, as SQL prints it. */
export function windowOf(time: number): string {
  const size = WINDOW_SECONDS * 1000;
  return timeText(Math.floor(time / size) * size);
}

function timeText(time: number): string {
  return new Date(time).toISOString().replace('T', ' ').replace('Z', '');
}

/** A 32-bit mix of a number (the finaliser of murmur3). */
function mix(n: number): number {
  let h = n + 0x9e3779b9;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Writes the file of items, one JSON object a line. */
export async function writeItems(path: string, items: number): Promise<void> {
  const file = createWriteStream(path, { highWaterMark: 1 << 22 });
  let text = '';
  for (let id = 0; id < items; id++) {
    text += `{"id":${id},"name":"item ${id}","stock":${inStock(id) ? (id % 7) + 1 : 0}}\n`;
    if (text.length < 1 << 20 && id < items - 1) continue;
    if (!file.write(text)) await once(file, 'drain');
    text = '';
  }
  file.end();
  await once(file, 'finish');
}
