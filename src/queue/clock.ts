/** A timer that was set; cancelling one that has fired or was cancelled does nothing. */
export interface Timer {
  cancel(): void;
}

/** Time and timers as a parameter, so that tests move them. */
export interface TimerClock {
  /** Milliseconds since the epoch, never going back. */
  now(): number;
  /** Calls `fn` once, after `afterMs`, or earlier when that is longer than a timer can be: who needs the rest sets it again. */
  setTimer(afterMs: number, fn: () => void): Timer;
}

/** The longest wait that `setTimeout` takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The time of the process. It follows the monotonic clock: a corrected wall clock neither delays nor hurries what waits. */
export const systemClock: TimerClock = {
  now: () => performance.timeOrigin + performance.now(),
  setTimer(afterMs, fn) {
    const timeout = setTimeout(fn, Math.min(Math.ceil(afterMs), MAX_TIMER_MS));
    return { cancel: () => clearTimeout(timeout) };
  },
};
