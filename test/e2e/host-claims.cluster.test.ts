import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../azure/azure.ts";
import { armId, assignment, identity, identityId } from "./objects.ts";
import { conditionStatus, isReady, messageOf, reasonOf, setStage, type Stage } from "./stage.ts";

const NAMESPACE = "e2e-claims";
const PLAN = armId("Microsoft.Web/serverfarms", "plan");
let stage: Stage;

beforeAll(async () => {
  stage = await setStage({ namespaces: [NAMESPACE] });
  stage.azure.portal.put(PLAN, { location: "westus2", sku: { name: "B1" } });
  stage.azure.portal.put(identityId("policy"), { location: "westus2" });
});

afterAll(() => stage.close());

beforeEach(() => stage.azure.clearRequests());

const writes = (name: string) => stage.arm().filter(({ method, path }) => method !== "GET" && path.endsWith(`/${name}`));
const refs = (...names: readonly string[]) => names.map((name) => ({ identityRef: { name } }));

function site(name: string, identities: JsonObject = {}): string {
  const id = armId("Microsoft.Web/sites", name);
  const block = Object.keys(identities).length === 0 ? {} : { identity: { type: "UserAssigned", userAssignedIdentities: identities } };
  stage.azure.portal.put(id, { location: "westus2", properties: { serverFarmId: PLAN }, ...block });
  return id;
}

function attachedTo(id: string): readonly string[] {
  const block = stage.azure.portal.get(id)?.["identity"] as { userAssignedIdentities?: object } | undefined;
  return Object.keys(block?.userAssignedIdentities ?? {})
    .map((key) => key.split("/").at(-1) ?? "")
    .sort();
}

/** Wakes an object without asking for anything: a changed interval is an edit like any other. */
async function nudge(name: string, seconds: number): Promise<void> {
  await stage.kubectl("annotate", "ida", name, "-n", NAMESPACE, "--overwrite", `azureidentity.dev/sync-interval-seconds=${seconds}`);
}

