import { z } from "zod";
import { type Check, checked } from "./crd-rules.ts";
import { namedIdentity } from "./references.ts";

/** How much a host may be disturbed, from least to most. */
export const DISRUPTIONS = ["None", "Recycle", "Restart", "Recreate"] as const;

/** One of {@link DISRUPTIONS}. */
export type Disruption = (typeof DISRUPTIONS)[number];

/** The most identities that one object names. */
export const MAX_USER_ASSIGNED = 16;

/** The most pairs that are compared are 16 × 16: the cost of these rules grows with the square of the list. */
const noDuplicates: readonly Check<readonly z.infer<typeof namedIdentity>[]>[] = [
  {
    rule: "self.all(a, !has(a.identityRef) || self.exists_one(b, has(b.identityRef) && b.identityRef == a.identityRef))",
    message: "each identityRef must be named once",
    holds: (named) => areDistinct(named.map(({ identityRef }) => (identityRef === undefined ? undefined : `${identityRef.namespace ?? ""}/${identityRef.name}`))),
  },
  {
    rule: "self.all(a, !has(a.armId) || self.exists_one(b, has(b.armId) && b.armId.lowerAscii() == a.armId.lowerAscii()))",
    message: "each armId must be named once; ids that differ only in case are the same",
    holds: (named) => areDistinct(named.map(({ armId }) => armId?.toLowerCase())),
  },
];

function areDistinct(texts: readonly (string | undefined)[]): boolean {
  const present = texts.filter((text) => text !== undefined);
  return new Set(present).size === present.length;
}

/** The user-assigned identities that a spec names. */
export function userAssigned(description: string) {
  const list = z.array(namedIdentity).max(MAX_USER_ASSIGNED).describe(description).meta({ "x-kubernetes-list-type": "atomic" });
  return checked(list, ...noDuplicates);
}

/** `spec.identity` of a host that is declared as a whole. */
export const hostIdentitySpec = z
  .object({
    systemAssigned: z
      .boolean()
      .optional()
      .describe("Whether the host is to have its system-assigned identity. Absent: it is left alone."),
    userAssigned: userAssigned("User-assigned identities that the host is to have. Those that others attached stay.").optional(),
  })
  .describe("The managed identities of the host.");

/** `spec.allowDisruption` of a host that is declared as a whole. */
export function allowDisruption(byDefault: Disruption, description: string) {
  return z.enum(DISRUPTIONS).default(byDefault).describe(`${description} What disturbs more is refused, and the message says what would happen.`);
}

/** Whether what an object switched on may be destroyed. */
export const systemAssignedRemoval = z
  .enum(["Keep", "Destroy"])
  .default("Keep")
  .describe("Whether a system-assigned identity that this object switched on may be destroyed. Its principal is lost for good.");
