import { objectAt, stringAt } from "../api/json.ts";
import { parseJson } from "./envelope.ts";
import { MADE_BY_PUT, type Operation, type ProviderLimit, providerLimits } from "./provider-limits.ts";
import type { QuotaLimit } from "./quota-bucket.ts";

/** One request as far as quotas tell it from others. */
export interface Demand {
  /** Name of the credential: each has a principal of its own. */
  readonly credential: string;
  readonly subscriptionId: string | undefined;
  readonly operation: Operation;
  /** Lower-case resource type; empty when it is about none. */
  readonly type: string;
  /** Lower-case path of the resource, or of the parent of a list. */
  readonly path: string;
  readonly region?: string;
}

/** A token of a bucket that a request takes. */
export interface Draw {
  /** Key of the bucket. */
  readonly key: string;
  readonly limit: QuotaLimit;
}

/** ARM's own kinds of operation. */
type Kind = "reads" | "writes" | "deletes";

/** The documented buckets of a principal in a subscription (arm.md 2.6). */
const PRINCIPAL: Readonly<Record<Kind, QuotaLimit>> = {
  reads: { name: "reads", size: 250, perSecond: 25, headroom: 25 },
  writes: { name: "writes", size: 200, perSecond: 10, headroom: 4 },
  deletes: { name: "deletes", size: 200, perSecond: 10, headroom: 4 },
};

/** The bucket that all principals of a subscription share is so much larger (arm.md 2.6). */
const ALL_PRINCIPALS = 15;

/** ARM's kind of an operation. */
export function kindOf(operation: Operation): Kind {
  switch (operation) {
    case "read":
    case "list":
      return "reads";
    case "delete":
      return "deletes";
    case "create":
    case "attach":
    case "write":
      return "writes";
  }
}

/** The tokens that a request takes: those of its provider first, the narrowest before all, then ARM's own. */
export function drawsOf(demand: Demand): readonly Draw[] {
  return [...providerDraws(demand), principalDraw(demand), ...sharedDraw(demand)];
}

/** Whether a draw is of the principal's own bucket, or of what a provider has in its place. */
export function isOfPrincipal({ limit }: Draw): boolean {
  return limit.name in PRINCIPAL || limit.name === "resource-requests";
}

function principalDraw({ credential, subscriptionId, operation }: Demand): Draw {
  const kind = kindOf(operation);
  return { key: keyOf([credential, subscriptionId ?? "tenant", kind]), limit: PRINCIPAL[kind] };
}

function sharedDraw({ subscriptionId, operation }: Demand): readonly Draw[] {
  if (subscriptionId === undefined) return [];
  const kind = kindOf(operation);
  const { size, perSecond } = PRINCIPAL[kind];
  const limit = { name: `${kind}-of-all-principals`, size: size * ALL_PRINCIPALS, perSecond: perSecond * ALL_PRINCIPALS };
  return [{ key: keyOf(["*", subscriptionId, kind]), limit }];
}

function providerDraws(demand: Demand): readonly Draw[] {
  return providerLimits(demand.type, demand.operation).flatMap((limit) => {
    const whose = holderOf(limit, demand);
    return whose === undefined ? [] : [{ key: keyOf([limit.name, whose]), limit }];
  });
}

/** Whose bucket it is; undefined while the region is not known that would tell it. */
function holderOf({ per, isRegional }: ProviderLimit, { subscriptionId = "", path, region }: Demand): string | undefined {
  if (isRegional === true && region === undefined) return undefined;
  const where = isRegional === true ? ` ${regionName(region ?? "")}` : "";
  switch (per) {
    case "resource":
      return path;
    case "parent":
      return path.split("/").slice(0, -2).join("/");
    case "subscription":
      return `${subscriptionId}${where}`;
    case "tenant":
      return `tenant${where}`;
  }
}

function regionName(region: string): string {
  return region.toLowerCase().replaceAll(" ", "");
}

function keyOf(parts: readonly string[]): string {
  return parts.join("|").toLowerCase();
}

/** What a request of the wire asks for. `region` is what its sender knows of the resource. */
export function demandOf(request: { readonly method: string; readonly url: string; readonly body?: unknown }, by: { readonly credential: string; readonly region?: string | undefined }): Demand {
  const path = pathOf(request.url);
  const subscriptionId = /^\/subscriptions\/([^/]+)/.exec(path)?.[1];
  const type = typeIn(path);
  const isList = request.method === "GET" && isCollection(path);
  const told = saysOf(request, type);
  const region = told.region ?? by.region;
  const base = { credential: by.credential, subscriptionId, operation: isList ? "list" : told.operation, type, path: isList ? `${path}/*` : path } as const;
  return region === undefined ? base : { ...base, region };
}

/** The resource type that a lower-case path is about; empty when it is about none. */
export function typeIn(path: string): string {
  const [provider = "", ...pairs] = belowProvider(path);
  return [provider, ...pairs.filter((_, index) => index % 2 === 0)].join("/");
}

/** Whether a path ends with a type and no name. */
function isCollection(path: string): boolean {
  const segments = belowProvider(path);
  return segments.length > 0 && segments.length % 2 === 0;
}

function belowProvider(path: string): readonly string[] {
  const at = path.lastIndexOf("/providers/");
  return at < 0 ? [] : path.slice(at + "/providers/".length).split("/");
}

function pathOf(url: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : url;
  return decoded(path).toLowerCase().replace(/\/+$/, "");
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function saysOf({ method, body }: { readonly method: string; readonly body?: unknown }, type: string): { readonly operation: Operation; readonly region?: string } {
  if (method === "GET" || method === "HEAD") return { operation: "read" };
  if (method === "DELETE") return { operation: "delete" };
  if (method === "PUT" && MADE_BY_PUT.has(type)) return { operation: "create", ...regionIn(body) };
  return attaches(body) ? { operation: "attach", ...regionIn(body) } : { operation: "write" };
}

/** Only a text that names identities is worth a closer look: bodies can be large. */
function attaches(body: unknown): boolean {
  if (typeof body !== "string" || !body.includes('"userAssignedIdentities"')) return false;
  const named = objectAt(objectAt(parseJson(body), "identity"), "userAssignedIdentities");
  return Object.values(named ?? {}).some((value) => value !== null);
}

function regionIn(body: unknown): { readonly region?: string } {
  const region = typeof body === "string" ? stringAt(parseJson(body), "location") : undefined;
  return region === undefined ? {} : { region };
}
