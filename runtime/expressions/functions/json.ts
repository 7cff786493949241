import {
  ARRAY,
  BOOLEAN,
  DOUBLE,
  INT,
  STRING,
  StreamcellError,
  VARIANT,
  VariantValue,
  type DataType,
  type Value,
} from '../../types/index.js';
import type { BoundExpr, CallExpr } from '../bound.js';
import {
  JsonNumber,
  JsonObject,
  isScalarJson,
  jsonPath,
  jsonText,
  numberText,
  parseJson,
  readPath,
  toJson,
  toPlain,
  type Json,
} from '../library/json.js';
import { coerce } from '../type-casts.js';
import { isString } from '../type-rules.js';
import { boxed } from './boxed.js';
import { anyNullable, simple, str, type BuiltIn } from './define.js';

function isText(e: BoundExpr | undefined): e is BoundExpr {
  return e !== undefined && (isString(e.type) || e.type.root === 'NULL');
}

function failed(message: string): StreamcellError {
  return new StreamcellError('EXPRESSION_FAILED', message);
}

/** What a path finds: a value, nothing (lax), or a failure (strict, or text that is no JSON). */
function query(
  text: string,
  spec: string,
): { readonly value: Json | undefined; readonly error: string | null; readonly lax: boolean } {
  const path = jsonPath(spec);
  const root = parseJson(text, true);
  if (root === undefined && path.lax) return { value: undefined, error: null, lax: true };
  if (root === undefined) return { value: undefined, error: `Invalid JSON: ${text.slice(0, 100)}`, lax: path.lax };
  const value = readPath(root, path);
  if (value === undefined && !path.lax) return { value, error: `No results for path: ${spec}`, lax: false };
  return { value, error: null, lax: path.lax };
}

const jsonExists: BuiltIn = boxed({
  names: ['JSON_EXISTS'],
  signature: 'JSON_EXISTS(STRING, path [ON ERROR])',
  bind(args) {
    if (args.length !== 2 || !args.every(isText)) return undefined;
    return { args: args.map((a) => coerce(a, STRING())), type: BOOLEAN() };
  },
  call([text, spec], _types, _result, options) {
    const r = query(text as string, spec as string);
    if (r.error === null) return r.value !== undefined && r.value !== null;
    switch (options?.onError) {
      case 'TRUE':
        return true;
      case 'UNKNOWN':
        return null;
      case 'ERROR':
        throw failed(r.error);
      default:
        return false;
    }
  },
});

const RETURNING: Readonly<Record<string, (nullable?: boolean) => DataType>> = {
  STRING,
  INT,
  INTEGER: INT,
  BOOLEAN,
  DOUBLE,
};

/** The value of JSON_VALUE's behaviour on empty or on error; undefined: raise the error. */
function fallback(
  which: 'onEmpty' | 'onError',
  options: CallExpr['options'],
  args: readonly Value[],
): Value | undefined {
  switch (options?.[which]) {
    case 'ERROR':
      return undefined;
    case 'DEFAULT':
      return args[Number(options[`${which}Argument`])];
    default:
      return null;
  }
}

const jsonValue: BuiltIn = boxed({
  names: ['JSON_VALUE'],
  signature: 'JSON_VALUE(STRING, path [RETURNING type] [ON EMPTY] [ON ERROR])',
  nulls: true,
  bind(args, info) {
    if (!isText(args[0]) || !isText(args[1])) return undefined;
    const returning = info.options?.returning;
    const type =
      returning === undefined
        ? STRING()
        : RETURNING[
            String(returning)
              .replace(/ NOT NULL$/, '')
              .replace(/^VARCHAR.*/, 'STRING')
          ]?.();
    if (!type) return undefined;
    return { args: args.map((a, i) => (i < 2 ? coerce(a, STRING()) : coerce(a, type))), type };
  },
  call(args, _types, result, options) {
    const [text, spec] = args;
    if (text === null || spec === null) return null;
    const r = query(text as string, spec as string);
    let error = r.error;
    if (error === null) {
      const { value } = r;
      if (value === undefined || value === null || (r.lax && !isScalarJson(value))) {
        const v = fallback('onEmpty', options, args);
        if (v === undefined) throw failed('Empty result of JSON_VALUE function is not allowed.');
        return v;
      }
      if (isScalarJson(value)) {
        const converted = returningValue(value, result);
        if (converted !== undefined) return converted;
        // Flink fails here, whatever ON ERROR says.
        throw failed(`JSON_VALUE cannot return ${jsonText(value)} as ${result.root}.`);
      } else error = `Strict jsonpath mode requires scalar value, and the actual value is: '${jsonText(value)}'.`;
    }
    const v = fallback('onError', options, args);
    if (v === undefined) throw failed(error);
    return v;
  },
});

