import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AZURE_ROLES } from "../../src/kinds/azure-roles.ts";
import type { Stage } from "../contract/stage.ts";
import { GROUP, SUBSCRIPTION } from "../e2e/stage.ts";
import { ours, readObjects } from "./objects.ts";
import { madeIn } from "./services.ts";
import { setTutorialStage } from "./stage.ts";

const SCOPE = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}`;
const objects = ours(readObjects());

/** The roles for what the tutorial does. */
const FILES = [
  "user-assigned-identity",
  "federated-identity-credential",
  "role-assignment",
  "role-assignment-cosmos-db",
  "container-group",
  "app-service-plan",
  "web-app",
  "attach-web-sites",
  "attach-app-platform-spring-apps",
  "attach-document-db-database-accounts",
];
/** What these roles have for people who do what the tutorial does not. */
const ELSEWHERE = /\/slots\/|subnets\/join|sites\/(start|stop)\/|\/resources\/read/;
/** Checked as part of a write, and without a request of its own. */
const LINKED = ["Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action", "Microsoft.Web/serverfarms/join/action"];

const actionsOf = (files: readonly string[]) => [...new Set(AZURE_ROLES.filter(({ file }) => files.includes(file)).flatMap(({ actions }) => actions.map(({ action }) => action)))];
const role = actionsOf(FILES).filter((action) => !ELSEWHERE.test(action));

let stage: Stage;

beforeAll(async () => {
  stage = await setTutorialStage();
});

afterAll(() => stage.close());

function permit(actions: readonly string[]): void {
  stage.bench.azure.setPermissions([{ principalId: stage.bench.principal.principalId, actions, scope: SCOPE }]);
}

/** Makes everything and deletes it again; returns what did not get ready, and what did not go. */
async function live(): Promise<readonly string[]> {
  for (const { kind, metadata, spec } of objects) stage.cluster.apply(kind, metadata.name, spec);
  await stage.settle();
  const notReady = objects.filter(({ kind, metadata }) => !stage.state(kind, metadata.name).startsWith("True ")).map(({ kind, metadata }) => `${kind} ${metadata.name}: ${stage.state(kind, metadata.name)}`);
  for (const { kind, metadata } of objects) stage.cluster.delete(kind, metadata.name);
  await stage.settle();
  return [...notReady, ...madeIn(stage.bench.azure).map((id) => `${id} is left`)];
}

describe("the tutorial", () => {
  test("runs with exactly the roles for what it does, and uses each of their actions", async () => {
    permit(role);
    stage.bench.azure.clearRequests();
    expect(await live()).toEqual([]);
    const used = new Set(stage.requests().map(({ action }) => action));
    expect(stage.requests().filter(({ status }) => status === 403)).toEqual([]);
    expect(role.filter((action) => !used.has(action) && !LINKED.includes(action))).toEqual([]);
  });

  const [sampled = []] = fc.sample(fc.shuffledSubarray(role.filter((action) => !LINKED.includes(action) && !action.includes("vaults")), { minLength: 3, maxLength: 3 }), { numRuns: 1, seed: 5 });

  test.each([...LINKED, ...sampled])("does not get through without %s", async (action) => {
    await stage.restart();
    permit(role.filter((other) => other !== action));
    expect(await live()).not.toEqual([]);
    permit(role);
    await stage.look();
  });
});

test("no role has a wildcard but the one for assigning, whose operation has the identity's name in its place", () => {
  const wild = AZURE_ROLES.flatMap(({ actions }) => actions.map(({ action }) => action)).filter((action) => action.includes("*"));
  expect(new Set(wild)).toEqual(new Set([LINKED[0]]));
  expect(new Set(AZURE_ROLES.map(({ file }) => file)).size).toBe(AZURE_ROLES.length);
});
