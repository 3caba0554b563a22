import { armIdParts } from "../api/arm-id.ts";
import { type JsonObject, objectAt, stringAt } from "../api/json.ts";
import type { Refusal } from "./refusal.ts";
import { type Pass, requestOf } from "./pass.ts";

/**
 * Why a host may not be changed because of the resource group that it is in: one that belongs to an AKS cluster. Azure does not
 * support changes there, and the next scaling undoes them (DESIGN 1).
 */
export async function managedGroup(pass: Pass, body: JsonObject): Promise<Refusal | undefined> {
  const { subscriptionId, resourceGroup } = armIdParts(pass.target);
  const group = await pass.world.azure.groupLocation(subscriptionId, resourceGroup, requestOf(pass, "2021-04-01"));
  const owner = group.is === "found" ? stringAt(group.body, "managedBy") : undefined;
  const isManaged = owner === undefined ? looksManaged(resourceGroup, body) : isCluster(owner);
  if (!isManaged) return undefined;
  const message = `resource group ${resourceGroup} belongs to an AKS cluster, which manages what is in it: give the identity to the cluster, or to its pods by a federated credential`;
  return { reason: "ManagedResourceGroup", message };
}

/** For who may not read the group: AKS begins its groups with MC_ unless told otherwise, and tags what it makes. */
function looksManaged(resourceGroup: string, body: JsonObject): boolean {
  const owner = stringAt(body, "managedBy");
  if (owner !== undefined && isCluster(owner)) return true;
  const tags = Object.keys(objectAt(body, "tags") ?? {});
  return /^MC_/i.test(resourceGroup) && tags.some((tag) => tag.toLowerCase().startsWith("aks-managed-"));
}

function isCluster(id: string): boolean {
  return /\/providers\/Microsoft\.ContainerService\/managedClusters\/[^/]+$/i.test(id);
}
