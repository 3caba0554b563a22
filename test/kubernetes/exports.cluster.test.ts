import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { connect } from "../control-plane/vitest-setup.ts";
import { DEPLOY } from "../deploy/documents.ts";
import { openWriter, OPERATOR_USER, Playground, playgroundOn } from "./cluster.ts";

const CLIENT_ID = "azure.workload.identity/client-id";
const TENANT_ID = "azure.workload.identity/tenant-id";
const ids = { clientId: "00001111-aaaa-2222-bbbb-3333cccc4444", tenantId: "aaaabbbb-0000-cccc-1111-dddd2222eeee" };
const playground = playgroundOn(connect(), "kubernetes-exports");

interface Shown {
  readonly data?: Readonly<Record<string, string>>;
  readonly metadata: {
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly object[];
  };
}

async function shown(resource: string, name: string): Promise<Shown | undefined> {
  const text = await playground.within(["get", resource, name, "--ignore-not-found", "-o", "json"]);
  return text === "" ? undefined : (JSON.parse(text) as Shown);
}

/** What the operator may do here comes from the manifests that we ship, and from nothing else. */
const openOperator = () => openWriter(playground.plane, OPERATOR_USER);

beforeAll(async () => {
  await playground.within(["apply", "--server-side", "-k", join(DEPLOY, "kustomize/namespace")]);
});

describe("a ConfigMap", () => {
  it("is created with labels, owner and data, and left alone when nothing differs", async () => {
    const { writer } = await openOperator();
    const object = await playground.create("maker");
    expect(await writer.exportConfigMap(object, "made", ids)).toEqual({ is: "written" });
    const made = await shown("configmap", "made");
    expect(made).toMatchObject({
      data: ids,
      metadata: {
        labels: { "app.kubernetes.io/managed-by": "azure-identity-operator", "azureidentity.dev/exported-by": "Gadget.maker" },
        ownerReferences: [{ apiVersion: "kubernetes.test/v1", kind: "Gadget", name: "maker", uid: object.metadata.uid }],
      },
    });
    expect(await writer.exportConfigMap(object, "made", ids)).toEqual({ is: "unchanged" });
    expect((await shown("configmap", "made"))?.metadata.resourceVersion).toBe(made?.metadata.resourceVersion);
  });

  it("that is ours gets exactly the new data, and what others wrote into it goes", async () => {
    const { writer } = await openOperator();
    const object = await playground.create("healer");
    await writer.exportConfigMap(object, "healed", ids);
    await playground.within(["patch", "configmap", "healed", "--type=merge", "-p", JSON.stringify({ data: { clientId: "wrong", more: "x" } })]);
    expect(await writer.exportConfigMap(object, "healed", { clientId: ids.clientId, principalId: "p" })).toEqual({ is: "written" });
    expect((await shown("configmap", "healed"))?.data).toEqual({ clientId: ids.clientId, principalId: "p" });
  });

  it("of somebody else is a conflict, untouched by export and withdrawal", async () => {
    const { writer } = await openOperator();
    const object = await playground.create("intruder");
    await playground.within(["create", "configmap", "foreign", "--from-literal=a=b"]);
    const before = await shown("configmap", "foreign");
    expect(await writer.exportConfigMap(object, "foreign", ids)).toEqual({
      is: "conflict",
      message:
        "cannot export to ConfigMap kubernetes-exports/foreign: it exists and is not labelled as ours: delete it, or name another ConfigMap",
    });
    expect(await writer.withdrawExport(object, "ConfigMap", "foreign")).toEqual({ is: "unchanged" });
    expect(await shown("configmap", "foreign")).toEqual(before);
  });

  it("of another object of ours is a conflict that names it", async () => {
    const { writer } = await openOperator();
    const [first, second] = [await playground.create("first"), await playground.create("second")];
    await writer.exportConfigMap(first, "contested", ids);
    expect(await writer.exportConfigMap(second, "contested", {})).toEqual({
      is: "conflict",
      message: "cannot export to ConfigMap kubernetes-exports/contested: Gadget.first exports to it: name another ConfigMap",
    });
    expect(await writer.withdrawExport(second, "ConfigMap", "contested")).toEqual({ is: "unchanged" });
    expect((await shown("configmap", "contested"))?.data).toEqual(ids);
  });

  it("that is withdrawn is deleted, and is not there the second time", async () => {
    const { writer } = await openOperator();
    const object = await playground.create("taker");
    await writer.exportConfigMap(object, "taken", ids);
    expect(await writer.withdrawExport(object, "ConfigMap", "taken")).toEqual({ is: "written" });
    expect(await shown("configmap", "taken")).toBeUndefined();
    expect(await writer.withdrawExport(object, "ConfigMap", "taken")).toEqual({ is: "unchanged" });
  });

  it("goes with its object, whatever became of the operator", async () => {
    const { writer } = await openOperator();
    // The garbage collector learns of a new CRD within 30 s only, so that the owner is of a kind that it knows from its start.
    const gadget = await playground.create("owner");
    await playground.within(["create", "configmap", "owner"]);
    const uid = await playground.within(["get", "configmap", "owner", "-o", "jsonpath={.metadata.uid}"]);
    const object = { ...gadget, apiVersion: "v1", kind: "ConfigMap", metadata: { ...gadget.metadata, uid } };
    await writer.exportConfigMap(object, "owned", ids);
    await playground.within(["delete", "configmap", "owner"]);
    await playground.within(["wait", "configmap/owned", "--for=delete", "--timeout=30s"]);
  });

  it("of an earlier object of the same name is taken over", async () => {
    const { writer } = await openOperator();
    await writer.exportConfigMap(await playground.create("again"), "kept", ids);
    await playground.within(["delete", "gadget", "again"]);
    const later = await playground.create("again");
    expect(await writer.exportConfigMap(later, "kept", ids)).toEqual({ is: "written" });
    expect((await shown("configmap", "kept"))?.metadata.ownerReferences).toMatchObject([{ uid: later.metadata.uid }]);
  });
});

