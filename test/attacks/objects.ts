import { GROUP, SUBSCRIPTION } from "../e2e/stage.ts";

type Fields = Readonly<Record<string, unknown>>;

/** An object of a kind of ours. */
export function objectOf(kind: string, namespace: string, name: string, spec: Fields): { readonly metadata: { readonly name: string; readonly namespace: string } } & Fields {
  return { apiVersion: "azureidentity.dev/v1alpha1", kind, metadata: { namespace, name }, spec };
}

/** Where the objects of the tests lie in Azure. */
export const PLACE = { subscriptionId: SUBSCRIPTION, resourceGroup: GROUP, location: "westus2" };

/** A WebApp on a plan of its namespace. */
export function webApp(namespace: string, name: string, spec: Fields = {}) {
  return objectOf("WebApp", namespace, name, { ...PLACE, plan: { planRef: { name: "plan" } }, ...spec });
}

/** A ContainerGroup with one container. */
export function containerGroup(namespace: string, name: string, spec: Fields = {}) {
  return objectOf("ContainerGroup", namespace, name, { ...PLACE, containers: [{ name: "main", image: "mcr.microsoft.com/azuredocs/aci-helloworld" }], ...spec });
}

/** A FederatedIdentityCredential for a ServiceAccount of its namespace. */
export function federated(namespace: string, name: string, spec: Fields) {
  return objectOf("FederatedIdentityCredential", namespace, name, { serviceAccountRef: { name: "default" }, ...spec });
}

/** A RoleAssignment at the resource group of the tests. */
export function roleAssignment(namespace: string, name: string, spec: Fields) {
  return objectOf("RoleAssignment", namespace, name, { scope: { resourceGroup: GROUP }, subscriptionId: SUBSCRIPTION, roleDefinitionName: "Reader", ...spec });
}
