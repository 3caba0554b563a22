import type { JsonObject } from "../../../src/api/json.ts";
import { AZURE_RESOURCES, type Permission } from "../../../src/api/permission.ts";
import { Access, questionOf } from "../access.ts";
import { applySamples, deleteSamples, prepareSamples, SAMPLE_OPTIONS } from "../samples.ts";
import { at, below, makeIdentity, uai } from "../places.ts";
import type { Stage } from "../stage.ts";
import type { Scenario } from "./scenario.ts";

const IDENTITY = "UserAssignedIdentity";
const ASSIGNMENT = "IdentityAssignment";
const GRANT = "RoleAssignment";
const SUBSCRIPTION = "aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e";
const ELSEWHERE = "bbbb1b1b-cc2c-dd3d-ee4e-ffffff5f5f5f";
const STRANGER = "cccccccc-dddd-4eee-8333-000000000001";

/** Has no place in the subscription; it comes first. */
const SQUATTER = "squatter";
const RIGHTFUL = "rightful";

const listed = (id: string, namespaces?: readonly string[]) => ({ roles: [], federation: [], subscriptions: [{ id, resourceGroups: undefined, namespaces }] });

const twoNamespaces: NonNullable<Scenario["options"]> = {
  azure: { subscriptionIds: [SUBSCRIPTION] },
  policy: { sharedNamespaces: new Map([SQUATTER, RIGHTFUL].map((namespace) => [namespace, { accountNamespace: undefined }])), rules: listed(SUBSCRIPTION, [RIGHTFUL]) },
};

/** A web app of somebody else. */
function site(stage: Stage): string {
  const { portal } = stage.bench.azure;
  const [plan, id] = [below(stage, "Microsoft.Web/serverfarms/theirs"), below(stage, "Microsoft.Web/sites/azid-placed")];
  portal.put(plan, { location: "westeurope", sku: { name: "B1" } });
  portal.put(id, { location: "westeurope", properties: { serverFarmId: plan } });
  return id;
}

interface Squatting {
  readonly name: string;
  readonly kind: string;
  readonly squat: (stage: Stage) => JsonObject;
  readonly mine: (stage: Stage) => JsonObject;
}

const SQUATTINGS: readonly Squatting[] = [
  { name: "an identity", kind: IDENTITY, squat: at, mine: at },
  {
    name: "a host, exclusively",
    kind: ASSIGNMENT,
    squat: (stage) => ({ target: { armId: site(stage) }, ownership: "Exclusive", userAssigned: [] }),
    mine: (stage) => ({ target: { armId: site(stage) }, userAssigned: [{ armId: uai(stage, "app") }] }),
  },
  {
    name: "what is attached to a host and switched on there",
    kind: ASSIGNMENT,
    squat: (stage) => ({ target: { armId: site(stage) }, systemAssigned: true, userAssigned: [{ armId: uai(stage, "app") }] }),
    mine: (stage) => ({ target: { armId: site(stage) }, systemAssigned: true, systemAssignedRemoval: "Destroy", userAssigned: [{ armId: uai(stage, "app") }] }),
  },
];

const squatters: readonly Scenario[] = SQUATTINGS.flatMap(({ name, kind, squat, mine }) =>
  [false, true].map((isPaused): Scenario => ({
    name: `who may not be there declares ${name}${isPaused ? ", paused" : ""}; who may, does so beside`,
    of: ["squatters"],
    options: twoNamespaces,
    act: async (stage) => {
      makeIdentity(stage, "app");
      stage.cluster.apply(kind, "wanted", squat(stage), SQUATTER);
      if (isPaused) stage.cluster.annotate(kind, "wanted", { "azureidentity.dev/paused": "true" }, SQUATTER);
      await stage.settle();
      await stage.apply(kind, "wanted", mine(stage), RIGHTFUL);
      await stage.remove(kind, "wanted", RIGHTFUL);
      await stage.remove(kind, "wanted", SQUATTER);
    },
  })),
);

