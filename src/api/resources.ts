import type { z } from "zod";
import { appServicePlanSpec, appServicePlanStatus, PLAN_NAME_PATTERN } from "./app-service-plan.ts";
import { CONTAINER_GROUP_NAME_PATTERN, containerGroupSpec, containerGroupStatus } from "./container-group.ts";
import { printerColumns, type PrinterColumn } from "./crd-columns.ts";
import { immutable, quoted, type ValidationRule } from "./crd-rules.ts";
import {
  FEDERATED_IDENTITY_CREDENTIAL_NAME_PATTERN,
  federatedIdentityCredentialSpec,
  federatedIdentityCredentialStatus,
} from "./federated-identity-credential.ts";
import { GROUP, VERSION } from "./group.ts";
import { identityAssignmentSpec, identityAssignmentStatus } from "./identity-assignment.ts";
import type { ResourceType } from "./object.ts";
import { roleAssignmentSpec, roleAssignmentStatus } from "./role-assignment.ts";
import { IDENTITY_NAME_PATTERN, userAssignedIdentitySpec, userAssignedIdentityStatus } from "./user-assigned-identity.ts";
import { SITE_NAME_PATTERN, webAppSpec, webAppStatus } from "./web-app.ts";

/** A kind of this project as the Kubernetes API serves it. */
export interface ApiResource extends ResourceType {
  readonly singular: string;
  readonly shortNames: readonly string[];
  /** One or two sentences that `kubectl explain` shows for the kind. */
  readonly description: string;
  readonly spec: z.ZodObject;
  readonly status: z.ZodObject;
  /** CEL rules over the whole object: what needs its name, or its state before the change. */
  readonly rules: readonly ValidationRule[];
  /** What `kubectl get` shows. */
  readonly columns: readonly PrinterColumn[];
  /** JSON paths that field selectors accept. */
  readonly selectableFields: readonly string[];
}

const resourceIdColumn = { name: "Resource-ID", jsonPath: ".status.resourceId", description: "ARM id." };

const hostPrincipalColumn = {
  name: "Principal-ID",
  jsonPath: ".status.identity.principalId",
  description: "Principal of the host's system-assigned identity.",
};

const served = { group: GROUP, version: VERSION, namespaced: true } as const;

const immutableAzureName = immutable("azureName", { absent: (self) => `${self}.metadata.name` });
const immutableLocation = immutable("location", { normalised: ".lowerAscii().replace(' ', '')" });

/** Which resource it is: what no declared resource of a resource group can change. */
const immutablePlace = [immutable("subscriptionId"), immutable("resourceGroup"), immutableAzureName];

/** The object's own name is the Azure name by default; where Azure does not take it, azureName is needed. */
function azureNameNeeded(pattern: string, what: string): ValidationRule {
  return {
    rule: `has(self.spec.azureName) || self.metadata.name.matches(${quoted(pattern)})`,
    message: `metadata.name is no name that Azure accepts (${what}): set spec.azureName`,
    reason: "FieldValueRequired",
    fieldPath: ".spec.azureName",
  };
}

/** UserAssignedIdentity: a user-assigned managed identity in Azure. */
export const USER_ASSIGNED_IDENTITY = {
  ...served,
  plural: "userassignedidentities",
  singular: "userassignedidentity",
  kind: "UserAssignedIdentity",
  shortNames: ["uai"],
  description: "UserAssignedIdentity declares a user-assigned managed identity in Azure.",
  spec: userAssignedIdentitySpec,
  status: userAssignedIdentityStatus,
  rules: [azureNameNeeded(IDENTITY_NAME_PATTERN, "3 to 128 letters, digits, - or _"), ...immutablePlace, immutableLocation],
  columns: printerColumns({ name: "Client-ID", jsonPath: ".status.clientId", description: "What a workload logs in with." }, [
    { name: "Principal-ID", jsonPath: ".status.principalId", description: "What roles are granted to." },
    resourceIdColumn,
  ]),
  selectableFields: [".spec.azureName", ".status.clientId", ".status.principalId"],
} as const satisfies ApiResource;

/** FederatedIdentityCredential: who may become a user-assigned identity. */
export const FEDERATED_IDENTITY_CREDENTIAL = {
  ...served,
  plural: "federatedidentitycredentials",
  singular: "federatedidentitycredential",
  kind: "FederatedIdentityCredential",
  shortNames: ["fic"],
  description: "FederatedIdentityCredential declares who may become a user-assigned identity: an issuer and subject, or a ServiceAccount.",
  spec: federatedIdentityCredentialSpec,
  status: federatedIdentityCredentialStatus,
  rules: [
    azureNameNeeded(FEDERATED_IDENTITY_CREDENTIAL_NAME_PATTERN, "3 to 120 letters, digits, - or _"),
    immutableAzureName,
    immutable("identityRef", { member: ".name" }),
    immutable("identityArmId"),
  ],
  columns: printerColumns({ name: "Subject", jsonPath: ".status.subject", description: "Who may become the identity." }, [
    { name: "Issuer", jsonPath: ".status.issuer", description: "Who says who it is." },
    resourceIdColumn,
  ]),
  selectableFields: [".spec.identityRef.name", ".spec.serviceAccountRef.name", ".status.subject"],
} as const satisfies ApiResource;

