import type { z } from "zod";
import { printerColumns, type PrinterColumn } from "./crd-columns.ts";
import { immutable, quoted, type ValidationRule } from "./crd-rules.ts";
import { GROUP, VERSION } from "./group.ts";
import { identityAssignmentSpec, identityAssignmentStatus } from "./identity-assignment.ts";
import type { ResourceType } from "./object.ts";
import { IDENTITY_NAME_PATTERN, userAssignedIdentitySpec, userAssignedIdentityStatus } from "./user-assigned-identity.ts";

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

/** UserAssignedIdentity: a user-assigned managed identity in Azure. */
export const USER_ASSIGNED_IDENTITY = {
  group: GROUP,
  version: VERSION,
  plural: "userassignedidentities",
  singular: "userassignedidentity",
  kind: "UserAssignedIdentity",
  namespaced: true,
  shortNames: ["uai"],
  description: "UserAssignedIdentity declares a user-assigned managed identity in Azure.",
  spec: userAssignedIdentitySpec,
  status: userAssignedIdentityStatus,
  rules: [
    {
      rule: `has(self.spec.azureName) || self.metadata.name.matches(${quoted(IDENTITY_NAME_PATTERN)})`,
      message: "metadata.name is no name that Azure accepts (3 to 128 letters, digits, - or _): set spec.azureName",
      reason: "FieldValueRequired",
      fieldPath: ".spec.azureName",
    },
    immutable("subscriptionId"),
    immutable("resourceGroup"),
    immutable("azureName", { absent: (self) => `${self}.metadata.name` }),
    immutable("location", { normalised: ".lowerAscii().replace(' ', '')" }),
  ],
  columns: printerColumns({ name: "Client-ID", jsonPath: ".status.clientId", description: "What a workload logs in with." }, [
    { name: "Principal-ID", jsonPath: ".status.principalId", description: "What roles are granted to." },
    resourceIdColumn,
  ]),
  selectableFields: [".spec.azureName", ".status.clientId", ".status.principalId"],
} as const satisfies ApiResource;

/** IdentityAssignment: identities attached to a host in Azure. */
export const IDENTITY_ASSIGNMENT = {
  group: GROUP,
  version: VERSION,
  plural: "identityassignments",
  singular: "identityassignment",
  kind: "IdentityAssignment",
  namespaced: true,
  shortNames: ["ida"],
  description:
    "IdentityAssignment declares which managed identities an Azure host has, also a host that this operator does not own.",
  spec: identityAssignmentSpec,
  status: identityAssignmentStatus,
  rules: [],
  columns: printerColumns({ name: "Host", jsonPath: ".status.host", description: "Type and name of the host." }, [
    resourceIdColumn,
    {
      name: "Principal-ID",
      jsonPath: ".status.identity.principalId",
      description: "Principal of the host's system-assigned identity.",
    },
  ]),
  selectableFields: [".spec.target.armId"],
} as const satisfies ApiResource;

/** Every kind of this project. */
export const RESOURCES: readonly ApiResource[] = [USER_ASSIGNED_IDENTITY, IDENTITY_ASSIGNMENT];
