import { isJsonObject, type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { GROUP, type Write } from "./azure.ts";
import { isWantedBackFrom } from "./consents.ts";
import { errand } from "./errand.ts";
import { faultOfCarriers } from "./carriers.ts";
import { attached, FINALIZER, hasSystemAssigned, heldTarget, hostOf, identityIdOf, identityRefs, isLive, isPaused, namedBy, ourMark, readyOf, specOf } from "./seen.ts";
import { HOST_IDS } from "./specs.ts";
import { keysOf, type Universe } from "./universe.ts";

/** How long a pass that began before somebody's edit may still act on what was before it. */
const GRACE_MS = 30_000;

/** How late a watch tells of an edit. */
const LATE_MS = 3000;

/** When the pass began that is about to write. */
function begunAtMs({ clock }: Pick<Universe, "clock">): number {
  return errand.getStore()?.begunAtMs ?? clock.now();
}

/** Whether an object was edited when the pass had begun that is about to write: it acts on what was said before that. */
function isNews(universe: Universe, object: KubeObject): boolean {
  return begunAtMs(universe) - editedAtMs(universe, object) < LATE_MS;
}

/** Whether an object is as it is for long enough that every pass goes by it. */
function isOld(universe: Universe, object: KubeObject): boolean {
  return universe.clock.now() - editedAtMs(universe, object) > GRACE_MS;
}

function editedAtMs({ api }: Universe, object: KubeObject): number {
  return api.editedAtMs.get(keysOf([object])[0] ?? "") ?? 0;
}

/** What is wrong about a write that is about to be made; undefined when nothing is. */
export function faultOfWrite(universe: Universe, write: Write): string | undefined {
  const path = write.path.toLowerCase();
  const holders = universe.api.list().filter((object) => path.startsWith(heldTarget(object) ?? "?"));
  const name = `${write.method} of ${path.slice(GROUP.length)}`;
  if (holders.length === 0) return `nobody holds what is written: ${name} (invariant 1)`;
  if (!holders.some(({ metadata }) => metadata.finalizers?.includes(FINALIZER))) return `no finalizer stands before ${name} (invariant 1)`;
  const fault = unheldMark(universe, write) ?? repeated(universe, write) ?? foreignIdentity(universe, write) ?? foreignCredential(universe, write) ?? unwantedWrite(universe, holders) ?? faultOfCarriers(universe, write) ?? lostIdentity(universe, write, holders);
  return fault === undefined ? undefined : `${name}: ${fault}`;
}

/** Whose mark a write puts on a resource holds that resource first. */
function unheldMark({ api }: Universe, { path, body }: Write): string | undefined {
  const mark = isJsonObject(body) ? ourMark(body) : undefined;
  if (mark === undefined) return undefined;
  const marked = api.list().filter(({ metadata, kind }) => mark.endsWith(`/${metadata.namespace}/${metadata.name}`) && MARKING.has(kind));
  return marked.some((object) => heldTarget(object) === path.toLowerCase()) ? undefined : `${mark} does not hold it before the mark says so (invariant 1)`;
}

const MARKING = new Set(["UserAssignedIdentity", "ContainerGroup", "AppServicePlan", "WebApp"]);

/** A federated credential that is as it is to be is not written again (invariant 4). */
function repeated({ azure }: Universe, { path, body }: Write): string | undefined {
  if (!/federatedidentitycredentials/i.test(path) || !isJsonObject(body) || !azure.traffic.hasTaken(errand.getStore(), { path, body })) return undefined;
  const isSame = stringAt(objectAt(azure.simulator.portal.get(path), "properties"), "subject") === stringAt(objectAt(body, "properties"), "subject");
  return isSame ? "it is like that already (invariant 4)" : undefined;
}

/** An identity that another owner's mark, or nobody's, is on, is never updated or deleted, unless an object may adopt it (invariant 2). */
function foreignIdentity(universe: Universe, { path }: Write): string | undefined {
  const { azure, api, clock, others } = universe;
  const [, name] = /\/userassignedidentities\/([^/]+)$/i.exec(path) ?? [];
  const body = azure.simulator.portal.get(path);
  if (name === undefined || body === undefined || ourMark(body) !== undefined) return undefined;
  const isNew = (object: KubeObject): boolean => clock.now() - editedAtMs(universe, object) < GRACE_MS;
  const mayAdopt = api.list().some((object) => object.kind === "UserAssignedIdentity" && (specOf(object)["adoptionPolicy"] === "IfExists" || isNew(object)));
  const isSudden = clock.now() - (others.squattedAtMs.get(name) ?? Number.NEGATIVE_INFINITY) < GRACE_MS;
  const isRetagged = [...api.list()].some((object) => stringAt(object.status, "principalId") === stringAt(objectAt(body, "properties"), "principalId"));
  return mayAdopt || isSudden || isRetagged ? undefined : "it is not ours (invariant 2)";
}

/** A federated credential of others is left as it is, unless an object may adopt it (invariant 2). */
function foreignCredential({ others, api, azure, clock }: Universe, { path }: Write): string | undefined {
  const madeAtMs = others.credentials.get(path.toLowerCase());
  const isTheirs = stringAt(objectAt(azure.simulator.portal.get(path), "properties"), "subject")?.includes("strangers") === true;
  const mayAdopt = api.list().some((object) => object.kind === "FederatedIdentityCredential" && specOf(object)["adoptionPolicy"] === "IfExists");
  if (madeAtMs === undefined || !isTheirs || mayAdopt || begunAtMs({ clock }) - madeAtMs < LATE_MS) return undefined;
  return "others made it (invariant 2)";
}

/** Nothing is written on behalf of who is paused, or only observes, once the operator knows it. */
function unwantedWrite(universe: Universe, holders: readonly KubeObject[]): string | undefined {
  const { operator, api } = universe;
  const isKnown = (object: KubeObject): boolean => operator.cached(keysOf([object])[0] ?? "")?.metadata.resourceVersion === object.metadata.resourceVersion;
  const concerned = api.list().filter((object) => holders.includes(object) || holders.some((holder) => hostOf(object) === heldTarget(holder)));
  const isIdle = (object: KubeObject): boolean => isKnown(object) && isOld(universe, object) && (isPaused(object) || (specOf(object)["managementPolicy"] === "ObserveOnly" && object.metadata.deletionTimestamp === undefined));
  return concerned.length > 0 && concerned.every(isIdle) ? "everybody whom it concerns is paused or only observes" : undefined;
}

/** What a write takes away: an identity that is needed, one that its objects retain, and the system-assigned one. */
function lostIdentity(universe: Universe, write: Write, holders: readonly KubeObject[]): string | undefined {
  if (write.method === "DELETE") return deletedInUse(universe, write) ?? deletedDeclared(universe, write, holders) ?? deletedRetained(universe, holders);
  const identity = isJsonObject(write.body) ? objectAt(write.body, "identity") : undefined;
  const before = universe.azure.simulator.portal.get(write.path);
  if (identity === undefined || before === undefined) return undefined;
  return unconsented(universe, write) ?? switchedOff(universe, write, { identity, before }) ?? narrowed(universe, write, { identity, before });
}

function deletedInUse(universe: Universe, { path }: Write): string | undefined {
  const { api } = universe;
  const users = api.list().filter((object) => isLive(object) && isOld(universe, object) && identityRefs(object.spec).some((name) => identityIdOf(name) === path.toLowerCase()));
  const leaving = api.list().filter(({ metadata, kind }) => kind === "UserAssignedIdentity" && metadata.deletionTimestamp !== undefined && identityIdOf(metadata.name) === path.toLowerCase());
  const named = users.filter((user) => leaving.some(({ metadata }) => metadata.namespace === user.metadata.namespace && identityRefs(user.spec).includes(metadata.name)));
  return named[0] === undefined ? undefined : `${named[0].kind} ${named[0].metadata.name} refers to it`;
}

/** What another object declares, too, is handed over (DESIGN 2). */
function deletedDeclared(universe: Universe, { path }: Write, holders: readonly KubeObject[]): string | undefined {
  const { api } = universe;
  const kinds = new Set(holders.map(({ kind }) => kind).filter((kind) => ["UserAssignedIdentity", "RoleAssignment"].includes(kind)));
  const isDeclared = (object: KubeObject): boolean => (object.kind === "RoleAssignment" ? stringAt(object.status, "resourceId")?.toLowerCase() : identityIdOf(object.metadata.name)) === path.toLowerCase();
  const isGrantReady = (object: KubeObject): boolean => object.kind !== "RoleAssignment" || readyOf(object)?.status === "True";
  const heir = api.list().find((object) => kinds.has(object.kind) && !holders.includes(object) && isLive(object) && isOld(universe, object) && isDeclared(object) && isGrantReady(object));
  return heir === undefined ? undefined : `${heir.kind} ${heir.metadata.name} declares it, too, and inherits it`;
}

function deletedRetained(universe: Universe, holders: readonly KubeObject[]): string | undefined {
  if (holders.some((object) => isNews(universe, object))) return undefined;
  const isRetained = holders.length > 0 && holders.every((object) => specOf(object)["deletionPolicy"] === "Retain" && object.metadata.deletionTimestamp !== undefined);
  return isRetained ? "its object says Retain" : undefined;
}

interface Blocks {
  readonly identity: JsonObject;
  readonly before: JsonObject;
}

/** Changing a site's identities recycles it, which somebody whom it concerns must allow (DESIGN 1). */
function unconsented(universe: Universe, { path }: Write): string | undefined {
  const { api } = universe;
  if (path.toLowerCase() !== HOST_IDS["web"]?.toLowerCase()) return undefined;
  const concerned = api.list().filter((object) => object.kind === "IdentityAssignment" && [hostOf(object), heldTarget(object)].includes(path.toLowerCase()));
  return concerned.every((object) => isOld(universe, object) && specOf(object)["allowDisruption"] === "None") ? "nobody allows that the site is recycled" : undefined;
}

/** The system-assigned identity goes only by who says Destroy. */
function switchedOff(universe: Universe, { path }: Write, { identity, before }: Blocks): string | undefined {
  const { api, others } = universe;
  if (!hasSystemAssigned(before) || hasSystemAssigned({ identity })) return undefined;
  const mayDestroy = api.list().some((object) => [hostOf(object), heldTarget(object)].includes(path.toLowerCase()) && (specOf(object)["systemAssignedRemoval"] === "Destroy" || isNews(universe, object)));
  const isTheirs = others.systemOn.get(path.toLowerCase()) === stringAt(objectAt(before, "identity"), "principalId");
  const mayAdopt = api.list().some((object) => hostOf(object) === path.toLowerCase() && specOf(object)["adoptionPolicy"] === "IfExists");
  if (isTheirs && !mayAdopt && others.systemOn.has(path.toLowerCase())) return "it switches off a system-assigned identity that others switched on (invariant 2)";
  return mayDestroy ? undefined : "it switches the system-assigned identity off, and nobody says Destroy";
}

/** What a live claim names stays attached, but for a ghost, which is mended. */
function narrowed(universe: Universe, { path }: Write, { identity, before }: Blocks): string | undefined {
  const { api, azure, clock, others } = universe;
  // Whoever attaches something attaches what is there anew: a ghost that the pass saw is none any more.
  if ((others.attachedAtMs.get(path.toLowerCase()) ?? 0) >= begunAtMs({ clock })) return undefined;
  const map = objectAt(identity, "userAssignedIdentities") ?? {};
  const isEmpty = !(stringAt(identity, "type") ?? "").toLowerCase().includes("userassigned");
  // Sites are written with the full map: what it leaves out, goes.
  const isLeftOut = (key: string): boolean => /\/sites\//i.test(path) && !Object.keys(map).some((spelled) => spelled.toLowerCase() === key);
  const gone = [...attached(before)].filter(([key]) => isEmpty || isLeftOut(key) || Object.entries(map).some(([spelled, value]) => spelled.toLowerCase() === key && value === null));
  for (const [key, shown] of gone) {
    const real = azure.simulator.portal.get(key);
    const isGhost = real === undefined || stringAt(objectAt(real, "properties"), "clientId") !== stringAt(shown, "clientId");
    const needing = api.list().find((object) => object.kind === "IdentityAssignment" && (isLive(object) || isPaused(object)) && isOld(universe, object) && hostOf(object) === path.toLowerCase() && heldTarget(object) === path.toLowerCase() && namedBy(object).includes(key));
    const referent = api.list().find((object) => object.kind === "UserAssignedIdentity" && identityIdOf(object.metadata.name) === key);
    // Nothing is handed over to who names what cannot be used now; what it holds itself stays with it.
    const isUsable = referent?.metadata.deletionTimestamp === undefined && (referent === undefined || readyOf(referent)?.status === "True");
    const holdsIt = JSON.stringify(objectAt(needing?.status, "holds")?.["userAssigned"] ?? []).toLowerCase().includes(`"${key}"`);
    if ((!isUsable && !holdsIt) || (needing !== undefined && isWantedBackFrom(universe, needing, key))) continue;
    if (!isGhost && needing !== undefined && needing.metadata.deletionTimestamp === undefined) return `it detaches ${key.slice(GROUP.length)}, which ${needing.metadata.name} names`;
  }
  return undefined;
}
