import { describe, expect, test } from "vitest";
import type { ArmId } from "../../src/api/arm-id.ts";
import { childId, extensionId, groupScope } from "../../src/api/arm-id.ts";
import type { FailureClass, Method } from "../../src/azure/contract.ts";
import { absentCode, failureOf } from "../../src/azure/errors.ts";
import { GROUP, IDENTITY, MACHINE, SITE, START_MS, SUBSCRIPTION, answer, azureClientOver, idOf, inTurn, requestOf } from "./fake-azure.ts";
import type { Scripted } from "./fake-azure.ts";

// Texts are those of arm.md and of issues that people filed; ids are made up.
const fail = (scripted: Scripted) => failureOf(answer(scripted), START_MS);
const standard = (status: number, code: string, message = "a text", more: object = {}): Scripted => ({ status, body: { error: { code, message, ...more } } });
const flat = (status: number, code: string, message: string): Scripted => ({ status, body: { code, message } });
const web = (status: number, code: string, message: string, ExtendedCode: string): Scripted => ({
  status,
  body: { Code: code, Message: message, Target: null, Details: [{ Message: message }, { Code: code }, { ErrorEntity: { ExtendedCode, Code: code, Message: message } }], Innererror: null },
});

const ASSIGNMENT_TYPE = { provider: "Microsoft.Authorization", type: "roleAssignments", name: "8e3bf664-a171-4099-84b1-f0f81786d3d6" };
const ASSIGNMENT = extensionId(groupScope(SUBSCRIPTION, "g"), ASSIGNMENT_TYPE);
const CREDENTIAL = childId(IDENTITY, "federatedIdentityCredentials", "pod");
const ACCOUNT = idOf("Microsoft.DocumentDB/databaseAccounts", "orders");
const PLAN = idOf("Microsoft.Web/serverfarms", "plan");
const activity = "\r\nActivityId: 838da911-2724-4636-a27a-3da6527c29b7, Microsoft.Azure.Documents.Common/2.14.0";

