import type { ArmId } from "../api/arm-id.ts";
import type { Disruption } from "../api/host-identity.ts";
import type { JsonObject } from "../api/json.ts";
import type { KubeObject, ResourceType } from "../api/object.ts";
import type { Drift } from "../api/shared.ts";

/** What every spec has: who may write, what deleting does, whether something that exists may be taken over. */
export interface Policies {
  readonly managementPolicy: "Full" | "ObserveOnly";
  readonly deletionPolicy?: "Delete" | "Retain" | undefined;
  readonly adoptionPolicy: "Never" | "IfExists";
}

/** A name for another object of ours. Declared once, it drives resolution, wake-ups and in-use protection. */
export interface Reference {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Whether the referent must not be deleted while the referrer lives in the same namespace. */
  readonly protects: boolean;
}

/** Defaults that the annotations of a Namespace give. */
export interface NamespaceDefaults {
  readonly subscriptionId?: string;
  readonly resourceGroup?: string;
  readonly location?: string;
}

/** The ARM id that a spec means, or why it means none. */
export type Located = { readonly ok: true; readonly target: ArmId } | { readonly ok: false; readonly message: string };

/** A spec that the schema accepted, or the first thing that it did not. */
export type Parsed<Spec> = { readonly ok: true; readonly spec: Spec } | { readonly ok: false; readonly message: string };

/** A difference between what is declared and what Azure has; one that is not `mutable` cannot be healed in place. */
export interface Difference extends Drift {
  readonly mutable: boolean;
}

/** What a body is made from besides the spec. */
export interface Making {
  /** Value of the owner tag. */
  readonly mark: string;
  /** Region for what is created; known when the kind says that it needs one. */
  readonly location: string;
  /** Tag keys that we wrote before: those no longer declared are removed. */
  readonly heldTagKeys: readonly string[];
}

/** A kind that declares a whole ARM resource of its own. */
export interface ResourceShape<Spec> {
  readonly is: "resource";
  readonly apiVersion: string;
  /** The declared region, if the spec or the Namespace gives one. */
  location(spec: Spec, defaults: NamespaceDefaults): string | undefined;
  /** Keys of the tags that the spec declares. */
  tagKeys(spec: Spec): readonly string[];
  /** The body of the creating PUT. */
  desired(spec: Spec, making: Making): JsonObject;
  /** What differs; empty when Azure is as declared. `making.location` is empty when none is declared. */
  differences(spec: Spec, have: JsonObject, making: Making): readonly Difference[];
  /** The body of the PATCH that heals every mutable difference and keeps what others set. */
  patch(spec: Spec, have: JsonObject, making: Making): JsonObject;
  /** Ids for the status. */
  observed(have: JsonObject): JsonObject;
  /** What tells this resource from a later one of the same name, such as the principalId. */
  incarnation(have: JsonObject): string | undefined;
  /** The incarnation that a status recorded. */
  recorded(status: unknown): string | undefined;
}

/** One identity that an assignment names. */
export interface NamedShare {
  /** Where in the spec it stands, for messages. */
  readonly path: string;
  readonly by: { readonly is: "ref"; readonly reference: Reference } | { readonly is: "id"; readonly id: ArmId };
}

/** The part of a host's identity that one object declares. */
export interface Share {
  readonly userAssigned: readonly NamedShare[];
  /** Undefined: left alone. */
  readonly systemAssigned: boolean | undefined;
  readonly mayDestroySystemAssigned: boolean;
  readonly exclusive: boolean;
  readonly allowDisruption: Disruption;
}

/** A kind that declares a part of a host that it need not own. */
export interface ShareShape<Spec> {
  readonly is: "share";
  share(spec: Spec, namespace: string): Share;
}

/** Everything that the engine knows about a kind. Every member is data or a pure function. */
export interface Kind<Spec extends Policies = Policies> {
  readonly type: ResourceType;
  parse(object: KubeObject): Parsed<Spec>;
  references(spec: Spec, namespace: string): readonly Reference[];
  target(spec: Spec, name: string, defaults: NamespaceDefaults): Located;
  readonly shape: ResourceShape<Spec> | ShareShape<Spec>;
}

/**
 * How an identity block is written to a host: `merge` PATCHes a delta with nulls for what leaves; `map` PATCHes the whole
 * resulting map; `nulls` PATCHes the whole map with nulls for what leaves; `put` PUTs the fresh raw GET with the map replaced.
 */
export type WriteForm = "merge" | "map" | "nulls" | "put";

/** One host type of the catalogue: data that says how it takes an identity (arm.md 1). */
export interface HostRow {
  /** Full type as Azure spells it, for example `Microsoft.Web/sites`. */
  readonly type: string;
  /** The newest api-version that we rely on; raw JSON keeps what older ones drop. */
  readonly apiVersion: string;
  /** Ways to write, tried in this order until one has an effect. */
  readonly forms: readonly WriteForm[];
  /** How the combined type is spelled for this host. */
  readonly both: "SystemAssigned, UserAssigned" | "SystemAssigned,UserAssigned";
  /** What attaching and detaching does to what runs on the host. */
  readonly disruption: Disruption;
  /** What happens then, for messages: "restarts its containers". */
  readonly effect: string;
  /** The most user-assigned identities; undefined when Azure documents none. */
  readonly maxUserAssigned?: number;
  /** Whether the host reports a provisioningState, so that it can be seen to be busy. */
  readonly hasProvisioningState: boolean;
  /** Whether the immediate answer of a write shows the new identity. */
  readonly answersWithIdentity: boolean;
  /** Whether If-Match is honoured on writes. */
  readonly honoursIfMatch: boolean;
  /** Paths of values that Azure hides on GET and that a PUT of the GET would lose. */
  hiddenValues(body: JsonObject): readonly string[];
  /** Paths in the body by which the host itself uses an identity, with the id or clientId found there. */
  usesOf(body: JsonObject): readonly { readonly path: string; readonly identity: string }[];
}
