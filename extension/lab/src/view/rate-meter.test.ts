import { expect, test } from '@jest/globals';
import { RateMeter } from './rate-meter.js';

test('changes a second over the last three', () => {
  const meter = new RateMeter();
  for (let s = 0; s <= 10; s++) meter.add(s * 1000, s * 500);
  expect(meter.at(10_000)).toBe(500);
});

test('sinks to nothing when nothing comes', () => {
  const meter = new RateMeter();
  meter.add(0, 0);
  meter.add(1000, 1000);
  expect(meter.at(1000)).toBe(1000);
  expect(meter.at(2000)).toBe(500);
  expect(meter.at(4500)).toBe(0);
});

test('a count that begins anew is no negative rate', () => {
  const meter = new RateMeter();
  meter.add(0, 5000);
  meter.add(1000, 10);
  expect(meter.at(1000)).toBe(0);
});
