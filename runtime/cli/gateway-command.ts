import { Gateway, jsonLog, newToken, secretFile, tokenFromFile, withCredentials } from '../gateway/index.js';
import { StreamcellError } from '../types/index.js';
import type { GatewayCommand } from './gateway-arguments.js';
import type { Surroundings } from './run-command.js';

const EXIT_ERROR = 1;

/** Runs a gateway until it is told to stop. @returns the exit code. */
export async function runGateway(
  command: GatewayCommand,
  around: Surroundings,
  environment: { STREAMCELL_TOKEN?: string; STREAMCELL_CLUSTER_CREDENTIALS?: string },
  version: string,
): Promise<number> {
  const log = jsonLog(command.logLevel, (line) => void around.stderr.write(line));
  const given = environment.STREAMCELL_TOKEN;
  // Nothing started from here needs it.
  delete environment.STREAMCELL_TOKEN;
  const credentials = environment.STREAMCELL_CLUSTER_CREDENTIALS;
  delete environment.STREAMCELL_CLUSTER_CREDENTIALS;
  let gateway: Gateway;
  let token: string;
  let isNew = false;
  try {
    if (command.tokenFile !== null) {
      token = tokenFromFile(command.tokenFile);
    } else if (given !== undefined && given !== '' && !command.stdioControl) {
      token = given;
    } else {
      // A gateway of a program's own does not share the token of another that its user may know.
      token = newToken();
      isNew = true;
    }
    const { host, port, origins, sessionTimeout, maxSessions, credentialsFile } = command;
    const clusters = withCredentials(
      command.clusters,
      credentialsFile === null ? (credentials ?? '') : secretFile(credentialsFile, 'credentials'),
    );
    gateway = await Gateway.start({
      host,
      port,
      token,
      log,
      clusters,
      origins,
      sessionTimeout,
      maxSessions,
      server: `streamcell ${version}`,
    });
  } catch (thrown) {
    const error = StreamcellError.from(thrown);
    around.stderr.write(`streamcell: ${error.code} ${error.message}${error.hint ? `\nHint: ${error.hint}` : ''}\n`);
    return EXIT_ERROR;
  }
  const stopped = new Promise<void>((resolve) => {
    around.onInterrupt(resolve);
    if (!command.stdioControl) return;
    around.stdin.on('end', resolve);
    around.stdin.on('close', resolve);
    around.stdin.on('error', () => resolve());
    around.stdin.resume();
  });
  // Nobody reads any more: that is no reason to end.
  around.stdout.on('error', () => undefined);
  if (command.stdioControl) around.stdout.write(`${JSON.stringify({ url: gateway.url, token })}\n`);
  else around.stdout.write(connectLine(gateway.url, isNew ? token : null));
  await stopped;
  await gateway.close();
  return 0;
}

function connectLine(url: string, token: string | null): string {
  const address = url.replace(/\/v1$/, '');
  return token === null
    ? `Streamcell gateway at ${address}\nConnect in a cell: %connect ${address}   (with the token in STREAMCELL_TOKEN)\n`
    : `Streamcell gateway at ${address}\nConnect in a cell: %connect ${address}   (with STREAMCELL_TOKEN=${token})\n`;
}
