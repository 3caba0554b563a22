import type { JsonObject } from "../azure/azure.ts";
import { armId, identityId } from "../e2e/objects.ts";
import type { Chance } from "../world/random.ts";

/** The identity that others attached to every host, and never take away: the host always has a map to add to. */
export const ANCHOR = identityId("attached-by-policy");

/** An identity that others attach and detach again. */
export const VISITOR = identityId("visitor");

/** The Cosmos DB account of the data grants. */
export const COSMOS = armId("Microsoft.DocumentDB/databaseAccounts", "soak-cosmos");

/** The plan of the sites of others. */
export const PLAN = armId("Microsoft.Web/serverfarms", "others-plan");

const SHARED = 6;
const TYPES = ["Microsoft.Compute/virtualMachines", "Microsoft.Web/sites", "Microsoft.Storage/storageAccounts", "Microsoft.Compute/virtualMachineScaleSets"] as const;

const BODIES: Readonly<Record<(typeof TYPES)[number], JsonObject>> = {
  "Microsoft.Compute/virtualMachines": { properties: { hardwareProfile: { vmSize: "Standard_B1s" } } },
  "Microsoft.Web/sites": { properties: { serverFarmId: PLAN } },
  "Microsoft.Storage/storageAccounts": { sku: { name: "Standard_LRS" }, kind: "StorageV2", properties: {} },
  "Microsoft.Compute/virtualMachineScaleSets": { sku: { name: "Standard_B1s", capacity: 1 }, properties: { upgradePolicy: { mode: "Automatic" } } },
};

/** A host of others, and what its PUT needs. */
export interface ForeignHost {
  readonly id: string;
  readonly body: JsonObject;
}

/** The host that a plot has for itself. */
export function ownHost(index: number): string {
  return hostAt(index, "own").id;
}

/** One of the hosts to which all plots attach. */
export function sharedHost(chance: Chance): string {
  return hostAt(chance.below(SHARED), "all").id;
}

/** Every host of so many plots. */
export function foreignHosts(plots: number): readonly ForeignHost[] {
  return [...Array.from({ length: plots }, (_, index) => hostAt(index, "own")), ...Array.from({ length: SHARED }, (_, index) => hostAt(index, "all"))];
}

function hostAt(index: number, prefix: string): ForeignHost {
  const type = TYPES[index % TYPES.length] ?? TYPES[0];
  // Storage accounts take letters and digits only.
  return { id: armId(type, `soak${prefix}${index}`), body: BODIES[type] };
}
