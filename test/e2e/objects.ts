import { GROUP, SUBSCRIPTION } from "./stage.ts";

/** ARM id of a resource in the group of the tests. */
export function armId(type: string, name: string): string {
  return `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}/providers/${type}/${name}`;
}

/** ARM id of an identity in the group of the tests. */
export function identityId(name: string): string {
  return armId("Microsoft.ManagedIdentity/userAssignedIdentities", name);
}

/** A UserAssignedIdentity object. */
export function identity(namespace: string, name: string, spec: Readonly<Record<string, unknown>> = {}): object {
  return {
    apiVersion: "azureidentity.dev/v1alpha1",
    kind: "UserAssignedIdentity",
    metadata: { namespace, name },
    spec: { subscriptionId: SUBSCRIPTION, resourceGroup: GROUP, location: "westus2", ...spec },
  };
}

/** An IdentityAssignment object. */
export function assignment(namespace: string, name: string, spec: Readonly<Record<string, unknown>>): object {
  return { apiVersion: "azureidentity.dev/v1alpha1", kind: "IdentityAssignment", metadata: { namespace, name }, spec };
}
