import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { AZURE_ROLES } from "../../src/kinds/azure-roles.ts";
import { HOSTS } from "../../src/kinds/hosts/catalogue.ts";
import { attachedTo, givenHost, hostOf, sampleOf, uai } from "./hosts.ts";
import { startStage, type Stage } from "./stage.ts";

/** Checked as part of the write of a host. */
const LINKED = "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action";
const roles = new Map(AZURE_ROLES.slice(-HOSTS.length).map((role, index) => [HOSTS[index]?.type ?? "", role]));

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
  stage.bench.azure.portal.put(uai(stage, "x"), { location: "westeurope" });
});

afterAll(() => stage.close());

beforeEach(() => stage.bench.azure.clearRequests());

const permit = (actions: readonly string[]) => stage.bench.azure.setPermissions([{ principalId: stage.bench.principal.principalId, actions, scope: stage.bench.group }]);

test.each(HOSTS.map(({ type }) => type))("the role for %s is enough to attach and detach, and has nothing that is not used or marked", async (type) => {
  const sample = sampleOf(type);
  const { actions } = roles.get(type) ?? { actions: [] };
  givenHost(stage, sample);
  permit(actions.filter(({ onlyFor }) => onlyFor === undefined || onlyFor.includes("AKS")).map(({ action }) => action));
  await stage.apply("a", { target: { armId: hostOf(stage, sample) }, userAssigned: [{ armId: uai(stage, "x") }], allowDisruption: "Restart" });
  expect(attachedTo(stage, sample)).toEqual(["x"]);
  expect(stage.state("a")).toMatch(/^True /);
  await stage.remove("a");
  expect(stage.state("a")).toBe("gone");
  const used = new Set(stage.bench.azure.requests.map(({ action }) => action));
  expect(actions.filter(({ action, onlyFor }) => onlyFor === undefined && action !== LINKED && !used.has(action)).map(({ action }) => action)).toEqual([]);
});

test("without the right to assign an identity it is attached to nothing", async () => {
  const sample = sampleOf("Microsoft.Storage/storageAccounts");
  givenHost(stage, sample);
  permit((roles.get(sample.type)?.actions ?? []).map(({ action }) => action).filter((action) => action !== LINKED));
  await stage.apply("b", { target: { armId: hostOf(stage, sample) }, userAssigned: [{ armId: uai(stage, "x") }], allowDisruption: "Restart" });
  expect(attachedTo(stage, sample)).toEqual([]);
  expect(stage.message("b")).toContain("assign/action");
});
