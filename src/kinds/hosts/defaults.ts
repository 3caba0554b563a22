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

/** For hosts of which no recording shows whether PATCH merges or replaces the map: the whole map is right under both. */
export const PATCH_UNSETTLED = ["map", "nulls"] as const satisfies HostRow["forms"];

/** The same for hosts whose PUT keeps everything that a GET shows. */
export const PATCH_ELSE_PUT = ["map", "nulls", "put"] as const satisfies HostRow["forms"];
