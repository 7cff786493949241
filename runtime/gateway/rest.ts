import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SessionRegistry } from './session-registry.js';

const SESSIONS = '/v1/sessions';

/** What can be done without a WebSocket: is it alive, which sessions are there, end one. */
export function restHandler(
  registry: SessionRegistry,
  authorize: (token: string | undefined) => boolean,
  allowed: (origin: string | undefined) => boolean,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    // Bodies mean nothing here.
    request.resume();
    const path = (request.url ?? '/').split('?')[0];
    if (!allowed(request.headers.origin)) {
      answer(response, 403, { error: 'This origin is not allowed.' });
    } else if (path === '/health') {
      if (request.method === 'GET' || request.method === 'HEAD') answer(response, 200, { status: 'ok' });
      else refuseMethod(response, 'GET, HEAD');
    } else if (!authorize(bearer(request))) {
      response.setHeader('WWW-Authenticate', 'Bearer realm="streamcell"');
      answer(response, 401, { error: 'The token is wrong or missing.' });
    } else if (path === SESSIONS) {
      if (request.method === 'GET') answer(response, 200, { sessions: list(registry) });
      else refuseMethod(response, 'GET');
    } else if (path.startsWith(`${SESSIONS}/`)) {
      if (request.method === 'DELETE') void end(registry, path.slice(SESSIONS.length + 1), response);
      else refuseMethod(response, 'DELETE');
    } else {
      answer(response, 404, { error: 'There is nothing here.' });
    }
  };
}

function list(registry: SessionRegistry): readonly object[] {
  return registry.list().map(({ id, cluster, connected, busy, createdAt }) => ({
    id,
    cluster,
    connected,
    running: busy,
    createdAt,
  }));
}

async function end(registry: SessionRegistry, id: string, response: ServerResponse): Promise<void> {
  const session = registry.find(id);
  if (session === undefined) {
    answer(response, 404, { error: 'There is no such session.' });
    return;
  }
  try {
    session.end('closed');
    await registry.close(session);
    response.writeHead(204).end();
  } catch (thrown) {
    answer(response, 500, { error: thrown instanceof Error ? thrown.message : String(thrown) });
  }
}

function bearer(request: IncomingMessage): string | undefined {
  return /^Bearer +(.*\S)/i.exec(request.headers.authorization ?? '')?.[1];
}

function refuseMethod(response: ServerResponse, allow: string): void {
  response.setHeader('Allow', allow);
  answer(response, 405, { error: `Allowed here: ${allow}.` });
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(text);
}
