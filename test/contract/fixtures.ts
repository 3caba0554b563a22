import type { JsonObject } from "../../src/api/json.ts";
import { isJsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import { at, below, fic as ficOf, get, makeIdentity, uai } from "./places.ts";
import { type Stage } from "./stage.ts";

/** One object of a kind, and how to meet what it declares in Azure. `name` tells one object of a test from all others. */
export interface Fixture {
  readonly kind: string;
  /** What must be there first, in Azure and in the cluster, for every object of the suite. */
  prepare?(stage: Stage): Promise<void>;
  /** What must be there first for one object. */
  prepareOne?(stage: Stage, name: string): void;
  spec(stage: Stage, name: string): JsonObject;
  /** The same with a change that Azure takes in place. */
  edited(stage: Stage, name: string): JsonObject;
  /** Requests that this takes; two where PATCH keeps what it does not mention, and only the second form removes it (arm.md 18). */
  readonly editWrites: 1 | 2;
  /** A spec that names what does not exist yet, and what makes it exist; undefined for a kind that refers to nothing. */
  readonly missing?: { spec(stage: Stage, name: string): JsonObject; supply(stage: Stage, name: string): Promise<void> };
  /** What Azure has of it: undefined when it has nothing. */
  inAzure(stage: Stage, name: string): unknown;
  /** Changes it behind the operator's back, in a way that the spec contradicts. */
  drift(stage: Stage, name: string): void;
  /** Makes the same as somebody else would. */
  stranger(stage: Stage, name: string): void;
  /** How somebody else's ends under `adoptionPolicy: Never`. */
  readonly strangerIs: "refused" | "satisfying";
  /** Whether `IfExists` takes somebody else's over; a grant is ours by its name, and never taken over. */
  readonly adopts: boolean;
  /** Whether objects that observe report the drift. */
  readonly observes: { readonly absent: string };
}


async function readyIdentity(stage: Stage, name: string): Promise<void> {
  await stage.apply("UserAssignedIdentity", name, at(stage));
}

const userAssignedIdentity: Fixture = {
  kind: "UserAssignedIdentity",
  spec: (stage) => ({ ...at(stage), tags: { team: "web" } }),
  edited: (stage) => ({ ...at(stage), tags: { team: "reports" } }),
  editWrites: 1,
  inAzure: (stage, name) => get(stage, uai(stage, name)),
  drift: (stage, name) => {
    const tags = objectAt(get(stage, uai(stage, name)), "tags") ?? {};
    stage.bench.azure.portal.patch(uai(stage, name), { tags: { ...tags, team: "nobody" } });
  },
  stranger: (stage, name) => makeIdentity(stage, name),
  strangerIs: "refused",
  adopts: true,
  observes: { absent: "False AzureResourceNotFound" },
};

const fic = (stage: Stage, name: string): string => ficOf(stage, `for-${name}`, name);
const claims = { issuer: "https://issuer.example.com/cluster", audiences: ["api://AzureADTokenExchange"] };

const federatedIdentityCredential: Fixture = {
  kind: "FederatedIdentityCredential",
  prepareOne: (stage, name) => makeIdentity(stage, `for-${name}`),
  spec: (stage, name) => ({ identityArmId: uai(stage, `for-${name}`), serviceAccountRef: { name: "app" } }),
  edited: (stage, name) => ({ identityArmId: uai(stage, `for-${name}`), serviceAccountRef: { name: "other" } }),
  missing: {
    spec: (_stage, name) => ({ identityRef: { name: `for-${name}` }, serviceAccountRef: { name: "app" } }),
    supply: async (stage, name) => {
      stage.bench.azure.portal.delete(uai(stage, `for-${name}`));
      await readyIdentity(stage, `for-${name}`);
    },
  },
  editWrites: 1,
  inAzure: (stage, name) => get(stage, fic(stage, name)),
  drift: (stage, name) => void stage.bench.azure.portal.put(fic(stage, name), { properties: { ...claims, subject: "system:serviceaccount:default:nobody" } }),
  stranger: (stage, name) => void stage.bench.azure.portal.put(fic(stage, name), { properties: { ...claims, subject: "system:serviceaccount:default:stranger" } }),
  strangerIs: "refused",
  adopts: true,
  observes: { absent: "False AzureResourceNotFound" },
};

const plan = (stage: Stage, name: string): string => below(stage, `Microsoft.Web/serverfarms/${name}`);
const makePlan = (stage: Stage, name: string): void => void stage.bench.azure.portal.put(plan(stage, name), { location: "westeurope", sku: { name: "B1" } });
const webApp = (stage: Stage, name: string): string => below(stage, `Microsoft.Web/sites/${name}`);

function makeWebApp(stage: Stage, name: string, planName = "plan"): void {
  makePlan(stage, planName);
  stage.bench.azure.portal.put(webApp(stage, name), { location: "westeurope", properties: { serverFarmId: plan(stage, planName) } });
}

function attachedTo(stage: Stage, name: string): readonly string[] {
  const map = objectAt(objectAt(get(stage, webApp(stage, `host-${name}`)), "identity"), "userAssignedIdentities") ?? {};
  return Object.keys(map).map((key) => key.split("/").at(-1) ?? "");
}

const identityAssignment: Fixture = {
  kind: "IdentityAssignment",
  prepareOne: (stage, name) => {
    makeWebApp(stage, `host-${name}`);
    for (const suffix of ["a", "b"]) makeIdentity(stage, `${name}-${suffix}`);
  },
  spec: (stage, name) => ({ target: { armId: webApp(stage, `host-${name}`) }, userAssigned: [{ armId: uai(stage, `${name}-a`) }] }),
  edited: (stage, name) => ({ target: { armId: webApp(stage, `host-${name}`) }, userAssigned: [{ armId: uai(stage, `${name}-b`) }] }),
  missing: {
    spec: (stage, name) => ({ target: { armId: webApp(stage, `host-${name}`) }, userAssigned: [{ identityRef: { name: `for-${name}` } }] }),
    supply: (stage, name) => readyIdentity(stage, `for-${name}`),
  },
  editWrites: 2,
  inAzure: (stage, name) => (attachedTo(stage, name).length === 0 ? undefined : attachedTo(stage, name)),
  drift: (stage, name) => void stage.bench.azure.portal.put(webApp(stage, `host-${name}`), { ...writable(get(stage, webApp(stage, `host-${name}`))), identity: { type: "None" } }),
  stranger: (stage, name) =>
    void stage.bench.azure.portal.put(webApp(stage, `host-${name}`), {
      ...writable(get(stage, webApp(stage, `host-${name}`))),
      identity: { type: "UserAssigned", userAssignedIdentities: { [uai(stage, `${name}-a`)]: {} } },
    }),
  strangerIs: "satisfying",
  adopts: true,
  observes: { absent: "True Drifted" },
};

function writable(body: JsonObject | undefined): Record<string, never> {
  const { id: _id, name: _name, type: _type, identity: _identity, ...rest } = body ?? {};
  return rest as Record<string, never>;
}

/** Grants of the role at the resource group to the principal of the test. */
function grants(stage: Stage, name: string): readonly JsonObject[] {
  const principalId = principalOf(name);
  const all = stage.bench.azure.portal.list("Microsoft.Authorization/roleAssignments");
  return all.filter((each) => stringAt(objectAt(each, "properties"), "principalId") === principalId);
}

/** A principal of the directory that the name stands for. */
function principalOf(name: string): string {
  const hex = Buffer.from(name).toString("hex").padEnd(12, "0").slice(-12);
  return `cccccccc-dddd-4eee-8333-${hex}`;
}

const roleAssignment: Fixture = {
  kind: "RoleAssignment",
  spec: (stage, name) => ({ ...grantOf(stage, name), description: "reads" }),
  edited: (stage, name) => ({ ...grantOf(stage, name), description: "reads everything" }),
  missing: {
    spec: (stage, name) => ({ ...grantOf(stage, name), principal: { identityRef: { name: `for-${name}` } } }),
    supply: (stage, name) => readyIdentity(stage, `for-${name}`),
  },
  editWrites: 1,
  inAzure: (stage, name) => grants(stage, name)[0],
  drift: (stage, name) => {
    const [grant] = grants(stage, name);
    const { principalId, roleDefinitionId, principalType } = objectAt(grant, "properties") ?? {};
    stage.bench.azure.portal.put(stringAt(grant, "id") ?? "", { properties: { principalId, roleDefinitionId, principalType, description: "nothing" } });
  },
  stranger: (stage, name) => {
    const roleDefinitionId = `${stage.bench.subscription}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`;
    const id = below(stage, `Microsoft.Authorization/roleAssignments/${principalOf(`x${name}`)}`);
    stage.bench.azure.portal.put(id, { properties: { principalId: principalOf(name), principalType: "ServicePrincipal", roleDefinitionId, description: "reads" } });
  },
  strangerIs: "satisfying",
  adopts: false,
  observes: { absent: "False AzureResourceNotFound" },
};

function grantOf(stage: Stage, name: string): JsonObject {
  return { principal: { id: principalOf(name) }, scope: { armId: stage.bench.group }, roleDefinitionName: "reader" };
}

const group = (stage: Stage, name: string): string => below(stage, `Microsoft.ContainerInstance/containerGroups/${name}`);
const containers = (image: string): JsonObject => ({ containers: [{ name: "web", image, resources: { requests: { cpu: 1, memoryInGB: 2 } } }] });

const containerGroup: Fixture = {
  kind: "ContainerGroup",
  prepareOne: (stage, name) => makeIdentity(stage, `${name}-a`),
  spec: (stage, name) => ({ ...at(stage), ...containers("a:1"), allowDisruption: "Restart", identity: { systemAssigned: true, userAssigned: [{ armId: uai(stage, `${name}-a`) }] } }),
  edited: (stage, name) => ({ ...containerGroup.spec(stage, name), ...containers("a:2") }),
  missing: {
    spec: (stage, name) => ({ ...at(stage), ...containers("a:1"), identity: { userAssigned: [{ identityRef: { name: `for-${name}` } }] } }),
    supply: (stage, name) => readyIdentity(stage, `for-${name}`),
  },
  editWrites: 1,
  inAzure: (stage, name) => get(stage, group(stage, name)),
  drift: (stage, name) => {
    const body = get(stage, group(stage, name)) ?? {};
    const properties = objectAt(body, "properties") ?? {};
    const [first] = Array.isArray(properties["containers"]) ? (properties["containers"] as readonly JsonObject[]) : [];
    const changed = { ...first, properties: { ...objectAt(first, "properties"), image: "evil:1" } };
    const identity = objectAt(body, "identity") ?? {};
    const map = Object.fromEntries(Object.keys(objectAt(identity, "userAssignedIdentities") ?? {}).map((key) => [key, {}]));
    const sent = { ...writable(body), identity: { type: identity["type"], userAssignedIdentities: map }, properties: { ...properties, containers: [changed] } };
    stage.bench.azure.portal.put(group(stage, name), sent);
  },
  stranger: (stage, name) =>
    void stage.bench.azure.portal.put(group(stage, name), {
      location: "westeurope",
      properties: { osType: "Linux", restartPolicy: "Always", containers: [{ name: "web", properties: { image: "b:1", resources: { requests: { cpu: 1, memoryInGB: 2 } } } }] },
    }),
  strangerIs: "refused",
  adopts: true,
  observes: { absent: "False AzureResourceNotFound" },
};

const appServicePlan: Fixture = {
  kind: "AppServicePlan",
  spec: (stage) => ({ ...at(stage), sku: { name: "B1", capacity: 1 }, tags: { team: "web" } }),
  edited: (stage) => ({ ...at(stage), sku: { name: "P1v3", capacity: 2 }, tags: { team: "reports" } }),
  editWrites: 1,
  inAzure: (stage, name) => get(stage, plan(stage, name)),
  drift: (stage, name) => void stage.bench.azure.portal.put(plan(stage, name), { ...writable(get(stage, plan(stage, name))), sku: { name: "S1" } }),
  stranger: makePlan,
  strangerIs: "refused",
  adopts: true,
  observes: { absent: "False AzureResourceNotFound" },
};

const setting = (value: string): JsonObject => ({ appSettings: [{ name: "GREETING", value }] });

const webAppOfOurs: Fixture = {
  kind: "WebApp",
  prepareOne: (stage, name) => {
    makePlan(stage, `plan-${name}`);
    makeIdentity(stage, `${name}-a`);
  },
  spec: (stage, name) => ({
    ...at(stage),
    ...setting("Hello"),
    plan: { planArmId: plan(stage, `plan-${name}`) },
    siteConfig: { ftpsState: "Disabled" },
    identity: { systemAssigned: true, userAssigned: [{ armId: uai(stage, `${name}-a`) }] },
  }),
  edited: (stage, name) => ({ ...webAppOfOurs.spec(stage, name), ...setting("Good day") }),
  missing: {
    spec: (stage, name) => ({ ...webAppOfOurs.spec(stage, name), plan: { planRef: { name: `for-${name}` } } }),
    supply: (stage, name) => stage.apply("AppServicePlan", `for-${name}`, at(stage)),
  },
  editWrites: 1,
  inAzure: (stage, name) => get(stage, webApp(stage, name)),
  drift: (stage, name) => void stage.bench.azure.portal.patch(webApp(stage, name), { properties: { siteConfig: { appSettings: [{ name: "GREETING", value: "Go away" }] } } }),
  stranger: (stage, name) => makeWebApp(stage, name, `plan-${name}`),
  strangerIs: "refused",
  adopts: true,
  observes: { absent: "False AzureResourceNotFound" },
};

/** One fixture for each kind. */
export const FIXTURES: readonly Fixture[] = [
  userAssignedIdentity,
  federatedIdentityCredential,
  identityAssignment,
  roleAssignment,
  appServicePlan,
  webAppOfOurs,
  containerGroup,
];

/** Whether an object holds anything in Azure. */
export function holds(stage: Stage, { kind }: Fixture, name: string): boolean {
  return isJsonObject(objectAt(stage.object(kind, name)?.status, "holds"));
}
