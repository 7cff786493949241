import { StreamcellError } from '../types/index.js';

/* What a gateway can be told; apart from what runs it, so that a command line is understood without loading the engine. */

export const DEFAULTS = {
  host: '127.0.0.1',
  port: 8090,
  sessionTimeout: 300_000,
  maxSessions: 100,
  maxConnections: 200,
  maxMessage: 8 << 20,
  heartbeat: 10_000,
} as const;

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const EMBEDDED = 'embedded';

/** A Flink session cluster that sessions can be opened on. */
export interface FlinkCluster {
  readonly name: string;
  /** Address of its SQL Gateway. */
  readonly gateway: string;
  /** Address of its JobManager's REST endpoint. */
  readonly jobManager: string;
  /** Sent along with every request to either. */
  readonly headers?: Readonly<Record<string, string>>;
}

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;

/** `NAME=SQL_GATEWAY_URL,JOBMANAGER_URL`. @throws StreamcellError OPTION_INVALID */
export function parseCluster(text: string): FlinkCluster {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(0, equals));
  const urls = text.slice(equals + 1).split(',');
  if (!NAME.test(name) || urls.length !== 2)
    throw new StreamcellError(
      'OPTION_INVALID',
      `A cluster is NAME=SQL_GATEWAY_URL,JOBMANAGER_URL, not '${masked(text)}'.`,
    );
  if (name === EMBEDDED)
    throw new StreamcellError('OPTION_INVALID', `'${EMBEDDED}' is the gateway's own engine, and no name of a cluster.`);
  return { name, gateway: httpUrl(name, urls[0]), jobManager: httpUrl(name, urls[1]) };
}

function httpUrl(name: string, text: string): string {
  let url: URL | null = null;
  try {
    url = new URL(text.trim());
  } catch {
    // Said below.
  }
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new StreamcellError(
      'OPTION_INVALID',
      `Cluster '${name}': an http address is expected, not '${masked(text)}'.`,
    );
  if (url.username !== '' || url.password !== '')
    throw new StreamcellError(
      'OPTION_INVALID',
      `Cluster '${name}': a password in the address '${masked(text)}' can be read by everybody.`,
      { hint: CREDENTIALS_HINT },
    );
  return url.href.replace(/\/$/, '');
}

const CREDENTIALS_HINT =
  'Give it as NAME=USER:PASSWORD in the environment variable STREAMCELL_CLUSTER_CREDENTIALS, or in a file with --cluster-credentials.';

/** A text with addresses as it may be shown: nothing that may be a password, wherever it was put. */
function masked(text: string): string {
  const at = text.lastIndexOf('@');
  return at < 0 ? text : `…${text.slice(at)}`;
}

/**
 * Who the gateway is to clusters: `NAME=USER:PASSWORD` each line, for basic authentication.
 * @throws StreamcellError OPTION_INVALID for what cannot be read, and for clusters that are not there.
 */
export function withCredentials(clusters: readonly FlinkCluster[], text: string): readonly FlinkCluster[] {
  const headers = new Map<string, Readonly<Record<string, string>>>();
  for (const [n, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const found = /^([^=]+)=([^:]+:.+)$/.exec(line.trim());
    // The line itself is never shown.
    if (found === null)
      throw new StreamcellError(
        'OPTION_INVALID',
        `Line ${n + 1} of the credentials of clusters is not NAME=USER:PASSWORD.`,
      );
    const [, name, credentials] = found;
    if (!clusters.some((c) => c.name === name))
      throw new StreamcellError('OPTION_INVALID', `Line ${n + 1} of the credentials is for no cluster of --cluster.`);
    headers.set(name, { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` });
  }
  return clusters.map((c) => (headers.has(c.name) ? { ...c, headers: headers.get(c.name) } : c));
}