describe("a ServiceAccount", () => {
  const annotations = { [CLIENT_ID]: ids.clientId, [TENANT_ID]: ids.tenantId };

  it("is annotated, left alone when nothing differs, and restored", async () => {
    const { writer } = await openOperator();
    const object = await playground.create("annotator");
    await playground.within(["create", "serviceaccount", "plain"]);
    await playground.within(["annotate", "serviceaccount", "plain", "team=a"]);
    expect(await writer.exportServiceAccount(object, "plain", annotations)).toEqual({ is: "written" });
    const annotated = await shown("serviceaccount", "plain");
    expect(annotated?.metadata.annotations).toEqual({ team: "a", ...annotations });
    expect(await writer.exportServiceAccount(object, "plain", annotations)).toEqual({ is: "unchanged" });
    expect((await shown("serviceaccount", "plain"))?.metadata.resourceVersion).toBe(annotated?.metadata.resourceVersion);
    expect(await writer.withdrawExport(object, "ServiceAccount", "plain")).toEqual({ is: "written" });
    expect((await shown("serviceaccount", "plain"))?.metadata.annotations).toEqual({ team: "a" });
    expect(await writer.withdrawExport(object, "ServiceAccount", "plain")).toEqual({ is: "unchanged" });
  });

  it("follows the ids, and drops what is no longer exported", async () => {
    const { writer } = await openOperator();
    const object = await playground.create("follower");
    await playground.within(["create", "serviceaccount", "followed"]);
    await writer.exportServiceAccount(object, "followed", annotations);
    expect(await writer.exportServiceAccount(object, "followed", { [CLIENT_ID]: "new" })).toEqual({ is: "written" });
    expect((await shown("serviceaccount", "followed"))?.metadata.annotations).toEqual({ [CLIENT_ID]: "new" });
  });

  it("keeps what another manager had set equally", async () => {
    const { writer } = await openOperator();
    const object = await playground.create("sharer");
    await playground.within(["create", "serviceaccount", "shared"]);
    await playground.within(["annotate", "serviceaccount", "shared", `${CLIENT_ID}=${ids.clientId}`]);
    expect(await writer.exportServiceAccount(object, "shared", annotations)).toEqual({ is: "written" });
    expect(await writer.exportServiceAccount(object, "shared", annotations)).toEqual({ is: "unchanged" });
    expect(await writer.withdrawExport(object, "ServiceAccount", "shared")).toEqual({ is: "written" });
    expect((await shown("serviceaccount", "shared"))?.metadata.annotations).toEqual({ [CLIENT_ID]: ids.clientId });
  });

  it("with another value of others is a conflict, and untouched", async () => {
    const { writer } = await openOperator();
    const object = await playground.create("rival");
    await playground.within(["create", "serviceaccount", "taken"]);
    const other = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "taken", annotations: { [CLIENT_ID]: "other" } } };
    await playground.within(["apply", "--server-side", "--field-manager=terraform", "-f", "-"], other);
    const before = await shown("serviceaccount", "taken");
    expect(await writer.exportServiceAccount(object, "taken", annotations)).toEqual({
      is: "conflict",
      message: `cannot export to ServiceAccount kubernetes-exports/taken: its annotation ${CLIENT_ID} has another value, set by terraform: remove that annotation, or name another ServiceAccount`,
    });
    expect(await writer.withdrawExport(object, "ServiceAccount", "taken")).toEqual({ is: "unchanged" });
    expect(await shown("serviceaccount", "taken")).toEqual(before);
  });

  it("whose annotation nobody is on record for is a conflict all the same: managers are tracked from the first apply only", async () => {
    const { writer } = await openOperator();
    const object = await playground.create("late");
    await playground.within(["create", "serviceaccount", "unrecorded"]);
    await playground.within(["annotate", "serviceaccount", "unrecorded", `${CLIENT_ID}=other`]);
    expect(await writer.exportServiceAccount(object, "unrecorded", annotations)).toMatchObject({
      is: "conflict",
      message: expect.stringContaining(`its annotation ${CLIENT_ID} has another value: remove`) as string,
    });
  });

  it("is not fought over when somebody changes what we set", async () => {
    const { writer } = await openOperator();
    const object = await playground.create("peaceful");
    await playground.within(["create", "serviceaccount", "changed"]);
    await writer.exportServiceAccount(object, "changed", annotations);
    await playground.within(["annotate", "serviceaccount", "changed", "--overwrite", `${CLIENT_ID}=other`]);
    expect(await writer.exportServiceAccount(object, "changed", annotations)).toMatchObject({ is: "conflict" });
    expect(await writer.withdrawExport(object, "ServiceAccount", "changed")).toEqual({ is: "written" });
    expect((await shown("serviceaccount", "changed"))?.metadata.annotations).toEqual({ [CLIENT_ID]: "other" });
  });

  it("that others hold to an equal value cannot be given a new one", async () => {
    const { writer } = await openOperator();
    const object = await playground.create("bound");
    await playground.within(["create", "serviceaccount", "held"]);
    await playground.within(["annotate", "serviceaccount", "held", `${CLIENT_ID}=${ids.clientId}`]);
    await writer.exportServiceAccount(object, "held", annotations);
    const changed = await writer.exportServiceAccount(object, "held", { ...annotations, [CLIENT_ID]: "new" });
    expect(changed).toMatchObject({ is: "conflict", message: expect.stringContaining('conflict with "before-first-apply"') as string });
    expect((await shown("serviceaccount", "held"))?.metadata.annotations).toEqual(annotations);
  });

  it("of two objects of ours keeps what the other one still exports", async () => {
    const { writer } = await openOperator();
    const [one, two] = [await playground.create("one"), await playground.create("two")];
    await playground.within(["create", "serviceaccount", "both"]);
    await writer.exportServiceAccount(one, "both", annotations);
    expect(await writer.exportServiceAccount(two, "both", { [CLIENT_ID]: "another" })).toMatchObject({
      is: "conflict",
      message: expect.stringContaining("set by azure-identity-operator-export/Gadget.one") as string,
    });
    expect(await writer.exportServiceAccount(two, "both", { [CLIENT_ID]: ids.clientId })).toEqual({ is: "written" });
    await writer.withdrawExport(one, "ServiceAccount", "both");
    expect((await shown("serviceaccount", "both"))?.metadata.annotations).toEqual({ [CLIENT_ID]: ids.clientId });
  });

  it("that is not there is not created, neither by export nor by withdrawal", async () => {
    const { writer } = await openOperator();
    const object = await playground.create("lonely");
    expect(await writer.exportServiceAccount(object, "nobody", annotations)).toEqual({
      is: "absent",
      message: "cannot export to ServiceAccount kubernetes-exports/nobody: there is none: create it, or name another one",
    });
    expect(await writer.withdrawExport(object, "ServiceAccount", "nobody")).toEqual({ is: "unchanged" });
    expect(await shown("serviceaccount", "nobody")).toBeUndefined();
  });
});

