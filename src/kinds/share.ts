import type { ArmId } from "../api/arm-id.ts";
import type { Disruption } from "../api/host-identity.ts";
import type { Reference } from "./reference.ts";

/** One identity that an object names for a host. */
export interface NamedShare {
  /** Where in the spec it stands, for messages. */
  readonly path: string;
  readonly by: { readonly is: "ref"; readonly reference: Reference } | { readonly is: "id"; readonly id: ArmId };
}

/** A setting of a host that is to name one of its identities, by the field of `spec.followThrough` that asks for it. */
export interface NamedSetting {
  readonly field: SettingField;
  /** The registry, for `registries`. */
  readonly server?: string;
  readonly identity: NamedShare;
}

/** Fields of `spec.followThrough`. */
export type SettingField = "keyVaultReferenceIdentity" | "acrPullIdentity" | "defaultIdentity" | "registries";

/** The part of a host's identity that one object declares. */
export interface Share {
  readonly userAssigned: readonly NamedShare[];
  /** Undefined: left alone. */
  readonly systemAssigned: boolean | undefined;
  readonly mayDestroySystemAssigned: boolean;
  readonly exclusive: boolean;
  readonly allowDisruption: Disruption;
  /** What the host is to use its identities for. */
  readonly settings?: readonly NamedSetting[];
  /** The api-version by which a host is reached whose type the catalogue lacks. */
  readonly apiVersion?: string;
}
