/** Numbers, rates and durations as a header line says them. */

const THIN = ' ';

/** `3412` -> `3,412`; text that is not a plain decimal number (`NaN`, `1.0E10`) stays as it is. */
export function grouped(text: string): string {
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(text);
  if (match === null || match[2].length < 4) return text;
  return `${match[1]}${match[2].replace(/\B(?=(\d{3})+$)/g, ',')}${match[3] ?? ''}`;
}

/** Exact below 100,000, then three digits: `3,412`, `128 k`, `1.28 M`. */
export function count(n: number): string {
  return n < 100_000 ? grouped(String(Math.round(n))) : scaled(n);
}

/** Per second: `0`, `0.4`, `12`, `10.2 k`. */
export function rate(perSecond: number): string {
  if (perSecond <= 0) return '0';
  if (perSecond < 10) return perSecond.toFixed(1);
  return perSecond < 1000 ? String(Math.round(perSecond)) : scaled(perSecond);
}

function scaled(n: number): string {
  const units = ['', 'k', 'M', 'G', 'T'];
  let power = 0;
  let value = n;
  // 999.5 would be shown as 1000.
  while (value >= 999.5 && power < units.length - 1) {
    value /= 1000;
    power++;
  }
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)}${power === 0 ? '' : THIN}${units[power]}`;
}

/** `340 ms`, `1.4 s`, `42 s`, `3 min`, `2.5 h`, `12 d`. */
export function duration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 1000) return `${Math.round(ms)}${THIN}ms`;
  const units: readonly (readonly [string, number, number])[] = [
    ['s', 1000, 60_000],
    ['min', 60_000, 3_600_000],
    ['h', 3_600_000, 86_400_000],
    ['d', 86_400_000, Infinity],
  ];
  const [unit, size] = units.find(([, , end]) => ms < end) ?? units[units.length - 1];
  const value = ms / size;
  return `${value < 10 ? value.toFixed(1) : Math.floor(value)}${THIN}${unit}`;
}
