/**
 * Time zones over Intl, with the offsets of a zone kept in a table: asking Intl costs microseconds, the table nanoseconds.
 * Instants and local times are epoch milliseconds; a local time is the instant at which UTC shows the same clock.
 */

/** Offsets are looked up per quarter of an hour: all transitions of the zone database since 1970 fall on such instants. */
const SLOT = 900_000;
const FIRST_TABLE = -1_000_000_000_000;

export class TimeZone {
  private readonly format: Intl.DateTimeFormat | null;
  private readonly fixed: number;
  private readonly slots = new Map<number, number>();
  private lastSlot = NaN;
  private lastOffset = 0;

  private constructor(
    readonly id: string,
    fixed: number | null,
  ) {
    this.fixed = fixed ?? 0;
    this.format =
      fixed === null
        ? new Intl.DateTimeFormat('en-US', {
            timeZone: id,
            hourCycle: 'h23',
            era: 'short',
            year: 'numeric',
            month: '2-digit',
            day: '2-digit',
            hour: '2-digit',
            minute: '2-digit',
            second: '2-digit',
          })
        : null;
  }

  private static readonly known = new Map<string, TimeZone | undefined>();

  /** @returns undefined for an unknown name. */
  static find(id: string): TimeZone | undefined {
    if (this.known.has(id)) return this.known.get(id);
    let zone: TimeZone | undefined;
    try {
      zone = new TimeZone(id, fixedOffset(id));
    } catch {
      zone = undefined;
    }
    this.known.set(id, zone);
    return zone;
  }

  /** Like `find`; an unknown name means UTC, as Java's TimeZone.getTimeZone has it. */
  static get(id: string): TimeZone {
    return TimeZone.find(id) ?? (TimeZone.find('UTC') as TimeZone);
  }

  /** Local clock minus UTC at an instant, in milliseconds. */
  offset(instant: number): number {
    if (this.format === null) return this.fixed;
    const slot = Math.floor(instant / SLOT);
    if (slot === this.lastSlot) return this.lastOffset;
    let offset: number;
    if (instant < FIRST_TABLE) offset = this.ask(instant);
    else {
      const known = this.slots.get(slot);
      if (known === undefined) {
        offset = this.ask(slot * SLOT);
        if (this.slots.size > 100_000) this.slots.clear();
        this.slots.set(slot, offset);
      } else offset = known;
      this.lastSlot = slot;
      this.lastOffset = offset;
    }
    return offset;
  }

  toLocal(instant: number): number {
    return instant + this.offset(instant);
  }

  /** Instant of a local time: in an overlap the earlier one, in a gap the time moved on by the gap's length. */
  toInstant(local: number): number {
    if (this.format === null) return local - this.fixed;
    const before = this.offset(local - 86_400_000);
    const after = this.offset(local + 86_400_000);
    if (before === after && this.offset(local - before) === before) return local - before;
    for (const offset of before >= after ? [before, after] : [before, after].sort((a, b) => b - a)) {
      if (this.offset(local - offset) === offset) return local - offset;
    }
    return local - before;
  }

  private ask(instant: number): number {
    const parts: Record<string, string> = {};
    for (const p of (this.format as Intl.DateTimeFormat).formatToParts(instant)) parts[p.type] = p.value;
    const year = parts.era === 'BC' || parts.era === 'B' ? 1 - Number(parts.year) : Number(parts.year);
    const d = new Date(0);
    d.setUTCFullYear(year, Number(parts.month) - 1, Number(parts.day));
    d.setUTCHours(Number(parts.hour), Number(parts.minute), Number(parts.second), 0);
    return d.getTime() - Math.floor(instant / 1000) * 1000;
  }
}

function fixedOffset(id: string): number | null {
  if (/^(UTC|GMT|Z|UT|Etc\/UTC)$/i.test(id)) return 0;
  const m = /^(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/.exec(id);
  if (m === null) return null;
  const ms = (Number(m[2]) * 3600 + Number(m[3] ?? 0) * 60 + Number(m[4] ?? 0)) * 1000;
  return m[1] === '-' ? -ms : ms;
}