function returningValue(v: Json, type: DataType): Value | undefined {
  switch (type.root) {
    case 'BOOLEAN':
      return typeof v === 'boolean' ? v : undefined;
    case 'INTEGER':
      return v instanceof JsonNumber && /^-?\d{1,10}$/.test(v.text) && (Number(v.text) | 0) === Number(v.text)
        ? Number(v.text)
        : undefined;
    case 'DOUBLE':
      return v instanceof JsonNumber ? Number(v.text) : undefined;
    default:
      return v instanceof JsonNumber ? numberText(v, false) : String(v);
  }
}

const jsonQuery: BuiltIn = boxed({
  names: ['JSON_QUERY'],
  signature: 'JSON_QUERY(STRING, path [RETURNING type] [WRAPPER] [ON EMPTY] [ON ERROR])',
  bind(args, info) {
    if (args.length !== 2 || !args.every(isText)) return undefined;
    const returning = info.options?.returning;
    const text = returning === undefined ? 'STRING' : String(returning).replace(/ NOT NULL$/, '');
    let type: DataType;
    if (text === 'STRING' || text.startsWith('VARCHAR')) type = STRING();
    else if (text === 'ARRAY<STRING>') type = ARRAY(STRING());
    else
      throw new StreamcellError('FUNCTION_ARGUMENTS', `Unsupported type '${text}' for RETURNING in JSON_QUERY().`, {
        span: info.span,
      });
    for (const which of ['onEmpty', 'onError'] as const) {
      if (type.root === 'ARRAY' && info.options?.[which] === 'EMPTY OBJECT')
        throw new StreamcellError(
          'FUNCTION_ARGUMENTS',
          `Illegal on ${which === 'onEmpty' ? 'empty' : 'error'} behavior 'EMPTY OBJECT' for return type ARRAY.`,
          { span: info.span },
        );
    }
    return { args: args.map((a) => coerce(a, STRING())), type };
  },
  call([text, spec], _types, result, options) {
    const list = result.root === 'ARRAY';
    const give = (v: Json): Value => {
      if (!list) return jsonText(v);
      if (!Array.isArray(v)) return null;
      return (v as readonly Json[]).map((x) =>
        x === null ? null : isScalarJson(x) ? (x instanceof JsonNumber ? numberText(x, true) : String(x)) : jsonText(x),
      );
    };
    const behavior = (which: 'onEmpty' | 'onError', message: string): Value => {
      switch (options?.[which]) {
        case 'ERROR':
          throw failed(message);
        case 'EMPTY ARRAY':
          return list ? [] : '[]';
        case 'EMPTY OBJECT':
          return '{}';
        default:
          return null;
      }
    };
    const r = query(text as string, spec as string);
    if (r.error !== null) return behavior('onError', r.error);
    let value = r.value ?? null;
    const wrapper = String(options?.wrapper ?? '');
    if (value !== null && !wrapper.startsWith('WITHOUT') && wrapper !== '') {
      if (!wrapper.includes('CONDITIONAL') || wrapper.includes('UNCONDITIONAL') || !Array.isArray(value))
        value = [value];
    }
    if (value === null || (r.lax && isScalarJson(value)))
      return behavior('onEmpty', 'Empty result of JSON_QUERY function is not allowed.');
    if (isScalarJson(value))
      return behavior(
        'onError',
        `Strict jsonpath mode requires array or object value, and the actual value is: '${jsonText(value)}'.`,
      );
    return give(value);
  },
});

