import type { JsonObject } from "../../../src/api/json.ts";
import { givenHost, hostOf, sampleOf } from "../../catalogue/hosts.ts";
import { at, below, makeIdentity, uai } from "../places.ts";
import { GITHUB, type Stage } from "../stage.ts";
import type { Scenario } from "./scenario.ts";

const ASSIGNMENT = "IdentityAssignment";
const STRANGER = "cccccccc-dddd-4eee-8333-000000000001";
const ids = (stage: Stage, ...names: readonly string[]) => names.map((name) => ({ armId: uai(stage, name) }));

/** Hosts of these types are attached to, narrowed, and left. */
const HOST_TYPES = [
  "Microsoft.Web/sites",
  "Microsoft.ContainerInstance/containerGroups",
  "Microsoft.Compute/virtualMachines",
  "Microsoft.App/containerApps",
  "Microsoft.App/jobs",
  "Microsoft.AppPlatform/Spring/apps",
  "Microsoft.DocumentDB/databaseAccounts",
  "Microsoft.ContainerRegistry/registries",
  "Microsoft.AppConfiguration/configurationStores",
  "Microsoft.EventHub/namespaces",
  "Microsoft.ApiManagement/service",
] as const;

/** The name of the scenario of a host type. */
export function onHost(type: (typeof HOST_TYPES)[number]): string {
  return `identities come and go on ${type}`;
}

const onHosts: readonly Scenario[] = HOST_TYPES.map((type) => ({
  name: onHost(type),
  of: ["switches"],
  // Half an hour of polls shows no more than a minute of them.
  options: { azure: { durations: { "Microsoft.ApiManagement/service": 60 } } },
  act: async (stage) => {
    for (const name of ["one", "two"]) makeIdentity(stage, name);
    givenHost(stage, sampleOf(type));
    const target = { armId: hostOf(stage, sampleOf(type)) };
    await stage.apply(ASSIGNMENT, "host", { target, userAssigned: ids(stage, "one", "two"), allowDisruption: "Restart" });
    await stage.apply(ASSIGNMENT, "host", { target, userAssigned: ids(stage, "two"), allowDisruption: "Restart" });
    await stage.look();
    await stage.remove(ASSIGNMENT, "host");
  },
}));

function theirSite(stage: Stage, plan: string): void {
  stage.bench.azure.portal.put(below(stage, "Microsoft.Web/sites/azid-theirs"), { location: "westeurope", properties: { serverFarmId: plan } });
}

const onWeb: readonly Scenario[] = [
  {
    name: "a plan on which somebody else's app runs is deleted, and that app after it",
    of: ["switches"],
    act: async (stage) => {
      await stage.apply("AppServicePlan", "plan", { ...at(stage), sku: { name: "S1" } });
      theirSite(stage, below(stage, "Microsoft.Web/serverfarms/plan"));
      await stage.remove("AppServicePlan", "plan");
      stage.bench.azure.portal.delete(below(stage, "Microsoft.Web/sites/azid-theirs"));
      await stage.look();
    },
  },
  {
    name: "an app pulls its image by an identity",
    of: ["switches"],
    act: async (stage) => {
      makeIdentity(stage, "one");
      await stage.apply("AppServicePlan", "plan", { ...at(stage), sku: { name: "S1" }, osType: "Linux" });
      const [puller = { armId: "" }] = ids(stage, "one");
      const siteConfig = { linuxFxVersion: "DOCKER|shop.azurecr.io/shop:1", acrUseManagedIdentityCreds: true, acrPullIdentity: puller };
      await stage.apply("WebApp", "app", { ...at(stage), azureName: "azid-sweep-app", plan: { planRef: { name: "plan" } }, identity: { userAssigned: [puller] }, siteConfig });
      await stage.look();
    },
  },
];

/** An assignment to a machine that names one identity which Azure refuses, and one that it takes. */
function culprit(name: string, make: (stage: Stage) => void): Scenario {
  return {
    name,
    of: ["switches"],
    act: async (stage) => {
      makeIdentity(stage, "one");
      make(stage);
      const machine = below(stage, "Microsoft.Compute/virtualMachines/machine");
      stage.bench.azure.portal.put(machine, { location: "westeurope", properties: { hardwareProfile: { vmSize: "Standard_B1s" } } });
      await stage.apply(ASSIGNMENT, "mixed", { target: { armId: machine }, userAssigned: ids(stage, "culprit", "one"), allowDisruption: "Restart" });
      await stage.apply(ASSIGNMENT, "mixed", { target: { armId: machine }, userAssigned: ids(stage, "one"), allowDisruption: "Restart" });
      await stage.remove(ASSIGNMENT, "mixed");
    },
  };
}

