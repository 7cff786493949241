import { DEFAULTS, LOG_LEVELS, parseCluster, type FlinkCluster, type LogLevel } from '../gateway/settings.js';
import { StreamcellError } from '../types/index.js';
import { unknown, UsageError } from './usage-error.js';

export interface GatewayCommand {
  readonly command: 'gateway';
  readonly host: string;
  readonly port: number;
  readonly tokenFile: string | null;
  readonly origins: readonly string[];
  readonly clusters: readonly FlinkCluster[];
  readonly credentialsFile: string | null;
  /** Milliseconds. */
  readonly sessionTimeout: number;
  readonly maxSessions: number;
  readonly logLevel: LogLevel;
  /** Says on standard output where it is, and ends when standard input closes. */
  readonly stdioControl: boolean;
}

export const GATEWAY_HELP = `Usage: streamcell gateway [options]

Serves sessions over WebSockets (protocol streamcell.v1) to notebooks and programs, on the embedded engine and on Flink session
clusters. Ctrl-C stops it and all jobs of its sessions.

Options:
  --host HOST              Address to listen at (default ${DEFAULTS.host}; others should be behind a proxy that adds TLS)
  --port PORT              Port (default ${DEFAULTS.port}; 0 takes a free one)
  --token-file FILE        Token that clients must have: the first line of a file. Otherwise that of the environment
                           variable STREAMCELL_TOKEN, or else a new one, which is printed
  --cluster NAME=SQL_GATEWAY_URL,JOBMANAGER_URL
                           A Flink session cluster that clients may choose; may be repeated
  --cluster-credentials FILE
                           Basic authentication for clusters behind a proxy: lines of NAME=USER:PASSWORD. Otherwise those of the
                           environment variable STREAMCELL_CLUSTER_CREDENTIALS
  --allow-origin ORIGIN    Browser pages of this origin may connect (default: none); may be repeated
  --session-timeout SEC    How long a session outlives its connection (default ${DEFAULTS.sessionTimeout / 1000})
  --max-sessions N         Sessions at once (default ${DEFAULTS.maxSessions})
  --log-level LEVEL        ${LOG_LEVELS.join(', ')} (default info): JSON lines on standard error
  --stdio-control          For programs that start a gateway of their own: takes a free port and a new token, prints one line
                           {"url","token"} on standard output, and ends when standard input closes
  --help                   Show this text
`;

const VALUES = new Set([
  '--host',
  '--port',
  '--token-file',
  '--cluster',
  '--cluster-credentials',
  '--allow-origin',
  '--session-timeout',
  '--max-sessions',
  '--log-level',
]);

/** @throws UsageError */
export function parseGateway(args: readonly string[]): GatewayCommand | { command: 'help'; topic: 'gateway' } {
  const single = new Map<string, string>();
  const origins: string[] = [];
  const clusters: FlinkCluster[] = [];
  let stdioControl = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === '--help' || arg === '-h') return { command: 'help', topic: 'gateway' };
    if (arg === '--stdio-control') {
      stdioControl = true;
      continue;
    }
    const equals = arg.indexOf('=');
    const name = equals > 0 ? arg.slice(0, equals) : arg;
    if (name === '--token') {
      throw new UsageError(
        'A token on the command line can be read by everybody: use --token-file or STREAMCELL_TOKEN.',
      );
    }
    if (!VALUES.has(name))
      throw unknown(name.startsWith('-') ? 'option' : 'argument', name, [...VALUES, '--stdio-control']);
    const value = equals > 0 ? arg.slice(equals + 1) : args[++i];
    if (value === undefined || value === '') throw new UsageError(`${name} needs a value.`);
    if (name === '--allow-origin') origins.push(originOf(value));
    else if (name === '--cluster') clusters.push(clusterOf(value, clusters));
    else if (single.has(name)) throw new UsageError(`${name} is given twice.`);
    else single.set(name, value);
  }
  const whole = (name: string, otherwise: number, from: number, to: number): number => {
    const text = single.get(name);
    if (text === undefined) return otherwise;
    const n = Number(text);
    if (!/^\d+$/.test(text) || n < from || n > to)
      throw new UsageError(`${name} ${text}: a whole number from ${from} to ${to} is expected.`);
    return n;
  };
  const level = single.get('--log-level') ?? (stdioControl ? 'warn' : 'info');
  const logLevel = LOG_LEVELS.find((l) => l === level);
  if (logLevel === undefined)
    throw new UsageError(`--log-level ${level}: one of ${LOG_LEVELS.join(', ')} is expected.`);
  return {
    command: 'gateway',
    host: single.get('--host') ?? DEFAULTS.host,
    port: whole('--port', stdioControl ? 0 : DEFAULTS.port, 0, 65535),
    tokenFile: single.get('--token-file') ?? null,
    origins,
    clusters,
    credentialsFile: single.get('--cluster-credentials') ?? null,
    sessionTimeout: whole('--session-timeout', DEFAULTS.sessionTimeout / 1000, 1, 1_000_000) * 1000,
    maxSessions: whole('--max-sessions', DEFAULTS.maxSessions, 1, 100_000),
    logLevel,
    stdioControl,
  };
}

function originOf(value: string): string {
  let origin = 'null';
  try {
    ({ origin } = new URL(value));
  } catch {
    // Said below.
  }
  if (origin === 'null')
    throw new UsageError(`--allow-origin ${value}: an origin such as https://hub.example.org is expected.`);
  return origin;
}

function clusterOf(value: string, others: readonly FlinkCluster[]): FlinkCluster {
  let cluster: FlinkCluster;
  try {
    cluster = parseCluster(value);
  } catch (thrown) {
    const { message, hint } = StreamcellError.from(thrown);
    throw new UsageError(`--cluster: ${message}${hint === undefined ? '' : `\n${hint}`}`);
  }
  if (others.some((c) => c.name === cluster.name)) throw new UsageError(`--cluster ${cluster.name} is given twice.`);
  return cluster;
}