function isJson(kind: 'VALUE' | 'OBJECT' | 'ARRAY' | 'SCALAR', negated: boolean): BuiltIn {
  return boxed({
    names: [`IS ${negated ? 'NOT ' : ''}JSON ${kind}`],
    signature: `STRING IS ${negated ? 'NOT ' : ''}JSON ${kind}`,
    nulls: true,
    bind: (args) =>
      args.length === 1 && isText(args[0]) ? { args: [coerce(args[0], STRING())], type: BOOLEAN(false) } : undefined,
    call([text]) {
      const v = text === null ? undefined : parseJson(text as string);
      const is =
        v !== undefined &&
        (kind === 'VALUE' ||
          (kind === 'OBJECT' ? v instanceof JsonObject : kind === 'ARRAY' ? Array.isArray(v) : isScalarJson(v)));
      return is !== negated;
    },
  });
}

const MISPLACED =
  'The JSON() function is currently only supported inside JSON_ARRAY() or as the VALUE param of JSON_OBJECT().';

/** Text that stands for itself inside JSON_OBJECT and JSON_ARRAY: the result of another JSON function. */
const RAW: ReadonlySet<string> = new Set(['JSON_OBJECT', 'JSON_ARRAY', 'JSON']);

function rawFlags(args: readonly BoundExpr[]): string {
  return args.map((a) => (a.kind === 'call' && RAW.has(a.fn) ? '1' : '0')).join('');
}

function member(v: Value, type: DataType, raw: boolean, zone: string): Json {
  if (v !== null && raw) {
    if ((v as string).trim() === '') return null;
    const json = parseJson(v as string);
    if (json === undefined) throw failed(`Invalid JSON string in JSON(value) function: ${String(v).slice(0, 100)}`);
    return json;
  }
  return toJson(v, type, zone);
}

function refuseJsonFunction(args: readonly BoundExpr[], info: { readonly span?: CallExpr['span'] }): void {
  if (args.some((a) => a.kind === 'call' && a.fn === 'JSON'))
    throw new StreamcellError('FUNCTION_ARGUMENTS', MISPLACED, { span: info.span });
}

const NO_JSON = new Set(['INTERVAL_DAY_TIME', 'INTERVAL_YEAR_MONTH', 'DATE', 'TIME']);

const jsonObject: BuiltIn = boxed({
  names: ['JSON_OBJECT'],
  signature: 'JSON_OBJECT(KEY k VALUE v, ... [ON NULL])',
  nulls: true,
  bind(args) {
    const keys = args.filter((_, i) => i % 2 === 0);
    if (!keys.every((k) => isString(k.type) && k.kind === 'literal' && k.value !== null)) return undefined;
    if (args.some((a, i) => i % 2 === 1 && NO_JSON.has(a.type.root))) return undefined;
    return { args, type: STRING(false) };
  },
  call(args, types, _result, options, zone) {
    const fields = new Map<string, Json>();
    const raw = String(options?.raw ?? '');
    for (let i = 0; i < args.length; i += 2) {
      const v = member(args[i + 1], types[i + 1], raw[i + 1] === '1', zone);
      if (v !== null || options?.onNull !== 'ABSENT') fields.set(args[i] as string, v);
    }
    return jsonText(new JsonObject(fields));
  },
});

const jsonArray: BuiltIn = boxed({
  names: ['JSON_ARRAY'],
  signature: 'JSON_ARRAY(v, ... [ON NULL])',
  nulls: true,
  bind: (args) => (args.some((a) => NO_JSON.has(a.type.root)) ? undefined : { args, type: STRING(false) }),
  call(args, types, _result, options, zone) {
    const raw = String(options?.raw ?? '');
    const items = args.map((v, i) => member(v, types[i], raw[i] === '1', zone));
    return jsonText(options?.onNull === 'NULL' ? items : items.filter((v) => v !== null));
  },
});

