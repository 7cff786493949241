import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SnapshotArray, SnapshotReader, SnapshotWriter } from '../state/snapshot.js';
import { StreamcellError } from '../types/index.js';
import type { SnapshotSection, SubtaskCheckpoint } from './job-protocol.js';

/**
 * Checkpoints on disk.
 *
 * `DIR/chk-N/manifest.json` names, per subtask and operator, the sections of the snapshot and the chunks each is made of; `DIR/chunks/HASH`
 * holds a chunk. Chunks are named by their content, so that a part of the state that did not change since the last checkpoint is not
 * written again. A checkpoint exists once its manifest does: it is written beside and renamed.
 */
const FORMAT = 'streamcell-checkpoint';
/** Raised when the meaning of a manifest changes; `readManifest` keeps a reader for every older one. */
const VERSION = 1;
/** Small enough that a change in a large table leaves most chunks alone, large enough that files stay few. */
const CHUNK_BYTES = 1 << 20;

export interface Manifest {
  readonly format: typeof FORMAT;
  readonly version: number;
  readonly id: number;
  readonly createdAt: number;
  readonly parallelism: number;
  /** One line per node of the plan: a snapshot fits only the plan it was taken from. */
  readonly plan: readonly string[];
  readonly parts: readonly SubtaskCheckpoint[];
}

interface Section {
  readonly name: string;
  readonly form: SnapshotSection['form'];
  readonly bytes: Uint8Array;
}

const encoder = new TextEncoder();

function formOf(values: SnapshotArray): SnapshotSection['form'] {
  if (values instanceof Uint8Array) return 'u8';
  if (values instanceof Int32Array) return 'i32';
  if (values instanceof Uint32Array) return 'u32';
  if (values instanceof Float64Array) return 'f64';
  return 'i64';
}

/** Takes one operator's snapshot: copies, so that the operator goes on at once and the files are written behind its back. */
export class SnapshotCollector implements SnapshotWriter {
  readonly sections: Section[] = [];

  array(name: string, values: SnapshotArray): void {
    const bytes = new Uint8Array(values.byteLength);
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    this.sections.push({ name, form: formOf(values), bytes });
  }

  strings(name: string, values: readonly (string | null)[]): void {
    this.sections.push({ name, form: 'strings', bytes: encoder.encode(JSON.stringify(values)) });
  }

  json(name: string, value: unknown): void {
    this.sections.push({ name, form: 'json', bytes: encoder.encode(toJson(value)) });
  }
}

/** JSON that keeps bigints: offsets and counters may be wider than a double. */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) => (typeof v === 'bigint' ? { $bigint: v.toString() } : v));
}

function fromJson(text: string): unknown {
  return JSON.parse(text, (_key, v: unknown) => {
    if (typeof v === 'object' && v !== null && '$bigint' in v && typeof v.$bigint === 'string')
      return BigInt(v.$bigint);
    return v;
  });
}

/** Writes the collected sections of one operator. */
export async function writeSections(directory: string, sections: readonly Section[]): Promise<SnapshotSection[]> {
  const chunks = join(directory, 'chunks');
  await mkdir(chunks, { recursive: true });
  const written: SnapshotSection[] = [];
  for (const { name, form, bytes } of sections) {
    const hashes: string[] = [];
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
      hashes.push(await writeChunk(chunks, bytes.subarray(at, at + CHUNK_BYTES)));
    written.push({ name, form, bytes: bytes.length, chunks: hashes });
  }
  return written;
}

async function writeChunk(directory: string, bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256').update(bytes).digest('hex');
  const path = join(directory, hash);
  if (existsSync(path)) return hash;
  const beside = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeFile(beside, bytes);
  await rename(beside, path);
  return hash;
}

export async function writeManifest(
  directory: string,
  name: string,
  manifest: Omit<Manifest, 'format' | 'version'>,
): Promise<string> {
  // The whole directory appears at once: whoever finds a checkpoint finds it complete.
  const target = join(directory, name);
  const beside = join(directory, `.${name}.partial`);
  await mkdir(beside, { recursive: true });
  const file = await open(join(beside, 'manifest.json'), 'w');
  try {
    await file.writeFile(toJson({ format: FORMAT, version: VERSION, ...manifest }));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, target);
  return target;
}

