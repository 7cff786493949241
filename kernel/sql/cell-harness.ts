import { MessageChannel } from 'node:worker_threads';
import { MessagePortTransport } from '@streamcell/runtime/protocol/message-port-transport';
import { GatewaySession } from '@streamcell/runtime/session/gateway-session';
import { EmbeddedSession, type Session } from '@streamcell/runtime/session/index';
import { ProtocolServer } from '@streamcell/runtime/session/protocol-server';
import { SharedSessionHost } from '@streamcell/runtime/session/session-host';
import { CONTROL_TARGET } from '@streamcell/runtime/protocol/view-channel';
import type { CellOutput, CellResult, CommTarget, MimeBundle, Sessions, Variables } from '../host.js';
import { createSqlCells, type SqlCells } from './index.js';

/** One output of a cell, in its latest form. */
export interface Shown {
  data: MimeBundle;
  readonly id: string | undefined;
  updates: number;
}

/** What a front end would show. */
export class RecordedOutput implements CellOutput {
  readonly shown: Shown[] = [];
  text = '';

  stream(_name: 'stdout' | 'stderr', text: string): void {
    this.text += text;
  }

  display(data: MimeBundle, _metadata?: MimeBundle, displayId?: string): void {
    this.shown.push({ data, id: displayId, updates: 0 });
  }

  updateDisplay(displayId: string, data: MimeBundle): void {
    for (const output of this.shown) {
      if (output.id !== displayId) continue;
      output.data = data;
      output.updates++;
    }
  }

  executeResult(data: MimeBundle): void {
    this.display(data);
  }

  clearOutput(): void {
    this.shown.length = 0;
  }

  /** text/plain of an output. */
  plain(n: number): string {
    return String(this.shown[n]?.data['text/plain']);
  }
}

/** The values of TypeScript cells, for tests. */
export class PlainVariables implements Variables {
  readonly values = new Map<string, unknown>();
  readonly arrow = new Map<string, Uint8Array>();

  async get(name: string): Promise<unknown> {
    return this.values.get(name);
  }

  async setArrowTable(name: string, ipc: Uint8Array): Promise<void> {
    this.arrow.set(name, ipc);
  }
}

/** The embedded engine, and no gateway. */
export function alone(current: Session): Sessions {
  return {
    current,
    cluster: 'embedded',
    connect: () => Promise.reject(new Error('there is no gateway in this test')),
    disconnect: () => Promise.resolve(),
    onChange: () => undefined,
  };
}

/** The embedded engine behind the protocol, as a gateway's cluster is. */
export async function remoteSession(): Promise<Session> {
  const { port1, port2 } = new MessageChannel();
  const session = new EmbeddedSession();
  new ProtocolServer(new MessagePortTransport(port1), new SharedSessionHost(() => ({ session, cluster: 'embedded' })));
  const remote = await GatewaySession.open({ connect: async () => new MessagePortTransport(port2), reconnect: 0 });
  const close = remote.close.bind(remote);
  remote.close = async () => {
    await close();
    await session.close();
  };
  return remote;
}

/** SQL cells on the embedded engine, without a kernel around them. */
export class CellHarness {
  readonly variables = new PlainVariables();
  readonly cells: SqlCells;
  private readonly control: ReturnType<CommTarget['open']> | undefined;

  constructor(
    { language = 'typescript' as 'sql' | 'typescript', headless = false, watched = true } = {},
    sessions: (current: Session) => Sessions = alone,
    readonly session: Session = new EmbeddedSession(),
  ) {
    const { variables } = this;
    this.cells = createSqlCells({ sessions: sessions(session), variables, language, headless });
    // As the extension does it.
    if (watched) {
      const channel = { id: 'control', send: () => undefined, close: () => undefined };
      this.control = this.cells.targets.get(CONTROL_TARGET)?.open(channel, {});
    }
  }

  async run(
    code: string,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<{ result: CellResult; output: RecordedOutput }> {
    const output = new RecordedOutput();
    const language = this.cells.languages.find((l) => l.takes(code));
    if (language === undefined) throw new Error('no language takes the cell');
    const result = await language.run({ code, executionCount: 1, silent: false, output, signal });
    return { result, output };
  }

  async close(): Promise<void> {
    this.control?.closed();
    this.cells.close();
    await this.session.close();
  }
}

export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
