import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import { below, get, makeIdentity, uai } from "./places.ts";
import { setStage, type Stage } from "./stage.ts";

const ASSIGNMENT = "IdentityAssignment";
let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await setStage();
  for (const name of ["one", "two"]) makeIdentity(stage, name);
});
afterAll(() => stage.close());
afterEach(async () => {
  stage.cluster.clear();
  await stage.restart();
});

interface Scene {
  readonly spec: (...names: readonly string[]) => JsonObject;
  readonly attached: () => readonly string[];
  readonly type: () => string;
  /** Azure answers the next writes of this host as if they had been heeded. */
  readonly lie: (times: number) => void;
}

/** A storage account of somebody else, to which both identities and its own are attached. */
async function scene(): Promise<Scene> {
  count += 1;
  const host = below(stage, `Microsoft.Storage/storageAccounts/lies${count}`);
  stage.bench.azure.portal.put(host, { location: "westeurope", sku: { name: "Standard_LRS" }, kind: "StorageV2" });
  const identity = () => objectAt(get(stage, host), "identity");
  const told: Scene = {
    spec: (...names) => ({ target: { armId: host }, systemAssigned: true, systemAssignedRemoval: "Destroy", userAssigned: names.map((name) => ({ armId: uai(stage, name) })) }),
    attached: () => Object.keys(objectAt(identity(), "userAssignedIdentities") ?? {}).map((key) => key.split("/").at(-1) ?? "").toSorted(),
    type: () => stringAt(identity(), "type") ?? "None",
    lie: (times) => void stage.bench.azure.intercept(({ method, path }) => method !== "GET" && path === host, { do: "ignore" }, times),
  };
  await stage.apply(ASSIGNMENT, "store", told.spec("one", "two"));
  expect([stage.state(ASSIGNMENT, "store"), told.attached()]).toEqual(["True Succeeded", ["one", "two"]]);
  return told;
}

describe("an answer that shows a detachment which did not happen", () => {
  test("is not believed of an identity that is no longer declared: it goes", async () => {
    const { spec, attached, lie } = await scene();
    lie(1);
    await stage.apply(ASSIGNMENT, "store", spec("two"));
    expect([stage.state(ASSIGNMENT, "store"), attached()]).toEqual(["True Succeeded", ["two"]]);
  });

  test("is not believed of the system-assigned identity", async () => {
    const { spec, type, lie } = await scene();
    lie(1);
    await stage.apply(ASSIGNMENT, "store", { ...spec("one"), systemAssigned: false });
    expect([stage.state(ASSIGNMENT, "store"), type()]).toEqual(["True Succeeded", "UserAssigned"]);
  });

  test("does not let an object go, and leaves nothing behind", async () => {
    const { type, lie } = await scene();
    lie(1);
    await stage.remove(ASSIGNMENT, "store");
    expect([stage.state(ASSIGNMENT, "store"), type()]).toEqual(["gone", "None"]);
  });

  test("keeps being held while Azure keeps saying so, and goes when Azure heeds it", async () => {
    const { spec, attached, lie } = await scene();
    lie(2);
    await stage.apply(ASSIGNMENT, "store", spec("two"));
    expect([stage.state(ASSIGNMENT, "store"), attached()]).toEqual(["False WriteIneffective", ["one", "two"]]);
    expect(stage.holds(ASSIGNMENT, "store")?.["userAssigned"]).toHaveLength(2);
    // It is tried again after half an hour.
    for (let looks = 0; looks < 4; looks += 1) await stage.look();
    expect([stage.state(ASSIGNMENT, "store"), attached()]).toEqual(["True Succeeded", ["two"]]);
  });
});

test("an answer that shows an attachment which did not happen is corrected by the next look", async () => {
  const { spec, attached, lie } = await scene();
  await stage.apply(ASSIGNMENT, "store", spec("two"));
  lie(1);
  await stage.apply(ASSIGNMENT, "store", spec("one", "two"));
  await stage.look();
  expect([stage.state(ASSIGNMENT, "store"), attached()]).toEqual(["True Succeeded", ["one", "two"]]);
});
