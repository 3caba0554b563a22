import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import { type Document, documentsIn } from "../deploy/documents.ts";
import { armId, identityId } from "../e2e/objects.ts";
import { GROUP, REGION, SUBSCRIPTION } from "../e2e/stage.ts";
import { readRules } from "../tutorial/objects.ts";
import { madeIn, makeServices } from "../tutorial/services.ts";
import { setStage, type Stage } from "./stage.ts";

const samples = await documentsIn("samples");
const ours = samples.filter(({ apiVersion }) => apiVersion.startsWith("azureidentity.dev/"));

let stage: Stage;

beforeAll(async () => {
  stage = await setStage({ azure: { subscriptionIds: [SUBSCRIPTION] }, policy: { rules: readRules() } });
  const { portal } = stage.bench.azure;
  portal.createResourceGroup(SUBSCRIPTION, GROUP, REGION);
  makeServices(stage.bench.azure);
  portal.put(identityId("msdocs-identity-example-shared"), {});
  const plan = armId("Microsoft.Web/serverfarms", "somebody-elses");
  portal.put(plan, { sku: { name: "S1" } });
  portal.put(armId("Microsoft.Web/sites", "msdocs-identity-example"), { properties: { serverFarmId: plan } });
  for (const { kind, metadata, ...document } of samples) {
    if (kind === "Namespace") stage.cluster.annotateNamespace("default", metadata.annotations ?? {});
    if (kind === "ServiceAccount") stage.cluster.serviceAccounts.add(metadata.name);
    if (kind === "ConfigMap" || kind === "Secret") stage.cluster.documents.set(`${kind}/${metadata.name}`, (document["data"] ?? document["stringData"]) as Readonly<Record<string, string>>);
  }
});

afterAll(() => stage.close());

const titles = (objects: readonly Document[]) => objects.map(({ kind, metadata }) => `${kind} ${metadata.name}: ${stage.state(kind, metadata.name)} ${stage.message(kind, metadata.name)}`);

test("all samples get ready together, and leave nothing", async () => {
  const before = madeIn(stage.bench.azure);
  for (const { kind, metadata, spec } of ours) stage.cluster.apply(kind, metadata.name, spec as JsonObject);
  await stage.settle();
  expect(titles(ours).filter((title) => !title.includes(": True Succeeded"))).toEqual([]);
  expect(stage.message("IdentityAssignment", "msdocs-identity-example-reports")).toBe(
    "2 identities are attached to sites/msdocs-identity-example, and its system-assigned identity is on",
  );
  for (const { kind, metadata } of ours) stage.cluster.delete(kind, metadata.name);
  await stage.settle();
  expect(titles(ours).filter((title) => !title.includes(": gone"))).toEqual([]);
  expect(madeIn(stage.bench.azure)).toEqual(before);
});
