import type { JsonObject } from "../../src/api/json.ts";
import { GROUP, SUBSCRIPTION } from "./azure.ts";
import type { Chance } from "./random.ts";

/** The hosts of a world; they belong to somebody else. */
export const HOST_IDS: Readonly<Record<string, string>> = {
  web: `${GROUP}/providers/Microsoft.Web/sites/web`,
  vm: `${GROUP}/providers/Microsoft.Compute/virtualMachines/vm`,
  cosmos: `${GROUP}/providers/Microsoft.DocumentDB/databaseAccounts/cosmos`,
};

/** The ARM id of an identity. */
export function identityId(name: string): string {
  return `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
}

export const IDENTITIES = ["ida", "idb", "idc"] as const;
export const HOSTS = ["web", "vm", "cosmos"] as const;
const PLACE = { subscriptionId: SUBSCRIPTION, resourceGroup: "rg" };

/** An object that somebody declares. */
export interface Declared {
  readonly kind: string;
  readonly name: string;
  /** Default: default. */
  readonly namespace?: string;
  readonly spec: JsonObject;
}

/** Keys of everything that a story may declare. */
const KEYS: readonly string[] = [
  ...[...IDENTITIES, "twin"].map((name) => `UserAssignedIdentity/default/${name}`),
  ...["x", "y", "z"].map((name) => `IdentityAssignment/default/${name}`),
  ...["fic", "fic2"].map((name) => `FederatedIdentityCredential/default/${name}`),
  ...["grant", "grant2", "data", "data2"].map((name) => `RoleAssignment/default/${name}`),
  "ContainerGroup/default/group",
  "AppServicePlan/default/farm",
  "WebApp/default/app",
];

/** What a story is about: few things that often meet are more telling than many that never do. */
export type Theme = "anything" | "identities" | "site" | "machine" | "account" | "grants" | "credentials" | "own hosts";

const ABOUT: Readonly<Record<Theme, RegExp>> = {
  anything: /./,
  identities: /^UserAssigned|\/x$|\/grant$/,
  site: /^UserAssigned.*id[ab]$|\/[xy]$/,
  machine: /^UserAssigned.*id[ab]$|^IdentityAssignment/,
  grants: /^UserAssigned.*id[ab]$|\/grant/,
  credentials: /\/ida$|\/twin$|\/fic/,
  account: /\/ida$|\/data|\/x$|\/y$/,
  "own hosts": /\/ida$|\/[xy]$|\/group$|\/farm$|\/app$/,
};

/** The only host of a story's assignments. */
const HOST_ABOUT: Partial<Record<Theme, string>> = { site: "web", machine: "vm", account: "cosmos" };

/** A story's theme; every fourth story is about anything. */
export function drawnTheme(chance: Chance): Theme {
  return chance.pick(["anything", "anything", "anything", "identities", "site", "machine", "site", "machine", "account", "grants", "credentials", "credentials", "own hosts"]);
}

/** The keys of what a story of a theme declares. */
export function keysAbout(theme: Theme): readonly string[] {
  return KEYS.filter((key) => ABOUT[theme].test(key));
}

/** An object of a theme, as chance has it. */
export function declared(chance: Chance, theme: Theme): Declared {
  const keys = keysAbout(theme);
  for (;;) {
    const object = drawn(chance);
    if (keys.includes(`${object.kind}/default/${object.name}`)) return at(HOST_ABOUT[theme], object);
  }
}

/** Another spec for an object that was declared a moment ago, for who edits in haste. */
export function declaredAgain(chance: Chance, theme: Theme, before: Declared): Declared {
  for (let tries = 0; tries < 60; tries += 1) {
    const object = declared(chance, theme);
    if (object.kind === before.kind && object.name === before.name) return object;
  }
  return before;
}

function at(host: string | undefined, object: Declared): Declared {
  const isMoved = host !== undefined && object.kind === "IdentityAssignment";
  return isMoved ? { ...object, spec: { ...object.spec, target: { armId: HOST_IDS[host] ?? "" } } } : object;
}

function drawn(chance: Chance): Declared {
  const roll = chance.below(100);
  if (roll < 32) return identity(chance);
  if (roll < 58) return { kind: "IdentityAssignment", name: chance.pick(["x", "x", "y", "y", "z"]), spec: assignment(chance) };
  if (roll < 70) return { kind: "FederatedIdentityCredential", name: chance.pick(["fic", "fic2"]), spec: credential(chance) };
  if (roll < 82) return { kind: "RoleAssignment", name: chance.pick(["grant", "grant2"]), spec: grant(chance) };
  if (roll < 87) return { kind: "RoleAssignment", name: chance.pick(["data", "data2"]), spec: dataGrant(chance) };
  if (roll < 92) return { kind: "ContainerGroup", name: "group", spec: group(chance) };
  if (roll < 96) return { kind: "AppServicePlan", name: "farm", spec: { ...PLACE, sku: { name: chance.pick(["B1", "S1"]) }, ...policy(chance) } };
  return { kind: "WebApp", name: "app", spec: app(chance) };
}

function policy(chance: Chance): JsonObject {
  return {
    ...(chance.happens(0.07) ? { deletionPolicy: "Retain" } : {}),
    ...(chance.happens(0.07) ? { adoptionPolicy: "IfExists" } : {}),
    ...(chance.happens(0.04) ? { managementPolicy: "ObserveOnly" } : {}),
  };
}

function identity(chance: Chance): Declared {
  const name = chance.happens(0.06) ? "twin" : chance.pick(IDENTITIES);
  const tags = { team: chance.pick(["web", "reports"]) };
  return { kind: "UserAssignedIdentity", name, spec: { ...PLACE, ...(name === "twin" ? { azureName: "ida" } : {}), tags, ...policy(chance) } };
}

function named(chance: Chance): readonly JsonObject[] {
  const names = IDENTITIES.filter(() => chance.happens(0.5));
  const refs = (names.length === 0 ? [chance.pick(IDENTITIES)] : names).map((name) => ({ identityRef: { name } }));
  const byId = chance.happens(0.18) ? [{ armId: identityId(chance.pick(["missing", "foreign"])) }] : [];
  return [...refs, ...byId];
}

function target(chance: Chance): JsonObject {
  const roll = chance.below(100);
  if (roll < 8) return { containerGroupRef: { name: "group" } };
  if (roll < 16) return { webAppRef: { name: "app" } };
  return { armId: HOST_IDS[chance.pick(HOSTS)] ?? "" };
}

function assignment(chance: Chance): JsonObject {
  return {
    target: target(chance),
    userAssigned: named(chance),
    ...(chance.happens(0.3) ? { systemAssigned: chance.happens(0.55) } : {}),
    ...(chance.happens(0.2) ? { systemAssignedRemoval: "Destroy" } : {}),
    ...(chance.happens(0.12) ? { ownership: "Exclusive" } : {}),
    ...(chance.happens(0.25) ? { allowDisruption: chance.pick(["None", "Restart"]) } : {}),
    ...policy(chance),
  };
}

function credential(chance: Chance): JsonObject {
  return { identityRef: { name: "ida" }, serviceAccountRef: { name: chance.pick(["app", "job"]) }, ...policy(chance) };
}

function grant(chance: Chance): JsonObject {
  return {
    principal: { identityRef: { name: chance.pick(IDENTITIES) } },
    scope: { armId: chance.pick([GROUP, HOST_IDS["web"] ?? ""]) },
    roleDefinitionName: chance.pick(["Reader", "Contributor", "Reader", "Contributor", "No Such Role"]),
    ...policy(chance),
  };
}

function dataGrant(chance: Chance): JsonObject {
  return {
    principal: { identityRef: { name: chance.pick(IDENTITIES) } },
    scope: { cosmosDB: { accountArmId: HOST_IDS["cosmos"] ?? "" } },
    roleDefinitionName: "Cosmos DB Built-in Data Reader",
    ...policy(chance),
  };
}

function group(chance: Chance): JsonObject {
  return {
    ...PLACE,
    containers: [{ name: "web", image: chance.pick(["a:1", "a:2"]), resources: { requests: { cpu: 1, memoryInGB: 2 } } }],
    ...(chance.happens(0.7) ? { identity: { userAssigned: [{ identityRef: { name: "ida" } }] } } : {}),
    ...(chance.happens(0.8) ? { allowDisruption: "Restart" } : {}),
    ...policy(chance),
  };
}

function app(chance: Chance): JsonObject {
  return {
    ...PLACE,
    azureName: "azid-world-app",
    plan: { planRef: { name: "farm" } },
    ...(chance.happens(0.7) ? { identity: { userAssigned: [{ identityRef: { name: chance.pick(IDENTITIES) } }] } } : {}),
    appSettings: [{ name: "COLOUR", value: chance.pick(["red", "blue"]) }, ...(chance.happens(0.4) ? [SECRET_SETTING] : [])],
    ...policy(chance),
  };
}

const SECRET_SETTING = { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "secret", key: "password" } } };
