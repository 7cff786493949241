import { describe, expect, test } from '@jest/globals';
import { DISPLAY, valueBundle } from './display.js';

describe('valueBundle', () => {
  test('takes every form that a value has of itself', () => {
    const value = { _repr_html_: () => '<b>1</b>', _repr_json_: () => ({ n: 1 }) };
    expect(valueBundle(value)).toMatchObject({ 'text/html': '<b>1</b>', 'application/json': { n: 1 } });
    expect(valueBundle({ [DISPLAY]: () => ({ 'text/plain': 'one' }) })).toEqual({ 'text/plain': 'one' });
  });

  test('leaves out what cannot be sent to another thread', () => {
    const value = {
      _repr_html_: async () => '<b>1</b>',
      _repr_json_: () => () => 1,
      _repr_markdown_: () => '**1**',
    };
    expect(Object.keys(valueBundle(value))).toEqual(['text/plain', 'text/markdown']);
    const bundle = valueBundle({
      [DISPLAY]: () => ({ 'text/html': Promise.resolve('late'), 'text/markdown': '**1**' }),
    });
    expect(Object.keys(bundle)).toEqual(['text/plain', 'text/markdown']);
    expect(() => structuredClone(bundle)).not.toThrow();
  });
});
