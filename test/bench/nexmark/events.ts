import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { type NexmarkEvent, PERSON, AUCTION, generateNexmark } from '@streamcell/runtime/connectors/nexmark-generator';
import { filledOnce } from '../../cluster/cache.js';

/** Of 10,000 side keys: what q13 joins with. */
const SIDE_KEYS = 10_000;

/** `2015-07-15 00:00:00.001`; the millisecond within a second changes most often, so the rest is kept from call to call. */
function timeWriter(): (millis: number) => string {
  let second = NaN;
  let text = '';
  return (millis) => {
    const now = Math.floor(millis / 1000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1000).toISOString().slice(0, 19).replace('T', ' ');
    }
    return `${text}.${String(millis - now * 1000).padStart(3, '0')}`;
  };
}

/** Lines to a file, some thousands at a time. */
class LineFile {
  private readonly stream;
  private pending: string[] = [];

  constructor(path: string) {
    this.stream = createWriteStream(path);
  }

  async add(row: object): Promise<void> {
    this.pending.push(JSON.stringify(row));
    if (this.pending.length >= 4096) await this.flush();
  }

  async close(): Promise<void> {
    await this.flush();
    this.stream.end();
    await once(this.stream, 'finish');
  }

  private async flush(): Promise<void> {
    if (this.pending.length === 0) return;
    const text = `${this.pending.join('\n')}\n`;
    this.pending = [];
    if (!this.stream.write(text)) await once(this.stream, 'drain');
  }
}

/** The events of a seed as three files of JSON lines (and q13's side input), written once. @returns their directory. */
export function eventFiles(events: number, seed: number): Promise<string> {
  return filledOnce(`nexmark-${seed}-${events}`, async (directory) => {
    const files = ['person', 'auction', 'bid'].map((name) => new LineFile(join(directory, `${name}.json`)));
    const [person, auction, bid] = files as [LineFile, LineFile, LineFile];
    const at = timeWriter();
    const write = (event: NexmarkEvent): Promise<void> => {
      if (event.type === PERSON) return person.add({ ...event.person, dateTime: at(event.person.dateTime) });
      if (event.type === AUCTION) {
        const { dateTime, expires, ...rest } = event.auction;
        return auction.add({ ...rest, dateTime: at(dateTime), expires: at(expires) });
      }
      return bid.add({ ...event.bid, dateTime: at(event.bid.dateTime) });
    };
    for (const event of generateNexmark(seed, 0, events)) await write(event);
    for (const file of files) await file.close();
    const side = Array.from({ length: SIDE_KEYS }, (_, key) =>
      JSON.stringify({ key, value: `value of ${key}`, valid_from: '1970-01-01 00:00:00' }),
    );
    await writeFile(join(directory, 'side_input.json'), `${side.join('\n')}\n`);
  });
}
