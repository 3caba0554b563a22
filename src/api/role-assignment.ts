import { z } from "zod";
import { ARM_ID_PATTERN, GUID_PATTERN, RESOURCE_GROUP_PATTERN } from "./arm-id.ts";
import { checked, exactlyOneOf, matching, noExtensionId, without } from "./crd-rules.ts";
import { armIdField, identityRef, objectRef } from "./references.ts";
import { guid, MAX_ARM_ID_LENGTH, policies, resourceGroup, statusFields, text } from "./shared.ts";

const body = (pattern: string) => pattern.slice(1, -1);

/**
 * Where a role can be assigned by id, to be matched without case: a subscription, a resource group or a resource in one. Not a
 * management group: it lies in no subscription, so that no scope of an administrator's can hold it.
 */
export const SCOPE_PATTERN = `^(?:/subscriptions/${body(GUID_PATTERN)}(?:/resourceGroups/${body(RESOURCE_GROUP_PATTERN)})?|${body(ARM_ID_PATTERN)})$`;

const ACCOUNT = `/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft[.]DocumentDB/databaseAccounts/[^/]+`;

/** How a role definition is named: by its GUID, or by its full id; to be matched without case. */
export const ROLE_DEFINITION_ID_PATTERN = `^(?:(?:(?:/subscriptions/[^/]+)?/providers/Microsoft[.]Authorization/roleDefinitions/|${ACCOUNT}/sqlRoleDefinitions/))?${body(GUID_PATTERN)}$`;

const COSMOS_DB_TYPES = ["Microsoft.DocumentDB/databaseAccounts"];

const cosmosDB = z
  .object({
    accountArmId: armIdField("ARM id of the account.", "a Cosmos DB account", COSMOS_DB_TYPES),
    path: checked(
      text(600, "Path below the account: /dbs/<database> or /dbs/<database>/colls/<container>. Default: the whole account."),
      matching("^/dbs/[^/\\\\?#]{1,255}(?:/colls/[^/\\\\?#]{1,255})?$", "must be /dbs/<database> or /dbs/<database>/colls/<container>"),
    ).optional(),
  })
  .describe("Data of a Cosmos DB account: the role is one of its data plane, which are apart from those of Azure Resource Manager.");

const scope = checked(
  z
    .object({
      armId: checked(
        text(MAX_ARM_ID_LENGTH, "ARM id of a subscription, a resource group or a resource.").min(1),
        matching(SCOPE_PATTERN, "must be the ARM id of a subscription, a resource group or a resource", { anyCase: true }),
        without("..", 'must not contain ".."'),
        noExtensionId,
      ).optional(),
      resourceGroup: resourceGroup.optional().describe("A resource group, in the subscription of spec.subscriptionId."),
      subscriptionId: guid("A subscription.").optional(),
      identityRef: identityRef.optional(),
      webAppRef: objectRef("WebApp").optional(),
      containerGroupRef: objectRef("ContainerGroup").optional(),
      appServicePlanRef: objectRef("AppServicePlan").optional(),
      cosmosDB: cosmosDB.optional(),
    })
    .describe("Where the role is granted: exactly one of these."),
  exactlyOneOf("armId", "resourceGroup", "subscriptionId", "identityRef", "webAppRef", "containerGroupRef", "appServicePlanRef", "cosmosDB"),
);

const principal = checked(
  z
    .object({
      identityRef: identityRef
        .optional()
        .describe("A UserAssignedIdentity of this namespace: what one may do is decided where it is declared, whoever else may attach it. For another one set id."),
      webAppRef: objectRef("WebApp").optional().describe("The system-assigned identity of a WebApp of this namespace."),
      containerGroupRef: objectRef("ContainerGroup")
        .optional()
        .describe("The system-assigned identity of a ContainerGroup of this namespace."),
      assignmentRef: objectRef("IdentityAssignment")
        .optional()
        .describe("The system-assigned identity of the host of an IdentityAssignment of this namespace."),
      id: guid("Object id of the principal.").optional(),
    })
    .describe("To whom the role is granted: exactly one of these."),
  exactlyOneOf("identityRef", "webAppRef", "containerGroupRef", "assignmentRef", "id"),
);

