/** A timer that was set; cancelling one that has fired or was cancelled does nothing. */
export interface Timer {
  cancel(): void;
}

/** Time and timers as a parameter, so that tests move them. */
export interface TimerClock {
  /** Milliseconds since the epoch, never going back. */
  now(): number;
  /** Calls `fn` once, at the earliest after `afterMs`. */
  setTimer(afterMs: number, fn: () => void): Timer;
}

/** The longest wait that `setTimeout` takes; a longer one would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The time of the process. It follows the monotonic clock, so that a corrected wall clock neither delays nor hurries what
 * is waiting. A wait over {@link MAX_TIMER_MS} is cut to that: whoever is called early sets the rest again.
 */
export const systemClock: TimerClock = {
  now: () => performance.timeOrigin + performance.now(),
  setTimer(afterMs, fn) {
    const timeout = setTimeout(fn, Math.min(Math.ceil(afterMs), MAX_TIMER_MS));
    return { cancel: () => clearTimeout(timeout) };
  },
};
