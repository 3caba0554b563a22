import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEPLOY } from "../deploy/documents.ts";
import { armId, assignment, identity, identityId } from "../e2e/objects.ts";
import { isReady } from "../e2e/stage.ts";
import { containerGroup, federated, objectOf, PLACE, webApp } from "./objects.ts";
import { type AttackStage, BLUE, GREEN, type Grant, type Person, setAttackStage } from "./stage.ts";

// What people may name in a spec. Team green has an identity, `payroll`, and a virtual machine; team blue wants to become that
// identity, or to decide about that host. Each attack is refused by the API server, in the same words for what does not exist, and
// the same request by somebody who was granted the right goes through.

let stage: AttackStage;
/** Has the built-in edit in team-blue. */
let blue: Person;
/** Has edit, and may attach to green's virtual machine. */
let guest: Person;
/** Has edit, and was granted everything that blue lacks. */
let trusted: Person;
/** May write objects of ours, and nothing else. */
let writer: Person;

afterAll(() => stage.close());

const VM = armId("Microsoft.Compute/virtualMachines", "build");
const ours = (name: string) => ({ armId: identityId(name) });
const onShop = { target: { webAppRef: { name: "shop" } } };
const own = { userAssigned: [{ identityRef: { name: "own" } }] };

type Needs = Pick<Grant, "verbs" | "resource" | "resourceNames" | "namespace" | "group">;

const azure = (verb: string, ...ids: readonly string[]): Needs => ({ verbs: [verb], resource: "azureresources", resourceNames: ids.map((id) => id.toLowerCase()) });

const vm = (name: string) => armId("Microsoft.Compute/virtualMachines", name);

/** What whoever is trusted was granted: what the attacks below lack. */
const TRUSTED: Needs[] = [azure("attach", VM, vm("other")), azure("manage", VM)];

interface Attack {
  /** The object that names something of that name; `payroll` and `build` exist, `ghost` does not. */
  readonly object: (name: string) => object;
  /** What is said, of that name. */
  readonly says: (name: string) => string;
  readonly needs: (name: string) => readonly Needs[];
}

const lacksUse = (name: string) => `spec may not name ${identityId(name)}: team-blue-editor needs the verb use on azureresources.azureidentity.dev ${identityId(name).toLowerCase()} by a ClusterRole: ask an administrator to grant it`;
const lacks = (verb: string, id: string) => `team-blue-editor needs the verb ${verb} on azureresources.azureidentity.dev ${id.toLowerCase()} by a ClusterRole: ask an administrator to grant it`;
const use = (name: string) => [azure("use", identityId(name))];


beforeAll(async () => {
  stage = await setAttackStage();
  blue = stage.blue.editor;
  [guest, trusted, writer] = ["guest", "trusted", "writer"].map((user) => stage.person(user)) as [Person, Person, Person];
  const bind = (name: string, role: string, ...users: readonly Person[]) =>
    stage.kubectl("create", "rolebinding", name, "-n", BLUE, `--clusterrole=${role}`, ...users.map(({ user }) => `--user=${user}`));
  await Promise.all([bind("guests", "edit", guest, trusted), bind("writers", "identity-editor", writer)]);
  await stage.grant(
    { ...azure("attach", VM), name: "guest", to: [{ user: guest.user }] },
    ...TRUSTED.map((grant, index) => ({ ...grant, name: `trusted-${index}`, to: [{ user: trusted.user }] })),
  );
  await stage.startOperator(["--require-permissions=true"]);
  await stage.green.editor.apply(identity(GREEN, "payroll"));
  await stage.until("uai", "payroll", isReady, GREEN);
  await blue.apply(webApp(BLUE, "shop"), webApp(BLUE, "site"));
});

const inVain = (says: string) => ({ code: 1, stderr: expect.stringContaining(says) as string });
const through = { code: 0 };

/** In the same words for what does not exist; and the same request goes through for whoever was granted it. */
function attempt({ object, says, needs }: Attack): () => Promise<void> {
  TRUSTED.push(...needs("payroll"));
  return async () => {
    const [refused, absent, granted] = await Promise.all([blue.apply(object("payroll")), blue.apply(object("ghost")), dryRun(trusted, object("payroll"))]);
    expect(refused).toMatchObject(inVain(says("payroll")));
    expect(absent.stderr).toBe(refused.stderr.replaceAll("payroll", "ghost"));
    expect(granted).toMatchObject(through);
  };
}

