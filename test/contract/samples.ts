import type { JsonObject } from "../../src/api/json.ts";
import { type Document, documentsIn } from "../deploy/documents.ts";
import { armId, identityId } from "../e2e/objects.ts";
import { GROUP, REGION, SUBSCRIPTION } from "../e2e/stage.ts";
import { readRules } from "../tutorial/objects.ts";
import { makeServices } from "../tutorial/services.ts";
import type { Stage, StageOptions } from "./stage.ts";

const samples = await documentsIn("samples");

/** The objects of ours among the samples. */
export const SAMPLES: readonly Document[] = samples.filter(({ apiVersion }) => apiVersion.startsWith("azureidentity.dev/"));

/** What a stage of the samples is set up with. */
export const SAMPLE_OPTIONS = { azure: { subscriptionIds: [SUBSCRIPTION] }, policy: { rules: readRules() } } satisfies StageOptions;

/** Puts there what the samples build on, in Azure and in the cluster. */
export function prepareSamples(stage: Stage): void {
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
}

/** Declares all samples at once. */
export async function applySamples(stage: Stage): Promise<void> {
  for (const { kind, metadata, spec } of SAMPLES) stage.cluster.apply(kind, metadata.name, spec as JsonObject);
  await stage.settle();
}

/** Deletes all samples at once. */
export async function deleteSamples(stage: Stage): Promise<void> {
  for (const { kind, metadata } of SAMPLES) stage.cluster.delete(kind, metadata.name);
  await stage.settle();
}
