import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';

export type JsonObject = Readonly<Record<string, unknown>>;

export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly version: string;
  /** The subshell that a shell request is for. */
  readonly subshell_id?: string | null;
}

/** One Jupyter message as it goes over a socket. */
export interface Message {
  /** Routing prefix of ROUTER sockets, or the topic of a published message. */
  readonly identities: readonly Uint8Array[];
  readonly header: Header;
  /** Header of the message that this one answers; empty for none. */
  readonly parent: Partial<Header>;
  readonly metadata: JsonObject;
  readonly content: JsonObject;
  readonly buffers: readonly Uint8Array[];
}

export const PROTOCOL_VERSION = '5.5';
const DELIMITER = Buffer.from('<IDS|MSG>');
const MAX_JSON_BYTES = 256 * 1024 * 1024;

/** Why a received message is dropped; never shown to a front end, which could be anybody. */
export class RejectedMessage extends Error {}

/**
 * Turns messages into signed frames and back.
 *
 * Maintains the invariant that nothing of a message is parsed before its signature was found right, and that no signature is taken twice.
 */
export class Codec {
  private readonly session = randomUUID();
  private readonly seen = new Set<string>();

  constructor(private readonly key: string) {}

  header(type: string): Header {
    return {
      msg_id: randomUUID(),
      msg_type: type,
      session: this.session,
      username: 'streamcell',
      date: new Date().toISOString(),
      version: PROTOCOL_VERSION,
    };
  }

  encode(message: Message): Buffer[] {
    const parts = [message.header, message.parent, message.metadata, message.content].map((part) =>
      Buffer.from(JSON.stringify(part)),
    );
    return [
      ...message.identities.map((identity) => Buffer.from(identity)),
      DELIMITER,
      Buffer.from(this.sign(parts)),
      ...parts,
      ...message.buffers.map((buffer) => Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength)),
    ];
  }

  /** @throws RejectedMessage for anything that is no well-formed, rightly signed message. */
  decode(frames: readonly Buffer[]): Message {
    const at = frames.findIndex((frame) => frame.equals(DELIMITER));
    if (at < 0) throw new RejectedMessage('no delimiter');
    const [signature, ...parts] = frames.slice(at + 1, at + 6);
    if (signature === undefined || parts.length < 4) throw new RejectedMessage('too few frames');
    this.verify(signature, parts);
    if (parts.some((part) => part.length > MAX_JSON_BYTES)) throw new RejectedMessage('too long');
    const [header, parent, metadata, content] = parts.map(parseObject);
    return {
      identities: frames.slice(0, at),
      header: checkedHeader(header ?? {}),
      parent: parent ?? {},
      metadata: metadata ?? {},
      content: content ?? {},
      buffers: frames.slice(at + 6),
    };
  }

  private sign(parts: readonly Buffer[]): string {
    if (this.key === '') return '';
    const hmac = createHmac('sha256', this.key);
    for (const part of parts) hmac.update(part);
    return hmac.digest('hex');
  }

  private verify(signature: Buffer, parts: readonly Buffer[]): void {
    if (this.key === '') return;
    const expected = Buffer.from(this.sign(parts));
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected))
      throw new RejectedMessage('wrong signature');
    const text = signature.toString('latin1');
    if (this.seen.has(text)) throw new RejectedMessage('replayed signature');
    this.seen.add(text);
    if (this.seen.size > 65536) for (const old of [...this.seen].slice(0, 32768)) this.seen.delete(old);
  }
}

function parseObject(bytes: Buffer): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new RejectedMessage('no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new RejectedMessage('no JSON object');
  return value as JsonObject;
}

function checkedHeader(raw: JsonObject): Header {
  const text = (field: string): string => {
    const value = raw[field];
    return typeof value === 'string' ? value : '';
  };
  if (text('msg_id') === '' || text('msg_type') === '') throw new RejectedMessage('no message id or type');
  // The whole header goes back as the reply's parent, fields unknown here too.
  return {
    ...raw,
    msg_id: text('msg_id'),
    msg_type: text('msg_type'),
    session: text('session'),
    username: text('username'),
    date: text('date'),
    version: text('version'),
    ...(typeof raw.subshell_id === 'string' ? { subshell_id: raw.subshell_id } : {}),
  };
}
