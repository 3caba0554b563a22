import { providerError } from "../kernel/errors.ts";
import { unchangedIdentity } from "../kernel/host-identity.ts";
import { objectsAt, sameJson, textAt } from "../kernel/json.ts";
import type { Draft } from "../kernel/resource-row.ts";

/** An application has its identities twice, and both have to agree; another version or other parameters are an upgrade (arm.md 12). */
export function reviewApplication(draft: Draft): Draft {
  const { before, after, call, method } = draft;
  const upgraded = ["version", "parameters"].some((member) => !sameJson(before.properties[member], after.properties[member]));
  const counted = { ...draft, after: { ...after, recycles: after.recycles + (call.existing && upgraded ? 1 : 0) } };
  const identityOnly = call.existing !== undefined && method === "PUT" && sameJson(before.properties, after.properties);
  const ignored = identityOnly && call.world.switches.serviceFabricIdentityOnlyPut === "ignored";
  const reviewed = ignored ? { ...counted, identity: unchangedIdentity(before) } : counted;
  checkManagedIdentities(reviewed);
  return reviewed;
}

/** PATCH of an application of a managed cluster takes parameters, in newer versions, and nothing else of the properties. */
export function reviewManagedApplication(draft: Draft): Draft {
  const { method, before, after } = draft;
  if (method === "PUT") return reviewApplication(draft);
  const parameters = after.properties["parameters"];
  const properties = { ...before.properties, ...(parameters === undefined ? {} : { parameters }) };
  return reviewApplication({ ...draft, after: { ...after, members: before.members, properties } });
}

/** `properties.managedIdentities` gives the identities of the host the names that the manifest uses; the code of the refusal is not known. */
function checkManagedIdentities({ before, after, identity }: Draft): void {
  const attached = new Set([...identity.user.values()].map(({ principalId }) => principalId));
  for (const entry of objectsAt(after.properties, "managedIdentities")) {
    const principalId = textAt(entry, "principalId") ?? "";
    const isSystem = identity.system && (textAt(entry, "name") === "SystemAssigned" || principalId === before.identity?.system?.principalId);
    if (isSystem || attached.has(principalId)) continue;
    const message = `The managed identity '${textAt(entry, "name") ?? ""}' with principal id '${principalId}' is not assigned to the application.`;
    throw providerError(400, { code: "BadRequest", message });
  }
}
