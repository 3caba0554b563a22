import type { RoleGrant } from "../kernel/authorization.ts";
import { objectsAt, textAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Resource } from "../kernel/store.ts";
import type { World } from "../kernel/world.ts";
import { findRole } from "./role-definitions.ts";
import { ROLE_ASSIGNMENT_TYPE } from "./role-names.ts";

/**
 * What the role assignments of a principal grant it, once they have had their delay (arm.md 13). A condition is kept,
 * not evaluated: an assignment with one grants as if it had none.
 */
export function roleGrantsOf({
  store,
  clock,
  settings,
}: Pick<World, "store" | "clock" | "settings">): (principalId: string) => readonly RoleGrant[] {
  const isEffective = (assignment: Resource): boolean =>
    Number(assignment.hidden["grantedAtMs"]) + settings.roleAssignmentDelaySeconds * 1000 <= clock.now();
  const grants = ({ properties }: Resource): readonly RoleGrant[] => {
    const role = findRole(store, textAt(properties, "roleDefinitionId")?.split("/").at(-1) ?? "");
    const scope = textAt(properties, "scope") ?? "";
    return role ? objectsAt(role.properties, "permissions").map((permission) => grant(permission, scope)) : [];
  };
  return (principalId) =>
    store
      .ofType(ROLE_ASSIGNMENT_TYPE)
      .filter((assignment) => assignment.properties["principalId"] === principalId && isEffective(assignment))
      .flatMap(grants);
}

function grant(permission: JsonObject, scope: string): RoleGrant {
  const texts = (member: string): readonly string[] => {
    const list = permission[member];
    return Array.isArray(list) ? list.filter((one) => typeof one === "string") : [];
  };
  return { actions: texts("actions"), notActions: texts("notActions"), scope };
}
