import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { StreamcellError } from '../types/index.js';
import { openOn } from './clusters.js';
import { parseCluster, withCredentials } from './settings.js';

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (thrown) {
    const { message, hint } = StreamcellError.from(thrown);
    return `${message} ${hint}`;
  }
  return 'understood';
}

describe('clusters of a gateway', () => {
  test.each([
    'a=http://user:secret@h:1,http://h:2',
    'a=http://h:1,http://user:secret@h:2',
    'a=http://:secret@h:1,http://h:2',
    'a=http://user:secret@h:1',
    'a=http://user:sec/secret@h:1,http://h:2',
    'a=http://user:sec,secret@h:1,http://h:2',
    'a=user:secret@h,http://h',
    'a=ftp://user:secret@h,http://h',
    'http://user:secret@h:1,http://h:2',
  ])('are refused without showing the password in %s', (text) => {
    const said = refusal(() => parseCluster(text));
    expect(said).toMatch(/^(Cluster 'a'|A cluster is)/);
    expect(said).not.toMatch(/secret|user/);
  });

  test('have their credentials sent to both of their servers', async () => {
    // One fails first, and the other is asked all the same, later.
    const seen: Record<string, Set<string | undefined>> = { '/a': new Set(), '/b': new Set() };
    const server = createServer((request, response) => {
      seen[(request.url ?? '').slice(0, 2)].add(request.headers.authorization);
      response.writeHead(401).end('{}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const clusters = ['a', 'b'].map((name) => parseCluster(`${name}=${address}/${name},${address}/${name}`));
      const known = withCredentials(clusters, '\n a=me:se:cr=et \n');
      for (const name of ['a', 'b']) await expect(openOn(known, name, {})).rejects.toBeInstanceOf(StreamcellError);
      const basic = `Basic ${Buffer.from('me:se:cr=et').toString('base64')}`;
      expect(seen).toEqual({ '/a': new Set([basic]), '/b': new Set([undefined]) });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('credentials that cannot be read, or are for nobody, are refused without showing them', () => {
    const clusters = [parseCluster('a=http://h,http://h')];
    for (const wrong of ['secret', 'a=secret', 'b=me:secret', 'a=me:\n', '=me:secret']) {
      const said = refusal(() => withCredentials(clusters, `a=me:x\n${wrong}`));
      expect(said).toContain('Line 2');
      expect(said).not.toContain('secret');
    }
    expect(withCredentials(clusters, '')).toEqual(clusters);
  });
});
