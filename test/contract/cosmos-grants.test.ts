import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import { Crash, Mortal } from "./crash.ts";
import { at, below, get, principalOfIdentity, uai } from "./places.ts";
import { setStage, type Stage, type StageOptions } from "./stage.ts";

const KIND = "RoleAssignment";
const READER = "00000000-0000-0000-0000-000000000001";
const CONTRIBUTOR = "00000000-0000-0000-0000-000000000002";
const GRANTS = [{ role: "Cosmos DB Built-in Data Reader" }, { role: "Cosmos DB Built-in Data Contributor" }];
const mortal = new Mortal();
let stage: Stage;
let count = 0;

const set = (options: StageOptions = {}): Promise<Stage> => setStage({ grants: GRANTS, ...options });

beforeAll(async () => {
  stage = await set({ between: mortal.between });
});
afterAll(() => stage.close());
afterEach(async () => {
  mortal.dieAt(undefined);
  stage.cluster.clear();
  await stage.restart();
});

function fresh(): string {
  count += 1;
  return `co${String(count).padStart(3, "0")}`;
}

const accountOf = (on: Stage, name: string) => below(on, `Microsoft.DocumentDB/databaseAccounts/${name}`);

function makeAccount(on: Stage, name: string): string {
  on.bench.azure.portal.put(accountOf(on, name), { location: "westeurope", properties: { databaseAccountOfferType: "Standard", locations: [{ locationName: "westeurope" }] } });
  return accountOf(on, name);
}

const spec = (account: string, principal: JsonObject, more: JsonObject = {}): JsonObject => ({
  scope: { cosmosDB: { accountArmId: account, path: "/dbs/shop" } },
  principal,
  roleDefinitionName: "Cosmos DB Built-in Data Reader",
  ...more,
});

const grantsIn = (on: Stage, account: string): readonly JsonObject[] =>
  on.bench.azure.portal.list("Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments").filter((each) => (stringAt(each, "id") ?? "").toLowerCase().startsWith(`${account.toLowerCase()}/`));
const roleOf = (grant: JsonObject | undefined) => (stringAt(objectAt(grant, "properties"), "roleDefinitionId") ?? "").split("/").at(-1);
const ended = (on: Stage, name: string) => [on.state(KIND, name), on.message(KIND, name)];

/** An identity of ours with an account that it may use. */
async function identityAndAccount(on: Stage): Promise<readonly [string, string]> {
  const name = fresh();
  await on.apply("UserAssignedIdentity", name, at(on));
  return [name, makeAccount(on, name)];
}