const placements: readonly Scenario[] = [
  {
    name: "nothing has a place, until the administrator lists the subscription, and lists it no more",
    of: ["placement"],
    options: { azure: { subscriptionIds: [SUBSCRIPTION] }, policy: { rules: listed(ELSEWHERE) } },
    act: async (stage) => {
      makeIdentity(stage, "theirs");
      await stage.apply(IDENTITY, "app", at(stage));
      await stage.apply(IDENTITY, "seen", { ...at(stage), azureName: "theirs", managementPolicy: "ObserveOnly" });
      await stage.apply(ASSIGNMENT, "web", { target: { armId: site(stage) }, userAssigned: [{ identityRef: { name: "app" } }] });
      stage.policy({ rules: listed(SUBSCRIPTION) });
      await stage.restart();
      stage.policy({ rules: listed(ELSEWHERE) });
      await stage.restart();
      for (const [kind, name] of [[ASSIGNMENT, "web"], [IDENTITY, "app"], [IDENTITY, "seen"]] as const) await stage.remove(kind, name);
    },
  },
  {
    name: "an identity of others stands in the way of an attachment, and goes",
    of: ["foreign-names"],
    act: async (stage) => {
      const { azure, group, subscription, principal } = stage.bench;
      azure.portal.createResourceGroup(azure.subscriptionIds[0] ?? "", "theirs", "westeurope");
      const foreign = `${subscription}/resourceGroups/theirs/providers/Microsoft.ManagedIdentity/userAssignedIdentities/secret-project`;
      azure.portal.put(foreign, { location: "westeurope" });
      makeIdentity(stage, "app");
      const host = site(stage);
      azure.portal.patch(host, { identity: { type: "UserAssigned", userAssignedIdentities: { [foreign]: {} } } });
      azure.setPermissions([{ principalId: principal.principalId, actions: ["*"], scope: group }]);
      await stage.apply(ASSIGNMENT, "shop", { target: { armId: host }, userAssigned: [{ armId: uai(stage, "app") }] });
      azure.portal.patch(host, { identity: { type: "None" } });
      await stage.look();
      await stage.remove(ASSIGNMENT, "shop");
    },
  },
  {
    name: "a grant at a vault that listens to no roles, and then does",
    of: ["grant-advice"],
    act: async (stage) => {
      const vault = below(stage, "Microsoft.KeyVault/vaults/azid-vault");
      stage.bench.azure.portal.put(vault, { location: "westeurope", properties: { tenantId: STRANGER, sku: { family: "A", name: "standard" }, enableRbacAuthorization: false } });
      await stage.apply(GRANT, "vault", { principal: { id: STRANGER }, scope: { armId: vault }, roleDefinitionName: "Reader" });
      stage.bench.azure.portal.patch(vault, { properties: { enableRbacAuthorization: true } });
      await stage.look();
      await stage.remove(GRANT, "vault");
    },
  },
];

/** What namespaces may name by ARM id, as the API server says; each scenario begins with nothing. */
const access = new Access();

const permissions: readonly Scenario[] = [
  {
    name: "permissions come one by one, are taken back while others detach, and given back",
    of: ["permissions"],
    options: { access },
    act: async (stage) => {
      access.granted.clear();
      const host = site(stage);
      const on = (verb: Permission["verb"], id: string): string => questionOf("default", { verb, resource: AZURE_RESOURCES, name: id.toLowerCase() });
      const grant = async (verb: Permission["verb"], id: string): Promise<void> => {
        access.granted.add(on(verb, id));
        await stage.recheckPermissions();
      };
      for (const name of ["payroll", "reports"]) makeIdentity(stage, name);
      await stage.apply(ASSIGNMENT, "web", { target: { armId: host }, userAssigned: [{ armId: uai(stage, "payroll") }, { armId: uai(stage, "reports") }] });
      await grant("attach", host);
      for (const name of ["reports", "payroll"]) await grant("use", uai(stage, name));
      access.granted.delete(on("use", uai(stage, "payroll")));
      await stage.recheckPermissions();
      stage.bench.azure.portal.patch(host, { identity: { type: "None" } });
      await stage.look();
      await grant("use", uai(stage, "payroll"));
      access.granted.clear();
      await stage.recheckPermissions();
      await stage.remove(ASSIGNMENT, "web");
    },
  },
];

const samples: Scenario = {
  name: "all samples are declared together, and deleted together",
  of: ["samples"],
  options: SAMPLE_OPTIONS,
  act: async (stage) => {
    prepareSamples(stage);
    await applySamples(stage);
    await deleteSamples(stage);
  },
};

/** What depends on who may be where: places, permissions, and what others have there; and the samples, that each have their place. */
export const OF_PLACES: readonly Scenario[] = [...squatters, ...placements, ...permissions, samples];
