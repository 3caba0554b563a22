import { parseCredential } from "../../src/api/credential.ts";
import { isJsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { GROUP, type Write } from "./azure.ts";
import { nameLets } from "./consents.ts";
import { agoMs } from "./errand.ts";
import { APPLICATIONS, nameOf, principalIdOf } from "./principals.ts";
import { attached, heldTarget, hostOf, isLive, specOf } from "./seen.ts";
import type { Universe } from "./universe.ts";

/** How long a pass that began before somebody decided otherwise may still act on what was before it. */
const GRACE_MS = 30_000;
/** How long an answer about a permission counts, until it is asked again. */
const REVIEW_MS = 80_000;

/** One part of a write: an identity that comes to a host or leaves it, or the resource as a whole. */
interface Part {
  readonly is: "attach" | "detach" | "whole";
  /** The id of the identity, or of the resource, in lower case. */
  readonly id: string;
}

/** What a write that is about to be made carries for somebody who may not have it made; undefined when nothing. */
export function faultOfCarriers(universe: Universe, write: Write): string | undefined {
  if (universe.administrators.setting === undefined) return undefined;
  for (const part of partsOf(universe, write)) {
    const carriers = carriersOf(universe, write, part);
    const objections = carriers.map((carrier) => objectionTo(universe, { write, part, carrier }));
    const [first] = objections;
    if (first !== undefined && objections.every((objection) => objection !== undefined)) return `${part.is} ${part.id.slice(GROUP.length)}: ${first}`;
  }
  return undefined;
}

function partsOf({ azure }: Universe, { method, path, body }: Write): readonly Part[] {
  const before = azure.simulator.portal.get(path);
  const identity = isJsonObject(body) ? objectAt(body, "identity") : undefined;
  if (method === "DELETE" || before === undefined || identity === undefined) return [{ is: "whole", id: path.toLowerCase() }];
  const has = attached(before);
  const map = Object.entries(objectAt(identity, "userAssignedIdentities") ?? {}).map(([key, value]) => [key.toLowerCase(), value] as const);
  const added = map.filter(([key, value]) => value !== null && !has.has(key)).map(([id]) => ({ is: "attach", id }) as const);
  const isKept = (key: string): boolean => map.some(([spelled, value]) => spelled === key && value !== null);
  const isNone = !(stringAt(identity, "type") ?? "").toLowerCase().includes("userassigned");
  // Sites are written with the full map: what it leaves out, goes.
  const isGone = (key: string): boolean => isNone || map.some(([spelled, value]) => spelled === key && value === null) || (/\/sites\//i.test(path) && !isKept(key));
  return [...added, ...[...has.keys()].filter(isGone).map((id) => ({ is: "detach", id }) as const)];
}

/** The objects for which a part of a write may be: they hold it by then (invariant 1). */
function carriersOf({ api }: Universe, { path }: Write, { is, id }: Part): readonly KubeObject[] {
  const holders = api.list().filter((object) => heldTarget(object) === path.toLowerCase());
  if (is === "whole") return holders;
  const holding = holders.filter((object) => heldIds(object).includes(id));
  return holding.length > 0 ? holding : holders.filter((object) => specOf(object)["ownership"] === "Exclusive");
}

function heldIds({ status }: KubeObject): readonly string[] {
  const held = objectAt(status, "holds")?.["userAssigned"];
  return (Array.isArray(held) ? held.filter(isJsonObject) : []).map((each) => stringAt(each, "resourceId")?.toLowerCase() ?? "");
}

interface Carrying {
  readonly write: Write;
  readonly part: Part;
  readonly carrier: KubeObject;
}

function objectionTo(universe: Universe, carrying: Carrying): string | undefined {
  return signedOtherwise(universe, carrying) ?? withheld(universe, carrying) ?? unpermitted(universe, carrying) ?? unlisted(universe, carrying);
}

/** Each object is served by the credential of its namespace; what is deleted may use the one that it held by, or the one that cleans up. */
function signedOtherwise({ administrators, clock }: Universe, { write: { principalId }, carrier }: Carrying): string | undefined {
  const { namespace, name, deletionTimestamp } = carrier.metadata;
  const allowed = [...administrators.principalsOf(namespace, GRACE_MS + agoMs(clock.now()))];
  if (deletionTimestamp !== undefined) allowed.push(heldPrincipal(carrier), administrators.cleaner);
  if (principalId !== undefined && allowed.includes(principalId)) return undefined;
  return `${carrier.kind} ${namespace}/${name} is served by ${nameOf(administrators.principalsOf(namespace, 0)[0])}, and ${nameOf(principalId)} writes`;
}

function heldPrincipal({ status }: KubeObject): string | undefined {
  const credential = parseCredential(stringAt(objectAt(status, "holds"), "credential") ?? "");
  return credential?.account === undefined ? APPLICATIONS.operator.principalId : principalIdOf(credential.account.clientId);
}

/** Nobody attaches an identity of another namespace without its consent. */
function withheld(universe: Universe, { part, carrier }: Carrying): string | undefined {
  if (part.is !== "attach" || nameLets(universe, { carrier, id: part.id, withinMs: GRACE_MS + agoMs(universe.clock.now()) })) return undefined;
  return `${carrier.metadata.name} attaches it, and its owner does not consent`;
}

/** Nothing is attached without the permissions to attach to the host and to use the identity. */
function unpermitted({ administrators, clock }: Universe, { write, part, carrier }: Carrying): string | undefined {
  if (administrators.setting?.requirePermissions !== true || part.is !== "attach" || !isLive(carrier)) return undefined;
  const { namespace, name } = carrier.metadata;
  const isLong = (what: string): boolean => clock.now() - (administrators.forbidden.get(`${namespace} ${what}`) ?? Number.POSITIVE_INFINITY) > REVIEW_MS + agoMs(clock.now());
  const lacking = [lastOf(write.path), ...(isOwn(carrier, part.id) ? [] : [lastOf(part.id)])].find(isLong);
  return lacking === undefined ? undefined : `${name} attaches it, and ${namespace} has no permission on ${lacking}`;
}

/** What its own namespace declares, an object needs no permission for. */
function isOwn({ metadata, spec }: KubeObject, id: string): boolean {
  const text = JSON.stringify(spec ?? {});
  return metadata.namespace === "default" || text.includes(`{"identityRef":{"name":"${lastOf(id)}"}}`);
}

/** Nothing is written to hosts that an administrator does not list. */
function unlisted({ administrators, clock }: Universe, { part, carrier }: Carrying): string | undefined {
  const hosts = administrators.setting?.hosts ?? "all";
  if (hosts === "all" || part.is === "whole" || !isLive(carrier) || carrier.metadata.namespace !== "team" || clock.now() - administrators.changedAtMs < GRACE_MS + agoMs(clock.now())) return undefined;
  const [, type = ""] = /\/providers\/([^/]+\/[^/]+)\/[^/]+$/i.exec(hostOf(carrier)) ?? [];
  return hosts.includes(type.toLowerCase()) ? undefined : `${carrier.metadata.name} writes, and hosts of type ${type} are not listed for it`;
}

function lastOf(id: string): string {
  return id.toLowerCase().split("/").at(-1) ?? "";
}

