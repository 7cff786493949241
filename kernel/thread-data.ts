import type { DefaultLanguage } from './dispatch/kernel-info.js';

/** What the main thread tells the protocol thread at its start. */
export interface ThreadData {
  readonly connectionFile: string;
  readonly language: DefaultLanguage;
  /** The notebook's folder. */
  readonly folder: string;
  /** Of the OutputGate. */
  readonly gate: SharedArrayBuffer;
  readonly version: string;
  /** Process that started the kernel. */
  readonly parent: number;
}