/** Notes which arguments are JSON already. */
function withRaw(fn: BuiltIn): BuiltIn {
  const inner = (a: BoundExpr): BoundExpr => (a.kind === 'call' && a.fn === 'JSON' ? a.args[0] : a);
  return {
    ...fn,
    bind(args, info) {
      if (fn.name === 'JSON_OBJECT')
        refuseJsonFunction(
          args.filter((_, i) => i % 2 === 0),
          info,
        );
      return fn.bind(args.map(inner), { ...info, options: { ...info.options, raw: rawFlags(args) } });
    },
  };
}

const json: BuiltIn = boxed({
  names: ['JSON'],
  signature: 'JSON(STRING)',
  bind: (args) =>
    args.length === 1 && isText(args[0])
      ? { args: [coerce(args[0], STRING())], type: STRING(args[0].type.nullable) }
      : undefined,
  call: () => {
    throw failed(MISPLACED);
  },
});

const jsonStringFunction: BuiltIn = boxed({
  names: ['JSON_STRING'],
  signature: 'JSON_STRING(value)',
  bind(args, info) {
    refuseJsonFunction(args, info);
    return args.length === 1 && !NO_JSON.has(args[0].type.root)
      ? { args, type: STRING(args[0].type.nullable) }
      : undefined;
  },
  call: ([v], [type], _result, _options, zone) => jsonText(toJson(v, type, zone)),
});

function jsonQuote(s: string): string {
  let out = '"';
  for (let i = 0; i < s.length; i++) {
    const c = s[i];
    const code = s.charCodeAt(i);
    const short = SHORT_ESCAPES[c];
    if (short !== undefined) out += short;
    else if (code < 32 || code > 126) out += `\\u${(s.codePointAt(i) as number).toString(16).padStart(4, '0')}`;
    else out += c;
  }
  return out + '"';
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '/': '\\/',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** Takes the quotes off a JSON string and resolves its escapes; any other text stays as it is. */
function jsonUnquote(s: string): string {
  if (s.length < 2 || !s.startsWith('"') || !s.endsWith('"')) return s;
  const body = s.slice(1, -1);
  let out = '';
  for (let i = 0; i < body.length; i++) {
    const c = body[i];
    if (c !== '\\') {
      out += c;
      continue;
    }
    const next = body[++i];
    const at = next === undefined ? -1 : 'bfnrt"\\/'.indexOf(next);
    if (at >= 0) out += '\b\f\n\r\t"\\/'[at];
    else if (next === 'u' && /^[0-9a-fA-F]{4}/.test(body.slice(i + 1))) {
      out += String.fromCharCode(parseInt(body.slice(i + 1, i + 5), 16));
      i += 4;
    } else return s;
  }
  return out;
}

function parseVariant(safe: boolean): BuiltIn {
  const name = safe ? 'TRY_PARSE_JSON' : 'PARSE_JSON';
  return boxed({
    names: [name],
    signature: `${name}(STRING[, BOOLEAN])`,
    bind(args) {
      if (args.length < 1 || args.length > 2 || !isText(args[0]) || (args[1] && args[1].type.root !== 'BOOLEAN'))
        return undefined;
      return { args: [coerce(args[0], STRING()), ...args.slice(1)], type: VARIANT(safe || anyNullable(args)) };
    },
    call([text]) {
      const v = parseJson(text as string);
      if (v !== undefined) return new VariantValue(toPlain(v));
      if (safe) return null;
      throw failed(`Failed to parse json string: ${(text as string).slice(0, 100)}`);
    },
  });
}

export const jsonFunctions: readonly BuiltIn[] = [
  jsonExists,
  jsonValue,
  jsonQuery,
  withRaw(jsonObject),
  withRaw(jsonArray),
  json,
  jsonStringFunction,
  ...(['VALUE', 'OBJECT', 'ARRAY', 'SCALAR'] as const).flatMap((k) => [isJson(k, false), isJson(k, true)]),
  simple({ names: ['JSON_QUOTE'], params: [str], type: STRING(), call: jsonQuote }),
  simple({ names: ['JSON_UNQUOTE'], params: [str], type: STRING(), call: jsonUnquote }),
  parseVariant(false),
  parseVariant(true),
];
