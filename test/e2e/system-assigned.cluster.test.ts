import { afterAll, beforeAll, expect, test } from "vitest";
import { objectAt, textAt } from "../azure/kernel/json.ts";
import { armId, assignment } from "./objects.ts";
import { isReady, setStage, type Stage } from "./stage.ts";

const NAMESPACE = "e2e-system-assigned";
const MACHINE = armId("Microsoft.Compute/virtualMachines", "machine");
let stage: Stage;

beforeAll(async () => {
  stage = await setStage({ namespaces: [NAMESPACE], durations: { "Microsoft.Compute/virtualMachines": 0 } });
  await stage.startOperator();
  stage.azure.portal.put(MACHINE, { location: "westus2", properties: { hardwareProfile: { vmSize: "Standard_B1s" } } });
});

afterAll(() => stage.close());

const principal = () => textAt(objectAt(stage.azure.portal.get(MACHINE) ?? {}, "identity"), "principalId");

// A held identity whose principal was known is held without one again: by server-side apply an object that loses its last member
// became null, which no schema takes, unless it is atomic.
test("a system-assigned identity that somebody switched off is switched on again, with another principal", async () => {
  await stage.apply(assignment(NAMESPACE, "machine", { target: { armId: MACHINE }, systemAssigned: true }));
  await stage.until("ida", "machine", isReady);
  const before = principal();
  stage.azure.portal.patch(MACHINE, { identity: { type: "None" } });
  await stage.kubectl("annotate", "ida", "machine", "-n", NAMESPACE, "azureidentity.dev/reconcile-requested-at=now");
  const healed = await stage.until("ida", "machine", (object) => isReady(object) && object.status?.["lastHandledReconcileAt"] === "now");
  expect(principal()).toEqual(expect.any(String));
  expect(principal()).not.toBe(before);
  expect(healed.status?.["holds"]).toMatchObject({ systemAssigned: { principalId: principal() }, confirmed: true });
});
