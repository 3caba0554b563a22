import type { Chance } from "./random.ts";

/** What may go wrong while a story runs, each with its likelihood for one request; all zero is an undisturbed world. */
export interface Faults {
  /**
   * Azure answers 500 to 504 with HTML, nothing, half a body or words, or 429 with Retry-After as ARM, the identity provider
   * or Microsoft.Web says it, or cuts the connection before the effect.
   */
  readonly unavailable: number;
  readonly throttled: number;
  readonly resetBefore: number;
  /** The write happens, and the answer is an error as above or a cut connection. */
  readonly lostAnswer: number;
  /** The operation that a write begins has another URL after each poll. */
  readonly movedOperation: number;
  /** A 404 that does not speak of the resource. */
  readonly strange404: number;
  /** Somebody else edits a host between our GET and our write. */
  readonly foreignEdit: number;
  /** The API server refuses a write for a moment, or finds that somebody else wrote meanwhile. */
  readonly refusedWrite: number;
  /** The API server makes a write, and its answer is lost. */
  readonly lostWrite: number;
  /** A watch event comes late, twice, or not at all until the next list. */
  readonly lateEvent: number;
  readonly doubledEvent: number;
  readonly droppedEvent: number;
  /** A process that starts works on what it listed first before its watches tell what came since. */
  readonly staleStart: number;
  /** The process ends at an effect, in Kubernetes or in Azure. */
  readonly crash: number;
}

/** Nothing goes wrong. */
export const NO_FAULTS: Faults = { unavailable: 0, throttled: 0, resetBefore: 0, lostAnswer: 0, movedOperation: 0, strange404: 0, foreignEdit: 0, refusedWrite: 0, lostWrite: 0, lateEvent: 0, doubledEvent: 0, droppedEvent: 0, staleStart: 0, crash: 0 };

/** Faults for a story: most stories have some kinds of them, and few have all. */
export function drawnFaults(chance: Chance): Faults {
  const often = (share: number, likelihood: number): number => (chance.happens(share) ? likelihood : 0);
  return {
    unavailable: often(0.4, 0.15),
    throttled: often(0.3, 0.1),
    resetBefore: often(0.3, 0.1),
    lostAnswer: often(0.4, 0.15),
    movedOperation: often(0.3, 0.3),
    strange404: often(0.15, 0.1),
    foreignEdit: often(0.15, 0.1),
    refusedWrite: often(0.3, 0.1),
    lostWrite: often(0.3, 0.1),
    lateEvent: often(0.5, 0.3),
    doubledEvent: often(0.3, 0.2),
    droppedEvent: often(0.3, 0.1),
    staleStart: often(0.4, 0.7),
    crash: often(0.5, 0.08),
  };
}
