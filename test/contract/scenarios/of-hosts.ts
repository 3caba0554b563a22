import type { JsonObject } from "../../../src/api/json.ts";
import { GROUP, groupId, groupSpec } from "../groups.ts";
import { at, below, makeIdentity, uai } from "../places.ts";
import type { Stage } from "../stage.ts";
import type { Scenario } from "./scenario.ts";

const IDENTITY = "UserAssignedIdentity";
const ASSIGNMENT = "IdentityAssignment";
const refs = (...names: readonly string[]) => names.map((name) => ({ identityRef: { name } }));
const ids = (stage: Stage, ...names: readonly string[]) => names.map((name) => ({ armId: uai(stage, name) }));
const larger = { resources: { requests: { cpu: 2, memoryInGB: 4 } } };
const secretVariable = { environmentVariables: [{ name: "TOKEN", secureValueFrom: { secretKeyRef: { name: "secrets", key: "token" } } }] };

/** A web app and a virtual machine of somebody else; returns their ids. */
function hosts(stage: Stage): { readonly site: string; readonly machine: string } {
  const [plan, site, machine] = [below(stage, "Microsoft.Web/serverfarms/theirs"), below(stage, "Microsoft.Web/sites/azid-sweep"), below(stage, "Microsoft.Compute/virtualMachines/machine")];
  const { portal } = stage.bench.azure;
  portal.put(plan, { location: "westeurope", sku: { name: "B1" } });
  portal.put(site, { location: "westeurope", properties: { serverFarmId: plan } });
  portal.put(machine, { location: "westeurope", properties: { hardwareProfile: { vmSize: "Standard_B1s" } } });
  return { site, machine };
}

async function identities(stage: Stage, ...names: readonly string[]): Promise<void> {
  for (const name of names) await stage.apply(IDENTITY, name, at(stage));
}

/** What assignments do on hosts of others. */
const assignments: readonly Scenario[] = [
  {
    name: "an assignment moves to another host and back",
    of: ["kinds"],
    act: async (stage) => {
      const { site, machine } = hosts(stage);
      await identities(stage, "one", "two");
      for (const [armId, names] of [[site, ["one", "two"]], [machine, ["two"]], [site, ["one"]]] as const) {
        await stage.apply(ASSIGNMENT, "moving", { target: { armId }, userAssigned: refs(...names), allowDisruption: "Restart" });
      }
      await stage.remove(ASSIGNMENT, "moving");
    },
  },
  {
    name: "two assignments share a host; the first one's share is handed over",
    of: ["shared-grants", "web-plan"],
    act: async (stage) => {
      const { site } = hosts(stage);
      await identities(stage, "one", "two");
      await stage.apply(ASSIGNMENT, "first", { target: { armId: site }, userAssigned: refs("one", "two") });
      await stage.apply(ASSIGNMENT, "second", { target: { armId: site }, userAssigned: refs("one") });
      await stage.remove(ASSIGNMENT, "first");
      await stage.remove(ASSIGNMENT, "second");
    },
  },
  {
    name: "a system-assigned identity is switched on, off by others, on again, and destroyed",
    of: ["kinds"],
    act: async (stage) => {
      const { machine } = hosts(stage);
      await stage.apply(ASSIGNMENT, "system", { target: { armId: machine }, systemAssigned: true, systemAssignedRemoval: "Destroy", allowDisruption: "Restart" });
      stage.bench.azure.portal.patch(machine, { identity: { type: "None" } });
      await stage.look();
      await stage.apply(ASSIGNMENT, "system", { target: { armId: machine }, systemAssigned: false, systemAssignedRemoval: "Destroy", allowDisruption: "Restart" });
      await stage.remove(ASSIGNMENT, "system");
    },
  },
  {
    name: "an Exclusive assignment takes the place of what others attached",
    of: ["kinds"],
    act: async (stage) => {
      const { site } = hosts(stage);
      await identities(stage, "one");
      makeIdentity(stage, "foreign");
      stage.bench.azure.portal.patch(site, { identity: { type: "UserAssigned", userAssignedIdentities: { [uai(stage, "foreign")]: {} } } });
      await stage.apply(ASSIGNMENT, "only", { target: { armId: site }, userAssigned: refs("one"), ownership: "Exclusive" });
      await stage.apply(ASSIGNMENT, "only", { target: { armId: site }, userAssigned: [], ownership: "Exclusive" });
      await stage.remove(ASSIGNMENT, "only");
    },
  },
  {
    name: "an identity is made again behind our back, and its dead attachment healed",
    of: ["web-app"],
    act: async (stage) => {
      const { site } = hosts(stage);
      await identities(stage, "one");
      await stage.apply(ASSIGNMENT, "ghost", { target: { armId: site }, userAssigned: refs("one") });
      stage.bench.azure.portal.delete(uai(stage, "one"));
      await stage.look();
      await stage.look();
      await stage.remove(ASSIGNMENT, "ghost");
      await stage.remove(IDENTITY, "one");
    },
  },
  {
    name: "an identity of another namespace is attached by consent, which is withdrawn",
    of: ["consent"],
    options: { policy: { sharedNamespaces: new Map(["default", "owner"].map((namespace) => [namespace, { accountNamespace: undefined }])) } },
    act: async (stage) => {
      const { site } = hosts(stage);
      await stage.apply(IDENTITY, "shared", { ...at(stage), allowedNamespaces: { from: "All" } }, "owner");
      await stage.apply(ASSIGNMENT, "guest", { target: { armId: site }, userAssigned: [{ identityRef: { name: "shared", namespace: "owner" } }] });
      await stage.apply(IDENTITY, "shared", { ...at(stage), allowedNamespaces: { from: "Same" }, onConsentWithdrawn: "Detach" }, "owner");
      await stage.remove(ASSIGNMENT, "guest");
    },
  },
];

