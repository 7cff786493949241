/** What is used of Node's own binding, where it is. */
interface AsyncWrap {
  readonly async_hook_fields: Uint32Array;
  readonly constants: { readonly kCheck: number };
  clearAsyncIdStack(): void;
}

/**
 * Lets callbacks be terminated. A terminated callback leaves Node's stack of async ids as it was in the middle of it, and Node compares ids
 * and ends the process over that, unless told not to (--no-force-async-hooks-checks, or as here). Where async hooks are enabled it also
 * asserts, with no way to tell it not to: so the kernel itself uses none, no AsyncLocalStorage either.
 */
export class AsyncStack {
  private readonly wrap = asyncWrap();

  /** To be called before code of the user's runs. */
  tolerate(): void {
    if (this.wrap !== null) this.wrap.async_hook_fields[this.wrap.constants.kCheck] = 0;
  }

  /** To be called after a termination. */
  tidy(): void {
    this.wrap?.clearAsyncIdStack();
  }
}

/** Null in a Node without it: a loop within a callback then ends the kernel when it is interrupted, all else works. */
function asyncWrap(): AsyncWrap | null {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    const binding: unknown = Reflect.get(process, 'binding');
    return typeof binding === 'function' ? (Reflect.apply(binding, process, ['async_wrap']) as AsyncWrap) : null;
  } catch {
    return null;
  } finally {
    process.emitWarning = emitWarning;
  }
}
