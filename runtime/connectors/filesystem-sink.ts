import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ByteBuffer } from '../formats/byte-buffer.js';
import type { Encoder } from '../formats/format.js';
import { boxedValue, StreamcellError, type Batch } from '../types/index.js';
import type { SinkRequest, SinkWriter } from './connector.js';
import { fileError, listFiles } from './file-listing.js';
import type { FilesystemSettings } from './filesystem.js';
import { escapePathName, partitionText } from './partition-path.js';

const WRITE_BYTES = 1 << 18;
/** Of all open parts together: a table may have very many partitions. */
const MAX_BUFFERED = 32 << 20;
const done = Promise.resolve();

/** A part file under its in-progress name. It is opened to write only: descriptors are few, partitions may be many. */
interface Part {
  readonly directory: string;
  readonly temporary: string;
  readonly final: string;
  buffer: ByteBuffer;
  readonly begunAt: number;
  written: number;
}

/** What a checkpoint knows of a file that is complete: all its rows are from before. */
type PreparedPart = Pick<Part, 'directory' | 'temporary' | 'final'>;

/**
 * Writes part files. A file is hidden (`.part-...inprogress`) until it gets its final name, so that readers see whole files only. That is when
 * a checkpoint that covers it is complete, or at the end; with INSERT OVERWRITE at the very end, after what was there at the start
 * was removed.
 *
 * State: one open part per partition directory, and the parts that are full, in two lists: those a checkpoint may know of, and those since.
 * It maintains the invariant that a row is in a file with a final name only if no restart writes it again, and that a file which a
 * checkpoint may know of is never removed: going on from it gives the file its name. Files that no checkpoint knows, of a writer that died,
 * stay hidden for good: whose they are cannot be told from those of a job that still runs.
 */
export class FilesystemWriter implements SinkWriter {
  private readonly encoder: Encoder;
  private readonly fileColumns: readonly number[];
  private readonly partitions: readonly { readonly key: string; readonly column: number }[];
  private readonly parts = new Map<string, Part>();
  private full: PreparedPart[] = [];
  private prepared: PreparedPart[] = [];
  private readonly id = randomUUID();
  private counter = 0;
  /** Bytes in the buffers of all open parts. */
  private buffered = 0;
  private replaced: readonly string[] = [];
  private readonly committedDirectories = new Set<string>();

  constructor(
    private readonly request: SinkRequest,
    private readonly settings: FilesystemSettings,
  ) {
    const { table, schema } = request;
    this.encoder = settings.format.createEncoder(settings.fileSchema, settings.formatOptions);
    const indexOf = (name: string): number => schema.findIndex((c) => c.name === name);
    this.fileColumns = settings.fileSchema.map((c) => indexOf(c.name));
    this.partitions = table.partitionKeys.map((key) => ({ key, column: indexOf(key) }));
  }

  open(): Promise<void> {
    const { path } = this.settings;
    try {
      mkdirSync(path, { recursive: true });
    } catch (error) {
      const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
      throw exists
        ? new StreamcellError('FILE_ACCESS', `${path} is a file; a sink writes to a directory.`, { cause: error })
        : fileError(error, path);
    }
    if (this.request.overwrite) this.replaced = listFiles(path, null).map((f) => f.path);
    return done;
  }

  write(batch: Batch): void {
    const columns = this.fileColumns.map((c) => batch.columns[c]);
    const now = Date.now();
    for (let i = 0; i < batch.length; i++) {
      const part = this.part(batch, i, now);
      const before = part.buffer.length;
      this.encoder.encode(columns, i, part.buffer);
      part.buffer.writeByte(10);
      this.buffered += part.buffer.length - before;
      if (part.buffer.length >= WRITE_BYTES) this.drain(part, false);
      if (part.written + part.buffer.length >= this.settings.rollSize) this.roll(part);
      if (this.buffered >= MAX_BUFFERED) this.drainAll();
    }
  }

