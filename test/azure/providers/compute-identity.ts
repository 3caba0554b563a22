import type { IdentityRules } from "../kernel/identity-rules.ts";

/** The matrix row of arm.md 1 and section 7: PATCH merges, null removes, a new key is `{}` until the operation has ended. */
export const machineRules: IdentityRules = {
  combined: "SystemAssigned, UserAssigned",
  keys: "as-sent",
  afterNone: "absent",
  patch: "merges",
  patchNullKey: "removes",
  putWithoutIdentity: "keeps",
  fresh: "empty-until-finished",
  tenantIdAlways: false,
  mostKeys: 150,
};
