import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPolicy } from "../../src/config/policy-file.ts";
import { setStage, type Stage } from "../contract/stage.ts";
import { GROUP, REGION, SUBSCRIPTION } from "../e2e/stage.ts";
import { ROOT } from "./document.ts";
import { ours, readObjects, type TutorialObject } from "./objects.ts";
import { identitiesOf, madeIn, makeServices } from "./services.ts";

const objects = ours(readObjects());

/** Operations end before they are asked for the first time. */
const OPERATIONS = ["Microsoft.ContainerInstance/containerGroups", "Microsoft.AppPlatform/Spring/apps", "Microsoft.DocumentDB/databaseAccounts", "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments"];

let stage: Stage;

beforeAll(async () => {
  const policy = readPolicy(readFileSync(join(ROOT, "deploy/samples/policy.yaml"), "utf8").replaceAll("identity-demo", "default"), "policy.yaml");
  if (policy.is !== "policy") throw new Error(policy.errors.join("\n"));
  const durations = Object.fromEntries(OPERATIONS.map((type) => [type, 5]));
  stage = await setStage({ azure: { subscriptionIds: [SUBSCRIPTION], durations }, policy: { rules: policy.rules } });
  stage.bench.azure.portal.createResourceGroup(SUBSCRIPTION, GROUP, REGION);
  makeServices(stage.bench.azure);
  const namespace = readObjects().find(({ kind }) => kind === "Namespace");
  stage.cluster.annotateNamespace("default", namespace?.metadata.annotations ?? {});
  stage.cluster.serviceAccounts.add("msdocs-identity-pods");
});

afterAll(() => stage.close());

const anyOrder = fc.shuffledSubarray([...objects], { minLength: objects.length });

/** The fewest requests that make the whole tutorial, and what they are for. */
const MINIMUM = {
  /** One observation, so that nothing is created twice and nothing of others is overwritten, and one write. */
  eachObject: 2 * objects.length,
  locationOfTheResourceGroup: 1,
  /** Its actions decide whether it may be granted; data roles of Cosmos DB have none. */
  definitionOfEachRole: objects.filter(({ kind, spec }) => kind === "RoleAssignment" && !JSON.stringify(spec).includes("cosmosDB")).length,
  /** Of a container group, a Spring app, a Cosmos DB account and a data role in it: one poll, and one look at what came of it. */
  endOfEachOperation: 2 * OPERATIONS.length,
  /** It is never written together with the identity of the account (arm.md 11): a write, a poll, and one look at what came of it. */
  defaultIdentityOfTheAccount: { write: 1, endOfItsOperation: 2 },
  /** Whether the vault heeds roles at all. */
  modeOfTheKeyVault: 1,
  /** The settings of the function app come with its PUT; which of them stay with their slot does not, and is looked at after it. */
  slotSettings: { settingsAndNames: 2, write: 1, whatCameOfIt: 3 },
};
const ALL = sumOf(MINIMUM);
const WRITES = objects.length + MINIMUM.slotSettings.write + MINIMUM.defaultIdentityOfTheAccount.write;

/** An assignment on a host of somebody else looks at it before its identity exists, too: the host's own may concern it. */
const LOOKS_BEFORE = objects.filter(({ kind, spec }) => kind === "IdentityAssignment" && JSON.stringify(spec).includes("armId")).length;

test("the tutorial takes no more requests than it needs", async () => {
  stage.bench.azure.clearRequests();
  await applyAll(objects);
  expect([stage.requests().length, stage.writes().length]).toEqual([ALL, WRITES]);
  await deleteAll(objects);
});

test("in any order everything gets ready and goes again, and nothing is written twice", async () => {
  await fc.assert(fc.asyncProperty(anyOrder, anyOrder, (applied, deleted) => roundTrip(applied, deleted)), { numRuns: 12, seed: 4 });
}, 60_000);

test("so it does one object after the other, each before the next one is there", async () => {
  await fc.assert(fc.asyncProperty(anyOrder, anyOrder, (applied, deleted) => roundTrip(applied, deleted, () => stage.settle())), { numRuns: 6, seed: 4 });
}, 60_000);

/** Applies all objects, deletes them, and compares with what was there before. */
async function roundTrip(applied: readonly TutorialObject[], deleted: readonly TutorialObject[], between?: () => Promise<void>): Promise<void> {
  await stage.restart();
  const before = identitiesOf(stage.bench.azure);
  stage.bench.azure.clearRequests();
  await applyAll(applied, between);
  expect(stage.writes()).toHaveLength(WRITES);
  if (between === undefined) expect(stage.requests().length).toBeLessThanOrEqual(ALL + LOOKS_BEFORE);
  await deleteAll(deleted, between);
  expect([madeIn(stage.bench.azure), identitiesOf(stage.bench.azure)]).toEqual([[], before]);
}

async function applyAll(all: readonly TutorialObject[], between?: () => Promise<void>): Promise<void> {
  for (const { kind, metadata, spec } of all) {
    stage.cluster.apply(kind, metadata.name, spec);
    await between?.();
  }
  await stage.settle();
  expect(statesOf(all)).toEqual(all.map((object) => `${titleOf(object)}: True Succeeded`));
}

async function deleteAll(all: readonly TutorialObject[], between?: () => Promise<void>): Promise<void> {
  for (const { kind, metadata } of all) {
    stage.cluster.delete(kind, metadata.name);
    await between?.();
  }
  await stage.settle();
  expect(statesOf(all)).toEqual(all.map((object) => `${titleOf(object)}: gone`));
}

function statesOf(all: readonly TutorialObject[]): readonly string[] {
  return all.map((object) => `${titleOf(object)}: ${stage.state(object.kind, object.metadata.name)}`);
}

function titleOf({ kind, metadata }: TutorialObject): string {
  return `${kind} ${metadata.name}`;
}

type Figures = number | { readonly [part: string]: Figures };

function sumOf(figures: Figures): number {
  return typeof figures === "number" ? figures : Object.values(figures).reduce<number>((sum, part) => sum + sumOf(part), 0);
}
