import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { armId, assignment, identity, identityId } from "../e2e/objects.ts";
import { ACTIONS, GROUP, isReady, messageOf, REGION, reasonOf, SUBSCRIPTION } from "../e2e/stage.ts";
import { federated, objectOf } from "./objects.ts";
import { type AttackStage, BLUE, GREEN, setAttackStage } from "./stage.ts";

const FEDERATION = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";
const WHOLE = `/subscriptions/${SUBSCRIPTION}`;
const SCOPE = `${WHOLE}/resourceGroups/${GROUP}`;
const OTHER_GROUP = "team-blue-only";
const MACHINE = armId("Microsoft.Compute/virtualMachines", "vm");

const POLICY = `
roles:
  - {role: Reader, scope: "${SCOPE}"}
  - {role: Contributor, scope: "${SCOPE}"}
  - {role: Shop operator, scope: "${WHOLE}"}
  - {role: Storage Blob Data Reader, scope: "${SCOPE}", namespaces: [${BLUE}]}
federation:
  - {issuer: cluster, subject: "system:serviceaccount:{namespace}:*"}
hosts:
  - {type: Microsoft.Web/sites}
  - {type: Microsoft.Compute/virtualMachines, namespaces: [${BLUE}]}
subscriptions:
  - {id: ${SUBSCRIPTION}, resourceGroups: [${GROUP}]}
  - {id: ${SUBSCRIPTION}, resourceGroups: [${OTHER_GROUP}], namespaces: [${BLUE}]}
`;

let stage: AttackStage;
let folder: string;

beforeAll(async () => {
  const verbs = (type: string) => ["read", "write", "delete"].map((verb) => `${type}/${verb}`);
  const actions = [...ACTIONS, ...verbs(FEDERATION), ...verbs("Microsoft.Authorization/roleAssignments"), "Microsoft.Authorization/roleDefinitions/read"];
  const permissions = (principalId: string) => [{ principalId, actions, scope: WHOLE }];
  [stage, folder] = await Promise.all([setAttackStage({ permissions, durations: { "Microsoft.Compute/virtualMachines": 0 } }), mkdtemp(join(tmpdir(), "attacks-"))]);
  await writeFile(join(folder, "policy.yaml"), POLICY);
  stage.azure.portal.createResourceGroup(SUBSCRIPTION, OTHER_GROUP, REGION);
  stage.azure.portal.put(MACHINE, { location: REGION, properties: {} });
  await stage.startOperator([`--policy-file=${join(folder, "policy.yaml")}`]);
  for (const namespace of [BLUE, GREEN]) await stage.grant({ name: `manages-${namespace}`, to: [{ user: stage.green.editor.user }, { user: stage.blue.editor.user }, { user: stage.green.owner.user }], verbs: ["use", "attach"], resource: "azureresources" });
  expect(await stage.green.editor.apply(identity(GREEN, "reports"))).toMatchObject({ code: 0 });
  await stage.until("uai", "reports", isReady, GREEN);
});

afterAll(async () => {
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});

const grant = (name: string, spec: object) => objectOf("RoleAssignment", GREEN, name, { scope: { armId: SCOPE }, principal: { identityRef: { name: "reports" } }, roleDefinitionName: "Reader", ...spec });
const granted = () => stage.azure.portal.list("Microsoft.Authorization/roleAssignments");

function customRole(name: string, actions: readonly string[], notActions: readonly string[] = []): void {
  const guid = `dddddddd-0000-4000-8000-${String(name.length).padStart(12, "0")}`;
  stage.azure.portal.put(`${WHOLE}/providers/Microsoft.Authorization/roleDefinitions/${guid}`, { properties: { roleName: name, assignableScopes: [WHOLE], permissions: [{ actions, notActions }] } });
}

