import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import { setStage, type Stage } from "./stage.ts";

const TENANT = "22222222-3333-4444-8555-666666666666";

let stage: Stage;
beforeAll(async () => {
  stage = await setStage({ grants: [{ role: "Reader" }] });
  await stage.apply("UserAssignedIdentity", "reader", { subscriptionId: stage.bench.azure.subscriptionIds[0] ?? "", resourceGroup: "rg" });
});
afterAll(() => stage.close());

const below = (path: string): string => `${stage.bench.group}/providers/${path}`;
const grant = (armId: string): JsonObject => ({ scope: { armId }, principal: { identityRef: { name: "reader" } }, roleDefinitionName: "Reader" });

function makeVault(name: string, enableRbacAuthorization: boolean): string {
  const id = below(`Microsoft.KeyVault/vaults/${name}`);
  stage.bench.azure.portal.put(id, { location: "westeurope", properties: { tenantId: TENANT, sku: { family: "A", name: "standard" }, enableRbacAuthorization } });
  return id;
}

const READY = "RoleAssignment is as declared";
const MODE =
  "; the vault is in access-policy mode and ignores roles for its data: set enableRbacAuthorization on it, or add an access policy for the principal";

describe("a grant that alone is of no use says what is missing", () => {
  it("at a key vault in access-policy mode, until the vault listens to roles", async () => {
    const vault = makeVault("old-vault", false);
    await stage.apply("RoleAssignment", "old-vault", grant(vault));
    expect([stage.state("RoleAssignment", "old-vault"), stage.message("RoleAssignment", "old-vault")]).toEqual(["True Succeeded", READY + MODE]);
    stage.bench.azure.portal.patch(vault, { properties: { enableRbacAuthorization: true } });
    await stage.look();
    expect(stage.message("RoleAssignment", "old-vault")).toBe(READY);
  });

  it("at one secret of such a vault", async () => {
    await stage.apply("RoleAssignment", "one-secret", grant(`${makeVault("older-vault", false)}/secrets/password`));
    expect(stage.message("RoleAssignment", "one-secret")).toBe(READY + MODE);
  });

  it("not at a vault that listens to roles, and of a vault it reads nothing but the vault", async () => {
    const vault = makeVault("new-vault", true);
    await stage.apply("RoleAssignment", "new-vault", grant(vault));
    expect(stage.message("RoleAssignment", "new-vault")).toBe(READY);
    stage.bench.azure.clearRequests();
    await stage.look();
    const read = stage.requests().map(({ method, path }) => `${method} ${path.split("?")[0]}`);
    expect(read.filter((each) => each.toLowerCase().includes("new-vault"))).toEqual([
      `GET ${vault}/providers/Microsoft.Authorization/roleAssignments`,
      `GET ${vault}`,
    ]);
  });

  it("at an Azure SQL server: the T-SQL that makes the identity a user", async () => {
    const server = below("Microsoft.Sql/servers/books");
    stage.bench.azure.portal.put(server, { location: "westeurope", properties: { administratorLogin: "boss", administratorLoginPassword: "Fictitious-1" } });
    await stage.apply("RoleAssignment", "books", grant(server));
    expect(stage.message("RoleAssignment", "books")).toContain("CREATE USER [reader] FROM EXTERNAL PROVIDER; ALTER ROLE db_datareader ADD MEMBER [reader];");
  });

  it("and a vault that cannot be read keeps no grant back", async () => {
    const vault = makeVault("hidden-vault", false);
    const refused = { error: { code: "AuthorizationFailed", message: "does not have authorization to perform action 'Microsoft.KeyVault/vaults/read'" } };
    stage.bench.azure.intercept(({ action }) => action.toLowerCase() === "microsoft.keyvault/vaults/read", { do: "answer", status: 403, body: refused }, 10);
    await stage.apply("RoleAssignment", "hidden-vault", grant(vault));
    expect(stage.message("RoleAssignment", "hidden-vault")).toBe(READY);
  });
});
