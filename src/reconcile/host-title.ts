import { type ArmId, armIdParts } from "../api/arm-id.ts";

/** Short name of a host for people: `sites/web`, or `sites/web/slots/staging`. */
export function hostTitle(target: ArmId): string {
  const { types, names } = armIdParts(target);
  return types.flatMap((type, index) => [type, names[index] ?? ""]).join("/");
}
