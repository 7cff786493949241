import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseClientMessage } from './client-messages.js';
import type { ClientMessage, FrameHeader, ServerMessage } from './messages.js';
import { parametersFromWire, parametersToWire } from './wire-parameters.js';

/** One of each type: a type without an example does not compile. */
const EXAMPLES: { readonly [T in ClientMessage['type']]: ClientMessage & { readonly type: T } } = {
  hello: { type: 'hello', versions: [1, 2], token: 't', client: 'c' },
  ping: { type: 'ping', at: 1.5 },
  pong: { type: 'pong', at: 0 },
  openSession: { type: 'openSession', id: 1, cluster: 'c', options: { a: 'b' } },
  status: { type: 'status', id: 1, stream: 's' },
  snapshot: { type: 'snapshot', id: 1, stream: 's' },
  present: { type: 'present', id: 1, stream: 's', options: { mode: 'chart', chart: 'line x=a y=b', limit: 5 } },
  presentError: {
    type: 'presentError',
    id: 1,
    error: { code: 'INTERNAL', message: 'm', span: { start: 0, end: 1 } },
    cell: '',
  },
  attach: { type: 'attach', id: 1, stream: 's' },
  cancel: { type: 'cancel', id: 1, stream: 's' },
  complete: { type: 'complete', id: 1, session: 's', text: 'SEL', offset: 3 },
  validate: { type: 'validate', id: 1, session: 's', text: '', unbound: true },
  explain: { type: 'explain', id: 1, session: 's', text: '', stage: 'changelog' },
  parameterNames: { type: 'parameterNames', id: 1, text: '{a}' },
  jobs: { type: 'jobs', id: 1, session: 's' },
  stopJob: { type: 'stopJob', id: 1, session: 's', job: '' },
  options: { type: 'options', id: 1, session: 's' },
  detach: { type: 'detach', id: 1, session: 's' },
  close: { type: 'close', id: 1, session: 's' },
  execute: {
    type: 'execute',
    session: 's',
    execution: 'e',
    text: '',
    received: 0,
    options: {
      mode: 'table',
      maxRows: 1,
      limit: 0,
      parameters: { a: 1, b: null, c: ['x', { bigint: '-1' }] },
      paced: true,
    },
  },
  next: { type: 'next', session: 's', execution: 'e', received: 1 },
  endExecution: { type: 'endExecution', session: 's', execution: 'e' },
  interrupt: { type: 'interrupt', session: 's', execution: 'e' },
  changes: { type: 'changes', stream: 's', credit: 64, after: 3 },
  credit: { type: 'credit', stream: 's', credit: 1, received: 1 },
  stopChanges: { type: 'stopChanges', stream: 's' },
  subscribe: {
    type: 'subscribe',
    stream: 's',
    subscription: 1,
    viewport: { from: 0, to: 10_000, sort: [{ column: 0, ascending: true }], filter: [{ column: 1, contains: 'x' }] },
  },
  viewport: { type: 'viewport', subscription: 1, viewport: { from: 5, to: 5 } },
  ack: { type: 'ack', subscription: 1, seq: 2 },
  unsubscribe: { type: 'unsubscribe', subscription: 1 },
  viewOpen: {
    type: 'viewOpen',
    session: 's',
    channel: 'c',
    data: { stream: 's', viewport: { from: 0, to: 1, mode: 'table' } },
  },
  viewMessage: { type: 'viewMessage', channel: 'c', data: { type: 'pause' } },
  viewClose: { type: 'viewClose', channel: 'c' },
  release: { type: 'release', stream: 's' },
};

function refusal(message: unknown): string {
  const parsed = parseClientMessage(typeof message === 'string' ? message : JSON.stringify(message));
  return 'error' in parsed ? `${parsed.id} ${parsed.error.code} ${parsed.error.message}` : 'understood';
}

