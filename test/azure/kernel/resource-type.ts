import type { ResourceId } from "./arm-id.ts";
import type { Answer, Refusal } from "./errors.ts";
import type { IdentityRules } from "./identity-rules.ts";
import type { JsonObject } from "./json.ts";
import type { Item } from "./paging.ts";
import type { Resource } from "./store.ts";
import type { Switches } from "./switches.ts";
import type { World } from "./world.ts";

/** Who calls. */
export interface Caller {
  readonly principalId: string;
  readonly clientId: string;
}

/** A request to a resource that has passed the gateway. */
export interface Call {
  readonly world: World;
  readonly type: ResourceType;
  readonly method: string;
  /** In the casing of the registered type. */
  readonly id: ResourceId;
  readonly existing: Resource | undefined;
  /** The request's body; an empty object when it has none. */
  readonly body: JsonObject;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly apiVersion: string;
  readonly caller: Caller;
}

/** A call on a resource that exists. */
export type CallOnExisting = Call & { readonly existing: Resource };

/** Makes a handler of one that needs the resource; the gateway sends nothing else to PATCH and to actions. */
export function onExisting(handler: Handler<CallOnExisting>): Handler {
  return (call) => {
    const { existing } = call;
    if (!existing) throw new Error(`cannot handle ${call.type.type}: the resource does not exist`);
    return handler({ ...call, existing });
  };
}

/** Answers a call, or throws a Refusal. */
export type Handler<C = Call> = (call: C) => Answer | Promise<Answer>;

/** How a resource name must look. */
export interface NameRule {
  readonly pattern: RegExp;
  /** The sentence that a violation is answered with. */
  readonly says: string;
  /** The provider's own refusal of a name, where it has one. */
  readonly refusal?: (name: string) => Refusal;
}

/** Another resource that a write names, and what the caller has to be allowed there. */
export interface LinkedScope {
  readonly scope: string;
  readonly action: string;
}

/** A request that has passed ARM and reaches the provider. */
export interface Visit {
  readonly world: World;
  readonly kind: "get" | "list" | "write";
  /** What is read or written; for a list, what its items are children of. */
  readonly id: ResourceId;
}

/** A LIST of extension resources at a scope. */
export interface ScopeListing {
  readonly world: World;
  /** A subscription, a resource group or a resource; empty for the tenant. */
  readonly scope: string;
  readonly query: URLSearchParams;
  readonly apiVersion: string;
  /** Answers with a page of items, which must be ordered by key. */
  readonly page: (items: readonly Item[]) => Answer;
}

/** What hangs on any scope: a subscription, a resource group, or a resource. */
export interface Extension {
  readonly list: (listing: ScopeListing) => Answer;
  /** Set for what can be asked for at the tenant, `/providers/{type}`. */
  readonly ofTenant?: true;
}

/** One ARM resource type: data for the gateway's checks, and what the provider does with a request that passed them. */
export interface ResourceType {
  /** Canonical spelling, for example `Microsoft.Web/sites`. */
  readonly type: string;
  /** The spelling in a body's `type`, where it differs. */
  readonly bodyType?: string;
  /** The spelling in actions, where it differs. */
  readonly actionType?: string;
  readonly apiVersions: readonly string[];
  /** Where a tracked resource may be; absent for proxy and extension resources. */
  readonly locations?: readonly string[];
  /** Set for types that have a location which ARM does not check. */
  readonly hasLocation?: true;
  readonly name: NameRule;
  /** Size of the provider's own request bucket, where it has one (arm.md 2.6). */
  readonly resourceRequests?: number;
  /** How long its operations take where nothing else is set; no time by default. */
  readonly durationSeconds?: number;
  /** How hosts of this type take identities; absent for types without an identity block. */
  readonly identity?: (world: World) => IdentityRules;
  /** The resource as GET shows it. */
  readonly show: (resource: Resource, view: View) => JsonObject;
  /** Headers of a GET beside the common ones. */
  readonly headers?: (resource: Resource) => Readonly<Record<string, string>>;
  /** Set for what is not stored of its own and exists as long as its parent does. */
  readonly virtual?: true;
  /** Set for what hangs on a location, `…/locations/{location}/{type}/{name}`, which is no resource. */
  readonly ofLocation?: true;
  /** The provider's own not-found, where ARM does not answer first. */
  readonly notFound?: (id: ResourceId, switches: Switches) => Refusal;
  /** Answers GET where showing the stored resource is not all. */
  readonly get?: Handler;
  readonly put?: Handler;
  readonly patch?: Handler;
  readonly delete?: Handler;
  /** Whether there is a LIST, at which scopes. */
  readonly lists?: readonly ("subscription" | "resourceGroup" | "parent")[];
  /** Set where the LIST heeds `$filter` on name, location and tags; other providers ignore it. */
  readonly heedsFilter?: true;
  /** What a write names beside identities that needs a permission of its own. */
  readonly linked?: (call: Call) => readonly LinkedScope[];
  /** The provider's own limits, asked with every request that reaches it. */
  readonly admit?: (visit: Visit) => void;
  /** Set for types that hang on any scope. */
  readonly extension?: Extension;
  /** POST actions by lower-cased name. */
  readonly actions?: Readonly<Record<string, Handler>>;
}

/** How somebody looks at a resource. */
export interface View {
  readonly world: World;
  readonly apiVersion: string;
  readonly as: "get" | "list" | "write";
}

/** The view that a call has of the resource it has written or read. */
export function viewOf(call: Call, as: View["as"]): View {
  return { world: call.world, apiVersion: call.apiVersion, as };
}
