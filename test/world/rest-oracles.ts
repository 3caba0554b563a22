import { conditionsOf, conditionOf } from "../../src/api/conditions.ts";
import { isJsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { notGivenBack } from "./consents.ts";
import { HOST_IDS, identityId } from "./specs.ts";
import { attached, heldTarget, identityIdOf, identityRefs, idOf, isPaused, MARKED_TYPES, ourMark, readyOf, specOf } from "./seen.ts";
import { teamFaults } from "./team-oracles.ts";
import { blockedByCulprits, exclusiveBesides, refusedOwn, untruths } from "./truth.ts";
import type { Universe } from "./universe.ts";

/** What is wrong a few minutes after the last act, when nothing goes wrong any more: who was to be woken has been. */
export function faultsSoon(universe: Universe): readonly string[] {
  const sleepers = universe.api.list().flatMap((object) => {
    const fault = asleep(universe, object);
    return fault === undefined ? [] : [`${object.kind} ${object.metadata.name} ${fault}`];
  });
  return [...sleepers, ...notGivenBack(universe)];
}

function asleep({ api, azure }: Universe, object: KubeObject): string | undefined {
  const ready = readyOf(object);
  if (isPaused(object)) return undefined;
  if (object.metadata.deletionTimestamp === undefined && ready?.observedGeneration !== object.metadata.generation) return `has not looked at its spec of generation ${object.metadata.generation}`;
  const referents = identityRefs(object.spec).map((name) => api.get(`UserAssignedIdentity/${object.metadata.namespace}/${name}`));
  // What others put in the place of an identity, its own object sees at its next look.
  const isItself = (referent: KubeObject): boolean => {
    const body = azure.simulator.portal.get(identityIdOf(referent.metadata.name));
    return stringAt(objectAt(body, "properties"), "principalId") === stringAt(referent.status, "principalId");
  };
  const areReady = referents.length > 0 && referents.every((referent) => referent !== undefined && referent.metadata.deletionTimestamp === undefined && readyOf(referent)?.status === "True" && isItself(referent));
  if (["RefNotFound", "RefNotReady"].includes(ready?.reason ?? "") && areReady && !isHosted(object)) return "still waits for what is Ready";
  const isReferredTo = api.list().some((other) => other !== object && other.metadata.namespace === object.metadata.namespace && other.metadata.deletionTimestamp === undefined && JSON.stringify(specOf(other)).includes(`{"name":"${object.metadata.name}"}`));
  if (ready?.reason === "InUse" && object.metadata.deletionTimestamp !== undefined && !isReferredTo) return "still waits for objects that no longer refer to it";
  return undefined;
}

/** Whether it waits for another object besides identities. */
function isHosted(object: KubeObject): boolean {
  return /"(?:webAppRef|containerGroupRef|planRef)"/.test(JSON.stringify(specOf(object)));
}

/** What is wrong about the world when it has come to rest; empty when nothing is. */
export function faultsAtRest(universe: Universe): readonly string[] {
  return [
    ...universe.defects.map((defect) => `a pass threw: ${defect}`),
    ...universe.api.list().flatMap(conditionFaults),
    ...leaks(universe),
    ...lostForeign(universe),
    ...untruths(universe),
    ...blockedByCulprits(universe),
    ...exclusiveBesides(universe),
    ...refusedOwn(universe),
    ...teamFaults(universe),
  ];
}

/** Conditions at rest, and as kstatus reads them (DESIGN 7); `legal-conditions.ts` has looked at each that was stored. */
function conditionFaults(object: KubeObject): readonly string[] {
  const conditions = conditionsOf(object);
  const of = (type: "Ready" | "Reconciling" | "Stalled" | "Paused") => conditionOf(conditions, type);
  const name = `${object.kind} ${object.metadata.name}`;
  const faults: string[] = [];
  if (of("Ready") === undefined) faults.push(`${name} has no Ready condition`);
  const settled = isJsonObject(object.status) ? object.status["observedGeneration"] : undefined;
  if (of("Ready")?.status === "True" && of("Paused") === undefined && settled !== object.metadata.generation) faults.push(`${name} is Ready for another generation`);
  if (of("Paused") === undefined && object.metadata.deletionTimestamp === undefined && (kstatus(object) === "Current") !== (of("Ready")?.status === "True")) {
    faults.push(`${name} is ${kstatus(object)} to kstatus and Ready ${of("Ready")?.status ?? "-"}`);
  }
  if (/undefined|\[object/.test(JSON.stringify(object.status ?? {}))) faults.push(`${name} has a status with a hole: ${JSON.stringify(object.status)}`);
  return faults;
}

/** How sigs.k8s.io/cli-utils reads an object: generation first, then Stalled, then Reconciling, then Ready. */
function kstatus(object: KubeObject): "Terminating" | "InProgress" | "Failed" | "Current" {
  const conditions = conditionsOf(object);
  const settled = isJsonObject(object.status) ? object.status["observedGeneration"] : undefined;
  if (object.metadata.deletionTimestamp !== undefined) return "Terminating";
  if (conditionOf(conditions, "Stalled")?.status === "True" && settled === object.metadata.generation) return "Failed";
  if (settled !== object.metadata.generation || conditionOf(conditions, "Reconciling")?.status === "True") return "InProgress";
  return conditionOf(conditions, "Ready")?.status === "True" ? "Current" : "InProgress";
}

/** What carries our mark in Azure and belongs to no object. */
function leaks({ api, azure, letGo, retained }: Universe): readonly string[] {
  const held = new Set(api.list().map(heldTarget));
  const { portal } = azure.simulator;
  const isLetGo = (id: string): boolean => [...letGo, ...retained].some((name) => id.endsWith(`/${name}`) || id === identityIdOf(name));
  const orphans = MARKED_TYPES.flatMap((type) => portal.list(type)).filter((body) => ourMark(body) !== undefined && !held.has(idOf(body)) && !isLetGo(idOf(body)));
  return orphans.map((body) => `${stringAt(body, "name") ?? ""} carries our mark and belongs to no object (leak)`);
}

/** What others attached stays, unless an Exclusive claim came (invariant 2). */
export function lostForeign({ others, azure, wasExclusive }: Universe): readonly string[] {
  const foreign = identityId("foreign").toLowerCase();
  if (wasExclusive) return [];
  return [...others.foreignOn].flatMap((host) => (attached(azure.simulator.portal.get(HOST_IDS[host] ?? "")).has(foreign) ? [] : [`the identity that others attached to ${host} is gone (invariant 2)`]));
}
