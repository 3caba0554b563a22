import type { Reason } from "../api/reasons.ts";

/** Why an object cannot be served as it stands, and what a person can do. */
export interface Refusal {
  readonly reason: Reason;
  readonly message: string;
  /** Whether an event or time can mend it; otherwise only a person can. */
  readonly waits?: boolean;
  /** Whether an administrator does not let the object look at Azure there either, so that it shows nothing. */
  readonly forbids?: true;
}
