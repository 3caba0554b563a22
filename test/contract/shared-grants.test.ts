import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { conditionsOf } from "../../src/api/conditions.ts";
import type { JsonObject } from "../../src/api/json.ts";
import { grantsOf, somePrincipal } from "./grants.ts";
import { fic, get, makeIdentity, uai } from "./places.ts";
import { GITHUB, setStage, type Stage } from "./stage.ts";

let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await setStage({
    grants: [{ role: "Reader" }],
    policy: { sharedNamespaces: new Map(["default", "other"].map((namespace) => [namespace, { accountNamespace: undefined }])) },
  });
});
afterAll(() => stage.close());
afterEach(async () => {
  stage.cluster.clear();
  await stage.restart();
});

function fresh(): string {
  count += 1;
  return `sg${String(count).padStart(3, "0")}`;
}

/** Two ways to declare what nothing can mark as one object's. */
interface Shared {
  readonly kind: string;
  /** A spec that means the same resource for every object of a test. */
  readonly spec: (key: string) => JsonObject;
  readonly inAzure: (key: string) => unknown;
}

const principals = new Map<string, string>();

function principalOf(key: string): string {
  const known = principals.get(key) ?? somePrincipal();
  principals.set(key, known);
  return known;
}

const SHARED: readonly Shared[] = [
  {
    kind: "RoleAssignment",
    spec: (key) => ({ scope: { armId: stage.bench.group }, principal: { id: principalOf(key) }, roleDefinitionName: "Reader" }),
    inAzure: (key) => grantsOf(stage, principalOf(key))[0],
  },
  {
    kind: "FederatedIdentityCredential",
    spec: (key) => {
      if (get(stage, uai(stage, key)) === undefined) makeIdentity(stage, key);
      return { identityArmId: uai(stage, key), azureName: "shared", issuer: GITHUB, subject: "repo:contoso/shop:ref:refs/heads/main" };
    },
    inAzure: (key) => get(stage, fic(stage, key, "shared")),
  },
];

describe.each(SHARED.map((shared) => [shared.kind, shared] as const))("two objects that declare the same %s", (kind, { spec, inAzure }) => {
  const conditions = (name: string, namespace?: string) => conditionsOf(stage.object(kind, name, namespace)).map(({ type, status }) => `${type} ${status}`);

  /** The first holds it, the second is satisfied by it. */
  async function both(namespace = "default"): Promise<readonly [string, string, string]> {
    const [key, first, second] = [fresh(), fresh(), fresh()];
    await stage.apply(kind, first, spec(key));
    await stage.apply(kind, second, spec(key), namespace);
    expect([stage.state(kind, first), stage.state(kind, second, namespace)]).toEqual(["True Succeeded", "True Succeeded"]);
    expect([stage.holds(kind, first) === undefined, stage.holds(kind, second, namespace)]).toEqual([false, undefined]);
    return [key, first, second];
  }

  test("make one resource, and the second's going changes nothing", async () => {
    const [key, first, second] = await both();
    stage.bench.azure.clearRequests();
    await stage.remove(kind, second);
    expect([stage.state(kind, second), stage.writes(), inAzure(key) === undefined]).toEqual(["gone", [], false]);
    await stage.remove(kind, first);
    expect(inAzure(key)).toBeUndefined();
  });

  test("hand it over when the first goes, without a write to Azure, and then the second takes it with it", async () => {
    const [key, first, second] = await both();
    stage.bench.azure.clearRequests();
    await stage.remove(kind, first);
    expect([stage.state(kind, first), stage.state(kind, second), stage.writes()]).toEqual(["gone", "True Succeeded", []]);
    expect(stage.holds(kind, second)).toMatchObject({ confirmed: true });
    expect(stage.object(kind, second)?.metadata.finalizers).toHaveLength(1);
    expect(conditions(second)).toEqual(["Ready True"]);
    await stage.remove(kind, second);
    expect([stage.state(kind, second), inAzure(key)]).toEqual(["gone", undefined]);
  });

  test("hand it over across namespaces, whose names the events do not tell", async () => {
    const [key, first, second] = await both("other");
    stage.cluster.events.length = 0;
    await stage.remove(kind, first);
    expect([stage.state(kind, second, "other"), stage.holds(kind, second, "other"), inAzure(key) === undefined]).toEqual(["True Succeeded", expect.objectContaining({ confirmed: true }), false]);
    const notes = stage.cluster.events.filter(({ object }) => object.endsWith(`/${first}`)).map(({ event }) => event.note);
    expect(notes.join()).toContain("now belongs to an object of another namespace");
    await stage.remove(kind, second, "other");
    expect(inAzure(key)).toBeUndefined();
  });

  test("hand it over to one that is paused, which stays paused and Ready", async () => {
    const [key, first, second] = await both();
    stage.cluster.annotate(kind, second, { "azureidentity.dev/paused": "true" });
    await stage.settle();
    expect(conditions(second)).toEqual(["Ready True", "Paused True"]);
    stage.bench.azure.clearRequests();
    await stage.remove(kind, first);
    expect([stage.state(kind, first), stage.writes(), stage.holds(kind, second)]).toEqual(["gone", [], expect.objectContaining({ confirmed: true })]);
    expect(conditions(second)).toEqual(["Ready True", "Paused True"]);
    stage.cluster.annotate(kind, second, {});
    await stage.settle();
    expect(conditions(second)).toEqual(["Ready True"]);
    await stage.remove(kind, second);
    expect(inAzure(key)).toBeUndefined();
  });

  test.each([false, true])("hand it over also when the first was deleted while no process was there (the second paused: %s)", async (isPaused) => {
    const [key, first, second] = await both();
    if (isPaused) stage.cluster.annotate(kind, second, { "azureidentity.dev/paused": "true" });
    await stage.settle();
    stage.cluster.delete(kind, first);
    stage.bench.azure.clearRequests();
    await stage.restart();
    expect([stage.state(kind, first), stage.writes(), stage.holds(kind, second)]).toEqual(["gone", [], expect.objectContaining({ confirmed: true })]);
    stage.cluster.annotate(kind, second, {});
    await stage.remove(kind, second);
    expect(inAzure(key)).toBeUndefined();
  });

  test("do not hand it over to one that only observes, or that is going as well", async () => {
    const [key, first, second] = await both();
    const third = fresh();
    await stage.apply(kind, third, { ...spec(key), managementPolicy: "ObserveOnly" });
    stage.cluster.delete(kind, first);
    stage.cluster.delete(kind, second);
    await stage.settle();
    expect([stage.state(kind, first), stage.state(kind, second), inAzure(key)]).toEqual(["gone", "gone", undefined]);
  });

  test("hand it over when the first only observes from now on, or is retained", async () => {
    const [key, first, second] = await both();
    await stage.apply(kind, first, { ...spec(key), managementPolicy: "ObserveOnly" });
    await stage.look();
    expect([stage.holds(kind, first), stage.state(kind, second), inAzure(key) === undefined]).toEqual([undefined, "True Succeeded", false]);
  });
});

