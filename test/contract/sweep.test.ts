import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { RecordedRequest } from "../azure/azure.ts";
import { type Fixture, FIXTURES } from "./fixtures.ts";
import { setStage, type Stage } from "./stage.ts";

const HOUR_MS = 3_600_000;
const SWEEP_SECONDS = 300;

/** A sweep and its jitter, the lag that lists are granted, and the time that a write takes. */
const ONE_SWEEP_MS = (SWEEP_SECONDS * 1.1 + 120 + 60) * 1000;

let stage: Stage;

beforeAll(async () => {
  stage = await setStage({ grants: [{ role: "Reader" }], workers: 4, policy: { sweepIntervalSeconds: SWEEP_SECONDS } });
});

afterAll(() => stage.close());

afterEach(async () => {
  stage.cluster.clear();
  await stage.restart();
});

/** Kinds that pages show, with how long it takes until they are read. A WebApp with settings is no such one. */
const SWEPT = [
  ["UserAssignedIdentity", ONE_SWEEP_MS],
  ["IdentityAssignment", ONE_SWEEP_MS],
  ["RoleAssignment", ONE_SWEEP_MS],
  ["AppServicePlan", ONE_SWEEP_MS],
  ["ContainerGroup", ONE_SWEEP_MS],
  ["FederatedIdentityCredential", 7 * HOUR_MS],
] as const;

function fixtureOf(kind: string): Fixture {
  const fixture = FIXTURES.find((each) => each.kind === kind);
  if (fixture === undefined) throw new Error(`there is no fixture of ${kind}`);
  return fixture;
}

async function made(kind: string, name: string): Promise<Fixture> {
  const fixture = fixtureOf(kind);
  await fixture.prepare?.(stage);
  fixture.prepareOne?.(stage, name);
  await stage.apply(kind, name, fixture.spec(stage, name));
  expect(stage.state(kind, name)).toBe("True Succeeded");
  return fixture;
}

/** Whether a request reads a list. */
function isPage({ path, method }: RecordedRequest): boolean {
  return method === "GET" && /\/(?:resources|userAssignedIdentities|roleAssignments|serverfarms|containerGroups|federatedIdentityCredentials)(?:\?|$)/.test(path);
}

test.each(SWEPT)("%s: what is as declared costs pages, and nothing else", async (kind) => {
  const name = `settled-${kind.toLowerCase()}`;
  await made(kind, name);
  await stage.wait(ONE_SWEEP_MS);
  stage.bench.azure.clearRequests();
  const { writes } = stage.cluster;
  await stage.wait(50 * 60_000);
  expect(stage.requests().filter((request) => !isPage(request)).map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  const pages = stage.requests().length;
  if (kind === "FederatedIdentityCredential") expect(pages).toBeLessThanOrEqual(1);
  else expect([pages >= 8, pages <= 12]).toEqual([true, true]);
  expect(stage.cluster.writes).toBe(writes);
});

test.each(SWEPT)("%s: drift is found by a page and healed", async (kind, ms) => {
  const name = `drift-${kind.toLowerCase()}`;
  const fixture = await made(kind, name);
  await stage.wait(ONE_SWEEP_MS);
  const before = JSON.stringify(fixture.inAzure(stage, name));
  fixture.drift(stage, name);
  expect(JSON.stringify(fixture.inAzure(stage, name))).not.toBe(before);
  stage.bench.azure.clearRequests();
  await stage.wait(ms);
  await stage.settle();
  expect(stage.writes().length).toBeGreaterThan(0);
  expect(stage.state(kind, name)).toBe("True Succeeded");
});

test.each(SWEPT)("%s: a restart over what is as declared writes nothing, and reads it in pages", async (kind) => {
  const name = `again-${kind.toLowerCase()}`;
  await made(kind, name);
  await stage.wait(ONE_SWEEP_MS);
  stage.bench.azure.clearRequests();
  const { writes } = stage.cluster;
  await stage.restart();
  await stage.wait(60_000);
  expect(stage.writes()).toEqual([]);
  expect(stage.cluster.writes).toBe(writes);
  // Roles are looked up before anything else is known of an assignment.
  const lookups = stage.requests().filter(({ path }) => path.endsWith("/roleDefinitions"));
  expect(lookups.length).toBe(kind === "RoleAssignment" ? 1 : 0);
  expect(stage.requests().filter((request) => !isPage(request) && !lookups.includes(request))).toEqual([]);
});
