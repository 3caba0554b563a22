import { isJsonObject, type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { GROUP, type Write } from "./azure.ts";
import { attached, FINALIZER, hasSystemAssigned, heldTarget, hostOf, identityIdOf, identityRefs, isLive, isPaused, namedBy, ourMark, specOf } from "./seen.ts";
import { keysOf, type Universe } from "./universe.ts";

/** How long a pass that began before somebody's edit may still act on what was before it. */
const GRACE_MS = 30_000;

/** What is wrong about a write that is about to be made; undefined when nothing is. */
export function faultOfWrite(universe: Universe, write: Write): string | undefined {
  const path = write.path.toLowerCase();
  const holders = universe.api.list().filter((object) => path.startsWith(heldTarget(object) ?? "?"));
  const name = `${write.method} of ${path.slice(GROUP.length)}`;
  if (holders.length === 0) return `nobody holds what is written: ${name} (invariant 1)`;
  if (!holders.some(({ metadata }) => metadata.finalizers?.includes(FINALIZER))) return `no finalizer stands before ${name} (invariant 1)`;
  const fault = unheldMark(universe, write) ?? foreignIdentity(universe, write) ?? unwantedWrite(universe, holders) ?? lostIdentity(universe, write, holders);
  return fault === undefined ? undefined : `${name}: ${fault}`;
}

/** Whose mark a write puts on a resource holds that resource first. */
function unheldMark({ api }: Universe, { path, body }: Write): string | undefined {
  const mark = isJsonObject(body) ? ourMark(body) : undefined;
  if (mark === undefined) return undefined;
  const marked = api.list().filter(({ metadata, kind }) => mark.endsWith(`/${metadata.name}`) && MARKING.has(kind));
  return marked.some((object) => heldTarget(object) === path.toLowerCase()) ? undefined : `${mark} does not hold it before the mark says so (invariant 1)`;
}

const MARKING = new Set(["UserAssignedIdentity", "ContainerGroup", "AppServicePlan", "WebApp"]);

/** An identity that another owner's mark, or nobody's, is on, is never updated or deleted, unless an object may adopt it (invariant 2). */
function foreignIdentity({ azure, api, clock, others }: Universe, { path }: Write): string | undefined {
  const [, name] = /\/userassignedidentities\/([^/]+)$/i.exec(path) ?? [];
  const body = azure.simulator.portal.get(path);
  if (name === undefined || body === undefined || ourMark(body) !== undefined) return undefined;
  const mayAdopt = api.list().some((object) => object.kind === "UserAssignedIdentity" && specOf(object)["adoptionPolicy"] === "IfExists");
  const isSudden = clock.now() - (others.squattedAtMs.get(name) ?? Number.NEGATIVE_INFINITY) < GRACE_MS;
  const isRetagged = [...api.list()].some((object) => stringAt(object.status, "principalId") === stringAt(objectAt(body, "properties"), "principalId"));
  return mayAdopt || isSudden || isRetagged ? undefined : "it is not ours (invariant 2)";
}

/** Nothing is written on behalf of who is paused, or only observes, once the operator knows it. */
function unwantedWrite(universe: Universe, holders: readonly KubeObject[]): string | undefined {
  const { operator, clock, api } = universe;
  const isKnown = (object: KubeObject): boolean => operator.cached(keysOf([object])[0] ?? "")?.metadata.resourceVersion === object.metadata.resourceVersion;
  const isOld = (object: KubeObject): boolean => clock.now() - (api.editedAtMs.get(keysOf([object])[0] ?? "") ?? 0) > GRACE_MS;
  const concerned = api.list().filter((object) => holders.includes(object) || holders.some((holder) => hostOf(object) === heldTarget(holder)));
  const isIdle = (object: KubeObject): boolean => isKnown(object) && isOld(object) && (isPaused(object) || (specOf(object)["managementPolicy"] === "ObserveOnly" && object.metadata.deletionTimestamp === undefined));
  return concerned.length > 0 && concerned.every(isIdle) ? "everybody whom it concerns is paused or only observes" : undefined;
}

/** What a write takes away: an identity that is needed, one that its objects retain, and the system-assigned one. */
function lostIdentity(universe: Universe, write: Write, holders: readonly KubeObject[]): string | undefined {
  if (write.method === "DELETE") return deletedInUse(universe, write) ?? deletedRetained(holders);
  const identity = isJsonObject(write.body) ? objectAt(write.body, "identity") : undefined;
  const before = universe.azure.simulator.portal.get(write.path);
  if (identity === undefined || before === undefined) return undefined;
  return switchedOff(universe, write, { identity, before }) ?? narrowed(universe, write, { identity, before });
}

function deletedInUse({ api, clock }: Universe, { path }: Write): string | undefined {
  const isOld = (object: KubeObject): boolean => clock.now() - (api.editedAtMs.get(keysOf([object])[0] ?? "") ?? 0) > GRACE_MS;
  const users = api.list().filter((object) => isLive(object) && isOld(object) && identityRefs(object.spec).some((name) => identityIdOf(name) === path.toLowerCase()));
  const leaving = api.list().filter(({ metadata, kind }) => kind === "UserAssignedIdentity" && metadata.deletionTimestamp !== undefined && identityIdOf(metadata.name) === path.toLowerCase());
  const named = users.filter((user) => leaving.some(({ metadata }) => identityRefs(user.spec).includes(metadata.name)));
  return named[0] === undefined ? undefined : `${named[0].kind} ${named[0].metadata.name} refers to it`;
}

function deletedRetained(holders: readonly KubeObject[]): string | undefined {
  const isRetained = holders.length > 0 && holders.every((object) => specOf(object)["deletionPolicy"] === "Retain" && object.metadata.deletionTimestamp !== undefined);
  return isRetained ? "its object says Retain" : undefined;
}

interface Blocks {
  readonly identity: JsonObject;
  readonly before: JsonObject;
}

/** The system-assigned identity goes only by who says Destroy. */
function switchedOff({ api }: Universe, { path }: Write, { identity, before }: Blocks): string | undefined {
  if (!hasSystemAssigned(before) || hasSystemAssigned({ identity })) return undefined;
  const mayDestroy = api.list().some((object) => [hostOf(object), heldTarget(object)].includes(path.toLowerCase()) && specOf(object)["systemAssignedRemoval"] === "Destroy");
  return mayDestroy ? undefined : "it switches the system-assigned identity off, and nobody says Destroy";
}

/** What a live claim names stays attached, but for a ghost, which is mended. */
function narrowed({ api, azure, clock }: Universe, { path }: Write, { identity, before }: Blocks): string | undefined {
  const map = objectAt(identity, "userAssignedIdentities") ?? {};
  const isEmpty = !(stringAt(identity, "type") ?? "").toLowerCase().includes("userassigned");
  const gone = [...attached(before)].filter(([key]) => isEmpty || Object.entries(map).some(([spelled, value]) => spelled.toLowerCase() === key && value === null));
  const isOld = (object: KubeObject): boolean => clock.now() - (api.editedAtMs.get(keysOf([object])[0] ?? "") ?? 0) > GRACE_MS;
  for (const [key, shown] of gone) {
    const real = azure.simulator.portal.get(key);
    const isGhost = real === undefined || stringAt(objectAt(real, "properties"), "clientId") !== stringAt(shown, "clientId");
    const needing = api.list().find((object) => object.kind === "IdentityAssignment" && (isLive(object) || isPaused(object)) && isOld(object) && hostOf(object) === path.toLowerCase() && heldTarget(object) === path.toLowerCase() && namedBy(object).includes(key));
    if (!isGhost && needing !== undefined && needing.metadata.deletionTimestamp === undefined) return `it detaches ${key.slice(GROUP.length)}, which ${needing.metadata.name} names`;
  }
  return undefined;
}
