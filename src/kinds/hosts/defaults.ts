import type { HostRow } from "../host-row.ts";

/** What most hosts have in common; a row says what it does otherwise. */
export const USUAL = {
  last: "goes",
  idleStates: [],
  honoursIfMatch: false,
  hidden: [],
  uses: [],
} as const satisfies Partial<HostRow>;

/** For hosts that run nothing of the user's which an identity could disturb. */
export const UNDISTURBED = { disruption: "None", effect: "disturbs nothing that is documented" } as const satisfies Partial<HostRow>;

/**
 * For hosts of which no recording shows whether PATCH merges or replaces the map, or takes nulls: the whole map is right under both,
 * and a PUT of what GET shows stands behind it.
 */
export const PATCH_ELSE_PUT = ["map", "nulls", "put"] as const satisfies HostRow["forms"];