describe('messages of clients', () => {
  test.each(Object.values(EXAMPLES))('$type is understood', (message) => {
    expect(parseClientMessage(JSON.stringify(message))).toEqual({ message });
  });

  test.each(Object.values(EXAMPLES))('$type without one of its fields, or with a wrong one, is refused', (message) => {
    for (const key of Object.keys(message).filter((k) => k !== 'type')) {
      expect(refusal({ ...message, [key]: ['surely', 'wrong'] })).toContain(`'${key}'`);
    }
  });

  test('a refusal names the request, the message and the field', () => {
    expect(refusal({ type: 'complete', id: 7, session: 's', text: 'x', offset: -1 })).toBe(
      "7 PROTOCOL_INVALID Message 'complete': expected 'offset' to be a whole number from 0.",
    );
    expect(refusal({ type: 'nope', id: 3 })).toBe("3 PROTOCOL_INVALID There is no message of type 'nope'.");
    expect(refusal({ type: 'constructor' })).toContain("no message of type 'constructor'");
    expect(refusal('{')).toBe('null PROTOCOL_INVALID The message is no JSON.');
    expect(refusal([])).toContain('one JSON object');
  });

  test.each([
    ['an object that no text can be made of', '{"id":4,"type":{"toString":null}}'],
    ['lists in lists', `{"id":4,"type":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
    ['nothing', '{"id":4}'],
  ])('%s is no type', (_name, text) => {
    expect(refusal(text)).toBe("4 PROTOCOL_INVALID A message has a 'type', which is a text.");
  });

  test('limits hold: rows of a viewport, credit, names', () => {
    expect(refusal({ ...EXAMPLES.viewport, viewport: { from: 0, to: 10_001 } })).toContain('10000 rows');
    expect(refusal({ ...EXAMPLES.changes, credit: 65 })).toContain('from 1 to 64');
    expect(refusal({ ...EXAMPLES.status, stream: 'x'.repeat(201) })).toContain('1 to 200 characters');
    expect(refusal({ ...EXAMPLES.execute, options: { parameters: { a: { bigint: '1e9' } } } })).toContain('bigint');
  });

  test('nothing that is sent makes it throw', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof refusal(text) === 'string'));
    fc.assert(fc.property(fc.jsonValue(), (value) => typeof refusal(value) === 'string'));
    fc.assert(fc.property(fc.jsonValue(), (type) => refusal({ type }).includes('PROTOCOL_INVALID')));
    const types = fc.constantFrom(...Object.keys(EXAMPLES));
    fc.assert(
      fc.property(
        types,
        fc.dictionary(fc.constantFrom('id', 'session', 'stream', 'options', 'viewport', 'text'), fc.jsonValue()),
        (type, rest) => typeof refusal({ type, ...rest }) === 'string',
      ),
    );
  });
});

describe('parameters', () => {
  test('keep their values and kinds on the way', () => {
    const given = {
      text: "it's",
      whole: 3,
      big: 2n ** 70n,
      none: null,
      yes: true,
      never: NaN,
      least: -Infinity,
      when: new Date(1e12),
      list: [1, 'two', 3n],
    };
    expect(parametersFromWire(JSON.parse(JSON.stringify(parametersToWire(given))))).toEqual(given);
    const [invalid] = Object.values(parametersFromWire(parametersToWire({ d: new Date(NaN) })));
    expect(String(invalid)).toBe('Invalid Date');
  });

  test('that are no literals are refused by name', () => {
    const wrong = { f: (() => 1) as unknown as string };
    expect(() => parametersToWire(wrong)).toThrow("Parameter 'f' is no SQL literal.");
  });
});

/** A type that is missing here does not compile. */
const ANSWERS: Readonly<Record<ServerMessage['type'] | FrameHeader['type'], true>> = {
  welcome: true,
  reply: true,
  ping: true,
  pong: true,
  statement: true,
  executionEnd: true,
  end: true,
  gap: true,
  changesEnd: true,
  subscriptionEnd: true,
  view: true,
  sessionEnd: true,
  error: true,
  changes: true,
  rows: true,
  frame: true,
};

test.each([...new Set([...Object.keys(EXAMPLES), ...Object.keys(ANSWERS)])])('PROTOCOL.md tells of %s', (type) => {
  const text = readFileSync(new URL('../../protocol/PROTOCOL.md', import.meta.url), 'utf8');
  expect(text).toMatch(new RegExp(`\`${type}(?: \\{[^\`]*)?\`|"type":"${type}"|type:'${type}'`));
});
