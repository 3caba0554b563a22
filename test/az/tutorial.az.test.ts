import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAzure } from "../azure/azure.ts";
import type { Azure } from "../azure/azure.ts";
import { loggedInAz } from "./az-cli.ts";
import type { AzCli } from "./az-cli.ts";

// The values that the tutorial prints (seed-managed-identities.md) and its commands, in its order.
const SUBSCRIPTION = "aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e";
const TENANT = "aaaabbbb-0000-cccc-1111-dddd2222eeee";
const GROUP = "msdocs-identity-example";
const IDENTITY = "msdocs-identity-example-user-assigned";
const IDENTITY_ID = `/subscriptions/${SUBSCRIPTION}/resourcegroups/${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${IDENTITY}`;
const GUID = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as unknown;

let azure: Azure;
let cli: AzCli;

beforeAll(async () => {
  azure = await startAzure({ tenantId: TENANT, subscriptionIds: [SUBSCRIPTION], durations: { "Microsoft.ContainerInstance/containerGroups": 0 } });
  azure.portal.createResourceGroup(SUBSCRIPTION, GROUP, "westus2");
  cli = await loggedInAz(azure);
});
afterAll(async () => {
  await cli.close();
  await azure.stop();
});

const inGroup = ["--resource-group", GROUP] as const;
const systemAssigned = { principalId: GUID, tenantId: TENANT, type: "SystemAssigned", userAssignedIdentities: null };
const userAssigned = { principalId: null, tenantId: null, type: "UserAssigned", userAssignedIdentities: { [IDENTITY_ID]: { clientId: GUID, principalId: GUID } } };
const both = { ...userAssigned, principalId: GUID, tenantId: TENANT, type: "SystemAssigned, UserAssigned" };

/** The `systemData: null` of the tutorial is not printed by this version of az. */
const identity = {
  clientId: GUID,
  id: IDENTITY_ID,
  location: "westus2",
  name: IDENTITY,
  principalId: GUID,
  resourceGroup: GROUP,
  tags: {},
  tenantId: TENANT,
  type: "Microsoft.ManagedIdentity/userAssignedIdentities",
};

it("logs in to the subscription of the tutorial", async () => {
  expect(await cli.az("account", "show")).toMatchObject({ id: SUBSCRIPTION, tenantId: TENANT, environmentName: "simulator", user: { type: "servicePrincipal" } });
  expect(await cli.az("group", "show", "--name", GROUP)).toMatchObject({ location: "westus2", properties: { provisioningState: "Succeeded" } });
  expect(await cli.az("provider", "show", "--namespace", "Microsoft.ManagedIdentity", "--query", "registrationState")).toBe("Registered");
});

describe("a service with a system-assigned identity", () => {
  const named = [...inGroup, "--name", "msdocs-identity-example"];
  const image = ["--image", "mcr.microsoft.com/dotnet/samples:aspnetapp-chiseled", "--cpu", "1", "--memory", "2"];

  // When the tutorial was written az sent Linux where nothing else was said; now it sends nothing, and Azure refuses that.
  it("is made by az container create --assign-identity", async () => {
    const refused = await cli.tryAz(["container", "create", ...named, ...image, "--assign-identity"]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("(InvalidOsType)")]);
    const created = await cli.az("container", "create", ...named, ...image, "--os-type", "Linux", "--assign-identity");
    expect(created).toMatchObject({ identity: systemAssigned, provisioningState: "Succeeded", osType: "Linux" });
  });

  it("is shown by az container show --query identity", async () => {
    expect(await cli.az("container", "show", ...named, "--query", "identity")).toEqual(systemAssigned);
  });
});

describe("a user-assigned identity", () => {
  it("is made by az identity create", async () => {
    expect(await cli.az("identity", "create", ...inGroup, "--name", IDENTITY)).toEqual(identity);
  });

  it("is listed by az identity list", async () => {
    expect(await cli.az("identity", "list", ...inGroup)).toEqual([identity]);
  });
});