describe("somebody with edit in team-blue", () => {
  test("attaches another namespace's identity, in vain", attempt({
    object: (name) => assignment(BLUE, "a1", { ...onShop, userAssigned: [{ identityRef: { name, namespace: GREEN } }] }),
    says: (name) => `spec may not name UserAssignedIdentity team-green/${name}: team-blue-editor needs the verb use on userassignedidentities.azureidentity.dev ${name} in namespace team-green: ask an administrator to grant it`,
    needs: (name) => [{ verbs: ["use"], resource: "userassignedidentities", resourceNames: [name], namespace: GREEN }],
  }));
  test("attaches the same by its ARM id, in vain", attempt({ object: (name) => assignment(BLUE, "a2", { ...onShop, userAssigned: [ours(name)] }), says: lacksUse, needs: use }));
  test("declares the same to observe it, and then to name that object, in vain", attempt({
    object: (name) => identity(BLUE, "a3-identity", { azureName: name, managementPolicy: "ObserveOnly" }),
    says: (name) => `spec may not observe or adopt ${identityId(name).toLowerCase()}: ${lacks("use", identityId(name))}`,
    needs: use,
  }));
  test("declares the same to adopt it, in vain", attempt({
    object: (name) => identity(BLUE, "a4-identity", { azureName: name, adoptionPolicy: "IfExists" }),
    says: (name) => `spec may not observe or adopt ${identityId(name).toLowerCase()}: ${lacks("use", identityId(name))}`,
    needs: use,
  }));
  test("federates its own ServiceAccount to it, in vain", attempt({ object: (name) => federated(BLUE, "a5-credential", { identityArmId: identityId(name) }), says: lacksUse, needs: use }));
  test("becomes it through a web app of its own, in vain", attempt({ object: (name) => webApp(BLUE, "a6", { identity: { userAssigned: [ours(name)] } }), says: lacksUse, needs: use }));
  test("becomes it through a container group of its own, in vain", attempt({ object: (name) => containerGroup(BLUE, "a7", { identity: { userAssigned: [ours(name)] } }), says: lacksUse, needs: use }));
  test("pulls images as it, in vain", attempt({
    object: (name) => containerGroup(BLUE, "a8", { imageRegistryCredentials: [{ server: "msdocs.azurecr.io", identity: ours(name) }] }),
    says: lacksUse,
    needs: use,
  }));
  test("reads a Key Vault as it, in vain", attempt({ object: (name) => webApp(BLUE, "a9", { keyVaultReferenceIdentity: ours(name) }), says: lacksUse, needs: use }));
  test("has a host use it, which somebody attached before, in vain", attempt({ object: (name) => assignment(BLUE, "a10", { ...onShop, ...own, followThrough: { acrPullIdentity: ours(name) } }), says: lacksUse, needs: use }));
  test("attaches its own identity to another team's host, in vain", attempt({
    object: (name) => assignment(BLUE, "a11", { target: { armId: vm(name) }, ...own }),
    says: (name) => `spec may not name ${vm(name)}: ${lacks("attach", vm(name))}`,
    needs: (name) => [azure("attach", vm(name))],
  }));
  test("looks at another team's web app, to read its ids, in vain", attempt({
    object: (name) => webApp(BLUE, "a12", { azureName: name, managementPolicy: "ObserveOnly" }),
    says: (name) => lacks("attach", armId("Microsoft.Web/sites", name)),
    needs: (name) => [azure("attach", armId("Microsoft.Web/sites", name))],
  }));
  test("takes over another team's web app, with the identities that it has, in vain", attempt({
    object: (name) => webApp(BLUE, "a13", { azureName: name, adoptionPolicy: "IfExists" }),
    says: (name) => lacks("manage", armId("Microsoft.Web/sites", name)),
    needs: (name) => [azure("manage", armId("Microsoft.Web/sites", name))],
  }));
  test("takes over another team's container group, in vain", attempt({
    object: (name) => containerGroup(BLUE, "a14", { azureName: name, adoptionPolicy: "IfExists" }),
    says: (name) => lacks("manage", armId("Microsoft.ContainerInstance/containerGroups", name)),
    needs: (name) => [azure("manage", armId("Microsoft.ContainerInstance/containerGroups", name))],
  }));
  test("takes over another team's plan, in vain", attempt({
    object: (name) => objectOf("AppServicePlan", BLUE, "a17", { ...PLACE, azureName: name, osType: "Linux", sku: { name: "B1" }, adoptionPolicy: "IfExists" }),
    says: (name) => lacks("manage", armId("Microsoft.Web/serverfarms", name)),
    needs: (name) => [azure("manage", armId("Microsoft.Web/serverfarms", name))],
  }));
  test("runs its code on another team's plan, in vain", attempt({
    object: (name) => webApp(BLUE, "a15", { plan: { planArmId: armId("Microsoft.Web/serverfarms", name) } }),
    says: (name) => lacks("attach", armId("Microsoft.Web/serverfarms", name)),
    needs: (name) => [azure("attach", armId("Microsoft.Web/serverfarms", name))],
  }));
  test("joins another team's network, in vain", attempt({
    object: (name) => containerGroup(BLUE, "a16", { subnetIds: [{ id: armId(`Microsoft.Network/virtualNetworks/${name}/subnets`, "apps") }] }),
    says: (name) => lacks("attach", armId(`Microsoft.Network/virtualNetworks/${name}/subnets`, "apps")),
    needs: (name) => [azure("attach", armId(`Microsoft.Network/virtualNetworks/${name}/subnets`, "apps"))],
  }));
});