describe("claims on one host", () => {
  test("fifty assignments, all in the first list, are one write", async () => {
    const id = site("crowded");
    const names = Array.from({ length: 50 }, (_, index) => `crowd-${index}`);
    for (const name of names) stage.azure.portal.put(identityId(name), { location: "westus2" });
    await stage.apply(...names.map((name) => assignment(NAMESPACE, name, { target: { armId: id }, userAssigned: [{ armId: identityId(name) }] })));
    await stage.startOperator();
    await stage.kubectl("wait", "--for=condition=Ready", "ida", "--all", "-n", NAMESPACE, "--timeout=30s");
    expect(writes("crowded").map(({ method }) => method)).toEqual(["PATCH"]);
    expect(attachedTo(id)).toHaveLength(50);
    await stage.kubectl("delete", "ida", "--all", "-n", NAMESPACE, "--timeout=30s");
    expect(attachedTo(id)).toEqual([]);
  });

  test("a paused claim, and one whose reference vanished, never narrow the host", async () => {
    for (const name of ["alpha", "beta"]) await stage.apply(identity(NAMESPACE, name));
    for (const name of ["alpha", "beta"]) await stage.until("uai", name, isReady);
    const id = site("frozen");
    await stage.apply(assignment(NAMESPACE, "frozen", { target: { armId: id }, userAssigned: refs("alpha") }), assignment(NAMESPACE, "orphan", { target: { armId: id }, userAssigned: refs("beta") }));
    await stage.until("ida", "frozen", isReady);
    await stage.until("ida", "orphan", isReady);
    await stage.kubectl("annotate", "ida", "frozen", "-n", NAMESPACE, "azureidentity.dev/paused=true");
    await stage.until("ida", "frozen", (object) => conditionStatus(object, "Paused") === "True");
    await stage.kubectl("patch", "ida", "frozen", "-n", NAMESPACE, "--type=merge", "-p", JSON.stringify({ spec: { userAssigned: refs("beta") } }));
    await stage.kubectl("delete", "uai", "beta", "-n", NAMESPACE, "--wait=false");
    await stage.until("uai", "beta", (object) => reasonOf(object) === "InUse");
    await stage.kubectl("patch", "uai", "beta", "-n", NAMESPACE, "--type=merge", "-p", '{"metadata":{"finalizers":null}}');
    await stage.until("ida", "orphan", (object) => reasonOf(object) === "RefNotFound");
    expect(attachedTo(id)).toEqual(["alpha", "beta"]);
  });

  test("a ghost of somebody else is reported and not touched", async () => {
    stage.azure.portal.put(identityId("stale"), { location: "westus2" });
    await stage.apply(identity(NAMESPACE, "gamma"));
    await stage.until("uai", "gamma", isReady);
    const id = site("haunted", { [identityId("stale")]: {} });
    stage.azure.portal.delete(identityId("stale"));
    stage.azure.portal.put(identityId("stale"), { location: "westus2" });
    const block = JSON.stringify(stage.azure.portal.get(id)?.["identity"]);
    await stage.apply(assignment(NAMESPACE, "haunted", { target: { armId: id }, userAssigned: refs("gamma") }));
    await stage.until("ida", "haunted", isReady);
    const stale = (text: string) => Object.entries((JSON.parse(text) as { userAssignedIdentities: Record<string, unknown> }).userAssignedIdentities).find(([key]) => key.endsWith("/stale"));
    expect(stale(JSON.stringify(stage.azure.portal.get(id)?.["identity"]))).toEqual(stale(block));
  });

  test("a write whose answer lies stalls after two tries without effect", async () => {
    await stage.apply(identity(NAMESPACE, "delta"));
    await stage.until("uai", "delta", isReady);
    const id = site("deaf");
    const restore = stage.azure.intercept(({ method, path }) => method !== "GET" && path.endsWith("/deaf"), { do: "ignore" }, 1000);
    await stage.apply(assignment(NAMESPACE, "deaf", { target: { armId: id }, userAssigned: refs("delta") }));
    await stage.until("ida", "deaf", isReady);
    await nudge("deaf", 601);
    const stalled = await stage.until("ida", "deaf", (object) => conditionStatus(object, "Stalled") === "True");
    expect(reasonOf(stalled)).toBe("WriteIneffective");
    // The first answer was believed; then two passes, each through PATCH with the map, PATCH with nulls and PUT.
    expect(writes("deaf").map(({ method }) => method)).toEqual(["PATCH", "PATCH", "PATCH", "PUT", "PATCH", "PATCH", "PUT"]);
    restore();
    await stage.kubectl("annotate", "ida", "deaf", "-n", NAMESPACE, "azureidentity.dev/reconcile-requested-at=now");
    await stage.until("ida", "deaf", isReady);
  });

  test("a host that somebody keeps changing back stalls after three reversals", async () => {
    await stage.apply(identity(NAMESPACE, "epsilon"));
    await stage.until("uai", "epsilon", isReady);
    const id = site("fought");
    await stage.apply(assignment(NAMESPACE, "fought", { target: { armId: id }, userAssigned: refs("epsilon") }));
    await stage.until("ida", "fought", isReady);
    const undo = () => site("fought");
    for (const round of [1, 2]) {
      undo();
      stage.azure.portal.put(id, { location: "westus2", properties: { serverFarmId: PLAN }, identity: { type: "None" } });
      await nudge("fought", 600 + round);
      await stage.untilArm(() => attachedTo(id).includes("epsilon"));
      await stage.until("ida", "fought", isReady);
    }
    stage.azure.portal.put(id, { location: "westus2", properties: { serverFarmId: PLAN }, identity: { type: "None" } });
    await nudge("fought", 700);
    const stalled = await stage.until("ida", "fought", (object) => conditionStatus(object, "Stalled") === "True");
    expect(reasonOf(stalled)).toBe("Contested");
    expect(messageOf(stalled)).toContain("reconcile-requested-at");
    expect(attachedTo(id)).toEqual([]);
  });

  test("a crash between holding and creating, and a stranger makes that name meanwhile: refused, not adopted, not deleted", async () => {
    const isPut = ({ method, path }: { readonly method: string; readonly path: string }) => method === "PUT" && path.endsWith("/raced");
    stage.azure.intercept(isPut, { do: "answer", status: 503, text: "" }, 1000);
    await stage.apply(identity(NAMESPACE, "raced"));
    await stage.until("uai", "raced", (object) => object.status?.["holds"] !== undefined);
    await stage.operator().stop("SIGKILL");
    const stranger = stage.azure.portal.put(identityId("raced"), { location: "westus2", tags: { owner: "stranger" } });
    await stage.startOperator();
    const refused = await stage.until("uai", "raced", (object) => conditionStatus(object, "Stalled") === "True");
    expect(reasonOf(refused)).toBe("AlreadyExists");
    await stage.kubectl("delete", "uai", "raced", "-n", NAMESPACE, "--timeout=20s");
    expect(stage.azure.portal.get(identityId("raced"))).toEqual(stranger);
  });
});
