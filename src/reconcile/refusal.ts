import type { Reason } from "../api/reasons.ts";

/** Why an object cannot be served as it stands, and what a person can do. */
export interface Refusal {
  readonly reason: Reason;
  readonly message: string;
  /** Whether an event or time can mend it; otherwise only a person can. */
  readonly waits?: boolean;
}
