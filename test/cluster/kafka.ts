import { mkdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { cacheDirectory } from './cache.js';
import { ServerProcess, freePorts, runProgram, sleep } from './child-process.js';
import { KAFKA_VERSION, kafkaDistribution } from './packages.js';

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

let started = 0;

/**
 * A real Apache Kafka broker (KRaft, one node) on loopback and free ports; its data goes when it stops.
 * `kill` and `restart` keep port and data: that is how a broker dies and comes back under a reader.
 */
export class KafkaBroker {
  bootstrapServers = '';
  private port = 0;
  private home = '';
  private server: ServerProcess | undefined;

  async start(): Promise<this> {
    const libraries = join(await kafkaDistribution(), 'lib', '*');
    for (let attempt = 1; ; attempt++) {
      const [port, controller] = (await freePorts(2)) as [number, number];
      this.port = port;
      this.bootstrapServers = `127.0.0.1:${port}`;
      this.home = cacheDirectory('kafka-runs', `${Date.now()}-${process.pid}-${++started}`);
      await mkdir(this.home, { recursive: true });
      await writeFile(join(this.home, 'server.properties'), this.properties(port, controller));
      const format = [
        'kafka.tools.StorageTool',
        'format',
        '--standalone',
        '-t',
        'MkU3OEVBNTcwNTJENDM2Qk',
        '-c',
        'server.properties',
      ];
      await runProgram('java', ['-cp', libraries, ...format], this.home);
      try {
        await this.launch(libraries);
        return this;
      } catch (cause) {
        const taken = /Address already in use|BindException/.test(this.server?.logTail() ?? '');
        await this.stop();
        if (!taken || attempt === 3) throw cause;
      }
    }
  }

  /** Dies without a word to anybody. */
  async kill(): Promise<void> {
    await this.server?.kill();
    // The group is told to end at once, but its socket goes a moment later; a restart must not take it for its own.
    while (await accepts(this.port)) await sleep(50);
  }

  /** Comes back on the same port with the same data. */
  async restart(): Promise<void> {
    await this.launch(join(await kafkaDistribution(), 'lib', '*'));
  }

  async stop(): Promise<void> {
    await this.server?.stop();
    this.server = undefined;
    await rm(join(this.home, 'data'), { recursive: true, force: true });
  }

  private async launch(libraries: string): Promise<void> {
    const server = new ServerProcess(
      'java',
      ['-Xmx512m', '-cp', libraries, 'kafka.Kafka', 'server.properties'],
      join(this.home, 'kafka.log'),
      { cwd: this.home },
    );
    this.server = server;
    const deadline = Date.now() + 90_000;
    while (!(await accepts(this.port))) {
      if (!server.alive || Date.now() > deadline)
        throw new Error(`Kafka ${KAFKA_VERSION} did not come up; logs are in ${this.home}\n${server.logTail()}`);
      await sleep(200);
    }
  }

  private properties(port: number, controller: number): string {
    return `process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=${join(this.home, 'data')}
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
`;
  }
}
