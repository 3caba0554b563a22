import type { JsonObject } from "../../src/api/json.ts";
import { GROUP, SUBSCRIPTION } from "./azure.ts";
import type { Chance } from "./random.ts";

/** One thing that somebody does. */
export type Act =
  | { readonly do: "apply"; readonly kind: string; readonly name: string; readonly spec: JsonObject }
  | { readonly do: "delete"; readonly key: string }
  | { readonly do: "pause" | "resume" | "ask"; readonly key: string }
  /** Somebody else changes a tag, or deletes an identity, behind the operator's back. */
  | { readonly do: "retag" | "unmake"; readonly identity: string }
  /** Somebody else attaches an identity of theirs to a host, or takes all identities away. */
  | { readonly do: "attachForeign" | "detachAll"; readonly host: string }
  | { readonly do: "restart" };

/** What happens, and how long after what happened before, in milliseconds. */
export interface Step {
  readonly afterMs: number;
  readonly act: Act;
}

/** The hosts of a world; they belong to somebody else. */
export const HOST_IDS: Readonly<Record<string, string>> = {
  web: `${GROUP}/providers/Microsoft.Web/sites/web`,
  vm: `${GROUP}/providers/Microsoft.Compute/virtualMachines/vm`,
};

/** The ARM id of an identity. */
export function identityId(name: string): string {
  return `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
}

const PLACE = { subscriptionId: SUBSCRIPTION, resourceGroup: "rg" };
const IDENTITIES = ["ida", "idb", "idc"] as const;
const HOSTS = ["web", "vm"] as const;

/** A story that a seed tells: objects come, change and go, while others do as they like. */
export function toldBy(chance: Chance): readonly Step[] {
  const steps: Step[] = [];
  const length = 4 + chance.below(9);
  for (let index = 0; index < length; index += 1) steps.push({ afterMs: chance.pick([0, 0, 50, 400, 3000, 30_000, 200_000]), act: drawn(chance) });
  return steps;
}

function drawn(chance: Chance): Act {
  const roll = chance.below(100);
  if (roll < 58) return applied(chance);
  if (roll < 72) return { do: "delete", key: anyKey(chance) };
  if (roll < 77) return { do: "pause", key: anyKey(chance) };
  if (roll < 82) return { do: "resume", key: anyKey(chance) };
  if (roll < 84) return { do: "ask", key: anyKey(chance) };
  if (roll < 88) return { do: "retag", identity: chance.pick(IDENTITIES) };
  if (roll < 91) return { do: "unmake", identity: chance.pick(IDENTITIES) };
  if (roll < 94) return { do: "attachForeign", host: chance.pick(HOSTS) };
  if (roll < 96) return { do: "detachAll", host: chance.pick(HOSTS) };
  return { do: "restart" };
}

function anyKey(chance: Chance): string {
  return chance.pick([
    ...IDENTITIES.map((name) => `UserAssignedIdentity/default/${name}`),
    "IdentityAssignment/default/x",
    "IdentityAssignment/default/y",
    "FederatedIdentityCredential/default/fic",
    "RoleAssignment/default/grant",
    "RoleAssignment/default/grant2",
    "ContainerGroup/default/group",
  ]);
}

function applied(chance: Chance): Act {
  const roll = chance.below(100);
  if (roll < 40) return { do: "apply", kind: "UserAssignedIdentity", name: chance.pick(IDENTITIES), spec: { ...PLACE, tags: { team: chance.pick(["web", "reports"]) }, ...policy(chance) } };
  if (roll < 65) return { do: "apply", kind: "IdentityAssignment", name: chance.pick(["x", "y"]), spec: assignment(chance) };
  if (roll < 78) return { do: "apply", kind: "FederatedIdentityCredential", name: "fic", spec: { identityRef: { name: "ida" }, serviceAccountRef: { name: chance.pick(["app", "job"]) }, ...policy(chance) } };
  if (roll < 92) return { do: "apply", kind: "RoleAssignment", name: chance.pick(["grant", "grant2"]), spec: grant(chance) };
  return { do: "apply", kind: "ContainerGroup", name: "group", spec: group(chance) };
}

function policy(chance: Chance): JsonObject {
  return chance.happens(0.1) ? { deletionPolicy: "Retain" } : {};
}

function named(chance: Chance): readonly JsonObject[] {
  const names = IDENTITIES.filter(() => chance.happens(0.5));
  return (names.length === 0 ? [chance.pick(IDENTITIES)] : names).map((name) => ({ identityRef: { name } }));
}

function assignment(chance: Chance): JsonObject {
  const target = { armId: HOST_IDS[chance.pick(HOSTS)] ?? "" };
  return { target, userAssigned: named(chance), ...(chance.happens(0.15) ? { systemAssigned: true } : {}), ...policy(chance) };
}

function grant(chance: Chance): JsonObject {
  return {
    principal: { identityRef: { name: chance.pick(IDENTITIES) } },
    scope: { armId: chance.pick([GROUP, HOST_IDS["web"] ?? ""]) },
    roleDefinitionName: chance.pick(["Reader", "Contributor"]),
    ...policy(chance),
  };
}

function group(chance: Chance): JsonObject {
  return {
    ...PLACE,
    containers: [{ name: "web", image: chance.pick(["a:1", "a:2"]), resources: { requests: { cpu: 1, memoryInGB: 2 } } }],
    identity: { userAssigned: [{ identityRef: { name: "ida" } }] },
    allowDisruption: "Restart",
  };
}
