import type { ArmId } from "../api/arm-id.ts";
import type { Disruption } from "../api/host-identity.ts";
import type { Reference } from "./reference.ts";

/** One identity that an object names for a host. */
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
  /** The api-version by which a host is reached whose type the catalogue lacks. */
  readonly apiVersion?: string;
}
