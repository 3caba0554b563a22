import { describe, vi } from "vitest";
import { objectKey } from "../../src/api/object.ts";
import type { Change } from "../../src/reconcile/change.ts";
import type { KubeWrite } from "../../src/reconcile/ports.ts";
import { Cluster } from "../contract/cluster.ts";
import { POLICY } from "../reconcile/hosts.ts";
import { ApiServer, type Stored } from "../world/api-server.ts";
import { WorldAzure } from "../world/azure.ts";
import { WorldClock } from "../world/clock.ts";
import { NO_FAULTS } from "../world/faults.ts";
import { Operator } from "../world/operator.ts";
import { Chance } from "../world/random.ts";
import { exportsContract, type NamespaceUnderTest } from "./exports.ts";
import { kubePortContract, type KubeUnderTest } from "./kube-port.ts";
import { watchContract, type WatchedKube } from "./watch.ts";

const KIND = "IdentityAssignment";

describe("the cluster of the contract suite", () => {
  kubePortContract(async () => overCluster(new Cluster()));
  watchContract(async () => {
    const cluster = new Cluster();
    const changes: Change[] = [];
    cluster.watch = (change) => changes.push(change);
    return { ...overCluster(cluster), changes, told: async () => undefined };
  });
  exportsContract(async () => exporting(new Cluster()));
});

describe("the API server of a world", () => {
  kubePortContract(async () => overApiServer(new ApiServer(() => Date.UTC(2026, 5, 1))));
  watchContract(watchedWorld);
});

function overCluster(cluster: Cluster): KubeUnderTest {
  return {
    port: cluster,
    apply: async (name, spec) => cluster.apply(KIND, name, spec),
    annotate: async (name, annotations) => cluster.annotate(KIND, name, annotations),
    delete: async (name) => cluster.delete(KIND, name),
    read: async (name) => cluster.get(objectKey(KIND, "default", name)),
  };
}

function overApiServer(api: ApiServer): KubeUnderTest {
  const key = (name: string) => objectKey(KIND, "default", name);
  return {
    port: {
      addFinalizer: async (_type, object) => answer(api.addFinalizer(object)),
      removeFinalizer: async (_type, object) => answer(api.removeFinalizer(object)),
      applyStatus: async (_type, object, status) => answer(api.applyStatus(object, status)),
    },
    apply: async (name, spec) => api.apply(KIND, name, spec),
    annotate: async (name, annotations) => api.annotate(key(name), annotations),
    delete: async (name) => api.delete(key(name)),
    read: async (name) => api.get(key(name)),
  };
}

/** The operator of a world watches; its engine only listens. */
async function watchedWorld(): Promise<WatchedKube> {
  const clock = new WorldClock();
  const [chance, api] = [new Chance(1), new ApiServer(clock.now)];
  const ignore = () => undefined;
  const azure = new WorldAzure({ clock, chance, habits: new Chance(2), faults: NO_FAULTS, trace: ignore });
  const operator = new Operator({ clock, chance, api, azure, policy: POLICY, faults: () => NO_FAULTS, trace: ignore, onCrash: ignore, onDefect: ignore, access: undefined, hasAccounts: false });
  const changes: Change[] = [];
  vi.spyOn(operator.engine, "onChange").mockImplementation((change) => void changes.push(change));
  return { ...overApiServer(api), changes, told: () => clock.advance(10_000) };
}

function exporting(cluster: Cluster): NamespaceUnderTest {
  return {
    port: cluster,
    object: async (name) => {
      const key = objectKey(KIND, "default", name);
      if (cluster.get(key) !== undefined) cluster.delete(KIND, name);
      cluster.apply(KIND, name, {});
      const object = cluster.get(key);
      if (object === undefined) throw new Error(`there is no ${name}`);
      return object;
    },
    makeDocument: async (kind, name, data) => {
      cluster.documents.set(`${kind}/${name}`, data);
      if (kind === "ConfigMap") cluster.exported.byOthers(`ConfigMap/${name}`, data);
    },
    makeServiceAccount: async (name, annotations) => {
      cluster.serviceAccounts.add(name);
      if (annotations !== undefined) cluster.exported.byOthers(`ServiceAccount/${name}`, annotations);
    },
    shown: async (kind, name) => cluster.exported.get(`${kind}/${name}`)?.values ?? (cluster.serviceAccounts.has(name) && kind === "ServiceAccount" ? {} : undefined),
    reasons: async (object) => cluster.events.filter((event) => event.object === objectKey(KIND, "default", object.metadata.name)).map(({ event }) => event.reason),
  };
}

/** As the operator of a world tells it to the engine. */
function answer(stored: Stored): KubeWrite {
  if (stored.is === "stored") return { is: "written", resourceVersion: stored.object.metadata.resourceVersion };
  return stored.is === "absent" ? { is: "vanished" } : { is: "failed", message: "conflict" };
}
