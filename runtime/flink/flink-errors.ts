import { StreamcellError, type ErrorCode, type Span } from '../types/index.js';

interface Cause {
  /** Java class, without its package. */
  readonly type: string;
  readonly message: string;
}

/** What a Java stack trace comes down to. */
export interface FlinkFailure {
  readonly message: string;
  /** Null when the message is none that we know. */
  readonly code: ErrorCode | null;
  readonly hint: string | undefined;
  /** Where in the statement's text; both ends from 1, the last column included. */
  readonly place: FlinkPlace | null;
  /** Whether a job failed, rather than a statement that was refused. */
  readonly ofJob: boolean;
}

interface FlinkPlace {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

interface Rule {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly hint?: string | ((match: RegExpExecArray) => string | undefined);
}

/** Connectors that the embedded engine has and Flink has not. */
const EMBEDDED_CONNECTORS = new Set(['nexmark', 'values']);

/** Flink's words and our codes, from the most telling to the least. */
const RULES: readonly Rule[] = [
  {
    pattern: /^(?:SQL parse failed\. )?(?:Encountered |Lexical error|Non-query expression|Incorrect syntax)/,
    code: 'SQL_SYNTAX',
  },
  {
    pattern: /No match found for function signature|Function '[^']*' (?:not found|does not exist)/,
    code: 'FUNCTION_NOT_FOUND',
  },
  { pattern: /Invalid number of arguments|Invalid function call|Invalid input arguments/, code: 'FUNCTION_ARGUMENTS' },
  { pattern: /^Column '[^']*' is ambiguous/, code: 'COLUMN_AMBIGUOUS' },
  { pattern: /^Column '[^']*' not found|Unknown (?:target column|field|identifier)/, code: 'COLUMN_NOT_FOUND' },
  {
    pattern:
      /^Object '[^']*' not found|^Table '[^']*' not found|Tables? (?:or views? )?with (?:the )?identifier '[^']*' does not exist|^Cannot find table/,
    code: 'TABLE_NOT_FOUND',
  },
  { pattern: /[Cc]atalog (?:with name )?\[?[\w'`]*\]? ?(?:does not exist|not found)/, code: 'CATALOG_NOT_FOUND' },
  {
    pattern: /[Dd]atabase (?:with name )?\[?[\w'`.]*\]? ?(?:.*)(?:does not exist|not found)/,
    code: 'DATABASE_NOT_FOUND',
  },
  { pattern: /(?:Table|View|table|view)[^\n]*already exists/, code: 'TABLE_EXISTS' },
  { pattern: /(?:Database|Catalog|Function|Model)[^\n]*already exists/, code: 'OBJECT_EXISTS' },
  { pattern: /^Expression '[^']*' is not being grouped/, code: 'NOT_GROUPED' },
  { pattern: /^Cast function cannot convert|Unsupported cast/, code: 'CAST_INVALID' },
  { pattern: /^Cannot apply '|^Incompatible types|types? mismatch/, code: 'TYPE_MISMATCH' },
  { pattern: /doesn't support consuming (?:update|delete)|Table sink .* doesn't support/, code: 'CHANGELOG_MODE' },
  { pattern: /Column types of query result and sink .* do not match/, code: 'SINK_SCHEMA' },
  {
    pattern: /Could not find any (?:factory|format factory) for identifier '([^']*)'/,
    code: 'CONNECTOR_UNSUPPORTED',
    hint: ([, name]) =>
      EMBEDDED_CONNECTORS.has(name)
        ? `Connector '${name}' exists in the embedded engine only (%connect embedded); on a cluster use datagen, files or Kafka.`
        : "The connector's jar has to be on the cluster (lib/), or added with ADD JAR.",
  },
  {
    pattern: /Table options do not contain an option key 'connector'|required options are missing/,
    code: 'OPTION_MISSING',
  },
  { pattern: /Unsupported options found/, code: 'OPTION_UNKNOWN' },
  { pattern: /Invalid value for option|Could not parse value/, code: 'OPTION_INVALID' },
  { pattern: /^Column '[^']*' is NOT NULL, however/, code: 'NOT_NULL_VIOLATED' },
  { pattern: /^\/ by zero|^Division (?:by zero|undefined)/, code: 'DIVISION_BY_ZERO' },
  { pattern: /RowTime field should not be null/, code: 'NULL_ROWTIME' },
  {
    pattern: /^(?:For input string|Cannot parse|Casting .* failed|Text '.*' could not be parsed)/,
    code: 'CAST_FAILED',
  },
  {
    pattern: /Failed to deserialize|Corrupt (?:Json|CSV|Debezium|Canal|Maxwell|OGG)|Fail to deserialize/,
    code: 'RECORD_MALFORMED',
  },
  { pattern: /Could not acquire the minimum required resources|NoResourceAvailable/, code: 'CLUSTER_RESOURCES' },
  {
    pattern:
      /Task(?:Manager|Executor)\b.*(?:no longer reachable|timed out|shutting down|disconnected)|remote task manager/i,
    code: 'CLUSTER_JOB_FAILED',
    hint: 'A TaskManager of the cluster died. Run the statement again when it is back.',
  },
  { pattern: /^(?:File|Path) .* does not exist|No such file or directory/, code: 'FILE_NOT_FOUND' },
  {
    pattern:
      /Timed out waiting for a node assignment|Failed to (?:get metadata|list topics)|No resolvable bootstrap urls/,
    code: 'KAFKA_UNREACHABLE',
  },
  {
    pattern: /This server does not host this topic-partition|Topic '[^']*' (?:does not exist|not found)/,
    code: 'KAFKA_TOPIC',
  },
  {
    pattern:
      /^Connection refused: [^\n]*|^Could not (?:complete the operation\. Number of retries|retrieve the rest endpoint)/,
    code: 'CLUSTER_UNREACHABLE',
  },
];

/** Causes of which the message says nothing that the next one does not say better. */
const EMPTY = /^(?:null)?$/;

/** Longest message shown; Flink lists every factory of the class path. */
const MESSAGE_LENGTH = 1200;

/** Reads a stack trace as Flink's servers send it. */
export function readFailure(serverSide: string): FlinkFailure {
  const causes = causesOf(serverSide);
  const telling = causes.filter((c) => !EMPTY.test(c.message));
  const root = telling.at(-1) ?? causes.at(-1) ?? { type: 'Error', message: serverSide };
  const message = shownMessage(root);
  const rule = matching(message) ?? matching(telling.map((c) => c.message).join('\n'));
  const hint =
    rule?.match !== undefined && typeof rule.rule.hint === 'function' ? rule.rule.hint(rule.match) : undefined;
  return {
    message,
    code: rule?.rule.code ?? codeOfType(root.type),
    hint: hint ?? (typeof rule?.rule.hint === 'string' ? rule.rule.hint : undefined),
    place: placeOf(telling),
    ofJob: /JobExecutionException|Job failed|JobException|NoRestartBackoffTime|Failed to fetch next result/.test(
      serverSide,
    ),
  };
}

/** A failure as the user sees it. `text`: the statement as it was sent, `start`: where its first character stands in the script. */
export function flinkError(failure: FlinkFailure, text: string, start: number): StreamcellError {
  const span = failure.place === null ? undefined : spanOf(failure.place, text, start);
  const code = failure.code ?? (failure.ofJob ? 'CLUSTER_JOB_FAILED' : 'CLUSTER_STATEMENT_FAILED');
  return new StreamcellError(code, failure.message, { span, hint: failure.hint });
}

function matching(message: string): { readonly rule: Rule; readonly match: RegExpExecArray } | null {
  for (const rule of RULES) {
    const match = rule.pattern.exec(message);
    if (match !== null) return { rule, match };
  }
  return null;
}

function codeOfType(type: string): ErrorCode | null {
  if (type === 'ArithmeticException') return 'EXPRESSION_FAILED';
  if (type === 'NumberFormatException' || type === 'DateTimeException' || type === 'DateTimeParseException')
    return 'CAST_FAILED';
  if (type === 'FileNotFoundException' || type === 'NoSuchFileException') return 'FILE_NOT_FOUND';
  return null;
}

/** `Caused by: a.b.SomeException: message`, the message up to the first frame. The outermost comes first. */
function causesOf(serverSide: string): Cause[] {
  const causes: Cause[] = [];
  let lines: string[] | null = null;
  const close = (): void => {
    if (lines === null) return;
    const text = lines.join('\n').trim();
    lines = null;
    const match = /^((?:[\w$]+\.)+[\w$]+)(?:: ?([\s\S]*))?$/.exec(text);
    const type = match?.[1].split('.').at(-1)?.split('$').at(-1);
    causes.push({ type: type ?? 'Error', message: (match === null ? text : (match[2] ?? '')).trim() });
  };
  for (const line of serverSide.split('\n')) {
    if (/^\s+(?:at |\.\.\. \d+ more|Suppressed: )/.test(line) || /^End of exception on server side/.test(line)) close();
    else if (line.startsWith('Caused by: ')) {
      close();
      lines = [line.slice('Caused by: '.length)];
    } else if (lines !== null) lines.push(line);
    else if (causes.length === 0 && /^(?:[a-z][\w$]*\.)+[A-Z][\w$]*(?:: |$)/.test(line)) lines = [line];
  }
  close();
  return causes;
}

function shownMessage({ type, message }: Cause): string {
  if (EMPTY.test(message)) return type;
  const nested = message.replace(/^(?:[a-z][\w$]*\.)+([A-Z][\w$]*(?:Exception|Error)): /, '');
  const text = nested
    .replace(/^SQL (?:parse|validation) failed\. /, '')
    .replace(/^From line \d+, column \d+ to line \d+, column \d+: /, '')
    .replace(/ that implements '[\w.$]+'(?= (?:in the classpath|are:))/g, '')
    .replace(/\n\s*Was expecting[\s\S]*$/, '')
    .replace(/\s*\n\s*\n\s*/g, '\n')
    .trim();
  return text.length > MESSAGE_LENGTH ? `${text.slice(0, MESSAGE_LENGTH)} ...` : text;
}

function placeOf(causes: readonly Cause[]): FlinkPlace | null {
  for (const { message } of [...causes].reverse()) {
    const range = /[Ff]rom line (\d+), column (\d+) to line (\d+), column (\d+)/.exec(message);
    if (range !== null) {
      const [line, column, endLine, endColumn] = range.slice(1).map(Number);
      return { line, column, endLine, endColumn };
    }
    const point = /[Aa]t line (\d+), column (\d+)/.exec(message);
    if (point !== null) {
      const [line, column] = point.slice(1).map(Number);
      const width = /^(?:SQL parse failed\. )?Encountered "([^"\n]*)"/.exec(message)?.[1].trim().length ?? 1;
      return { line, column, endLine: line, endColumn: column + Math.max(1, width) - 1 };
    }
  }
  return null;
}

function spanOf(place: FlinkPlace, text: string, start: number): Span {
  const lines = text.split('\n');
  const offset = (line: number, column: number): number =>
    lines.slice(0, line - 1).reduce((sum, l) => sum + l.length + 1, 0) + column;
  const clamp = (at: number): number => Math.max(0, start + Math.max(0, Math.min(at, text.length)));
  return { start: clamp(offset(place.line, place.column - 1)), end: clamp(offset(place.endLine, place.endColumn)) };
}
