import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { armId, assignment, identity, identityId } from "./objects.ts";
import { conditionStatus, isReady, messageOf, reasonOf, setStage, type Stage } from "./stage.ts";

const NAMESPACE = "e2e-assignment";
const SITES = "Microsoft.Web/sites";
let stage: Stage;

beforeAll(async () => {
  stage = await setStage({ namespaces: [NAMESPACE] });
  await stage.startOperator();
  stage.azure.portal.put(armId("Microsoft.Web/serverfarms", "plan"), { location: "westus2", sku: { name: "S1" } });
  await stage.apply(...["one", "two", "three"].map((name) => identity(NAMESPACE, name)));
  await stage.kubectl("wait", "--for=condition=Ready", "uai", "--all", "-n", NAMESPACE, "--timeout=30s");
  stage.azure.portal.put(identityId("policy"), { location: "westus2" });
});

afterAll(() => stage.close());

beforeEach(() => stage.azure.clearRequests());

const writes = (name: string) => stage.arm().filter(({ method, path }) => method !== "GET" && path.endsWith(`/${name}`));

function site(name: string, identities: readonly string[] = [], systemAssigned = false): string {
  const id = armId(SITES, name);
  const map = Object.fromEntries(identities.map((each) => [identityId(each), {}]));
  const type = [...(systemAssigned ? ["SystemAssigned"] : []), ...(identities.length > 0 ? ["UserAssigned"] : [])].join(", ");
  const block = type === "" ? {} : { identity: { type, ...(identities.length > 0 ? { userAssignedIdentities: map } : {}) } };
  stage.azure.portal.put(id, { location: "westus2", properties: { serverFarmId: armId("Microsoft.Web/serverfarms", "plan") }, ...block });
  return id;
}

function attachedTo(id: string): { readonly type: string | undefined; readonly names: readonly string[] } {
  const block = stage.azure.portal.get(id)?.["identity"] as { type?: string; userAssignedIdentities?: object } | undefined;
  const names = Object.keys(block?.userAssignedIdentities ?? {}).map((key) => key.split("/").at(-1) ?? "");
  return { type: block?.type, names: names.sort() };
}

function principalOf(id: string): string | undefined {
  return (stage.azure.portal.get(id)?.["identity"] as { principalId?: string } | undefined)?.principalId;
}

const refs = (...names: readonly string[]) => names.map((name) => ({ identityRef: { name } }));

async function remove(name: string): Promise<void> {
  await stage.kubectl("delete", "ida", name, "-n", NAMESPACE, "--timeout=20s");
}

