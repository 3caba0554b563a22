import type { JsonObject } from "../../src/api/json.ts";
import { objectAt, stringAt } from "../../src/api/json.ts";
import type { Stage } from "./stage.ts";

type Place = Pick<Stage, "bench">;

/** The subscription and the resource group of a stage, as a spec names them. */
export function at({ bench }: Place): JsonObject {
  return { subscriptionId: bench.azure.subscriptionIds[0] ?? "", resourceGroup: "rg" };
}

/** The id of a resource in the group of a stage. */
export function below({ bench }: Place, path: string): string {
  return `${bench.group}/providers/${path}`;
}

/** The id of an identity. */
export function uai(stage: Place, name: string): string {
  return below(stage, `Microsoft.ManagedIdentity/userAssignedIdentities/${name}`);
}

/** A resource as Azure shows it; undefined when there is none. */
export function get({ bench }: Place, id: string): JsonObject | undefined {
  return bench.azure.portal.get(id);
}

/** Makes an identity as somebody else would. */
export function makeIdentity(stage: Place, name: string): void {
  stage.bench.azure.portal.put(uai(stage, name), { location: "westeurope" });
}

/** The principal of an identity in Azure. */
export function principalOfIdentity(stage: Place, name: string): string {
  return stringAt(objectAt(get(stage, uai(stage, name)), "properties"), "principalId") ?? "";
}

/** The id of a federated credential below an identity. */
export function fic(stage: Place, identity: string, name: string): string {
  return `${uai(stage, identity)}/federatedIdentityCredentials/${name}`;
}
