import type { ArmId } from "../api/arm-id.ts";
import type { JsonObject } from "../api/json.ts";
import type { KubeObject, ObjectKey, ResourceType } from "../api/object.ts";
import type { CredentialPort } from "./credential-port.ts";
import type { PolicyRules } from "../api/policy-rules.ts";
import type { AccessPort } from "./permissions.ts";

/** Time as a parameter. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Randomness as a parameter: a number in [0, 1). */
export type Random = () => number;

/** What a failed request to Azure means to the engine. */
export type FailureClass =
  /** 429: come back after `afterSeconds`; nothing is wrong. */
  | "throttled"
  /** 5xx, network, time-out: whether a write happened is not known. */
  | "unavailable"
  /** 409 or 412 of a resource that another operation holds, or an ETag that no longer matches. */
  | "busy"
  /** 403: the principal lacks an action at a scope. */
  | "forbidden"
  /** LinkedAuthorizationFailed or FailedIdentityOperation: one of the identities in the body is the culprit. */
  | "identity"
  /** The directory does not know the principal yet: it was made a moment ago, or it is gone (arm.md 13). */
  | "principal"
  /** What is asked for exists under another name, given by `conflicting`. */
  | "exists"
  /** ScopeLocked. */
  | "locked"
  /** A 404 that does not say that the resource itself is gone: subscription, tenant, group of a write. */
  | "missing"
  /** No token can be had. */
  | "credential"
  /** Everything else that Azure refused: 400, policy, quota, name taken. */
  | "invalid";

/** A request that Azure did not grant. Texts are one line, redacted and without ids of requests. */
export interface AzureFailure {
  readonly class: FailureClass;
  /** Azure's own code, for example `AuthorizationFailed`; the HTTP status when there is none. */
  readonly code: string;
  readonly message: string;
  /** When to come back at the earliest, where Azure said so. */
  readonly afterSeconds?: number;
  /** What a 403 says is missing. */
  readonly denied?: { readonly action: string; readonly scope: string; readonly principalId?: string };
  /** Ids of identities that the text of an `identity` failure names. */
  readonly named?: readonly ArmId[];
  /** Name of what exists already, of an `exists` failure. */
  readonly conflicting?: string;
  /** Whether nothing was sent, since Azure's quota would not have allowed it: its turn comes after `afterSeconds`. */
  readonly isUnsent?: true;
}

/** A resource as Azure shows it. `etag` only where the type has one. */
export type AzureRead =
  | { readonly is: "found"; readonly body: JsonObject; readonly etag?: string }
  | { readonly is: "absent"; readonly code: string }
  | { readonly is: "failed"; readonly failure: AzureFailure };

/** All items of a collection. */
export type AzureList =
  | { readonly is: "found"; readonly items: readonly JsonObject[] }
  | { readonly is: "absent"; readonly code: string }
  | { readonly is: "failed"; readonly failure: AzureFailure };

/** One page of a collection; `next` says where the next one is and lives in memory only, undefined after the last. */
export type AzurePage =
  | { readonly is: "found"; readonly items: readonly JsonObject[]; readonly next: string | undefined }
  | { readonly is: "absent"; readonly code: string }
  | { readonly is: "failed"; readonly failure: AzureFailure };

/** The answer to a write. A running operation is followed by its handle, which lives in memory only. */
export type AzureWrite =
  | { readonly is: "done"; readonly status: number; readonly body?: JsonObject }
  | { readonly is: "running"; readonly operation: AzureOperation; readonly afterSeconds: number }
  | { readonly is: "absent"; readonly code: string }
  | { readonly is: "failed"; readonly failure: AzureFailure };

/** A long-running operation; its signed URL is hidden inside and never stored or logged. */
export interface AzureOperation {
  /** Asks once how it stands. */
  poll(signal: AbortSignal): Promise<AzureProgress>;
}

/** How a long-running operation stands; `unknown` when Azure no longer knows it. */
export type AzureProgress =
  | { readonly is: "running"; readonly afterSeconds: number }
  | { readonly is: "succeeded" }
  | { readonly is: "unknown" }
  | { readonly is: "failed"; readonly failure: AzureFailure };

