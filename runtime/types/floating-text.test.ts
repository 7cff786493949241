import { expect, test } from '@jest/globals';
import { doubleToString, floatToString } from './floating-text.js';

/** Recorded from Java 17, which Flink's text of these numbers is. */
test.each([
  [1, '1.0'],
  [-0, '-0.0'],
  [0.002, '0.002'],
  [1e-4, '1.0E-4'],
  [123456789, '1.23456789E8'],
  [2 ** 53 + 1, '9.007199254740992E15'],
  [2 ** 54 + 4, '1.8014398509481988E16'],
  [Number('1234567890123456789'), '1.23456789012345677E18'],
  [4611686018427387904, '4.6116860184273879E18'],
  [2 ** 63, '9.223372036854776E18'],
  [8.41e21, '8.409999999999999E21'],
  [1e23, '9.999999999999999E22'],
  [Number('3.4898245737975757e25'), '3.4898245737975756E25'],
  [5e-324, '4.9E-324'],
  [2.2250738585072014e-308, '2.2250738585072014E-308'],
  [1.7976931348623157e308, '1.7976931348623157E308'],
])('double %d is %s', (value, text) => {
  expect(doubleToString(value)).toBe(text);
  expect(doubleToString(-value)).toBe(text.startsWith('-') ? text.slice(1) : `-${text}`);
});

test.each([
  [1.5, '1.5'],
  [0.1, '0.1'],
  [16777216, '1.6777216E7'],
  [33554434, '3.3554432E7'],
  [2123227520, '2.12322752E9'],
  [Number('1234567890123456789'), '1.23456794E18'],
  [2 ** 63, '9.223372E18'],
  [2e18, '1.99999997E18'],
  [1.17549435e-38, '1.17549435E-38'],
  [1.4e-45, '1.4E-45'],
])('float %d is %s', (value, text) => {
  expect(floatToString(Math.fround(value))).toBe(text);
});
