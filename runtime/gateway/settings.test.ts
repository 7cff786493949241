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
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401).end('{}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const clusters = [parseCluster(`a=${address},${address}`), parseCluster(`b=${address},${address}`)];
    const known = withCredentials(clusters, '\n a=me:se:cr=et \n');
    const basic = `Basic ${Buffer.from('me:se:cr=et').toString('base64')}`;
    await expect(openOn(known, 'a', {})).rejects.toBeInstanceOf(StreamcellError);
    expect(new Set(seen.splice(0))).toEqual(new Set([basic]));
    await expect(openOn(known, 'b', {})).rejects.toBeInstanceOf(StreamcellError);
    expect(new Set(seen)).toEqual(new Set([undefined]));
    server.closeAllConnections();
    server.close();
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