describe("a data role of Cosmos DB", () => {
  test("is granted at a path below the account, left alone on the next look, and taken back", async () => {
    const [name, account] = await identityAndAccount(stage);
    await stage.apply(KIND, name, spec(account, { identityRef: { name } }));
    expect([ended(stage, name)[0], grantsIn(stage, account)]).toEqual([
      "True Succeeded",
      [expect.objectContaining({ properties: { principalId: principalOfIdentity(stage, name), roleDefinitionId: `${account}/sqlRoleDefinitions/${READER}`, scope: `${account}/dbs/shop` } })],
    ]);
    expect(stage.object(KIND, name)?.status).toMatchObject({ roleName: "Cosmos DB Built-in Data Reader", scope: `${account}/dbs/shop` });
    stage.bench.azure.clearRequests();
    await stage.look();
    await stage.restart();
    expect(stage.writes()).toEqual([]);
    await stage.remove(KIND, name);
    expect([stage.state(KIND, name), grantsIn(stage, account)]).toEqual(["gone", []]);
  });

  test("that others changed is healed in place", async () => {
    const [name, account] = await identityAndAccount(stage);
    await stage.apply(KIND, name, spec(account, { identityRef: { name } }));
    const [grant] = grantsIn(stage, account);
    stage.bench.azure.portal.put(stringAt(grant, "id") ?? "", { properties: { ...objectAt(grant, "properties"), roleDefinitionId: `${account}/sqlRoleDefinitions/${CONTRIBUTOR}` } });
    stage.bench.azure.clearRequests();
    await stage.look();
    expect([ended(stage, name)[0], grantsIn(stage, account).map(roleOf), stage.writes().map(({ method }) => method)]).toEqual(["True Succeeded", [READER], ["PUT"]]);
  });

  test("moves when another one is declared: the old is removed first", async () => {
    const [name, account] = await identityAndAccount(stage);
    await stage.apply(KIND, name, spec(account, { identityRef: { name } }));
    stage.bench.azure.clearRequests();
    await stage.apply(KIND, name, spec(account, { identityRef: { name } }, { roleDefinitionName: "cosmos db built-in data contributor" }));
    expect([ended(stage, name)[0], grantsIn(stage, account).map(roleOf), stage.writes().map(({ method }) => method)]).toEqual(["True Succeeded", [CONTRIBUTOR], ["DELETE", "PUT"]]);
  });

  test("moves with a principal of ours that was made again", async () => {
    const [name, account] = await identityAndAccount(stage);
    await stage.apply(KIND, name, spec(account, { identityRef: { name } }));
    const tags = objectAt(get(stage, uai(stage, name)), "tags") ?? {};
    stage.bench.azure.portal.delete(uai(stage, name));
    stage.bench.azure.portal.put(uai(stage, name), { location: "westeurope", tags });
    await stage.look();
    await stage.look();
    expect([ended(stage, name)[0], grantsIn(stage, account).map((each) => stringAt(objectAt(each, "properties"), "principalId"))]).toEqual(["True Succeeded", [principalOfIdentity(stage, name)]]);
  });

  test("is satisfied by an equal one of somebody else, which stays", async () => {
    const [name, account] = await identityAndAccount(stage);
    const theirs = `${account}/sqlRoleAssignments/${crypto.randomUUID()}`;
    stage.bench.azure.portal.put(theirs, { properties: { principalId: principalOfIdentity(stage, name), roleDefinitionId: `${account}/sqlRoleDefinitions/${READER}`, scope: `${account}/dbs/shop` } });
    stage.bench.azure.clearRequests();
    await stage.apply(KIND, name, spec(account, { identityRef: { name } }));
    await stage.remove(KIND, name);
    expect([stage.state(KIND, name), stage.writes(), get(stage, theirs)]).toEqual(["gone", [], expect.any(Object)]);
  });

  test("that is none of the built-in ones has to be named by its id", async () => {
    const [name, account] = await identityAndAccount(stage);
    await stage.apply(KIND, name, spec(account, { identityRef: { name } }, { roleDefinitionName: "Reader" }));
    expect(ended(stage, name)).toEqual(["False RoleNotFound", 'role "Reader" is no built-in data role of Cosmos DB: use Cosmos DB Built-in Data Reader or Cosmos DB Built-in Data Contributor, or set roleDefinitionId']);
  });

  test("goes with its account", async () => {
    const [name, account] = await identityAndAccount(stage);
    await stage.apply(KIND, name, spec(account, { identityRef: { name } }));
    stage.bench.azure.portal.delete(account);
    await stage.remove(KIND, name);
    expect(stage.state(KIND, name)).toBe("gone");
  });

  test("is never doubled or left behind, wherever the process ends", async () => {
    let deaths = 0;
    for (let effect = 1; effect <= 14; effect += 1) {
      for (const when of ["before", "after"] as const) {
        const [name, account] = await identityAndAccount(stage);
        mortal.dieAt({ effect, when });
        const steps = [
          () => stage.apply(KIND, name, spec(account, { identityRef: { name } })),
          () => stage.apply(KIND, name, spec(account, { identityRef: { name } }, { roleDefinitionName: "Cosmos DB Built-in Data Contributor" })),
          () => stage.remove(KIND, name),
        ];
        const counts: number[] = [];
        for (const step of steps) {
          deaths += await survived(step);
          counts.push(grantsIn(stage, account).length);
        }
        expect([effect, when, counts, stage.state(KIND, name)]).toEqual([effect, when, [1, 1, 0], "gone"]);
        mortal.dieAt(undefined);
      }
    }
    expect(deaths).toBeGreaterThan(10);
  });
});

/** Does something; a process that ends meanwhile is started again. Returns how often it ended. */
async function survived(act: () => Promise<void>): Promise<number> {
  try {
    await act();
    return 0;
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    mortal.dieAt(undefined);
    await stage.restart();
    return 1;
  }
}

describe("an account that is busy, or does not know the principal yet", () => {
  test.each(["refused", "failed-operation"] as const)("is asked again until it knows it: %s", async (cosmosUnknownPrincipal) => {
    const other = await set({ azure: { settings: { principalReplicationSeconds: 40 }, switches: { cosmosUnknownPrincipal } } });
    const [name, account] = await identityAndAccount(other);
    other.cluster.events.length = 0;
    await other.apply(KIND, name, spec(account, { identityRef: { name } }));
    expect([ended(other, name)[0], grantsIn(other, account).length]).toEqual(["True Succeeded", 1]);
    expect(other.cluster.events.map(({ event }) => event.reason)).toContain("PrincipalNotFound");
    await other.close();
  });

  test("is waited for while another operation has its lock", async () => {
    const [name, account] = await identityAndAccount(stage);
    await stage.bench.send("PATCH", `${account}?api-version=2024-08-15`, { body: { tags: { busy: "yes" } } });
    stage.bench.azure.clearRequests();
    await stage.apply(KIND, name, spec(account, { identityRef: { name } }));
    expect([ended(stage, name)[0], stage.writes().map(({ status }) => status)]).toEqual(["True Succeeded", [412, 202]]);
  });

  test("is written by one grant at a time, by several workers and without a refusal; another account is not waited for", async () => {
    const other = await set({ workers: 8 });
    const accounts = [makeAccount(other, "one"), makeAccount(other, "two")];
    const principals = Array.from({ length: 4 }, (_, index) => other.bench.azure.registerPrincipal({ name: `p${index}` }).principalId);
    for (const [index, account] of accounts.entries()) {
      for (const [at, id] of principals.entries()) other.cluster.apply(KIND, `g${index}-${at}`, spec(account, { id }));
    }
    const startMs = other.bench.clock.now();
    await other.settle();
    expect(accounts.map((account) => grantsIn(other, account).length)).toEqual([4, 4]);
    expect(new Set(other.writes().map(({ status }) => status))).toEqual(new Set([202]));
    // Each takes 15 s, and is asked for every few seconds.
    expect(Math.max(...other.writes().map(({ at: atMs }) => atMs)) - startMs).toBeLessThan(4 * 30_000);
    await other.close();
  });
});
