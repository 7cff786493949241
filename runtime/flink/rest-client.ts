import { StreamcellError } from '../types/index.js';

/** The server answered, and what it answered is an error. */
export class RestError extends Error {
  constructor(
    readonly status: number,
    /** What it says, mostly a Java stack trace. */
    readonly serverSide: string,
  ) {
    super(serverSide.slice(0, 500));
    this.name = 'RestError';
  }
}

export interface RestRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'PATCH';
  readonly body?: unknown;
  readonly timeoutMillis?: number;
}

/** A server that says nothing for so long is taken for dead: a statement on a killed cluster has to fail within ten seconds. */
const TIMEOUT_MILLIS = 6000;

/**
 * HTTP to one of Flink's REST endpoints. Credentials in the address are sent as basic authentication, and never shown.
 * @throws StreamcellError CLUSTER_UNREACHABLE when nothing answers, RestError for an answer that is an error.
 */
export class RestClient {
  /** The address as it may be shown. */
  readonly url: string;
  private readonly base: string;
  private readonly headers: Record<string, string>;

  constructor(
    address: string,
    /** The server's name in messages: `SQL Gateway`. */
    readonly server: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    let url: URL;
    try {
      url = new URL(address);
    } catch {
      throw new StreamcellError(
        'OPTION_INVALID',
        `'${withoutCredentials(address)}' is no address of Flink's ${server}.`,
        {
          hint: 'Like http://host:8083.',
        },
      );
    }
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new StreamcellError(
        'OPTION_INVALID',
        `Flink's ${server} is reached by http or https, not '${withoutCredentials(address)}'.`,
      );
    }
    this.headers = { 'content-type': 'application/json', ...headers };
    if (url.username !== '' || url.password !== '') {
      const credentials = `${decoded(url.username)}:${decoded(url.password)}`;
      this.headers['authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`;
    }
    url.username = '';
    url.password = '';
    this.url = url.origin + url.pathname.replace(/\/$/, '');
    this.base = this.url;
  }

  async text(
    path: string,
    { method = 'GET', body, timeoutMillis = TIMEOUT_MILLIS }: RestRequest = {},
  ): Promise<string> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.base + path, {
        method,
        headers: this.headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMillis),
      });
      text = await response.text();
    } catch (thrown) {
      throw this.unreachable(thrown, timeoutMillis);
    }
    if (!response.ok) throw new RestError(response.status, errorText(text));
    return text;
  }

  async json<T>(path: string, request?: RestRequest): Promise<T> {
    const text = await this.text(path, request);
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new StreamcellError('CLUSTER_UNREACHABLE', `What answers at ${this.url} is not Flink's ${this.server}.`);
    }
  }

  private unreachable(thrown: unknown, timeoutMillis: number): StreamcellError {
    const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
    const timedOut = thrown instanceof Error && thrown.name === 'TimeoutError';
    const code = (cause as { code?: unknown }).code;
    const why = timedOut
      ? `no answer within ${timeoutMillis / 1000} s`
      : cause instanceof Error && cause.message !== ''
        ? cause.message
        : String(code ?? cause);
    return new StreamcellError(
      'CLUSTER_UNREACHABLE',
      `Flink's ${this.server} at ${this.url} does not answer: ${why}.`,
      {
        cause: thrown,
      },
    );
  }
}

/** Also of an address that cannot be read, where what lies before the last @ may be a password. */
function withoutCredentials(address: string): string {
  const at = address.lastIndexOf('@');
  if (at < 0) return address;
  const scheme = /^https?:\/\//i.exec(address)?.[0] ?? '';
  return `${scheme}…${address.slice(at)}`;
}

/** A percent sign that escapes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Both servers wrap what went wrong as `{"errors": [...]}`. */
function errorText(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { errors?: unknown };
    return Array.isArray(errors) ? errors.join('\n') : text;
  } catch {
    return text;
  }
}