/** What the objects of a request hold of a resource: the whole, or identities attached to it. */
export interface HeldResource {
  readonly id: ArmId;
  /** Whether the resource itself is held, so that it may be deleted. */
  readonly isWhole: boolean;
  readonly userAssigned: readonly ArmId[];
  readonly systemAssigned: boolean;
}

/** What every request to Azure carries. */
export interface AzureRequest {
  readonly apiVersion: string;
  /** Name of the credential (api/credential.ts). */
  readonly credential: string;
  readonly signal: AbortSignal;
  readonly ifMatch?: string;
  /** Whether the SDK of the type sends it, for kinds of ours; hosts and merges go raw (DESIGN 2). */
  readonly typed?: boolean;
  /** Query parameters beside the version, for example `deleteEmptyServerFarm`. */
  readonly query?: Readonly<Record<string, string>>;
  /** What a clean-up credential may delete or detach: without it, nothing. */
  readonly held?: readonly HeldResource[];
  /** The unit of work on whose behalf it is sent; what its turn gave is used by its requests. */
  readonly unit?: string;
  /** The region of the resource, where the body does not say it: some quotas are of a region. */
  readonly region?: string;
}

/** Azure Resource Manager as the engine sees it: one attempt per call, no retry inside, never throws for an answer. */
export interface AzurePort {
  read(id: ArmId, request: AzureRequest): Promise<AzureRead>;
  put(id: ArmId, body: JsonObject, request: AzureRequest): Promise<AzureWrite>;
  patch(id: ArmId, body: JsonObject, request: AzureRequest): Promise<AzureWrite>;
  delete(id: ArmId, request: AzureRequest): Promise<AzureWrite>;
  /** A POST below a resource that only reads, for example `list` of `config/appsettings`. */
  readAction(id: ArmId, action: string, request: AzureRequest): Promise<AzureRead>;
  /** A POST below a resource that changes something, for example `stop`. */
  act(id: ArmId, action: string, body: JsonObject, request: AzureRequest): Promise<AzureWrite>;
  /** All pages of a collection below a resource or a scope, for example `federatedIdentityCredentials`. */
  list(parent: ArmId, collection: string, request: AzureRequest & { readonly filter?: string }): Promise<AzureList>;
  /** One page of a collection; an empty one is not its end while it has a `next` (arm.md 2.4). */
  page(parent: ArmId, collection: string, request: AzureRequest & { readonly filter?: string; readonly from?: string }): Promise<AzurePage>;
  /** The definition of a role by its name or GUID, remembered for some minutes. */
  roleDefinition(scope: ArmId, by: { readonly name: string } | { readonly id: string }, request: AzureRequest): Promise<AzureRead>;
  /** The location of a resource group, remembered for some minutes. */
  groupLocation(subscriptionId: string, resourceGroup: string, request: AzureRequest): Promise<AzureRead>;
}

/** The answer to a write of an object in Kubernetes. */
export type KubeWrite =
  | { readonly is: "written"; readonly resourceVersion: string }
  /** The object is gone, or another one of its name took its place. */
  | { readonly is: "vanished" }
  | { readonly is: "failed"; readonly message: string; readonly afterSeconds?: number };

/** An event of events.k8s.io/v1 about an object. */
export interface KubeEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

/** A Secret or ConfigMap as texts; read on demand, never cached, never logged. */
export type KubeDocument =
  | { readonly is: "found"; readonly data: Readonly<Record<string, string>>; readonly resourceVersion: string }
  | { readonly is: "absent" }
  | { readonly is: "forbidden" }
  | { readonly is: "failed"; readonly message: string };

/** What an export came to. `conflict`: what stands there is not labelled ours. */
export type ExportWrite =
  | { readonly is: "written" }
  | { readonly is: "unchanged" }
  | { readonly is: "conflict"; readonly message: string }
  | { readonly is: "forbidden"; readonly message: string }
  | { readonly is: "absent"; readonly message: string }
  | { readonly is: "failed"; readonly message: string };

