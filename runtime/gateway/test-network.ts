import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A network between a client and a gateway, that can be cut, blocked and frozen; for tests. */
export class TestNetwork {
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private blocked = false;

  private constructor(private readonly server: Server) {}

  /** @param target `ws://host:port/path` of the gateway. */
  static async to(target: string): Promise<TestNetwork> {
    const { hostname, port } = new URL(target);
    const server = createServer((near) => {
      near.on('error', () => undefined);
      if (network.blocked) {
        near.destroy();
        return;
      }
      const far = connect(Number(port), hostname);
      far.on('error', () => undefined);
      const pair = [near, far] as const;
      network.pairs.add(pair);
      const end = (): void => {
        near.destroy();
        far.destroy();
        network.pairs.delete(pair);
      };
      near.on('close', end);
      far.on('close', end);
      near.pipe(far);
      far.pipe(near);
    });
    const network = new TestNetwork(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return network;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  /** Ends all connections, without a word. */
  cut(): void {
    for (const [near, far] of this.pairs) {
      near.destroy();
      far.destroy();
    }
  }

  /** Lets nobody through any more. */
  block(): void {
    this.blocked = true;
    this.cut();
  }

  unblock(): void {
    this.blocked = false;
  }

  /** Connections stay, and nothing moves in those there are. */
  freeze(): void {
    for (const [near, far] of this.pairs) {
      near.unpipe(far);
      far.unpipe(near);
      near.pause();
      far.pause();
    }
  }

  /** Nothing listens any more. @returns where it did. */
  async hide(): Promise<number> {
    const { port } = this.server.address() as AddressInfo;
    await this.close();
    return port;
  }

  async show(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
