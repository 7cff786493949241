import type { CommTarget } from '../host.js';

/**
 * Whether anybody looks who can show live results. Front ends without the extension (other editors, notebook runs) open no comms: for
 * them results are brought up to date in the saved forms, now and then.
 */
export class Audience {
  private came = false;

  /** A front end that can has been there. */
  get live(): boolean {
    return this.came;
  }

  /** The same target, noting who comes. */
  noting(target: CommTarget): CommTarget {
    return {
      open: (channel, data) => {
        this.came = true;
        return target.open(channel, data);
      },
    };
  }
}
