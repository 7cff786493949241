import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  TimeZone,
  addMonths,
  civil,
  dateToString,
  daysFromCivil,
  decimalToString,
  doubleToString,
  floatToString,
  parseDate,
  parseDecimal,
  parseTimestamp,
  timestampToString,
} from './index.js';

describe('calendar', () => {
  test('days and dates are inverse', () => {
    fc.assert(
      fc.property(fc.integer({ min: -719162, max: 2932896 }), (days) => {
        const { year, month, day } = civil(days);
        expect(daysFromCivil(year, month, day)).toBe(days);
        expect(parseDate(dateToString(days))).toBe(days);
        expect(new Date(days * 86_400_000).getUTCDate()).toBe(day);
      }),
    );
  });

  test('months back and forth keep the month', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50000 }), fc.integer({ min: -1000, max: 1000 }), (days, months) => {
        const a = civil(days);
        const b = civil(addMonths(days, months));
        expect(b.year * 12 + b.month).toBe(a.year * 12 + a.month + months);
      }),
    );
  });

  test('timestamps survive their text', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_000_000_000_000 }),
        fc.integer({ min: 0, max: 999_999 }),
        (millis, nanos) => {
          expect(parseTimestamp(timestampToString(millis, nanos, 9))).toEqual({ millis, nanos });
        },
      ),
    );
  });

  test.each([
    ['2017-02-30 00:00:00', '2017-02-28 00:00:00'],
    ['2017-02-32 00:00:00', undefined],
    ['2017-13-01 00:00:00', undefined],
    ['2017-01-01 10:20', undefined],
    ['2017-1-1 1:2:3', '2017-01-01 01:02:03'],
    ['2017-01-01T10:20', undefined],
    ['nonsense', undefined],
  ])('%s', (text, want) => {
    const t = parseTimestamp(text);
    expect(t && timestampToString(t.millis, t.nanos, 0)).toBe(want);
  });
});

describe('time zones', () => {
  test.each(['America/Los_Angeles', 'Europe/Berlin', 'Asia/Shanghai', 'Asia/Kolkata', 'Australia/Lord_Howe'])(
    '%s agrees with Intl',
    (id) => {
      const zone = TimeZone.get(id);
      const format = new Intl.DateTimeFormat('en-CA', {
        timeZone: id,
        hourCycle: 'h23',
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
      });
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 1_900_000_000 }), (seconds) => {
          const instant = seconds * 1000;
          const local = zone.toLocal(instant);
          expect(timestampToString(local, 0, 0).replace(' ', ', ')).toBe(format.format(instant));
          // Back from the clock: the same instant, or the other one of an overlap.
          expect(zone.toLocal(zone.toInstant(local))).toBe(local);
        }),
        { numRuns: 60 },
      );
    },
  );

  test('fixed offsets', () => {
    expect(TimeZone.get('GMT-08:00').toLocal(0)).toBe(-28_800_000);
    expect(TimeZone.get('+05:30').toInstant(0)).toBe(-19_800_000);
  });

  test('an unknown zone is none', () => {
    expect(TimeZone.find('Mars/Olympus')).toBeUndefined();
  });
});

describe('numbers as Java prints them', () => {
  test.each([
    [1, '1.0'],
    [0.001, '0.001'],
    [0.0001, '1.0E-4'],
    [1e7, '1.0E7'],
    [9999999, '9999999.0'],
    [123456.789, '123456.789'],
    [-0, '-0.0'],
    [NaN, 'NaN'],
    [1.7976931348623157e308, '1.7976931348623157E308'],
    [1739274941520500992, '1.73927494152050099E18'],
  ])('%d', (v, text) => {
    expect(doubleToString(v)).toBe(text);
  });

  test('floats keep the digits of a float', () => {
    expect(floatToString(Math.fround(1.1))).toBe('1.1');
    expect(floatToString(Math.fround(3.4028235e38))).toBe('3.4028235E38');
    fc.assert(
      fc.property(
        fc.float({ noNaN: true, noDefaultInfinity: true }),
        (v) => Math.fround(Number(floatToString(v))) === v,
      ),
    );
  });

  test('doubles survive their text', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (v) => Object.is(Number(doubleToString(v)), v)),
    );
  });

  test('decimals survive their text', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }),
        fc.integer({ min: 0, max: 38 }),
        (v, scale) => {
          expect(parseDecimal(decimalToString(v, scale), 38, scale)).toBe(v);
        },
      ),
    );
  });

  test.each([
    ['1.005', 3, 2, 101n],
    ['-1.005', 3, 2, -101n],
    ['999.995', 5, 2, null],
    ['1e3', 6, 2, 100000n],
    ['abc', 6, 2, undefined],
    ['1e-400', 6, 2, 0n],
  ] as const)('%s', (text, precision, scale, want) => {
    expect(parseDecimal(text, precision, scale)).toBe(want);
  });
});
