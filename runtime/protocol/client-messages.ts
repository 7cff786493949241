import { StreamcellError, type ErrorData } from '../types/index.js';
import { MAX_CREDIT, MAX_VIEWPORT_ROWS, type ClientMessage } from './messages.js';

/** Longest name that a client may choose (executions, channels), and longest id it may send back. */
const MAX_NAME = 200;
const MAX_ITEMS = 1000;

/** Null when it fits, else what would. */
type Check = (value: unknown) => string | null;
type Fields = Readonly<Record<string, Check>>;

const check =
  (what: string, fits: (value: unknown) => boolean): Check =>
  (value) =>
    fits(value) ? null : what;

const text = check('a text', (v) => typeof v === 'string');
const name = check(
  `a text of 1 to ${MAX_NAME} characters`,
  (v) => typeof v === 'string' && v !== '' && v.length <= MAX_NAME,
);
const flag = check('true or false', (v) => typeof v === 'boolean');
const number = check('a number', (v) => typeof v === 'number' && Number.isFinite(v));
const whole = (from: number, to = Number.MAX_SAFE_INTEGER): Check =>
  check(
    to === Number.MAX_SAFE_INTEGER ? `a whole number from ${from}` : `a whole number from ${from} to ${to}`,
    (v) => Number.isSafeInteger(v) && (v as number) >= from && (v as number) <= to,
  );
const oneOf = (...values: readonly string[]): Check =>
  check(`one of ${values.join(', ')}`, (v) => values.includes(v as string));
const optional =
  (inner: Check): Check =>
  (value) =>
    value === undefined ? null : inner(value);
const list =
  (item: Check): Check =>
  (value) => {
    if (!Array.isArray(value) || value.length > MAX_ITEMS) return `a list of at most ${MAX_ITEMS}`;
    const wrong = value.map(item).find((w) => w !== null);
    return wrong === undefined ? null : `a list, each ${wrong}`;
  };
const record =
  (item: Check): Check =>
  (value) => {
    if (!isObject(value) || Object.keys(value).length > MAX_ITEMS) return `an object of at most ${MAX_ITEMS} entries`;
    const wrong = Object.values(value)
      .map(item)
      .find((w) => w !== null);
    return wrong === undefined ? null : `an object, each value ${wrong}`;
  };
const object =
  (fields: Fields): Check =>
  (value) =>
    isObject(value) ? wrongField(value, fields) : 'an object';

const viewport: Check = (value) => {
  const wrong = object({
    from: whole(0),
    to: whole(0),
    mode: optional(oneOf('table', 'changelog')),
    sort: optional(list(object({ column: whole(0), ascending: flag }))),
    filter: optional(list(object({ column: whole(0), contains: text }))),
  })(value);
  if (wrong !== null) return wrong;
  const { from, to } = value as { from: number; to: number };
  return to >= from && to - from <= MAX_VIEWPORT_ROWS ? null : `a range of at most ${MAX_VIEWPORT_ROWS} rows`;
};
const span = object({ start: whole(0), end: whole(0) });
const errorData = object({
  code: name,
  message: text,
  span: optional(span),
  hint: optional(text),
  operator: optional(text),
});
const BIGINT_TEXT = /^-?\d{1,80}$/;
const scalar: Check = (value) => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return null;
  if (typeof value === 'number') return number(value);
  const fits =
    isObject(value) &&
    Object.keys(value).length === 1 &&
    ((typeof value.bigint === 'string' && BIGINT_TEXT.test(value.bigint)) ||
      value.date === null ||
      Number.isFinite(value.date) ||
      ['NaN', 'Infinity', '-Infinity'].includes(value.double as string));
  return fits ? null : "a text, number, true, false, null, {bigint: '1'}, {date: ms} or {double: 'NaN'}";
};
const scalars = list(scalar);
const parameter: Check = (value) => (Array.isArray(value) ? scalars(value) : scalar(value));
/** Read closely by who serves the view. */
const viewData = check('an object', isObject);
const stream = { stream: name };
const session = { session: name };
const request = { id: whole(0) };
const execution = { ...session, execution: name };

