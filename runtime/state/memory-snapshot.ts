import { StreamcellError } from '../types/index.js';
import type { SnapshotArray, SnapshotReader, SnapshotWriter } from './snapshot.js';

/** A snapshot in memory: for tests, and as the form in which a worker hands a snapshot over (its sections are plain, transferable data). */
export class MemorySnapshot implements SnapshotWriter, SnapshotReader {
  readonly sections = new Map<string, SnapshotArray | string[] | { json: string }>();

  array(name: string, values: SnapshotArray): void;
  array<T extends SnapshotArray>(name: string): T;
  array<T extends SnapshotArray>(name: string, values?: SnapshotArray): T | void {
    if (values === undefined) return (this.section(name) as T).slice() as T;
    this.sections.set(name, values.slice());
  }

  strings(name: string, values: readonly (string | null)[]): void;
  strings(name: string): (string | null)[];
  strings(name: string, values?: readonly (string | null)[]): (string | null)[] | void {
    if (values === undefined) return (this.section(name) as string[]).slice();
    this.sections.set(name, values.slice() as string[]);
  }

  json(name: string, value: unknown): void;
  json<T>(name: string): T;
  json<T>(name: string, value?: unknown): T | void {
    if (value === undefined) return JSON.parse((this.section(name) as { json: string }).json) as T;
    this.sections.set(name, { json: JSON.stringify(value) });
  }

  has(name: string): boolean {
    return this.sections.has(name);
  }

  private section(name: string): SnapshotArray | string[] | { json: string } {
    const section = this.sections.get(name);
    if (section === undefined) throw new StreamcellError('SNAPSHOT_INVALID', `the snapshot has no section '${name}'`);
    return section;
  }
}
