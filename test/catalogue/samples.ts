import type { JsonObject } from "../azure/azure.ts";
import { hostFacts } from "../azure/host-table.ts";

/** A host of a type as somebody made it in the simulator: where it lies, what its PUT needs, and what has to be there first. */
export interface HostSample {
  readonly type: string;
  /** Below the namespace. */
  readonly path: string;
  readonly body: JsonObject;
  readonly parents?: Readonly<Record<string, JsonObject>>;
}

const machine: JsonObject = { properties: { hardwareProfile: { vmSize: "Standard_B1s" } } };
const GROUP = "/subscriptions/b0000000-0000-4000-8000-000000000001/resourceGroups/rg";
const site: JsonObject = { properties: { serverFarmId: `${GROUP}/providers/Microsoft.Web/serverfarms/plan` } };
const plan = { "serverfarms/plan": { sku: { name: "S1" } } };

/** Samples of the types that the simulator's own table of hosts does not have. */
const others: readonly HostSample[] = [
  { type: "Microsoft.Web/sites", path: "sites/host", body: site, parents: plan },
  { type: "Microsoft.Web/sites/slots", path: "sites/host/slots/staging", body: site, parents: { ...plan, "sites/host": site } },
  { type: "Microsoft.ContainerInstance/containerGroups", path: "containerGroups/host", body: { properties: { osType: "Linux", containers: [{ name: "c", properties: { image: "nginx", resources: { requests: { cpu: 1, memoryInGB: 1 } } } }] } } },
  { type: "Microsoft.Compute/virtualMachines", path: "virtualMachines/host", body: machine },
  { type: "Microsoft.Compute/virtualMachineScaleSets", path: "virtualMachineScaleSets/host", body: { sku: { name: "Standard_B1s", capacity: 1 }, properties: { upgradePolicy: { mode: "Automatic" } } } },
];

/** One host of each type. */
export const SAMPLES: readonly HostSample[] = [...others, ...hostFacts];
