import { afterEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import { objectAt } from "../../src/api/json.ts";
import type { IncomingRequest, RecordedRequest } from "../azure/azure.ts";
import { at, below, get, makeIdentity, uai } from "./places.ts";
import { setStage, type Stage, type StageOptions } from "./stage.ts";

const SWEEP_SECONDS = 300;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A sweep and its jitter, the lag that lists are granted, and the time that a write takes. */
const ONE_SWEEP_MS = (SWEEP_SECONDS * 1.1 + 120 + 60) * 1000;

const KIND = "UserAssignedIdentity";

let stage: Stage;

afterEach(() => stage.close());

async function set(options: StageOptions = {}, sweepIntervalSeconds = SWEEP_SECONDS): Promise<void> {
  stage = await setStage({ workers: 4, ...options, policy: { sweepIntervalSeconds, ...options.policy } });
}

async function made(names: readonly string[], spec: JsonObject = {}): Promise<void> {
  for (const name of names) await stage.apply(KIND, name, { ...at(stage), tags: { team: "web" }, ...spec });
  expect(names.map((name) => stage.state(KIND, name))).toEqual(names.map(() => "True Succeeded"));
  await stage.wait(ONE_SWEEP_MS);
  stage.bench.azure.clearRequests();
}

/** Sets a tag to what nobody declares. */
function tamper(name: string): void {
  const tags = objectAt(get(stage, uai(stage, name)), "tags") ?? {};
  stage.bench.azure.portal.patch(uai(stage, name), { tags: { ...tags, team: "nobody" } });
}

const tagOf = (name: string): unknown => objectAt(get(stage, uai(stage, name)), "tags")?.["team"];

const isPage = ({ method, path }: Pick<IncomingRequest, "method" | "path">): boolean => method === "GET" && /\/(?:resources|userAssignedIdentities)(?:\?|$)/.test(path);

const isOwnGet = (request: RecordedRequest): boolean => request.method === "GET" && !isPage(request);

const named = (names: number): readonly string[] => Array.from({ length: names }, (_, index) => `identity-${index}`);

describe("pages", () => {
  test("small ones, of which the first is empty, tell one that differs of many, also beside those of others", async () => {
    await set({ azure: { pageSize: 2, switches: { emptyPages: true } } });
    for (const name of named(5)) makeIdentity(stage, `foreign-${name}`);
    await made(named(5));
    tamper("identity-3");
    await stage.wait(ONE_SWEEP_MS);
    expect(tagOf("identity-3")).toBe("web");
    expect(stage.requests().filter(isOwnGet).map(({ path }) => path)).toEqual([uai(stage, "identity-3")]);
    expect(stage.writes()).toHaveLength(1);
  });

  test("in which one is missing have it made again", async () => {
    await set();
    await made(named(3));
    stage.bench.azure.portal.delete(uai(stage, "identity-1"));
    await stage.wait(ONE_SWEEP_MS);
    expect(get(stage, uai(stage, "identity-1"))).toBeDefined();
    expect(stage.requests().filter(isOwnGet).map(({ path }) => path)).toEqual([uai(stage, "identity-1"), stage.bench.group]);
    expect(stage.writes().map(({ method }) => method)).toEqual(["PUT"]);
  });

  test("find drift again after it was healed", async () => {
    await set();
    await made(named(1));
    for (const _time of ["first", "second"]) {
      tamper("identity-0");
      await stage.wait(2 * ONE_SWEEP_MS);
      expect(tagOf("identity-0")).toBe("web");
    }
    expect(stage.writes()).toHaveLength(2);
  });

  test("find drift soon again after others undid a change until it was left to them for a while", async () => {
    await set();
    await made(named(1));
    for (let times = 0; times < 4; times += 1) {
      tamper("identity-0");
      await stage.wait(ONE_SWEEP_MS);
    }
    expect([stage.state(KIND, "identity-0"), tagOf("identity-0")]).toEqual(["False Contested", "nobody"]);
    for (let waitedMs = 0; tagOf("identity-0") !== "web" && waitedMs < 2 * HOUR_MS; waitedMs += 10_000) await stage.wait(10_000);
    expect([stage.state(KIND, "identity-0"), tagOf("identity-0")]).toEqual(["True Succeeded", "web"]);
    // Before any page shows what was healed; found soon, it is left to them again, since that is a fourth time within the hour.
    tamper("identity-0");
    await stage.wait(ONE_SWEEP_MS);
    expect([stage.state(KIND, "identity-0"), tagOf("identity-0")]).toEqual(["False Contested", "nobody"]);
  });

  test("find drift each time that healing it takes an operation", async () => {
    await set();
    const host = below(stage, "Microsoft.Compute/virtualMachines/machine");
    stage.bench.azure.portal.put(host, { location: "westeurope", properties: { hardwareProfile: { vmSize: "Standard_B1s" } } });
    makeIdentity(stage, "app");
    await stage.apply("IdentityAssignment", "on-vm", { target: { armId: host }, userAssigned: [{ armId: uai(stage, "app") }] });
    await stage.wait(ONE_SWEEP_MS);
    for (let times = 0; times < 6; times += 1) {
      stage.bench.azure.portal.patch(host, { identity: { type: "None" } });
      for (let waitedMs = 0; objectAt(get(stage, host), "identity") === undefined && waitedMs < ONE_SWEEP_MS; waitedMs += 10_000) await stage.wait(10_000);
      expect([times, objectAt(get(stage, host), "identity")?.["type"]]).toEqual([times, "UserAssigned"]);
    }
  });

  test.each([100, 500])("that lag by %d s never have anything written, and cost little", async (listLagSeconds) => {
    await set({ azure: { settings: { listLagSeconds } } });
    for (const name of named(4)) await stage.apply(KIND, name, { ...at(stage), tags: { team: "web" } });
    await stage.wait(5 * MINUTE_MS);
    for (const name of named(4)) await stage.apply(KIND, name, { ...at(stage), tags: { team: "reports" } });
    stage.bench.azure.clearRequests();
    await stage.wait(60 * MINUTE_MS);
    expect(stage.writes()).toEqual([]);
    // One look for each page that still shows what was; within the allowance none.
    expect(stage.requests().filter(isOwnGet).length).toBeLessThanOrEqual(listLagSeconds === 100 ? 0 : 8);
    expect(named(4).map((name) => stage.state(KIND, name))).toEqual(named(4).map(() => "True Succeeded"));
  });
});

describe("a list that cannot be read", () => {
  test("in the subscription is read in the groups that are in use", async () => {
    await set();
    const { azure, principal, group, subscription } = stage.bench;
    azure.setPermissions([{ principalId: principal.principalId, actions: ["*"], scope: group }]);
    await made(named(2));
    tamper("identity-0");
    await stage.wait(ONE_SWEEP_MS);
    expect(tagOf("identity-0")).toBe("web");
    const pages = stage.requests().filter(isPage).map(({ path }) => path);
    expect(pages.length).toBeGreaterThan(0);
    expect(pages.every((path) => path.startsWith(group))).toBe(true);
    expect(pages.some((path) => path.startsWith(`${subscription}/providers`))).toBe(false);
    stage.bench.azure.clearRequests();
    await stage.restart();
    await stage.wait(30_000);
    expect(stage.requests().map(({ status, path }) => `${status} ${path.replace(subscription, "")}`)).toEqual([
      "403 /providers/Microsoft.ManagedIdentity/userAssignedIdentities",
      "200 /resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities",
    ]);
  });

  test("has its objects read one by one until it can be read again", async () => {
    await set();
    const stop = stage.bench.azure.intercept((request) => isPage(request), { do: "break", status: 503, body: "html", effect: "none" }, { times: 1_000_000 });
    for (const name of named(3)) await stage.apply(KIND, name, { ...at(stage), tags: { team: "web" } });
    await stage.wait(20 * MINUTE_MS);
    expect(stage.cluster.logged.filter((line) => line.includes("A list of Azure cannot be read"))).toHaveLength(1);
    tamper("identity-1");
    stage.bench.azure.clearRequests();
    await stage.wait(11 * MINUTE_MS);
    expect(tagOf("identity-1")).toBe("web");
    expect(stage.requests().filter(isOwnGet).length).toBeGreaterThanOrEqual(3);
    stop();
    await stage.wait(20 * MINUTE_MS);
    stage.bench.azure.clearRequests();
    await stage.wait(60 * MINUTE_MS);
    expect(stage.requests().filter(isOwnGet)).toEqual([]);
    expect(stage.requests().filter(isPage).length).toBeGreaterThan(8);
  });

  test("for its rate is asked for again when Azure says so", async () => {
    await set();
    await made(named(1));
    stage.bench.azure.intercept((request) => isPage(request), { do: "throttle", retryAfterSeconds: 17 });
    tamper("identity-0");
    await stage.wait(ONE_SWEEP_MS + 20_000);
    expect(tagOf("identity-0")).toBe("web");
    expect(stage.cluster.logged.some((line) => line.includes("cannot be read"))).toBe(false);
  });
});

test("a resource that lists show otherwise than its GET is looked at a few times, and then as seldom as every 6 h", async () => {
  await set();
  const [name = ""] = named(1);
  await made([name]);
  const item = { ...get(stage, uai(stage, name)), tags: { team: "as the list has it" } };
  stage.bench.azure.intercept((request) => isPage(request), { do: "answer", status: 200, body: { value: [item] } }, { times: 1_000_000 });
  await stage.wait(60 * MINUTE_MS);
  expect(stage.requests().filter(isOwnGet)).toHaveLength(3);
  stage.bench.azure.clearRequests();
  await stage.wait(240 * MINUTE_MS);
  expect(stage.requests().filter(isOwnGet)).toEqual([]);
  expect(stage.writes()).toEqual([]);
});

test("a credential that an administrator allows in groups only reads lists of groups only", async () => {
  const group = "/subscriptions/b0000000-0000-4000-8000-000000000001/resourceGroups/rg";
  await set({ policy: { sharedScopes: [group] } });
  await made(named(1));
  await stage.wait(30 * MINUTE_MS);
  const pages = stage.requests().filter(isPage);
  expect(pages.length).toBeGreaterThan(4);
  expect(pages.every(({ path }) => path.startsWith(group))).toBe(true);
});

test("an object with an interval of its own keeps it", async () => {
  await set();
  await made(named(1));
  stage.cluster.annotate(KIND, "identity-0", { "azureidentity.dev/sync-interval-seconds": "60" });
  await stage.settle();
  stage.bench.azure.clearRequests();
  await stage.wait(10 * MINUTE_MS);
  expect(stage.requests().filter(isOwnGet).length).toBeGreaterThanOrEqual(8);
});

test("what is exported is compared as often as before, without a request to Azure", async () => {
  await set();
  await made(named(1), { export: { configMap: { name: "ids" } } });
  const exported = stage.cluster.exported.get("ConfigMap/ids");
  expect(exported).toBeDefined();
  stage.cluster.exported.delete("ConfigMap/ids");
  stage.bench.azure.clearRequests();
  const { writes } = stage.cluster;
  await stage.wait(12 * MINUTE_MS);
  expect(stage.cluster.exported.get("ConfigMap/ids")).toEqual(exported);
  expect(stage.requests().filter(isOwnGet)).toEqual([]);
  expect(stage.cluster.writes).toBe(writes);
});

test("an assignment whose identity is held by its ARM id alone is read every 6 h, for ghosts", async () => {
  await set();
  makeIdentity(stage, "by-id");
  const host = below(stage, "Microsoft.Storage/storageAccounts/store");
  stage.bench.azure.portal.put(host, { location: "westeurope", sku: { name: "Standard_LRS" }, kind: "StorageV2" });
  await stage.apply("IdentityAssignment", "ida", { target: { armId: host }, userAssigned: [{ armId: uai(stage, "by-id") }] });
  expect(stage.state("IdentityAssignment", "ida")).toBe("True Succeeded");
  await stage.wait(ONE_SWEEP_MS);
  stage.bench.azure.clearRequests();
  await stage.wait(24 * 60 * MINUTE_MS);
  const looks = stage.requests().filter(isOwnGet).filter(({ path }) => path === host);
  expect([looks.length >= 3, looks.length <= 5]).toEqual([true, true]);
});
