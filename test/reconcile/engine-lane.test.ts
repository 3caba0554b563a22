import { expect, test } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { HOSTS } from "../../src/kinds/hosts/catalogue.ts";
import { KINDS } from "../../src/kinds/index.ts";
import type { UnitKey } from "../../src/reconcile/claim.ts";
import { Engine } from "../../src/reconcile/engine.ts";
import type { AzureOperation } from "../../src/reconcile/ports.ts";
import { idOf, POLICY } from "./hosts.ts";
import { neverAzure, neverKube, neverWorld } from "./never.ts";
import { identityRead } from "./passes.ts";

const HOST = idOf("x").replace(/Microsoft.ManagedIdentity.*/, "Microsoft.Compute/virtualMachines/vm");
const UNIT = `shared|${HOST.toLowerCase()}` as UnitKey;

const assignment: KubeObject = {
  apiVersion: "azureidentity.dev/v1alpha1",
  kind: "IdentityAssignment",
  metadata: { name: "a", namespace: [...POLICY.sharedNamespaces.keys()][0] ?? "", uid: "u", resourceVersion: "5", generation: 1, creationTimestamp: "2026-01-01T00:00:00Z", finalizers: ["azureidentity.dev/azure-resource"] },
  spec: { target: { armId: HOST }, userAssigned: [{ armId: idOf("x") }] },
};

/** An operation that goes on for ever. */
const endless: AzureOperation = { poll: () => Promise.resolve({ is: "running", afterSeconds: 10 }) };

test("a unit whose operation runs keeps its lane, also while it waits to see its own write", async () => {
  const azure = neverAzure({
    read: (id) => Promise.resolve(id.toLowerCase() === HOST.toLowerCase() ? { is: "found", body: { id: HOST, properties: { provisioningState: "Succeeded" } } } : identityRead("c")),
    groupLocation: () => Promise.resolve({ is: "found", body: { location: "westus2" } }),
    patch: () => Promise.resolve({ is: "running", operation: endless, afterSeconds: 10 }),
  });
  let version = 5;
  const written = () => Promise.resolve({ is: "written", resourceVersion: String((version += 1)) } as const);
  const world = neverWorld(POLICY, { azure, kube: neverKube({ addFinalizer: written, applyStatus: written }) });
  const engine = new Engine({ world, kinds: KINDS, hosts: HOSTS, enqueue: () => undefined });
  engine.onChange({ previous: undefined, next: assignment });
  const run = () => engine.run(UNIT, { signal: new AbortController().signal, priority: "user" });
  expect(await run()).toMatchObject({ holdLane: true });
  expect(await run()).toEqual({ again: { afterMs: 5000, priority: "user" }, holdLane: true });
});
