import { failureOf, isExpired } from "./failure.ts";
import type { ApiFailure } from "./failure.ts";
import type { ApiAnswer } from "./transport.ts";

/** How a list or a watch ended, unless with a result. */
export type Ending =
  /** The server closed the watch at its end. */
  | { readonly is: "ended" }
  /** 410: the resource version or the continue token is too old. */
  | { readonly is: "expired" }
  /** Nothing came for longer than bookmarks take. */
  | { readonly is: "silent" }
  /** Something came that is no event: what it meant is lost. */
  | { readonly is: "garbled" }
  /** 404 of the collection: the API server does not serve this resource. */
  | { readonly is: "missing"; readonly message: string }
  | { readonly is: "refused"; readonly failure: ApiFailure }
  /** No answer, or the connection broke. */
  | { readonly is: "away"; readonly message: string }
  /** We were told to stop. */
  | { readonly is: "stopped" };

/** How an answer of a living server ends a list or a watch. */
export function endingOf(answer: ApiAnswer): Ending {
  const failure = failureOf(answer.code, answer.text, answer.headers["retry-after"]);
  if (failure.code === 404) return { is: "missing", message: failure.message };
  return refusalOf(failure);
}

/** How a failure that a living server tells ends a list or a watch. */
export function refusalOf(failure: ApiFailure): Ending {
  return isExpired(failure) ? { is: "expired" } : { is: "refused", failure };
}

/** How an error of the transport ends a list or a watch. */
export function endingOfError(error: unknown, signal: AbortSignal): Ending {
  if (signal.aborted) return { is: "stopped" };
  return { is: "away", message: error instanceof Error ? error.message : String(error) };
}
