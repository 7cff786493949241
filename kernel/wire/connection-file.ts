import { readFileSync } from 'node:fs';

/** Where a front end expects the kernel's sockets, and what signs their messages. */
export interface ConnectionInfo {
  readonly transport: 'tcp' | 'ipc';
  readonly ip: string;
  readonly ports: Readonly<Record<ChannelName, number>>;
  /** Empty when messages are not signed. */
  readonly key: string;
  /** Secret CurveZMQ key (Z85) where the front end wants the sockets encrypted. */
  readonly curveSecretKey: string | null;
}

export type ChannelName = 'shell' | 'control' | 'stdin' | 'iopub' | 'heartbeat';

/** @throws Error when the file is missing, no JSON, or lacks a port: there is no front end to tell it to. */
export function readConnectionFile(path: string): ConnectionInfo {
  const raw = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const port = (field: string): number => {
    const value = raw[field];
    if (typeof value !== 'number' || !Number.isInteger(value))
      throw new Error(`${path}: ${field} is not a port number`);
    return value;
  };
  const transport = raw.transport ?? 'tcp';
  if (transport !== 'tcp' && transport !== 'ipc')
    throw new Error(`${path}: transport ${String(transport)} is not known`);
  const key = typeof raw.key === 'string' ? raw.key : '';
  const scheme = raw.signature_scheme ?? 'hmac-sha256';
  if (key !== '' && scheme !== 'hmac-sha256')
    throw new Error(`${path}: signature_scheme ${String(scheme)} is not known`);
  return {
    transport,
    ip: typeof raw.ip === 'string' ? raw.ip : '127.0.0.1',
    key,
    curveSecretKey: typeof raw.curve_secretkey === 'string' ? raw.curve_secretkey : null,
    ports: {
      shell: port('shell_port'),
      control: port('control_port'),
      stdin: port('stdin_port'),
      iopub: port('iopub_port'),
      heartbeat: port('hb_port'),
    },
  };
}

export function endpoint(connection: ConnectionInfo, channel: ChannelName): string {
  const port = connection.ports[channel];
  return connection.transport === 'ipc' ? `ipc://${connection.ip}-${port}` : `tcp://${connection.ip}:${port}`;
}