/** Writes of Kubernetes objects. Every write names the uid, so that it never creates again what has vanished. */
export interface KubePort {
  /** Server-side apply of the finalizer. */
  addFinalizer(type: ResourceType, object: KubeObject): Promise<KubeWrite>;
  /** Removes the finalizer, whoever else owns it too; `vanished` when it is gone already. */
  removeFinalizer(type: ResourceType, object: KubeObject): Promise<KubeWrite>;
  /** Server-side apply of the whole status that we own. */
  applyStatus(type: ResourceType, object: KubeObject, status: object): Promise<KubeWrite>;
  /** Records an event; a failure is logged and never thrown. */
  record(object: KubeObject, event: KubeEvent): Promise<void>;
  readDocument(kind: "Secret" | "ConfigMap", namespace: string, name: string): Promise<KubeDocument>;
  /** A ConfigMap with these data, labelled as exported by the object. Never forces. */
  exportConfigMap(object: KubeObject, name: string, data: Readonly<Record<string, string>>): Promise<ExportWrite>;
  /** Annotations on a ServiceAccount that exists. Never forces. */
  exportServiceAccount(object: KubeObject, name: string, annotations: Readonly<Record<string, string>>): Promise<ExportWrite>;
  /** Takes back what the object exported; what others set equally stays. */
  withdrawExport(object: KubeObject, kind: "ConfigMap" | "ServiceAccount", name: string): Promise<ExportWrite>;
}

/** Read access to the cached objects. */
export interface Cache {
  get(key: ObjectKey): KubeObject | undefined;
  /** The Namespace of that name. */
  namespace(name: string): KubeObject | undefined;
}

/** Structured log: the message is a sentence, everything that varies is a field. */
export interface Log {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Whose credential is shared: the account of a namespace, or the operator itself. */
export interface SharedBy {
  readonly accountNamespace: string | undefined;
}

/** What the administrator decided; the same for the life of the process. */
export interface Policy {
  /** Who owns what in Azure: first part of the owner tag. */
  readonly installationId: string;
  readonly tenantId: string;
  /** Namespaces whose objects use a credential that the administrator shares; those of any other use their own. */
  readonly sharedNamespaces: ReadonlyMap<string, SharedBy>;
  /** What may clean up where no other token can be had any more; undefined: nothing may. */
  readonly cleanup?: SharedBy;
  /** ARM ids of subscriptions, resource groups or resources within which the shared credential works. */
  readonly sharedScopes: readonly string[];
  readonly syncIntervalSeconds: number;
  /** How often LIST pages are compared with what is stored, in seconds; undefined: never, so that each object is read by its own id. */
  readonly sweepIntervalSeconds?: number;
  /** Issuer of the cluster's ServiceAccount tokens, when it is known. */
  readonly clusterIssuer: string | undefined;
  readonly rules: PolicyRules;
}

/** How urgent a unit is: somebody's edit, a retry, or the ordinary look. */
export type Urgency = "user" | "retry" | "resync";

/** What a request does, as far as Azure's quotas tell it apart. */
export type Operation = "read" | "create" | "attach" | "write" | "delete";

/** What a unit asks for before it asks Azure. */
export interface TurnAsk {
  readonly unit: string;
  readonly credential: string;
  readonly target: ArmId;
  readonly operations: readonly Operation[];
  readonly region?: string;
  readonly urgency: Urgency;
  /** Among which turns are shared fairly. */
  readonly namespace: string;
}

/** Azure's quotas, and who is next where they do not suffice. */
export interface GovernorPort {
  /** Milliseconds until the turn of a unit; 0 when it is now, and then its requests can be sent. Its place in the line is kept. */
  turn(ask: TurnAsk): number;
  /** Ends a pass: what it did not use goes back, and its place in the line, unless it is still waiting for its turn. */
  end(unit: string, isWaiting: boolean): void;
}

/** Everything outside of the engine. */
export interface World {
  /** Absent where permissions are not required. */
  readonly access?: AccessPort;
  readonly azure: AzurePort;
  readonly governor: GovernorPort;
  readonly kube: KubePort;
  readonly credentials: CredentialPort;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly policy: Policy;
  /** HMAC of a hidden value with the installation's key: `<key id>:<hex>`. */
  digest(value: string): string;
}
