import type { z } from "zod";
import { GROUP, VERSION } from "./group.ts";
import { identityAssignmentSpec, identityAssignmentStatus } from "./identity-assignment.ts";
import type { ResourceType } from "./object.ts";
import { userAssignedIdentitySpec, userAssignedIdentityStatus } from "./user-assigned-identity.ts";

/** A kind of this project as the Kubernetes API serves it. */
export interface ApiResource extends ResourceType {
  readonly singular: string;
  readonly shortNames: readonly string[];
  /** One or two sentences that `kubectl explain` shows for the kind. */
  readonly description: string;
  readonly spec: z.ZodObject;
  readonly status: z.ZodObject;
}

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
} as const satisfies ApiResource;

/** Every kind of this project. */
export const RESOURCES: readonly ApiResource[] = [USER_ASSIGNED_IDENTITY, IDENTITY_ASSIGNMENT];
