import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { objectAt, stringAt } from "../../src/api/json.ts";
import type { AzurePort, KubePort } from "../../src/reconcile/ports.ts";
import { grantsOf, somePrincipal } from "./grants.ts";
import { setStage, type Stage } from "./stage.ts";
import { makeIdentity, uai } from "./places.ts";

const KIND = "RoleAssignment";
let stage: Stage;
/** Called once, before the first record of what is held is stored; the record waits for it. */
let beforeFirstRecord: (() => Promise<void>) | undefined;
/** Called when Azure has listed what is at a scope. */
let onList: (id: string) => void = () => undefined;

const between = ({ azure, kube }: { readonly azure: AzurePort; readonly kube: KubePort }) => ({
  azure: {
    ...azure,
    list: async (...call: Parameters<AzurePort["list"]>) => {
      const answer = await azure.list(...call);
      onList(call[0]);
      return answer;
    },
  },
  kube: {
    ...bound(kube),
    applyStatus: async (...call: Parameters<KubePort["applyStatus"]>) => {
      const wait = objectAt(call[2], "holds") === undefined ? undefined : beforeFirstRecord;
      if (wait !== undefined) beforeFirstRecord = undefined;
      await wait?.();
      return kube.applyStatus(...call);
    },
  },
});

function bound(kube: KubePort): KubePort {
  return {
    addFinalizer: (...call) => kube.addFinalizer(...call),
    removeFinalizer: (...call) => kube.removeFinalizer(...call),
    applyStatus: (...call) => kube.applyStatus(...call),
    record: (...call) => kube.record(...call),
    readDocument: (...call) => kube.readDocument(...call),
    exportConfigMap: (...call) => kube.exportConfigMap(...call),
    exportServiceAccount: (...call) => kube.exportServiceAccount(...call),
    withdrawExport: (...call) => kube.withdrawExport(...call),
  };
}

beforeAll(async () => {
  stage = await setStage({ between, workers: 4, grants: [{ role: "Reader" }] });
  makeIdentity(stage, "elsewhere");
});
beforeEach(() => {
  beforeFirstRecord = undefined;
  onList = () => undefined;
});
afterAll(() => stage.close());

const spec = (principalId: string, armId: string) => ({ principal: { id: principalId }, scope: { armId }, roleDefinitionName: "Reader" });
const scopesOf = (principalId: string) => grantsOf(stage, principalId).map((grant) => stringAt(objectAt(grant, "properties"), "scope"));

// Found by the soak: two passes over one object, each for another target, and the later one forgot what the earlier one was about to make.
test("an object that is moved while its first pass is about to make something leaves nothing behind", async () => {
  const principalId = somePrincipal();
  const elsewhere = uai(stage, "elsewhere");
  const second = Promise.withResolvers<void>();
  beforeFirstRecord = async () => {
    onList = (id) => (id.toLowerCase().startsWith(elsewhere.toLowerCase()) ? second.resolve() : undefined);
    stage.cluster.apply(KIND, "moved", spec(principalId, elsewhere));
    await second.promise;
  };
  await stage.apply(KIND, "moved", spec(principalId, stage.bench.group));
  expect([stage.state(KIND, "moved"), scopesOf(principalId)]).toEqual(["True Succeeded", [elsewhere]]);
  await stage.remove(KIND, "moved");
  expect([stage.state(KIND, "moved"), scopesOf(principalId)]).toEqual(["gone", []]);
});
