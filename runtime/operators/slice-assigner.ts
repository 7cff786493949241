import { periodStart, type Windowing } from './windowing.js';

/**
 * Slices: the pieces that windows share. Each row lies in one slice, named by its end; each window is a run of slices.
 * tumble: the window itself. hop: one slide. cumulate: one step. attached: the window that the row came with.
 */
export interface SliceAssigner {
  /** End of the slice that holds a local time (not for attached windows, whose rows carry it). */
  sliceEnd(time: number): number;
  /** End of the last window that holds the slice. */
  lastWindowEnd(sliceEnd: number): number;
  /** Distance between the ends of windows that share slices; 0 when none do. */
  readonly interval: number;
  /** Start of the window that ends there. */
  windowStart(end: number): number;
  /** Whether the windows of one period grow from one start, each holding the one before. */
  readonly cumulative: boolean;
}

export function sliceAssigner(windowing: Windowing): SliceAssigner {
  const { spec } = windowing;
  if (windowing.kind === 'attached') {
    const start = (end: number): number => {
      switch (spec.kind) {
        case 'tumble':
        case 'hop':
          return end - spec.size;
        case 'cumulate':
          return periodStart(end - 1, spec.size, spec.offset);
        case 'session':
          return NaN;
      }
    };
    return { sliceEnd: () => NaN, lastWindowEnd: (end) => end, interval: 0, windowStart: start, cumulative: false };
  }
  switch (spec.kind) {
    case 'tumble': {
      const { size, offset } = spec;
      return {
        sliceEnd: (t) => periodStart(t, size, offset) + size,
        lastWindowEnd: (end) => end,
        interval: 0,
        windowStart: (end) => end - size,
        cumulative: false,
      };
    }
    case 'hop': {
      const { size, slide, offset } = spec;
      return {
        sliceEnd: (t) => periodStart(t, slide, offset) + slide,
        lastWindowEnd: (end) => end - slide + size,
        interval: slide,
        windowStart: (end) => end - size,
        cumulative: false,
      };
    }
    case 'cumulate': {
      const { size, step, offset } = spec;
      return {
        sliceEnd: (t) => periodStart(t, step, offset) + step,
        lastWindowEnd: (end) => periodStart(end - 1, size, offset) + size,
        interval: step,
        windowStart: (end) => periodStart(end - 1, size, offset),
        cumulative: true,
      };
    }
    case 'session':
      throw new Error('session windows have no slices');
  }
}
