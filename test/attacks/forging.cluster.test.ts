import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEPLOY } from "../deploy/documents.ts";
import { armId, assignment, identity, identityId } from "../e2e/objects.ts";
import { isReady, type LooseObject, messageOf, reasonOf, SUBSCRIPTION } from "../e2e/stage.ts";
import { containerGroup, webApp } from "./objects.ts";
import { type AttackStage, BLUE, GREEN, type Person, setAttackStage } from "./stage.ts";

// What only the operator writes: status, finalizer, marks on what is exported to. And what must go through with all policies in force:
// labels, garbage collection, foreground deletion, the longest lists, and the operator's own writes. At last who writes for many.

let stage: AttackStage;
let blue: Person;
let owner: Person;
const FINALIZER = "azureidentity.dev/azure-resource";

beforeAll(async () => {
  stage = await setAttackStage();
  blue = stage.blue.editor;
  owner = stage.blue.owner;
  await stage.startOperator(["--require-permissions=true"]);
  await stage.kubectl("apply", "-n", BLUE, "-k", join(DEPLOY, "kustomize/namespace"));
  await blue.apply(identity(BLUE, "reports"), identity(BLUE, "doomed"));
  await stage.green.editor.apply(identity(GREEN, "payroll"));
  await Promise.all([stage.until("uai", "reports", isReady, BLUE), stage.until("uai", "doomed", isReady, BLUE), stage.until("uai", "payroll", isReady, GREEN)]);
});

afterAll(() => stage.close());

const inVain = (says: string) => ({ code: 1, stderr: expect.stringContaining(says) as string });
const through = { code: 0, stderr: "" };
const patch = (person: Person, name: string, body: unknown, ...more: readonly string[]) =>
  person.kubectl(["patch", "uai", name, "-n", BLUE, Array.isArray(body) ? "--type=json" : "--type=merge", "-p", JSON.stringify(body), ...more]);
const get = async (resource: string, name: string, namespace = BLUE) => JSON.parse(await stage.kubectl("get", resource, name, "-n", namespace, "-o", "json")) as LooseObject;

describe("edit and admin", () => {
  test.each([
    ["editor", "get", "roleassignments", "yes"],
    ["editor", "create", "identityassignments", "yes"],
    ["editor", "use", "userassignedidentities", "yes"],
    ["editor", "create", "roleassignments", "no"],
    ["editor", "release", "userassignedidentities", "no"],
    ["owner", "create", "roleassignments", "yes"],
    ["owner", "release", "userassignedidentities", "yes"],
    ["owner", "patch", "userassignedidentities/status", "no"],
    ["owner", "use", "azureresources", "no"],
  ] as const)("may the %s %s %s? %s", async (who, verb, resource, want) => {
    const [plural = "", subresource = ""] = resource.split("/");
    const answer = await stage.blue[who].kubectl(["auth", "can-i", verb, `${plural}.azureidentity.dev`, `--subresource=${subresource}`, "-n", BLUE]);
    expect(answer.stdout.trim()).toBe(want);
  });

  test("reach no other namespace", async () => {
    expect(await blue.apply(identity(GREEN, "reports"))).toMatchObject(inVain("forbidden"));
    expect(await owner.kubectl(["get", "uai", "-n", GREEN])).toMatchObject(inVain("forbidden"));
  });
});

describe("the status, by which is deleted and taken over,", () => {
  const forged = { status: { holds: { target: identityId("payroll"), tenantId: "aaaabbbb-0000-cccc-1111-dddd2222eeee", credential: "operator", adopted: false, confirmed: true } } };

  test("is not written by whoever has edit or admin", async () => {
    for (const person of [blue, owner]) {
      expect(await patch(person, "reports", forged, "--subresource=status")).toMatchObject(inVain('resource "userassignedidentities/status"'));
    }
  });

  test("is not written by whoever was given the resource by mistake, nor by an administrator, nor by an account that is named as the operator's", async () => {
    const impostor = stage.person(`system:serviceaccount:${BLUE}:azure-identity-operator`);
    const careless = stage.person("careless");
    const rule = { verbs: ["get", "patch"], resource: "userassignedidentities/status", namespace: BLUE };
    await stage.grant({ ...rule, name: "careless", to: [{ user: careless.user }, { user: impostor.user }] });
    for (const person of [careless, impostor, stage.person("admin")]) {
      const answer = await (person.user === "admin"
        ? stage.tryKubectl(["patch", "uai", "reports", "-n", BLUE, "--type=merge", "--subresource=status", "-p", JSON.stringify(forged)])
        : patch(person, "reports", forged, "--subresource=status"));
      expect(answer).toMatchObject(inVain("only the operator writes the status of userassignedidentities reports: change its spec"));
    }
  });

  test("is not made with the object", async () => {
    expect(await blue.apply({ ...identity(BLUE, "forged-identity", { azureName: "payroll" }), ...forged })).toMatchObject({ code: 0 });
    const refused = await stage.until("uai", "forged-identity", (object) => reasonOf(object) === "AlreadyDeclared", BLUE);
    expect(refused.status?.["holds"]).toBeUndefined();
    await blue.kubectl(["delete", "uai", "forged-identity", "-n", BLUE, "--timeout=20s"]);
    expect(stage.azure.portal.get(identityId("payroll"))).toBeDefined();
  });
});