const MESSAGES = {
  hello: { versions: list(whole(0)), token: optional(text), client: optional(text) },
  ping: { at: number },
  pong: { at: number },
  openSession: { ...request, cluster: optional(name), options: optional(record(text)), resume: optional(name) },
  status: { ...request, ...stream },
  snapshot: { ...request, ...stream },
  present: {
    ...request,
    ...stream,
    options: optional(
      object({
        title: optional(text),
        mode: optional(oneOf('table', 'changelog', 'chart', 'single')),
        chart: optional(text),
        refresh: optional(number),
        limit: optional(whole(0)),
      }),
    ),
  },
  presentError: { ...request, error: errorData, cell: text },
  attach: { ...request, ...stream },
  cancel: { ...request, ...stream },
  complete: { ...request, ...session, text, offset: whole(0) },
  validate: { ...request, ...session, text, unbound: optional(flag) },
  explain: {
    ...request,
    ...session,
    text,
    stage: optional(oneOf('ast', 'logical', 'optimized', 'physical', 'changelog')),
  },
  parameterNames: { ...request, text },
  jobs: { ...request, ...session },
  stopJob: { ...request, ...session, job: text },
  options: { ...request, ...session },
  detach: { ...request, ...session },
  close: { ...request, ...session },
  execute: {
    ...execution,
    text,
    received: optional(whole(0)),
    options: optional(
      object({
        mode: optional(oneOf('table', 'changelog')),
        maxRows: optional(whole(1)),
        name: optional(text),
        parallelism: optional(whole(1)),
        limit: optional(whole(0)),
        parameters: optional(record(parameter)),
        paced: optional(flag),
        changes: optional(flag),
      }),
    ),
  },
  next: { ...execution, received: whole(0) },
  endExecution: execution,
  interrupt: execution,
  changes: { ...stream, credit: whole(1, MAX_CREDIT), after: optional(whole(0)) },
  credit: { ...stream, credit: whole(0, MAX_CREDIT), received: whole(0) },
  stopChanges: stream,
  subscribe: { ...stream, subscription: whole(0), viewport },
  viewport: { subscription: whole(0), viewport },
  ack: { subscription: whole(0), seq: whole(0) },
  unsubscribe: { subscription: whole(0) },
  viewOpen: { ...session, channel: name, data: viewData },
  viewMessage: { channel: name, data: viewData },
  viewClose: { channel: name },
  release: stream,
} satisfies Record<ClientMessage['type'], Fields>;

export type ParsedMessage =
  { readonly message: ClientMessage } | { readonly id: number | null; readonly error: ErrorData };

/** Understands a text frame of a client, whatever it is; an error has the request's id when that could be read. */
export function parseClientMessage(data: string): ParsedMessage {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return refused(null, 'The message is no JSON.');
  }
  if (!isObject(value)) return refused(null, 'A message is one JSON object.');
  const id = Number.isSafeInteger(value.id) ? (value.id as number) : null;
  const { type } = value;
  if (typeof type !== 'string' || !Object.hasOwn(MESSAGES, type))
    // Only a text is repeated: anything else may not even be turned into one.
    return refused(
      id,
      typeof type === 'string'
        ? `There is no message of type '${type.slice(0, MAX_NAME)}'.`
        : "A message has a 'type', which is a text.",
    );
  const wrong = wrongField(value, MESSAGES[type as ClientMessage['type']]);
  return wrong === null
    ? { message: value as unknown as ClientMessage }
    : refused(id, `Message '${type}': expected ${wrong}.`);
}

function wrongField(value: Readonly<Record<string, unknown>>, fields: Fields): string | null {
  for (const [key, fits] of Object.entries(fields)) {
    const wrong = fits(value[key]);
    if (wrong !== null) return `'${key}' to be ${wrong}`;
  }
  return null;
}

function refused(id: number | null, message: string): ParsedMessage {
  return { id, error: new StreamcellError('PROTOCOL_INVALID', message).toData() };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
