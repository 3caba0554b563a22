import type { JsonObject } from "../../../src/api/json.ts";
import type { Fleet } from "./fleet.ts";
import { GROUP, SUBSCRIPTION } from "./fleet-azure.ts";

/** How many objects of each kind there are. */
export interface Mix {
  readonly identities: number;
  /** Two below each of the first identities. */
  readonly credentials: number;
  /** Five on each host, half of the hosts storage accounts and half web apps. */
  readonly assignments: number;
  /** Of the role Reader at the resource group, one for each of the first identities. */
  readonly grants: number;
}

/** The mix of a scenario, of so many objects: 40 % identities, 20 % federated credentials, 25 % assignments, 15 % grants. */
export function mixOf(objects: number): Mix {
  return { identities: 0.4 * objects, credentials: 0.2 * objects, assignments: 0.25 * objects, grants: 0.15 * objects };
}

/** How a mix is told. */
export function mixText({ identities, credentials, assignments, grants }: Mix): string {
  return `${identities} identities, ${credentials} federated credentials below ${credentials / 2}, ${assignments} assignments on ${assignments / 5} hosts, ${grants} grants`;
}

const place = { subscriptionId: SUBSCRIPTION, resourceGroup: "msdocs-identity-example" };

/** Declares a mix; hosts are there already, as somebody else's. */
export function declare(fleet: Fleet, { identities, credentials, assignments, grants }: Mix): void {
  for (const index of upTo(identities)) fleet.apply("UserAssignedIdentity", identityOf(index), { ...place, location: "westeurope", tags: { team: "web" } });
  for (const index of upTo(credentials)) fleet.apply("FederatedIdentityCredential", `credential-${index}`, { identityRef: { name: identityOf(Math.floor(index / 2)) }, serviceAccountRef: { name: `app-${index}` } });
  for (const index of upTo(assignments / 5)) putHost(fleet, index);
  for (const index of upTo(assignments)) assign(fleet, index, hostOf(Math.floor(index / 5)));
  for (const index of upTo(grants)) fleet.apply("RoleAssignment", `grant-${index}`, grantOf(index));
}

/** Attaches the identity of an index to a host, by an object of its own. */
export function assign(fleet: Fleet, index: number, host: string): void {
  fleet.apply("IdentityAssignment", `assignment-${index}`, { target: { armId: host }, userAssigned: [{ identityRef: { name: identityOf(index) } }] });
}

/** The name of an identity, in Kubernetes and in Azure. */
export function identityOf(index: number): string {
  return `identity-${String(index).padStart(6, "0")}`;
}

/** The id of an identity. */
export function identityId(index: number): string {
  return `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${identityOf(index)}`;
}

/** The id of a host. */
export function hostOf(index: number): string {
  return index % 2 === 0 ? `${GROUP}/providers/Microsoft.Storage/storageAccounts/store${index}` : `${GROUP}/providers/Microsoft.Web/sites/site-${index}`;
}

/** Makes a host as somebody else would. */
export function putHost({ azure: { simulator } }: Fleet, index: number): void {
  if (index === 1) simulator.portal.put(`${GROUP}/providers/Microsoft.Web/serverfarms/plan`, { location: "westeurope", sku: { name: "B1" } });
  const body: JsonObject =
    index % 2 === 0
      ? { location: "westeurope", sku: { name: "Standard_LRS" }, kind: "StorageV2" }
      : { location: "westeurope", properties: { serverFarmId: `${GROUP}/providers/Microsoft.Web/serverfarms/plan` } };
  simulator.portal.put(hostOf(index), body);
}

function grantOf(index: number): JsonObject {
  return { principal: { identityRef: { name: identityOf(index) } }, scope: { armId: GROUP }, roleDefinitionName: "Reader" };
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