describe("who may grant what an administrator lists cannot grant", () => {
  const UNLISTED = /is (?:not|only at other scopes) allowed for namespace "team-green": an administrator can list it in the roles of --policy-file$/;
  const MORE = /by which more could be granted: an administrator can allow it by the GUID of its definition in the roles of --policy-file$/;

  test.each([
    ["owner", { roleDefinitionName: "Owner" }, UNLISTED],
    ["owner-by-guid", { roleDefinitionName: undefined, roleDefinitionId: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635" }, UNLISTED],
    ["above-the-list", { roleDefinitionName: "User Access Administrator" }, UNLISTED],
    ["of-another-team", { roleDefinitionName: "Storage Blob Data Reader" }, UNLISTED],
    ["listed-by-name-but-mighty", { roleDefinitionName: "Contributor" }, MORE],
  ])("a role: %s", async (name, spec, want) => {
    const before = granted();
    expect(await stage.green.owner.apply(JSON.parse(JSON.stringify(grant(name, spec))) as object)).toMatchObject({ code: 0 });
    const refused = await stage.until("azra", name, (object) => reasonOf(object) === "RoleNotAllowed", GREEN);
    expect(messageOf(refused)).toMatch(want);
    expect(granted()).toEqual(before);
  });

  test("a role at a scope above that of its rule, which is not even asked of Azure", async () => {
    expect(await stage.green.owner.apply(grant("above", { scope: { subscriptionId: SUBSCRIPTION } }))).toMatchObject({ code: 0 });
    const refused = await stage.until("azra", "above", (object) => reasonOf(object) === "SubscriptionNotAllowed", GREEN);
    expect(messageOf(refused)).toBe(`${WHOLE}: the whole of subscription ${SUBSCRIPTION} is not allowed for namespace "team-green": an administrator can list it in the subscriptions of --policy-file`);
    expect(stage.arm().filter(({ path }) => path.startsWith(`${WHOLE}/providers/Microsoft.Authorization`))).toEqual([]);
  });

  test("a custom role of a listed name, by whatever action it could grant more", async () => {
    const before = granted();
    const mighty: readonly { readonly name: string; readonly actions: readonly string[]; readonly notActions?: readonly string[] }[] = [
      { name: "assignments", actions: ["Microsoft.Authorization/roleAssignments/write"] },
      { name: "definitions", actions: ["Microsoft.Authorization/roleDefinitions/*"] },
      { name: "federation", actions: ["Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write"] },
      { name: "assign", actions: ["Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action"] },
      { name: "laundered", actions: ["*"], notActions: ["Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/elevateAccess/action"] },
    ];
    for (const { name, actions, notActions } of mighty) {
      customRole("Shop operator", actions, notActions);
      expect(await stage.green.owner.apply(grant(`custom-${name}`, { roleDefinitionName: "Shop operator" }))).toMatchObject({ code: 0 });
      const asked = { metadata: { annotations: { "azureidentity.dev/reconcile-requested-at": name } } };
      await stage.kubectl("patch", "azra", `custom-${name}`, "-n", GREEN, "--type=merge", "-p", JSON.stringify(asked));
      const refused = await stage.until("azra", `custom-${name}`, (object) => reasonOf(object) === "RoleNotAllowed" && object.status?.["lastHandledReconcileAt"] === name, GREEN);
      expect(messageOf(refused)).toMatch(MORE);
    }
    expect(granted()).toEqual(before);
  });

  test("but a listed role at its scope is granted", async () => {
    expect(await stage.green.owner.apply(grant("listed", {}))).toMatchObject({ code: 0 });
    await stage.until("azra", "listed", isReady, GREEN);
  });
});

describe("who may federate an identity of its own cannot let it be become", () => {
  test.each([
    ["by an issuer that is not listed", { serviceAccountRef: undefined, issuer: "https://issuer.evil.test", subject: `system:serviceaccount:${GREEN}:default` }],
    ["by a ServiceAccount of another team", { serviceAccountRef: undefined, issuer: "of the cluster", subject: `system:serviceaccount:${BLUE}:default` }],
  ])("by somebody whom no rule lists: %s", async (what, spec) => {
    const name = what.toLowerCase().replaceAll(" ", "-");
    const credential = JSON.parse(JSON.stringify(federated(GREEN, name, { identityRef: { name: "reports" }, ...spec })).replace("of the cluster", stage.plane.issuer)) as object;
    expect(await stage.green.editor.apply(credential)).toMatchObject({ code: 0 });
    const refused = await stage.until("fic", name, (object) => reasonOf(object) === "SubjectNotAllowed", GREEN);
    expect(messageOf(refused)).toMatch(/an administrator can list it in the federation of --policy-file$/);
    expect(stage.azure.portal.get(`${identityId("reports")}/federatedIdentityCredentials/${name}`)).toBeUndefined();
  });

  test("by any subject, which no schema takes", async () => {
    const credential = objectOf("FederatedIdentityCredential", GREEN, "anybody", { identityRef: { name: "reports" }, issuer: stage.plane.issuer, subject: "*" });
    expect(await stage.green.editor.apply(credential)).toMatchObject({ code: 1, stderr: expect.stringContaining("must not contain *") as string });
  });

  test("but by its own ServiceAccount it can", async () => {
    expect(await stage.green.editor.apply(federated(GREEN, "own", { identityRef: { name: "reports" } }))).toMatchObject({ code: 0 });
    await stage.until("fic", "own", isReady, GREEN);
  });
});

describe("who has a place cannot reach into another team's", () => {
  const there = { resourceGroup: OTHER_GROUP };
  const foreign = (name: string) => identityId(name).replace(GROUP, OTHER_GROUP);
  const asked = () => stage.arm().filter(({ path }) => path.toLowerCase().includes(OTHER_GROUP));

  test("to squat a name, to look at what is there, or to take it over", async () => {
    stage.azure.portal.put(foreign("existing"), { location: REGION });
    const squat = identity(GREEN, "payroll", there);
    const look = identity(GREEN, "look", { ...there, azureName: "existing", managementPolicy: "ObserveOnly" });
    const take = identity(GREEN, "take", { ...there, azureName: "existing", adoptionPolicy: "IfExists" });
    for (const object of [squat, look, take]) expect(await stage.green.editor.apply(object)).toMatchObject({ code: 0 });
    for (const name of ["payroll", "look", "take"]) {
      const refused = await stage.until("uai", name, (object) => reasonOf(object) === "SubscriptionNotAllowed", GREEN);
      expect(messageOf(refused)).toMatch(new RegExp(`resource group ${OTHER_GROUP} .* is not allowed for namespace "team-green"`));
      expect(refused.status).not.toHaveProperty("principalId");
    }
    expect(asked()).toEqual([]);
    expect(await stage.blue.editor.apply(identity(BLUE, "payroll", there))).toMatchObject({ code: 0 });
    await stage.until("uai", "payroll", isReady, BLUE);
  });

  test("to give identities to hosts of a type that is not for it, which the other team may", async () => {
    const spec = { target: { armId: MACHINE }, systemAssigned: true };
    const before = stage.azure.portal.get(MACHINE);
    for (const [name, more] of [["vm", {}], ["vm-look", { managementPolicy: "ObserveOnly" }]] as const) {
      expect(await stage.green.editor.apply(assignment(GREEN, name, { ...spec, ...more }))).toMatchObject({ code: 0 });
      const refused = await stage.until("ida", name, (object) => reasonOf(object) === "HostNotAllowed", GREEN);
      expect([messageOf(refused), refused.status?.["identity"]]).toEqual([`hosts of type microsoft.compute/virtualmachines are not allowed for namespace "team-green": an administrator can list the type in the hosts of --policy-file`, undefined]);
    }
    expect(stage.azure.portal.get(MACHINE)).toEqual(before);
    expect(await stage.blue.editor.apply(assignment(BLUE, "vm", spec))).toMatchObject({ code: 0 });
    await stage.until("ida", "vm", isReady, BLUE);
  });
});

describe("a name in Azure gives nothing to who makes it again", () => {
  test("an identity of somebody else is not taken over by its name", async () => {
    stage.azure.portal.put(identityId("legacy"), { location: REGION });
    expect(await stage.green.editor.apply(identity(GREEN, "legacy"))).toMatchObject({ code: 0 });
    const refused = await stage.until("uai", "legacy", (object) => reasonOf(object) === "AlreadyExists", GREEN);
    expect([refused.status?.["principalId"], stage.azure.portal.get(identityId("legacy"))?.["tags"] ?? {}]).toEqual([undefined, {}]);
  });

  test("nor does the identity that takes another's place inherit its grants or credentials", async () => {
    expect(await stage.blue.editor.apply(identity(BLUE, "ledger"))).toMatchObject({ code: 0 });
    await stage.until("uai", "ledger", isReady, BLUE);
    expect(await stage.blue.owner.apply(objectOf("RoleAssignment", BLUE, "ledger", { scope: { armId: SCOPE }, principal: { identityRef: { name: "ledger" } }, roleDefinitionName: "Reader" }), federated(BLUE, "ledger", { identityRef: { name: "ledger" } }))).toMatchObject({ code: 0 });
    await stage.until("azra", "ledger", isReady, BLUE);
    await stage.until("fic", "ledger", isReady, BLUE);
    stage.azure.portal.delete(identityId("ledger"));
    const { properties } = stage.azure.portal.put(identityId("ledger"), { location: REGION, tags: { owner: "somebody else" } }) as { readonly properties: { readonly principalId: string } };
    for (const kind of ["uai", "azra", "fic"]) await stage.kubectl("annotate", kind, "ledger", "-n", BLUE, "azureidentity.dev/reconcile-requested-at=again");
    await stage.until("uai", "ledger", (object) => object.status?.["lastHandledReconcileAt"] === "again" && !isReady(object), BLUE);
    for (const kind of ["azra", "fic"]) await stage.until(kind, "ledger", (object) => !isReady(object), BLUE);
    expect(granted().filter((each) => (each["properties"] as { readonly principalId?: string }).principalId === properties.principalId)).toEqual([]);
    expect(stage.azure.portal.list(FEDERATION).filter((credential) => JSON.stringify(credential["id"]).toLowerCase().includes(`${identityId("ledger").toLowerCase()}/`))).toEqual([]);
  });
});