/** Azure says of writes that it has done them, and has not. */
const lies: readonly Scenario[] = [
  {
    name: "Azure says that it attached and detached, and has not",
    of: ["lying-answers"],
    act: async (stage) => {
      for (const name of ["one", "two"]) makeIdentity(stage, name);
      const armId = below(stage, "Microsoft.Storage/storageAccounts/azidlies");
      stage.bench.azure.portal.put(armId, { location: "westeurope", sku: { name: "Standard_LRS" }, kind: "StorageV2" });
      const lie = () => stage.bench.azure.intercept(({ method, path }) => method === "PATCH" && path === armId, { do: "ignore" }, { times: 1 });
      const spec = (...names: readonly string[]): JsonObject => ({ target: { armId }, systemAssigned: names.length > 1, systemAssignedRemoval: "Destroy", userAssigned: ids(stage, ...names) });
      for (const names of [["one", "two"], ["two"]]) {
        lie();
        await stage.apply(ASSIGNMENT, "told", spec(...names));
        await stage.look();
      }
      lie();
      await stage.remove(ASSIGNMENT, "told");
    },
  },
];

/** What happens to container groups. */
const groups: readonly Scenario[] = [
  {
    name: "a group is made again by what cannot change in place",
    of: ["group-changes"],
    act: async (stage) => {
      await stage.apply(GROUP, "again", groupSpec(stage));
      await stage.apply(GROUP, "again", groupSpec(stage, larger, { allowDisruption: "Recreate" }));
      await stage.remove(GROUP, "again");
    },
  },
  {
    name: "a group whose deletion takes its time is made again",
    of: ["group-changes"],
    options: { azure: { switches: { containerGroupDeleteStatus: 202 } } },
    act: async (stage) => {
      await stage.apply(GROUP, "slow", groupSpec(stage));
      await stage.apply(GROUP, "slow", groupSpec(stage, larger, { allowDisruption: "Recreate" }));
      await stage.remove(GROUP, "slow");
    },
  },
  {
    name: "a group with hidden values has guests, and its Secret changes",
    of: ["group-guests", "group-secrets"],
    act: async (stage) => {
      for (const name of ["own", "guest"]) makeIdentity(stage, name);
      stage.cluster.documents.set("Secret/secrets", { token: "a secret" });
      const spec: JsonObject = groupSpec(stage, secretVariable, { identity: { userAssigned: ids(stage, "own") }, allowDisruption: "Restart" });
      await stage.apply(GROUP, "secretive", spec);
      await stage.apply(ASSIGNMENT, "guest", { target: { containerGroupRef: { name: "secretive" } }, userAssigned: ids(stage, "guest"), allowDisruption: "Restart" });
      stage.cluster.documents.set("Secret/secrets", { token: "another secret" });
      await stage.look();
      await stage.remove(ASSIGNMENT, "guest");
      await stage.remove(GROUP, "secretive");
    },
  },
  {
    name: "a group is handed over to a second object that declares it",
    of: ["group-changes"],
    act: async (stage) => {
      await stage.apply(GROUP, "first", groupSpec(stage, {}, { azureName: "shared" }));
      await stage.apply(GROUP, "second", groupSpec(stage, {}, { azureName: "shared" }));
      await stage.remove(GROUP, "first");
      await stage.remove(GROUP, "second");
    },
  },
  {
    name: "a group is corrected after its creation failed",
    of: ["group-failures"],
    act: async (stage) => {
      stage.bench.azure.failOperation(({ resourceId }) => resourceId === groupId(stage, "failing").toLowerCase(), { code: "InaccessibleImage", message: "The image is not there." });
      await stage.apply(GROUP, "failing", groupSpec(stage));
      await stage.apply(GROUP, "failing", groupSpec(stage, { image: "web:2" }));
      await stage.remove(GROUP, "failing");
    },
  },
];

