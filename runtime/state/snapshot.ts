/**
 * What operators write their state to, and read it from. Sections are named; a section is one typed array, one string list or one small
 * JSON value. The writer copies or hands over what it is given before `snapshot` returns: the operator may go on changing its arrays.
 */
export type SnapshotArray = Uint8Array | Int32Array | Uint32Array | Float64Array | BigInt64Array;

export interface SnapshotWriter {
  array(name: string, values: SnapshotArray): void;
  strings(name: string, values: readonly (string | null)[]): void;
  json(name: string, value: unknown): void;
}

/** Reading a section that was not written throws SNAPSHOT_INVALID. */
export interface SnapshotReader {
  has(name: string): boolean;
  array<T extends SnapshotArray>(name: string): T;
  strings(name: string): (string | null)[];
  json<T>(name: string): T;
}
