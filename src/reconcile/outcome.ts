import type { Reason } from "../api/reasons.ts";
import type { Drift, Holds } from "../api/shared.ts";
import type { JsonObject } from "../api/json.ts";
import type { Claim } from "./claim.ts";

/** What a pass came to for one object; the table of style.md 4.1 says what each means to its conditions. */
export type Outcome =
  | { readonly is: "ready"; readonly message: string; readonly drift: readonly Drift[] }
  | { readonly is: "observed"; readonly message: string; readonly drift: readonly Drift[] }
  | { readonly is: "progressing"; readonly reason: Reason; readonly message: string; readonly afterSeconds: number }
  | { readonly is: "waiting"; readonly reason: Reason; readonly message: string; readonly hasDeadline?: boolean; readonly polled?: true }
  | { readonly is: "unavailable"; readonly message: string }
  | { readonly is: "throttled"; readonly afterSeconds: number }
  /** Its turn to write comes at a known time; nothing is wrong. */
  | { readonly is: "queued"; readonly afterSeconds: number }
  | { readonly is: "refused"; readonly reason: Reason; readonly message: string; readonly drift?: readonly Drift[] }
  | { readonly is: "paused" }
  /** Nothing is held any more: the finalizer leaves, or the object moves on to its new target. */
  | { readonly is: "released"; readonly reason: Reason; readonly message: string };

/** The end of a pass for one object. */
export interface Conclusion {
  readonly claim: Claim;
  readonly outcome: Outcome;
  readonly holds: Holds | undefined;
  /** Status fields that only the kind's shape knows: ids, host, identity. Undefined keeps what the status shows. */
  readonly shown: JsonObject | undefined;
  /** What was written to Azure in this pass for this object, for the event. */
  readonly done: readonly Done[];
}

/** A change that was made in Azure. */
export interface Done {
  readonly reason: Reason;
  readonly action: "Create" | "Update" | "Adopt" | "Delete" | "Attach" | "Detach";
  readonly note: string;
}

/** What a frozen claim comes to, whatever happens to the resource: a pause hides a refusal until it ends. */
export function frozenOutcome({ paused, refusal }: Claim): Outcome {
  if (paused || refusal === undefined) return { is: "paused" };
  const { reason, message, waits } = refusal;
  return waits === true ? { is: "waiting", reason, message } : { is: "refused", reason, message };
}