describe("an IdentityAssignment to a web app that is not ours", () => {
  test("PATCHes the identity only, keeps everybody else's, and takes back exactly its share", async () => {
    const id = site("web", ["policy"], true);
    const principal = principalOf(id);
    await stage.apply(assignment(NAMESPACE, "web", { target: { armId: id }, userAssigned: refs("one") }));
    const ready = await stage.until("ida", "web", isReady);
    const [patch, ...more] = writes("web");
    expect(more).toEqual([]);
    expect(patch?.method).toBe("PATCH");
    expect(Object.keys(patch?.body as object)).toEqual(["identity"]);
    expect(attachedTo(id)).toEqual({ type: "SystemAssigned, UserAssigned", names: ["one", "policy"] });
    const shown = stage.azure.portal.get(identityId("one"))?.["properties"] as { principalId: string; clientId: string };
    expect(ready.status).toMatchObject({
      host: "sites/web",
      resourceId: id,
      identity: { type: "UserAssigned", userAssignedIdentities: [{ resourceId: identityId("one"), principalId: shown.principalId, clientId: shown.clientId }] },
    });
    await remove("web");
    expect(attachedTo(id)).toEqual({ type: "SystemAssigned, UserAssigned", names: ["policy"] });
    expect(principal).toBeDefined();
    expect(principalOf(id)).toBe(principal);
  });

  test("leaves on delete what was attached before it, and what another assignment claims", async () => {
    const id = site("shared", ["one"]);
    await stage.apply(assignment(NAMESPACE, "shared-a", { target: { armId: id }, userAssigned: refs("one", "two") }));
    await stage.until("ida", "shared-a", isReady);
    await stage.apply(assignment(NAMESPACE, "shared-b", { target: { armId: id }, userAssigned: refs("two") }));
    await stage.until("ida", "shared-b", isReady);
    await remove("shared-a");
    expect(attachedTo(id).names).toEqual(["one", "two"]);
    const heir = await stage.until("ida", "shared-b", (object) => JSON.stringify(object.status?.["holds"] ?? {}).includes("/two"));
    expect(heir.metadata.finalizers).toContain("azureidentity.dev/azure-resource");
    await remove("shared-b");
    expect(attachedTo(id).names).toEqual(["one"]);
  });

  test("made at the same moment, two are one write", async () => {
    const id = site("together");
    const make = (name: string, ...names: readonly string[]) => assignment(NAMESPACE, name, { target: { armId: id }, userAssigned: refs(...names) });
    await stage.apply(make("together-a", "one"), make("together-b", "two"));
    await stage.until("ida", "together-a", isReady);
    await stage.until("ida", "together-b", isReady);
    expect(writes("together").map(({ method }) => method)).toEqual(["PATCH"]);
    expect(attachedTo(id).names).toEqual(["one", "two"]);
  });

  test("switches the system-assigned identity on, and off only with Destroy", async () => {
    const id = site("system");
    await stage.apply(assignment(NAMESPACE, "system", { target: { armId: id }, systemAssigned: true }));
    const on = await stage.until("ida", "system", isReady);
    expect(on.status?.["identity"]).toMatchObject({ type: "SystemAssigned", principalId: expect.any(String) as string });
    await stage.apply(assignment(NAMESPACE, "system", { target: { armId: id }, systemAssigned: false }));
    const kept = await stage.until("ida", "system", (object) => reasonOf(object) === "SystemAssignedKept");
    expect(messageOf(kept)).toContain("systemAssignedRemoval");
    await stage.apply(assignment(NAMESPACE, "system", { target: { armId: id }, systemAssigned: true, systemAssignedRemoval: "Destroy" }));
    await stage.until("ida", "system", (object) => isReady(object) && object.status?.["observedGeneration"] === 3);
    await remove("system");
    expect(attachedTo(id).type).toBeUndefined();
  });

  test("waits for an identity that does not exist yet, attaches the others, and is woken", async () => {
    const id = site("waiting");
    await stage.apply(assignment(NAMESPACE, "waiting", { target: { armId: id }, userAssigned: refs("one", "late") }));
    const waiting = await stage.until("ida", "waiting", (object) => reasonOf(object) === "RefNotFound");
    expect(messageOf(waiting)).toContain(`${NAMESPACE}/late`);
    expect(attachedTo(id).names).toEqual(["one"]);
    stage.azure.clearRequests();
    await stage.apply(identity(NAMESPACE, "late"));
    await stage.until("ida", "waiting", isReady);
    expect(attachedTo(id).names).toEqual(["late", "one"]);
    expect(writes("waiting").map(({ method }) => method)).toEqual(["PATCH"]);
    await stage.kubectl("delete", "uai", "late", "-n", NAMESPACE, "--wait=false");
    const inUse = await stage.until("uai", "late", (object) => reasonOf(object) === "InUse");
    expect(messageOf(inUse)).toContain("waiting");
    await remove("waiting");
    await stage.kubectl("wait", "--for=delete", "uai/late", "-n", NAMESPACE, "--timeout=20s");
  });

  test("names the one identity that is gone, and attaches the rest with at most two extra writes", async () => {
    const id = site("culprit");
    await stage.apply(assignment(NAMESPACE, "good", { target: { armId: id }, userAssigned: refs("one") }), assignment(NAMESPACE, "bad", { target: { armId: id }, userAssigned: [{ armId: identityId("never-made") }, ...refs("two")] }));
    await stage.until("ida", "good", isReady);
    const bad = await stage.until("ida", "bad", (object) => reasonOf(object) === "IdentityNotFound");
    expect(messageOf(bad)).toContain("never-made");
    expect(attachedTo(id).names).toEqual(["one", "two"]);
    expect(writes("culprit").length).toBeLessThanOrEqual(3);
  });

  test("names the missing action when an identity may not be assigned", async () => {
    const id = site("denied");
    stage.azure.portal.put(identityId("guarded"), { location: "westus2" });
    stage.azure.setPermissions(stage.permissions.map((permission) => ({ ...permission, actions: permission.actions.filter((action) => !action.includes("assign")) })));
    await stage.apply(assignment(NAMESPACE, "denied", { target: { armId: id }, userAssigned: [{ armId: identityId("guarded") }] }));
    const denied = await stage.until("ida", "denied", (object) => reasonOf(object) === "IdentityNotPermitted");
    expect(messageOf(denied)).toContain("assign/action");
    expect(messageOf(denied)).toContain('--role "Managed Identity Operator"');
    expect(messageOf(denied)).toContain(stage.principalId);
    stage.restorePermissions();
    await stage.kubectl("annotate", "ida", "denied", "-n", NAMESPACE, "azureidentity.dev/reconcile-requested-at=now");
    await stage.until("ida", "denied", isReady);
  });

  test("heals a ghost of ours: detached and attached again", async () => {
    const id = site("ghost");
    await stage.apply(identity(NAMESPACE, "spirit"));
    await stage.until("uai", "spirit", isReady);
    await stage.apply(assignment(NAMESPACE, "ghost", { target: { armId: id }, userAssigned: refs("spirit") }));
    const before = await stage.until("ida", "ghost", isReady);
    stage.azure.portal.delete(identityId("spirit"));
    await stage.kubectl("annotate", "uai", "spirit", "-n", NAMESPACE, "azureidentity.dev/reconcile-requested-at=now");
    const healed = await stage.until("ida", "ghost", (object) => isReady(object) && JSON.stringify(object.status?.["identity"]) !== JSON.stringify(before.status?.["identity"]));
    const shown = stage.azure.portal.get(identityId("spirit"))?.["properties"] as { clientId: string };
    expect(JSON.stringify(healed.status?.["identity"])).toContain(shown.clientId);
    await remove("ghost");
  });

  test("refuses to disturb under None", async () => {
    const id = site("calm");
    await stage.apply(assignment(NAMESPACE, "calm", { target: { armId: id }, userAssigned: refs("one"), allowDisruption: "None" }));
    const refused = await stage.until("ida", "calm", (object) => conditionStatus(object, "Stalled") === "True");
    expect(reasonOf(refused)).toBe("DisruptionNotAllowed");
    expect(writes("calm")).toEqual([]);
    await stage.kubectl("delete", "ida", "calm", "-n", NAMESPACE, "--timeout=20s");
  });

  test("Exclusive detaches what nobody claims", async () => {
    const id = site("exclusive", ["policy"]);
    await stage.apply(assignment(NAMESPACE, "exclusive", { target: { armId: id }, userAssigned: refs("one"), ownership: "Exclusive" }));
    await stage.until("ida", "exclusive", isReady);
    expect(attachedTo(id).names).toEqual(["one"]);
    await stage.apply(assignment(NAMESPACE, "newcomer", { target: { armId: id }, userAssigned: refs("two") }));
    const refused = await stage.until("ida", "newcomer", (object) => conditionStatus(object, "Stalled") === "True");
    expect(reasonOf(refused)).toBe("ExclusiveConflict");
    expect(attachedTo(id).names).toEqual(["one"]);
  });

  test("moves to another target: the old is undone, then the new made", async () => {
    const [from, to] = [site("from"), site("to")];
    await stage.apply(assignment(NAMESPACE, "mover", { target: { armId: from }, userAssigned: refs("one") }));
    await stage.until("ida", "mover", isReady);
    await stage.apply(assignment(NAMESPACE, "mover", { target: { armId: to }, userAssigned: refs("one") }));
    await stage.until("ida", "mover", (object) => isReady(object) && object.status?.["resourceId"] === to);
    expect(attachedTo(from).names).toEqual([]);
    expect(attachedTo(to).names).toEqual(["one"]);
  });
});