describe("a namespace that grants nothing", () => {
  it("refuses every export and every document, and the message names the Role", async () => {
    const { writer } = await openOperator();
    const closed = new Playground(playground.plane, "kubernetes-closed");
    await closed.kubectl(["create", "namespace", closed.namespace]);
    const object = await closed.create("a");
    const remedy = (grant: string) =>
      expect.stringMatching(
        new RegExp(`^cannot export to .* is forbidden: User .*: let the operator ${grant} there: kubectl apply -n kubernetes-closed -k deploy/kustomize/namespace$`),
      ) as string;
    expect(await writer.exportConfigMap(object, "x", ids)).toEqual({ is: "forbidden", message: remedy("get, create, patch and delete configmaps") });
    expect(await writer.exportServiceAccount(object, "default", {})).toEqual({ is: "forbidden", message: remedy("get and patch serviceaccounts") });
    expect(await writer.withdrawExport(object, "ConfigMap", "x")).toMatchObject({ is: "forbidden" });
    expect(await writer.readDocument("ConfigMap", closed.namespace, "x")).toEqual({ is: "forbidden" });
    expect(await writer.readDocument("Secret", closed.namespace, "x")).toEqual({ is: "forbidden" });
  });

  it("that is being deleted takes no new ConfigMap, for no want of a Role", async () => {
    const { writer } = await openWriter(playground.plane);
    const doomed = new Playground(playground.plane, "kubernetes-exports-doomed");
    await doomed.kubectl(["create", "namespace", doomed.namespace]);
    const object = await doomed.create("a", ["other.test/x"]);
    await doomed.kubectl(["delete", "namespace", doomed.namespace, "--wait=false"]);
    await doomed.within(["wait", "gadget/a", "--for=jsonpath={.metadata.deletionTimestamp}"]);
    expect(await writer.exportConfigMap(object, "late", ids)).toMatchObject({ is: "failed", message: expect.stringContaining("being terminated") as string });
    await doomed.within(["patch", "gadget", "a", "--type=merge", "-p", JSON.stringify({ metadata: { finalizers: null } })]);
  });
});

