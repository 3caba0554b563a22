import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import type { KubeObject, ObjectMeta } from "../../src/api/object.ts";
import { HOSTS } from "../../src/kinds/hosts/catalogue.ts";
import { KINDS } from "../../src/kinds/index.ts";
import type { UnitKey } from "../../src/reconcile/claim.ts";
import { Engine } from "../../src/reconcile/engine.ts";
import type { KubeWrite } from "../../src/reconcile/ports.ts";
import { wakesDependants } from "../../src/reconcile/wake.ts";
import { idOf, POLICY } from "./hosts.ts";
import { neverKube, neverWorld } from "./never.ts";

/** No namespace may use the credential here, so that a pass stores a refusal and asks Azure nothing. */
const UNIT = "-|UserAssignedIdentity/default/a" as UnitKey;

interface Parts {
  readonly metadata?: Partial<ObjectMeta>;
  readonly status?: JsonObject;
}

function version(resourceVersion: string, { metadata, status }: Parts = {}): KubeObject {
  return {
    apiVersion: "azureidentity.dev/v1alpha1",
    kind: "UserAssignedIdentity",
    metadata: { name: "a", namespace: "default", uid: "u", resourceVersion, generation: 1, creationTimestamp: "2026-01-01T00:00:00Z", ...metadata },
    spec: {},
    ...(status === undefined ? {} : { status }),
  };
}

/** An engine with the object in its cache, and a Kubernetes that answers status writes when told. */
function stage() {
  const woken: string[] = [];
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const { promise: answered, resolve: answer } = Promise.withResolvers<KubeWrite>();
  const kube = neverKube({
    applyStatus: () => {
      onAsked();
      return answered;
    },
  });
  const world = neverWorld({ ...POLICY, sharedNamespaces: new Map() }, { kube });
  const engine = new Engine({ world, kinds: KINDS, hosts: HOSTS, enqueue: (unit, { priority }) => woken.push(`${priority} ${unit}`) });
  const run = () => engine.run(UNIT, { signal: new AbortController().signal, priority: "user" });
  /** A pass that has come to its write. */
  const started = async () => {
    engine.onChange({ previous: undefined, next: version("5") });
    woken.length = 0;
    const pass = run();
    await asked;
    return { pass };
  };
  return { engine, woken, started, run, answer };
}

const ready: JsonObject = { observedGeneration: 1 };
const echo = version("7", { status: ready });
const edited = version("6", { metadata: { generation: 2 } });
const afterEdit = version("7", { metadata: { generation: 2 }, status: ready });
const asked = version("6", { metadata: { annotations: { "azureidentity.dev/reconcile-requested-at": "now" } } });
const leaving = version("6", { metadata: { deletionTimestamp: "2026-01-02T00:00:00Z", finalizers: ["azureidentity.dev/azure-resource"] } });
const urgent = [`user ${UNIT}`];

/** Versions that the watch brings before and after the answer to our status write, which made version 7. */
const rows: readonly { readonly name: string; readonly before: readonly KubeObject[]; readonly after: readonly KubeObject[]; readonly woken: readonly string[] }[] = [
  { name: "the echo of our write, after its answer", before: [], after: [echo], woken: [] },
  { name: "the echo of our write, before its answer", before: [echo], after: [], woken: [] },
  { name: "an edit after our write", before: [], after: [echo, version("8", { metadata: { generation: 2 }, status: ready })], woken: urgent },
  { name: "an edit just before our write, seen after its answer", before: [], after: [edited, afterEdit], woken: urgent },
  { name: "an edit just before our write, seen before its answer", before: [edited], after: [afterEdit], woken: urgent },
  { name: "both seen before the answer", before: [edited, afterEdit], after: [], woken: urgent },
  { name: "a request by annotation just before our write", before: [], after: [asked], woken: urgent },
  { name: "a deletion just before our write", before: [leaving], after: [], woken: urgent },
  { name: "a status that somebody else wrote", before: [], after: [echo, version("8", { status: { observedGeneration: 9 } })], woken: urgent },
  { name: "another object of the same name", before: [version("8", { metadata: { uid: "another" } })], after: [], woken: urgent },
  { name: "a label", before: [], after: [echo, version("8", { status: ready, metadata: { labels: { a: "b" } } })], woken: [] },
];

describe("what the watch says while an object is written", () => {
  test.each(rows)("$name wakes: $woken", async ({ before, after, woken }) => {
    const { engine, woken: told, started, answer } = stage();
    const { pass } = await started();
    let last = version("5");
    const see = (next: KubeObject) => {
      engine.onChange({ previous: last, next });
      last = next;
    };
    before.forEach(see);
    answer({ is: "written", resourceVersion: "7" });
    await pass;
    after.forEach(see);
    expect(told).toEqual(woken);
  });

  test("no pass runs on an object older than our own last write, and its echo starts one", async () => {
    const { engine, woken, started, run, answer } = stage();
    const { pass } = await started();
    answer({ is: "written", resourceVersion: "10" });
    await pass;
    expect(await run()).toEqual({ again: { afterMs: 5000, priority: "user" }, holdLane: false });
    engine.onChange({ previous: version("5"), next: version("10", { status: ready }) });
    expect(woken).toEqual([`user ${UNIT}`]);
  });

  test("a write that Kubernetes did not take is tried again, and what came meanwhile is judged", async () => {
    const { engine, woken, started, answer } = stage();
    const { pass } = await started();
    engine.onChange({ previous: version("5"), next: edited });
    answer({ is: "failed", message: "away", afterSeconds: 3 });
    expect(await pass).toEqual({ failed: true, again: { afterMs: 3000, priority: "retry" }, holdLane: false });
    expect(woken).toEqual(urgent);
  });
});

test("the end of what an identity's object shows wakes those that name it", () => {
  const { engine, woken } = stage();
  const assignment: KubeObject = {
    ...version("1", { metadata: { name: "b", uid: "v" } }),
    kind: "IdentityAssignment",
    spec: { target: { armId: idOf("x").replace("Microsoft.ManagedIdentity/userAssignedIdentities", "Microsoft.Web/sites") }, userAssigned: [{ identityRef: { name: "a" } }] },
  };
  engine.onChange({ previous: undefined, next: assignment });
  engine.onChange({ previous: undefined, next: version("5") });
  woken.length = 0;
  engine.onChange({ previous: version("5"), next: undefined });
  expect(woken).toContain("user -|IdentityAssignment/default/b");
});

describe("what dependants are woken by", () => {
  const conditions = (status: string): JsonObject => ({ conditions: [{ type: "Ready", status }] });
  const shown = (status: string, more: JsonObject = {}) => version("5", { status: { ...conditions(status), resourceId: "id", ...more } });

  test.each([
    { name: "an id that comes", previous: version("5"), next: shown("True"), woken: true },
    { name: "readiness that ends", previous: shown("True"), next: shown("False"), woken: true },
    { name: "a client id that changes", previous: shown("True", { clientId: "a" }), next: shown("True", { clientId: "b" }), woken: true },
    { name: "the principal of a host's own identity", previous: shown("True"), next: shown("True", { identity: { principalId: "p" } }), woken: true },
    { name: "not by the start of a change", previous: shown("True"), next: shown("Unknown"), woken: false },
    { name: "not by what nobody refers to", previous: shown("True"), next: shown("True", { state: "Running" }), woken: false },
  ])("$name", ({ previous, next, woken }) => expect(wakesDependants({ previous, next })).toBe(woken));
});