describe("the finalizer", () => {
  const without = [{ op: "remove", path: "/metadata/finalizers" }];

  test("is not taken off by whoever may change the object: what it holds would stay in Azure unseen", async () => {
    const says = `only the operator removes the finalizer ${FINALIZER}: team-blue-editor needs the verb release on userassignedidentities.azureidentity.dev reports in namespace team-blue: ask an administrator to grant it`;
    expect(await patch(blue, "reports", without)).toMatchObject(inVain(says));
    expect(await patch(blue, "reports", { metadata: { finalizers: null } })).toMatchObject(inVain(says));
  });

  test("is not added by anybody else", async () => {
    await blue.apply({ ...identity(BLUE, "unserved"), metadata: { namespace: BLUE, name: "unserved", annotations: { "azureidentity.dev/paused": "true" } } });
    const added = { metadata: { finalizers: [FINALIZER] } };
    expect(await patch(owner, "unserved", added)).toMatchObject(inVain(`only the operator adds the finalizer ${FINALIZER}: leave it out`));
    expect(await patch(blue, "unserved", { metadata: { finalizers: ["example.com/others"] } })).toMatchObject({ code: 0 });
    expect(await patch(blue, "unserved", { metadata: { finalizers: null } })).toMatchObject({ code: 0 });
  });

  test("is taken off by whoever was given release, and what is held stays in Azure", async () => {
    await stage.operator().stop();
    await owner.kubectl(["delete", "uai", "doomed", "-n", BLUE, "--wait=false"]);
    expect(await patch(owner, "doomed", without)).toMatchObject({ code: 0 });
    expect((await stage.tryKubectl(["get", "uai", "doomed", "-n", BLUE])).stderr).toContain("not found");
    expect(stage.azure.portal.get(identityId("doomed"))).toBeDefined();
    await stage.startOperator(["--require-permissions=true"]);
  });
});

describe("what objects export to", () => {
  test("is not marked as the operator's by others, nor is the mark taken off, moved or copied", async () => {
    const says = (resource: string) => `only the operator sets labels and annotations that begin with azureidentity.dev/ on ${resource}: leave them as they are`;
    await blue.apply(identity(BLUE, "exporting", { export: { configMap: { name: "ids" } } }), { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: BLUE, name: "theirs" }, data: { a: "b" } });
    await stage.until("uai", "exporting", isReady, BLUE);
    const labels = { "azureidentity.dev/exported-by": "userassignedidentity.exporting" };
    const copy = { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: BLUE, name: "copy", labels }, data: {} };
    const answers = await Promise.all([
      blue.kubectl(["label", "configmap", "theirs", "-n", BLUE, "azureidentity.dev/exported-by=userassignedidentity.exporting"]),
      blue.kubectl(["label", "configmap", "ids", "-n", BLUE, "azureidentity.dev/exported-by-"]),
      blue.kubectl(["label", "configmap", "ids", "-n", BLUE, "--overwrite", "azureidentity.dev/exported-by=userassignedidentity.reports"]),
      blue.kubectl(["annotate", "configmap", "theirs", "-n", BLUE, "azureidentity.dev/anything=x"]),
      blue.apply(copy),
      blue.kubectl(["annotate", "serviceaccount", "default", "-n", BLUE, "azureidentity.dev/anything=x"]),
    ]);
    expect(answers).toMatchObject([...Array.from({ length: 5 }, () => inVain(says("configmaps"))), inVain(says("serviceaccounts"))]);
  });

  test("is never overwritten, whatever the spec says", async () => {
    await blue.apply(identity(BLUE, "overwriting", { export: { configMap: { name: "theirs" } } }));
    const refused = await stage.until("uai", "overwriting", (object) => reasonOf(object) === "ExportConflict", BLUE);
    expect(messageOf(refused)).toContain("ConfigMap team-blue/theirs: it exists and is not labelled as ours");
    expect(await stage.kubectl("get", "configmap", "theirs", "-n", BLUE, "-o", "jsonpath={.data.a}")).toBe("b");
  });

  test("may be changed by others in everything else", async () => {
    const answers = await Promise.all([
      blue.kubectl(["label", "configmap", "ids", "-n", BLUE, "team=blue"]),
      blue.kubectl(["annotate", "serviceaccount", "default", "-n", BLUE, "team=blue"]),
      blue.kubectl(["create", "configmap", "plain", "-n", BLUE, "--from-literal=a=b"]),
    ]);
    expect(answers).toMatchObject([through, through, through]);
  });
});