test("a grant that moves away is handed over as well", async () => {
  const [first, second] = [fresh(), fresh()];
  const spec = (id: string): JsonObject => ({ scope: { armId: stage.bench.group }, principal: { id }, roleDefinitionName: "Reader" });
  const [here, there] = [somePrincipal(), somePrincipal()];
  await stage.apply("RoleAssignment", first, spec(here));
  await stage.apply("RoleAssignment", second, spec(here));
  stage.bench.azure.clearRequests();
  await stage.apply("RoleAssignment", first, spec(there));
  expect(stage.writes().map(({ method }) => method)).toEqual(["PUT"]);
  expect([stage.state("RoleAssignment", first), grantsOf(stage, here).length, grantsOf(stage, there).length]).toEqual(["True Succeeded", 1, 1]);
  expect(stage.holds("RoleAssignment", second)).toMatchObject({ principalId: here });
  await stage.remove("RoleAssignment", second);
  expect([grantsOf(stage, here), grantsOf(stage, there).length]).toEqual([[], 1]);
});

test.each([
  { code: 403, body: { error: { code: "AuthorizationFailed", message: "does not have authorization to perform action 'Microsoft.Authorization/roleDefinitions/read'" } }, ends: "gone" },
  { code: 503, body: { error: { code: "ServiceUnavailable", message: "Try again." } }, ends: "True Succeeded" },
])("a grant waits for who may name it while Azure is away, and not where Azure refuses to tell ($code)", async ({ code, body, ends }) => {
  const [first, second, principal] = [fresh(), fresh(), somePrincipal()];
  const spec = { scope: { armId: stage.bench.group }, principal: { id: principal }, roleDefinitionName: "Reader" };
  for (const name of [first, second]) await stage.apply("RoleAssignment", name, spec);
  stage.cluster.delete("RoleAssignment", first);
  const stop = stage.bench.azure.intercept(({ path }) => path.includes("/roleDefinitions"), { do: "answer", status: code, body }, { times: 1_000_000 });
  await stage.restart();
  expect([stage.state("RoleAssignment", first), grantsOf(stage, principal).length]).toEqual([ends, ends === "gone" ? 0 : 1]);
  stop();
  await stage.look();
  expect([stage.state("RoleAssignment", first), stage.state("RoleAssignment", second), grantsOf(stage, principal).length]).toEqual(["gone", "True Succeeded", 1]);
});
