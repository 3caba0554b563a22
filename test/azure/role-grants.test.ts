import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { textAt } from "./kernel/json.ts";
import { secretForm, startBench, withBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const V = "?api-version=2022-04-01";
const READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c";
const RBAC_ADMINISTRATOR = "f58310d9-a9f6-439a-9e8d-f62e7b41a168";
const IDENTITY_CONTRIBUTOR = "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59";
const IDENTITY_OPERATOR = "f1a07417-d97a-45cb-824c-7a7467783830";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.stop());

interface Holding {
  readonly on?: Bench;
  readonly role: string;
  readonly scope: (on: Bench) => string;
  readonly act: (on: Bench, token: string) => Promise<RawAnswer>;
}

/** The status of a request by somebody new who holds one role at one scope and nothing else. */
async function asHolder({ on = bench, role, scope, act }: Holding): Promise<number> {
  const { clientId, principalId } = on.azure.registerPrincipal({ name: "holder", secret: "s" });
  const token = textAt((await on.logIn(secretForm(clientId, "s"))).body, "access_token") ?? "";
  on.azure.portal.put(identity(on), {});
  await grant(on, { scope: scope(on), role, principalId });
  return (await act(on, token)).status;
}

interface Grant {
  readonly scope: string;
  readonly role: string;
  readonly principalId: string;
  readonly token?: string;
}

function grant(on: Bench, { scope, role, principalId, ...raw }: Grant): Promise<RawAnswer> {
  const roleDefinitionId = `${on.subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`;
  const body = { properties: { roleDefinitionId, principalId, principalType: "ServicePrincipal" } };
  return on.send("PUT", `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}${V}`, { body, ...raw });
}

const subscription = (on: Bench): string => on.subscription;
const group = (on: Bench): string => on.group;
const identity = (on: Bench): string => `${on.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one`;
const vault = (on: Bench): string => `${on.group}/providers/Microsoft.KeyVault/vaults/v`;

const read: Holding["act"] = (on, token) => on.send("GET", `${identity(on)}?api-version=2023-01-31`, { token });
const remove: Holding["act"] = (on, token) => on.send("DELETE", `${identity(on)}?api-version=2023-01-31`, { token });
const grants: Holding["act"] = (on, token) => grant(on, { scope: on.group, role: READER, principalId: randomUUID(), token });
const attach: Holding["act"] = (on, token) => {
  const site = `${on.group}/providers/Microsoft.Web/sites/site`;
  on.azure.portal.put(site, {});
  const body = { identity: { type: "UserAssigned", userAssignedIdentities: { [identity(on)]: {} } } };
  return on.send("PATCH", `${site}?api-version=2023-12-01`, { token, body });
};

describe("what role assignments grant (arm.md 13, 16)", () => {
  it.each([
    { name: "Reader reads below its scope", role: READER, scope: subscription, act: read, want: 200 },
    { name: "Reader deletes nothing", role: READER, scope: subscription, act: remove, want: 403 },
    { name: "Reader on one identity reads that", role: READER, scope: identity, act: read, want: 200 },
    { name: "Reader on another resource reads nothing here", role: READER, scope: vault, act: read, want: 403 },
    { name: "Contributor deletes", role: CONTRIBUTOR, scope: group, act: remove, want: 200 },
    { name: "Contributor grants nothing, by its notActions", role: CONTRIBUTOR, scope: subscription, act: grants, want: 403 },
    { name: "Role Based Access Control Administrator grants", role: RBAC_ADMINISTRATOR, scope: subscription, act: grants, want: 201 },
    { name: "Owner attaches", role: OWNER, scope: subscription, act: attach, want: 200 },
    { name: "Managed Identity Contributor deletes", role: IDENTITY_CONTRIBUTOR, scope: subscription, act: remove, want: 200 },
    { name: "Managed Identity Operator reads", role: IDENTITY_OPERATOR, scope: subscription, act: read, want: 200 },
    { name: "Managed Identity Operator deletes nothing", role: IDENTITY_OPERATOR, scope: subscription, act: remove, want: 403 },
  ])("$name: $want", async ({ want, ...holding }) => {
    expect(await asHolder(holding)).toBe(want);
  });

  it("a wildcard that must not be empty leaves Managed Identity Operator without reading (16)", async () => {
    await withBench({ switches: { roleWildcardSegment: "not-empty" } }, async (on) => {
      expect(await asHolder({ on, role: IDENTITY_OPERATOR, scope: subscription, act: read })).toBe(403);
    });
  });

  it("a new one grants only after its delay", async () => {
    const late: Holding["act"] = async (on, token) => {
      expect((await read(on, token)).status).toBe(403);
      on.clock.advance(300_000);
      return read(on, token);
    };
    await withBench({ settings: { roleAssignmentDelaySeconds: 300 } }, async (on) => {
      expect(await asHolder({ on, role: READER, scope: subscription, act: late })).toBe(200);
    });
  });

  it("a deleted one grants nothing any more", async () => {
    const revoked: Holding["act"] = (on, token) => {
      for (const one of on.azure.portal.list("Microsoft.Authorization/roleAssignments")) on.azure.portal.delete(textAt(one, "id") ?? "");
      return read(on, token);
    };
    expect(await asHolder({ role: READER, scope: subscription, act: revoked })).toBe(403);
  });
});
