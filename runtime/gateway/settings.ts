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
}

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;

/** `NAME=SQL_GATEWAY_URL,JOBMANAGER_URL`. @throws StreamcellError OPTION_INVALID */
export function parseCluster(text: string): FlinkCluster {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(0, equals));
  const urls = text.slice(equals + 1).split(',');
  if (!NAME.test(name) || urls.length !== 2)
    throw new StreamcellError('OPTION_INVALID', `A cluster is NAME=SQL_GATEWAY_URL,JOBMANAGER_URL, not '${text}'.`);
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
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.username !== '')
    throw new StreamcellError('OPTION_INVALID', `Cluster '${name}': an http address is expected, not '${text}'.`);
  return url.href.replace(/\/$/, '');
}
