import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codeOf, messageOf, startBench } from "./raw-client.ts";
import type { Bench } from "./raw-client.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.stop());

const host = (): string => `${bench.group}/providers/Microsoft.Compute/virtualMachines/host`;
const identity = (): string => `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/kept`;

describe("identities that are kept from a host (arm.md 3.3; the code of the refusal is a guess there)", () => {
  const regional = { isolationScope: "Regional" };
  const toProviders = (...providers: readonly string[]) => ({ assignmentRestrictions: { providers } });
  it.each([
    { name: "by a region that is not theirs", properties: regional, location: "northeurope", refused: true },
    { name: "not by their own region", properties: regional, location: "westeurope", refused: false },
    { name: "by a provider that is not theirs", properties: toProviders("Microsoft.Web"), location: "westeurope", refused: true },
    { name: "not by their own provider", properties: toProviders("microsoft.compute"), location: "northeurope", refused: false },
  ])("$name", async ({ properties, location, refused }) => {
    for (const id of [identity(), host()]) bench.azure.portal.delete(id);
    bench.azure.portal.put(identity(), { location, properties });
    bench.azure.portal.put(host(), {});
    const body = { identity: { type: "UserAssigned", userAssignedIdentities: { [identity()]: {} } } };
    const answer = await bench.send("PATCH", `${host()}?api-version=2024-07-01`, { body });
    expect([answer.status, codeOf(answer)]).toEqual(refused ? [400, "FailedIdentityOperation"] : [200, undefined]);
    expect(messageOf(answer).includes("/userAssignedIdentities/kept'")).toBe(refused);
  });
});
