import { describe, expect, test } from '@jest/globals';
import { Codec, RejectedMessage, type Message } from './codec.js';

const KEY = 'a key';

function message(codec: Codec, content: Message['content'] = { code: '1 + 1' }): Message {
  return {
    identities: [Buffer.from('router')],
    header: codec.header('execute_request'),
    parent: {},
    metadata: {},
    content,
    buffers: [new Uint8Array([1, 2, 3])],
  };
}

describe('Codec', () => {
  test('decodes what it encodes', () => {
    const codec = new Codec(KEY);
    const sent = message(codec, { code: 'ä€😀', nested: { a: [1, null] } });
    const received = new Codec(KEY).decode(codec.encode(sent));
    expect(received.header).toEqual(sent.header);
    expect(received.content).toEqual(sent.content);
    expect(received.identities.map(String)).toEqual(['router']);
    expect(received.buffers.map((buffer) => [...buffer])).toEqual([[1, 2, 3]]);
  });

  test('sends no signature without a key', () => {
    const codec = new Codec('');
    const frames = codec.encode(message(codec));
    expect(String(frames[2])).toBe('');
    expect(new Codec('').decode(frames).content).toEqual({ code: '1 + 1' });
  });

  test('refuses what was signed with another key, changed, or sent twice', () => {
    const codec = new Codec(KEY);
    const frames = codec.encode(message(codec));
    expect(() => new Codec('another').decode(frames)).toThrow(RejectedMessage);
    const changed = frames.map((frame, at) => (at === 6 ? Buffer.from('{"code":"2"}') : frame));
    expect(() => new Codec(KEY).decode(changed)).toThrow('wrong signature');
    const receiver = new Codec(KEY);
    receiver.decode(frames);
    expect(() => receiver.decode(frames)).toThrow('replayed signature');
  });

  test('checks the signature before it parses', () => {
    const frames = ['<IDS|MSG>', '0'.repeat(64), '{', '{', '{', '{'].map((text) => Buffer.from(text));
    expect(() => new Codec(KEY).decode(frames)).toThrow('wrong signature');
    expect(() => new Codec('').decode(frames)).toThrow('no JSON');
  });

  test.each([
    [[]],
    [['garbage']],
    [['<IDS|MSG>']],
    [['<IDS|MSG>', '', '{}', '{}', '{}']],
    [['<IDS|MSG>', '', '{}', '{}', '{}', '{}']],
    [['<IDS|MSG>', '', '[]', '{}', '{}', '{}']],
    [['<IDS|MSG>', '', '{"msg_id":5,"msg_type":"a"}', '{}', '{}', '{}']],
    [['<IDS|MSG>', '', '{"msg_id":"a","msg_type":"b"}', '{}', '{}', 'null']],
  ])('refuses %j', (frames) => {
    const codec = new Codec('');
    expect(() => codec.decode(frames.map((text) => Buffer.from(text)))).toThrow(RejectedMessage);
  });
});
