import { expect, test } from "vitest";
import { remedyFor } from "../../src/reconcile/failures.ts";

const SCOPE = "/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e/resourceGroups/msdocs-identity-example";

test.each([
  ["Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", "Managed Identity Operator"],
  ["Microsoft.Web/sites/write", "Website Contributor"],
  ["Microsoft.ContainerService/managedClusters/write", "Azure Kubernetes Service Contributor Role"],
  ["Microsoft.DocumentDB/databaseAccounts/write", "DocumentDB Account Contributor"],
  ["Microsoft.Storage/storageAccounts/write", "Storage Account Contributor"],
  ["Microsoft.AppPlatform/Spring/apps/write", "<a role with Microsoft.AppPlatform/Spring/apps/write>"],
  ["Microsoft.AppPlatform/Spring/apps/read", "Reader"],
])("a denied %s is granted by %s", (action, role) => {
  const remedy = remedyFor({ class: "forbidden", code: "AuthorizationFailed", message: "m", denied: { action, scope: SCOPE, principalId: "p" } });
  expect(remedy).toContain(`az role assignment create --assignee-object-id p --assignee-principal-type ServicePrincipal --role "${role}" --scope ${SCOPE}`);
});

test("what is not said to be denied has no remedy", () => {
  expect(remedyFor({ class: "forbidden", code: "Forbidden", message: "m" })).toBe("");
});
