import { type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import { keyOf, type KubeObject } from "../../src/api/object.ts";
import { GROUP } from "./azure.ts";
import { isNamedById, withheldNames } from "./consents.ts";
import { attached, hasSystemAssigned, hostOf, identityIdOf, isLive, isPaused, namedBy, readyOf, specOf } from "./seen.ts";
import type { Universe } from "./universe.ts";

/** Objects that say that they are Ready while Azure is not as they declare. */
export function untruths(universe: Universe): readonly string[] {
  const ready = universe.api.list().filter((object) => isLive(object) && readyOf(object)?.status === "True");
  return ready.flatMap((object) => {
    const fault = untruth(universe, object);
    return fault === undefined ? [] : [`${object.kind} ${object.metadata.name} is Ready, and ${fault}`];
  });
}

function untruth(universe: Universe, object: KubeObject): string | undefined {
  const { portal } = universe.azure.simulator;
  switch (object.kind) {
    case "UserAssignedIdentity":
      return identityUntruth(object, portal.get(identityIdOf(object.metadata.name)));
    case "FederatedIdentityCredential":
      return credentialUntruth(universe, object);
    case "RoleAssignment":
      return grantUntruth(universe, object);
    case "IdentityAssignment":
      return assignmentUntruth(universe, object);
    default:
      return portal.get(stringAt(object.status, "resourceId") ?? GROUP) === undefined ? "there is no such resource" : undefined;
  }
}

function identityUntruth(object: KubeObject, body: JsonObject | undefined): string | undefined {
  if (body === undefined) return "there is no such identity";
  const principalId = stringAt(objectAt(body, "properties"), "principalId");
  if (principalId !== stringAt(object.status, "principalId")) return "it shows another principal";
  const want = stringAt(objectAt(specOf(object), "tags"), "team");
  const have = stringAt(objectAt(body, "tags"), "team");
  return want === have ? undefined : `its tag is ${have ?? "absent"} and not ${want ?? "absent"}`;
}

function credentialUntruth({ azure }: Universe, object: KubeObject): string | undefined {
  const account = stringAt(objectAt(specOf(object), "serviceAccountRef"), "name") ?? "";
  const below = azure.simulator.portal.list("Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials");
  return below.some((body) => stringAt(objectAt(body, "properties"), "subject") === `system:serviceaccount:${object.metadata.namespace}:${account}`) ? undefined : "no credential has its subject";
}

function grantUntruth({ api, azure }: Universe, object: KubeObject): string | undefined {
  const spec = specOf(object);
  const name = stringAt(objectAt(objectAt(spec, "principal"), "identityRef"), "name") ?? "";
  // An identity that is paused does not see that another one took its place, and grants go by what it says.
  const referent = api.get(`UserAssignedIdentity/${object.metadata.namespace}/${name}`);
  if (referent !== undefined && isPaused(referent)) return undefined;
  const { portal } = azure.simulator;
  const principalId = stringAt(objectAt(portal.get(identityIdOf(name)), "properties"), "principalId");
  const type = objectAt(objectAt(spec, "scope"), "cosmosDB") === undefined ? "Microsoft.Authorization/roleAssignments" : "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments";
  return portal.list(type).some((body) => stringAt(objectAt(body, "properties"), "principalId") === principalId) ? undefined : `${name} is granted nothing`;
}

function assignmentUntruth({ azure }: Universe, object: KubeObject): string | undefined {
  const { portal } = azure.simulator;
  const host = portal.get(hostOf(object));
  if (host === undefined) return "there is no such host";
  const spec = specOf(object);
  const has = attached(host);
  const missing = namedBy(object).find((key) => !has.has(key));
  if (missing !== undefined) return `${missing.slice(GROUP.length)} is not attached`;
  // That one was made again which is named by its id, only a look at it tells, and that comes after hours.
  const ghost = namedBy(object).find((key) => !isNamedById(object, key) && stringAt(has.get(key), "clientId") !== stringAt(objectAt(portal.get(key), "properties"), "clientId"));
  if (ghost !== undefined) return `${ghost.slice(GROUP.length)} is attached as it was before it was made again`;
  if (spec["systemAssigned"] === true && !hasSystemAssigned(host)) return "the system-assigned identity is off";
  const extra = spec["ownership"] === "Exclusive" ? [...has.keys()].find((key) => !namedBy(object).includes(key)) : undefined;
  return extra === undefined ? undefined : `${extra.slice(GROUP.length)} is attached beside it, which is Exclusive`;
}

/** Assignments of which one identity is at fault, and others are not attached although nothing is wrong with them. */
export function blockedByCulprits(universe: Universe): readonly string[] {
  const { api, azure, others } = universe;
  const { portal } = azure.simulator;
  const suffering = api.list().filter((object) => object.kind === "IdentityAssignment" && isLive(object) && ["IdentityNotFound", "IdentityNotPermitted"].includes(readyOf(object)?.reason ?? ""));
  return suffering.flatMap((object) => {
    const host = portal.get(hostOf(object));
    const isDangling = [...attached(host).keys()].some((key) => portal.get(key) === undefined);
    const withheld = withheldNames(universe, object).map(identityIdOf);
    const innocent = namedBy(object).filter((key) => !withheld.includes(key) && portal.get(key) !== undefined && isReady(api.list(), key));
    const blocked = innocent.find((key) => !attached(host).has(key));
    return blocked === undefined || host === undefined || isDangling || others.wereDeaf.has(hostOf(object)) ? [] : [`${object.metadata.name}: ${blocked.slice(GROUP.length)} is not attached, because of another identity`];
  });
}

function isReady(objects: readonly KubeObject[], id: string): boolean {
  return objects.some((object) => object.kind === "UserAssignedIdentity" && object.metadata.name === id.split("/").at(-1) && readyOf(object)?.status === "True");
}

/** Two claims on one host that are both Ready, one of them Exclusive. */
export function exclusiveBesides({ api }: Universe): readonly string[] {
  const ready = api.list().filter((object) => object.kind === "IdentityAssignment" && isLive(object) && readyOf(object)?.status === "True");
  const exclusive = ready.filter((object) => specOf(object)["ownership"] === "Exclusive");
  return exclusive.flatMap((one) => ready.filter((other) => other !== one && hostOf(other) === hostOf(one)).map((other) => `${one.metadata.name} is Exclusive and Ready beside ${other.metadata.name}`));
}


/** Credentials that are refused as somebody else's, and were made by the very object. */
export function refusedOwn({ api, azure, others, letGo }: Universe): readonly string[] {
  const refused = api.list().filter((object) => object.kind === "FederatedIdentityCredential" && isLive(object) && readyOf(object)?.reason === "AlreadyExists");
  const isTheirs = (object: KubeObject): boolean => others.credentials.has(`${identityIdOf("ida")}/federatedidentitycredentials/${object.metadata.name}`);
  const isThere = (object: KubeObject): boolean => azure.simulator.portal.get(`${identityIdOf("ida")}/federatedIdentityCredentials/${object.metadata.name}`) !== undefined;
  const own = refused.filter((object) => isThere(object) && !isTheirs(object) && !letGo.has(object.metadata.name) && api.made(keyOf(object)) === 1);
  return own.map(({ metadata }) => `FederatedIdentityCredential ${metadata.name} refuses what it made itself`);
}