/** What is named there, each by its name. */
const DOCUMENTS = [
  { verbs: ["get"], resource: "secrets", resourceNames: ["database"], group: "" },
  { verbs: ["get", "update"], resource: "configmaps", resourceNames: ["database"], group: "" },
  { verbs: ["update"], resource: "serviceaccounts", resourceNames: ["database"], group: "" },
  { verbs: ["use"], resource: "userassignedidentities", resourceNames: ["own"] },
];

function dryRun(person: Person, object: object) {
  return person.kubectl(["apply", "--server-side", "--dry-run=server", "-f", "-"], JSON.stringify(object));
}

describe("somebody who may write objects and nothing else", () => {
  /** May the same, and get, update and use what it names. */
  let trusted: Person;
  let writer: Person;

  beforeAll(async () => {
    [writer, trusted] = [stage.person("writer"), stage.person("trusted")];
    await stage.kubectl("create", "rolebinding", "writers", "-n", BLUE, "--clusterrole=identity-editor", `--user=${writer.user}`, `--user=${trusted.user}`);
    await stage.grant(...DOCUMENTS.map((grant, index) => ({ ...grant, name: `documents-${index}`, namespace: BLUE, to: [{ user: trusted.user }] })));
  });

  const secretKeyRef = { name: "database", key: "password" };
  const configMapKeyRef = { name: "database", key: "host" };

  test.each([
    ["a Secret in an app setting", "secrets", () => webApp(BLUE, "d1", { appSettings: [{ name: "PASSWORD", valueFrom: { secretKeyRef } }] })],
    ["a ConfigMap in an app setting", "configmaps", () => webApp(BLUE, "d2", { appSettings: [{ name: "HOST", valueFrom: { configMapKeyRef } }] })],
    ["a Secret in a container", "secrets", () => containerGroup(BLUE, "d3", { containers: [{ name: "main", image: "i", environmentVariables: [{ name: "P", secureValueFrom: { secretKeyRef } }] }] })],
    ["a Secret as a volume", "secrets", () => containerGroup(BLUE, "d4", { volumes: [{ name: "all", secret: { secretRef: { name: "database" } } }] })],
    ["a Secret as a registry's password", "secrets", () => containerGroup(BLUE, "d5", { imageRegistryCredentials: [{ server: "msdocs.azurecr.io", username: "u", passwordFrom: { secretKeyRef } }] })],
  ] as const)("names %s that it may not read in vain", async (_what, resource, object) => {
    const says = `writer needs the verb get on ${resource} database in namespace team-blue: ask an administrator to grant it`;
    expect(await Promise.all([writer.apply(object()), dryRun(trusted, object())])).toMatchObject([inVain(says), { code: 0 }]);
  });

  test.each([
    ["ConfigMap", "configmaps", { configMap: { name: "database" } }],
    ["ServiceAccount", "serviceaccounts", { serviceAccount: { name: "database" } }],
  ] as const)("exports to a %s that it may not change in vain", async (kind, resource, spec) => {
    const object = identity(BLUE, "d6-identity", { export: spec });
    const says = `spec may not export to ${kind} database: writer needs the verb update on ${resource} database in namespace team-blue: ask an administrator to grant it`;
    expect(await Promise.all([writer.apply(object), dryRun(trusted, object)])).toMatchObject([inVain(says), { code: 0 }]);
  });

  test("names an identity of its own namespace in vain, until it may use that one", async () => {
    const object = assignment(BLUE, "d7", { target: { webAppRef: { name: "shop" } }, userAssigned: [{ identityRef: { name: "own" } }] });
    const says = "spec may not name UserAssignedIdentity team-blue/own: writer needs the verb use on userassignedidentities.azureidentity.dev own in namespace team-blue";
    expect(await Promise.all([writer.apply(object), dryRun(trusted, object)])).toMatchObject([inVain(says), { code: 0 }]);
  });
});