const refusals: readonly Scenario[] = [
  {
    name: "an assignment names a host of a type and of a provider that there are not, and then one that there is",
    of: ["switches"],
    act: async (stage) => {
      makeIdentity(stage, "one");
      const machine = below(stage, "Microsoft.Compute/virtualMachines/machine");
      stage.bench.azure.portal.put(machine, { location: "westeurope", properties: { hardwareProfile: { vmSize: "Standard_B1s" } } });
      for (const path of ["Microsoft.Compute/virtualMashines/machine", "Contoso.Compute/machines/machine"]) {
        await stage.apply(ASSIGNMENT, "strange", { target: { armId: below(stage, path), apiVersion: "2024-07-01" }, userAssigned: ids(stage, "one"), allowDisruption: "Restart" });
      }
      await stage.apply(ASSIGNMENT, "strange", { target: { armId: machine }, userAssigned: ids(stage, "one"), allowDisruption: "Restart" });
      await stage.remove(ASSIGNMENT, "strange");
    },
  },
  culprit("one of two identities does not exist", () => undefined),
  culprit("one of two identities is kept from the host", (stage) => void stage.bench.azure.portal.put(uai(stage, "culprit"), { location: "westeurope", properties: { assignmentRestrictions: { providers: ["Microsoft.Web"] } } })),
  {
    name: "the resource group is locked for a while",
    of: ["switches"],
    act: async (stage) => {
      const lock = below(stage, "Microsoft.Authorization/locks/keep");
      stage.bench.azure.portal.put(lock, { properties: { level: "ReadOnly" } });
      await stage.apply("UserAssignedIdentity", "one", at(stage));
      stage.bench.azure.portal.delete(lock);
      await stage.look();
      stage.bench.azure.portal.put(lock, { properties: { level: "CanNotDelete" } });
      await stage.remove("UserAssignedIdentity", "one");
      stage.bench.azure.portal.delete(lock);
      await stage.look();
    },
  },
  {
    name: "sixty identities at the quotas of ARM",
    of: ["switches"],
    options: { azure: { settings: { quotas: "enforced" } } },
    act: async (stage) => {
      const names = Array.from({ length: 60 }, (_, index) => `many-${index}`);
      for (const name of names) stage.cluster.apply("UserAssignedIdentity", name, at(stage));
      await stage.settle();
      await stage.look();
    },
  },
];

const credential = (stage: Stage, more: JsonObject): JsonObject => ({ identityArmId: uai(stage, "one"), issuer: GITHUB, subject: "repo:contoso/shop:ref:refs/heads/main", ...more });

const credentials: readonly Scenario[] = [
  {
    name: "a credential clashes with another one's issuer and subject",
    of: ["switches"],
    act: async (stage) => {
      makeIdentity(stage, "one");
      const theirs = `${uai(stage, "one")}/federatedIdentityCredentials/theirs`;
      stage.bench.azure.portal.put(theirs, { properties: { issuer: GITHUB, subject: "repo:contoso/shop:ref:refs/heads/main", audiences: ["api://else"] } });
      await stage.apply("FederatedIdentityCredential", "ours", credential(stage, {}));
      stage.bench.azure.portal.delete(theirs);
      await stage.look();
    },
  },
  {
    name: "the twenty-first credential of an identity",
    of: ["switches"],
    act: async (stage) => {
      makeIdentity(stage, "one");
      const theirs = (index: number) => `${uai(stage, "one")}/federatedIdentityCredentials/theirs-${index}`;
      for (let index = 1; index <= 20; index += 1) {
        stage.bench.azure.portal.put(theirs(index), { properties: { issuer: GITHUB, subject: `repo:contoso/${index}:ref:refs/heads/main`, audiences: ["api://AzureADTokenExchange"] } });
      }
      await stage.apply("FederatedIdentityCredential", "ours", credential(stage, {}));
      stage.bench.azure.portal.delete(theirs(1));
      await stage.look();
    },
  },
];

const grants: readonly Scenario[] = [
  {
    name: "a grant over the limit of the subscription",
    of: ["switches"],
    options: { azure: { settings: { roleAssignmentLimit: 0 } } },
    act: async (stage) => {
      await stage.apply("RoleAssignment", "grant", { principal: { id: STRANGER }, scope: { armId: stage.bench.group }, roleDefinitionName: "Reader" });
      stage.bench.azure.adjust({ roleAssignmentLimit: 10 });
      await stage.look();
    },
  },
  {
    name: "a data grant to a principal that Cosmos DB does not know yet, beside a stranger's equal one",
    of: ["switches"],
    options: { azure: { settings: { principalReplicationSeconds: 40 } } },
    act: async (stage) => {
      const account = below(stage, "Microsoft.DocumentDB/databaseAccounts/account");
      stage.bench.azure.portal.put(account, { location: "westeurope", properties: { databaseAccountOfferType: "Standard", locations: [{ locationName: "westeurope" }] } });
      await stage.apply("UserAssignedIdentity", "one", at(stage));
      const spec = { principal: { identityRef: { name: "one" } }, scope: { cosmosDB: { accountArmId: account } }, roleDefinitionName: "Cosmos DB Built-in Data Reader" };
      await stage.apply("RoleAssignment", "data", spec);
      await stage.apply("RoleAssignment", "same", spec);
      await stage.remove("RoleAssignment", "data");
      await stage.remove("RoleAssignment", "same");
    },
  },
  {
    name: "an assignment makes its identity the default one of a Cosmos DB account",
    of: ["switches"],
    act: async (stage) => {
      for (const name of ["one", "two"]) makeIdentity(stage, name);
      const account = below(stage, "Microsoft.DocumentDB/databaseAccounts/account");
      stage.bench.azure.portal.put(account, { location: "westeurope", properties: { databaseAccountOfferType: "Standard", locations: [{ locationName: "westeurope" }] } });
      const follow = (name: string) => ({ target: { armId: account }, userAssigned: ids(stage, name), followThrough: { defaultIdentity: { armId: uai(stage, name) } } });
      await stage.apply(ASSIGNMENT, "default", follow("one"));
      await stage.apply(ASSIGNMENT, "default", follow("two"));
      await stage.look();
      await stage.remove(ASSIGNMENT, "default");
    },
  },
];

/** What goes through behaviours of Azure that no recording settles. */
export const OF_SWITCHES: readonly Scenario[] = [...onHosts, ...onWeb, ...refusals, ...credentials, ...grants];
