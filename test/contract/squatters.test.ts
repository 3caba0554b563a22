import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, objectAt } from "../../src/api/json.ts";
import { at, below, get, makeIdentity, uai } from "./places.ts";
import { setStage, type Stage } from "./stage.ts";

/** Has no place here; it comes first. */
const SQUATTER = "squatter";
const RIGHTFUL = "rightful";
let stage: Stage;
let count = 0;

beforeAll(async () => {
  const first = await setStage();
  const [id = ""] = first.bench.azure.subscriptionIds;
  await first.close();
  const rules = { roles: [], federation: [], subscriptions: [{ id, resourceGroups: undefined, namespaces: [RIGHTFUL] }] };
  stage = await setStage({ policy: { sharedNamespaces: new Map([SQUATTER, RIGHTFUL].map((namespace) => [namespace, { accountNamespace: undefined }])), rules } });
});
afterAll(() => stage.close());
afterEach(async () => {
  stage.cluster.clear();
  await stage.restart();
});

function fresh(): string {
  count += 1;
  return `squat${count}`;
}

function site(name: string): string {
  stage.bench.azure.portal.put(below(stage, "Microsoft.Web/serverfarms/plan"), { location: "westeurope", sku: { name: "B1" } });
  stage.bench.azure.portal.put(below(stage, `Microsoft.Web/sites/${name}`), { location: "westeurope", properties: { serverFarmId: below(stage, "Microsoft.Web/serverfarms/plan") } });
  return below(stage, `Microsoft.Web/sites/${name}`);
}

const identityOf = (id: string) => objectAt(get(stage, id), "identity");

describe.each([{ paused: false }, { paused: true }])("who may not have a place (paused: $paused)", ({ paused }) => {
  /** Declares what the squatter declares first. */
  async function squat(kind: string, name: string, spec: JsonObject): Promise<void> {
    stage.cluster.apply(kind, name, spec, SQUATTER);
    if (paused) stage.cluster.annotate(kind, name, { "azureidentity.dev/paused": "true" }, SQUATTER);
    await stage.settle();
    expect(stage.state(kind, name, SQUATTER)).toBe(paused ? "Unknown Paused" : "False SubscriptionNotAllowed");
  }

  test("keeps nobody from declaring an identity of the name", async () => {
    const name = fresh();
    await squat("UserAssignedIdentity", name, at(stage));
    await stage.apply("UserAssignedIdentity", name, at(stage), RIGHTFUL);
    expect([stage.state("UserAssignedIdentity", name, RIGHTFUL), get(stage, uai(stage, name))]).toEqual(["True Succeeded", expect.anything()]);
    await stage.remove("UserAssignedIdentity", name, RIGHTFUL);
    expect(get(stage, uai(stage, name))).toBeUndefined();
  });

  test("keeps nobody from a host by an Exclusive claim on it", async () => {
    const name = fresh();
    const target = { armId: site(name) };
    makeIdentity(stage, name);
    await squat("IdentityAssignment", name, { target, ownership: "Exclusive", userAssigned: [] });
    await stage.apply("IdentityAssignment", name, { target, userAssigned: [{ armId: uai(stage, name) }] }, RIGHTFUL);
    expect(stage.state("IdentityAssignment", name, RIGHTFUL)).toBe("True Succeeded");
    expect(Object.keys(objectAt(identityOf(target.armId), "userAssignedIdentities") ?? {})).toHaveLength(1);
  });

  test("keeps nothing attached or switched on by naming it", async () => {
    const name = fresh();
    const target = { armId: site(name) };
    makeIdentity(stage, name);
    const mine: JsonObject = { target, systemAssigned: true, systemAssignedRemoval: "Destroy", userAssigned: [{ armId: uai(stage, name) }] };
    await stage.apply("IdentityAssignment", name, mine, RIGHTFUL);
    await squat("IdentityAssignment", name, { target, systemAssigned: true, userAssigned: [{ armId: uai(stage, name) }] });
    await stage.remove("IdentityAssignment", name, RIGHTFUL);
    expect([stage.state("IdentityAssignment", name, RIGHTFUL), identityOf(target.armId)?.["type"] ?? "None"]).toEqual(["gone", "None"]);
  });
});