describe.each([
  ["Exclusive with an empty list", { ownership: "Exclusive", userAssigned: [] }, "ownership: Exclusive"],
  ["systemAssignedRemoval Destroy", { systemAssigned: false, systemAssignedRemoval: "Destroy" }, "systemAssignedRemoval: Destroy"],
  ["allowDisruption Recreate", { ...own, allowDisruption: "Recreate" }, "allowDisruption: Recreate"],
] as const)("a guest aims %s at another team's host", (_what, spec, decision) => {
  test("in vain, though it may attach there; whoever may manage it may, as everybody may for a host of one's own", async () => {
    const object = assignment(BLUE, "b1", { target: { armId: VM }, ...spec });
    const answers = await Promise.all([dryRun(guest, object), dryRun(trusted, object), dryRun(blue, assignment(BLUE, "b2", { ...onShop, ...spec }))]);
    const says = `spec may not decide ${decision} for ${VM}: guest needs the verb manage on azureresources.azureidentity.dev ${VM.toLowerCase()} by a ClusterRole`;
    expect(answers).toMatchObject([inVain(says), through, through]);
  });
});

describe("a way around is closed:", () => {
  test("a change of what was harmless, by whatever verb", async () => {
    expect(await blue.apply(assignment(BLUE, "c1", { ...onShop, ...own }))).toMatchObject({ code: 0 });
    const stolen = JSON.stringify([{ op: "add", path: "/spec/userAssigned/-", value: ours("payroll") }]);
    expect((await blue.kubectl(["patch", "ida", "c1", "-n", BLUE, "--type=json", "-p", stolen])).stderr).toContain(lacksUse("payroll"));
    const merged = JSON.stringify({ spec: { userAssigned: [ours("payroll")] } });
    expect((await blue.kubectl(["patch", "ida", "c1", "-n", BLUE, "--type=merge", "-p", merged])).stderr).toContain(lacksUse("payroll"));
    expect((await blue.kubectl(["replace", "-f", "-"], JSON.stringify(assignment(BLUE, "c1", { ...onShop, userAssigned: [ours("payroll")] })))).stderr).toContain(lacksUse("payroll"));
  });

  test("an ARM id in another spelling", async () => {
    const loud = assignment(BLUE, "c2", { ...onShop, userAssigned: [{ armId: identityId("payroll").toUpperCase().replace("/SUBSCRIPTIONS/", "/subscriptions/") }] });
    expect((await blue.apply(loud)).stderr).toContain(lacks("use", identityId("payroll")));
    expect(await dryRun(trusted, loud)).toMatchObject(through);
  });

  test("a subscription and a group that the Namespace gives", async () => {
    const [, , subscription = "", , group = ""] = identityId("payroll").split("/");
    await stage.kubectl("annotate", "namespace", BLUE, `azureidentity.dev/subscription-id=${subscription}`, `azureidentity.dev/resource-group=${group}`);
    const object = { ...identity(BLUE, "payroll"), spec: { managementPolicy: "ObserveOnly" } };
    expect((await blue.apply(object)).stderr).toContain(lacks("use", identityId("payroll")));
    expect(await dryRun(trusted, object)).toMatchObject(through);
  });

  test("an object that first declares an identity of its own, and adopts afterwards", async () => {
    expect(await blue.apply(identity(BLUE, "c3-identity", { azureName: "payroll" }))).toMatchObject({ code: 0 });
    const patch = JSON.stringify({ spec: { adoptionPolicy: "IfExists" } });
    expect((await blue.kubectl(["patch", "uai", "c3-identity", "-n", BLUE, "--type=merge", "-p", patch])).stderr).toContain(lacks("use", identityId("payroll")));
  });

  test("one new name among those that were there, and another host for the same decision", async () => {
    const made = (spec: object) => assignment(BLUE, "c4", { target: { armId: VM }, userAssigned: [ours("payroll")], ownership: "Exclusive", ...spec });
    expect(await trusted.apply(made({}))).toMatchObject(through);
    const answers = await Promise.all([
      dryRun(trusted, made({ userAssigned: [ours("payroll"), ours("reports")] })),
      dryRun(trusted, made({ target: { armId: vm("other") } })),
      // What was named before is no question any more, whoever changes the rest.
      dryRun(blue, made({ deletionPolicy: "Retain" })),
      dryRun(blue, made({ ownership: "Shared" })),
    ]);
    expect(answers).toMatchObject([
      inVain(`spec may not name ${identityId("reports")}: trusted needs the verb use`),
      inVain(`spec may not decide ownership: Exclusive for ${vm("other")}: trusted needs the verb manage`),
      through,
      through,
    ]);
    expect(await trusted.apply(made({ ownership: "Shared" }))).toMatchObject(through);
    expect(await dryRun(blue, made({}))).toMatchObject(inVain(`spec may not decide ownership: Exclusive for ${VM}`));
  });

  test("what somebody else named, turned to a host, a ServiceAccount, code or a consent of one's own", async () => {
    const credential = (account: string) => federated(BLUE, "c7-credential", { identityArmId: identityId("payroll"), serviceAccountRef: { name: account } });
    const group = (image: string) => containerGroup(BLUE, "c8", { identity: { userAssigned: [ours("payroll")] }, containers: [{ name: "main", image }] });
    const observed = (spec: object) => identity(BLUE, "c9-identity", { azureName: "payroll", managementPolicy: "ObserveOnly", ...spec });
    const web = (appSettings: readonly object[]) => webApp(BLUE, "c10", { identity: { userAssigned: [ours("payroll")] }, appSettings });
    const attached = (target: object) => assignment(BLUE, "c11", { target, userAssigned: [ours("payroll")] });
    expect(await trusted.apply(credential("batch"), group("good"), observed({}), web([]), attached({ armId: VM }))).toMatchObject(through);
    const turned = [
      credential("mine"),
      group("mine"),
      observed({ allowedNamespaces: { from: "All" } }),
      web([{ name: "WEBSITE_RUN_FROM_PACKAGE", value: "https://mine.example" }]),
      attached({ webAppRef: { name: "shop" } }),
    ];
    const answers = await Promise.all(turned.flatMap((object) => [dryRun(blue, object), dryRun(trusted, object)]));
    expect(answers).toMatchObject(turned.flatMap(() => [inVain(lacks("use", identityId("payroll"))), through]));
  });

  test("a role that one makes for oneself", async () => {
    const role = (rule: object) => ({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: { name: "self", namespace: BLUE }, rules: [rule] });
    for (const rule of [
      { apiGroups: ["azureidentity.dev"], resources: ["azureresources"], verbs: ["use"] },
      { apiGroups: ["azureidentity.dev"], resources: ["userassignedidentities/status"], verbs: ["patch"] },
    ]) {
      const answer = await stage.blue.owner.apply(role(rule));
      expect(answer).toMatchObject({ code: 1, stderr: expect.stringContaining("is attempting to grant RBAC permissions not currently held") as string });
    }
  });

  test("more names at once than can be judged one by one", async () => {
    const appSettings = Array.from({ length: 40 }, (_, index) => ({ name: `s${index}`, identityClientId: { identityRef: { name: "own", namespace: `n${index}` } } }));
    expect(await dryRun(writer, webApp(BLUE, "c5", { appSettings }))).toMatchObject({ code: 1 });
    const secrets = Array.from({ length: 17 }, (_, index) => ({ name: `s${index}`, valueFrom: { secretKeyRef: { name: `n${index}`, key: "k" } } }));
    expect(await dryRun(writer, webApp(BLUE, "c6", { appSettings: secrets }))).toMatchObject(inVain("spec newly names 17 of Secret, of which 16 can be judged one by one: name them in several steps"));
  });
});

test("the example of deploy/ grants what it says, to the people and to the namespace", async () => {
  const object = assignment(BLUE, "e1", { target: { armId: VM }, userAssigned: [ours("payroll")] });
  await stage.kubectl("apply", "-k", join(DEPLOY, "kustomize/azure-grant"));
  const asked = (group: string) => blue.kubectl(["apply", "--server-side", "--dry-run=server", "--as-group", group, "-f", "-"], JSON.stringify(object));
  expect(await Promise.all([asked("team-green"), asked("team-blue")])).toMatchObject([{ code: 1 }, through]);
});

test("nothing of all this reached Azure", () => {
  const touched = stage.arm().filter(({ method }) => method !== "GET");
  expect(touched.map(({ method, path }) => `${method} ${path}`)).toEqual([`PUT ${identityId("payroll")}`]);
});

function dryRun(person: Person, object: object) {
  return person.kubectl(["apply", "--server-side", "--dry-run=server", "-f", "-"], JSON.stringify(object));
}
