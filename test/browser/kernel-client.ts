import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import type { JupyterServer } from './jupyter-server.js';

interface Message {
  readonly header: { readonly msg_id: string; readonly msg_type: string };
  readonly parent_header: { readonly msg_id?: string };
  readonly content: Readonly<Record<string, unknown>>;
  readonly channel: string;
}

/** What one cell came to. */
export interface CellResult {
  readonly status: 'ok' | 'error' | 'aborted';
  readonly error: { readonly name: string; readonly message: string; readonly traceback: string } | null;
  readonly bundles: readonly Readonly<Record<string, unknown>>[];
  readonly stdout: string;
  readonly milliseconds: number;
}

/** A notebook's kernel without a notebook: cells in, results out, over the server's WebSocket as JupyterLab has it. */
export class KernelClient {
  private readonly waiting = new Map<string, (message: Message) => void>();

  private constructor(
    private readonly server: JupyterServer,
    readonly id: string,
    private readonly socket: WebSocket,
  ) {
    socket.on('message', (data: Buffer, binary: boolean) => {
      // Frames of comms come as binary messages; no cell waits for them.
      if (binary) return;
      const message = JSON.parse(data.toString()) as Message;
      this.waiting.get(message.parent_header.msg_id ?? '')?.(message);
    });
  }

  static async start(server: JupyterServer, kernel = 'streamcell'): Promise<KernelClient> {
    const { id } = await server.request<{ id: string }>('kernels', 'POST', { name: kernel });
    const address = `${server.url.replace('http', 'ws')}/api/kernels/${id}/channels?token=${server.token}`;
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    const client = new KernelClient(server, id, socket);
    await client.ask('kernel_info_request', {}, (message) => message.header.msg_type === 'kernel_info_reply');
    return client;
  }

  async execute(code: string, seconds = 60): Promise<CellResult> {
    const begun = Date.now();
    const bundles: Readonly<Record<string, unknown>>[] = [];
    let stdout = '';
    let error: CellResult['error'] = null;
    let status: CellResult['status'] | null = null;
    let idle = false;
    const content = {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: false,
    };
    await this.ask(
      'execute_request',
      content,
      ({ header: { msg_type: type }, content }) => {
        if (type === 'stream' && content.name === 'stdout') stdout += content.text as string;
        if (type === 'display_data' || type === 'execute_result')
          bundles.push(content.data as Readonly<Record<string, unknown>>);
        if (type === 'error')
          error = {
            name: content.ename as string,
            message: content.evalue as string,
            traceback: (content.traceback as readonly string[]).join('\n'),
          };
        if (type === 'execute_reply') status = content.status as CellResult['status'];
        if (type === 'status' && content.execution_state === 'idle') idle = true;
        return status !== null && idle;
      },
      seconds,
    );
    return {
      status: status as unknown as CellResult['status'],
      error,
      bundles,
      stdout,
      milliseconds: Date.now() - begun,
    };
  }

  async interrupt(): Promise<void> {
    await this.server.request(`kernels/${this.id}/interrupt`, 'POST');
  }

  async stop(): Promise<void> {
    this.socket.close();
    await this.server.request(`kernels/${this.id}`, 'DELETE');
  }

  private ask(type: string, content: object, isDone: (message: Message) => boolean, seconds = 60): Promise<void> {
    const id = randomUUID();
    return new Promise((resolve, reject) => {
      const end = (finish: () => void): void => {
        clearTimeout(timer);
        this.waiting.delete(id);
        finish();
      };
      const timer = setTimeout(
        () =>
          end(() =>
            reject(
              new Error(
                `The kernel did not answer ${type} ${JSON.stringify(content).slice(0, 300)} within ${seconds} s.`,
              ),
            ),
          ),
        seconds * 1000,
      );
      this.waiting.set(id, (message) => {
        if (isDone(message)) end(resolve);
      });
      const header = {
        msg_id: id,
        msg_type: type,
        session: randomUUID(),
        username: 'test',
        version: '5.4',
        date: new Date().toISOString(),
      };
      this.socket.send(
        JSON.stringify({ header, parent_header: {}, metadata: {}, content, channel: 'shell', buffers: [] }),
      );
    });
  }
}
