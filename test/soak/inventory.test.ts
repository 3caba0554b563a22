import { createHttpHeaders, createPipelineRequest } from "@azure/core-rest-pipeline";
import { expect, test } from "vitest";
import { KINDS } from "../../src/kinds/index.ts";
import { azureInProcess, ManualClock } from "../azure/azure.ts";
import { differences } from "../azure/azure-state.ts";
import { objectAt } from "../azure/kernel/json.ts";
import { inProcess } from "../contract/in-process.ts";
import { GROUP, REGION, SUBSCRIPTION } from "../e2e/stage.ts";
import { Chance } from "../world/random.ts";
import { foreignHosts, VISITOR } from "./hosts.ts";
import { declaredIn, existingIn } from "./inventory.ts";
import { grown, identityOf, plotsOf } from "./plots.ts";
import { Strangers } from "./strangers.ts";

const PLOTS = 4;
const FIRST_HOST = foreignHosts(PLOTS)[0]?.id ?? "";

/** An Azure where others have what is theirs, and nobody declared anything. */
function theirs() {
  const azure = azureInProcess({ clock: new ManualClock(0), endpoint: "https://arm.soak.test", subscriptionIds: [SUBSCRIPTION] });
  azure.portal.createResourceGroup(SUBSCRIPTION, GROUP, REGION);
  return { azure, strangers: new Strangers(azure, PLOTS) };
}

test("a soak has objects of every kind", () => {
  const kinds = new Set(plotsOf(500).flatMap(({ seedlings }) => seedlings.map(({ kind }) => kind)));
  expect([...kinds].toSorted()).toEqual(KINDS.map(({ type }) => type.kind).toSorted());
});

test("the inventory tells of what is not declared, of what is missing, and of what is attached by nobody", () => {
  const { azure, strangers } = theirs();
  const compared = () => differences(existingIn(azure), declaredIn([], strangers.theirs));
  expect(compared()).toEqual([]);
  azure.portal.put(identityOf("main-0"), { location: REGION, tags: { team: "web" } });
  expect(compared()).toEqual(["+ identity main-0 of web"]);
  azure.portal.patch(FIRST_HOST, { identity: { type: "UserAssigned", userAssignedIdentities: { [identityOf("main-0")]: {} } } });
  azure.portal.delete(VISITOR);
  expect(compared()).toEqual([
    "+ identity main-0 of web",
    "+ virtualmachines/soakown0 has attached-by-policy, main-0",
    "- identity visitor of nobody",
    "- virtualmachines/soakown0 has attached-by-policy",
  ]);
});

test("the inventory asks for every object that is declared", () => {
  const { strangers } = theirs();
  const chance = new Chance(1);
  const declared = plotsOf(40).flatMap((plot) => plot.seedlings.map((seedling) => grown(plot, seedling, chance)));
  const lines = declaredIn(declared, strangers.theirs);
  const standing = declared.filter(({ kind }) => kind !== "IdentityAssignment").length;
  expect(lines).toHaveLength(standing + declaredIn([], strangers.theirs).length);
  expect(new Set(lines).size).toBe(lines.length);
});

test("others write a host again on which an operation failed, as it is", async () => {
  const { bench, httpClient } = inProcess({ subscriptionIds: [SUBSCRIPTION] });
  const { azure, clock, token } = bench;
  azure.portal.createResourceGroup(SUBSCRIPTION, GROUP, REGION);
  const strangers = new Strangers(azure, PLOTS);
  azure.failOperation(({ resourceId }) => resourceId === FIRST_HOST.toLowerCase(), { code: "InternalServerError", message: "The operation failed." });
  const headers = createHttpHeaders({ authorization: `Bearer ${token}`, "content-type": "application/json" });
  const url = `${azure.endpoint}${FIRST_HOST}?api-version=2024-11-01`;
  const body = JSON.stringify({ identity: { type: "SystemAssigned, UserAssigned" } });
  await httpClient.sendRequest(createPipelineRequest({ url, method: "PATCH", headers, body }));
  clock.advance(600_000);
  const state = () => objectAt(azure.portal.get(FIRST_HOST), "properties")["provisioningState"];
  const [before, failed] = [existingIn(azure), state()];
  strangers.mend();
  expect([failed, state(), existingIn(azure)]).toEqual(["Failed", "Succeeded", before]);
});