/** IdentityAssignment: identities attached to a host in Azure. */
export const IDENTITY_ASSIGNMENT = {
  ...served,
  plural: "identityassignments",
  singular: "identityassignment",
  kind: "IdentityAssignment",
  shortNames: ["ida"],
  description:
    "IdentityAssignment declares which managed identities an Azure host has, also a host that this operator does not own.",
  spec: identityAssignmentSpec,
  status: identityAssignmentStatus,
  rules: [],
  columns: printerColumns({ name: "Host", jsonPath: ".status.host", description: "Type and name of the host." }, [
    resourceIdColumn,
    hostPrincipalColumn,
  ]),
  selectableFields: [".spec.target.armId", ".spec.target.webAppRef.name", ".spec.target.containerGroupRef.name"],
} as const satisfies ApiResource;

/** RoleAssignment: a role granted to an identity at a scope. */
export const ROLE_ASSIGNMENT = {
  ...served,
  plural: "roleassignments",
  singular: "roleassignment",
  kind: "RoleAssignment",
  shortNames: ["azra"],
  description: "RoleAssignment declares what an identity may do at a scope in Azure, also with the data of a Cosmos DB account.",
  spec: roleAssignmentSpec,
  status: roleAssignmentStatus,
  rules: [],
  columns: printerColumns({ name: "Role", jsonPath: ".status.roleName", description: "Name of the role." }, [
    { name: "Scope", jsonPath: ".status.scope", description: "Where the role is granted." },
    { name: "Principal-ID", jsonPath: ".status.principalId", description: "To whom the role is granted." },
  ]),
  selectableFields: [".spec.roleDefinitionName", ".status.principalId", ".status.scope"],
} as const satisfies ApiResource;

/** AppServicePlan: what runs web and function apps. */
export const APP_SERVICE_PLAN = {
  ...served,
  plural: "appserviceplans",
  singular: "appserviceplan",
  kind: "AppServicePlan",
  shortNames: ["asp"],
  description: "AppServicePlan declares an App Service plan, which runs web and function apps.",
  spec: appServicePlanSpec,
  status: appServicePlanStatus,
  rules: [azureNameNeeded(PLAN_NAME_PATTERN, "1 to 60 letters, digits or -"), ...immutablePlace, immutableLocation, immutable("osType")],
  columns: printerColumns({ name: "SKU", jsonPath: ".status.sku", description: "Pricing tier." }, [resourceIdColumn]),
  selectableFields: [".spec.azureName"],
} as const satisfies ApiResource;

/** WebApp: a web or function app, or a slot of one, with its identity. */
export const WEB_APP = {
  ...served,
  plural: "webapps",
  singular: "webapp",
  kind: "WebApp",
  shortNames: ["webapp"],
  description: "WebApp declares a web app, a function app, or a deployment slot of one, with its managed identities.",
  spec: webAppSpec,
  status: webAppStatus,
  rules: [
    azureNameNeeded(SITE_NAME_PATTERN, "2 to 60 letters, digits or -"),
    ...immutablePlace,
    immutableLocation,
    immutable("slotOf", { member: ".webAppRef.name" }),
    immutable("appKind"),
  ],
  columns: printerColumns({ name: "Host-Name", jsonPath: ".status.defaultHostName", description: "Where the app is reached." }, [
    hostPrincipalColumn,
    resourceIdColumn,
  ]),
  selectableFields: [".spec.azureName", ".spec.plan.planRef.name", ".spec.slotOf.webAppRef.name", ".status.defaultHostName"],
} as const satisfies ApiResource;

/** ContainerGroup: an Azure Container Instances group, with its identity. */
export const CONTAINER_GROUP = {
  ...served,
  plural: "containergroups",
  singular: "containergroup",
  kind: "ContainerGroup",
  shortNames: ["aci"],
  description: "ContainerGroup declares a group of Azure Container Instances, with its managed identities.",
  spec: containerGroupSpec,
  status: containerGroupStatus,
  rules: [azureNameNeeded(CONTAINER_GROUP_NAME_PATTERN, "1 to 63 lower-case letters, digits or -"), ...immutablePlace, immutableLocation],
  columns: printerColumns({ name: "IP", jsonPath: ".status.ipAddress", description: "Address of the group." }, [
    { name: "FQDN", jsonPath: ".status.fqdn", description: "Public host name of the group." },
    hostPrincipalColumn,
    resourceIdColumn,
  ]),
  selectableFields: [".spec.azureName", ".status.fqdn"],
} as const satisfies ApiResource;

/** Every kind of this project, in the order in which the reference lists them. */
export const RESOURCES: readonly ApiResource[] = [
  USER_ASSIGNED_IDENTITY,
  FEDERATED_IDENTITY_CREDENTIAL,
  IDENTITY_ASSIGNMENT,
  ROLE_ASSIGNMENT,
  CONTAINER_GROUP,
  APP_SERVICE_PLAN,
  WEB_APP,
];
