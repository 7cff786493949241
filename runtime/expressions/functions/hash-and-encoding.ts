import { createHash, randomUUID } from 'node:crypto';
import {
  BIGINT,
  BOOLEAN,
  BYTES,
  CHAR,
  INT,
  STRING,
  StreamcellError,
  VARCHAR,
  type DataType,
} from '../../types/index.js';
import type { Exact } from '../library/exact.js';
import { decodeText, encodeText, fromBase64, hex, javaHash, parseUrl, unhex } from '../library/encoding.js';
import { isApproximate, isInteger, isString } from '../type-rules.js';
import { bigint, bytes, int, simple, str, type BuiltIn, type Param } from './define.js';

const digest = (name: string, algorithm: string, length: number): BuiltIn =>
  simple({
    names: [name],
    params: [[str], [bytes]],
    type: CHAR(length),
    call: (s: string | Uint8Array) => createHash(algorithm).update(s).digest('hex'),
  });

const SHA2: Readonly<Record<number, string>> = { 224: 'sha224', 256: 'sha256', 384: 'sha384', 512: 'sha512' };

const integerParam: Param = bigint;

/** A test of text that is never NULL; of any other type the answer is known from the type. */
function textTest(name: string, ofType: (t: DataType) => boolean, test: (s: string) => boolean): BuiltIn {
  const text = simple({
    names: [name],
    params: [str],
    type: BOOLEAN(),
    nullable: 'never',
    strict: false,
    call: (s: string | null) => s !== null && test(s),
  });
  return {
    ...text,
    bind(args, info) {
      if (args.length !== 1 || isString(args[0].type) || args[0].type.root === 'NULL') return text.bind(args, info);
      return { kind: 'literal', type: BOOLEAN(false), value: ofType(args[0].type), span: info.span };
    },
  };
}

export const hashAndEncodingFunctions: readonly BuiltIn[] = [
  digest('MD5', 'md5', 32),
  digest('SHA1', 'sha1', 40),
  digest('SHA224', 'sha224', 56),
  digest('SHA256', 'sha256', 64),
  digest('SHA384', 'sha384', 96),
  digest('SHA512', 'sha512', 128),
  simple({
    names: ['SHA2'],
    params: [
      [str, int],
      [bytes, int],
    ],
    type: VARCHAR(128),
    call: (s: string | Uint8Array, bits: number) => {
      const algorithm = SHA2[bits];
      if (!algorithm) throw new StreamcellError('EXPRESSION_FAILED', `Unsupported algorithm: SHA2 with ${bits} bits.`);
      return createHash(algorithm).update(s).digest('hex');
    },
  }),
  simple({
    names: ['UUID'],
    params: [],
    type: CHAR(36),
    nullable: 'never',
    deterministic: false,
    call: () => randomUUID(),
  }),
  simple({ names: ['HASH_CODE'], params: [str], type: INT(), call: javaHash }),
  simple({
    names: ['TO_BASE64'],
    params: [[str], [bytes]],
    type: STRING(),
    call: (s: string | Uint8Array) => Buffer.from(s as string, 'utf8').toString('base64'),
  }),
  simple({
    names: ['FROM_BASE64'],
    params: [[str], [bytes]],
    type: STRING(),
    call: (s: string | Uint8Array) => fromBase64(typeof s === 'string' ? s : Buffer.from(s).toString('latin1')),
  }),
  simple({ names: ['ENCODE'], params: [str, str], type: BYTES(), call: encodeText }),
  simple({ names: ['DECODE'], params: [bytes, str], type: STRING(), call: decodeText }),
  simple({
    names: ['BIN'],
    params: [integerParam],
    type: STRING(),
    call: (v: Exact) => BigInt.asUintN(64, BigInt(v)).toString(2),
  }),
  simple({ names: ['HEX'], params: [[integerParam], [str]], type: STRING(), call: hex }),
  simple({ names: ['UNHEX'], params: [str], type: BYTES(), nullable: 'always', call: unhex }),
  simple({
    names: ['ASCII'],
    params: [str],
    type: INT(),
    call: (s: string) => (s === '' ? 0 : (new TextEncoder().encode(s)[0] << 24) >> 24),
  }),
  simple({
    names: ['CHR'],
    params: [integerParam],
    type: STRING(),
    nullable: 'always',
    call: (v: Exact) => {
      const n = Number(v);
      return n < 0 ? '' : String.fromCharCode(Number(BigInt.asUintN(8, BigInt(v))));
    },
  }),
  simple({
    names: ['PARSE_URL'],
    params: [str, str, str],
    optional: 1,
    type: STRING(),
    nullable: 'always',
    call: parseUrl,
  }),
  simple({
    names: ['URL_ENCODE'],
    params: [str],
    type: STRING(),
    nullable: 'always',
    call: (s: string) =>
      encodeURIComponent(s)
        .replace(/%20/g, '+')
        .replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
  }),
  simple({
    names: ['URL_DECODE'],
    params: [str],
    type: STRING(),
    nullable: 'always',
    call: (s: string) => {
      try {
        return decodeURIComponent(s.replace(/\+/g, ' '));
      } catch {
        return null;
      }
    },
  }),
  textTest(
    'IS_DIGIT',
    (t) => isInteger(t),
    (s) => /^\p{Nd}+$/u.test(s),
  ),
  textTest(
    'IS_ALPHA',
    () => false,
    (s) => /^\p{L}+$/u.test(s),
  ),
  textTest(
    'IS_DECIMAL',
    (t) => isInteger(t) || isApproximate(t),
    (s) => s !== '' && Number.isFinite(Number(s)) && s.trim() !== '',
  ),
  simple({
    names: ['INET_ATON'],
    params: [str],
    type: BIGINT(),
    nullable: 'always',
    call: (s: string) => inetAton(s),
  }),
  simple({
    names: ['INET_NTOA'],
    params: [integerParam],
    type: STRING(),
    nullable: 'always',
    call: (v: Exact) => {
      const n = Number(v);
      return n < 0 || n > 4294967295 ? null : [24, 16, 8, 0].map((s) => Math.floor(n / 2 ** s) % 256).join('.');
    },
  }),
];

/** IPv4 text to its number; of fewer than four parts the last one is the last byte, those between are zero. */
function inetAton(s: string): number | null {
  const parts = s.split('.');
  if (parts.length > 4 || !parts.every((p) => /^\d{1,3}$/.test(p) && Number(p) < 256)) return null;
  const last = parts.pop() as string;
  while (parts.length < 3) parts.push('0');
  return [...(parts.length === 3 && s.includes('.') ? parts : ['0', '0', '0']), last].reduce(
    (sum, p) => sum * 256 + Number(p),
    0,
  );
}