describe("with all policies in force", () => {
  test("labels and annotations go through for whoever could not name what is there", async () => {
    const named = assignment(BLUE, "named-by-admin", { target: { armId: armId("Microsoft.Compute/virtualMachines", "build") }, userAssigned: [{ armId: identityId("payroll") }], ownership: "Exclusive" });
    await stage.apply(named);
    expect(await blue.kubectl(["label", "ida", "named-by-admin", "-n", BLUE, "team=blue"])).toMatchObject(through);
    expect(await blue.kubectl(["annotate", "ida", "named-by-admin", "-n", BLUE, "azureidentity.dev/paused=true"])).toMatchObject(through);
    const spec = JSON.stringify({ spec: { deletionPolicy: "Retain" } });
    expect(await blue.kubectl(["patch", "ida", "named-by-admin", "-n", BLUE, "--type=merge", "-p", spec])).toMatchObject(through);
    expect(await blue.kubectl(["annotate", "ida", "named-by-admin", "-n", BLUE, "azureidentity.dev/paused-"])).toMatchObject(through);
    expect(await blue.kubectl(["delete", "ida", "named-by-admin", "-n", BLUE, "--timeout=20s"])).toMatchObject({ code: 0 });
  });

  test("garbage collection and foreground deletion go through", async () => {
    const { metadata } = await get("uai", "reports");
    const owned = (name: string) => ({
      ...identity(BLUE, name),
      metadata: { namespace: BLUE, name, ownerReferences: [{ apiVersion: "azureidentity.dev/v1alpha1", kind: "UserAssignedIdentity", name: "reports", uid: metadata.uid, blockOwnerDeletion: true }] },
    });
    expect(await owner.apply(owned("dependant"))).toMatchObject({ code: 0 });
    await stage.until("uai", "dependant", isReady, BLUE);
    expect(await owner.kubectl(["delete", "uai", "reports", "-n", BLUE, "--cascade=foreground", "--timeout=20s"])).toMatchObject({ code: 0 });
    expect((await stage.tryKubectl(["get", "uai", "dependant", "-n", BLUE])).stderr).toContain("not found");
    expect([stage.azure.portal.get(identityId("reports")), stage.azure.portal.get(identityId("dependant"))]).toEqual([undefined, undefined]);
  });

  test("the longest lists with the longest names cost no more than the API server allows, also when they change", async () => {
    const long = (index: number, length: number) => `n${String(index).padStart(4, "0")}${"x".repeat(length - 5)}`;
    const id = (index: number) => ({ armId: `/subscriptions/${SUBSCRIPTION}/resourceGroups/${"g".repeat(90)}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${long(index, 128)}` });
    const ref = (index: number) => ({ identityRef: { name: long(index, 253), namespace: long(index, 63) } });
    const secretKeyRef = (index: number) => ({ name: long(index, 253), key: "k" });
    const sixteen = Array.from({ length: 16 }, (_, index) => index);
    const registries = sixteen.slice(0, 8).map((index) => ({ server: `r${index}.azurecr.io`, identity: id(100 + index) }));
    const settings = Array.from({ length: 128 }, (_, index) => ({ name: `s${index}`, valueFrom: { secretKeyRef: secretKeyRef(index) } }));
    const variables = (container: number) => Array.from({ length: 64 }, (_, index) => ({ name: `v${index}`, secureValueFrom: { secretKeyRef: secretKeyRef(64 * container + index) } }));
    const containers = Array.from({ length: 10 }, (_, index) => ({ name: `c${index}`, image: "i", environmentVariables: variables(index) }));
    const followThrough = { keyVaultReferenceIdentity: id(90), acrPullIdentity: id(91), defaultIdentity: id(92), registries };
    const objects = [
      assignment(BLUE, "longest", { target: { webAppRef: { name: "shop" } }, userAssigned: sixteen.map(id), followThrough }),
      assignment(BLUE, "longest-refs", { target: { webAppRef: { name: "shop" } }, userAssigned: sixteen.map(ref) }),
      webApp(BLUE, "longest", { identity: { userAssigned: sixteen.map(id) }, appSettings: settings }),
      containerGroup(BLUE, "longest", { identity: { userAssigned: sixteen.map(id) }, containers }),
    ];
    const named = stage.person("named");
    const ids = [...sixteen, ...sixteen.map((index) => 100 + index), 90, 91, 92].map((index) => id(index).armId.toLowerCase());
    await stage.kubectl("create", "rolebinding", "named", "-n", BLUE, "--clusterrole=edit", `--user=${named.user}`);
    await stage.grant({ name: "longest", to: [{ user: named.user }], verbs: ["use"], resource: "azureresources", resourceNames: ids });
    // Nobody but an administrator may use what lies in sixteen namespaces that do not exist.
    const answers = await Promise.all(objects.map((object, index) => (index === 1 ? stage.tryKubectl(["create", "-f", "-"], JSON.stringify(object)) : named.kubectl(["create", "-f", "-"], JSON.stringify(object)))));
    expect(answers).toMatchObject([{ code: 0 }, { code: 0 }, { code: 0 }, { code: 0 }]);
    const change = JSON.stringify({ spec: { deletionPolicy: "Retain" } });
    const changes = ["ida/longest", "ida/longest-refs", "webapp/longest", "aci/longest"].map((name) => named.kubectl(["patch", name, "-n", BLUE, "--type=merge", "-p", change]));
    expect(await Promise.all(changes)).toMatchObject([{ code: 0 }, { code: 0 }, { code: 0 }, { code: 0 }]);
    const refused = await blue.kubectl(["create", "-f", "-"], JSON.stringify({ ...webApp(BLUE, "longest-2", { identity: { userAssigned: sixteen.map(id) }, appSettings: settings }) }));
    expect(refused.stderr).toContain(`spec may not name ${id(0).armId}`);
  });
});