describe("a service with a user-assigned identity", () => {
  const named = [...inGroup, "--name", "msdocs-identity-example"];

  // A plan was Windows where nothing else was said when the tutorial was written; now it is Linux, and an app there needs a runtime.
  it("has a plan, made by az appservice plan create", async () => {
    const plan = await cli.az("appservice", "plan", "create", ...named, "--is-linux", "false");
    expect(plan).toMatchObject({ kind: "app", sku: { name: "B1", tier: "Basic" }, provisioningState: "Succeeded" });
  });

  it("is made by az webapp create --assign-identity", async () => {
    const created = await cli.az("webapp", "create", ...named, "--plan", "msdocs-identity-example", "--assign-identity", IDENTITY_ID);
    expect(created).toMatchObject({ identity: userAssigned, state: "Running", defaultHostName: "msdocs-identity-example.azurewebsites.net" });
  });

  it("is shown by az webapp show --query identity", async () => {
    expect(await cli.az("webapp", "show", ...named, "--query", "identity")).toEqual(userAssigned);
  });

  it("takes and gives back further identities by az webapp identity", async () => {
    expect(await cli.az("webapp", "identity", "assign", ...named, "--identities", "[system]")).toEqual(both);
    expect(await cli.az("webapp", "identity", "show", ...named)).toEqual(both);
    expect(await cli.az("webapp", "identity", "remove", ...named, "--identities", IDENTITY_ID)).toEqual({ ...systemAssigned, userAssignedIdentities: null });
    expect(await cli.az("webapp", "identity", "assign", ...named, "--identities", IDENTITY_ID)).toEqual(both);
    await cli.az("webapp", "identity", "remove", ...named, "--identities", "[system]");
    expect(await cli.az("webapp", "identity", "show", ...named)).toEqual(userAssigned);
  });

  it("takes the identity by the PATCH of the PowerShell steps, through az rest", async () => {
    const other = [...inGroup, "--name", "msdocs-identity-example-patched"];
    const stacked = ["--plan", "msdocs-identity-example-linux", "--runtime", "NODE:22-lts"];
    await cli.az("appservice", "plan", "create", ...inGroup, "--name", "msdocs-identity-example-linux");
    expect(await cli.az("webapp", "create", ...other, ...stacked)).toMatchObject({ kind: "app,linux", identity: null });
    const uri = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}/providers/Microsoft.Web/sites/msdocs-identity-example-patched?api-version=2023-12-01`;
    const body = JSON.stringify({ identity: { type: "UserAssigned", userAssignedIdentities: { [IDENTITY_ID]: {} } } });
    const answer = await cli.az("rest", "--method", "patch", "--uri", uri, "--body", body, "--query", "identity");
    expect(answer).toMatchObject({ type: "UserAssigned", userAssignedIdentities: userAssigned.userAssignedIdentities });
    expect(await cli.az("webapp", "show", ...other, "--query", "identity")).toEqual(userAssigned);
  });

  it("is told why, in Azure's words, when the identity is not there", async () => {
    const { code, stderr } = await cli.tryAz(["webapp", "identity", "assign", ...named, "--identities", `${IDENTITY_ID}-missing`]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("(FailedIdentityOperation)")]);
  });
});

describe("what an identity may do, and who may be it", () => {
  const scope = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}`;
  const owner = [...inGroup, "--identity-name", IDENTITY] as const;
  const credential = {
    audiences: ["api://AzureADTokenExchange"],
    id: `${IDENTITY_ID}/federatedIdentityCredentials/web`,
    issuer: "https://oidc.example.com/cluster",
    name: "web",
    resourceGroup: GROUP,
    subject: "system:serviceaccount:web:web",
    type: "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
  };

  it("is said by az role assignment create and list", async () => {
    const principalId = (await cli.az("identity", "show", ...inGroup, "--name", IDENTITY, "--query", "principalId")) as string;
    const grant = ["--assignee-object-id", principalId, "--assignee-principal-type", "ServicePrincipal", "--role", "Reader", "--scope", scope];
    const made = { principalId, principalType: "ServicePrincipal", scope, roleDefinitionId: expect.stringMatching(/acdd72a7-3385-48ef-bd42-f606fba81ae7$/) as unknown };
    expect(await cli.az("role", "assignment", "create", ...grant)).toMatchObject(made);
    expect(await cli.az("role", "assignment", "list", "--scope", scope)).toMatchObject([{ ...made, roleDefinitionName: "Reader" }]);
  });

  it("is said by az identity federated-credential create, list and delete", async () => {
    const trust = ["--issuer", credential.issuer, "--subject", credential.subject, "--audiences", "api://AzureADTokenExchange"];
    expect(await cli.az("identity", "federated-credential", "create", ...owner, "--name", "web", ...trust)).toEqual(credential);
    expect(await cli.az("identity", "federated-credential", "list", ...owner)).toEqual([credential]);
    await cli.az("identity", "federated-credential", "delete", ...owner, "--name", "web", "--yes");
    expect(await cli.az("identity", "federated-credential", "list", ...owner)).toEqual([]);
  });
});

describe("what else az asks", () => {
  it("lists all resources of a group with their types, and by tag", async () => {
    const types = await cli.az("resource", "list", ...inGroup, "--resource-type", "Microsoft.Web/sites", "--query", "[].type");
    expect(types).toEqual(["Microsoft.Web/sites", "Microsoft.Web/sites"]);
    await cli.az("identity", "create", ...inGroup, "--name", "tagged", "--tags", "team=blue");
    expect(await cli.az("resource", "list", "--tag", "team=blue", "--query", "[].name")).toEqual(["tagged"]);
  });

  it("finds an api-version by itself in the provider's document", async () => {
    expect(await cli.az("resource", "show", "--ids", IDENTITY_ID)).toMatchObject({ name: IDENTITY, properties: { principalId: GUID } });
  });

  it("refuses a name that is taken, as another subscription's would be", async () => {
    const uri = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Web/checknameavailability?api-version=2023-12-01`;
    const body = JSON.stringify({ name: "MSDOCS-identity-example", type: "Site" });
    expect(await cli.az("rest", "--method", "post", "--uri", uri, "--body", body)).toMatchObject({ nameAvailable: false, reason: "AlreadyExists" });
  });

  it("deletes what it made", async () => {
    await cli.az("webapp", "delete", ...inGroup, "--name", "msdocs-identity-example");
    await cli.az("container", "delete", ...inGroup, "--name", "msdocs-identity-example", "--yes");
    await cli.az("identity", "delete", ...inGroup, "--name", IDENTITY);
    expect(await cli.az("identity", "list", ...inGroup, "--query", "[].name")).toEqual(["tagged"]);
  });
});
