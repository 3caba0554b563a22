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
