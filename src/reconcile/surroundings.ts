import { NAMESPACE_ANNOTATIONS } from "../api/group.ts";
import { isJsonObject } from "../api/json.ts";
import type { KubeObject, ObjectKey } from "../api/object.ts";
import type { Holds } from "../api/shared.ts";
import type { LookedUp, NamespaceDefaults, RoleLookup, Surroundings } from "../kinds/kind.ts";
import { follow } from "./consent.ts";
import type { Permitted } from "./permissions.ts";
import type { Cache, Policy } from "./ports.ts";

/** What claims are made from besides their objects; all of it is cached. */
export interface ClaimWorld {
  readonly cache: Cache;
  readonly policy: Policy;
  /** What is known of a permission of a namespace; undefined where permissions are not required. */
  readonly permitted: Permitted | undefined;
  /** What is known of a role to a credential; nothing without one. */
  role(lookup: RoleLookup, credential: string | undefined): LookedUp;
  /** Whether an unexpired token of a credential is there. */
  isTokenHeld(credential: string): boolean;
  /** Whether an object was refused what it needs to leave. */
  isLockedOut(key: ObjectKey): boolean;
}

/** What a kind may look at while it says what an object means. */
export function surroundingsOf({ metadata, status }: KubeObject, { holds, credential }: { readonly holds: Holds | undefined; readonly credential: string | undefined }, world: ClaimWorld): Surroundings {
  const { cache, policy } = world;
  return {
    namespace: metadata.namespace,
    defaults: defaultsOf(cache.namespace(metadata.namespace)),
    installationId: policy.installationId,
    clusterIssuer: policy.clusterIssuer,
    holds,
    isSettled: isJsonObject(status) && status["observedGeneration"] === metadata.generation,
    referent: (reference) => {
      const referent = follow(reference, metadata.namespace, cache);
      return referent.is === "found" ? referent.object : undefined;
    },
    role: (lookup) => world.role(lookup, credential),
  };
}

function defaultsOf(namespace: KubeObject | undefined): NamespaceDefaults {
  const annotations = namespace?.metadata.annotations ?? {};
  const entries = Object.entries(NAMESPACE_ANNOTATIONS).map(([field, name]) => [field, annotations[name]?.trim()]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== "")) as NamespaceDefaults;
}
