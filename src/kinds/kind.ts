import type { ArmId, ArmIdKey } from "../api/arm-id.ts";
import type { Disruption } from "../api/host-identity.ts";
import type { JsonObject } from "../api/json.ts";
import type { KubeObject, ResourceType } from "../api/object.ts";
import type { Permission } from "../api/permission.ts";
import type { Reason } from "../api/reasons.ts";
import type { Drift, Holds } from "../api/shared.ts";
import type { ListView } from "./list-view.ts";
import type { DocumentReference, Reference } from "./reference.ts";
import type { Share } from "./share.ts";

/** What every spec has: who may write, what deleting does, whether something that exists may be taken over. */
export interface Policies {
  readonly managementPolicy: "Full" | "ObserveOnly";
  readonly deletionPolicy?: "Delete" | "Retain" | undefined;
  readonly adoptionPolicy: "Never" | "IfExists";
}

/** Defaults that the annotations of a Namespace give. */
export interface NamespaceDefaults {
  readonly subscriptionId?: string;
  readonly resourceGroup?: string;
  readonly location?: string;
}

/** A role of Azure by its name or by the GUID of its definition, looked up at a scope. */
export interface RoleLookup {
  readonly scope: ArmId;
  readonly by: { readonly is: "name"; readonly name: string } | { readonly is: "id"; readonly id: string };
}

/** What a lookup in Azure gave: `pending` until the engine has made it. */
export type LookedUp = { readonly is: "pending" } | { readonly is: "found"; readonly body: JsonObject } | { readonly is: "absent" };

/** What a kind may look at while it says what an object means. All of it is cached: looking costs nothing. */
export interface Surroundings {
  readonly namespace: string;
  readonly defaults: NamespaceDefaults;
  readonly installationId: string;
  /** Issuer of the cluster's ServiceAccount tokens, when it is known. */
  readonly clusterIssuer: string | undefined;
  /** What the object holds, if anything. */
  readonly holds: Holds | undefined;
  /** Whether the spec is the one that was last settled: what differs now, others changed. */
  readonly isSettled: boolean;
  /** The object that a reference names; undefined also where it may not be named from this namespace. */
  referent(reference: Reference): KubeObject | undefined;
  role(lookup: RoleLookup): LookedUp;
}

/** Why a spec means no ARM id. `waits` when an event or time can mend it, otherwise only a person can. */
export interface Unlocated {
  readonly ok: false;
  readonly reason?: Reason;
  readonly message: string;
  readonly waits?: boolean;
  /** What the engine has to look up before it can be said. */
  readonly lookup?: RoleLookup;
}

/** The ARM id that a spec means, or why it means none. `lookup` is one that it rests on, and that is to be kept fresh. */
export type Located = { readonly ok: true; readonly target: ArmId; readonly lookup?: RoleLookup } | Unlocated;

/** A spec that the schema accepted, or the first thing that it did not. */
export type Parsed<Spec> = { readonly ok: true; readonly spec: Spec } | { readonly ok: false; readonly message: string };

/** A difference between what is declared and what Azure has; one that is not `mutable` cannot be healed at all. */
export interface Difference extends Drift {
  readonly mutable: boolean;
  /** It names an identity that is not attached to the resource yet: it is healed in the pass after the one that attaches it. */
  readonly awaitsIdentity?: true;
}

/** What a body is made from besides the spec. */
export interface Making {
  readonly surroundings: Surroundings;
  /** Value of the owner tag. */
  readonly mark: string;
  /** Region for what is created; empty while none is declared and none is needed. */
  readonly location: string;
  /** Tag keys that we wrote before: those no longer declared are removed. */
  readonly heldTagKeys: readonly string[];
  /** The value of a key of a Secret or ConfigMap that the kind named; undefined only for a kind that did not name it. */
  value(kind: DocumentReference["kind"], name: string, key: string): string | undefined;
  /** All values of a Secret or ConfigMap. */
  values(kind: DocumentReference["kind"], name: string): Readonly<Record<string, string>>;
  /** HMAC of a value that Azure hides, by the installation's key. */
  digest(value: string): string;
  /** Whether a value is what was written at a path; undefined when that is not known (never written, or the key was lost). */
  isWritten(path: string, value: string): boolean | undefined;
}

/** Name of the member of a body under which its parts are. */
export const PARTS = "$parts";

