import type { JsonObject } from "../../src/api/json.ts";
import { armId } from "../e2e/objects.ts";
import { GROUP, SUBSCRIPTION } from "../e2e/stage.ts";
import type { Chance } from "../world/random.ts";
import { COSMOS, ownHost, sharedHost } from "./hosts.ts";
import type { Declared } from "./kube-client.ts";

/** The namespaces of a soak. */
export const NAMESPACES = ["soak-a", "soak-b", "soak-c", "soak-d"] as const;

/** The Secret of each namespace from which settings take a value. */
export const SECRET = { name: "example-settings", key: "api-key" };

const PLACE = { subscriptionId: SUBSCRIPTION, resourceGroup: GROUP };
const SCOPE = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}`;

/** An object of a plot, as chance has it: asked again, the same object with another spec. */
export interface Seedling {
  readonly kind: string;
  readonly name: string;
  spec(chance: Chance): JsonObject;
}

/** What is declared together: some identities, who may become them, where they are attached, and what they may do. */
export interface Plot {
  readonly namespace: string;
  readonly seedlings: readonly Seedling[];
}

/** So many objects, in plots over all namespaces. */
export function plotsOf(objects: number): readonly Plot[] {
  const plots: Plot[] = [];
  for (let left = objects; left > 0; ) {
    const plot = plotOf(plots.length, left);
    plots.push(plot);
    left -= plot.seedlings.length;
  }
  return plots;
}

/** An object of a plot, with a spec that is drawn. */
export function grown({ namespace }: Plot, seedling: Seedling, chance: Chance): Declared {
  return { kind: seedling.kind, namespace, name: seedling.name, spec: seedling.spec(chance) };
}

function plotOf(index: number, atMost: number): Plot {
  const seedlings = [...identities(index), ...attachments(index), ...powers(index), ...hosts(index)];
  return { namespace: NAMESPACES[index % NAMESPACES.length] ?? "", seedlings: seedlings.slice(0, atMost) };
}

const refs = (...names: readonly string[]) => names.map((name) => ({ identityRef: { name } }));

function identities(index: number): readonly Seedling[] {
  const spec = (name: string) => (chance: Chance) => ({
    ...PLACE,
    tags: { team: chance.pick(["web", "reports", "billing"]) },
    ...(index % 3 === 0 ? { export: { configMap: { name } } } : {}),
  });
  return [`main-${index}`, `spare-${index}`].map((name) => ({ kind: "UserAssignedIdentity", name, spec: spec(name) }));
}

function attachments(index: number): readonly Seedling[] {
  const names = [`main-${index}`, `spare-${index}`];
  const own = (chance: Chance): JsonObject => ({
    target: { armId: ownHost(index) },
    userAssigned: refs(...chance.pick([names, names.slice(0, 1), names.slice(1)])),
    systemAssigned: chance.happens(0.5),
    systemAssignedRemoval: "Destroy",
    allowDisruption: "Restart",
  });
  // On some hosts of many, and from one to another.
  const shared = (chance: Chance): JsonObject => ({ target: { armId: sharedHost(chance) }, userAssigned: refs(chance.pick(names)), allowDisruption: "Restart" });
  return [
    { kind: "IdentityAssignment", name: `own-${index}`, spec: own },
    { kind: "IdentityAssignment", name: `shared-${index}`, spec: shared },
  ];
}

function powers(index: number): readonly Seedling[] {
  const credential = (chance: Chance): JsonObject => ({ identityRef: { name: `main-${index}` }, serviceAccountRef: { name: chance.pick(["app", "job"]) } });
  const grant = (chance: Chance): JsonObject => ({
    principal: { identityRef: { name: `main-${index}` } },
    scope: { armId: chance.pick([SCOPE, ownHost(index)]) },
    roleDefinitionName: chance.pick(["Reader", "AcrPull"]),
    description: chance.pick(["reads", "reads everything"]),
  });
  const data = (): JsonObject => ({
    principal: { identityRef: { name: `spare-${index}` } },
    scope: { cosmosDB: { accountArmId: COSMOS } },
    roleDefinitionName: "Cosmos DB Built-in Data Reader",
  });
  return [
    { kind: "FederatedIdentityCredential", name: `trust-${index}`, spec: credential },
    { kind: "RoleAssignment", name: `grant-${index}`, spec: grant },
    ...(index % 4 === 1 ? [{ kind: "RoleAssignment", name: `data-${index}`, spec: data }] : []),
  ];
}

function hosts(index: number): readonly Seedling[] {
  const identity = { systemAssigned: true, userAssigned: refs(`main-${index}`) };
  const plan = (chance: Chance): JsonObject => ({ ...PLACE, sku: { name: chance.pick(["B1", "S1"]), capacity: 1 } });
  const secret = { name: "PASSWORD", valueFrom: { secretKeyRef: { ...SECRET } } };
  const app = (chance: Chance): JsonObject => ({
    ...PLACE,
    azureName: `azid-soak-${index}`,
    plan: { planRef: { name: `plan-${index}` } },
    identity,
    appSettings: [{ name: "COLOUR", value: chance.pick(["red", "blue", "green"]) }, ...(chance.happens(0.7) ? [secret] : [])],
  });
  const group = (chance: Chance): JsonObject => ({
    ...PLACE,
    containers: [{ name: "web", image: chance.pick(["a:1", "a:2"]), resources: { requests: { cpu: 1, memoryInGB: 2 } }, environmentVariables: [{ name: "PASSWORD", secureValueFrom: { secretKeyRef: { ...SECRET } } }] }],
    identity,
    allowDisruption: "Restart",
  });
  if (index % 4 === 2) return [{ kind: "AppServicePlan", name: `plan-${index}`, spec: plan }, { kind: "WebApp", name: `web-${index}`, spec: app }];
  return index % 4 === 3 ? [{ kind: "ContainerGroup", name: `group-${index}`, spec: group }] : [];
}

/** The ARM id of the identity that a plot's object declares. */
export function identityOf(name: string): string {
  return armId("Microsoft.ManagedIdentity/userAssignedIdentities", name);
}