describe("an IdentityAssignment to a container group", () => {
  const group = (name: string, properties: object = {}) => {
    const id = armId("Microsoft.ContainerInstance/containerGroups", name);
    const container = { name: "app", properties: { image: "mcr.microsoft.com/dotnet/samples:aspnetapp-chiseled", resources: { requests: { cpu: 1, memoryInGB: 2 } }, ...properties } };
    stage.azure.portal.put(id, { location: "westus2", properties: { osType: "Linux", containers: [container] } });
    return id;
  };

  test("is refused by default with the line that allows it, and then is a PUT that keeps everything else", async () => {
    const id = group("containers");
    const before = stage.azure.portal.get(id);
    await stage.apply(assignment(NAMESPACE, "containers", { target: { armId: id }, userAssigned: refs("one") }));
    const refused = await stage.until("ida", "containers", (object) => conditionStatus(object, "Stalled") === "True");
    expect(reasonOf(refused)).toBe("DisruptionNotAllowed");
    expect(messageOf(refused)).toContain("restarts all its containers");
    expect(messageOf(refused)).toContain("set spec.allowDisruption to Restart");
    expect(writes("containers")).toEqual([]);
    await stage.apply(assignment(NAMESPACE, "containers", { target: { armId: id }, userAssigned: refs("one"), allowDisruption: "Restart" }));
    await stage.until("ida", "containers", (object) => conditionStatus(object, "Reconciling") === "True" && writes("containers").length === 1);
    stage.clock.advance(60_000);
    await stage.until("ida", "containers", isReady);
    expect(writes("containers").map(({ method }) => method)).toEqual(["PUT"]);
    const after = stage.azure.portal.get(id);
    expect([after?.["location"], after?.["tags"]]).toEqual([before?.["location"], before?.["tags"]]);
    expect(stage.azure.portal.restarts(id)).toBe(1);
  });

  test("is refused when the PUT would lose a value that Azure hides", async () => {
    const id = group("secretive", { environmentVariables: [{ name: "KEY", secureValue: "hunter2" }] });
    await stage.apply(assignment(NAMESPACE, "secretive", { target: { armId: id }, userAssigned: refs("one"), allowDisruption: "Restart" }));
    const refused = await stage.until("ida", "secretive", (object) => conditionStatus(object, "Stalled") === "True");
    expect(reasonOf(refused)).toBe("HiddenValuesAtRisk");
    expect(messageOf(refused)).toContain("environmentVariables[0].secureValue");
    expect(writes("secretive")).toEqual([]);
  });
});

