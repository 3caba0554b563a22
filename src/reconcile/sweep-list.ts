import { type ArmId, armIdParts, armIdType, groupScope, parentOf, subscriptionScope } from "../api/arm-id.ts";
import { ANNOTATIONS } from "../api/group.ts";
import { isJsonObject } from "../api/json.ts";
import type { HostRow } from "../kinds/host-row.ts";
import type { Policies, ResourceShape } from "../kinds/kind.ts";
import { heldExports } from "./exports.ts";
import { type Claim, shareOf } from "./claim.ts";
import { isBuiltInRole } from "./lookups.ts";

/** A LIST by which resources are compared with what is stored of them. */
export interface SweepList {
  readonly credential: string;
  /** A subscription, a resource group, or the parent of what is listed. */
  readonly scope: ArmId;
  /** Below the scope. */
  readonly collection: string;
  readonly apiVersion: string;
  readonly filter?: string;
  /** How often it is asked for, in seconds, where that is not as often as all others. */
  readonly everySeconds?: number;
}

/** How far a LIST stands for a GET of a unit's target. */
export interface Coverage {
  readonly list: SweepList;
  /** How often it is read by its own id all the same, in seconds; undefined: never. */
  readonly readEverySeconds: number | undefined;
  /** Whether what its objects hand on in Kubernetes has to be looked at, which no LIST of Azure tells. */
  readonly hasExports: boolean;
}

/** What decides which LIST there is. */
export interface SweepSurroundings {
  /** The host catalogue by type in lower case. */
  readonly hosts: ReadonlyMap<string, HostRow>;
  /** Whether a credential may be used at a scope; the administrator says that for reads, too. */
  isAllowed(scope: ArmId, credential: string): boolean;
  /** Whether Azure refused this LIST to its credential, so that resource groups are listed one by one. */
  isDenied(list: SweepList): boolean;
}

/** The version of Microsoft.Resources at which resources of all types are listed (arm.md 2.4). */
const RESOURCES_VERSION = "2021-04-01";

/** How often a host is read all the same where an attachment is known by its ARM id alone, so that only a GET of the identity tells a ghost. */
const GHOST_SECONDS = 6 * 3600;

/** How often what a role of somebody's own allows is looked up again: it can be edited, and no list of grants shows that. */
const ROLE_SECONDS = 3600;

/** Which LIST stands for the GET of a unit, over all its claims; undefined where none does. */
export function coverageOf(claims: readonly Claim[], surroundings: SweepSurroundings): Coverage | undefined {
  const [{ target, credential } = { target: undefined, credential: undefined }] = claims;
  if (target === undefined || credential === undefined || !claims.every(isTold)) return undefined;
  const shapes = claims.flatMap(({ kind }) => (kind.shape.is === "resource" ? [kind.shape.variant?.(target) ?? kind.shape] : []));
  const [shape] = shapes;
  const given = { target, credential, surroundings };
  const list = shape === undefined ? hostList(given) : resourceList(given, shape);
  if (list === undefined) return undefined;
  const everySeconds = [shape?.listed?.omits?.readEverySeconds ?? [], claims.some(holdsById) ? GHOST_SECONDS : [], claims.some(restsOnCustomRole) ? ROLE_SECONDS : []].flat();
  return {
    list,
    readEverySeconds: everySeconds.length === 0 ? undefined : Math.min(...everySeconds),
    hasExports: claims.some(hasExports),
  };
}

/** What tells lists apart. */
export function listKey({ credential, scope, collection, filter = "" }: SweepList): string {
  return [credential, scope, collection, filter].join("|").toLowerCase();
}

/** An interval of their own, documents of Kubernetes, parts, and settings of a host: what no LIST shows. */
function isTold({ kind, spec, surroundings, object, holds, moving }: Claim): boolean {
  if (spec === undefined || moving || object.metadata.annotations?.[ANNOTATIONS.syncIntervalSeconds] !== undefined) return false;
  const { shape } = kind;
  const documents = shape.is === "resource" ? (shape.documents?.(spec) ?? []) : [];
  const parts = shape.is === "resource" ? (shape.parts?.(spec, surroundings) ?? []) : [];
  const settings = [...(shareOf({ kind, spec, object })?.settings ?? []), ...(holds?.settings ?? [])];
  return documents.length + parts.length + settings.length === 0;
}

interface Given {
  readonly target: ArmId;
  readonly credential: string;
  readonly surroundings: SweepSurroundings;
}

/** Where instances have to follow, or one identity is the host's first, its properties count, which this list does not show. */
function hostList(given: Given): SweepList | undefined {
  const row = given.surroundings.hosts.get(armIdType(given.target));
  if (row === undefined || row.isProxy === true || row.hasInstances === true || row.primary !== undefined) return undefined;
  return atScope(given, { collection: "resources", apiVersion: RESOURCES_VERSION, filter: `resourceType eq '${row.type}'` });
}

function resourceList(given: Given, { listed, apiVersion }: ResourceShape<Policies>): SweepList | undefined {
  if (listed === undefined) return undefined;
  const { target } = given;
  const { provider, types } = armIdParts(target);
  if (listed.of === "parent") return belowParent(given, listed, { apiVersion, collection: types.at(-1) ?? "" });
  if (types.length > 1) return undefined;
  return atScope(given, { collection: `providers/${provider}/${types.join("/")}`, apiVersion, ...often(listed) });
}

type ListView = NonNullable<ResourceShape<Policies>["listed"]>;

type Asked = Omit<SweepList, "credential" | "scope">;

function belowParent({ target, credential, surroundings }: Given, listed: ListView, asked: Asked): SweepList | undefined {
  const scope = parentOf(target);
  const list = scope === undefined ? undefined : { credential, scope, ...asked, ...often(listed) };
  return list !== undefined && surroundings.isAllowed(list.scope, credential) && !surroundings.isDenied(list) ? list : undefined;
}

/** The subscription where the credential may read it, else the resource group. */
function atScope({ target, credential, surroundings }: Given, asked: Asked): SweepList | undefined {
  const { subscriptionId, resourceGroup } = armIdParts(target);
  const group = groupOf(target) ?? resourceGroup;
  const scopes = [subscriptionScope(subscriptionId), ...(group === "" ? [] : [groupScope(subscriptionId, group)])];
  const lists = scopes.filter((scope) => surroundings.isAllowed(scope, credential)).map((scope) => ({ credential, scope, ...asked }));
  return lists.find((list) => !surroundings.isDenied(list));
}

/** Of an extension, the group of what it extends. */
function groupOf(target: ArmId): string | undefined {
  return /^\/subscriptions\/[^/]+\/resourceGroups\/([^/]+)/i.exec(target)?.[1];
}

function often({ everySeconds }: ListView): { readonly everySeconds?: number } {
  return everySeconds === undefined ? {} : { everySeconds };
}

/** Whether an attachment is held by its ARM id alone: no object tells which ids it ought to have. */
function holdsById({ holds }: Claim): boolean {
  return (holds?.userAssigned ?? []).some(({ identityRef }) => identityRef === undefined);
}

function restsOnCustomRole({ lookup, lookedUp }: Claim): boolean {
  return lookup !== undefined && !(lookedUp?.is === "found" && isBuiltInRole(lookedUp.body));
}

function hasExports(claim: Claim): boolean {
  if (heldExports(claim).length > 0) return true;
  const { kind, spec, object, surroundings } = claim;
  const status = isJsonObject(object.status) ? object.status : {};
  return spec !== undefined && (kind.exports?.(spec, status, surroundings) ?? []).length > 0;
}
