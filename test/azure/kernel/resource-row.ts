import type { ResourceId } from "./arm-id.ts";
import type { ArmError, Refusal } from "./errors.ts";
import type { PlannedIdentity } from "./host-identity.ts";
import type { IdentityRules } from "./identity-rules.ts";
import type { JsonObject } from "./json.ts";
import type { OperationHeaders, OperationStyle } from "./operations.ts";
import type { Call, NameRule, ResourceType, View } from "./resource-type.ts";
import type { Resource } from "./store.ts";
import type { Switches } from "./switches.ts";
import type { World } from "./world.ts";

/** How a provider accepts a write. */
export interface Acceptance {
  readonly status: number;
  /** How the rest of the work is followed; absent when the answer ends it. */
  readonly operation?: OperationHeaders;
  /** Whether the answer has the resource. */
  readonly body: "resource" | "none";
}

/** How a provider accepts a PATCH. Whether it takes the identity block is a matter of the identity rules. */
export interface PatchRule extends Acceptance {
  readonly takes: "everything" | "tags";
}

/** How a provider accepts a deletion; the answer has no body. */
export interface Removal {
  readonly status: number;
  readonly operation?: OperationHeaders;
  /** What the Location URL answers at the end; 200 by default. */
  readonly endStatus?: number;
}

/** The words of `properties.provisioningState`. */
export interface States {
  readonly creating: string;
  readonly updating: string;
  readonly deleting: string;
  readonly succeeded: string;
  readonly failed: string;
}

/** Where an etag is shown and which methods heed If-Match and If-None-Match. */
export interface EtagRule {
  readonly member: "etag" | "eTag";
  readonly in: "body" | "properties";
  readonly heeded: readonly ("PUT" | "PATCH" | "DELETE")[];
  /** The first api-version that has it. */
  readonly since?: string;
}

/** A write that ARM has let through, before it is stored. */
export interface Draft {
  readonly call: Call;
  readonly method: "PUT" | "PATCH";
  /** The resource as it was; blank when there was none. */
  readonly before: Resource;
  /** The resource as it will be, apart from its identity. */
  readonly after: Resource;
  readonly identity: PlannedIdentity;
}

/** A tracked or child resource type as data: a row of the matrix of arm.md 1, and what the type's own section says. */
export interface ResourceRow {
  readonly type: string;
  /** The spelling in a body's `type`, where it differs (arm.md 2.2). */
  readonly bodyType?: string;
  /** The id as bodies spell it; as it was asked for by default (arm.md 2.2). */
  readonly shownId?: (id: ResourceId) => string;
  readonly apiVersions: readonly string[];
  readonly name: NameRule;
  /** Set for children, which ARM neither places nor lists among all resources. */
  readonly isChild?: true;
  /** Set for children that have a location nevertheless. */
  readonly hasLocation?: true;
  /** How a location comes back; its plain name by default (arm.md 2.2). */
  readonly location?: "display-name";
  /** Top-level members beside the common ones: sku, kind, … */
  readonly members?: readonly string[];
  /** What a PUT has to have, as paths from the body. */
  readonly required?: readonly string[];
  /** What no GET shows, as paths from `properties`. */
  readonly hidden?: readonly string[];
  /** Whether hidden values that a PUT leaves out stay as they were; they do by default. */
  readonly hiddenOnPut?: (switches: Switches) => "keeps" | "clears";
  /** What `properties` has when nobody says otherwise. */
  readonly defaults?: JsonObject;
  /** What the provider says of the resource in `properties`, whatever is sent. */
  readonly computed?: (resource: Resource, view: View) => JsonObject;
  /** Absent for types without an identity block. */
  readonly identity?: (world: World) => IdentityRules;
  readonly create: Acceptance;
  readonly update: Acceptance;
  /** By api-version, where the versions differ. */
  readonly patch: PatchRule | ((apiVersion: string) => PatchRule);
  readonly remove: Removal;
  readonly style?: OperationStyle;
  /** How long its operations take where nothing else is set; no time by default. */
  readonly durationSeconds?: number;
  /** ARM's usual words by default; `none` where there is no provisioning state. */
  readonly states?: Partial<States> | "none";
  readonly etag?: EtagRule;
  /** Whether bodies tell who made and changed the resource (arm.md 17.19). */
  readonly systemData?: true;
  /** The answer to a write while another one runs; 409 Conflict by default. */
  readonly busy?: (resource: Resource, switches: Switches) => Refusal;
  /** The provider's envelope; the standard one by default. */
  readonly refuse?: (status: number, error: ArmError) => Refusal;
  readonly notFound?: (id: ResourceId) => Refusal;
  /** Refuses a write or a deletion, whatever it asks for. */
  readonly guard?: (call: Call) => void;
  /** Refuses a draft, or returns it as it shall be stored. */
  readonly review?: (draft: Draft) => Draft;
  /** Called when a write has ended well. */
  readonly ended?: (draft: Draft) => void;
  /** Called when the resource goes, before it does. */
  readonly removed?: (call: Call, resource: Resource) => void;
  readonly actions?: NonNullable<ResourceType["actions"]>;
}