/** A document of a resource that GET does not show: what comes back is `have.$parts[name]`. */
export interface Part {
  readonly name: string;
  /** Below the resource, for example `config/appsettings`; empty for the resource itself. */
  readonly path: string;
  /** A POST action that reads it; undefined for GET. */
  readonly action?: string;
  /** A resource beside ours, of which something is said to people. Without leave to read it nothing is said. */
  readonly elsewhere?: { readonly id: ArmId; readonly apiVersion: string };
}

/** One write that heals differences of a resource of ours. */
export interface Step {
  readonly method: "PUT" | "PATCH" | "POST" | "DELETE";
  /** Below the resource, for example `config/appsettings`; empty for the resource itself. */
  readonly path: string;
  /** The action of a POST. */
  readonly action?: string;
  readonly body: JsonObject;
  /** What it does to what runs there, and the same in words: "restarts all its containers". */
  readonly disruption: Disruption;
  readonly effect: string;
}

/** What is asked of an administrator's allow-lists. */
export type Asked =
  | { readonly is: "role"; readonly scope: ArmId; readonly definition: JsonObject; readonly name: string }
  | { readonly is: "federation"; readonly issuer: string; readonly subject: string };

/**
 * How a resource is proven to be ours (DESIGN 2, "Ours"): by our tag; by its name, which is derived from what it grants; or by
 * the record of what we hold, since nothing in Azure can carry a mark.
 */
export type Proof = "tag" | "name" | "record";

/** A kind that declares a whole ARM resource of its own. `have` is the resource as ARM shows it, with its parts. */
export interface ResourceShape<Spec> {
  readonly is: "resource";
  readonly apiVersion: string;
  readonly proof: Proof;
  /** Whether the answer to a write is the final state; otherwise it is read again. */
  readonly answersFinally: boolean;
  /** The shape for a target, where a kind has several ARM types. */
  variant?(target: ArmId): ResourceShape<Spec>;
  /** Whether objects of this kind move when their target changes: the old is undone, then the new made (DESIGN 2). */
  readonly moves?: true;
  /** Query parameters of the DELETE. */
  readonly deleteQuery?: Readonly<Record<string, string>>;
  /** Where the resource and what is like it are listed; without it the resource is read by its own id. */
  collection?(target: ArmId, spec: Spec, making: Making): Collection | undefined;
  /** How LIST pages show it; without it only a GET of its own tells of drift. */
  readonly listed?: ListView;
  /** What GET does not show and this spec, or what was written for an earlier one, needs. */
  parts?(spec: Spec, surroundings: Surroundings): readonly Part[];
  documents?(spec: Spec): readonly DocumentReference[];
  /** The declared region, if the spec or the Namespace gives one. Absent for what has no region. */
  location?(spec: Spec, surroundings: Surroundings): string | undefined;
  /** Keys of the tags that the spec declares. */
  tagKeys(spec: Spec): readonly string[];
  /** The body of the creating PUT. */
  desired(spec: Spec, making: Making): JsonObject;
  /** What differs; empty when Azure is as declared. `making.location` is empty when none is declared. */
  differences(spec: Spec, have: JsonObject, making: Making): readonly Difference[];
  /** The writes that heal every mutable difference that awaits nothing, and keep what others set, in order. */
  steps(spec: Spec, have: JsonObject, making: Making): readonly Step[];
  /** The write that takes our mark off; only for what carries one. */
  unmarked?(have: JsonObject): Step;
  /** A resource of somebody else in the collection that does the same, so that ours is not needed. */
  equal?(spec: Spec, siblings: readonly JsonObject[], making: Making): JsonObject | undefined;
  /** Why Azure would refuse the creation beside what the collection has. */
  obstacle?(spec: Spec, siblings: readonly JsonObject[], making: Making): { readonly reason: Reason; readonly message: string } | undefined;
  /** Status fields. Without a spec, because it cannot be understood, what Azure has is shown all the same. */
  observed(have: JsonObject, spec: Spec | undefined, surroundings: Surroundings): JsonObject;
  /** What a person must still do to make it useful, for the message of Ready. */
  advice?(spec: Spec, have: JsonObject, surroundings: Surroundings): string | undefined;
  /** For proof by name: whether the name of a resource is what this installation derives from what is there. */
  isNamedOurs?(target: ArmId, have: JsonObject, installationId: string): boolean;
  /** What tells this resource from a later one of the same name, such as the principalId. */
  incarnation?(have: JsonObject): string | undefined;
  /** The incarnation that a status recorded. */
  recorded?(status: unknown): string | undefined;
  /** What the record of a held resource says beside its target. */
  record?(spec: Spec, making: Making): Partial<Holds>;
  /** For proof by record: what a body says, as a text that is equal when it says the same; of what is sent and of what is shown. */
  content?(body: JsonObject): string;
  /** The parent of what has one, where a later parent of the same name would not be the same. */
  readonly parent?: Parent<Spec>;
  /** The share of the resource's own identity block that the spec declares; only for hosts. */
  share?(spec: Spec, namespace: string): Share;
  /** A body read from Azure with the hidden values that the spec gives, and nothing else of it; only for hosts written by PUT. */
  withHidden?(spec: Spec, have: JsonObject, making: Making): JsonObject;
}

