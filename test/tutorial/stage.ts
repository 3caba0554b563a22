import { setStage, type Stage } from "../contract/stage.ts";
import { GROUP, REGION, SUBSCRIPTION } from "../e2e/stage.ts";
import { OPERATIONS } from "./figures.ts";
import { readObjects, readRules } from "./objects.ts";
import { makeServices } from "./services.ts";

/** A stage with what is there before the tutorial begins: the group, the services of others, the Namespace, the ServiceAccount. */
export async function setTutorialStage(): Promise<Stage> {
  // Operations end before they are asked for the first time.
  const durations = Object.fromEntries(OPERATIONS.map((type) => [type, 5]));
  const stage = await setStage({ azure: { subscriptionIds: [SUBSCRIPTION], durations }, policy: { rules: readRules() } });
  stage.bench.azure.portal.createResourceGroup(SUBSCRIPTION, GROUP, REGION);
  makeServices(stage.bench.azure);
  const namespace = readObjects().find(({ kind }) => kind === "Namespace");
  stage.cluster.annotateNamespace("default", namespace?.metadata.annotations ?? {});
  stage.cluster.serviceAccounts.add("msdocs-identity-pods");
  return stage;
}
