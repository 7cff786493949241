/** Ms that a drawing takes at least, however small: two frames of the page have to pass until it is known to be on the screen. */
const TWO_FRAMES = 40;
/** Rest of a drawing that is dear, as a multiple of what it cost: a chart takes a quarter of the page's time at most. */
const REST = 3;
const LONGEST_REST = 1000;

/** Milliseconds that a chart rests after a drawing that took `cost` ms until it was on the screen. */
export function restAfter(cost: number): number {
  return cost <= TWO_FRAMES ? 0 : Math.min((cost - TWO_FRAMES / 2) * REST, LONGEST_REST);
}
