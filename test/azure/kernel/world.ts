import type { Authorization } from "./authorization.ts";
import type { Clock } from "./clock.ts";
import type { History } from "./history.ts";
import type { Operations } from "./operations.ts";
import type { Directory } from "./principals.ts";
import type { Registrations } from "./registrations.ts";
import type { Registry } from "./registry.ts";
import type { Settings } from "./settings.ts";
import type { Store } from "./store.ts";
import type { Switches } from "./switches.ts";
import type { TokenBuckets } from "./token-buckets.ts";

/** All of the simulated cloud that a provider may read and change. */
export interface World {
  readonly clock: Clock;
  readonly tenantId: string;
  readonly subscriptionIds: readonly string[];
  readonly store: Store;
  readonly history: History;
  readonly directory: Directory;
  readonly authorization: Authorization;
  readonly operations: Operations;
  readonly registry: Registry;
  readonly registrations: Registrations;
  readonly switches: Switches;
  readonly settings: Settings;
  /** Buckets of those limits that hold per user rather than per subscription. */
  readonly userQuotas: TokenBuckets;
  /** How long writes of a resource type take, in seconds of the clock. */
  readonly durationSeconds: (type: string) => number;
  /** `https://127.0.0.1:PORT`. */
  readonly endpoint: () => string;
}