describe("an IdentityAssignment to a virtual machine", () => {
  test("survives a kill in the middle of the operation without a second PATCH", async () => {
    const id = armId("Microsoft.Compute/virtualMachines", "machine");
    stage.azure.portal.put(id, { location: "westus2", properties: { hardwareProfile: { vmSize: "Standard_B1s" } } });
    await stage.apply(assignment(NAMESPACE, "machine", { target: { armId: id }, userAssigned: refs("one") }));
    await stage.untilArm((requests) => requests.some(({ method, path, status }) => method === "PATCH" && path.endsWith("/machine") && status === 200));
    await stage.operator().stop("SIGKILL");
    await stage.startOperator();
    const busy = await stage.until("ida", "machine", (object) => reasonOf(object) === "HostBusy");
    expect(conditionStatus(busy, "Reconciling")).toBe("True");
    stage.clock.advance(61_000);
    await stage.kubectl("annotate", "ida", "machine", "-n", NAMESPACE, "azureidentity.dev/reconcile-requested-at=now");
    await stage.until("ida", "machine", isReady);
    expect(writes("machine").map(({ method }) => method)).toEqual(["PATCH"]);
    expect(attachedTo(id).names).toEqual(["one"]);
  });
});

describe("an IdentityAssignment to a host below or beside those", () => {
  const plan = armId("Microsoft.Web/serverfarms", "plan");
  const slot = () => {
    const id = `${site("with-slot", ["policy"])}/slots/staging`;
    stage.azure.portal.put(id, { location: "westus2", properties: { serverFarmId: plan } });
    return id;
  };
  const scaleSet = () => {
    const id = armId("Microsoft.Compute/virtualMachineScaleSets", "workers");
    stage.azure.portal.put(id, { location: "westus2", sku: { name: "Standard_B1s", capacity: 2 }, properties: { upgradePolicy: { mode: "Automatic" } } });
    return id;
  };

  test.each([
    { what: "a slot", name: "staging", given: slot, shown: "sites/with-slot/slots/staging" },
    { what: "a scale set", name: "workers", given: scaleSet, shown: "virtualMachineScaleSets/workers" },
  ])("$what attaches and takes back by one PATCH each", async ({ name, given, shown }) => {
    const id = given();
    const settles = async (done: Promise<unknown>) => {
      await stage.untilArm((requests) => requests.some(({ method, path, status }) => method === "PATCH" && path.endsWith(`/${name}`) && status !== 0));
      stage.clock.advance(120_000);
      await done;
    };
    await stage.apply(assignment(NAMESPACE, name, { target: { armId: id }, userAssigned: refs("one", "two") }));
    await settles(stage.until("ida", name, isReady));
    expect(await stage.kubectl("get", "ida", name, "-n", NAMESPACE)).toContain(shown);
    expect(attachedTo(id).names).toEqual(["one", "two"]);
    expect(writes(name).map(({ method }) => method)).toEqual(["PATCH"]);
    stage.azure.clearRequests();
    await settles(remove(name));
    expect(attachedTo(id)).toMatchObject({ names: [] });
    expect(writes(name).map(({ method }) => method)).toEqual(["PATCH"]);
  });

  test("a slot's identities are not those of its app", () => expect(attachedTo(armId(SITES, "with-slot")).names).toEqual(["policy"]));
});
