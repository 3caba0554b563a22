import { CredentialSet } from "../../src/azure/credential-set.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { Making, Surroundings } from "../../src/kinds/kind.ts";
import type { CredentialPort } from "../../src/reconcile/credential-port.ts";
import type { AzurePort, Cache, KubePort, Policy, World } from "../../src/reconcile/ports.ts";
import type { ClaimWorld } from "../../src/reconcile/surroundings.ts";

const never = () => Promise.reject(new Error("this test expects no such request"));
const silent = () => undefined;

/** An Azure that fails the test whenever it is asked for anything but what is given. */
export function neverAzure(given: Partial<AzurePort> = {}): AzurePort {
  return { read: never, put: never, patch: never, delete: never, readAction: never, act: never, list: never, page: never, roleDefinition: never, groupLocation: never, ...given };
}

/** A Kubernetes that fails the test whenever it is asked for anything but what is given; events go nowhere. */
export function neverKube(given: Partial<KubePort> = {}): KubePort {
  return {
    addFinalizer: never,
    removeFinalizer: never,
    applyStatus: never,
    record: () => Promise.resolve(),
    readDocument: never,
    exportConfigMap: never,
    exportServiceAccount: never,
    withdrawExport: never,
    ...given,
  };
}

/** The real credentials, of which no token was had yet, and none will be. */
export const noTokens: CredentialPort = new CredentialSet({ operator: undefined, sourceOf: () => never, clock: { now: () => 0 }, random: () => 0.5 });

/** A cache without anything in it but the namespace that is given. */
export function emptyCache(namespace?: KubeObject): Cache {
  return { get: () => undefined, namespace: () => namespace };
}

/** A world that only tells the time; what is given is there besides. */
export function neverWorld(policy: Policy, given: Partial<World> = {}): World {
  return {
    azure: neverAzure(),
    governor: { turn: () => 0, end: () => undefined },
    kube: neverKube(),
    credentials: noTokens,
    cache: emptyCache(),
    clock: { now: () => 0 },
    random: () => 0.5,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    policy,
    digest: (value) => `00000000:${value.length}`,
    ...given,
  };
}

/** What claims are made from, with nothing in the cache but the namespace that is given. */
export function claimWorld(policy: Policy, namespace?: KubeObject): ClaimWorld {
  return { cache: emptyCache(namespace), policy, permitted: undefined, role: () => ({ is: "pending" }), isTokenHeld: () => false, isLockedOut: () => false };
}

/** The surroundings of an object in a namespace without defaults. */
export function surroundings(given: Partial<Surroundings> = {}): Surroundings {
  return {
    namespace: "default",
    defaults: {},
    installationId: "cluster",
    clusterIssuer: "https://issuer.example.com",
    holds: undefined,
    isSettled: false,
    referent: () => undefined,
    role: () => ({ is: "pending" }),
    ...given,
  };
}

/** What bodies are made from: no documents, nothing written before. */
export function making(given: Partial<Making> = {}): Making {
  return {
    surroundings: surroundings(),
    mark: "cluster/default/a",
    location: "westeurope",
    heldTagKeys: [],
    value: () => undefined,
    values: () => ({}),
    digest: (value) => `00000000:${value.length}`,
    isWritten: () => undefined,
    ...given,
  };
}
