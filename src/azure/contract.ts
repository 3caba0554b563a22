import type { ArmId } from "../api/arm-id.ts";
import type { JsonObject } from "../api/json.ts";

/** What a failed request means: the classes on which the engine acts. */
export type FailureClass =
  | "throttled"
  | "unavailable"
  | "busy"
  | "forbidden"
  | "identity"
  | "principal"
  | "exists"
  | "locked"
  | "missing"
  | "credential"
  | "invalid";

/** What a 403 says is missing. */
export interface Denied {
  readonly action: string;
  readonly scope: string;
  readonly principalId?: string;
}

/** A request that Azure did not grant. The message is one line, redacted, and the same for the same cause. */
export interface AzureFailure {
  readonly class: FailureClass;
  /** Azure's own code; without one, the HTTP status or the code of the network error. */
  readonly code: string;
  readonly message: string;
  readonly afterSeconds?: number;
  readonly denied?: Denied;
  readonly named?: readonly ArmId[];
  /** The name of what exists already, of an `exists` failure: a GUID with dashes. */
  readonly conflicting?: string;
  /** Whether nothing was sent, since Azure's quota would not have allowed it. */
  readonly isUnsent?: true;
}

/** A resource as Azure shows it. */
export type AzureRead =
  | { readonly is: "found"; readonly body: JsonObject; readonly etag?: string }
  | { readonly is: "absent"; readonly code: string }
  | { readonly is: "failed"; readonly failure: AzureFailure };

/** All items of a list, from all of its pages. */
export type AzureList =
  | { readonly is: "found"; readonly items: readonly JsonObject[] }
  | { readonly is: "absent"; readonly code: string }
  | { readonly is: "failed"; readonly failure: AzureFailure };

/** One page of a list; `next` is where the next one is, undefined after the last. */
export type AzurePage =
  | { readonly is: "found"; readonly items: readonly JsonObject[]; readonly next: string | undefined }
  | { readonly is: "absent"; readonly code: string }
  | { readonly is: "failed"; readonly failure: AzureFailure };

/** The answer to a write. */
export type AzureWrite =
  | { readonly is: "done"; readonly status: number; readonly body?: JsonObject }
  | { readonly is: "running"; readonly operation: AzureOperation; readonly afterSeconds: number }
  | { readonly is: "absent"; readonly code: string }
  | { readonly is: "failed"; readonly failure: AzureFailure };

/** A long-running operation. */
export interface AzureOperation {
  poll(signal: AbortSignal): Promise<AzureProgress>;
}

/** How a long-running operation stands. */
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

/** What every request carries. */
export interface AzureRequest {
  readonly apiVersion: string;
  readonly credential: string;
  readonly signal: AbortSignal;
  readonly ifMatch?: string;
  /** Whether the SDK of the type sends it, where there is one; what feeds a merge must be raw (DESIGN 2). */
  readonly typed?: boolean;
  /** Query parameters beside the version, for example `deleteEmptyServerFarm`. */
  readonly query?: Readonly<Record<string, string>>;
  /** What a clean-up credential may delete or detach: without it, nothing. */
  readonly held?: readonly HeldResource[];
  /** The unit of work on whose behalf it is sent. */
  readonly unit?: string;
  /** The region of the resource, where the body does not say it: some quotas are of a region. */
  readonly region?: string;
}

/** What a list is asked with beside. */
export interface AzureListRequest extends AzureRequest {
  /** The `$filter` of the list, as OData. */
  readonly filter?: string;
}

/** What a page of a list is asked with beside. */
export interface AzurePageRequest extends AzureListRequest {
  /** Where the page before said that this one is: `next` of an {@link AzurePage}. */
  readonly from?: string;
}

/** The methods of ARM that this project uses. */
export type Method = "GET" | "PUT" | "PATCH" | "DELETE" | "POST";

/** One request for a resource or an action on it, before it is known which client sends it. */
export interface ArmCall {
  readonly method: Method;
  readonly id: ArmId;
  /** The action of a POST, for example `listSecrets`. */
  readonly action?: string;
  readonly apiVersion: string;
  readonly signal: AbortSignal;
  readonly body?: JsonObject;
  readonly query?: Readonly<Record<string, string>>;
  readonly ifMatch?: string;
}

/** Time as a parameter. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Randomness as a parameter: a number in [0, 1). */
export type Random = () => number;