/** How a parent is told from a later one of its name. */
export interface Parent<Spec> {
  readonly apiVersion: string;
  /** What the status of a referenced object says, so that nothing has to be read for it. */
  cached(spec: Spec, surroundings: Surroundings): string | undefined;
  incarnation(have: JsonObject): string | undefined;
}

/** A LIST that shows a resource beside what is like it. */
export interface Collection {
  readonly parent: ArmId;
  /** Below the parent, for example `federatedIdentityCredentials`. */
  readonly path: string;
  readonly filter?: string;
  /** How old an answer may be that several objects share, in seconds; 0: each object reads its own. */
  readonly maxAgeSeconds: number;
}

/** A kind that declares a part of a host that it need not own. */
export interface ShareShape<Spec> {
  readonly is: "share";
  share(spec: Spec, namespace: string): Share;
}

/** What a credential in use stands on in Azure, in lower case but for the subject; what is not known is undefined. */
export interface Footing {
  readonly clientId: string | undefined;
  readonly principalId: string | undefined;
  readonly identityKey: ArmIdKey | undefined;
  /** Subject of the tokens that are exchanged. */
  readonly subject: string | undefined;
}

/** How objects of a kind can be what a credential stands on (DESIGN 6). */
export interface Carrying<Spec> {
  /** In which order such objects go with their namespace, after all that is none; the first first. */
  readonly order: number;
  /** Whether what an object holds is what a credential stands on. */
  carries(seen: { readonly status: unknown; readonly target: ArmId }, footing: Footing): boolean;
  /** Whether writing what is declared would take from it. */
  narrows?(spec: Spec, have: JsonObject, given: { readonly making: Making; readonly footing: Footing }): boolean;
}

/** Everything that the engine knows about a kind. Every member is data or a pure function. */
export interface Kind<Spec extends Policies = Policies> {
  readonly type: ResourceType;
  /** ARM types, in lower case, of which one write at a time is made below each parent (DESIGN 2, lanes). */
  readonly serialisedByParent?: readonly string[];
  parse(object: KubeObject): Parsed<Spec>;
  references(spec: Spec, namespace: string): readonly Reference[];
  /** ARM ids that the spec names besides its target: they must lie within what the credential may touch. */
  namedIds?(spec: Spec): readonly { readonly path: string; readonly id: ArmId }[];
  target(spec: Spec, name: string, surroundings: Surroundings): Located;
  /** What the administrator must have allowed. Called only when the target is located. */
  asks?(spec: Spec, surroundings: Surroundings): readonly Asked[];
  /** What the namespace must be permitted beside using the identities that a host is to have (DESIGN 6). */
  permissions?(spec: Spec, target: ArmId, surroundings: Surroundings): readonly Permission[];
  /** Values to hand on by ConfigMap and ServiceAccount, from what the status shows. */
  exports?(spec: Spec, status: JsonObject, surroundings: Surroundings): readonly Export[];
  readonly carrying?: Carrying<Spec>;
  readonly shape: ResourceShape<Spec> | ShareShape<Spec>;
}

/** Values that are handed on: the data of a ConfigMap, or annotations of a ServiceAccount. */
export interface Export {
  readonly kind: "ConfigMap" | "ServiceAccount";
  readonly name: string;
  readonly values: Readonly<Record<string, string>>;
}
