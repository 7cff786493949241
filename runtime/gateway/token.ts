import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { StreamcellError } from '../types/index.js';

/** 256 bits, in characters that need no quoting in a shell or address. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** The first line of a file. @throws StreamcellError FILE_NOT_FOUND, FILE_ACCESS, OPTION_INVALID */
export function tokenFromFile(path: string): string {
  const token = secretFile(path, 'token').split('\n')[0].trim();
  if (token === '') throw new StreamcellError('OPTION_INVALID', `The token file ${path} is empty.`);
  return token;
}

/** @param what it holds. @throws StreamcellError FILE_NOT_FOUND, FILE_ACCESS */
export function secretFile(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new StreamcellError(
      missing ? 'FILE_NOT_FOUND' : 'FILE_ACCESS',
      `The ${what} file ${path} ${missing ? 'does not exist' : 'cannot be read'}.`,
      { cause },
    );
  }
}

/** Compares in constant time, whatever the lengths: hashes are compared, not tokens. */
export function tokenCheck(token: string): (given: string | undefined) => boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = hash(token);
  return (given) => timingSafeEqual(hash(given ?? ''), expected) && given !== undefined;
}