describe("what a refusal means", () => {
  const rows: readonly (readonly [string, Scripted, FailureClass, string])[] = [
    ["a principal that is too new", standard(400, "PrincipalNotFound", "Principal 0f14a80d42e54d57afe046acf9dfae05 does not exist in the directory t."), "principal", "PrincipalNotFound"],
    ["the same to Cosmos DB", flat(400, "BadRequest", `The provided principal ID ["p"] was not found in the AAD tenant(s) ["t"].${activity}`), "principal", "PrincipalNotFound"],
    ["Cosmos DB at work", flat(412, "PreconditionFailed", `There is another user operation in progress which requires an exclusive lock on [orders]. Please retry after sometime.${activity}`), "busy", "PreconditionFailed"],
    ["an ETag that is old", standard(412, "PreconditionFailed", "The condition was not met."), "busy", "PreconditionFailed"],
    ["writes to one identity at once", standard(409, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity", `Too many Federated Identity Credentials are written concurrently for the managed identity '${IDENTITY}'. Concurrent Federated Identity Credentials writes under the same managed identity are not supported.`), "busy", "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"],
    ["an issuer and subject in use, as seen", standard(409, "Conflict", "Issuer and subject combination already exists for this Managed Identity."), "invalid", "IssuerSubjectInUse"],
    ["an issuer and subject in use, as documented", standard(400, "BadRequest", "Issuer and subject combination already exists for this Managed Identity."), "invalid", "IssuerSubjectInUse"],
    ["a 21st credential", standard(400, "BadRequest", "A managed identity can have a maximum of 20 federated identity credentials."), "invalid", "FederatedCredentialLimit"],
    ["a 21st credential, as a conflict", standard(409, "Conflict", "The number of federated identity credentials exceeds the maximum of 20."), "invalid", "FederatedCredentialLimit"],
    ["a credential in a region without them", standard(405, "MethodNotAllowed"), "invalid", "MethodNotAllowed"],
    ["an assignment that changes its principal", standard(400, "RoleAssignmentUpdateNotPermitted"), "invalid", "RoleAssignmentUpdateNotPermitted"],
    ["too many assignments", standard(409, "RoleAssignmentLimitExceeded"), "invalid", "RoleAssignmentLimitExceeded"],
    ["a role that does not exist", standard(404, "RoleDefinitionDoesNotExist"), "missing", "RoleDefinitionDoesNotExist"],
    ["a lock on a plan", web(429, "429", "Cannot acquire exclusive lock to create, update or delete this site.", "59206"), "throttled", "429"],
    ["a site at work", web(409, "Conflict", "Cannot modify this site because another operation is in progress. Details: Id: 7d3b, OperationName: Create", "59203"), "busy", "Conflict"],
    ["a plan with sites", web(409, "Conflict", "Server farm 'plan' cannot be deleted because it has web app(s) shop assigned to it.", "11017"), "busy", "InUse"],
    ["a plan with sites, as a bad request", web(400, "BadRequest", "Server farm 'plan' cannot be deleted because it has web app(s) shop assigned to it.", "11017"), "busy", "InUse"],
    ["a tier that the group cannot have", web(409, "Conflict", "The pricing tier 'PremiumV3' is not allowed in this resource group. Choose a different pricing tier or resource group.", "0"), "invalid", "Conflict"],
    ["a setting that the plan lacks", web(409, "Conflict", "There was a conflict. AlwaysOn cannot be set for this site as the plan does not allow it.", "0"), "invalid", "Conflict"],
    ["a slot too many", web(409, "Conflict", "Cannot complete the operation because the site will exceed the number of slots allowed for the 'Basic' SKU.", "0"), "invalid", "Conflict"],
    ["a site name that is taken", web(409, "Conflict", "Website with given name shop already exists.", "54001"), "invalid", "NameNotAvailable"],
    ["a host name that is taken", web(409, "Conflict", "Hostname 'shop.azurewebsites.net' already exists. Please select a different name.", "54002"), "invalid", "NameNotAvailable"],
    ["another conflict of what exists", standard(409, "Conflict", "A private endpoint already exists."), "invalid", "Conflict"],
    ["a plan that is missing", web(404, "NotFound", "Cannot find ServerFarm with name plan.", "51004"), "missing", "NotFound"],
    ["an unknown runtime", web(400, "BadRequest", "The parameter LinuxFxVersion has an invalid value.", "01007"), "invalid", "BadRequest"],
    ["no plans left in the region", web(401, "Unauthorized", "This region has quota of 0 PremiumV3 cores for your subscription. Try selecting different region or SKU.", "52039"), "invalid", "QuotaExceeded"],
    ["no plans left, in other words", web(401, "Unauthorized", "Operation cannot be completed without additional quota.", "52039"), "invalid", "QuotaExceeded"],
    ["a 401 that is about the token", standard(401, "Unauthorized", "The token is not valid."), "credential", "Unauthorized"],
    ["Linux plans not in this group", web(400, "BadRequest", "Requested feature is not available in resource group g. Please try using a different resource group or create a new one.", "59324"), "invalid", "BadRequest"],
    ["container cores used up", standard(409, "ContainerGroupQuotaReached", "Resource type 'Microsoft.ContainerInstance/containerGroups' container group quota 'StandardCores' exceeded in region 'eastus'."), "invalid", "ContainerGroupQuotaReached"],
    ["container size not to be had", standard(409, "ServiceUnavailable", "The requested resource is not available in the location 'eastus' at this moment. Please retry with a different resource request or in another location."), "invalid", "ServiceUnavailable"],
    ["an outage with that word", standard(503, "ServiceUnavailable", "The service is not available in the location 'eastus'."), "unavailable", "ServiceUnavailable"],
    ["a DNS label that is taken", standard(409, "DnsNameLabelNotAvailable", "The DNS name label 'shop' in container group 'box' not available. Try using a different label."), "invalid", "DnsNameLabelNotAvailable"],
    ["a registry identity that the group lacks", standard(400, "InvalidImageRegistryIdentity"), "invalid", "InvalidImageRegistryIdentity"],
    ["what a scale set never does", standard(409, "OperationNotAllowed", "Manual upgrade is not supported for scale sets of flexible orchestration."), "invalid", "OperationNotAllowed"],
    ["a size not in the region", standard(409, "SkuNotAvailable"), "invalid", "SkuNotAvailable"],
    ["a type not in the region", standard(400, "LocationNotAvailableForResourceType"), "invalid", "LocationNotAvailableForResourceType"],
    ["a used-up quota", standard(403, "QuotaExceeded"), "invalid", "QuotaExceeded"],
    ["a group that has to be re-created", standard(400, "InvalidContainerGroupUpdate", "The updates on container group 'box' are invalid. If you are going to update the os type, you must delete it first."), "invalid", "InvalidContainerGroupUpdate"],
    ["a group at work", standard(409, "ContainerGroupTransitioning", "The container group 'box' is still transitioning, please retry later."), "busy", "ContainerGroupTransitioning"],
    ["a namespace at work", standard(429, "NamespaceInTransition"), "throttled", "NamespaceInTransition"],
    ["a storage account at work", standard(409, "StorageAccountIsNotProvisioned"), "busy", "StorageAccountIsNotProvisioned"],
    ["a cluster at work", standard(400, "OperationNotAllowed", "Operation is not allowed: another operation (Updating) is in progress."), "busy", "OperationNotAllowed"],
    ["a cluster that changed", { status: 412, body: { code: "EtagMismatch", message: "m", subcode: "" } }, "busy", "EtagMismatch"],
    ["a container app at work", standard(409, "ContainerAppOperationInProgress"), "busy", "ContainerAppOperationInProgress"],
  ];

  test.each(rows)("%s", (_, scripted, meaning, code) => {
    expect(fail(scripted)).toMatchObject({ class: meaning, code });
  });

  test("an exclusive lock of Cosmos DB takes a minute, if Azure does not say when", () => {
    const locked = flat(412, "PreconditionFailed", "requires an exclusive lock on [orders]");
    expect(fail(locked).afterSeconds).toBe(60);
    expect(fail({ ...locked, headers: { "retry-after": "5" } }).afterSeconds).toBe(5);
    expect(fail(flat(412, "PreconditionFailed", "The condition was not met."))).not.toHaveProperty("afterSeconds");
  });

  test("the same holds for an operation that fails later", async () => {
    const location = `https://arm.test/subscriptions/${SUBSCRIPTION}/providers/Microsoft.DocumentDB/locations/l/operationsStatus/o?t=1`;
    const error = { code: "BadRequest", message: 'The provided principal ID ["p"] was not found in the AAD tenant(s) ["t"].' };
    const client = inTurn({ status: 202, body: { status: "Enqueued" }, headers: { "azure-asyncoperation": location } }, { status: 200, body: { status: "Failed", error } });
    const write = await azureClientOver(client).put(childId(ACCOUNT, "sqlRoleAssignments", ASSIGNMENT_TYPE.name), {}, requestOf("2024-08-15"));
    if (write.is !== "running") throw new Error(`the write is ${write.is}`);
    expect(await write.operation.poll(new AbortController().signal)).toMatchObject({
      is: "failed", failure: { class: "principal", code: "PrincipalNotFound" },
    });
  });
});

describe("an assignment that exists", () => {
  test.each([
    ["The role assignment already exists. The ID of the conflicting role assignment is 626D93DEAFD84C0EA1B2C3D4E5F60718.", "626d93de-afd8-4c0e-a1b2-c3d4e5f60718"],
    [`The role assignment already exists. The ID of the conflicting role assignment is ${ASSIGNMENT}.`, ASSIGNMENT_TYPE.name],
  ])("is named: %s", (message, conflicting) => {
    expect(fail(standard(409, "RoleAssignmentExists", message))).toMatchObject({ class: "exists", conflicting });
  });

  test("is not named by the older text", () => {
    const failure = fail(standard(409, "RoleAssignmentExists", "The role assignment already exists."));
    expect(failure.class).toBe("exists");
    expect(failure).not.toHaveProperty("conflicting");
  });
});

describe("a denial by policy", () => {
  const ids = JSON.stringify([{ policyAssignment: { name: "a1", id: "/x/a1" }, policyDefinition: { name: "Allowed locations", id: "/x/d1" } }]);
  const message = `Resource 'app' was disallowed by policy. Policy identifiers: '${ids}'.`;

  test("names the policies that Azure names, each once", () => {
    const info = (policyDefinitionDisplayName: string) => ({ type: "PolicyViolation", info: { policyDefinitionDisplayName, policyAssignmentId: "/x/a1" } });
    const additionalInfo = [info("Only in Europe"), info("Only in Europe"), info("Tags wanted")];
    expect(fail(standard(403, "RequestDisallowedByPolicy", message, { target: "app", additionalInfo }))).toMatchObject({
      class: "invalid",
      message: "Resource 'app' was disallowed by policy; denied by the policy \"Only in Europe\", \"Tags wanted\": declare what it allows, or ask for an exemption",
    });
  });

  test("names them by the message where the operator may not read policies", () => {
    expect(fail(standard(403, "RequestDisallowedByPolicy", message)).message).toBe(
      "Resource 'app' was disallowed by policy; denied by the policy \"Allowed locations\": declare what it allows, or ask for an exemption",
    );
  });

  test("without any name is told as it is", () => {
    expect(fail(standard(403, "RequestDisallowedByPolicy", "Resource 'app' was disallowed by policy.")).message).toBe("Resource 'app' was disallowed by policy.");
  });
});

test("the operation that holds a site is not told, since it is another one each time", () => {
  const text = (id: string, time: string) =>
    `Cannot modify this site because another operation is in progress. Details: Id: ${id}, OperationName: Create, CreatedTime: ${time}, RequestId: ${id}, EntityType: 3`;
  const first = fail(web(409, "Conflict", text("11111111-2222-4333-8444-555555555555", "2/26/2026 8:01:02 PM"), "59203"));
  expect(first.message).toBe("Cannot modify this site because another operation is in progress.");
  expect(fail(web(409, "Conflict", text("66666666-2222-4333-8444-555555555555", "2/27/2026 1:01:02 AM"), "59203"))).toEqual(first);
});

describe("a 401", () => {
  test("for want of quota is not tried again with another token", async () => {
    const client = inTurn(web(401, "Unauthorized", "This region has quota of 0 instances for your subscription.", "52039"));
    expect(await azureClientOver(client).put(PLAN, {}, requestOf("2025-05-01"))).toMatchObject({
      failure: { class: "invalid", code: "QuotaExceeded" },
    });
    expect(client.requests).toHaveLength(1);
  });

  test("that is about the token is, once", async () => {
    const client = inTurn(standard(401, "ExpiredAuthenticationToken"), { status: 200, body: {} });
    expect(await azureClientOver(client).put(PLAN, {}, requestOf("2025-05-01"))).toMatchObject({ is: "done" });
    expect(client.requests).toHaveLength(2);
  });
});

describe("a 404 of a provider that says that the resource itself is gone", () => {
  const rows: readonly (readonly [Method, ArmId, Scripted, string | undefined])[] = [
    ["GET", CREDENTIAL, standard(404, "NotFound", "m"), "NotFound"],
    ["DELETE", CREDENTIAL, standard(404, "ParentResourceNotFound"), "ParentResourceNotFound"],
    ["PUT", CREDENTIAL, standard(404, "ParentResourceNotFound"), undefined],
    ["GET", IDENTITY, standard(404, "NotFound", "m"), undefined],
    ["GET", ASSIGNMENT, standard(404, "RoleAssignmentNotFound"), "RoleAssignmentNotFound"],
    ["PUT", ASSIGNMENT, standard(404, "RoleDefinitionDoesNotExist"), undefined],
    ["GET", childId(ACCOUNT, "sqlRoleAssignments", "x"), flat(404, "NotFound", `Unable to find a SQL Role Assignment with ID [x].${activity}`), "NotFound"],
    ["GET", idOf("Microsoft.App/jobs", "night"), standard(404, "ContainerAppsJobNotFound"), "ContainerAppsJobNotFound"],
    ["GET", idOf("Microsoft.App/containerApps", "night"), standard(404, "ContainerAppsJobNotFound"), undefined],
    ["GET", idOf("Microsoft.ServiceFabric/managedclusters/applications", "c", "a"), standard(404, "NotFound", "m"), "NotFound"],
    ["GET", idOf("Microsoft.ServiceFabric/clusters/applications", "c", "a"), standard(404, "NotFound", "m"), "NotFound"],
    ["GET", idOf("Microsoft.ContainerService/managedClusters", "k8s"), flat(404, "NotFound", "The managed cluster k8s was not found."), "NotFound"],
    ["GET", idOf("Microsoft.EventHub/namespaces", "n"), standard(404, "NamespaceNotFound"), "NamespaceNotFound"],
    ["GET", idOf("Microsoft.Sql/servers/databases", "s", "d"), { status: 404 }, "404"],
    ["GET", idOf("Microsoft.Sql/servers", "s"), { status: 404 }, undefined],
    ["GET", idOf("Microsoft.Sql/servers/databases", "s", "d"), { status: 404, body: "<html>" }, undefined],
    ["GET", PLAN, web(404, "NotFound", "Cannot find ServerFarm with name plan.", "51004"), "NotFound"],
    ["GET", SITE, web(404, "NotFound", "Cannot find ServerFarm with name shop.", "51004"), undefined],
    ["POST", idOf("Microsoft.Web/sites/config", "shop", "appsettings"), standard(404, "ParentResourceNotFound"), "ParentResourceNotFound"],
    ["POST", MACHINE, standard(404, "ResourceNotFound"), "ResourceNotFound"],
    ["GET", GROUP, standard(404, "NotFound", "m"), undefined],
  ];

  test.each(rows)("%s %s %j", (method, id, scripted, expected) => {
    expect(absentCode(answer(scripted), method, id)).toBe(expected);
  });
});
