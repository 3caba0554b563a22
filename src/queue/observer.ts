import type { Priority } from "./priority.ts";

/** How a run ended: `requeue_after` came back by its own wish, `error` failed or threw. */
export type RunEnd = "success" | "requeue_after" | "error";

/** Told what happens in the queue, for metrics and logs. Its members return at once and do not throw. */
export interface QueueObserver {
  /** A key became ready to run. */
  added(key: string, priority: Priority): void;
  /** A run starts after its key was ready for `waitedMs`. */
  started(key: string, run: { readonly priority: Priority; readonly waitedMs: number }): void;
  finished(key: string, run: { readonly end: RunEnd; readonly ranMs: number }): void;
  /** A failed key comes back after `afterMs`; `failures` in a row so far. */
  retried(key: string, retry: { readonly afterMs: number; readonly failures: number }): void;
  /** A run is over its deadline and was told to stop; its key stays taken until it does. */
  overran(key: string, run: { readonly ranMs: number }): void;
  /** A run threw, which is a fault of the program; it counts as failed. */
  threw(key: string, error: unknown): void;
}

/** The queue at one moment. */
export interface QueueState {
  /** Keys that are ready and wait for a worker or for their lane. */
  readonly ready: Readonly<Record<Priority, number>>;
  /** Keys that wait for their time. */
  readonly delayed: number;
  readonly running: number;
  /** How long the longest of the runs in progress has been running; 0 when there is none. */
  readonly longestRunMs: number;
  /** The sum over the runs in progress. */
  readonly unfinishedMs: number;
}
