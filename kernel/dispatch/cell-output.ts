import type { CellOutput, MimeBundle } from '../host.js';
import type { Header } from '../wire/codec.js';
import type { Publisher, StreamName } from './publisher.js';

/**
 * Output of one cell, under the cell's own header for as long as anything holds it.
 *
 * State: the plain text of the result, for the history.
 */
export class PublishedOutput implements CellOutput {
  private resultText: string | null = null;

  constructor(
    private readonly publisher: Publisher,
    private readonly parent: Header,
    private readonly executionCount: number,
    private readonly silent: boolean,
  ) {}

  /** text/plain of the last execute_result. */
  get result(): string | null {
    return this.resultText;
  }

  stream(name: StreamName, text: string): void {
    this.publisher.stream(this.parent, name, text);
  }

  display(data: MimeBundle, metadata: MimeBundle = {}, displayId?: string): void {
    this.publisher.publish('display_data', this.parent, { data, metadata, transient: transient(displayId) });
  }

  updateDisplay(displayId: string, data: MimeBundle, metadata: MimeBundle = {}): void {
    this.publisher.publish('update_display_data', this.parent, { data, metadata, transient: transient(displayId) });
  }

  executeResult(data: MimeBundle, metadata: MimeBundle = {}): void {
    const text = data['text/plain'];
    this.resultText = typeof text === 'string' ? text : null;
    if (this.silent) return;
    this.publisher.publish('execute_result', this.parent, { execution_count: this.executionCount, data, metadata });
  }

  clearOutput(wait: boolean): void {
    this.publisher.publish('clear_output', this.parent, { wait });
  }
}

function transient(displayId: string | undefined): MimeBundle {
  return displayId === undefined ? {} : { display_id: displayId };
}

/** Keeps the result of a user expression instead of publishing it. */
export class CapturedOutput implements CellOutput {
  data: MimeBundle = {};
  metadata: MimeBundle = {};

  stream(): void {}
  display(): void {}
  updateDisplay(): void {}
  clearOutput(): void {}

  executeResult(data: MimeBundle, metadata: MimeBundle = {}): void {
    this.data = data;
    this.metadata = metadata;
  }
}