describe("a document", () => {
  it("is read as text, binary values left out", async () => {
    const { writer } = await openWriter(playground.plane);
    const data = { password: Buffer.from("pässword\n").toString("base64"), key: Buffer.from([0xff, 0xfe, 0x00]).toString("base64"), empty: "" };
    await playground.within(["create", "-f", "-"], { apiVersion: "v1", kind: "Secret", metadata: { name: "settings" }, data });
    await playground.within(["create", "configmap", "settings", "--from-literal=a=b"]);
    const { namespace } = playground;
    expect(await writer.readDocument("Secret", namespace, "settings")).toEqual({
      is: "found",
      data: { password: "pässword\n", empty: "" },
      resourceVersion: (await shown("secret", "settings"))?.metadata.resourceVersion,
    });
    expect(await writer.readDocument("ConfigMap", namespace, "settings")).toMatchObject({ is: "found", data: { a: "b" } });
    expect(await writer.readDocument("Secret", namespace, "none")).toEqual({ is: "absent" });
  });

  it("that the namespace grants by name is read, and no other", async () => {
    const { writer } = await openOperator();
    for (const name of ["example-settings", "private"]) await playground.within(["create", "secret", "generic", name, "--from-literal=a=b"]);
    const { namespace } = playground;
    expect(await writer.readDocument("Secret", namespace, "example-settings")).toMatchObject({ is: "found", data: { a: "b" } });
    expect(await writer.readDocument("Secret", namespace, "private")).toEqual({ is: "forbidden" });
    expect(await writer.readDocument("ConfigMap", namespace, "settings")).toMatchObject({ is: "found" });
  });
});
