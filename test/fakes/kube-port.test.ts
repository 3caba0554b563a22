import { describe } from "vitest";
import { objectKey } from "../../src/api/object.ts";
import type { KubeWrite } from "../../src/reconcile/ports.ts";
import { Cluster } from "../contract/cluster.ts";
import { ApiServer, type Stored } from "../world/api-server.ts";
import { kubePortContract, type KubeUnderTest } from "./kube-port.ts";

const KIND = "IdentityAssignment";

describe("the cluster of the contract suite", () => {
  kubePortContract(() => {
    const cluster = new Cluster();
    return asPromised({
      port: cluster,
      apply: async (name, spec) => cluster.apply(KIND, name, spec),
      annotate: async (name, annotations) => cluster.annotate(KIND, name, annotations),
      delete: async (name) => cluster.delete(KIND, name),
      read: async (name) => cluster.get(objectKey(KIND, "default", name)),
    });
  });
});

describe("the API server of a world", () => {
  kubePortContract(() => {
    const api = new ApiServer(() => Date.UTC(2026, 5, 1));
    const key = (name: string) => objectKey(KIND, "default", name);
    return asPromised({
      port: {
        addFinalizer: async (_type, object) => answer(api.addFinalizer(object)),
        removeFinalizer: async (_type, object) => answer(api.removeFinalizer(object)),
        applyStatus: async (_type, object, status) => answer(api.applyStatus(object, status)),
      },
      apply: async (name, spec) => api.apply(KIND, name, spec),
      annotate: async (name, annotations) => api.annotate(key(name), annotations),
      delete: async (name) => api.delete(key(name)),
      read: async (name) => api.get(key(name)),
    });
  });
});

function asPromised(kube: KubeUnderTest): Promise<KubeUnderTest> {
  return Promise.resolve(kube);
}

/** As the operator of a world tells it to the engine. */
function answer(stored: Stored): KubeWrite {
  if (stored.is === "stored") return { is: "written", resourceVersion: stored.object.metadata.resourceVersion };
  return stored.is === "absent" ? { is: "vanished" } : { is: "failed", message: "conflict" };
}
