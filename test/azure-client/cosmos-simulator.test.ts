import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { childId } from "../../src/api/arm-id.ts";
import { objectAt, stringAt } from "../../src/api/json.ts";
import type { AzureWrite } from "../../src/azure/contract.ts";
import type { AzureOptions } from "../azure/azure.ts";
import { requestOf } from "./fake-azure.ts";
import { found, openSimulatedAzure } from "./simulated-azure.ts";
import type { SimulatedAzure } from "./simulated-azure.ts";

const COSMOS = requestOf("2024-08-15");
const MSI = requestOf("2024-11-30", { typed: true });
const READER = "00000000-0000-0000-0000-000000000001";
const [ONE, TWO] = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"] as const;
const never = new AbortController().signal;

const CREDENTIAL_TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";
const settings = { principalReplicationSeconds: 120 };

let simulated: SimulatedAzure;
/** Where an unknown principal is told later, and writes of federated credentials take two seconds. */
let slower: SimulatedAzure;

beforeAll(async () => {
  simulated = await open({ settings: { ...settings, federatedCredentialRates: "documented" }, switches: { cosmosEqualAssignment: "refused" } });
  slower = await open({ settings, switches: { cosmosUnknownPrincipal: "failed-operation" }, durations: { [CREDENTIAL_TYPE]: 2 } });
});

afterAll(async () => {
  await simulated.close();
  await slower.close();
});

async function open(options: Omit<AzureOptions, "clock">): Promise<SimulatedAzure> {
  const opened = await openSimulatedAzure(options);
  const properties = { databaseAccountOfferType: "Standard", locations: [{ locationName: "westeurope" }] };
  opened.azure.portal.put(opened.idOf("Microsoft.DocumentDB/databaseAccounts", "orders"), { properties });
  await opened.gateway.put(opened.idOf("Microsoft.ManagedIdentity/userAssignedIdentities", "app"), { location: "westeurope" }, MSI);
  return opened;
}

const account = () => simulated.idOf("Microsoft.DocumentDB/databaseAccounts", "orders");
const identity = () => simulated.idOf("Microsoft.ManagedIdentity/userAssignedIdentities", "app");
const assignment = (guid: string) => childId(account(), "sqlRoleAssignments", guid);

async function principalOf(on: SimulatedAzure = simulated): Promise<string> {
  return stringAt(objectAt(found(await on.gateway.read(identity(), MSI)), "properties"), "principalId") ?? "";
}

const properties = (principalId: string) => ({ roleDefinitionId: `${account()}/sqlRoleDefinitions/${READER}`, principalId, scope: account() });

async function put(guid: string, principalId: string, on: SimulatedAzure = simulated): Promise<AzureWrite> {
  return on.gateway.put(assignment(guid), { properties: properties(principalId) }, COSMOS);
}

async function progressOf(write: AzureWrite, on: SimulatedAzure = simulated) {
  if (write.is !== "running") throw new Error(`the write is ${write.is}`);
  on.clock.advance(60_000);
  return write.operation.poll(never);
}

describe("a data role of Cosmos DB", () => {
  test("for a principal that is too new waits for it, also when an operation tells so", async () => {
    const tooNew = { is: "failed", failure: { class: "principal", code: "PrincipalNotFound" } };
    expect(await put(ONE, await principalOf())).toMatchObject(tooNew);
    const begun = await put(ONE, await principalOf(slower), slower);
    expect(await progressOf(begun, slower)).toMatchObject(tooNew);
    simulated.clock.advance(120_000);
  });

  test("is granted, read and listed", async () => {
    const principalId = await principalOf();
    expect(await simulated.gateway.read(assignment(ONE), COSMOS)).toEqual({ is: "absent", code: "NotFound" });
    expect(await progressOf(await put(ONE, principalId))).toEqual({ is: "succeeded" });
    expect(objectAt(found(await simulated.gateway.read(assignment(ONE), COSMOS)), "properties")).toMatchObject({ principalId });
    const list = await simulated.gateway.list(account(), "sqlRoleAssignments", COSMOS);
    expect(list.is === "found" ? list.items.map((item) => item["name"]) : list).toEqual([ONE]);
  });

  test("that exists under another name is told, where Cosmos DB minds", async () => {
    expect(await put(TWO, await principalOf())).toMatchObject({ failure: { class: "exists", code: "RoleAssignmentExists" } });
  });

  test("cannot change whom it is for", async () => {
    expect(await put(ONE, simulated.principalId)).toMatchObject({ failure: { class: "invalid", code: "RoleAssignmentUpdateNotPermitted" } });
  });

  test("waits while another one is granted on the account", async () => {
    const removal = await simulated.gateway.delete(assignment(ONE), COSMOS);
    const write = await put(TWO, await principalOf());
    expect(write).toMatchObject({ is: "failed", failure: { class: "busy", code: "PreconditionFailed", afterSeconds: 60 } });
    expect(await progressOf(removal)).toEqual({ is: "succeeded" });
    expect((await put(TWO, await principalOf())).is).toBe("running");
  });

  test("of an account that is not there is absent, and cannot be granted", async () => {
    const nowhere = simulated.idOf("Microsoft.DocumentDB/databaseAccounts", "nowhere");
    const orphan = childId(nowhere, "sqlRoleAssignments", ONE);
    expect(await simulated.gateway.read(orphan, COSMOS)).toMatchObject({ is: "absent" });
    expect(await simulated.gateway.list(nowhere, "sqlRoleAssignments", COSMOS)).toMatchObject({ is: "absent" });
    const body = { properties: properties(await principalOf()) };
    expect(await simulated.gateway.put(orphan, body, COSMOS)).toMatchObject({ is: "failed", failure: { class: "missing" } });
  });
});

describe("federated credentials of one identity", () => {
  const credential = (name: string) => childId(identity(), "federatedIdentityCredentials", name);
  const body = (subject: string) => ({ properties: { issuer: "https://issuer.test", subject, audiences: ["api://AzureADTokenExchange"] } });

  test("take one write in four seconds, told by Retry-After; all are read by one LIST", async () => {
    const { gateway, clock } = simulated;
    expect(await gateway.put(credential("one"), body("one"), MSI)).toMatchObject({ is: "done", status: 201 });
    expect(await gateway.put(credential("two"), body("two"), MSI)).toMatchObject({ failure: { class: "throttled", code: "429", afterSeconds: 4 } });
    clock.advance(4000);
    expect(await gateway.put(credential("two"), body("two"), MSI)).toMatchObject({ is: "done", status: 201 });
    const list = await gateway.list(identity(), "federatedIdentityCredentials", MSI);
    expect(list.is === "found" ? list.items.map((item) => item["name"]) : list).toEqual(["one", "two"]);
  });

  test("exclude each other while they are written", async () => {
    const { gateway, clock } = slower;
    const first = gateway.put(credential("one"), body("one"), MSI);
    await clock.awaited();
    const code = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity";
    expect(await gateway.put(credential("two"), body("two"), MSI)).toMatchObject({ is: "failed", failure: { class: "busy", code } });
    clock.advance(2000);
    expect(await first).toMatchObject({ is: "done", status: 201 });
  });
});
