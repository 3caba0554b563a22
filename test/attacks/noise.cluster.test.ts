import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { IncomingRequest } from "../azure/azure.ts";
import { type LocalServer, serveHttps } from "../azure-client/local-server.ts";
import { RESOURCES } from "../../src/api/resources.ts";
import { assignment, armId, identity, identityId } from "../e2e/objects.ts";
import { isReady, messageOf, REGION, reasonOf, SUBSCRIPTION } from "../e2e/stage.ts";
import { almostSound, wildSpec } from "../world/fuzz.ts";
import { Chance } from "../world/random.ts";
import { objectOf } from "./objects.ts";
import { type AttackStage, BLUE, GREEN, setAttackStage } from "./stage.ts";

const HOSTS = ["Microsoft.Web/sites", "Microsoft.Compute/virtualMachines"];
let stage: AttackStage;
let victim: LocalServer;

beforeAll(async () => {
  [stage, victim] = await Promise.all([setAttackStage(), serveHttps((_request, response) => void response.end("{}"))]);
  await stage.startOperator();
});

afterAll(async () => {
  victim.stop();
  await stage.close();
});

const metrics = async () => (await fetch(`${stage.operator().metricsUrl}/metrics`)).text();

/** The same without halves of characters, at which kubectl stops reading. */
function readable(spec: unknown): unknown {
  return JSON.parse(JSON.stringify(spec), (_key, value: unknown) => (typeof value === "string" ? value.toWellFormed() : value)) as unknown;
}

async function sum(metric: string): Promise<number> {
  const lines = (await metrics()).split("\n").filter((line) => line.startsWith(`${metric}{`));
  return lines.reduce((total, line) => total + Number(line.split(" ").at(-1)), 0);
}

describe("what an answer of Azure points to, as if somebody could write it", () => {
  const path = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.ManagedIdentity/locations/${REGION}/operations/1?api-version=1&s=a-signature`;
  const isWrite = (name: string) => ({ method, path: asked }: IncomingRequest) => method === "PUT" && asked.toLowerCase().endsWith(`/${name}`);

  test.each([
    ["an operation elsewhere", 201, () => ({ "azure-asyncoperation": `${victim.url}${path}` })],
    ["a result elsewhere", 202, () => ({ location: `${victim.url}${path}` })],
    ["a redirect", 307, () => ({ location: `${victim.url}${path}` })],
    ["another subscription", 201, () => ({ "azure-asyncoperation": `${stage.azure.endpoint}${path.replace(SUBSCRIPTION, "bbbb1b1b-cc2c-dd3d-ee4e-ffffff5f5f5f")}` })],
  ] as const)("is not followed, and what is signed in it is not told: %s", async (what, status, headers) => {
    const name = what.replaceAll(" ", "-");
    const callOff = stage.azure.intercept(isWrite(name), { do: "answer", status, headers: headers(), body: {} }, 100);
    expect(await stage.green.editor.apply(identity(GREEN, name))).toMatchObject({ code: 0 });
    await stage.untilArm((requests) => requests.some(({ method, path: asked }) => method === "PUT" && asked.toLowerCase().includes(name)));
    const told = await stage.until("uai", name, (object) => reasonOf(object) !== undefined, GREEN);
    expect(victim.connections).toBe(0);
    for (const text of [JSON.stringify(told), await stage.operator().output()]) expect(text).not.toContain("a-signature");
    callOff();
  });
});

describe("an object of one team", () => {
  test("cannot be written so that the operator ends, and what the API server takes of them is concluded", async () => {
    const made = Array.from({ length: 160 }, (_each, index) => {
      const chance = new Chance(index + 1);
      const resource = RESOURCES[index % RESOURCES.length];
      const { kind, spec } = index % 2 === 0 || resource === undefined ? almostSound(chance) : { kind: resource.kind, spec: wildSpec(resource, chance) };
      return { apiVersion: "azureidentity.dev/v1alpha1", kind, metadata: { namespace: GREEN, name: `wild-${index}` }, spec: readable(spec) };
    });
    const answer = await stage.green.owner.kubectl(["apply", "--server-side", "--validate=false", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: made }));
    expect(answer.stderr).not.toContain("panic");
    const taken = answer.stdout.split("\n").flatMap((line) => /^(\S+)\/(wild-\d+) serverside-applied/.exec(line)?.slice(1, 3).join("/") ?? []);
    expect(taken.length, answer.stderr.slice(-500)).toBeGreaterThan(10);
    for (const each of taken) {
      const [resource = "", name = ""] = each.split("/");
      await stage.until(resource, name, (object) => reasonOf(object) !== undefined, GREEN);
    }
    expect([(await fetch(`${stage.operator().healthUrl}/healthz`)).status, await sum("controller_runtime_reconcile_panics_total")]).toEqual([200, 0]);
    expect(await stage.operator().output()).not.toContain("defect of the operator");
  });

  test("makes no label of a metric and no control character of the log of what it says", async () => {
    const types = Array.from({ length: 12 }, (_each, index) => `Microsoft.Attack${index}/things${index}`);
    await stage.grant({ name: "green-attaches", to: [{ user: stage.green.editor.user }, { serviceAccountsOf: GREEN }], verbs: ["attach", "use"], resource: "azureresources" });
    const strange = types.map((type, index) => assignment(GREEN, `strange-${index}`, { target: { armId: armId(type, "marked-name"), apiVersion: "2025-01-01" }, systemAssigned: true }));
    expect(await stage.green.editor.apply(...strange)).toMatchObject({ code: 0 });
    for (const [index] of types.entries()) await stage.until("ida", `strange-${index}`, (object) => reasonOf(object) !== undefined, GREEN);
    const shown = (await metrics()).toLowerCase();
    for (const text of ["attack", "marked-name", GREEN, "wild-", "strange-"]) expect(shown).not.toContain(text);
    expect(await stage.operator().output()).not.toMatch(/[^\n\P{Cc}]/u);
  });
});

test("one team's many objects and edits keep no other waiting for more than a pass of each", async () => {
  const huge = { userAssigned: Array.from({ length: 16 }, (_each, index) => ({ identityRef: { name: `${"x".repeat(240)}${index}` } })) };
  const flood = (round: number) => Array.from({ length: 40 }, (_each, index) => assignment(GREEN, `flood-${index}`, { target: { armId: armId(HOSTS[index % 2] ?? "", `flood-${index}`) }, ...huge, systemAssigned: round % 2 === 0 }));
  expect(await stage.green.editor.apply(...flood(0))).toMatchObject({ code: 0 });
  const before = await sum("controller_runtime_reconcile_total");
  const [again] = await Promise.all([stage.green.editor.apply(...flood(1)), stage.blue.editor.apply(identity(BLUE, "urgent"))]);
  expect(again).toMatchObject({ code: 0 });
  await stage.until("uai", "urgent", isReady, BLUE);
  const passes = (await sum("controller_runtime_reconcile_total")) - before;
  expect(stage.azure.portal.get(identityId("urgent"))).toBeDefined();
  expect(passes).toBeLessThan(2 * 40 + 20);
});

test("and the right of the other team still works after all of it", async () => {
  expect(await stage.blue.editor.apply(objectOf("UserAssignedIdentity", BLUE, "after", { subscriptionId: SUBSCRIPTION, resourceGroup: "msdocs-identity-example" }))).toMatchObject({ code: 0 });
  const ready = await stage.until("uai", "after", isReady, BLUE);
  expect(messageOf(ready)).not.toBe("");
});
