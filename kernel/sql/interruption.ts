/** The cell was interrupted; what it waited for is stopped already. */
export class Interrupted extends Error {}

/** Resolves to 'interrupted' as soon as the signal is aborted, otherwise to what the promise gives. */
export async function interruptible<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | 'interrupted'> {
  if (signal.aborted) {
    promise.catch(() => undefined);
    return 'interrupted';
  }
  let listener = (): void => undefined;
  const aborted = new Promise<'interrupted'>((resolve) => {
    listener = () => resolve('interrupted');
    signal.addEventListener('abort', listener);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', listener);
  }
}

/** Resolves to 'late' after so many milliseconds, otherwise to what the promise gives. */
export async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | 'late'> {
  if (milliseconds === Infinity) return promise;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    // A timer takes no more than 31 bits of milliseconds; nobody waits for 24 days.
    timer = setTimeout(() => resolve('late'), Math.min(milliseconds, 2 ** 31 - 1));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