/** `spec` of a RoleAssignment. */
export const roleAssignmentSpec = checked(
  z
    .object({
      scope,
      subscriptionId: guid("Subscription of scope.resourceGroup. Default: the Namespace annotation azureidentity.dev/subscription-id.").optional(),
      roleDefinitionName: text(128, "Name of the role, for example Storage Blob Data Reader; case does not matter.").min(1).optional(),
      roleDefinitionId: checked(
        text(MAX_ARM_ID_LENGTH, "GUID or full id of the role definition.").min(1),
        matching(ROLE_DEFINITION_ID_PATTERN, "must be a GUID or the full id of a role definition", { anyCase: true }),
        without("..", 'must not contain ".."'),
      ).optional(),
      principal,
      principalType: z
        .enum(["ServicePrincipal", "User", "Group"])
        .default("ServicePrincipal")
        .describe("Type of the principal; identities are service principals. Without it Azure refuses a principal that was just made."),
      description: text(1024, "What the grant is for; shown in Azure. Not for Cosmos DB.").min(1).optional(),
      condition: text(8192, "Condition (ABAC) under which the role is granted. Not for Cosmos DB.").min(1).optional(),
      conditionVersion: z.enum(["2.0"]).optional().describe("Version of the condition's language. Default beside condition: 2.0."),
      ...policies,
    })
    .describe("Which role is granted to whom, and where. Changing any of it moves the grant: the old one is removed first."),
  exactlyOneOf("roleDefinitionName", "roleDefinitionId"),
  {
    rule: "self.principalType == 'ServicePrincipal' || has(self.principal.id)",
    message: "principalType must be ServicePrincipal unless principal.id is set: identities are service principals",
    fieldPath: ".principalType",
    holds: (spec) => spec.principalType === "ServicePrincipal" || spec.principal.id !== undefined,
  },
  {
    rule: "!has(self.subscriptionId) || has(self.scope.resourceGroup)",
    message: "subscriptionId belongs to scope.resourceGroup; for a whole subscription set scope.subscriptionId",
    fieldPath: ".subscriptionId",
    holds: (spec) => spec.subscriptionId === undefined || spec.scope.resourceGroup !== undefined,
  },
  {
    rule: "!has(self.conditionVersion) || has(self.condition)",
    message: "conditionVersion needs a condition",
    fieldPath: ".conditionVersion",
    holds: (spec) => spec.conditionVersion === undefined || spec.condition !== undefined,
  },
  {
    rule: "!has(self.scope.cosmosDB) || !(has(self.description) || has(self.condition))",
    message: "description and condition must not be set beside scope.cosmosDB: data roles of Cosmos DB have neither",
    fieldPath: ".scope",
    holds: (spec) => spec.scope.cosmosDB === undefined || (spec.description === undefined && spec.condition === undefined),
  },
);

/** `status` of a RoleAssignment. */
export const roleAssignmentStatus = z
  .object({
    ...statusFields,
    principalId: text(36, "Object id of the principal to whom the role is granted.").optional(),
    roleDefinitionId: text(MAX_ARM_ID_LENGTH, "Id of the role definition.").optional(),
    roleName: text(256, "Name of the role.").optional(),
    scope: text(2048, "Id of the scope; of Cosmos DB with the path below the account.").optional(),
  })
  .describe("What the operator last saw. Only the operator writes it.");

/** `spec` of a RoleAssignment. */
export type RoleAssignmentSpec = z.infer<typeof roleAssignmentSpec>;

/** `status` of a RoleAssignment. */
export type RoleAssignmentStatus = z.infer<typeof roleAssignmentStatus>;