  private part(batch: Batch, row: number, now: number): Part {
    let directory = this.settings.path;
    if (this.partitions.length > 0)
      directory = join(directory, ...this.partitions.map((p) => this.partition(batch, row, p)));
    const open = this.parts.get(directory);
    if (open !== undefined && now - open.begunAt < this.settings.rollAge) return open;
    if (open !== undefined) this.roll(open);
    const name = `part-${this.id}-${this.request.subtask}-${this.counter++}`;
    const temporary = join(directory, `.${name}.inprogress`);
    try {
      if (this.partitions.length > 0) mkdirSync(directory, { recursive: true });
      closeSync(openSync(temporary, 'w'));
      const part: Part = {
        directory,
        temporary,
        final: join(directory, name),
        buffer: new ByteBuffer(),
        begunAt: now,
        written: 0,
      };
      this.parts.set(directory, part);
      return part;
    } catch (error) {
      throw fileError(error, temporary);
    }
  }

  private partition(
    batch: Batch,
    row: number,
    { key, column }: { readonly key: string; readonly column: number },
  ): string {
    const { type } = this.request.schema[column];
    const text = partitionText(boxedValue(batch.columns[column], type, row), type, this.settings.defaultPartition);
    return `${escapePathName(key)}=${escapePathName(text)}`;
  }

  /** Writes what is buffered. @param last the file is then complete, and must survive a power cut. */
  private drain(part: Part, last: boolean): void {
    const { buffer } = part;
    try {
      // Not made anew if somebody took it away: its first rows would be missing.
      const descriptor = openSync(part.temporary, 'r+');
      try {
        for (let at = 0; at < buffer.length;)
          at += writeSync(descriptor, buffer.bytes, at, buffer.length - at, part.written + at);
        if (last) fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      throw fileError(error, part.temporary);
    }
    part.written += buffer.length;
    this.buffered -= buffer.length;
    buffer.clear();
  }

  /** Writes every buffer, and lets it begin small again. */
  private drainAll(): void {
    for (const part of this.parts.values()) {
      this.drain(part, false);
      part.buffer = new ByteBuffer();
    }
  }

  private roll(part: Part): void {
    this.drain(part, true);
    this.parts.delete(part.directory);
    this.full.push({ directory: part.directory, temporary: part.temporary, final: part.final });
  }

  ready(): Promise<void> | null {
    return null;
  }

  async flush(): Promise<void> {
    for (const part of [...this.parts.values()]) this.roll(part);
  }

  prepare(): readonly PreparedPart[] {
    for (const part of [...this.parts.values()]) this.roll(part);
    this.prepared = this.prepared.concat(this.full);
    this.full = [];
    return this.prepared.slice();
  }

  checkpointComplete(): void {
    if (!this.request.overwrite) this.publish();
  }

  restore(prepared: readonly unknown[]): void {
    this.prepared = this.prepared.concat((prepared as readonly PreparedPart[][]).flat());
    if (!this.request.overwrite) this.publish();
  }

  /** Gives final names to what was prepared. */
  private publish(): void {
    for (const part of this.prepared) {
      // One that is gone got its name before, here or by a job that went on from the same checkpoint.
      if (!existsSync(part.temporary)) continue;
      try {
        renameSync(part.temporary, part.final);
        this.committedDirectories.add(part.directory);
      } catch (error) {
        throw fileError(error, part.final);
      }
    }
    this.prepared = [];
  }

  async commit(): Promise<void> {
    this.prepare();
    // Of a partitioned table only the partitions that were written are replaced.
    const touched = new Set(this.prepared.map((p) => p.directory));
    for (const path of this.replaced) {
      if (this.partitions.length === 0 || touched.has(path.slice(0, path.lastIndexOf('/'))))
        rmSync(path, { force: true });
    }
    this.publish();
    const { successFile } = this.settings;
    if (successFile === null) return;
    for (const directory of this.committedDirectories) {
      try {
        writeFileSync(join(directory, successFile), '');
      } catch (error) {
        throw fileError(error, join(directory, successFile));
      }
    }
  }

  close(): Promise<void> {
    for (const part of [...this.parts.values(), ...this.full])
      if (existsSync(part.temporary)) rmSync(part.temporary, { force: true });
    this.parts.clear();
    this.full = [];
    return done;
  }
}
