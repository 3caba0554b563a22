import { appServicePlan } from "./app-service-plan.ts";
import { containerGroup } from "./container-group.ts";
import { federatedIdentityCredential } from "./federated-identity-credential.ts";
import { identityAssignment } from "./identity-assignment.ts";
import type { Kind } from "./kind.ts";
import { roleAssignment } from "./role-assignment.ts";
import { userAssignedIdentity } from "./user-assigned-identity.ts";
import { webApp } from "./web-app.ts";

/** Every kind, in the order in which the reference lists them. */
export const KINDS: readonly Kind[] = [
  userAssignedIdentity,
  federatedIdentityCredential,
  identityAssignment,
  roleAssignment,
  appServicePlan,
  webApp,
  containerGroup,
];