/** What happens to plans and web apps. */
const apps: readonly Scenario[] = [
  {
    name: "an app with settings, slot settings and an identity that it uses, changed and deleted with its plan",
    of: ["web-app", "web-convergence", "web-plan"],
    act: async (stage) => {
      await identities(stage, "one", "two");
      await stage.apply("AppServicePlan", "plan", { ...at(stage), sku: { name: "S1" } });
      stage.cluster.documents.set("Secret/shop", { key: "swordfish" });
      const app = (name: string, settings: readonly JsonObject[]): JsonObject => ({
        ...at(stage),
        azureName: "azid-sweep-app",
        plan: { planRef: { name: "plan" } },
        identity: { systemAssigned: true, userAssigned: refs(name) },
        keyVaultReferenceIdentity: { identityRef: { name } },
        appSettings: settings,
      });
      const secret = { name: "KEY", valueFrom: { secretKeyRef: { name: "shop", key: "key" } } };
      await stage.apply("WebApp", "app", app("one", [secret, { name: "STICKY", value: "1", slotSetting: true }]));
      await stage.apply("WebApp", "app", app("two", [{ name: "AZURE_CLIENT_ID", identityClientId: { identityRef: { name: "two" } } }]));
      await stage.apply("AppServicePlan", "plan", { ...at(stage), sku: { name: "P1v3" } });
      stage.cluster.delete("AppServicePlan", "plan");
      await stage.remove("WebApp", "app");
    },
  },
  {
    name: "a slot below its site, and both deleted",
    of: ["web-plan"],
    act: async (stage) => {
      hosts(stage);
      const plan = { planArmId: below(stage, "Microsoft.Web/serverfarms/theirs") };
      await stage.apply("WebApp", "site", { ...at(stage), azureName: "azid-sweep-site", plan });
      await stage.apply("WebApp", "slot", { slotOf: { webAppRef: { name: "site" } }, azureName: "green", identity: { systemAssigned: true }, appSettings: [{ name: "A", value: "b" }], state: "Stopped" });
      stage.cluster.delete("WebApp", "site");
      await stage.remove("WebApp", "slot");
    },
  },
  {
    name: "an assignment to an app of ours, whose setting follows it",
    of: ["web-plan"],
    act: async (stage) => {
      hosts(stage);
      await identities(stage, "one", "two");
      const plan = { planArmId: below(stage, "Microsoft.Web/serverfarms/theirs") };
      await stage.apply("WebApp", "app", { ...at(stage), azureName: "azid-sweep-app", plan, identity: { userAssigned: refs("one") } });
      const follow = { followThrough: { keyVaultReferenceIdentity: { identityRef: { name: "two" } } } };
      await stage.apply(ASSIGNMENT, "guest", { target: { webAppRef: { name: "app" } }, userAssigned: refs("two"), ...follow });
      await stage.remove(ASSIGNMENT, "guest");
      await stage.remove("WebApp", "app");
    },
  },
];

/** What is done with hosts, and with identities on them. */
export const OF_HOSTS: readonly Scenario[] = [...assignments, ...lies, ...groups, ...apps];