describe("a GitOps controller that may do everything", () => {
  const stolen = assignment(BLUE, "deputy", { target: { webAppRef: { name: "front" } }, userAssigned: [{ armId: identityId("payroll") }] });
  const again = (value: string) => stage.kubectl("annotate", "ida", "deputy", "-n", BLUE, "--overwrite", `azureidentity.dev/reconcile-requested-at=${value}`);

  test("lends its rights to no namespace: the operator asks for that one, and again after it was granted and taken back", async () => {
    stage.azure.portal.put(armId("Microsoft.Web/serverfarms", "deputy"), { location: "westus2", sku: { name: "S1" } });
    stage.azure.portal.put(armId("Microsoft.Web/sites", "front"), { location: "westus2", properties: { serverFarmId: armId("Microsoft.Web/serverfarms", "deputy") } });
    await stage.apply({ ...stolen, spec: { ...(stolen as { spec: object }).spec, target: { armId: armId("Microsoft.Web/sites", "front") } } });
    const attach = { name: "deputy-attach", verbs: ["attach"], resource: "azureresources", resourceNames: [armId("Microsoft.Web/sites", "front").toLowerCase()], to: [{ serviceAccountsOf: BLUE }] };
    const use = { name: "deputy-use", verbs: ["use"], resource: "azureresources", resourceNames: [identityId("payroll").toLowerCase()], to: [{ serviceAccountsOf: BLUE }] };
    const refused = await stage.until("ida", "deputy", (object) => reasonOf(object) === "PermissionDenied", BLUE);
    expect(messageOf(refused)).toBe(
      `spec.target.armId: namespace "team-blue" needs the verb attach on azureresources.azureidentity.dev ${armId("Microsoft.Web/sites", "front").toLowerCase()}: an administrator can grant it to the group system:serviceaccounts:team-blue by a ClusterRole and a ClusterRoleBinding`,
    );
    await stage.grant(attach, use);
    await again("granted");
    await stage.until("ida", "deputy", isReady, BLUE);
    const attached = () => Object.keys((stage.azure.portal.get(armId("Microsoft.Web/sites", "front"))?.["identity"] as { userAssignedIdentities?: object } | undefined)?.userAssignedIdentities ?? {});
    expect(attached()).toHaveLength(1);
    await stage.revoke(use);
    await again("taken back");
    const held = await stage.until("ida", "deputy", (object) => reasonOf(object) === "PermissionDenied", BLUE);
    expect(messageOf(held)).toContain(`spec.userAssigned[0]: namespace "team-blue" needs the verb use on`);
    expect(attached()).toHaveLength(1);
    await blue.kubectl(["delete", "ida", "deputy", "-n", BLUE, "--timeout=20s"]);
    expect(attached()).toEqual([]);
  });
});
