/** Why a key is in the queue: a person changed something, an attempt is repeated, or nothing happened and it is time to look. */
export type Priority = "user" | "retry" | "resync";

/** Every priority, the highest first. */
export const PRIORITIES: readonly Priority[] = ["user", "retry", "resync"];

/**
 * How far behind a user's edit of the same moment a key stands in the line, in milliseconds. It makes the priorities and
 * bounds them: a resync lets pass what users change up to a minute later, and then it is its turn. Nothing starves,
 * whatever the load, and no timer has to promote anything.
 */
export const HANDICAP_MS: Readonly<Record<Priority, number>> = { user: 0, retry: 10_000, resync: 60_000 };

/** Place in the line of a key that became ready at `readyAtMs`; the smaller comes first. */
export function placeInLine(priority: Priority, readyAtMs: number): number {
  return readyAtMs + HANDICAP_MS[priority];
}

/** The higher one of two priorities. */
export function higherPriority(a: Priority, b: Priority): Priority {
  return HANDICAP_MS[a] <= HANDICAP_MS[b] ? a : b;
}
