import { StreamcellError } from '@streamcell/runtime/types/index';
import { Interrupted, interruptible } from '../interruption.js';
import { optionsHelp, parseMagicLine, type OptionSpec, type Word } from '../magic-line.js';
import { quietLine } from '@streamcell/runtime/session/statement-output';
import type { Magic, MagicCall } from './magic.js';

const OPTIONS: readonly OptionSpec[] = [
  {
    name: '--token',
    value: 'VAR',
    help: 'variable of the notebook, or of the environment, that holds the token; else STREAMCELL_TOKEN',
  },
];

/** `%connect`: where the cells run from now on. Tokens come from variables, so that none stands in a notebook. */
export const connect: Magic = {
  name: 'connect',
  aliases: ['flink_connect'],
  usage: 'connect ADDRESS [--token VAR] | embedded',
  summary:
    'Runs the cells from now on at a gateway (ws://host:port, wss://...?cluster=NAME), or in the embedded engine.',
  help: optionsHelp(OPTIONS),
  takesBody: false,
  words: ['embedded', '--token'],
  run,
};

async function run({ cell, arguments: span, around, output, signal }: MagicCall): Promise<void> {
  const { options, arguments: words } = parseMagicLine(cell, span, OPTIONS);
  const { sessions } = around;
  if (words.length !== 1) {
    throw new StreamcellError(
      'MAGIC_INVALID',
      words.length === 0 ? 'An address is missing.' : 'One address is expected.',
      {
        span: words[1]?.span ?? span,
        hint: `%${connect.usage}`,
      },
    );
  }
  const [address] = words;
  let where: readonly string[] = [];
  if (address.text.toLowerCase() === 'embedded') await sessions.disconnect();
  else {
    const url = urlOf(address);
    where = [url.host];
    const token = await tokenOf(options[0]?.value ?? null, around.variables);
    try {
      if ((await interruptible(sessions.connect(url.href, token, signal), signal)) === 'interrupted')
        throw new Interrupted();
    } catch (thrown) {
      throw thrown instanceof Interrupted ? thrown : withoutToken(StreamcellError.from(thrown), token).at(address.span);
    }
  }
  output.display(quietLine(['connected', ...where, sessions.cluster]));
}

function urlOf(address: Word): URL {
  const hint = 'As in: %connect ws://localhost:8090, %connect embedded';
  let url: URL;
  try {
    url = new URL(address.text);
  } catch {
    throw new StreamcellError('MAGIC_INVALID', `'${address.text}' is no address.`, { span: address.span, hint });
  }
  if (!['ws:', 'wss:', 'http:', 'https:'].includes(url.protocol))
    throw new StreamcellError('MAGIC_INVALID', `An address begins with ws:// or wss://.`, { span: address.span, hint });
  if (url.username !== '' || url.password !== '' || url.searchParams.has('token')) {
    // What stands in a cell is saved with the notebook.
    throw new StreamcellError('MAGIC_INVALID', 'A token does not belong into a cell.', {
      span: address.span,
      hint: 'Give the variable that holds it: --token VAR.',
    });
  }
  return url;
}

async function tokenOf(name: Word | null, variables: MagicCall['around']['variables']): Promise<string | null> {
  if (name === null) return process.env.STREAMCELL_TOKEN ?? null;
  const value = (await variables.get(name.text)) ?? process.env[name.text];
  if (typeof value === 'string' && value !== '') return value;
  throw new StreamcellError('MAGIC_INVALID', `There is no variable ${name.text} with a token.`, {
    span: name.span,
    hint: 'It is a variable of the notebook or of the environment, and holds a text.',
  });
}

/** Whatever the other side says, the token is not shown. */
function withoutToken(error: StreamcellError, token: string | null): StreamcellError {
  if (token === null || !`${error.message}${error.hint ?? ''}`.includes(token)) return error;
  const hidden = (text: string): string => text.replaceAll(token, '***');
  return new StreamcellError(error.code, hidden(error.message), {
    hint: error.hint === undefined ? undefined : hidden(error.hint),
  });
}