/** Keeps the named checkpoints of a directory, and the chunks they refer to. */
export async function retainCheckpoints(directory: string, keep: ReadonlySet<string>): Promise<void> {
  const used = new Set<string>();
  for (const entry of await readdir(directory)) {
    if (!/^(chk|savepoint)-/.test(entry)) continue;
    if (!keep.has(entry) && entry.startsWith('chk-'))
      await rm(join(directory, entry), { recursive: true, force: true });
    else for (const hash of chunksOf(readManifest(join(directory, entry)))) used.add(hash);
  }
  for (const chunk of await readdir(join(directory, 'chunks'))) {
    if (/^[0-9a-f]{64}$/.test(chunk) && !used.has(chunk)) await rm(join(directory, 'chunks', chunk), { force: true });
  }
}

function chunksOf(manifest: Manifest): string[] {
  return manifest.parts.flatMap((p) =>
    Object.values(p.operators).flatMap((sections) => sections.flatMap((s) => s.chunks)),
  );
}

/** A checkpoint's directory from what the user wrote: a path or a file URL. */
export function checkpointPath(text: string): string {
  if (text.startsWith('file:')) return fileURLToPath(text.replace(/^file:\/(?!\/)/, 'file:///'));
  return isAbsolute(text) ? text : resolve(text);
}

/** @throws StreamcellError SNAPSHOT_INVALID when there is none, or it was written by something else. */
export function readManifest(path: string): Manifest {
  let text: string;
  try {
    text = readFileSync(join(path, 'manifest.json'), 'utf8');
  } catch (cause) {
    throw new StreamcellError('SNAPSHOT_INVALID', `There is no checkpoint in ${path}.`, { cause });
  }
  let manifest: Manifest;
  try {
    manifest = fromJson(text) as Manifest;
  } catch (cause) {
    throw damaged(path, cause);
  }
  if (manifest?.format !== FORMAT)
    throw new StreamcellError('SNAPSHOT_INVALID', `${path} does not hold a checkpoint of Streamcell.`);
  if (manifest.version !== VERSION) {
    throw new StreamcellError(
      'SNAPSHOT_INVALID',
      `The checkpoint in ${path} has format version ${manifest.version}; this program reads ${VERSION}.`,
    );
  }
  if (!Array.isArray(manifest.plan) || !Array.isArray(manifest.parts)) throw damaged(path);
  return manifest;
}

function damaged(path: string, cause?: unknown): StreamcellError {
  return new StreamcellError('SNAPSHOT_INVALID', `The manifest of the checkpoint in ${path} is damaged.`, { cause });
}

/** Reads the sections of one operator as one subtask wrote them. */
export class FileSnapshotReader implements SnapshotReader {
  private readonly sections: Map<string, SnapshotSection>;

  constructor(
    private readonly chunks: string,
    sections: readonly SnapshotSection[],
  ) {
    this.sections = new Map(sections.map((s) => [s.name, s]));
  }

  has(name: string): boolean {
    return this.sections.has(name);
  }

  array<T extends SnapshotArray>(name: string): T {
    const section = this.section(name);
    const { buffer } = this.bytes(section);
    const make: Record<string, () => SnapshotArray> = {
      u8: () => new Uint8Array(buffer),
      i32: () => new Int32Array(buffer),
      u32: () => new Uint32Array(buffer),
      f64: () => new Float64Array(buffer),
      i64: () => new BigInt64Array(buffer),
    };
    const array = make[section.form];
    if (array === undefined)
      throw new StreamcellError('SNAPSHOT_INVALID', `Section ${name} of the snapshot is no array.`);
    return array() as T;
  }

  strings(name: string): (string | null)[] {
    return JSON.parse(new TextDecoder().decode(this.bytes(this.section(name)))) as (string | null)[];
  }

  json<T>(name: string): T {
    return fromJson(new TextDecoder().decode(this.bytes(this.section(name)))) as T;
  }

  private section(name: string): SnapshotSection {
    const section = this.sections.get(name);
    if (section === undefined) throw new StreamcellError('SNAPSHOT_INVALID', `The snapshot has no section ${name}.`);
    return section;
  }

  private bytes(section: SnapshotSection): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(section.bytes);
    let at = 0;
    for (const hash of section.chunks) {
      let chunk: Buffer;
      try {
        chunk = readFileSync(join(this.chunks, hash));
      } catch (cause) {
        throw new StreamcellError('SNAPSHOT_INVALID', `A chunk of the checkpoint is missing: ${hash}.`, { cause });
      }
      if (createHash('sha256').update(chunk).digest('hex') !== hash) {
        throw new StreamcellError('SNAPSHOT_INVALID', `A chunk of the checkpoint is damaged: ${hash}.`);
      }
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }
}
